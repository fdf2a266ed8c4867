/* The loop: what comes next, an event or the end of loads, is handled, and the clock with it.
 *
 * Promise: simulated time never goes back; what happens at one instant is handled in the order in
 * which it arose; nothing but the inputs and the scheduler's answers has a say in any result.
 */
#include "simulation/simulation.h"

#include "base/interrupt.h"
#include "elastisim/scheduler.h"
#include "resources/resources.h"
#include "simulation/inside.h"
#include "system/budget.h"

#include <math.h>
#include <stdlib.h>

/* Loads that end within this of the walltime of their job, by rounding of sums of times, end at it.
 */
#define WALLTIME_TOLERANCE 1e-9

/* Events between two looks at the signals. */
#define EVENTS_PER_LOOK 256

/* --- Submissions ----------------------------------------------------------------------------- */

static void submit_next(void *owner);

/* What happens on the machine at that instant, and what the scheduler is asked about it, comes
 * before the submission. */
static void expect_submission(struct simulation *simulation)
{
    struct state *state = &simulation->state;
    if (simulation->num_arrived == state->num_jobs)
        return;
    double time = state->jobs[simulation->num_arrived].request->submit_time;
    simulation_queue(simulation, &simulation->submission,
                     (struct event){
                         .time = fmax(time, state->now),
                         .turn = EVENT_ARRIVAL,
                         .handle = submit_next,
                         .owner = simulation,
                     });
}

static void submit(struct simulation *simulation, const struct job *job, double eligible)
{
    if (lifecycle_submit(&simulation->state, job, eligible, simulation->err) == 0 &&
        simulation->configuration->schedule_on_job_submit)
        asking_invoke(simulation, (struct invocation){.type = ELASTISIM_JOB_SUBMIT, .trigger = job},
                      NULL);
}

static void submit_next(void *owner)
{
    struct simulation *simulation = owner;
    const struct job *job = &simulation->state.jobs[simulation->num_arrived++];
    expect_submission(simulation);
    if (!dependents_hold_back(simulation, job) && !simulation_failed(simulation))
        submit(simulation, job, job->request->submit_time);
}

/* --- The end --------------------------------------------------------------------------------- */

static void at_end(void *context, const struct job *job)
{
    struct simulation *simulation = context;
    walltime_end_job(simulation, job, NULL);
    if (simulation->configuration->schedule_on_job_finalize && !simulation_failed(simulation))
        asking_invoke(simulation,
                      (struct invocation){.type = ELASTISIM_JOB_COMPLETED, .trigger = job}, NULL);
}

/* --- Creation -------------------------------------------------------------------------------- */

/* The power cap, if there is one. */
static int create_budget(struct simulation *simulation)
{
    const struct configuration *configuration = simulation->configuration;
    struct series cap = {.count = 0};
    double watts;
    if (!configuration->power_cap)
        return 0;
    if (configuration_power_cap(configuration, &watts)
            ? series_set(&cap, watts, simulation->err)
            : series_read(&cap, configuration->power_cap, false, simulation->err)) {
        series_release(&cap);
        return -1;
    }
    simulation->state.budget =
        budget_create(cap, simulation->platform,
                      configuration->network_watts + configuration->pfs_watts, simulation->err);
    return simulation->state.budget ? 0 : -1;
}

struct simulation *simulation_create(const struct configuration *configuration,
                                     const struct platform *platform,
                                     const struct workload *workload,
                                     struct scheduler_backend *scheduler,
                                     const struct observers *observers, struct error *err)
{
    struct simulation *simulation = calloc(1, sizeof *simulation);
    if (!simulation) {
        error_no_memory(err);
        return NULL;
    }
    simulation->configuration = configuration;
    simulation->platform = platform;
    simulation->scheduler = scheduler;
    simulation->err = err;
    struct state *state = &simulation->state;
    if (walltime_create(simulation, workload_num_jobs(workload)) ||
        state_create(state, configuration, configuration->allow_oversubscription, platform,
                     workload, observers, err) ||
        create_budget(simulation) || dependents_create(simulation, workload) ||
        validator_create(&simulation->validator, platform->num_nodes, err) ||
        devices_create(&simulation->devices, state, &simulation->heap, err) ||
        executor_create(&simulation->executor, state, &simulation->heap, &simulation->devices,
                        err) ||
        machine_create(simulation)) {
        simulation_destroy(simulation);
        return NULL;
    }
    lifecycle_show_wishes(state, &simulation->decisions);
    simulation->ask = asking_invoke;
    simulation->submit = submit;
    simulation->executor.at_point = points_reached;
    simulation->executor.at_end = at_end;
    simulation->executor.context = simulation;
    return simulation;
}

void simulation_destroy(struct simulation *simulation)
{
    if (!simulation)
        return;
    dependents_release(simulation);
    walltime_release(simulation);
    asking_release(simulation);
    machine_release(simulation);
    node_list_release(&simulation->before);
    decisions_release(&simulation->decisions);
    executor_release(&simulation->executor);
    devices_release(&simulation->devices);
    validator_release(&simulation->validator);
    state_release(&simulation->state);
    event_heap_release(&simulation->heap);
    free(simulation);
}

/* --- The loop -------------------------------------------------------------------------------- */

/* Returns whether there were any. */
static bool deliver_completions(struct simulation *simulation)
{
    bool any = false;
    struct completion completion;
    while (!simulation_failed(simulation) &&
           resources_next_completion(simulation->platform->resources, &completion)) {
        simulation->idle_invocations = 0;
        executor_complete(&completion);
        executor_run(&simulation->executor);
        any = true;
    }
    return any;
}

static int tell_clock(const struct simulation *simulation, double time, bool loads)
{
    struct happening happening = {.kind = CLOCK_MOVES,
                                  .state = &simulation->state,
                                  .clock = {.time = time, .loads_moved = loads}};
    return observers_tell(simulation->state.observers, &happening, simulation->err);
}

/* Something ends at `time`, and the port still tells how it was up to there. It need not be the end
 * of the advance: a member of a load may have more to do elsewhere. */
static void sample_before_ends(void *context, double time)
{
    struct simulation *simulation = context;
    tell_clock(simulation, time, true);
}

/* Moves the clock to the next event, or to completions of loads before it; these are handled here.
 * *arrived tells whether it got to the event and the event is due: one that has its turn after what
 * runs is not, when completions came at its instant, since more may follow from these. The port
 * hears of every step, so that a load starts at the right time. */
static int move_clock(struct simulation *simulation, const struct event *next, bool *arrived)
{
    struct resources *resources = simulation->platform->resources;
    struct state *state = &simulation->state;
    bool busy = resources_busy(resources);
    double reached, until = next ? next->time : INFINITY;
    bool waits = next && next->turn != EVENT_IN_ORDER;
    if (next && (next->turn == EVENT_LAST || next->turn == EVENT_MACHINE) && busy)
        until += WALLTIME_TOLERANCE * fmax(1, 1e-3 * until);
    if (resources_advance(resources, until, &reached, simulation->err))
        return -1;
    if (!isfinite(reached))
        return stuck_error(simulation);
    *arrived = next && reached >= until;
    double now = fmax(state->now, *arrived ? next->time : reached);
    if (tell_clock(simulation, now, busy))
        return -1;
    lifecycle_advance(state, now);
    if (deliver_completions(simulation) && waits)
        *arrived = false;
    return simulation_failed(simulation) ? -1 : 0;
}

/* Handles what comes next: completions of loads, one event, or both at one instant. */
static int step(struct simulation *simulation)
{
    struct state *state = &simulation->state;
    struct event *next = event_heap_first(&simulation->heap);
    simulation->figures.events++;
    if (!next && !resources_busy(simulation->platform->resources))
        return stuck_error(simulation);
    if (!next || next->time > state->now || next->turn != EVENT_IN_ORDER) {
        bool arrived = false;
        if (move_clock(simulation, next, &arrived))
            return -1;
        next = event_heap_first(&simulation->heap);
        if (!arrived || !next)
            return 0;
    }
    event_heap_remove(&simulation->heap, next);
    lifecycle_advance(state, next->time);
    next->handle(next->owner);
    executor_run(&simulation->executor);
    return simulation_failed(simulation) ? -1 : 0;
}

static int run_events(struct simulation *simulation)
{
    const struct state *state = &simulation->state;
    unsigned events = 0;
    while (jobs_ended(state) < state->num_jobs || simulation->follow_ups) {
        if (step(simulation))
            return -1;
        if (++events % EVENTS_PER_LOOK == 0 && interrupt_check(simulation->err))
            return -1;
    }
    return 0;
}

/* Lets go of what jobs have under way when the run breaks off; their states stay as they are. */
static void stop_executions(struct simulation *simulation)
{
    for (struct job *job = simulation->state.running.first; job; job = job->next)
        execution_destroy(executor_find(&simulation->executor, job));
}

void simulation_measure(struct simulation *simulation)
{
    simulation->measures = true;
}

int simulation_run(struct simulation *simulation, struct error *err)
{
    simulation->err = err;
    simulation->executor.err = err;
    simulation->devices.err = err;
    if (asking_check_periods(simulation))
        return -1;
    if (observers_want(simulation->state.observers, CLOCK_MOVES))
        resources_observe(simulation->platform->resources, sample_before_ends, simulation);
    tell_clock(simulation, simulation->state.now, false);
    expect_submission(simulation);
    machine_begin(simulation);
    asking_expect_period(simulation);
    int result = run_events(simulation);
    stop_executions(simulation);
    return result;
}

const struct state *simulation_state(const struct simulation *simulation)
{
    return &simulation->state;
}

struct simulation_figures simulation_figures(const struct simulation *simulation)
{
    return simulation->figures;
}
