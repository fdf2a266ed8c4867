/* Promise: accessors cost O(1) (argument look-ups: the number of arguments). */
#include "scheduler/view.h"

#include "base/bit_set.h"
#include "configuration/configuration.h"
#include "system/budget.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct job *job_of(const struct elastisim_job *job)
{
    return (const struct job *)job;
}

static struct elastisim_job *public_job(struct job *job)
{
    return (struct elastisim_job *)job;
}

static const struct node *node_of(const struct elastisim_node *node)
{
    return (const struct node *)node;
}

static struct elastisim_node *public_node(const struct state *state, uint32_t id)
{
    return (struct elastisim_node *)&state->nodes[id];
}

const struct elastisim_job *view_job(const struct state *state, size_t id)
{
    return (const struct elastisim_job *)&state->jobs[id];
}

/* --- Opening and closing ------------------------------------------------------------------- */

void view_open(struct elastisim_view *view, const struct state *state,
               const struct invocation *invocation, struct decisions *decisions)
{
    *view = (struct elastisim_view){
        .state = state,
        .invocation = invocation,
        .wishes = {.decisions = decisions,
                   .known_free = state->free_nodes,
                   .num_nodes = state->platform->num_nodes,
                   .num_free = state->num_free},
    };
}

int view_close(struct elastisim_view *view, struct error *err)
{
    elastisim_wishes_release(&view->wishes);
    return view->wishes.out_of_memory ? error_no_memory(err) : 0;
}

void view_abandon(struct elastisim_view *view)
{
    elastisim_wishes_release(&view->wishes);
    decisions_clear(view->wishes.decisions);
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
    return job_of(job)->run->wishes;
}

const uint32_t *elastisim_ground_nodes(const struct elastisim_job *job, uint32_t *count)
{
    const struct node_list *nodes = job_assigned(job_of(job));
    *count = nodes->count;
    return nodes->ids;
}

uint32_t elastisim_ground_gpus(const struct elastisim_job *job)
{
    return job_assigned_gpus(job_of(job));
}

struct elastisim_node *elastisim_ground_node(const struct elastisim_job *job, uint32_t id)
{
    return public_node(job_of(job)->run, id);
}

bool elastisim_ground_expects_others(const struct elastisim_node *node,
                                     const struct elastisim_job *job)
{
    uint32_t expected = node_num_expected(node_of(node));
    return expected > 1 || (expected == 1 && node_expected_job(node_of(node), 0) != job_of(job));
}

/* --- The system ---------------------------------------------------------------------------- */

double elastisim_time(const struct elastisim_view *view)
{
    return view->state->now;
}

bool elastisim_start_date(const struct elastisim_view *view, double *unix_time, int *zone)
{
    const struct date *start = workload_start_date(view->state->workload);
    if (start->known && unix_time)
        *unix_time = start->seconds;
    if (start->known && zone)
        *zone = start->zone;
    return start->known;
}

enum elastisim_invocation elastisim_invocation(const struct elastisim_view *view)
{
    return (enum elastisim_invocation)view->invocation->type;
}

struct elastisim_job *elastisim_trigger(const struct elastisim_view *view)
{
    const struct job *trigger = view->invocation->trigger;
    return trigger ? public_job(&view->state->jobs[trigger->request->id]) : NULL;
}

uint32_t elastisim_request(const struct elastisim_view *view)
{
    return view->invocation->request;
}

bool elastisim_oversubscription(const struct elastisim_view *view)
{
    return view->state->oversubscription;
}

bool elastisim_instant_continues(const struct elastisim_view *view)
{
    return view->invocation->continues;
}

bool elastisim_told_of_scheduling_points(const struct elastisim_view *view)
{
    return view->state->configuration->schedule_on_scheduling_point;
}

static double pfs_figure(const struct elastisim_view *view, double figure)
{
    return view->invocation->has_pfs ? figure : NAN;
}

double elastisim_power_cap(const struct elastisim_view *view)
{
    const struct budget *budget = view->state->budget;
    return budget ? budget_cap_at(budget, view->state->now) : INFINITY;
}

double elastisim_power_committed(const struct elastisim_view *view)
{
    return view->state->budget ? budget_committed(view->state->budget) : NAN;
}

bool elastisim_power_cap_step(const struct elastisim_view *view, size_t index, double *time,
                              double *watts)
{
    const struct budget *budget = view->state->budget;
    if (!budget || index >= budget->cap.count)
        return false;
    *time = budget->cap.items[index].time;
    *watts = budget->cap.items[index].value;
    return true;
}

double elastisim_pfs_read_bandwidth(const struct elastisim_view *view)
{
    return pfs_figure(view, view->invocation->pfs_read_bandwidth);
}

double elastisim_pfs_write_bandwidth(const struct elastisim_view *view)
{
    return pfs_figure(view, view->invocation->pfs_write_bandwidth);
}

double elastisim_pfs_read_utilization(const struct elastisim_view *view)
{
    return pfs_figure(view, view->invocation->pfs_read_utilization);
}

double elastisim_pfs_write_utilization(const struct elastisim_view *view)
{
    return pfs_figure(view, view->invocation->pfs_write_utilization);
}

size_t elastisim_num_jobs(const struct elastisim_view *view)
{
    return view->state->num_submitted;
}

struct elastisim_job *elastisim_job(const struct elastisim_view *view, size_t id)
{
    return id < view->state->num_submitted && job_is_known(&view->state->jobs[id])
               ? public_job(&view->state->jobs[id])
               : NULL;
}

size_t elastisim_num_nodes(const struct elastisim_view *view)
{
    return view->state->platform->num_nodes;
}

struct elastisim_node *elastisim_node(const struct elastisim_view *view, size_t id)
{
    return id < view->state->platform->num_nodes ? public_node(view->state, (uint32_t)id) : NULL;
}

struct elastisim_job *elastisim_first_pending(const struct elastisim_view *view)
{
    return public_job(view->state->pending.first);
}

struct elastisim_job *elastisim_next_pending(const struct elastisim_job *job)
{
    return public_job(job_of(job)->next);
}

size_t elastisim_num_pending(const struct elastisim_view *view)
{
    return view->state->pending.count;
}

struct elastisim_job *elastisim_first_running(const struct elastisim_view *view)
{
    return public_job(view->state->running.first);
}

struct elastisim_job *elastisim_next_running(const struct elastisim_job *job)
{
    return public_job(job_of(job)->next);
}

size_t elastisim_num_running(const struct elastisim_view *view)
{
    return view->state->running.count;
}

size_t elastisim_num_changed_jobs(const struct elastisim_view *view)
{
    return view->state->num_changed_jobs;
}

struct elastisim_job *elastisim_changed_job(const struct elastisim_view *view, size_t index)
{
    return index < view->state->num_changed_jobs ? public_job(view->state->changed_jobs[index])
                                                 : NULL;
}

size_t elastisim_num_changed_nodes(const struct elastisim_view *view)
{
    return view->state->num_changed_nodes;
}

/* For schedulers that read the set, and so have no list. */
static uint32_t touched_node(const struct state *state, size_t index)
{
    size_t limit = state->platform->num_nodes;
    size_t node = bit_set_next(state->touched_nodes, limit, 0);
    for (; index > 0; index--)
        node = bit_set_next(state->touched_nodes, limit, node + 1);
    return (uint32_t)node;
}

struct elastisim_node *elastisim_changed_node(const struct elastisim_view *view, size_t index)
{
    const struct state *state = view->state;
    if (index >= state->num_changed_nodes)
        return NULL;
    return public_node(state, state->has_node_list ? state->changed_nodes[index]->id
                                                   : touched_node(state, index));
}

const uint64_t *elastisim_up_set(const struct elastisim_view *view)
{
    return view->state->up_nodes;
}

const uint64_t *elastisim_announced_set(const struct elastisim_view *view)
{
    return view->state->announced_nodes;
}

const uint64_t *elastisim_changed_set(const struct elastisim_view *view, size_t *first, size_t *end)
{
    *first = view->state->first_touched;
    *end = view->state->end_touched;
    return view->state->touched_nodes;
}

/* --- Jobs ---------------------------------------------------------------------------------- */

size_t elastisim_job_id(const struct elastisim_job *job)
{
    return job_of(job)->request->id;
}

const char *elastisim_job_name(const struct elastisim_job *job)
{
    return job_of(job)->request->name;
}

enum elastisim_job_type elastisim_job_type(const struct elastisim_job *job)
{
    return (enum elastisim_job_type)job_of(job)->request->type;
}

enum elastisim_job_state elastisim_job_state(const struct elastisim_job *job)
{
    return (enum elastisim_job_state)job_of(job)->state;
}

double elastisim_job_submit_time(const struct elastisim_job *job)
{
    return job_of(job)->request->submit_time;
}

double elastisim_job_eligible_time(const struct elastisim_job *job)
{
    return job_of(job)->eligible_time;
}

double elastisim_job_start_time(const struct elastisim_job *job)
{
    return job_of(job)->start_time;
}

double elastisim_job_end_time(const struct elastisim_job *job)
{
    return job_of(job)->end_time;
}

double elastisim_job_walltime(const struct elastisim_job *job)
{
    return job_of(job)->request->walltime;
}

bool elastisim_job_suspended(const struct elastisim_job *job)
{
    return job_of(job)->suspended;
}

double elastisim_job_suspended_time(const struct elastisim_job *job)
{
    return job_of(job)->suspended_seconds - job_of(job)->suspended_before;
}

double elastisim_job_runtime_estimate(const struct elastisim_job *job)
{
    return job_of(job)->request->runtime_estimate;
}

uint32_t elastisim_job_nodes_min(const struct elastisim_job *job)
{
    return job_of(job)->request->nodes_min;
}

uint32_t elastisim_job_nodes_max(const struct elastisim_job *job)
{
    return job_of(job)->request->nodes_max;
}

uint32_t elastisim_job_nodes_preferred(const struct elastisim_job *job)
{
    return job_of(job)->request->nodes_preferred;
}

uint32_t elastisim_job_gpus_min(const struct elastisim_job *job)
{
    return job_of(job)->request->gpus_min;
}

uint32_t elastisim_job_gpus_max(const struct elastisim_job *job)
{
    return job_of(job)->request->gpus_max;
}

bool elastisim_job_uses_burst_buffer(const struct elastisim_job *job)
{
    return job_uses_burst_buffer(job_of(job)->request);
}

uint32_t elastisim_job_num_executing(const struct elastisim_job *job)
{
    return job_of(job)->executing.count;
}

struct elastisim_node *elastisim_job_executing(const struct elastisim_job *job, uint32_t rank)
{
    const struct node_list *executing = &job_of(job)->executing;
    return rank < executing->count ? elastisim_ground_node(job, executing->ids[rank]) : NULL;
}

uint64_t elastisim_job_completed_phases(const struct elastisim_job *job)
{
    return job_of(job)->completed_phases;
}

uint64_t elastisim_job_total_phases(const struct elastisim_job *job)
{
    return job_of(job)->request->total_phases;
}

static const char *argument_text(const struct arguments *arguments, const char *key)
{
    for (size_t i = 0; i < arguments->count; i++)
        if (strcmp(arguments->items[i].key, key) == 0)
            return arguments->items[i].text;
    return NULL;
}

const char *elastisim_job_argument(const struct elastisim_job *job, const char *key)
{
    return argument_text(&job_of(job)->request->arguments, key);
}

const char *elastisim_job_runtime_argument(const struct elastisim_job *job, const char *key)
{
    return argument_text(&job_of(job)->runtime_arguments, key);
}

const char *elastisim_job_attribute(const struct elastisim_job *job, const char *key)
{
    const struct attributes *attributes = &job_of(job)->request->attributes;
    for (size_t i = 0; i < attributes->count; i++)
        if (strcmp(attributes->items[i].key, key) == 0)
            return attributes->items[i].text;
    return NULL;
}

static const char *argument_key(const struct arguments *arguments, size_t index)
{
    return index < arguments->count ? arguments->items[index].key : NULL;
}

const char *elastisim_job_argument_key(const struct elastisim_job *job, size_t index)
{
    return argument_key(&job_of(job)->request->arguments, index);
}

const char *elastisim_job_runtime_argument_key(const struct elastisim_job *job, size_t index)
{
    return argument_key(&job_of(job)->runtime_arguments, index);
}

const char *elastisim_job_attribute_key(const struct elastisim_job *job, size_t index)
{
    const struct attributes *attributes = &job_of(job)->request->attributes;
    return index < attributes->count ? attributes->items[index].key : NULL;
}

double elastisim_job_attribute_number(const struct elastisim_job *job, const char *key,
                                      double fallback)
{
    const char *text = elastisim_job_attribute(job, key);
    if (!text)
        return fallback;
    char *end;
    double value = strtod(text, &end);
    return end == text || *end != '\0' || !isfinite(value) ? fallback : value;
}

/* --- Nodes --------------------------------------------------------------------------------- */

size_t elastisim_node_id(const struct elastisim_node *node)
{
    return node_of(node)->id;
}

const char *elastisim_node_name(const struct elastisim_node *node)
{
    return node_of(node)->description->name;
}

enum elastisim_node_type elastisim_node_type(const struct elastisim_node *node)
{
    return (enum elastisim_node_type)node_of(node)->description->type;
}

enum elastisim_node_state elastisim_node_state(const struct elastisim_node *node)
{
    return (enum elastisim_node_state)node_state_of(node_of(node));
}

enum elastisim_availability elastisim_node_availability(const struct elastisim_node *node)
{
    return (enum elastisim_availability)node_of(node)->availability;
}

double elastisim_node_returns(const struct elastisim_node *node)
{
    return node_of(node)->returns;
}

bool elastisim_node_announced(const struct elastisim_node *node, uint32_t index,
                              struct elastisim_outage *outage)
{
    if (index >= node_of(node)->num_announced)
        return false;
    const struct announcement *announced = &node_of(node)->announced[index];
    *outage = (struct elastisim_outage){(enum elastisim_availability)announced->kind,
                                        announced->from, announced->until};
    return true;
}

double elastisim_node_leaves(const struct elastisim_node *node)
{
    return node_of(node)->leaves;
}

double elastisim_node_speed(const struct elastisim_node *node)
{
    return node_of(node)->description->speed;
}

const char *elastisim_node_property(const struct elastisim_view *view,
                                    const struct elastisim_node *node, const char *key)
{
    return resources_host_property(view->state->platform->resources,
                                   node_of(node)->description->host, key);
}

uint32_t elastisim_node_distance(const struct elastisim_view *view,
                                 const struct elastisim_node *from, const struct elastisim_node *to)
{
    long links = from == to ? 0
                            : resources_route_links(view->state->platform->resources,
                                                    node_of(from)->description->host,
                                                    node_of(to)->description->host);
    return links < 0 ? UINT32_MAX : (uint32_t)links;
}

double elastisim_node_idle_watts(const struct elastisim_node *node)
{
    return budget_idle_watts(node_of(node)->description);
}

double elastisim_node_full_watts(const struct elastisim_node *node, uint32_t gpus)
{
    return budget_full_watts(node_of(node)->description, gpus);
}

uint32_t elastisim_node_num_gpus(const struct elastisim_node *node)
{
    return node_of(node)->description->num_gpus;
}

uint32_t elastisim_node_num_free_gpus(const struct elastisim_node *node)
{
    return node_of(node)->description->num_gpus - node_of(node)->gpus_allocated;
}

uint32_t elastisim_node_num_jobs(const struct elastisim_node *node)
{
    return node_num_running(node_of(node));
}

struct elastisim_job *elastisim_node_job(const struct elastisim_node *node, uint32_t index)
{
    if (index >= node_num_running(node_of(node)))
        return NULL;
    return public_job(node_running_job(node_of(node), index));
}
