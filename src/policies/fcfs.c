/* First come, first served.
 *
 * At each invocation, in this order: an evolving request is answered (shrinking always, growing
 * when enough nodes are free); pending jobs are started in order of submission, each on as many
 * nodes as are free up to its maximum, until one does not fit; a malleable job at a scheduling
 * point grows into idle nodes when no job waits. Nodes are taken by lowest ID; GPUs per node are
 * the most that the job allows and enough nodes of the platform have.
 */
#include "policies/policy.h"

static bool is_rigid(const struct elastisim_job *job)
{
    return elastisim_job_type(job) == ELASTISIM_RIGID;
}

/* Whether at least `wanted` nodes of the platform, busy or not, have this many GPUs. */
static bool platform_has(const struct elastisim_view *view, uint32_t gpus, uint32_t wanted)
{
    uint32_t found = 0;
    size_t count = elastisim_num_nodes(view);
    for (size_t id = 0; id < count && found < wanted; id++)
        found += elastisim_node_num_gpus(elastisim_node(view, id)) >= gpus;
    return found >= wanted;
}

/* GPUs per node to start a job with. */
static uint32_t gpus_for(const struct elastisim_view *view, const struct elastisim_job *job)
{
    uint32_t gpus = elastisim_job_gpus_max(job), least = elastisim_job_gpus_min(job);
    while (gpus > least && !platform_has(view, gpus, elastisim_job_nodes_min(job)))
        gpus--;
    return gpus;
}

/* Counts free nodes that have the GPUs, up to `most`. */
static uint32_t count_free(const struct elastisim_view *view, uint32_t gpus, uint32_t most)
{
    if (gpus == 0) {
        size_t free_nodes = elastisim_num_free_nodes(view);
        return free_nodes < most ? (uint32_t)free_nodes : most;
    }
    uint32_t found = 0;
    const struct elastisim_node *node = elastisim_next_free_node(view, 0);
    while (node && found < most) {
        found += elastisim_node_num_gpus(node) >= gpus;
        node = elastisim_next_free_node(view, elastisim_node_id(node) + 1);
    }
    return found;
}

/* Assigns the first `count` free nodes that have the GPUs. */
static int assign_free(struct elastisim_view *view, struct elastisim_job *job, uint32_t gpus,
                       uint32_t count)
{
    size_t from = 0;
    while (count > 0) {
        struct elastisim_node *node = elastisim_next_free_node(view, from);
        if (!node)
            return 0;
        from = elastisim_node_id(node) + 1;
        if (elastisim_node_num_gpus(node) < gpus)
            continue;
        if (elastisim_assign(view, job, node))
            return -1;
        count--;
    }
    return 0;
}

static int answer_request(struct elastisim_view *view, struct elastisim_job *job)
{
    uint32_t wanted = elastisim_request(view), assigned = elastisim_job_num_assigned(job);
    uint32_t gpus = elastisim_job_assigned_gpus(job);
    while (assigned > wanted)
        if (elastisim_remove(view, job, elastisim_job_assigned(job, --assigned)))
            return -1;
    uint32_t missing = wanted - assigned;
    if (missing == 0 || count_free(view, gpus, missing) < missing)
        return 0;
    return assign_free(view, job, gpus, missing);
}

/* Starts pending jobs until one does not fit; *waiting tells whether one is left. */
static int start_pending(struct elastisim_view *view, bool *waiting)
{
    struct elastisim_job *job = elastisim_first_pending(view);
    for (; job; job = elastisim_next_pending(job)) {
        uint32_t least = elastisim_job_nodes_min(job);
        if (elastisim_num_free_nodes(view) < least)
            break;
        uint32_t gpus = gpus_for(view, job);
        uint32_t count = count_free(view, gpus, elastisim_job_nodes_max(job));
        if (count < least)
            break;
        if (!is_rigid(job) && elastisim_assign_gpus(view, job, gpus))
            return -1;
        if (assign_free(view, job, gpus, count))
            return -1;
    }
    *waiting = job != NULL;
    return 0;
}

static int grow(struct elastisim_view *view, struct elastisim_job *job)
{
    uint32_t gpus = elastisim_job_assigned_gpus(job), assigned = elastisim_job_num_assigned(job);
    uint32_t most = elastisim_job_nodes_max(job);
    if (assigned >= most)
        return 0;
    uint32_t count = count_free(view, gpus, most - assigned);
    return count > 0 ? assign_free(view, job, gpus, count) : 0;
}

int fcfs_schedule(struct elastisim_view *view)
{
    enum elastisim_invocation kind = elastisim_invocation(view);
    struct elastisim_job *trigger = elastisim_trigger(view);
    bool waiting;
    if (kind == ELASTISIM_EVOLVING_REQUEST && answer_request(view, trigger))
        return -1;
    if (start_pending(view, &waiting))
        return -1;
    if (kind == ELASTISIM_SCHEDULING_POINT && !waiting)
        return grow(view, trigger);
    return 0;
}
