/* Promise: accessors cost O(1) (argument look-ups: the number of arguments), an operation the
 * number of nodes assigned to its job at most. */
#include "scheduler/view.h"

#include "configuration/configuration.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a policy wants of a job. */
struct proposal {
    struct job *job;
    struct proposal *next;
    uint32_t *nodes; /* the whole list; owned */
    uint32_t count, capacity;
    uint32_t gpus;
    bool sets_nodes, sets_gpus, kill;
    struct decision_argument *arguments; /* owned */
    size_t num_arguments;
};

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
               const struct invocation *invocation)
{
    *view = (struct elastisim_view){
        .state = state, .invocation = invocation, .num_free = state->num_free};
}

static void proposal_destroy(struct proposal *proposal)
{
    proposal->job->proposal = NULL;
    for (size_t i = 0; i < proposal->num_arguments; i++) {
        free(proposal->arguments[i].key);
        free(proposal->arguments[i].value);
    }
    free(proposal->arguments);
    free(proposal->nodes);
    free(proposal);
}

static int proposal_decide(const struct proposal *proposal, struct decisions *decisions)
{
    struct decision *decision = decisions_about(decisions, proposal->job->request->id);
    if (!decision)
        return -1;
    decision->kill = proposal->kill;
    decision->sets_gpus = proposal->sets_gpus;
    decision->gpus = proposal->gpus;
    if (proposal->sets_nodes && decision_set_nodes(decision, proposal->nodes, proposal->count))
        return -1;
    for (size_t i = 0; i < proposal->num_arguments; i++)
        if (decision_set_argument(decision, proposal->arguments[i].key,
                                  proposal->arguments[i].value))
            return -1;
    return 0;
}

int view_close(struct elastisim_view *view, struct decisions *decisions, struct error *err)
{
    bool failed = view->out_of_memory;
    for (struct proposal *proposal = view->first, *next; proposal; proposal = next) {
        next = proposal->next;
        failed = failed || proposal_decide(proposal, decisions);
        proposal_destroy(proposal);
    }
    free(view->free_nodes);
    view->free_nodes = NULL;
    view->first = view->last = NULL;
    return failed ? error_no_memory(err) : 0;
}

void view_abandon(struct elastisim_view *view)
{
    for (struct proposal *proposal = view->first, *next; proposal; proposal = next) {
        next = proposal->next;
        proposal_destroy(proposal);
    }
    free(view->free_nodes);
    view->free_nodes = NULL;
    view->first = view->last = NULL;
}

int elastisim_fail(struct elastisim_view *view, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(view->failure, sizeof view->failure, format, arguments);
    va_end(arguments);
    return -1;
}

/* --- The system ---------------------------------------------------------------------------- */

double elastisim_time(const struct elastisim_view *view)
{
    return view->state->now;
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

bool elastisim_told_of_scheduling_points(const struct elastisim_view *view)
{
    return view->state->configuration->schedule_on_scheduling_point;
}

static double pfs_figure(const struct elastisim_view *view, double figure)
{
    return view->invocation->has_pfs ? figure : NAN;
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
    return id < view->state->num_submitted ? public_job(&view->state->jobs[id]) : NULL;
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

size_t elastisim_num_free_nodes(const struct elastisim_view *view)
{
    return view->num_free;
}

struct elastisim_node *elastisim_next_free_node(const struct elastisim_view *view, size_t from)
{
    if (from >= view->state->platform->num_nodes)
        return NULL;
    const uint64_t *set = view->free_nodes ? view->free_nodes : view->state->free_nodes;
    long id = node_set_next(set, view->state->platform->num_nodes, (uint32_t)from);
    return id < 0 ? NULL : public_node(view->state, (uint32_t)id);
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

struct elastisim_node *elastisim_changed_node(const struct elastisim_view *view, size_t index)
{
    return index < view->state->num_changed_nodes
               ? public_node(view->state, view->state->changed_nodes[index]->id)
               : NULL;
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

/* The nodes assigned, with what this invocation wants. */
static struct node_list shown_nodes(const struct job *job)
{
    const struct proposal *proposal = job->proposal;
    if (proposal && proposal->sets_nodes)
        return (struct node_list){proposal->nodes, proposal->count};
    return *job_assigned(job);
}

static struct elastisim_node *node_at(const struct job *job, const struct node_list *list,
                                      uint32_t rank)
{
    if (rank >= list->count)
        return NULL;
    return (struct elastisim_node *)&job->all_nodes[list->ids[rank]];
}

uint32_t elastisim_job_num_assigned(const struct elastisim_job *job)
{
    return shown_nodes(job_of(job)).count;
}

struct elastisim_node *elastisim_job_assigned(const struct elastisim_job *job, uint32_t rank)
{
    struct node_list nodes = shown_nodes(job_of(job));
    return node_at(job_of(job), &nodes, rank);
}

uint32_t elastisim_job_assigned_gpus(const struct elastisim_job *job)
{
    const struct proposal *proposal = job_of(job)->proposal;
    return proposal && proposal->sets_gpus ? proposal->gpus : job_assigned_gpus(job_of(job));
}

uint32_t elastisim_job_num_executing(const struct elastisim_job *job)
{
    return job_of(job)->executing.count;
}

struct elastisim_node *elastisim_job_executing(const struct elastisim_job *job, uint32_t rank)
{
    return node_at(job_of(job), &job_of(job)->executing, rank);
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
    return (enum elastisim_node_state)node_of(node)->state;
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
    return node_of(node)->num_running;
}

struct elastisim_job *elastisim_node_job(const struct elastisim_node *node, uint32_t index)
{
    if (index >= node_of(node)->num_running)
        return NULL;
    return public_job(node_running_job(node_of(node), index));
}

/* --- Operations ---------------------------------------------------------------------------- */

static int no_memory(struct elastisim_view *view)
{
    view->out_of_memory = true;
    return -1;
}

static struct proposal *proposal_about(struct elastisim_view *view, struct elastisim_job *subject)
{
    struct job *job = (struct job *)subject;
    if (job->proposal)
        return job->proposal;
    struct proposal *proposal = calloc(1, sizeof *proposal);
    if (!proposal) {
        no_memory(view);
        return NULL;
    }
    proposal->job = job;
    *(view->last ? &view->last->next : &view->first) = proposal;
    view->last = proposal;
    job->proposal = proposal;
    return proposal;
}

/* Starts the proposal's list from the nodes that are assigned. */
static int take_over_nodes(struct elastisim_view *view, struct proposal *proposal, uint32_t room)
{
    if (!proposal->sets_nodes) {
        const struct node_list *assigned = job_assigned(proposal->job);
        proposal->capacity = assigned->count + room;
        proposal->nodes = malloc((proposal->capacity + 1) * sizeof *proposal->nodes);
        if (!proposal->nodes)
            return no_memory(view);
        if (assigned->count > 0)
            memcpy(proposal->nodes, assigned->ids, assigned->count * sizeof *assigned->ids);
        proposal->count = assigned->count;
        proposal->sets_nodes = true;
    }
    if (proposal->count + room > proposal->capacity) {
        uint32_t capacity = 2 * proposal->capacity + room;
        uint32_t *nodes = realloc(proposal->nodes, capacity * sizeof *nodes);
        if (!nodes)
            return no_memory(view);
        proposal->nodes = nodes;
        proposal->capacity = capacity;
    }
    return 0;
}

static uint64_t *own_free_nodes(struct elastisim_view *view)
{
    if (!view->free_nodes) {
        size_t words = view->state->platform->num_nodes / 64 + 1;
        view->free_nodes = malloc(words * sizeof *view->free_nodes);
        if (!view->free_nodes) {
            no_memory(view);
            return NULL;
        }
        memcpy(view->free_nodes, view->state->free_nodes, words * sizeof *view->free_nodes);
    }
    return view->free_nodes;
}

static int mark_free(struct elastisim_view *view, uint32_t id, bool is_free)
{
    uint64_t *set = own_free_nodes(view);
    if (!set)
        return -1;
    uint64_t bit = UINT64_C(1) << (id % 64);
    bool was_free = set[id / 64] & bit;
    if (was_free == is_free)
        return 0;
    set[id / 64] ^= bit;
    view->num_free += is_free ? 1 : (size_t)-1;
    return 0;
}

static long position_of(const uint32_t *nodes, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++)
        if (nodes[i] == id)
            return i;
    return -1;
}

int elastisim_assign(struct elastisim_view *view, struct elastisim_job *job,
                     struct elastisim_node *node)
{
    struct proposal *proposal = proposal_about(view, job);
    if (!proposal || take_over_nodes(view, proposal, 1))
        return -1;
    uint32_t id = node_of(node)->id;
    /* A node that is free can't be among the job's: no need to look. */
    bool was_free = view->free_nodes ? view->free_nodes[id / 64] >> (id % 64) & 1
                                     : node_of(node)->state == NODE_FREE;
    if (!was_free && position_of(proposal->nodes, proposal->count, id) >= 0)
        return 0;
    proposal->nodes[proposal->count++] = id;
    return mark_free(view, id, false);
}

/* Whether a node that a job gives up can be given to others in the same answer. */
static bool can_be_given_on(const struct elastisim_view *view, const struct job *job,
                            const struct node *node)
{
    if (node->num_running == 0)
        return node->num_expected == 0 ||
               (node->num_expected == 1 && node_expected_job(node, 0) == job);
    bool at_point = view->invocation->type == ELASTISIM_SCHEDULING_POINT ||
                    view->invocation->type == ELASTISIM_EVOLVING_REQUEST;
    return at_point && view->invocation->trigger == job && node->num_running == 1 &&
           node_running_job(node, 0) == job;
}

int elastisim_remove(struct elastisim_view *view, struct elastisim_job *job,
                     struct elastisim_node *node)
{
    struct proposal *proposal = proposal_about(view, job);
    if (!proposal || take_over_nodes(view, proposal, 0))
        return -1;
    uint32_t id = node_of(node)->id;
    long position = position_of(proposal->nodes, proposal->count, id);
    if (position < 0)
        return 0;
    proposal->count--;
    memmove(proposal->nodes + position, proposal->nodes + position + 1,
            (proposal->count - (size_t)position) * sizeof *proposal->nodes);
    return can_be_given_on(view, proposal->job, node_of(node)) ? mark_free(view, id, true) : 0;
}

int elastisim_assign_gpus(struct elastisim_view *view, struct elastisim_job *job, uint32_t gpus)
{
    if (job_of(job)->request->type == JOB_RIGID)
        return 0;
    struct proposal *proposal = proposal_about(view, job);
    if (!proposal)
        return -1;
    proposal->sets_gpus = true;
    proposal->gpus = gpus;
    return 0;
}

int elastisim_kill(struct elastisim_view *view, struct elastisim_job *job)
{
    struct proposal *proposal = proposal_about(view, job);
    if (!proposal)
        return -1;
    proposal->kill = true;
    const struct job *killed = proposal->job;
    for (uint32_t i = 0; i < killed->executing.count; i++) {
        const struct node *node = &view->state->nodes[killed->executing.ids[i]];
        if (node->num_running == 1 && node->num_expected == 0 && mark_free(view, node->id, true))
            return -1;
    }
    return 0;
}

int elastisim_set_runtime_argument(struct elastisim_view *view, struct elastisim_job *job,
                                   const char *key, const char *value)
{
    struct proposal *proposal = proposal_about(view, job);
    if (!proposal)
        return -1;
    struct decision_argument *arguments =
        realloc(proposal->arguments, (proposal->num_arguments + 1) * sizeof *arguments);
    if (!arguments)
        return no_memory(view);
    proposal->arguments = arguments;
    struct decision_argument *argument = &arguments[proposal->num_arguments++];
    *argument = (struct decision_argument){strdup(key), strdup(value)};
    return argument->key && argument->value ? 0 : no_memory(view);
}
