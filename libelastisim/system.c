/* The accessors of the API over what the messages said. */
#include "system.h"

#include "base/bit_set.h"
#include "base/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int elastisim_node_ids_append(struct node_ids *ids, uint32_t id)
{
    if (array_reserve(ids->items, ids->room, (size_t)ids->count + 1))
        return -1;
    ids->items[ids->count++] = id;
    return 0;
}

static void job_destroy(struct elastisim_job *job)
{
    if (!job)
        return;
    free(job->name);
    free(job->assigned.items);
    free(job->executing.items);
    cJSON_Delete(job->arguments);
    cJSON_Delete(job->attributes);
    cJSON_Delete(job->runtime_arguments);
    free(job);
}

static void node_destroy(struct elastisim_node *node)
{
    if (!node)
        return;
    free(node->name);
    free(node->jobs);
    cJSON_Delete(node->properties);
    free(node);
}

void elastisim_view_release(struct elastisim_view *view)
{
    for (size_t i = 0; i < view->num_jobs; i++)
        job_destroy(view->jobs[i]);
    for (size_t i = 0; i < view->num_nodes; i++)
        node_destroy(view->nodes[i]);
    free(view->jobs);
    free(view->nodes);
    free(view->changed_jobs);
    free(view->changed_nodes);
    free(view->free_nodes);
    free(view->up_nodes);
    free(view->announced_nodes);
    free(view->touched_nodes);
    free(view->nodes_told.items);
    free(view->jobs_told.items);
    elastisim_wishes_release(&view->wishes);
    decisions_release(&view->decisions);
    *view = (struct elastisim_view){0};
}

/* --- Under the operations ------------------------------------------------------------------ */

struct wishes *elastisim_ground_wishes(struct elastisim_view *view)
{
    return &view->wishes;
}

const struct wishes *elastisim_ground_shown(const struct elastisim_view *view)
{
    return &view->wishes;
}

const struct decisions *elastisim_ground_decisions(const struct elastisim_job *job)
{
    return &job->view->decisions;
}

const uint32_t *elastisim_ground_nodes(const struct elastisim_job *job, uint32_t *count)
{
    *count = job->assigned.count;
    return job->assigned.items;
}

uint32_t elastisim_ground_gpus(const struct elastisim_job *job)
{
    return job->gpus;
}

struct elastisim_node *elastisim_ground_node(const struct elastisim_job *job, uint32_t id)
{
    return elastisim_node(job->view, id);
}

static bool holds(const struct node_ids *ids, size_t id)
{
    for (uint32_t i = 0; i < ids->count; i++)
        if (ids->items[i] == id)
            return true;
    return false;
}

bool elastisim_ground_expects_others(const struct elastisim_node *node,
                                     const struct elastisim_job *job)
{
    bool expects_it = node->num_expected > 0 && job->expects && holds(&job->assigned, node->id) &&
                      !holds(&job->executing, node->id);
    return node->num_expected > expects_it;
}

/* --- The system ---------------------------------------------------------------------------- */

double elastisim_time(const struct elastisim_view *view)
{
    return view->time;
}

bool elastisim_start_date(const struct elastisim_view *view, double *unix_time, int *zone)
{
    if (view->has_start_date && unix_time)
        *unix_time = view->start_date;
    if (view->has_start_date && zone)
        *zone = view->start_date_zone;
    return view->has_start_date;
}

enum elastisim_invocation elastisim_invocation(const struct elastisim_view *view)
{
    return view->invocation;
}

struct elastisim_job *elastisim_trigger(const struct elastisim_view *view)
{
    return view->trigger;
}

uint32_t elastisim_request(const struct elastisim_view *view)
{
    return view->request;
}

bool elastisim_oversubscription(const struct elastisim_view *view)
{
    return view->oversubscription;
}

bool elastisim_instant_continues(const struct elastisim_view *view)
{
    (void)view;
    return false;
}

bool elastisim_told_of_scheduling_points(const struct elastisim_view *view)
{
    return view->told_of_points;
}

double elastisim_power_cap(const struct elastisim_view *view)
{
    return view->power_cap;
}

double elastisim_power_committed(const struct elastisim_view *view)
{
    return view->power_committed;
}

bool elastisim_power_cap_step(const struct elastisim_view *view, size_t index, double *time,
                              double *watts)
{
    if (index > 0 || isinf(view->power_cap))
        return false;
    *time = 0;
    *watts = view->power_cap;
    return true;
}

double elastisim_pfs_read_bandwidth(const struct elastisim_view *view)
{
    return view->pfs_read_bandwidth;
}

double elastisim_pfs_write_bandwidth(const struct elastisim_view *view)
{
    return view->pfs_write_bandwidth;
}

double elastisim_pfs_read_utilization(const struct elastisim_view *view)
{
    return view->pfs_read_utilization;
}

double elastisim_pfs_write_utilization(const struct elastisim_view *view)
{
    return view->pfs_write_utilization;
}

size_t elastisim_num_jobs(const struct elastisim_view *view)
{
    return view->num_jobs;
}

struct elastisim_job *elastisim_job(const struct elastisim_view *view, size_t id)
{
    return id < view->num_jobs ? view->jobs[id] : NULL;
}

size_t elastisim_num_nodes(const struct elastisim_view *view)
{
    return view->num_nodes;
}

struct elastisim_node *elastisim_node(const struct elastisim_view *view, size_t id)
{
    return id < view->num_nodes ? view->nodes[id] : NULL;
}

struct elastisim_job *elastisim_first_pending(const struct elastisim_view *view)
{
    return view->pending.first;
}

struct elastisim_job *elastisim_next_pending(const struct elastisim_job *job)
{
    return job->next;
}

size_t elastisim_num_pending(const struct elastisim_view *view)
{
    return view->pending.count;
}

struct elastisim_job *elastisim_first_running(const struct elastisim_view *view)
{
    return view->running.first;
}

struct elastisim_job *elastisim_next_running(const struct elastisim_job *job)
{
    return job->next;
}

size_t elastisim_num_running(const struct elastisim_view *view)
{
    return view->running.count;
}

const uint64_t *elastisim_up_set(const struct elastisim_view *view)
{
    return view->up_nodes;
}

const uint64_t *elastisim_announced_set(const struct elastisim_view *view)
{
    return view->announced_nodes;
}

const uint64_t *elastisim_changed_set(const struct elastisim_view *view, size_t *first, size_t *end)
{
    *first = 0;
    *end = bit_set_words(view->num_nodes);
    return view->touched_nodes;
}

size_t elastisim_num_changed_jobs(const struct elastisim_view *view)
{
    return view->num_changed_jobs;
}

struct elastisim_job *elastisim_changed_job(const struct elastisim_view *view, size_t index)
{
    return index < view->num_changed_jobs ? view->changed_jobs[index] : NULL;
}

size_t elastisim_num_changed_nodes(const struct elastisim_view *view)
{
    return view->num_changed_nodes;
}

struct elastisim_node *elastisim_changed_node(const struct elastisim_view *view, size_t index)
{
    return index < view->num_changed_nodes ? view->changed_nodes[index] : NULL;
}

/* --- Jobs ---------------------------------------------------------------------------------- */

size_t elastisim_job_id(const struct elastisim_job *job)
{
    return job->id;
}

const char *elastisim_job_name(const struct elastisim_job *job)
{
    return job->name;
}

enum elastisim_job_type elastisim_job_type(const struct elastisim_job *job)
{
    return job->type;
}

enum elastisim_job_state elastisim_job_state(const struct elastisim_job *job)
{
    return job->state;
}

double elastisim_job_submit_time(const struct elastisim_job *job)
{
    return job->submit_time;
}

double elastisim_job_eligible_time(const struct elastisim_job *job)
{
    return job->eligible_time;
}

double elastisim_job_start_time(const struct elastisim_job *job)
{
    return job->start_time;
}

double elastisim_job_end_time(const struct elastisim_job *job)
{
    return job->end_time;
}

double elastisim_job_walltime(const struct elastisim_job *job)
{
    return job->walltime;
}

bool elastisim_job_suspended(const struct elastisim_job *job)
{
    return job->suspended;
}

double elastisim_job_suspended_time(const struct elastisim_job *job)
{
    return job->suspended_time;
}

double elastisim_job_runtime_estimate(const struct elastisim_job *job)
{
    return job->estimate;
}

uint32_t elastisim_job_nodes_min(const struct elastisim_job *job)
{
    return job->nodes_min;
}

uint32_t elastisim_job_nodes_max(const struct elastisim_job *job)
{
    return job->nodes_max;
}

uint32_t elastisim_job_nodes_preferred(const struct elastisim_job *job)
{
    return job->nodes_preferred;
}

uint32_t elastisim_job_gpus_min(const struct elastisim_job *job)
{
    return job->gpus_min;
}

uint32_t elastisim_job_gpus_max(const struct elastisim_job *job)
{
    return job->gpus_max;
}

bool elastisim_job_uses_burst_buffer(const struct elastisim_job *job)
{
    return job->uses_burst_buffer;
}

uint32_t elastisim_job_num_executing(const struct elastisim_job *job)
{
    return job->executing.count;
}

struct elastisim_node *elastisim_job_executing(const struct elastisim_job *job, uint32_t rank)
{
    return rank < job->executing.count ? elastisim_node(job->view, job->executing.items[rank])
                                       : NULL;
}

uint64_t elastisim_job_completed_phases(const struct elastisim_job *job)
{
    return job->completed_phases;
}

uint64_t elastisim_job_total_phases(const struct elastisim_job *job)
{
    return job->total_phases;
}

static const char *text_of(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

const char *elastisim_job_argument(const struct elastisim_job *job, const char *key)
{
    return text_of(job->arguments, key);
}

const char *elastisim_job_attribute(const struct elastisim_job *job, const char *key)
{
    return text_of(job->attributes, key);
}

const char *elastisim_job_runtime_argument(const struct elastisim_job *job, const char *key)
{
    return text_of(job->runtime_arguments, key);
}

static const char *key_of(const cJSON *texts, size_t index)
{
    const cJSON *member = texts ? texts->child : NULL;
    for (; member && index > 0; index--)
        member = member->next;
    return member ? member->string : NULL;
}

const char *elastisim_job_argument_key(const struct elastisim_job *job, size_t index)
{
    return key_of(job->arguments, index);
}

const char *elastisim_job_attribute_key(const struct elastisim_job *job, size_t index)
{
    return key_of(job->attributes, index);
}

const char *elastisim_job_runtime_argument_key(const struct elastisim_job *job, size_t index)
{
    return key_of(job->runtime_arguments, index);
}

double elastisim_job_attribute_number(const struct elastisim_job *job, const char *key,
                                      double fallback)
{
    const char *text = elastisim_job_attribute(job, key);
    char *end;
    double value = text ? strtod(text, &end) : 0;
    return !text || end == text || *end != '\0' || !isfinite(value) ? fallback : value;
}

/* --- Nodes --------------------------------------------------------------------------------- */

size_t elastisim_node_id(const struct elastisim_node *node)
{
    return node->id;
}

const char *elastisim_node_name(const struct elastisim_node *node)
{
    return node->name ? node->name : "";
}

enum elastisim_node_type elastisim_node_type(const struct elastisim_node *node)
{
    return node->type;
}

enum elastisim_node_state elastisim_node_state(const struct elastisim_node *node)
{
    return node->state;
}

enum elastisim_availability elastisim_node_availability(const struct elastisim_node *node)
{
    return node->availability;
}

double elastisim_node_returns(const struct elastisim_node *node)
{
    return node->returns;
}

bool elastisim_node_announced(const struct elastisim_node *node, uint32_t index,
                              struct elastisim_outage *outage)
{
    if (index > 0 || isinf(node->leaves))
        return false;
    *outage = (struct elastisim_outage){ELASTISIM_DOWN, node->leaves, INFINITY};
    return true;
}

double elastisim_node_leaves(const struct elastisim_node *node)
{
    return node->leaves;
}

double elastisim_node_speed(const struct elastisim_node *node)
{
    return node->speed;
}

const char *elastisim_node_property(const struct elastisim_view *view,
                                    const struct elastisim_node *node, const char *key)
{
    (void)view;
    return text_of(node->properties, key);
}

uint32_t elastisim_node_distance(const struct elastisim_view *view,
                                 const struct elastisim_node *from, const struct elastisim_node *to)
{
    (void)view;
    return from == to ? 0 : UINT32_MAX;
}

double elastisim_node_idle_watts(const struct elastisim_node *node)
{
    (void)node;
    return NAN;
}

double elastisim_node_full_watts(const struct elastisim_node *node, uint32_t gpus)
{
    (void)node;
    (void)gpus;
    return NAN;
}

uint32_t elastisim_node_num_gpus(const struct elastisim_node *node)
{
    return node->num_gpus;
}

uint32_t elastisim_node_num_free_gpus(const struct elastisim_node *node)
{
    return node->num_free_gpus;
}

uint32_t elastisim_node_num_jobs(const struct elastisim_node *node)
{
    return node->num_jobs;
}

struct elastisim_job *elastisim_node_job(const struct elastisim_node *node, uint32_t index)
{
    return index < node->num_jobs ? elastisim_job(node->view, node->jobs[index]) : NULL;
}
