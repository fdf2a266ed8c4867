/* First fit, as an example of a scheduler in C: every waiting job that fits starts, in order of
 * submission, on as many free nodes as it may use; evolving requests are granted when enough nodes
 * are free.
 *
 * As a plugin:      cc -shared -fPIC first_fit.c -o first_fit.so $(pkg-config --cflags elastisim)
 *                   elastisim CONFIG --scheduler plugin:first_fit.so
 * As a program:     cc first_fit.c -o first_fit $(pkg-config --cflags --libs elastisim-scheduler)
 *                   elastisim CONFIG --scheduler exec:./first_fit
 */
#include <elastisim/scheduler.h>

/* Free nodes with so many GPUs, counted up to `most`. */
static uint32_t count_free(const struct elastisim_view *view, uint32_t gpus, uint32_t most)
{
    uint32_t count = 0;
    const struct elastisim_node *node = elastisim_next_free_node(view, 0);
    for (; node && count < most; node = elastisim_next_free_node(view, elastisim_node_id(node) + 1))
        count += elastisim_node_num_gpus(node) >= gpus;
    return count;
}

static int assign_free(struct elastisim_view *view, struct elastisim_job *job, uint32_t gpus,
                       uint32_t count)
{
    struct elastisim_node *node = elastisim_next_free_node(view, 0);
    for (; node && count > 0; node = elastisim_next_free_node(view, elastisim_node_id(node) + 1)) {
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
    return count_free(view, gpus, missing) < missing ? 0 : assign_free(view, job, gpus, missing);
}

static int start_waiting(struct elastisim_view *view)
{
    struct elastisim_job *job = elastisim_first_pending(view);
    for (; job && elastisim_num_free_nodes(view) > 0; job = elastisim_next_pending(job)) {
        uint32_t gpus = elastisim_job_gpus_min(job);
        uint32_t count = count_free(view, gpus, elastisim_job_nodes_max(job));
        if (count >= elastisim_job_nodes_min(job) && assign_free(view, job, gpus, count))
            return -1;
    }
    return 0;
}

static int schedule(struct elastisim_view *view, void *data)
{
    (void)data;
    if (elastisim_invocation(view) == ELASTISIM_EVOLVING_REQUEST &&
        answer_request(view, elastisim_trigger(view)))
        return elastisim_fail(view, "out of memory");
    return start_waiting(view) ? elastisim_fail(view, "out of memory") : 0;
}

ELASTISIM_SCHEDULER(NULL, schedule, NULL);
