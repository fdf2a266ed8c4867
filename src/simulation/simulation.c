/* Promise: simulated time never goes back; what happens at one instant is handled in the order in
 * which it arose; nothing but the inputs and the scheduler's answers has a say in any result.
 */
#include "simulation/simulation.h"

#include "base/clock.h"
#include "base/heap.h"
#include "base/interrupt.h"
#include "base/number.h"
#include "elastisim/scheduler.h"
#include "execution/devices.h"
#include "execution/executor.h"
#include "resources/resources.h"
#include "simulation/validator.h"
#include "system/lifecycle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An invocation is held back when it comes more than this early (seconds). */
#define MIN_INTERVAL_TOLERANCE 1e-3

/* Loads that end within this of the walltime of their job, by rounding of sums of times, end at it.
 */
#define WALLTIME_TOLERANCE 1e-9

/* So many periodic invocations in a row, with nothing else to happen, nothing to be submitted and
 * nothing decided, mean that the scheduler will never start what waits... */
#define MAX_IDLE_INVOCATIONS 100000
/* ... and, if nothing moves either, that what runs will never end. No latency is as long as this
 * (seconds). */
#define MIN_STANDSTILL 3600

/* More periodic invocations than this before the last submission never end, and beyond 2^53 the
 * clock can't tell one from the next. */
#define MOST_PERIODS 1e12

/* Jobs that a message lists. */
#define MAX_LISTED_JOBS 10

/* Events between two looks at the signals. */
#define EVENTS_PER_LOOK 256

/* The end of a job's time. */
struct walltime_watch {
    struct event event;
    struct simulation *simulation;
    const struct job *job;
};

/* An invocation that follows a kill by the scheduler, in the same instant. */
struct follow_up {
    struct event event;
    struct simulation *simulation;
    const struct job *job;
    struct follow_up *previous, *next;
};

struct simulation {
    const struct configuration *configuration;
    const struct platform *platform;
    struct scheduler_backend *scheduler;
    struct state state;
    struct event_heap heap;
    struct devices devices;
    struct executor executor;
    struct validator validator;
    struct decisions decisions;
    struct error *err;
    struct event submission;       /* of the job that is next */
    struct event period;           /* the next periodic invocation */
    uint64_t periods;              /* made so far */
    struct event put_off;          /* an invocation put off by min_scheduling_interval */
    struct event put_off_periodic; /* a periodic one */
    struct event decision; /* of schedulers by instant: when nothing more happens at this one */
    struct follow_up *follow_ups;
    bool has_invoked;
    double last_invocation;
    unsigned idle_invocations;
    double idle_since;
    struct node_list before; /* nodes of the job at a point, sorted; scratch */
    struct simulation_figures figures;
    struct walltime_watch *
        *watches; /* by job ID; NULL without a walltime or while it does not run */
};

static bool failed(const struct simulation *simulation)
{
    return simulation->err->kind != ERROR_NONE;
}

static void queue_event(struct simulation *simulation, struct event *event, struct event what)
{
    *event = what;
    if (event_heap_add(&simulation->heap, event))
        error_no_memory(simulation->err);
}

static void add_event(struct simulation *simulation, struct event *event, double time,
                      void (*handle)(void *), void *owner)
{
    queue_event(simulation, event, (struct event){.time = time, .handle = handle, .owner = owner});
}

/* --- Ending jobs --------------------------------------------------------------------------- */

static void drop_watch(struct simulation *simulation, const struct job *job)
{
    struct walltime_watch **watch = &simulation->watches[job->request->id];
    if (!*watch)
        return;
    event_heap_remove(&simulation->heap, &(*watch)->event);
    free(*watch);
    *watch = NULL;
}

/* It is complete when there is no reason to kill it. */
static void end_job(struct simulation *simulation, const struct job *job, const char *reason)
{
    drop_watch(simulation, job);
    execution_destroy(executor_find(&simulation->executor, job));
    lifecycle_end(&simulation->state, job, reason, simulation->err);
}

/* --- Invoking the scheduler ---------------------------------------------------------------- */

static void add_pfs_figures(const struct simulation *simulation, struct invocation *invocation)
{
    const struct platform *platform = simulation->platform;
    invocation->has_pfs = simulation->configuration->forward_io_information;
    if (!invocation->has_pfs)
        return;
    invocation->pfs_read_bandwidth = platform->pfs_read.bandwidth;
    invocation->pfs_write_bandwidth = platform->pfs_write.bandwidth;
    invocation->pfs_read_utilization = platform_load(platform, &platform->pfs_read);
    invocation->pfs_write_utilization = platform_load(platform, &platform->pfs_write);
}

static void tell_invocation(const struct simulation *simulation,
                            const struct invocation *invocation, double seconds)
{
    struct happening happening = {.kind = SCHEDULER_INVOKED,
                                  .state = &simulation->state,
                                  .job = invocation->trigger,
                                  .invocation = {.type = invocation->type,
                                                 .decisions = simulation->decisions.count,
                                                 .wall_seconds = seconds}};
    observers_tell(simulation->state.observers, &happening, simulation->err);
}

static int ask(struct simulation *simulation, const struct invocation *invocation)
{
    struct state *state = &simulation->state;
    state_sort_changes(state);
    decisions_clear(&simulation->decisions);
    double start = wall_seconds();
    int result = simulation->scheduler->invoke(simulation->scheduler->self, state, invocation,
                                               &simulation->decisions, simulation->err);
    double seconds = wall_seconds() - start;
    simulation->figures.scheduler_seconds += seconds;
    simulation->figures.invocations++;
    tell_invocation(simulation, invocation, seconds);
    state_forget_changes(state);
    return result;
}

/* --- Applying decisions -------------------------------------------------------------------- */

static void follow_up_kill(void *owner);

/* The scheduler is told of its own kills, too, when it is told of ends. */
static void add_follow_up(struct simulation *simulation, const struct job *job)
{
    if (!simulation->configuration->schedule_on_job_finalize)
        return;
    struct follow_up *follow_up = calloc(1, sizeof *follow_up);
    if (!follow_up) {
        error_no_memory(simulation->err);
        return;
    }
    follow_up->simulation = simulation;
    follow_up->job = job;
    follow_up->next = simulation->follow_ups;
    if (follow_up->next)
        follow_up->next->previous = follow_up;
    simulation->follow_ups = follow_up;
    add_event(simulation, &follow_up->event, simulation->state.now, follow_up_kill, follow_up);
}

static void remove_follow_up(struct follow_up *follow_up)
{
    struct simulation *simulation = follow_up->simulation;
    event_heap_remove(&simulation->heap, &follow_up->event);
    *(follow_up->previous ? &follow_up->previous->next : &simulation->follow_ups) = follow_up->next;
    if (follow_up->next)
        follow_up->next->previous = follow_up->previous;
    free(follow_up);
}

static void apply_kill(struct simulation *simulation, const struct job *job)
{
    if (job_has_ended(job))
        return;
    end_job(simulation, job, "scheduler");
    add_follow_up(simulation, job);
}

static void apply_arguments(struct simulation *simulation, const struct job *job,
                            const struct decision *decision)
{
    for (size_t i = 0; i < decision->num_arguments; i++) {
        const struct decision_argument *argument = &decision->arguments[i];
        if (lifecycle_set_argument(&simulation->state, job, argument->key, argument->value,
                                   simulation->err)) {
            error_prefix(simulation->err, "scheduler's answer at %.15g s: job %u",
                         simulation->state.now, job->request->id);
            return;
        }
    }
}

typedef int want_fn(struct state *state, const struct job *job, struct node_list nodes,
                    uint32_t gpus, struct error *err);

static void apply_resize(struct simulation *simulation, const struct job *job,
                         const struct decision *decision, want_fn *want)
{
    if (!decision_resizes(job, decision))
        return;
    const struct node_list *assigned = job_assigned(job);
    struct node_list nodes;
    const uint32_t *ids = decision->sets_nodes ? decision->nodes : assigned->ids;
    uint32_t count = decision->sets_nodes ? decision->num_nodes : assigned->count;
    if (node_list_copy(&nodes, ids, count, simulation->err))
        return;
    want(&simulation->state, job, nodes, decided_gpus(job, decision), simulation->err);
}

static void walltime_exceeded(void *owner);

/* The kill comes last at its instant: a job that completes then is complete. */
static void watch_walltime(struct simulation *simulation, const struct job *job)
{
    double walltime = job->request->walltime;
    if (walltime <= 0)
        return;
    struct walltime_watch *watch = calloc(1, sizeof *watch);
    if (!watch) {
        error_no_memory(simulation->err);
        return;
    }
    simulation->watches[job->request->id] = watch;
    watch->simulation = simulation;
    watch->job = job;
    queue_event(simulation, &watch->event,
                (struct event){
                    .time = simulation->state.now + walltime +
                            simulation->configuration->job_kill_grace_period,
                    .turn = EVENT_LAST,
                    .handle = walltime_exceeded,
                    .owner = watch,
                });
}

static void apply_start(struct simulation *simulation, const struct job *job,
                        const struct decision *decision)
{
    if (!decision->sets_nodes || decision->num_nodes == 0)
        return;
    struct node_list nodes;
    if (node_list_copy(&nodes, decision->nodes, decision->num_nodes, simulation->err) ||
        lifecycle_start(&simulation->state, job, nodes, decided_gpus(job, decision),
                        simulation->err))
        return;
    watch_walltime(simulation, job);
    execution_start(&simulation->executor, job, simulation->err);
}

/* Applies what passed the validator: first what frees nodes, then what takes them. `at_point` is
 * the job whose change is applied at once, or NULL. */
static void apply_decisions(struct simulation *simulation, const struct job *at_point)
{
    struct state *state = &simulation->state;
    const struct decisions *decisions = &simulation->decisions;
    for (size_t i = 0; i < decisions->count && !failed(simulation); i++) {
        const struct job *job = &state->jobs[decisions->items[i].job];
        if (decisions->items[i].kill)
            apply_kill(simulation, job);
        else if (!job_has_ended(job))
            apply_arguments(simulation, job, &decisions->items[i]);
    }
    if (at_point && !job_has_ended(at_point) && !failed(simulation)) {
        const struct decision *own = decisions_find(decisions, at_point->request->id);
        if (own)
            apply_resize(simulation, at_point, own, lifecycle_want_at_point);
        if (at_point->has_change && !failed(simulation))
            lifecycle_reconfigure(state, at_point, simulation->err);
    }
    for (size_t i = 0; i < decisions->count && !failed(simulation); i++) {
        const struct job *job = &state->jobs[decisions->items[i].job];
        if (job != at_point && job_is_running(job))
            apply_resize(simulation, job, &decisions->items[i], lifecycle_want);
    }
    for (size_t i = 0; i < decisions->count && !failed(simulation); i++) {
        const struct job *job = &state->jobs[decisions->items[i].job];
        if (job->state == JOB_PENDING)
            apply_start(simulation, job, &decisions->items[i]);
    }
}

/* Whether anything but a decision is left to happen at this instant. */
static bool instant_continues(const struct simulation *simulation)
{
    return event_heap_is_due(&simulation->heap, simulation->state.now) &&
           event_heap_first(&simulation->heap) != &simulation->decision;
}

static void decide(void *owner);

/* A scheduler that decides once per instant is told whether it hears of this one again, which it
 * does in any case. */
static void settle_decision(struct simulation *simulation, struct invocation *invocation)
{
    invocation->continues = simulation->scheduler->by_instant && instant_continues(simulation);
    if (!invocation->continues)
        event_heap_remove(&simulation->heap, &simulation->decision);
    else if (simulation->decision.slot == 0)
        queue_event(simulation, &simulation->decision,
                    (struct event){
                        .time = simulation->state.now,
                        .turn = EVENT_DECISION,
                        .handle = decide,
                        .owner = simulation,
                    });
}

static void invoke_now(struct simulation *simulation, struct invocation invocation,
                       const struct job *at_point)
{
    settle_decision(simulation, &invocation);
    add_pfs_figures(simulation, &invocation);
    simulation->has_invoked = true;
    simulation->last_invocation = simulation->state.now;
    if (ask(simulation, &invocation) ||
        validate_decisions(&simulation->validator, &simulation->state, &invocation,
                           at_point != NULL, &simulation->decisions, simulation->err))
        return;
    apply_decisions(simulation, at_point);
}

static void decide(void *owner)
{
    invoke_now(owner, (struct invocation){.type = ELASTISIM_PERIODIC}, NULL);
}

/* --- The least interval -------------------------------------------------------------------- */

static bool comes_too_early(const struct simulation *simulation)
{
    double interval = simulation->configuration->min_scheduling_interval;
    return interval > 0 && simulation->has_invoked &&
           simulation->state.now - simulation->last_invocation < interval - MIN_INTERVAL_TOLERANCE;
}

static void invoke_put_off(void *owner);

/* Several invocations that are put off become one. The periodic one keeps its own place when it
 * comes after others: it then follows theirs by the interval. A submission at that instant that was
 * expected before gets the invocation, and need not wait for the next. */
static void put_off(struct simulation *simulation, int type)
{
    bool periodic = type == ELASTISIM_PERIODIC;
    bool waits =
        simulation->put_off_periodic.slot > 0 || (!periodic && simulation->put_off.slot > 0);
    if (waits)
        return;
    double time = simulation->last_invocation + simulation->configuration->min_scheduling_interval;
    queue_event(simulation, periodic ? &simulation->put_off_periodic : &simulation->put_off,
                (struct event){
                    .time = fmax(time, simulation->state.now),
                    .turn = EVENT_ARRIVAL,
                    .handle = invoke_put_off,
                    .owner = simulation,
                });
}

/* Invokes the scheduler now or, when it is too early, later. Returns whether it was now. */
static bool invoke(struct simulation *simulation, struct invocation invocation,
                   const struct job *at_point)
{
    if (comes_too_early(simulation)) {
        put_off(simulation, invocation.type);
        return false;
    }
    invoke_now(simulation, invocation, at_point);
    return true;
}

static bool only_invocations_are_due(const struct simulation *simulation)
{
    return simulation->heap.count == (size_t)(simulation->period.slot > 0) +
                                         (simulation->put_off.slot > 0) +
                                         (simulation->put_off_periodic.slot > 0);
}

/* Whether nothing but loads at the port, if there are any, can happen without the scheduler. */
static bool is_idle(const struct simulation *simulation)
{
    const struct state *state = &simulation->state;
    return only_invocations_are_due(simulation) && state->num_submitted == state->num_jobs &&
           simulation->decisions.count == 0;
}

/* Whether the loads at the port, if there are any, will never end: none of them moves, for long.
 * Where the platform changes, or disks work, of which the port does not tell, nobody knows. */
static bool stands_still(const struct simulation *simulation)
{
    const struct resources *resources = simulation->platform->resources;
    if (simulation->state.running.count == 0)
        return true;
    if (resources_have_profiles(resources) || simulation->platform->has_burst_buffer ||
        simulation->state.now - simulation->idle_since < MIN_STANDSTILL)
        return false;
    for (size_t host = 0; host < resources_num_hosts(resources); host++)
        if (resources_host_load(resources, host) > 0)
            return false;
    for (size_t link = 0; link < resources_num_links(resources); link++)
        if (resources_link_load(resources, link) > 0)
            return false;
    return true;
}

static int stuck(const struct simulation *simulation);

static void invoke_periodic(struct simulation *simulation)
{
    if (!invoke(simulation, (struct invocation){.type = ELASTISIM_PERIODIC}, NULL))
        return;
    if (failed(simulation) || !is_idle(simulation)) {
        simulation->idle_invocations = 0;
        return;
    }
    if (simulation->idle_invocations++ == 0)
        simulation->idle_since = simulation->state.now;
    if (simulation->idle_invocations % MAX_IDLE_INVOCATIONS == 0 && stands_still(simulation))
        stuck(simulation);
}

static void invoke_put_off(void *owner)
{
    invoke_periodic(owner);
}

/* --- Events -------------------------------------------------------------------------------- */

static void submit_next(void *owner);

/* What happens on the machine at that instant, and what the scheduler is asked about it, comes
 * before the submission. */
static void expect_submission(struct simulation *simulation)
{
    struct state *state = &simulation->state;
    if (state->num_submitted == state->num_jobs)
        return;
    double time = state->jobs[state->num_submitted].request->submit_time;
    queue_event(simulation, &simulation->submission,
                (struct event){
                    .time = fmax(time, state->now),
                    .turn = EVENT_ARRIVAL,
                    .handle = submit_next,
                    .owner = simulation,
                });
}

static void submit_next(void *owner)
{
    struct simulation *simulation = owner;
    struct state *state = &simulation->state;
    const struct job *job = &state->jobs[state->num_submitted];
    if (lifecycle_submit(state, job, simulation->err))
        return;
    expect_submission(simulation);
    if (simulation->configuration->schedule_on_job_submit)
        invoke(simulation, (struct invocation){.type = ELASTISIM_JOB_SUBMIT, .trigger = job}, NULL);
}

static void expect_period(struct simulation *simulation);

/* With nobody to decide about until the next submission, what knows no time but that of its jobs
 * has nothing to say: all but the last of these invocations are left out. The last one stays, since
 * min_scheduling_interval counts from it. A journal lists them all. */
static void skip_idle_periods(struct simulation *simulation)
{
    const struct state *state = &simulation->state;
    if (!simulation->scheduler->idles || observers_want(state->observers, SCHEDULER_INVOKED) ||
        state->pending.count > 0 || state->running.count > 0 || simulation->submission.slot == 0 ||
        simulation->heap.count > 1)
        return;
    double interval = simulation->configuration->scheduling_interval;
    /* One more is kept, as the quotient may be rounded up. */
    double last = floor(simulation->submission.time / interval) - 2;
    if (last > (double)simulation->periods && last < MOST_PERIODS)
        simulation->periods = (uint64_t)last;
}

static void period_over(void *owner)
{
    struct simulation *simulation = owner;
    skip_idle_periods(simulation);
    expect_period(simulation);
    invoke_periodic(simulation);
}

/* Multiples of the interval, not sums: no error adds up. */
static void expect_period(struct simulation *simulation)
{
    double interval = simulation->configuration->scheduling_interval;
    if (interval <= 0)
        return;
    double time = (double)++simulation->periods * interval;
    add_event(simulation, &simulation->period, time, period_over, simulation);
}

static void walltime_exceeded(void *owner)
{
    struct walltime_watch *watch = owner;
    struct simulation *simulation = watch->simulation;
    const struct job *job = watch->job;
    end_job(simulation, job, "walltime");
    if (simulation->configuration->schedule_on_job_finalize && !failed(simulation))
        invoke(simulation, (struct invocation){.type = ELASTISIM_JOB_KILLED, .trigger = job}, NULL);
}

static void follow_up_kill(void *owner)
{
    struct follow_up *follow_up = owner;
    struct simulation *simulation = follow_up->simulation;
    const struct job *job = follow_up->job;
    remove_follow_up(follow_up);
    invoke(simulation, (struct invocation){.type = ELASTISIM_JOB_KILLED, .trigger = job}, NULL);
}

/* --- What the executor tells --------------------------------------------------------------- */

static void at_end(void *context, const struct job *job)
{
    struct simulation *simulation = context;
    end_job(simulation, job, NULL);
    if (simulation->configuration->schedule_on_job_finalize && !failed(simulation))
        invoke(simulation, (struct invocation){.type = ELASTISIM_JOB_COMPLETED, .trigger = job},
               NULL);
}

static int remember_nodes(struct simulation *simulation, const struct job *job)
{
    node_list_release(&simulation->before);
    if (node_list_copy(&simulation->before, job->executing.ids, job->executing.count,
                       simulation->err))
        return -1;
    node_list_sort(&simulation->before);
    return 0;
}

/* A scheduling point of which the scheduler is not told: what waits is applied, and it may hear of
 * that. */
static void silent_scheduling_point(struct simulation *simulation, const struct job *job)
{
    if (!job->has_change || lifecycle_reconfigure(&simulation->state, job, simulation->err))
        return;
    if (simulation->configuration->schedule_on_reconfiguration)
        invoke(simulation, (struct invocation){.type = ELASTISIM_RECONFIGURATION, .trigger = job},
               NULL);
}

static void tell_point(const struct simulation *simulation, const struct job *job, bool requests,
                       uint32_t request)
{
    struct happening happening = {
        .kind = requests ? JOB_ASKS : JOB_AT_POINT, .state = &simulation->state, .job = job};
    if (requests)
        happening.request = request;
    else
        execution_place(executor_find(&simulation->executor, job), &happening.place.phase,
                        &happening.place.iteration);
    observers_tell(simulation->state.observers, &happening, simulation->err);
}

static void tell_answer(const struct simulation *simulation, const struct job *job,
                        uint32_t request)
{
    struct happening happening = {
        .kind = JOB_ANSWERED, .state = &simulation->state, .job = job, .request = request};
    observers_tell(simulation->state.observers, &happening, simulation->err);
}

/* Asks the scheduler where the job may be resized. */
static void consult(struct simulation *simulation, const struct job *job)
{
    struct execution *execution = executor_find(&simulation->executor, job);
    bool asks;
    uint32_t request = 0;
    if (execution_request(execution, &asks, &request, simulation->err))
        return;
    struct invocation invocation = {.trigger = job};
    bool requests = asks && request != job->executing.count;
    if (!requests && !execution_has_scheduling_point(execution))
        return;
    tell_point(simulation, job, requests, request);
    if (requests) {
        invocation.type = ELASTISIM_EVOLVING_REQUEST;
        invocation.request = request;
    } else if (simulation->configuration->schedule_on_scheduling_point) {
        invocation.type = ELASTISIM_SCHEDULING_POINT;
    } else {
        silent_scheduling_point(simulation, job);
        return;
    }
    if (!invoke(simulation, invocation, job) && job->has_change)
        lifecycle_reconfigure(&simulation->state, job, simulation->err);
    if (requests && !failed(simulation) && !job_has_ended(job))
        tell_answer(simulation, job, request);
}

static void at_point(void *context, const struct job *job)
{
    struct simulation *simulation = context;
    if (remember_nodes(simulation, job))
        return;
    consult(simulation, job);
    if (failed(simulation) || job_has_ended(job))
        return;
    struct execution *execution = executor_find(&simulation->executor, job);
    if (job->state == JOB_IN_RECONFIGURATION)
        execution_reconfigure(execution, &simulation->before, simulation->err);
    else
        execution_continue(execution);
}

/* --- Creation ------------------------------------------------------------------------------ */

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
    simulation->watches = calloc(workload_num_jobs(workload) + 1, sizeof *simulation->watches);
    if (!simulation->watches)
        error_no_memory(err);
    if (!simulation->watches ||
        state_create(state, configuration, configuration->allow_oversubscription, platform,
                     workload, observers, err) ||
        validator_create(&simulation->validator, platform->num_nodes, err) ||
        devices_create(&simulation->devices, state, &simulation->heap, err) ||
        executor_create(&simulation->executor, state, &simulation->heap, &simulation->devices,
                        err)) {
        simulation_destroy(simulation);
        return NULL;
    }
    lifecycle_show_wishes(state, &simulation->decisions);
    simulation->executor.at_point = at_point;
    simulation->executor.at_end = at_end;
    simulation->executor.context = simulation;
    return simulation;
}

void simulation_destroy(struct simulation *simulation)
{
    if (!simulation)
        return;
    for (size_t i = 0; i < simulation->state.num_jobs; i++)
        free(simulation->watches[i]);
    free(simulation->watches);
    while (simulation->follow_ups)
        remove_follow_up(simulation->follow_ups);
    node_list_release(&simulation->before);
    decisions_release(&simulation->decisions);
    executor_release(&simulation->executor);
    devices_release(&simulation->devices);
    validator_release(&simulation->validator);
    state_release(&simulation->state);
    event_heap_release(&simulation->heap);
    free(simulation);
}

/* --- The loop ------------------------------------------------------------------------------ */

/* Why a job that did not end does not go on. */
static void describe_waiting(const struct simulation *simulation, const struct job *job,
                             char *buffer, size_t size)
{
    const struct job_request *request = job->request;
    char nodes[RANGE_TEXT];
    if (job->state == JOB_PENDING)
        snprintf(buffer, size, "job %u waits to be started: it takes %s node%s%s, %u of %u %s free",
                 request->id, range_text(request->nodes_min, request->nodes_max, nodes),
                 number_plural(request->nodes_max), request->gpus_min > 0 ? " with GPUs" : "",
                 simulation->state.num_free, simulation->platform->num_nodes,
                 number_is_or_are(simulation->state.num_free));
    else
        snprintf(buffer, size,
                 "job %u, started at %.15g s, is %s, and what it waits for never ends", request->id,
                 job->start_time, job_state_name(job->state));
}

/* What keeps those that wait from going on. */
static void describe_cause(const struct simulation *simulation, size_t waiting, char *buffer,
                           size_t size)
{
    size_t pending = simulation->state.pending.count;
    const char *starts = pending == 0 ? ""
                         : pending == waiting
                             ? "the scheduler starts none of them"
                             : "the scheduler starts none of the pending ones, and ";
    if (pending == waiting)
        snprintf(buffer, size, "%s", starts);
    else
        snprintf(buffer, size,
                 "%swhat runs can't go on (look for links without bandwidth and hosts that stand "
                 "still in %s)",
                 starts, simulation->configuration->platform_file);
}

/* Nothing is left to happen: fills the error with the jobs that wait and why. */
static int stuck(const struct simulation *simulation)
{
    const struct state *state = &simulation->state;
    size_t waiting = state->num_jobs - state->num_completed - state->num_killed;
    char text[2500], line[256], cause[1000];
    size_t length = 0, listed = 0;
    text[0] = '\0';
    for (size_t i = 0; i < state->num_jobs && listed < MAX_LISTED_JOBS; i++) {
        if (job_has_ended(&state->jobs[i]))
            continue;
        describe_waiting(simulation, &state->jobs[i], line, sizeof line);
        length += (size_t)snprintf(text + length, sizeof text - length, "\n  %s", line);
        listed++;
    }
    if (waiting > listed)
        snprintf(text + length, sizeof text - length, "\n  and %zu more", waiting - listed);
    describe_cause(simulation, waiting, cause, sizeof cause);
    return error_set(simulation->err, ERROR_STUCK,
                     "the simulation is stuck at %.15g s: nothing is left to happen while %zu of "
                     "%zu job%s wait%s; %s:%s",
                     state->now, waiting, state->num_jobs, number_plural(state->num_jobs),
                     waiting == 1 ? "s" : "", cause, text);
}

/* Returns whether there were any. */
static bool deliver_completions(struct simulation *simulation)
{
    bool any = false;
    struct completion completion;
    while (!failed(simulation) &&
           resources_next_completion(simulation->platform->resources, &completion)) {
        simulation->idle_invocations = 0;
        executor_complete(&simulation->executor, &completion);
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
    if (next && next->turn == EVENT_LAST && busy)
        until += WALLTIME_TOLERANCE * fmax(1, 1e-3 * until);
    if (resources_advance(resources, until, &reached, simulation->err))
        return -1;
    if (!isfinite(reached))
        return stuck(simulation);
    *arrived = next && reached >= until;
    double now = fmax(state->now, *arrived ? next->time : reached);
    if (tell_clock(simulation, now, busy))
        return -1;
    lifecycle_advance(state, now);
    if (deliver_completions(simulation) && waits)
        *arrived = false;
    return failed(simulation) ? -1 : 0;
}

/* Handles what comes next: completions of loads, one event, or both at one instant. */
static int step(struct simulation *simulation)
{
    struct state *state = &simulation->state;
    struct event *next = event_heap_first(&simulation->heap);
    simulation->figures.events++;
    if (!next && !resources_busy(simulation->platform->resources))
        return stuck(simulation);
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
    return failed(simulation) ? -1 : 0;
}

static size_t jobs_ended(const struct state *state)
{
    return state->num_completed + state->num_killed;
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
    for (struct job *job = simulation->state.running.first; job; job = job->next) {
        execution_destroy(executor_find(&simulation->executor, job));
    }
}

/* Inputs that would run for ever are refused before anything happens. */
static int check_periods(const struct simulation *simulation)
{
    const struct state *state = &simulation->state;
    const struct configuration *configuration = simulation->configuration;
    if (configuration->scheduling_interval <= 0 || state->num_jobs == 0)
        return 0;
    const struct job_request *last = state->jobs[state->num_jobs - 1].request;
    double periods = last->submit_time / configuration->scheduling_interval;
    if (periods <= MOST_PERIODS)
        return 0;
    return error_set(simulation->err, ERROR_INPUT,
                     "%s: scheduling_interval: job %u is submitted at %.15g s, up to where an "
                     "interval of %.15g s means %.3g invocations of the scheduler, which never "
                     "end; raise the interval, or look at that 'submit_time'",
                     configuration->file, last->id, last->submit_time,
                     configuration->scheduling_interval, periods);
}

int simulation_run(struct simulation *simulation, struct error *err)
{
    simulation->err = err;
    simulation->executor.err = err;
    simulation->devices.err = err;
    if (check_periods(simulation))
        return -1;
    if (observers_want(simulation->state.observers, CLOCK_MOVES))
        resources_observe(simulation->platform->resources, sample_before_ends, simulation);
    tell_clock(simulation, simulation->state.now, false);
    expect_submission(simulation);
    expect_period(simulation);
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
