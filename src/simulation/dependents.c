/* Jobs that wait for others: when they are submitted, or that they never will be.
 *
 * Promise: a job is submitted last in the instant in which the last of what it waits for holds (or
 * at its submit time, if that is later), as every submission is; one that waits for what can never
 * hold is cancelled at its submit time, or when that is known, if that is later. A workload in
 * which no job waits for another costs a test of a pointer per start and end.
 */
#include "simulation/inside.h"

#include <math.h>
#include <stdlib.h>

/* A job that waits, or has waited. */
struct dependent {
    struct event event; /* its submission or cancellation, once that is known */
    struct simulation *simulation;
    uint32_t id;
    uint32_t open;                  /* dependencies of which it is not known whether they hold */
    double eligible;                /* when those hold that do */
    const struct dependency *never; /* the first found that never holds, or NULL */
    double never_time;              /* when that was found */
};

/* Someone waits for the job: which dependency of which one. */
struct waiter {
    struct dependent *dependent;
    const struct dependency *dependency;
};

struct dependents {
    struct dependent *items; /* in ID order; those that have dependencies */
    size_t count;
    struct waiter *waiters; /* by the ID of the job waited for, then by that of who waits */
    size_t *first;          /* by ID: the first waiter of a job; one more than there are jobs */
};

/* --- Creation -------------------------------------------------------------------------------- */

static void count_waiters(struct dependents *dependents, const struct state *state)
{
    for (size_t id = 0; id < state->num_jobs; id++) {
        const struct dependencies *list = &state->jobs[id].request->dependencies;
        dependents->count += list->count > 0;
        for (size_t i = 0; i < list->count; i++)
            dependents->first[list->items[i].other + 1]++;
    }
    for (size_t id = 0; id < state->num_jobs; id++)
        dependents->first[id + 1] += dependents->first[id];
}

/* `filled`: by ID, how many waiters are in place. */
static void add_dependent(struct dependents *dependents, struct simulation *simulation,
                          struct dependent *dependent, const struct job_request *request,
                          size_t *filled)
{
    const struct dependencies *list = &request->dependencies;
    *dependent = (struct dependent){.simulation = simulation,
                                    .id = request->id,
                                    .open = (uint32_t)list->count,
                                    .eligible = request->submit_time};
    for (size_t i = 0; i < list->count; i++) {
        const struct dependency *dependency = &list->items[i];
        size_t place = dependents->first[dependency->other] + filled[dependency->other]++;
        dependents->waiters[place] = (struct waiter){dependent, dependency};
    }
}

static int fill(struct dependents *dependents, struct simulation *simulation)
{
    const struct state *state = &simulation->state;
    size_t *filled = calloc(state->num_jobs + 1, sizeof *filled), count = 0;
    dependents->items = calloc(dependents->count, sizeof *dependents->items);
    dependents->waiters = calloc(dependents->first[state->num_jobs], sizeof *dependents->waiters);
    bool made = filled && dependents->items && dependents->waiters;
    for (size_t id = 0; made && id < state->num_jobs; id++)
        if (state->jobs[id].request->dependencies.count > 0)
            add_dependent(dependents, simulation, &dependents->items[count++],
                          state->jobs[id].request, filled);
    free(filled);
    return made ? 0 : error_no_memory(simulation->err);
}

int dependents_create(struct simulation *simulation, const struct workload *workload)
{
    if (workload_num_dependencies(workload) == 0)
        return 0;
    struct dependents *dependents = simulation->dependents = calloc(1, sizeof *dependents);
    if (!dependents)
        return error_no_memory(simulation->err);
    dependents->first = calloc(simulation->state.num_jobs + 1, sizeof *dependents->first);
    if (!dependents->first)
        return error_no_memory(simulation->err);
    count_waiters(dependents, &simulation->state);
    return fill(dependents, simulation);
}

void dependents_release(struct simulation *simulation)
{
    struct dependents *dependents = simulation->dependents;
    if (!dependents)
        return;
    free(dependents->items);
    free(dependents->waiters);
    free(dependents->first);
    free(dependents);
    simulation->dependents = NULL;
}

/* --- What becomes of a job that waits -------------------------------------------------------- */

static struct dependent *find(const struct dependents *dependents, uint32_t id)
{
    size_t low = 0, high = dependents ? dependents->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (dependents->items[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = dependents && low < dependents->count && dependents->items[low].id == id;
    return found ? &dependents->items[low] : NULL;
}

static void settle(void *owner)
{
    struct dependent *dependent = owner;
    struct simulation *simulation = dependent->simulation;
    const struct job *job = &simulation->state.jobs[dependent->id];
    if (!dependent->never) {
        simulation->submit(simulation, job, dependent->eligible);
        return;
    }
    if (lifecycle_cancel(&simulation->state, job, dependent->never, simulation->err) == 0)
        dependents_ended(simulation, job);
}

/* Submissions and cancellations have their turn among what arrives. */
static void expect(struct dependent *dependent, double time)
{
    struct simulation *simulation = dependent->simulation;
    if (dependent->event.slot > 0 || simulation_failed(simulation))
        return;
    simulation_queue(simulation, &dependent->event,
                     (struct event){.time = fmax(time, simulation->state.now),
                                    .turn = EVENT_ARRIVAL,
                                    .handle = settle,
                                    .owner = dependent});
}

/* Once the submit time has come. */
static bool is_due(const struct dependent *dependent)
{
    return dependent->id < dependent->simulation->num_arrived;
}

/* What is known of it by now leads to its submission or cancellation. */
static void look(struct dependent *dependent)
{
    if (!is_due(dependent))
        return;
    if (dependent->never)
        expect(dependent, dependent->never_time);
    else if (dependent->open == 0)
        expect(dependent, dependent->eligible);
}

bool dependents_hold_back(struct simulation *simulation, const struct job *job)
{
    if (job->request->dependencies.count == 0)
        return false;
    struct dependent *dependent = find(simulation->dependents, job->request->id);
    if (!dependent->never && dependent->open == 0 && dependent->eligible <= simulation->state.now)
        return false;
    look(dependent);
    return true;
}

/* --- What the others do ---------------------------------------------------------------------- */

enum outcome { OPEN, HOLDS, NEVER };

static enum outcome outcome_of(enum dependency_kind kind, const struct job *other)
{
    bool failed = other->state == JOB_KILLED || other->state == JOB_CANCELLED;
    if (!job_has_ended(other))
        return kind == AFTER ? HOLDS : OPEN;
    if (kind == AFTER_OK)
        return failed ? NEVER : HOLDS;
    if (kind == AFTER_NOT_OK)
        return failed ? HOLDS : NEVER;
    /* One that has started has been told of then. */
    return kind == AFTER && other->attempts > 0 ? OPEN : HOLDS;
}

static void tell(const struct waiter *waiter, const struct job *other)
{
    struct dependent *dependent = waiter->dependent;
    double now = dependent->simulation->state.now;
    enum outcome outcome = outcome_of(waiter->dependency->kind, other);
    if (outcome == OPEN || dependent->never)
        return;
    dependent->open -= outcome == HOLDS;
    if (outcome == HOLDS) {
        dependent->eligible = fmax(dependent->eligible, now + waiter->dependency->delay);
    } else {
        dependent->never = waiter->dependency;
        dependent->never_time = now;
    }
    look(dependent);
}

static void tell_all(struct simulation *simulation, const struct job *other)
{
    const struct dependents *dependents = simulation->dependents;
    if (!dependents)
        return;
    uint32_t id = other->request->id;
    for (size_t i = dependents->first[id]; i < dependents->first[id + 1]; i++)
        tell(&dependents->waiters[i], other);
}

void dependents_started(struct simulation *simulation, const struct job *job)
{
    tell_all(simulation, job);
}

void dependents_ended(struct simulation *simulation, const struct job *job)
{
    tell_all(simulation, job);
}

/* --- Messages -------------------------------------------------------------------------------- */

static bool is_open(const struct simulation *simulation, const struct dependency *dependency)
{
    const struct job *other = &simulation->state.jobs[dependency->other];
    bool started = other->attempts > 0;
    return !job_has_ended(other) && !(dependency->kind == AFTER && started);
}

const struct dependency *dependents_first_open(const struct simulation *simulation,
                                               const struct job *job)
{
    const struct dependencies *list = &job->request->dependencies;
    for (size_t i = 0; i < list->count; i++)
        if (is_open(simulation, &list->items[i]))
            return &list->items[i];
    return NULL;
}
