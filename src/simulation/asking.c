/* When the scheduler is invoked, and with what: at once, put off by min_scheduling_interval,
 * periodically, or when it wants to be; and, when it decides once per instant, whether it hears of
 * this one again.
 *
 * Promise: an invocation comes in the order in which its reason arose, a periodic one at an exact
 * multiple of the interval; the answer is judged whole before anything of it is applied.
 */
#include "simulation/inside.h"

#include "base/clock.h"
#include "elastisim/scheduler.h"

#include <math.h>
#include <stdlib.h>

/* An invocation is held back when it comes more than this early (seconds). */
#define MIN_INTERVAL_TOLERANCE 1e-3

/* More periodic invocations than this before the last submission never end, and beyond 2^53 the
 * clock can't tell one from the next. */
#define MOST_PERIODS 1e12

/* --- One invocation -------------------------------------------------------------------------- */

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
    state_sort_changes(state, !simulation->scheduler->reads_sets);
    decisions_clear(&simulation->decisions);
    bool measures = simulation->measures || observers_want(state->observers, SCHEDULER_INVOKED);
    double start = measures ? clock_wall_seconds() : 0;
    int result = simulation->scheduler->invoke(simulation->scheduler->self, state, invocation,
                                               &simulation->decisions, simulation->err);
    double seconds = measures ? clock_wall_seconds() - start : 0;
    simulation->figures.scheduler_seconds += seconds;
    simulation->figures.invocations++;
    tell_invocation(simulation, invocation, seconds);
    state_forget_changes(state);
    return result;
}

/* --- Invocations that follow from what was handled ---------------------------------------------
 */

/* One that comes in its turn, in the same instant. */
struct follow_up {
    struct event event;
    struct simulation *simulation;
    int type;
    const struct job *job;
    struct follow_up *previous, *next;
};

static void forget_follow_up(struct follow_up *follow_up)
{
    struct simulation *simulation = follow_up->simulation;
    event_heap_remove(&simulation->heap, &follow_up->event);
    *(follow_up->previous ? &follow_up->previous->next : &simulation->follow_ups) = follow_up->next;
    if (follow_up->next)
        follow_up->next->previous = follow_up->previous;
    free(follow_up);
}

static void follow(void *owner)
{
    struct follow_up *follow_up = owner;
    struct simulation *simulation = follow_up->simulation;
    struct invocation invocation = {.type = follow_up->type, .trigger = follow_up->job};
    forget_follow_up(follow_up);
    asking_invoke(simulation, invocation, NULL);
}

void asking_follow_up(struct simulation *simulation, int type, const struct job *job)
{
    struct follow_up *follow_up = calloc(1, sizeof *follow_up);
    if (!follow_up) {
        error_no_memory(simulation->err);
        return;
    }
    follow_up->simulation = simulation;
    follow_up->type = type;
    follow_up->job = job;
    follow_up->next = simulation->follow_ups;
    if (follow_up->next)
        follow_up->next->previous = follow_up;
    simulation->follow_ups = follow_up;
    simulation_queue(
        simulation, &follow_up->event,
        (struct event){.time = simulation->state.now, .handle = follow, .owner = follow_up});
}

size_t asking_num_follow_ups(const struct simulation *simulation)
{
    size_t count = 0;
    for (const struct follow_up *one = simulation->follow_ups; one; one = one->next)
        count++;
    return count;
}

void asking_release(struct simulation *simulation)
{
    while (simulation->follow_ups)
        forget_follow_up(simulation->follow_ups);
}

/* --- Schedulers that decide once per instant ------------------------------------------------- */

/* Whether anything but a decision is left to happen at this instant. */
static bool instant_continues(const struct simulation *simulation)
{
    return event_heap_is_due(&simulation->heap, simulation->state.now) &&
           event_heap_first(&simulation->heap)->turn != EVENT_DECISION;
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
        simulation_queue(simulation, &simulation->decision,
                         (struct event){
                             .time = simulation->state.now,
                             .turn = EVENT_DECISION,
                             .handle = decide,
                             .owner = simulation,
                         });
}

static void invoke_without_trigger(void *owner);

/* Of several answers, the last one says when. Who is not to hear of ends of jobs is invoked at the
 * times of the configuration only. */
static void expect_wake(struct simulation *simulation)
{
    const struct scheduler_backend *scheduler = simulation->scheduler;
    bool may_wake = scheduler->wakes && simulation->configuration->schedule_on_job_finalize;
    double time = may_wake ? scheduler->wakes(scheduler->self) : INFINITY;
    event_heap_remove(&simulation->heap, &simulation->wake);
    if (isfinite(time) && time > simulation->state.now)
        simulation_queue(simulation, &simulation->wake,
                         (struct event){
                             .time = time,
                             .turn = EVENT_DECISION,
                             .handle = invoke_without_trigger,
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
        validator_check(&simulation->validator, &simulation->state, &invocation, at_point,
                        &simulation->decisions, simulation->err))
        return;
    applying_apply(simulation, at_point);
    expect_wake(simulation);
}

static void decide(void *owner)
{
    invoke_now(owner, (struct invocation){.type = ELASTISIM_PERIODIC}, NULL);
}

/* --- The least interval ---------------------------------------------------------------------- */

static bool comes_too_early(const struct simulation *simulation)
{
    double interval = simulation->configuration->min_scheduling_interval;
    return interval > 0 && simulation->has_invoked &&
           simulation->state.now - simulation->last_invocation < interval - MIN_INTERVAL_TOLERANCE;
}

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
    simulation_queue(simulation, periodic ? &simulation->put_off_periodic : &simulation->put_off,
                     (struct event){
                         .time = fmax(time, simulation->state.now),
                         .turn = EVENT_ARRIVAL,
                         .handle = invoke_without_trigger,
                         .owner = simulation,
                     });
}

/* Invokes the scheduler now or, when it is too early, later. Returns whether it was now. */
bool asking_invoke(struct simulation *simulation, struct invocation invocation,
                   const struct job *at_point)
{
    if (comes_too_early(simulation)) {
        put_off(simulation, invocation.type);
        return false;
    }
    invoke_now(simulation, invocation, at_point);
    return true;
}

/* --- Periods --------------------------------------------------------------------------------- */

static void invoke_periodic(struct simulation *simulation)
{
    if (asking_invoke(simulation, (struct invocation){.type = ELASTISIM_PERIODIC}, NULL))
        stuck_count_invocation(simulation);
}

static void invoke_without_trigger(void *owner)
{
    invoke_periodic(owner);
}

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
    asking_expect_period(simulation);
    invoke_periodic(simulation);
}

/* Multiples of the interval, not sums: no error adds up. */
void asking_expect_period(struct simulation *simulation)
{
    double interval = simulation->configuration->scheduling_interval;
    if (interval <= 0)
        return;
    double time = (double)++simulation->periods * interval;
    simulation_queue(simulation, &simulation->period,
                     (struct event){.time = time, .handle = period_over, .owner = simulation});
}

/* Inputs that would run for ever are refused before anything happens. */
int asking_check_periods(const struct simulation *simulation)
{
    const struct state *state = &simulation->state;
    const struct configuration *configuration = simulation->configuration;
    if (configuration->scheduling_interval <= 0 || state->num_jobs == 0)
        return 0;
    double time;
    const struct job_request *last = workload_last_submitted(state->workload, &time);
    double periods = time / configuration->scheduling_interval;
    if (periods <= MOST_PERIODS)
        return 0;
    return error_set(simulation->err, ERROR_INPUT,
                     "%s: scheduling_interval: job %u is submitted at %.15g s, up to where an "
                     "interval of %.15g s means %.3g invocations of the scheduler, which never "
                     "end; raise the interval, or look at that '%s'",
                     configuration->file, last->id, time, configuration->scheduling_interval,
                     periods, time > last->submit_time ? "delay" : "submit_time");
}
