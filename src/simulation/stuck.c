/* Why nothing goes on: a run in which jobs wait and nothing is left to happen ends with an error
 * that names them and what they wait for.
 *
 * Promise: a run that can still go on is never called stuck; one that can't ends, even if the
 * scheduler is invoked periodically and for ever.
 */
#include "simulation/inside.h"

#include "system/budget.h"

#include "base/number.h"
#include "resources/resources.h"

#include <stdio.h>

/* This many periodic invocations in a row, with nothing else to happen, nothing to be submitted and
 * nothing decided, mean that the scheduler will never start what waits... */
#define MAX_IDLE_INVOCATIONS 100000
/* ... but while nodes are still to change, which may be what it waits for, so many times as many:
 * each change of nodes then counts as many invocations. */
#define PATIENCE_WITH_NODES 100
/* ... and, if nothing moves either, that what runs will never end. No latency is as long as this
 * (seconds). */
#define MIN_STANDSTILL 3600

/* Jobs and nodes that a message lists. */
#define MAX_LISTED_JOBS 10
#define MAX_LISTED_NODES 10

/* --- The message ----------------------------------------------------------------------------- */

/* A job that is not even submitted. */
static void describe_dependent(const struct simulation *simulation, const struct job *job,
                               char *buffer, size_t size)
{
    const struct dependency *dependency = dependents_first_open(simulation, job);
    snprintf(buffer, size, "job %u is not submitted: it waits for job %u (%s)", job->request->id,
             dependency->other, dependency_kind_name(dependency->kind));
}

/* Why a job that did not end does not go on. */
static void describe_waiting(const struct simulation *simulation, const struct job *job,
                             char *buffer, size_t size)
{
    const struct job_request *request = job->request;
    char nodes[RANGE_TEXT];
    if (job->state == JOB_PENDING)
        snprintf(buffer, size, "job %u waits to be started: it takes %s node%s%s, %u of %u %s free",
                 request->id, number_range_text(request->nodes_min, request->nodes_max, nodes),
                 number_plural(request->nodes_max), request->gpus_min > 0 ? " with GPUs" : "",
                 simulation->state.num_free, simulation->platform->num_nodes,
                 number_is_or_are(simulation->state.num_free));
    else if (job->state == JOB_UNSUBMITTED)
        describe_dependent(simulation, job, buffer, size);
    else if (job->suspended)
        snprintf(buffer, size, "job %u, started at %.15g s, is suspended since %.15g s",
                 request->id, job->start_time, job->suspended_since);
    else
        snprintf(buffer, size,
                 "job %u, started at %.15g s, is %s, and what it waits for never ends", request->id,
                 job->start_time, job_state_name(job->state));
}

/* "; nodes that are not up: n1 (down)", or nothing. */
static void describe_nodes(const struct simulation *simulation, char *buffer, size_t size)
{
    size_t length = 0, listed = 0, others = 0;
    buffer[0] = '\0';
    for (uint32_t i = 0; i < simulation->platform->num_nodes; i++) {
        const struct node *node = &simulation->state.nodes[i];
        if (node->availability == NODE_UP)
            continue;
        if (listed == MAX_LISTED_NODES) {
            others++;
            continue;
        }
        length += (size_t)snprintf(
            buffer + length, size - length, "%s%.40s (%s%s)",
            listed++ == 0 ? "; nodes that are not up: " : ", ", node->description->name,
            node_availability_name(node->availability),
            machine_is_commanded(simulation, i) ? ", as the scheduler commanded" : "");
    }
    if (others > 0)
        snprintf(buffer + length, size - length, " and %zu more", others);
}

static size_t count_suspended(const struct state *state)
{
    size_t suspended = 0;
    for (const struct job *job = state->running.first; job; job = job->next)
        suspended += job->suspended;
    return suspended;
}

/* What keeps those that wait, and are submitted, from going on. */
static void describe_cause(const struct simulation *simulation, size_t waiting, char *buffer,
                           size_t size)
{
    const struct state *state = &simulation->state;
    size_t pending = state->pending.count, suspended = count_suspended(state);
    size_t standing = waiting - pending - suspended;
    const char *starts = pending == 0         ? ""
                         : pending == waiting ? "the scheduler starts none of them"
                                              : "the scheduler starts none of the pending ones";
    const char *continues = suspended == 0         ? ""
                            : suspended == waiting ? "the scheduler continues none of them"
                            : pending > 0          ? ", continues none of the suspended ones"
                                          : "the scheduler continues none of the suspended ones";
    int length = snprintf(buffer, size, "%s%s", starts, continues);
    if (pending > 0 && state->budget)
        length +=
            snprintf(buffer + length, size - (size_t)length,
                     "; of the power cap of %.15g W, %.15g W are committed",
                     budget_cap_at(state->budget, state->now), budget_committed(state->budget));
    if (standing > 0)
        snprintf(buffer + length, size - (size_t)length,
                 "%swhat runs can't go on (look for links without bandwidth and hosts that stand "
                 "still in %s)",
                 length > 0 ? ", and " : "", simulation->configuration->platform_file);
}

/* Nothing is left to happen: fills the error with the jobs that wait and why. */
int stuck_error(const struct simulation *simulation)
{
    const struct state *state = &simulation->state;
    size_t waiting = state->num_jobs - jobs_ended(state);
    char text[2500], line[256], cause[1000], nodes[1000];
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
    describe_cause(simulation, state->pending.count + state->running.count, cause, sizeof cause);
    describe_nodes(simulation, nodes, sizeof nodes);
    return error_set(simulation->err, ERROR_STUCK,
                     "the simulation is stuck at %.15g s: nothing is left to happen while %zu of "
                     "%zu job%s wait%s; %s%s:%s",
                     state->now, waiting, state->num_jobs, number_plural(state->num_jobs),
                     waiting == 1 ? "s" : "", cause, nodes, text);
}

/* --- Periodic invocations that change nothing ------------------------------------------------ */

static bool only_invocations_are_due(const struct simulation *simulation)
{
    return simulation->heap.count ==
           (size_t)(simulation->period.slot > 0) + (simulation->put_off.slot > 0) +
               (simulation->put_off_periodic.slot > 0) + (simulation->wake.slot > 0) +
               asking_num_follow_ups(simulation) + machine_num_events(simulation);
}

/* Whether nothing but loads at the port, if there are any, can happen without the scheduler. */
static bool is_idle(const struct simulation *simulation)
{
    const struct state *state = &simulation->state;
    return only_invocations_are_due(simulation) && simulation->num_arrived == state->num_jobs &&
           simulation->decisions.count == 0;
}

/* Whether the loads at the port, if there are any, will never end: none of them moves, for long.
 * Where the platform changes, or disks work, of which the port does not tell, nobody knows. */
static bool stands_still(const struct simulation *simulation)
{
    const struct resources *resources = simulation->platform->resources;
    if (simulation->state.running.count == count_suspended(&simulation->state))
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

static void count(struct simulation *simulation, unsigned invocations)
{
    bool waits_for_more = machine_num_events(simulation) > 0 || simulation->wake.slot > 0;
    uint64_t patience = waits_for_more ? PATIENCE_WITH_NODES : 1;
    if (simulation_failed(simulation) || !is_idle(simulation)) {
        simulation->idle_invocations = 0;
        return;
    }
    if (simulation->idle_invocations == 0)
        simulation->idle_since = simulation->state.now;
    uint64_t before = simulation->idle_invocations / MAX_IDLE_INVOCATIONS;
    simulation->idle_invocations += invocations;
    uint64_t after = simulation->idle_invocations / MAX_IDLE_INVOCATIONS;
    if (after > before && after >= patience && stands_still(simulation))
        stuck_error(simulation);
}

void stuck_count_change(struct simulation *simulation)
{
    count(simulation, PATIENCE_WITH_NODES);
}

void stuck_count_invocation(struct simulation *simulation)
{
    count(simulation, 1);
}
