/* The messages of the protocol (docs/protocol.md): invocations come in, answers go out. */
#include "reader.h"
#include "system.h"

#include "base/bit_set.h"
#include "base/list.h"
#include "base/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PROTOCOL_INVOCATION ((double)0xFFEC4400U)
#define PROTOCOL_ANSWER 0xFFEC4401U
#define PROTOCOL_FAILURE 0xFFEC44EEU
#define PROTOCOL_END ((double)0xFFEC44FFU)

/* --- Members ------------------------------------------------------------------------------- */

static double number(struct object *object, const char *key, double fallback)
{
    return elastisim_read_number(elastisim_member(object, key), fallback);
}

static uint32_t count(struct object *object, const char *key, uint32_t fallback)
{
    return (uint32_t)number(object, key, fallback);
}

static bool has(struct object *object, const char *key)
{
    return elastisim_member(object, key).begin;
}

static bool flag(struct object *object, const char *key)
{
    struct value value = elastisim_member(object, key);
    return value.begin && *value.begin == 't';
}

static int take_text(struct object *object, const char *key, char **text)
{
    struct value value = elastisim_member(object, key);
    if (!value.begin)
        return 0;
    free(*text);
    *text = elastisim_read_string(value);
    return *text ? 0 : -1;
}

/* An object of texts; none leaves nothing. */
static int take_texts(struct object *object, const char *key, cJSON **texts)
{
    struct value value = elastisim_member(object, key);
    cJSON_Delete(*texts);
    *texts = NULL;
    if (!value.begin)
        return 0;
    *texts = cJSON_ParseWithLength(value.begin, (size_t)(value.end - value.begin));
    return *texts ? 0 : -1;
}

/* Takes a list of IDs, all of them below the limit. */
static int take_ids(struct object *object, const char *key, size_t limit, struct node_ids *ids)
{
    struct value rest = elastisim_member(object, key), item;
    int more;
    ids->count = 0;
    while ((more = elastisim_read_element(&rest, &item)) > 0) {
        double id = elastisim_read_number(item, -1);
        if (!(id >= 0 && id < (double)limit) || elastisim_node_ids_append(ids, (uint32_t)id))
            return -1;
    }
    return more;
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

static void take_bounds(struct object *message, struct elastisim_job *job)
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

static int take_nodes_of_job(struct object *message, struct elastisim_job *job)
{
    bool differs = has(message, "executing_nodes");
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

static int take_job(struct elastisim_view *view, struct object *message)
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
    job->suspended = flag(message, "suspended");
    job->suspended_time = number(message, "suspended_time", 0);
    job->estimate = number(message, "runtime_estimate", -1);
    job->uses_burst_buffer = flag(message, "uses_burst_buffer");
    job->total_phases = (uint64_t)number(message, "total_phase_count", 0);
    job->completed_phases = (uint64_t)number(message, "completed_phases", 0);
    take_bounds(message, job);
    if (take_texts(message, "arguments", &job->arguments) ||
        take_texts(message, "attributes", &job->attributes) ||
        take_texts(message, "runtime_arguments", &job->runtime_arguments))
        return -1;
    view->changed_jobs[view->num_changed_jobs++] = job;
    list_job(view, job);
    return take_nodes_of_job(message, job);
}

/* --- Nodes --------------------------------------------------------------------------------- */

static int take_gpus(struct object *message, struct elastisim_node *node)
{
    struct value rest = elastisim_member(message, "gpus"), item;
    struct object gpu;
    int more;
    node->num_gpus = node->num_free_gpus = 0;
    while ((more = elastisim_read_element(&rest, &item)) > 0) {
        if (elastisim_read_object(item, &gpu))
            return -1;
        node->num_gpus++;
        node->num_free_gpus += count(&gpu, "state", 0) == 0;
    }
    return more;
}

static int set_jobs_of_node(struct elastisim_node *node, const struct node_ids *jobs)
{
    if (array_reserve(node->jobs, node->jobs_capacity, jobs->count))
        return -1;
    if (jobs->count > 0)
        memcpy(node->jobs, jobs->items, jobs->count * sizeof *node->jobs);
    node->num_jobs = jobs->count;
    return 0;
}

static void list_free(struct elastisim_view *view, size_t id, bool is_free)
{
    if (is_free == bit_set_has(view->free_nodes, id))
        return;
    bit_set_toggle(view->free_nodes, id);
    view->num_free += is_free ? 1 : (size_t)-1;
}

/* What a message says of one node, or of several alike. */
struct condition {
    enum elastisim_node_state state;
    enum elastisim_availability availability;
    double returns, leaves;
};

static struct condition take_condition(struct object *told)
{
    return (struct condition){
        .state = (enum elastisim_node_state)count(told, "state", 0),
        .availability = (enum elastisim_availability)count(told, "availability", 0),
        .returns = number(told, "returns", INFINITY),
        .leaves = number(told, "leaves", INFINITY),
    };
}

/* What changes about a node. Whoever it is in the message, it is told of in the order of IDs. */
static int change_node(struct elastisim_view *view, struct elastisim_node *node,
                       const struct condition *condition, const struct node_ids *jobs)
{
    node->state = condition->state;
    node->availability = condition->availability;
    node->returns = condition->returns;
    node->leaves = condition->leaves;
    list_free(view, node->id, node->state == ELASTISIM_FREE);
    bit_set_remove(view->up_nodes, node->id);
    if (node->availability == ELASTISIM_UP)
        bit_set_add(view->up_nodes, node->id);
    bit_set_remove(view->announced_nodes, node->id);
    if (isfinite(node->leaves))
        bit_set_add(view->announced_nodes, node->id);
    bit_set_add(view->touched_nodes, node->id);
    return set_jobs_of_node(node, jobs);
}

static int take_node(struct elastisim_view *view, struct object *message)
{
    size_t id = (size_t)number(message, "id", 0);
    if (id >= view->num_nodes)
        return -1;
    struct elastisim_node *node = view->nodes[id];
    node->type = (enum elastisim_node_type)count(message, "type", 0);
    node->speed = number(message, "speed", node->speed);
    if (take_text(message, "name", &node->name) || take_gpus(message, node) ||
        (has(message, "properties") && take_texts(message, "properties", &node->properties)) ||
        take_ids(message, "assigned_jobs", UINT32_MAX, &view->jobs_told))
        return -1;
    const struct condition condition = take_condition(message);
    return change_node(view, node, &condition, &view->jobs_told);
}

/* Nodes that have changed alike; what never changes about them is known. */
static int take_group(struct elastisim_view *view, struct object *group)
{
    const struct condition condition = take_condition(group);
    uint32_t allocated = count(group, "gpus_allocated", 0);
    if (take_ids(group, "ids", view->num_nodes, &view->nodes_told) ||
        take_ids(group, "assigned_jobs", UINT32_MAX, &view->jobs_told))
        return -1;
    for (uint32_t i = 0; i < view->nodes_told.count; i++) {
        struct elastisim_node *node = view->nodes[view->nodes_told.items[i]];
        node->num_free_gpus = node->num_gpus - allocated;
        if (change_node(view, node, &condition, &view->jobs_told))
            return -1;
    }
    return 0;
}

static void list_changed_nodes(struct elastisim_view *view)
{
    size_t limit = view->num_nodes, id = bit_set_next(view->touched_nodes, limit, 0);
    view->num_changed_nodes = 0;
    for (; id < limit; id = bit_set_next(view->touched_nodes, limit, id + 1))
        view->changed_nodes[view->num_changed_nodes++] = view->nodes[id];
}

/* The first message holds all nodes. */
static int create_nodes(struct elastisim_view *view, size_t num_nodes)
{
    if (view->num_nodes > 0)
        return 0;
    view->nodes = calloc(num_nodes + 1, sizeof(struct elastisim_node *));
    view->changed_nodes = calloc(num_nodes + 1, sizeof(struct elastisim_node *));
    view->free_nodes = bit_set_create(num_nodes);
    view->up_nodes = bit_set_create(num_nodes);
    view->announced_nodes = bit_set_create(num_nodes);
    view->touched_nodes = bit_set_create(num_nodes);
    if (!view->nodes || !view->changed_nodes || !view->free_nodes || !view->up_nodes ||
        !view->announced_nodes || !view->touched_nodes)
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

static void take_figures(struct elastisim_view *view, struct object *message)
{
    view->time = number(message, "time", 0);
    view->invocation = (enum elastisim_invocation)count(message, "invocation_type", 0);
    view->request = count(message, "evolving_request", 0);
    view->power_cap = number(message, "power_cap", INFINITY);
    view->power_committed = number(message, "power_committed", NAN);
    view->pfs_read_bandwidth = number(message, "pfs_read_bw", NAN);
    view->pfs_write_bandwidth = number(message, "pfs_write_bw", NAN);
    view->pfs_read_utilization = number(message, "pfs_read_utilization", NAN);
    view->pfs_write_utilization = number(message, "pfs_write_utilization", NAN);
    if (has(message, "schedule_on_scheduling_point"))
        view->told_of_points = flag(message, "schedule_on_scheduling_point");
    if (has(message, "allow_oversubscription"))
        view->oversubscription = flag(message, "allow_oversubscription");
    if (has(message, "start_date")) {
        view->has_start_date = true;
        view->start_date = number(message, "start_date", 0);
        view->start_date_zone = (int)number(message, "start_date_zone", 0);
    }
}

/* Has each element of a list taken. */
static int take_list(struct elastisim_view *view, struct value rest,
                     int (*take)(struct elastisim_view *, struct object *))
{
    struct value item;
    struct object object;
    int more;
    while ((more = elastisim_read_element(&rest, &item)) > 0)
        if (elastisim_read_object(item, &object) || take(view, &object))
            return -1;
    return more;
}

static size_t list_length(struct value rest)
{
    struct value item;
    size_t length = 0;
    while (elastisim_read_element(&rest, &item) > 0)
        length++;
    return length;
}

static int take_jobs(struct elastisim_view *view, struct value list)
{
    size_t size = list_length(list) + 1;
    if (array_reserve(view->changed_jobs, view->changed_jobs_capacity, size))
        return -1;
    view->num_changed_jobs = 0;
    return take_list(view, list, take_job);
}

static int take_nodes(struct elastisim_view *view, struct value nodes, struct value groups)
{
    if (create_nodes(view, list_length(nodes)))
        return -1;
    memset(view->touched_nodes, 0, bit_set_words(view->num_nodes) * sizeof *view->touched_nodes);
    if (take_list(view, nodes, take_node) || take_list(view, groups, take_group))
        return -1;
    list_changed_nodes(view);
    return 0;
}

static int take_invocation(struct elastisim_view *view, struct object *message)
{
    take_figures(view, message);
    if (take_nodes(view, elastisim_member(message, "nodes"),
                   elastisim_member(message, "node_groups")) ||
        take_jobs(view, elastisim_member(message, "jobs")))
        return -1;
    elastisim_wishes_release(&view->wishes);
    view->wishes = (struct wishes){
        .decisions = &view->decisions,
        .known_free = view->free_nodes,
        .num_nodes = view->num_nodes,
        .num_free = view->num_free,
    };
    double trigger = number(message, "job_id", -1);
    view->trigger = trigger >= 0 ? elastisim_job(view, (size_t)trigger) : NULL;
    return 0;
}

int elastisim_message_take(struct elastisim_view *view, const char *text, size_t length)
{
    struct value value;
    struct object message;
    if (elastisim_read_text(text, length, &value) || elastisim_read_object(value, &message))
        return CODE_NONE;
    double code = number(&message, "code", 0);
    if (code >= PROTOCOL_END && code <= PROTOCOL_END)
        return CODE_END;
    if (!(code >= PROTOCOL_INVOCATION && code <= PROTOCOL_INVOCATION))
        return CODE_NONE;
    return take_invocation(view, &message) ? CODE_NONE : CODE_INVOCATION;
}

/* --- Answers ------------------------------------------------------------------------------- */

/* A text that is being written; NULL when memory ran out. */
struct writer {
    char *text;
    size_t length, room;
    bool failed;
};

static void put_bytes(struct writer *writer, const char *bytes, size_t length)
{
    if (writer->failed || array_reserve(writer->text, writer->room, writer->length + length + 1)) {
        writer->failed = true;
        return;
    }
    memcpy(writer->text + writer->length, bytes, length);
    writer->length += length;
    writer->text[writer->length] = '\0';
}

static void put(struct writer *writer, const char *text)
{
    put_bytes(writer, text, strlen(text));
}

static void put_number(struct writer *writer, const char *before, uint32_t number)
{
    char digits[10];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put(writer, before);
    put_bytes(writer, digits + at, sizeof digits - at);
}

static void put_string(struct writer *writer, const char *text)
{
    cJSON *item = cJSON_CreateString(text);
    char *quoted = item ? cJSON_PrintUnformatted(item) : NULL;
    cJSON_Delete(item);
    put(writer, quoted ? quoted : "");
    writer->failed = writer->failed || !quoted;
    cJSON_free(quoted);
}

static void put_arguments(struct writer *writer, const struct decision *decision)
{
    put(writer, decision->num_arguments > 0 ? ",\"modified_runtime_args\":true"
                                            : ",\"modified_runtime_args\":false");
    for (size_t i = 0; i < decision->num_arguments; i++) {
        put(writer, i == 0 ? ",\"runtime_arguments\":{" : ",");
        put_string(writer, decision->arguments[i].key);
        put(writer, ":");
        put_string(writer, decision->arguments[i].value);
    }
    put(writer, decision->num_arguments > 0 ? "}" : "");
}

static const char *const order_members[NUM_JOB_ORDERS] = {
    [ORDER_NONE] = "",
    [ORDER_REQUEUE] = ",\"preempt\":\"requeue\"",
    [ORDER_RESTART] = ",\"preempt\":\"restart\"",
    [ORDER_SUSPEND] = ",\"suspend\":true",
    [ORDER_RESUME] = ",\"resume\":true",
};

static void put_decision(struct writer *writer, const struct decision *decision)
{
    put_number(writer, "{\"id\":", decision->job);
    if (decision->sets_nodes) {
        put(writer, ",\"assigned_node_ids\":[");
        for (uint32_t i = 0; i < decision->num_nodes; i++)
            put_number(writer, i == 0 ? "" : ",", decision->nodes[i]);
        put(writer, "]");
    }
    if (decision->sets_gpus)
        put_number(writer, ",\"assigned_num_gpus_per_node\":", decision->gpus);
    put(writer, decision->kill ? ",\"kill_flag\":true" : ",\"kill_flag\":false");
    put(writer, order_members[decision->former_order]);
    put(writer, order_members[decision->order]);
    put_arguments(writer, decision);
    put(writer, "}");
}

/* The text, to be freed; NULL when memory ran out. */
static char *written(struct writer *writer)
{
    if (!writer->failed)
        return writer->text;
    free(writer->text);
    return NULL;
}

/* Left out when there is none. */
static void put_orders(struct writer *writer, const struct decisions *decisions)
{
    for (size_t i = 0; i < decisions->num_orders; i++) {
        const struct node_order *order = &decisions->orders[i];
        put_number(writer, i == 0 ? ",\"nodes\":[{\"id\":" : ",{\"id\":", order->node);
        put(writer, ",\"command\":\"");
        put(writer, node_command_name(order->command));
        put(writer, "\"}");
    }
    put(writer, decisions->num_orders > 0 ? "]" : "");
}

char *elastisim_message_answer(struct elastisim_view *view)
{
    struct writer writer = {.failed = view->wishes.out_of_memory};
    put_number(&writer, "{\"code\":", PROTOCOL_ANSWER);
    put(&writer, ",\"jobs\":[");
    for (size_t i = 0; i < view->decisions.count; i++) {
        put(&writer, i == 0 ? "" : ",");
        put_decision(&writer, &view->decisions.items[i]);
    }
    put(&writer, "]");
    put_orders(&writer, &view->decisions);
    put(&writer, "}");
    decisions_clear(&view->decisions);
    return written(&writer);
}

char *elastisim_message_failure(const char *reason)
{
    struct writer writer = {.failed = false};
    put_number(&writer, "{\"code\":", PROTOCOL_FAILURE);
    put(&writer, ",\"error\":");
    put_string(&writer, reason);
    put(&writer, "}");
    return written(&writer);
}
