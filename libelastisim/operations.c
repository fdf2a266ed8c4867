/* The operations of the API: what an invocation wants is noted with the jobs until the answer is
 * written. */
#include "system.h"

#include <stdlib.h>
#include <string.h>

static int modify(struct elastisim_view *view, struct elastisim_job *job)
{
    if (job->modified)
        return 0;
    if (elastisim_node_ids_copy(&job->before, &job->assigned))
        return -1;
    job->gpus_before = job->gpus;
    job->modified = true;
    job->next_modified = view->modified;
    view->modified = job;
    return 0;
}

static void mark_free(struct elastisim_view *view, struct elastisim_node *node, bool is_free)
{
    if (node->free == is_free)
        return;
    node->free = is_free;
    view->num_free += is_free ? 1 : (size_t)-1;
}

static long position_of(const struct node_ids *ids, size_t id)
{
    for (uint32_t i = 0; i < ids->count; i++)
        if (ids->items[i] == id)
            return i;
    return -1;
}

int elastisim_assign(struct elastisim_view *view, struct elastisim_job *job,
                     struct elastisim_node *node)
{
    if (modify(view, job))
        return -1;
    job->sets_nodes = true;
    if (!node->free && position_of(&job->assigned, node->id) >= 0)
        return 0;
    mark_free(view, node, false);
    return elastisim_node_ids_append(&job->assigned, (uint32_t)node->id);
}

static bool runs_alone(const struct elastisim_node *node, const struct elastisim_job *job)
{
    return node->num_jobs == 1 && node->jobs[0] == job->id;
}

/* Whether a node that a job gives up can be given to others in the same answer. */
static bool can_be_given_on(const struct elastisim_view *view, const struct elastisim_job *job,
                            const struct elastisim_node *node)
{
    bool at_point = view->invocation == ELASTISIM_SCHEDULING_POINT ||
                    view->invocation == ELASTISIM_EVOLVING_REQUEST;
    return node->num_jobs == 0 || (at_point && view->trigger == job && runs_alone(node, job));
}

int elastisim_remove(struct elastisim_view *view, struct elastisim_job *job,
                     struct elastisim_node *node)
{
    if (modify(view, job))
        return -1;
    job->sets_nodes = true;
    long position = position_of(&job->assigned, node->id);
    if (position < 0)
        return 0;
    struct node_ids *assigned = &job->assigned;
    assigned->count--;
    memmove(assigned->items + position, assigned->items + position + 1,
            (assigned->count - (size_t)position) * sizeof *assigned->items);
    if (can_be_given_on(view, job, node))
        mark_free(view, node, true);
    return 0;
}

int elastisim_assign_gpus(struct elastisim_view *view, struct elastisim_job *job, uint32_t gpus)
{
    if (job->type == ELASTISIM_RIGID)
        return 0;
    if (modify(view, job))
        return -1;
    job->sets_gpus = true;
    job->gpus = gpus;
    return 0;
}

int elastisim_kill(struct elastisim_view *view, struct elastisim_job *job)
{
    if (modify(view, job))
        return -1;
    job->kill = true;
    for (uint32_t i = 0; i < job->executing.count; i++) {
        struct elastisim_node *node = view->nodes[job->executing.items[i]];
        if (runs_alone(node, job))
            mark_free(view, node, true);
    }
    return 0;
}

int elastisim_set_runtime_argument(struct elastisim_view *view, struct elastisim_job *job,
                                   const char *key, const char *value)
{
    if (modify(view, job))
        return -1;
    if (!job->new_arguments)
        job->new_arguments = cJSON_CreateObject();
    cJSON_DeleteItemFromObjectCaseSensitive(job->new_arguments, key);
    return cJSON_AddStringToObject(job->new_arguments, key, value) ? 0 : -1;
}
