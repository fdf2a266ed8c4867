#include "system/check.h"

#include "system/residents.h"

static const char *check_node(const struct state *state, const struct node *node)
{
    uint32_t num_running = node_num_running(node), num_expected = node_num_expected(node);
    bool is_up = node->availability == NODE_UP, is_free = node_state_of(node) == NODE_FREE;
    bool is_plain = is_up && num_running <= 1 && num_expected == 0;
    bool runs = node->availability == NODE_UP || node->availability == NODE_DRAINING;
    if (num_running > 0 && !runs)
        return "a job runs on a node that does not";
    if (num_expected > 0 && node->availability != NODE_UP)
        return "a job is expected on a node that takes nothing new";
    if (is_free != node_set_has(state->free_nodes, node->id) ||
        is_up != node_set_has(state->up_nodes, node->id) ||
        is_plain != node_set_has(state->plain_nodes, node->id))
        return "a set of nodes is wrong";
    if (!state->oversubscription && num_running + num_expected > 1)
        return "a node has several jobs without oversubscription";
    for (uint32_t i = 0; i < num_running; i++)
        if (!job_is_running(node_running_job(node, i)))
            return "a node runs a job that does not run";
    return NULL;
}

static const char *check_job(const struct state *state, const struct job *job)
{
    if (job_is_running(job) != (job->executing.count > 0))
        return "a job that runs has no nodes, or one that does not has some";
    for (uint32_t i = 0; i < job->executing.count; i++)
        if (!residents_have(residents_running(&state->nodes[job->executing.ids[i]]), job))
            return "a job runs on a node that does not know it";
    if (job->suspended && !job_is_running(job))
        return "a job that does not run is suspended";
    if (job->state == JOB_PENDING_RECONFIGURATION && !job->has_change)
        return "a job waits for a change that does not exist";
    return NULL;
}

const char *state_check(const struct state *state)
{
    uint32_t num_free = 0;
    for (uint32_t i = 0; i < state->platform->num_nodes; i++) {
        const char *problem = check_node(state, &state->nodes[i]);
        if (problem)
            return problem;
        num_free += node_state_of(&state->nodes[i]) == NODE_FREE;
    }
    if (num_free != state->num_free)
        return "the number of free nodes is wrong";
    size_t pending = 0, running = 0;
    for (size_t i = 0; i < state->num_jobs; i++) {
        const char *problem = check_job(state, &state->jobs[i]);
        if (problem)
            return problem;
        pending += state->jobs[i].state == JOB_PENDING;
        running += job_is_running(&state->jobs[i]);
    }
    if (pending != state->pending.count || running != state->running.count)
        return "a queue's length is wrong";
    return NULL;
}
