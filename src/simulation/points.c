/* What happens at a scheduling point or evolving request, where all ranks of a job stand between
 * two iterations: the scheduler may be asked, what was wanted of the job before is applied, and the
 * job goes on, on its old nodes or on new ones.
 *
 * Promise: a job that still runs afterwards moves again, whatever was decided.
 */
#include "simulation/inside.h"

#include "base/vector.h"
#include "elastisim/scheduler.h"

#include <string.h>

static int remember_nodes(struct simulation *simulation, const struct job *job)
{
    struct node_list *before = &simulation->before;
    if (array_reserve(before->ids, simulation->before_room, job->executing.count))
        return error_no_memory(simulation->err);
    before->count = job->executing.count;
    memcpy(before->ids, job->executing.ids, before->count * sizeof *before->ids);
    return 0;
}

/* A scheduling point of which the scheduler is not told: what waits is applied, and it may hear of
 * that. */
static void silent_scheduling_point(struct simulation *simulation, const struct job *job)
{
    if (!job->has_change || lifecycle_reconfigure(&simulation->state, job, simulation->err))
        return;
    if (simulation->configuration->schedule_on_reconfiguration)
        asking_invoke(simulation,
                      (struct invocation){.type = ELASTISIM_RECONFIGURATION, .trigger = job}, NULL);
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
    if (!asking_invoke(simulation, invocation, job) && job->has_change)
        lifecycle_reconfigure(&simulation->state, job, simulation->err);
    if (requests && !simulation_failed(simulation) && job_is_running(job))
        tell_answer(simulation, job, request);
}

void points_reached(void *context, const struct job *job)
{
    struct simulation *simulation = context;
    if (remember_nodes(simulation, job))
        return;
    if (simulation->leave)
        simulation->leave(simulation, &simulation->before);
    consult(simulation, job);
    if (simulation_failed(simulation) || !job_is_running(job))
        return;
    struct execution *execution = executor_find(&simulation->executor, job);
    if (job->state != JOB_IN_RECONFIGURATION) {
        execution_pass_point(execution);
        return;
    }
    node_list_sort(&simulation->before);
    execution_reconfigure(execution, &simulation->before, simulation->err);
}
