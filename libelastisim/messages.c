/* The messages of the protocol (docs/protocol.md): invocations come in, answers go out. */
#include "system.h"

#include "base/bit_set.h"
#include "base/list.h"
#include "base/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PROTOCOL_INVOCATION ((double)0xFFEC4400U)
#define PROTOCOL_ANSWER ((double)0xFFEC4401U)
#define PROTOCOL_FAILURE ((double)0xFFEC44EEU)
#define PROTOCOL_END ((double)0xFFEC44FFU)

/* --- Members ------------------------------------------------------------------------------- */

static double number(const cJSON *object, const char *key, double fallback)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(member) ? member->valuedouble : fallback;
}

static uint32_t count(const cJSON *object, const char *key, uint32_t fallback)
{
    return (uint32_t)number(object, key, fallback);
}

static bool flag(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static int take_text(const cJSON *object, const char *key, char **text)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    if (!value)
        return 0;
    free(*text);
    *text = strdup(value);
    return *text ? 0 : -1;
}

/* Moves an object out of the message; none leaves nothing. */
static void take_object(cJSON *object, const char *key, cJSON **member)
{
    cJSON_Delete(*member);
    *member = cJSON_DetachItemFromObjectCaseSensitive(object, key);
}

/* Takes a list of IDs, all of them below the limit. */
static int take_ids(const cJSON *object, const char *key, size_t limit, struct node_ids *ids)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, key);
    ids->count = 0;
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next)
        if (!(item->valuedouble >= 0 && item->valuedouble < (double)limit) ||
            elastisim_node_ids_append(ids, (uint32_t)item->valuedouble))
            return -1;
    return 0;
}

/* --- Lists of jobs ------------------------------------------------------------------------- */

static bool stands_before(const struct elastisim_job *a, const struct elastisim_job *b)
{
    if (a->start_time < b->start_time || a->start_time > b->start_time)
        return a->start_time < b->start_time;
    bool wait = a->state == ELASTISIM_PENDING;
    if (wait && (a->eligible_time < b->eligible_time || a->eligible_time > b->eligible_time))
        return a->eligible_time < b->eligible_time;
    return a->id < b->id;
}

static void job_list_add(struct job_list *list, struct elastisim_job *job)
{
    struct elastisim_job *before = list->last;
    while (before && stands_before(job, before))
        before = before->previous;
    job->previous = before;
    job->next = before ? before->next : list->first;
    *(before ? &before->next : &list->first) = job;
    *(job->next ? &job->next->previous : &list->last) = job;
    list->count++;
}

static void job_list_remove(struct job_list *list, struct elastisim_job *job)
{
    list_take_out(&list->first, &list->last, job);
    job->previous = job->next = NULL;
    list->count--;
}

static bool runs(const struct elastisim_job *job)
{
    return job->state == ELASTISIM_RUNNING || job->state == ELASTISIM_PENDING_RECONFIGURATION ||
           job->state == ELASTISIM_IN_RECONFIGURATION;
}

static void list_job(struct elastisim_view *view, struct elastisim_job *job)
{
    bool pending = job->state == ELASTISIM_PENDING, running = runs(job);
    if (job->listed_pending && !pending)
        job_list_remove(&view->pending, job);
    if (job->listed_running && !running)
        job_list_remove(&view->running, job);
    if (pending && !job->listed_pending)
        job_list_add(&view->pending, job);
    if (running && !job->listed_running)
        job_list_add(&view->running, job);
    job->listed_pending = pending;
    job->listed_running = running;
}

/* --- Jobs ---------------------------------------------------------------------------------- */

static struct elastisim_job *job_with_id(struct elastisim_view *view, size_t id)
{
    if (array_reserve(view->jobs, view->jobs_capacity, id + 1))
        return NULL;
    while (view->num_jobs <= id)
        view->jobs[view->num_jobs++] = NULL;
    if (!view->jobs[id])
        view->jobs[id] = calloc(1, sizeof *view->jobs[id]);
    return view->jobs[id];
}

static void take_bounds(const cJSON *message, struct elastisim_job *job)
{
    job->nodes_min = count(message, "num_nodes_min", count(message, "num_nodes", 0));
    job->nodes_max = count(message, "num_nodes_max", count(message, "num_nodes", 0));
    job->gpus_min = count(message, "num_gpus_per_node_min", count(message, "num_gpus_per_node", 0));
    job->gpus_max = count(message, "num_gpus_per_node_max", count(message, "num_gpus_per_node", 0));
    job->nodes_preferred = count(message, "num_nodes_preferred", 0);
}

/* Counts the job, or no more, with the nodes that expect it: assigned, but not executing yet. */
static void count_expected(struct elastisim_job *job, uint32_t by)
{
    if (!job->expects)
        return;
    struct elastisim_node **nodes = job->view->nodes;
    for (uint32_t i = 0; i < job->assigned.count; i++)
        nodes[job->assigned.items[i]]->num_expected += by;
    for (uint32_t i = 0; i < job->executing.count; i++)
        nodes[job->executing.items[i]]->executes = true;
    for (uint32_t i = 0; i < job->assigned.count; i++)
        if (nodes[job->assigned.items[i]]->executes)
            nodes[job->assigned.items[i]]->num_expected -= by;
    for (uint32_t i = 0; i < job->executing.count; i++)
        nodes[job->executing.items[i]]->executes = false;
}

static int take_nodes_of_job(const cJSON *message, struct elastisim_job *job)
{
    bool differs = cJSON_HasObjectItem(message, "executing_nodes");
    count_expected(job, (uint32_t)-1);
    job->expects = differs && runs(job);
    job->gpus = count(message, "assigned_num_gpus_per_node", 0);
    job->executing.count = 0;
    size_t limit = job->view->num_nodes;
    const char *executing = differs ? "executing_nodes" : "assigned_nodes";
    if (take_ids(message, "assigned_nodes", limit, &job->assigned) ||
        (runs(job) && take_ids(message, executing, limit, &job->executing)))
        return -1;
    count_expected(job, 1);
    return 0;
}

static int take_job(struct elastisim_view *view, cJSON *message)
{
    struct elastisim_job *job = job_with_id(view, (size_t)number(message, "id", 0));
    if (!job || take_text(message, "name", &job->name))
        return -1;
    job->view = view;
    job->id = (size_t)number(message, "id", 0);
    job->type = (enum elastisim_job_type)count(message, "type", 0);
    job->state = (enum elastisim_job_state)count(message, "state", 0);
    job->submit_time = number(message, "submit_time", 0);
    job->eligible_time = number(message, "eligible_time", job->submit_time);
    job->start_time = number(message, "start_time", -1);
    job->end_time = number(message, "end_time", -1);
    job->walltime = number(message, "walltime", 0);
    job->estimate = number(message, "runtime_estimate", -1);
    job->uses_burst_buffer = flag(message, "uses_burst_buffer");
    job->total_phases = (uint64_t)number(message, "total_phase_count", 0);
    job->completed_phases = (uint64_t)number(message, "completed_phases", 0);
    take_bounds(message, job);
    take_object(message, "arguments", &job->arguments);
    take_object(message, "attributes", &job->attributes);
    take_object(message, "runtime_arguments", &job->runtime_arguments);
    view->changed_jobs[view->num_changed_jobs++] = job;
    list_job(view, job);
    return take_nodes_of_job(message, job);
}

/* --- Nodes --------------------------------------------------------------------------------- */

static int take_gpus(const cJSON *message, struct elastisim_node *node)
{
    const cJSON *gpu;
    node->num_gpus = node->num_free_gpus = 0;
    cJSON_ArrayForEach(gpu, cJSON_GetObjectItemCaseSensitive(message, "gpus"))
    {
        node->num_gpus++;
        node->num_free_gpus += count(gpu, "state", 0) == 0;
    }
    return 0;
}

static int take_jobs_of_node(const cJSON *message, struct elastisim_node *node)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(message, "assigned_jobs"), *item;
    size_t size = (size_t)cJSON_GetArraySize(list);
    if (array_reserve(node->jobs, node->jobs_capacity, size + 1))
        return -1;
    node->num_jobs = 0;
    cJSON_ArrayForEach(item, list) node->jobs[node->num_jobs++] = (uint32_t)item->valuedouble;
    return 0;
}

static void list_free(struct elastisim_view *view, size_t id, bool is_free)
{
    if (is_free == bit_set_has(view->free_nodes, id))
        return;
    bit_set_toggle(view->free_nodes, id);
    view->num_free += is_free ? 1 : (size_t)-1;
}

static int take_node(struct elastisim_view *view, cJSON *message)
{
    size_t id = (size_t)number(message, "id", 0);
    if (id >= view->num_nodes)
        return -1;
    struct elastisim_node *node = view->nodes[id];
    node->type = (enum elastisim_node_type)count(message, "type", 0);
    node->state = (enum elastisim_node_state)count(message, "state", 0);
    list_free(view, id, node->state == ELASTISIM_FREE);
    node->speed = number(message, "speed", node->speed);
    if (cJSON_HasObjectItem(message, "properties"))
        take_object(message, "properties", &node->properties);
    view->changed_nodes[view->num_changed_nodes++] = node;
    return take_text(message, "name", &node->name) || take_gpus(message, node) ||
                   take_jobs_of_node(message, node)
               ? -1
               : 0;
}

/* The first message holds all nodes. */
static int create_nodes(struct elastisim_view *view, size_t num_nodes)
{
    if (view->num_nodes > 0)
        return 0;
    view->nodes = calloc(num_nodes + 1, sizeof(struct elastisim_node *));
    view->changed_nodes = calloc(num_nodes + 1, sizeof(struct elastisim_node *));
    view->free_nodes = bit_set_create(num_nodes);
    if (!view->nodes || !view->changed_nodes || !view->free_nodes)
        return -1;
    for (; view->num_nodes < num_nodes; view->num_nodes++) {
        struct elastisim_node *node = calloc(1, sizeof *node);
        if (!node)
            return -1;
        node->view = view;
        node->id = view->num_nodes;
        view->nodes[view->num_nodes] = node;
    }
    return 0;
}

/* --- Invocations --------------------------------------------------------------------------- */

static void take_figures(struct elastisim_view *view, const cJSON *message)
{
    view->time = number(message, "time", 0);
    view->invocation = (enum elastisim_invocation)count(message, "invocation_type", 0);
    view->request = count(message, "evolving_request", 0);
    view->pfs_read_bandwidth = number(message, "pfs_read_bw", NAN);
    view->pfs_write_bandwidth = number(message, "pfs_write_bw", NAN);
    view->pfs_read_utilization = number(message, "pfs_read_utilization", NAN);
    view->pfs_write_utilization = number(message, "pfs_write_utilization", NAN);
    if (cJSON_HasObjectItem(message, "schedule_on_scheduling_point"))
        view->told_of_points = flag(message, "schedule_on_scheduling_point");
    if (cJSON_HasObjectItem(message, "allow_oversubscription"))
        view->oversubscription = flag(message, "allow_oversubscription");
}

static int take_jobs(struct elastisim_view *view, const cJSON *list)
{
    cJSON *item;
    size_t size = (size_t)cJSON_GetArraySize(list) + 1;
    if (array_reserve(view->changed_jobs, view->changed_jobs_capacity, size))
        return -1;
    view->num_changed_jobs = 0;
    cJSON_ArrayForEach(item, list) if (take_job(view, item)) return -1;
    return 0;
}

static int take_nodes(struct elastisim_view *view, const cJSON *list)
{
    cJSON *item;
    if (create_nodes(view, (size_t)cJSON_GetArraySize(list)))
        return -1;
    view->num_changed_nodes = 0;
    cJSON_ArrayForEach(item, list) if (take_node(view, item)) return -1;
    return 0;
}

static int take_invocation(struct elastisim_view *view, const cJSON *message)
{
    take_figures(view, message);
    if (take_nodes(view, cJSON_GetObjectItemCaseSensitive(message, "nodes")) ||
        take_jobs(view, cJSON_GetObjectItemCaseSensitive(message, "jobs")))
        return -1;
    elastisim_wishes_release(&view->wishes);
    view->wishes = (struct wishes){
        .decisions = &view->decisions,
        .known_free = view->free_nodes,
        .num_nodes = view->num_nodes,
        .num_free = view->num_free,
    };
    const cJSON *trigger = cJSON_GetObjectItemCaseSensitive(message, "job_id");
    view->trigger = trigger ? elastisim_job(view, (size_t)trigger->valuedouble) : NULL;
    return 0;
}

int elastisim_message_take(struct elastisim_view *view, const char *text, size_t length)
{
    cJSON *message = cJSON_ParseWithLength(text, length);
    double code = number(message, "code", 0);
    int result = CODE_NONE;
    if (code >= PROTOCOL_END && code <= PROTOCOL_END)
        result = CODE_END;
    else if (code >= PROTOCOL_INVOCATION && code <= PROTOCOL_INVOCATION)
        result = take_invocation(view, message) ? CODE_NONE : CODE_INVOCATION;
    cJSON_Delete(message);
    return result;
}

/* --- Answers ------------------------------------------------------------------------------- */

static void put_arguments(cJSON *entry, const struct decision *decision)
{
    cJSON_AddBoolToObject(entry, "modified_runtime_args", decision->num_arguments > 0);
    if (decision->num_arguments == 0)
        return;
    cJSON *arguments = cJSON_AddObjectToObject(entry, "runtime_arguments");
    for (size_t i = 0; i < decision->num_arguments; i++)
        cJSON_AddStringToObject(arguments, decision->arguments[i].key,
                                decision->arguments[i].value);
}

static void put_decision(cJSON *list, const struct decision *decision)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddItemToArray(list, entry);
    cJSON_AddNumberToObject(entry, "id", decision->job);
    if (decision->sets_nodes) {
        cJSON *ids = cJSON_AddArrayToObject(entry, "assigned_node_ids");
        for (uint32_t i = 0; i < decision->num_nodes; i++)
            cJSON_AddItemToArray(ids, cJSON_CreateNumber(decision->nodes[i]));
    }
    if (decision->sets_gpus)
        cJSON_AddNumberToObject(entry, "assigned_num_gpus_per_node", decision->gpus);
    cJSON_AddBoolToObject(entry, "kill_flag", decision->kill);
    put_arguments(entry, decision);
}

char *elastisim_message_answer(struct elastisim_view *view)
{
    cJSON *message = cJSON_CreateObject();
    cJSON_AddNumberToObject(message, "code", PROTOCOL_ANSWER);
    cJSON *list = cJSON_AddArrayToObject(message, "jobs");
    for (size_t i = 0; i < view->decisions.count; i++)
        put_decision(list, &view->decisions.items[i]);
    decisions_clear(&view->decisions);
    char *text = view->wishes.out_of_memory ? NULL : cJSON_PrintUnformatted(message);
    cJSON_Delete(message);
    return text;
}

char *elastisim_message_failure(const char *reason)
{
    cJSON *message = cJSON_CreateObject();
    cJSON_AddNumberToObject(message, "code", PROTOCOL_FAILURE);
    cJSON_AddStringToObject(message, "error", reason);
    char *text = cJSON_PrintUnformatted(message);
    cJSON_Delete(message);
    return text;
}
