/* What can be read from the state of a run, and what must hold of it. */
#include "system/state.h"

#include <stdio.h>

/* --- Reading ------------------------------------------------------------------------------- */

const char *job_state_name(enum job_state state)
{
    switch (state) {
    case JOB_UNSUBMITTED:
        return "not submitted";
    case JOB_PENDING:
        return "pending";
    case JOB_RUNNING:
        return "running";
    case JOB_PENDING_RECONFIGURATION:
        return "pending reconfiguration";
    case JOB_IN_RECONFIGURATION:
        return "in reconfiguration";
    case JOB_COMPLETED:
        return "completed";
    case JOB_KILLED:
        return "killed";
    case JOB_CANCELLED:
        return "cancelled";
    }
    return "unknown";
}

const char *node_state_name(enum node_state state)
{
    static const char *const names[] = {"free", "allocated", "reserved"};
    return names[state];
}

const char *node_availability_name(enum node_availability availability)
{
    static const char *const names[] = {"up", "draining", "down", "off", "booting", "stopping"};
    return names[availability];
}

const char *node_condition_name(const struct node *node)
{
    return node->availability == NODE_UP ? node_state_name(node_state_of(node))
                                         : node_availability_name(node->availability);
}

bool job_is_running(const struct job *job)
{
    return job->state == JOB_RUNNING || job->state == JOB_PENDING_RECONFIGURATION ||
           job->state == JOB_IN_RECONFIGURATION;
}

bool job_has_ended(const struct job *job)
{
    return job->state == JOB_COMPLETED || job->state == JOB_KILLED || job->state == JOB_CANCELLED;
}

double job_suspended_seconds(const struct job *job)
{
    return job->suspended_seconds + (job->suspended ? job->run->now - job->suspended_since : 0);
}

bool job_is_known(const struct job *job)
{
    return job->state != JOB_UNSUBMITTED && job->state != JOB_CANCELLED;
}

size_t jobs_ended(const struct state *state)
{
    return state->num_completed + state->num_killed + state->num_cancelled;
}

const char *job_cancel_reason(const struct job *job, char *buffer, size_t size)
{
    const struct job *other = &job->run->jobs[job->never->other];
    snprintf(buffer, size, "%s of job %u, which %s", dependency_kind_name(job->never->kind),
             other->request->id,
             other->state == JOB_COMPLETED ? "is complete"
             : other->state == JOB_KILLED  ? "was killed"
                                           : "was cancelled");
    return buffer;
}

const struct node_list *job_assigned(const struct job *job)
{
    return job->has_change ? &job->wanted : &job->executing;
}

uint32_t job_assigned_gpus(const struct job *job)
{
    return job->has_change ? job->wanted_gpus : job->executing_gpus;
}

enum node_state node_state_of(const struct node *node)
{
    if (*node->runner)
        return NODE_ALLOCATED;
    return node->expected_one || node->availability != NODE_UP ? NODE_RESERVED : NODE_FREE;
}

uint32_t node_num_running(const struct node *node)
{
    return *node->runner ? 1 + node->num_running_more : 0;
}

uint32_t node_num_expected(const struct node *node)
{
    return node->expected_one ? 1 + node->num_expected_more : 0;
}

struct job *node_running_job(const struct node *node, uint32_t index)
{
    return index == 0 ? *node->runner : node->running_more[index - 1];
}

bool node_runs(const struct node *node, const struct job *job)
{
    for (uint32_t i = 0; i < node_num_running(node); i++)
        if (node_running_job(node, i) == job)
            return true;
    return false;
}

struct job *node_expected_job(const struct node *node, uint32_t index)
{
    return index == 0 ? node->expected_one : node->expected_more[index - 1];
}
