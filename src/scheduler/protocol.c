/* Promise: a message is written in one pass over what changed, as valid JSON in valid UTF-8,
 * whatever the locale and the texts of the input; an answer is taken whole or not at all. */
#include "scheduler/protocol.h"

#include "base/decimal.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/number.h"
#include "base/vector.h"
#include "configuration/configuration.h"
#include "elastisim/scheduler.h"
#include "system/budget.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRACEBACK_SHOWN = 3000, /* bytes of a traceback, so that its end fits into an error */
    WIDE_GROUPS = 8 /* groups of nodes whose members are looked for among all that changed */
};

/* --- Writing -------------------------------------------------------------------------------- */

static void put_bytes(struct message *message, const char *bytes, size_t length)
{
    if (message->failed ||
        array_reserve(message->text, message->capacity, message->length + length)) {
        message->failed = true;
        return;
    }
    memcpy(message->text + message->length, bytes, length);
    message->length += length;
}

static void put(struct message *message, const char *text)
{
    put_bytes(message, text, strlen(text));
}

static void put_integer(struct message *message, uint64_t number)
{
    char digits[DECIMAL_WHOLE_TEXT];
    put_bytes(message, digits, decimal_write_whole(digits, number));
}

static void put_number(struct message *message, double number)
{
    char text[NUMBER_TEXT];
    if (!isfinite(number)) {
        put(message, "null"); /* JSON knows no other numbers */
        return;
    }
    number_text(number, text);
    /* A plugin may have set a locale with another decimal point, of several bytes even. */
    for (const char *rest = text; *rest;) {
        size_t plain = strspn(rest, "+-0123456789e.");
        put_bytes(message, rest, plain);
        rest += plain;
        if (*rest)
            put(message, ".");
        rest += strcspn(rest, "0123456789");
    }
}

static void put_string(struct message *message, const char *text)
{
    put(message, "\"");
    for (struct json_piece piece; json_next_piece(&text, &piece);)
        put_bytes(message, piece.bytes, piece.length);
    put(message, "\"");
}

/* The key comes with its punctuation: ",\"key\":". */
static void put_integer_member(struct message *message, const char *key, uint64_t number)
{
    put(message, key);
    put_integer(message, number);
}

static void put_number_member(struct message *message, const char *key, double number)
{
    put(message, key);
    put_number(message, number);
}

/* One of the texts of an object of strings; `first` tells whether it is the first. */
static void put_text_member(struct message *message, bool first, const char *key, const char *text)
{
    put(message, first ? "{" : ",");
    put_string(message, key);
    put(message, ":");
    put_string(message, text);
}

static void put_arguments(struct message *message, const char *key,
                          const struct arguments *arguments)
{
    if (arguments->count == 0)
        return;
    put(message, key);
    for (size_t i = 0; i < arguments->count; i++)
        put_text_member(message, i == 0, arguments->items[i].key, arguments->items[i].text);
    put(message, "}");
}

static void put_attributes(struct message *message, const struct attributes *attributes)
{
    if (attributes->count == 0)
        return;
    put(message, ",\"attributes\":");
    for (size_t i = 0; i < attributes->count; i++)
        put_text_member(message, i == 0, attributes->items[i].key, attributes->items[i].text);
    put(message, "}");
}

/* --- Jobs ----------------------------------------------------------------------------------- */

static void put_bounds(struct message *message, const struct job_request *request)
{
    if (request->type == JOB_RIGID) {
        put_integer_member(message, ",\"num_nodes\":", request->nodes_max);
        put_integer_member(message, ",\"num_gpus_per_node\":", request->gpus_max);
        return;
    }
    put_integer_member(message, ",\"num_nodes_min\":", request->nodes_min);
    put_integer_member(message, ",\"num_nodes_max\":", request->nodes_max);
    put_integer_member(message, ",\"num_gpus_per_node_min\":", request->gpus_min);
    put_integer_member(message, ",\"num_gpus_per_node_max\":", request->gpus_max);
}

/* What is sent only when the jobs file gives it. */
static void put_wishes(struct message *message, const struct job_request *request)
{
    if (request->name) {
        put(message, ",\"name\":");
        put_string(message, request->name);
    }
    if (request->nodes_preferred > 0)
        put_integer_member(message, ",\"num_nodes_preferred\":", request->nodes_preferred);
    if (request->runtime_estimate >= 0)
        put_number_member(message, ",\"runtime_estimate\":", request->runtime_estimate);
    if (job_uses_burst_buffer(request))
        put(message, ",\"uses_burst_buffer\":true");
}

static double span(double from, double to)
{
    return from < 0 || to < 0 ? -1 : to - from;
}

static void put_times(struct message *message, const struct job *job)
{
    double submit = job->request->submit_time;
    put_number_member(message, ",\"walltime\":", job->request->walltime);
    put_number_member(message, ",\"submit_time\":", submit);
    if (job->eligible_time > submit)
        put_number_member(message, ",\"eligible_time\":", job->eligible_time);
    put_number_member(message, ",\"start_time\":", job->start_time);
    put_number_member(message, ",\"end_time\":", job->end_time);
    put_number_member(message, ",\"wait_time\":", span(submit, job->start_time));
    put_number_member(message, ",\"makespan\":", span(job->start_time, job->end_time));
    put_number_member(message, ",\"turnaround_time\":", span(submit, job->end_time));
}

/* Only while a change waits: else the assigned nodes are those. */
static void put_executing_nodes(struct message *message, const struct job *job)
{
    put(message, ",\"executing_nodes\":[");
    for (uint32_t i = 0; i < job->executing.count; i++)
        put_integer_member(message, i == 0 ? "" : ",", job->executing.ids[i]);
    put(message, "]");
}

static void put_job(struct message *message, const struct job *job)
{
    const struct job_request *request = job->request;
    const struct node_list *assigned = job_assigned(job);
    double suspended_time = job->suspended_seconds - job->suspended_before;
    put_integer_member(message, "{\"id\":", request->id);
    put_integer_member(message, ",\"state\":", job->state);
    put(message, job->suspended ? ",\"suspended\":true" : "");
    if (suspended_time > 0)
        put_number_member(message, ",\"suspended_time\":", suspended_time);
    put_integer_member(message, ",\"type\":", request->type);
    put_times(message, job);
    put_bounds(message, request);
    put_wishes(message, request);
    put(message, ",\"assigned_nodes\":[");
    for (uint32_t i = 0; i < assigned->count; i++)
        put_integer_member(message, i == 0 ? "" : ",", assigned->ids[i]);
    put(message, "]");
    if (job->has_change)
        put_executing_nodes(message, job);
    put_integer_member(message, ",\"assigned_num_gpus_per_node\":", job_assigned_gpus(job));
    put_arguments(message, ",\"arguments\":", &request->arguments);
    put_attributes(message, &request->attributes);
    put_arguments(message, ",\"runtime_arguments\":", &job->runtime_arguments);
    put_integer_member(message, ",\"total_phase_count\":", request->total_phases);
    put_integer_member(message, ",\"completed_phases\":", job->completed_phases);
    put(message, "}");
}

/* --- Nodes ---------------------------------------------------------------------------------- */

/* Whether this is the first message, where there is a machine to tell of. */
static bool introduces(const struct message *message, const struct state *state)
{
    return !message->introduced && state->platform;
}

/* What never changes is told once. */
static void put_description(struct message *message, const struct resources *resources,
                            const struct node *node)
{
    uint32_t host = node->description->host;
    put(message, ",\"name\":");
    put_string(message, node->description->name);
    put_number_member(message, ",\"speed\":", node->description->speed);
    size_t count = resources_num_host_properties(resources, host);
    if (count == 0)
        return;
    put(message, ",\"properties\":");
    for (size_t i = 0; i < count; i++) {
        const char *key = resources_host_property_key(resources, host, i);
        put_text_member(message, i == 0, key, resources_host_property(resources, host, key));
    }
    put(message, "}");
}

static void put_running(struct message *message, const struct node *node)
{
    put_integer_member(message, ",\"state\":", node_state_of(node));
    if (node->availability != NODE_UP) {
        put_integer_member(message, ",\"availability\":", node->availability);
        if (isfinite(node->returns))
            put_number_member(message, ",\"returns\":", node->returns);
    }
    if (isfinite(node->leaves))
        put_number_member(message, ",\"leaves\":", node->leaves);
    put(message, ",\"assigned_jobs\":[");
    for (uint32_t i = 0; i < node_num_running(node); i++)
        put_integer_member(message, i == 0 ? "" : ",", node_running_job(node, i)->request->id);
    put(message, "]");
}

static void put_node(struct message *message, const struct state *state, const struct node *node)
{
    put_integer_member(message, "{\"id\":", node->id);
    put_integer_member(message, ",\"type\":", node->description->type);
    if (introduces(message, state))
        put_description(message, state->platform->resources, node);
    put_running(message, node);
    put(message, ",\"gpus\":[");
    for (uint32_t i = 0; i < node->description->num_gpus; i++) {
        put_integer_member(message, i == 0 ? "{\"id\":" : ",{\"id\":", i);
        put_integer_member(message, ",\"state\":", i < node->gpus_allocated);
        put(message, "}");
    }
    put(message, "]}");
}

static void put_nodes(struct message *message, const struct state *state)
{
    put(message, ",\"nodes\":[");
    for (size_t i = 0; i < state->num_changed_nodes; i++) {
        put(message, i == 0 ? "" : ",");
        put_node(message, state, state->changed_nodes[i]);
    }
    put(message, "]");
}

/* --- Groups of nodes ------------------------------------------------------------------------ */

static bool are_alike(const struct node *a, const struct node *b)
{
    bool same_times = a->returns <= b->returns && a->returns >= b->returns &&
                      a->leaves <= b->leaves && a->leaves >= b->leaves;
    if (node_state_of(a) != node_state_of(b) || a->availability != b->availability || !same_times ||
        a->gpus_allocated != b->gpus_allocated || node_num_running(a) != node_num_running(b))
        return false;
    for (uint32_t i = 0; i < node_num_running(a); i++)
        if (node_running_job(a, i) != node_running_job(b, i))
            return false;
    return true;
}

/* The first of the changed nodes, and all that are like it behind it; only as long as there is no
 * other between, if `near`. */
static void put_group(struct message *message, const struct state *state, size_t first, bool near)
{
    struct node *const *nodes = state->changed_nodes;
    put_integer_member(message, "{\"ids\":[", nodes[first]->id);
    for (size_t i = first + 1; i < state->num_changed_nodes; i++) {
        bool belongs = !message->told[i] && are_alike(nodes[first], nodes[i]);
        if (near && !belongs)
            break;
        if (belongs)
            put_integer_member(message, ",", nodes[i]->id);
        message->told[i] = message->told[i] || belongs;
    }
    put(message, "]");
    put_running(message, nodes[first]);
    if (nodes[first]->gpus_allocated > 0)
        put_integer_member(message, ",\"gpus_allocated\":", nodes[first]->gpus_allocated);
    put(message, "}");
}

/* Each of the first groups takes a look at all nodes, and the others at their neighbours: so the
 * cost is that of the nodes however different they are. */
static void put_groups(struct message *message, const struct state *state)
{
    size_t count = state->num_changed_nodes, groups = 0;
    if (array_reserve(message->told, message->told_room, count + 1)) {
        message->failed = true;
        return;
    }
    memset(message->told, 0, (count + 1) * sizeof *message->told);
    put(message, ",\"node_groups\":[");
    for (size_t i = 0; i < count; i++) {
        if (message->told[i])
            continue;
        put(message, groups == 0 ? "" : ",");
        put_group(message, state, i, groups++ >= WIDE_GROUPS);
    }
    put(message, "]");
}

/* --- The whole ------------------------------------------------------------------------------ */

static void put_cause(struct message *message, const struct invocation *invocation)
{
    put_integer_member(message, ",\"invocation_type\":", (unsigned)invocation->type);
    if (invocation->trigger)
        put_integer_member(message, ",\"job_id\":", invocation->trigger->request->id);
    if (invocation->type == ELASTISIM_EVOLVING_REQUEST)
        put_integer_member(message, ",\"evolving_request\":", invocation->request);
}

static void put_io_figures(struct message *message, const struct invocation *invocation)
{
    put_number_member(message, ",\"pfs_read_bw\":", invocation->pfs_read_bandwidth);
    put_number_member(message, ",\"pfs_write_bw\":", invocation->pfs_write_bandwidth);
    put_number_member(message, ",\"pfs_read_utilization\":", invocation->pfs_read_utilization);
    put_number_member(message, ",\"pfs_write_utilization\":", invocation->pfs_write_utilization);
}

static void put_power(struct message *message, const struct state *state)
{
    put_number_member(message, ",\"power_cap\":", budget_cap_at(state->budget, state->now));
    put_number_member(message, ",\"power_committed\":", budget_committed(state->budget));
}

/* What a scheduler can't tell from the jobs and nodes; in the first message. */
static void put_rules(struct message *message, const struct state *state)
{
    put(message, state->configuration->schedule_on_scheduling_point
                     ? ",\"schedule_on_scheduling_point\":true"
                     : ",\"schedule_on_scheduling_point\":false");
    put(message, state->oversubscription ? ",\"allow_oversubscription\":true"
                                         : ",\"allow_oversubscription\":false");
    const struct date *start = workload_start_date(state->workload);
    if (!start->known)
        return;
    put_number_member(message, ",\"start_date\":", start->seconds);
    put_number_member(message, ",\"start_date_zone\":", start->zone);
}

static void begin(struct message *message, uint32_t code)
{
    message->length = 0;
    message->failed = false;
    put_integer_member(message, "{\"code\":", code);
}

static int finish(struct message *message, struct error *err)
{
    put(message, "}");
    return message->failed ? error_no_memory(err) : 0;
}

int message_write_invocation(struct message *message, const struct state *state,
                             const struct invocation *invocation, struct error *err)
{
    begin(message, PROTOCOL_INVOCATION);
    put_number_member(message, ",\"time\":", state->now);
    put_cause(message, invocation);
    if (invocation->has_pfs)
        put_io_figures(message, invocation);
    if (state->budget)
        put_power(message, state);
    if (introduces(message, state))
        put_rules(message, state);
    put(message, ",\"jobs\":[");
    for (size_t i = 0; i < state->num_changed_jobs; i++) {
        put(message, i == 0 ? "" : ",");
        put_job(message, state->changed_jobs[i]);
    }
    put(message, "]");
    if (message->grouped && message->introduced)
        put_groups(message, state);
    else
        put_nodes(message, state);
    message->introduced = true;
    return finish(message, err);
}

int message_write_end(struct message *message, struct error *err)
{
    begin(message, PROTOCOL_END);
    return finish(message, err);
}

void message_release(struct message *message)
{
    free(message->text);
    free(message->told);
    *message = (struct message){0};
}

const char *invocation_text(const struct state *state, const struct invocation *invocation,
                            char *buffer, size_t size)
{
    char job[32] = "";
    if (invocation->trigger)
        snprintf(job, sizeof job, " of job %u", invocation->trigger->request->id);
    snprintf(buffer, size, "at %.15g s (%s%s)", state->now, invocation_type_name(invocation->type),
             job);
    return buffer;
}

/* --- Reading -------------------------------------------------------------------------------- */

/* IDs and counts. */
static int read_count(const struct json_at *at, uint32_t *result, struct error *err)
{
    long long value;
    if (json_integer(at, 0, UINT32_MAX, &value, err))
        return -1;
    *result = (uint32_t)value;
    return 0;
}

/* A member that may be missing; *result is left alone then. */
static int read_flag(const struct json_at *entry, const char *key, bool *result, struct error *err)
{
    struct json_at member = json_member(entry, key);
    return member.value ? json_bool(&member, result, err) : 0;
}

static int read_nodes(const struct json_at *entry, struct decision *decision, struct error *err)
{
    struct json_at list = json_member(entry, "assigned_node_ids");
    if (!list.value)
        return 0;
    if (json_array(&list, err))
        return -1;
    if (decision_set_nodes(decision, NULL, 0))
        return error_no_memory(err);
    long index = 0;
    for (const cJSON *value = list.value->child; value; value = value->next) {
        struct json_at at = json_element(&list, value, index++);
        uint32_t node;
        if (read_count(&at, &node, err))
            return -1;
        if (decision_append_node(decision, node))
            return error_no_memory(err);
    }
    return 0;
}

static int read_gpus(const struct json_at *entry, struct decision *decision, struct error *err)
{
    struct json_at member = json_member(entry, "assigned_num_gpus_per_node");
    /* ElastiSim's package has null for a rigid job whose scheduler passed None on. */
    if (!member.value || cJSON_IsNull(member.value))
        return 0;
    decision->sets_gpus = true;
    return read_count(&member, &decision->gpus, err);
}

/* The text of a runtime argument: performance models know numbers only, so true is 1. */
static int read_argument(const struct json_at *at, struct decision *decision, struct error *err)
{
    char number[NUMBER_TEXT];
    const char *text = at->value->valuestring;
    double value;
    if (cJSON_IsBool(at->value)) {
        text = cJSON_IsTrue(at->value) ? "1" : "0";
    } else if (cJSON_IsNumber(at->value)) {
        if (json_number(at, &value, err))
            return -1;
        text = number_text(value, number);
    } else if (!cJSON_IsString(at->value)) {
        return json_error(at, err, "must be a string, a number or a boolean, is %s",
                          json_type_name(at->value));
    }
    if (decision_set_argument(decision, at->key, text))
        return error_no_memory(err);
    return 0;
}

static int read_arguments(const struct json_at *entry, struct decision *decision, struct error *err)
{
    bool modified = true; /* a flag that is missing does not speak against the arguments */
    if (read_flag(entry, "modified_runtime_args", &modified, err))
        return -1;
    struct json_at object = json_member(entry, "runtime_arguments");
    if (!object.value)
        return 0;
    if (json_object(&object, err))
        return -1;
    for (const cJSON *value = object.value->child; modified && value; value = value->next) {
        struct json_at at = {.parent = &object, .key = value->string, .index = -1, .value = value};
        if (read_argument(&at, decision, err))
            return -1;
    }
    return 0;
}

static int read_preemption(const struct json_at *entry, struct decision *decision,
                           struct error *err)
{
    const char *word;
    struct json_at member = json_member(entry, "preempt");
    if (!member.value)
        return 0;
    if (json_string(&member, &word, err))
        return -1;
    for (enum job_order order = ORDER_REQUEUE; order <= ORDER_RESTART; order++)
        if (strcmp(word, job_order_name(order)) == 0) {
            decision_set_order(decision, order);
            return 0;
        }
    return json_error(&member, err, "is \"%s\"; a job is preempted to requeue or to restart", word);
}

/* Orders that are flags: false is as good as nothing. */
static int read_order_flags(const struct json_at *entry, struct decision *decision,
                            struct error *err)
{
    for (int order = ORDER_SUSPEND; order <= ORDER_RESUME; order++) {
        bool given = false;
        if (read_flag(entry, job_order_name((enum job_order)order), &given, err))
            return -1;
        if (given)
            decision_set_order(decision, (enum job_order)order);
    }
    return 0;
}

static int read_entry(const struct json_at *entry, struct decisions *decisions, struct error *err)
{
    uint32_t id;
    if (json_object(entry, err))
        return -1;
    struct json_at member = json_member(entry, "id");
    if (read_count(&member, &id, err))
        return -1;
    if (decisions_find(decisions, id))
        return json_error(&member, err,
                          "job %u appears twice in the answer; say all about a job in one entry",
                          id);
    struct decision *decision = decisions_about(decisions, id);
    if (!decision)
        return error_no_memory(err);
    if (read_nodes(entry, decision, err) || read_gpus(entry, decision, err) ||
        read_flag(entry, "kill_flag", &decision->kill, err) ||
        read_preemption(entry, decision, err) || read_order_flags(entry, decision, err))
        return -1;
    return read_arguments(entry, decision, err);
}

static int read_command(const struct json_at *entry, enum node_command *command, struct error *err)
{
    const char *word;
    struct json_at member = json_member(entry, "command");
    if (json_string(&member, &word, err))
        return -1;
    for (int i = 0; i < NUM_NODE_COMMANDS; i++)
        if (strcmp(word, node_command_name((enum node_command)i)) == 0) {
            *command = (enum node_command)i;
            return 0;
        }
    return json_error(&member, err,
                      "is \"%s\"; commands are drain, resume, switch_off and switch_on", word);
}

static int read_order(const struct json_at *entry, struct decisions *decisions, struct error *err)
{
    uint32_t id;
    enum node_command command = COMMAND_DRAIN;
    if (json_object(entry, err))
        return -1;
    struct json_at member = json_member(entry, "id");
    if (read_count(&member, &id, err) || read_command(entry, &command, err))
        return -1;
    return decisions_command(decisions, id, command) ? error_no_memory(err) : 0;
}

typedef int read_element_fn(const struct json_at *entry, struct decisions *decisions,
                            struct error *err);

static int read_list(const struct json_at *list, read_element_fn *read, struct decisions *decisions,
                     struct error *err)
{
    if (json_array(list, err))
        return -1;
    long index = 0;
    for (const cJSON *value = list->value->child; value; value = value->next) {
        struct json_at entry = json_element(list, value, index++);
        if (read(&entry, decisions, err))
            return -1;
    }
    return 0;
}

static int read_decisions(const struct json_at *root, struct decisions *decisions,
                          struct error *err)
{
    struct json_at jobs = json_member(root, "jobs"), nodes = json_member(root, "nodes");
    if (read_list(&jobs, read_entry, decisions, err))
        return -1;
    return nodes.value ? read_list(&nodes, read_order, decisions, err) : 0;
}

/* A traceback without its first lines when it is long: the last ones say what happened. */
static const char *traceback_end(const char *traceback)
{
    size_t length = strlen(traceback);
    if (length <= TRACEBACK_SHOWN)
        return traceback;
    const char *shown = traceback + length - TRACEBACK_SHOWN;
    const char *line = strchr(shown, '\n');
    return line && line[1] ? line + 1 : shown;
}

static int read_failure(const struct json_at *root, struct error *err)
{
    const char *text, *traceback = "";
    struct json_at member = json_member(root, "error");
    if (json_string(&member, &text, err))
        return -1;
    member = json_member(root, "traceback");
    if (member.value && json_string(&member, &traceback, err))
        return -1;
    traceback = traceback_end(traceback);
    size_t length = strlen(traceback);
    while (length > 0 && traceback[length - 1] == '\n')
        length--;
    return error_set(err, ERROR_SCHEDULER, "the scheduler raised %s%s%.*s", text,
                     length > 0 ? "\n" : "", (int)length, traceback);
}

static int read_code(const struct json_at *root, struct json_at *member, long long *code,
                     struct error *err)
{
    if (json_object(root, err))
        return -1;
    *member = json_member(root, "code");
    return json_integer(member, 0, UINT32_MAX, code, err);
}

static int refuse_code(const struct json_at *member, long long code, uint32_t expected,
                       const char *what, struct error *err)
{
    return json_error(member, err, "is %lld (0x%llX); expected %u (0x%X), the code of %s", code,
                      (unsigned long long)code, expected, expected, what);
}

typedef int read_fn(const struct json_at *root, void *result, struct error *err);

static int read_answer(const struct json_at *root, void *decisions, struct error *err)
{
    struct json_at member;
    long long code;
    if (read_code(root, &member, &code, err))
        return -1;
    if (code == PROTOCOL_ANSWER)
        return read_decisions(root, decisions, err);
    if (code == PROTOCOL_FAILURE)
        return read_failure(root, err);
    return refuse_code(&member, code, PROTOCOL_ANSWER, "an answer", err);
}

static int read_hello(const struct json_at *root, void *grouped, struct error *err)
{
    struct json_at member;
    long long code;
    if (read_code(root, &member, &code, err))
        return -1;
    if (code == PROTOCOL_HELLO)
        return read_flag(root, "node_groups", grouped, err);
    if (code == PROTOCOL_FAILURE)
        return read_failure(root, err);
    return refuse_code(&member, code, PROTOCOL_HELLO, "a hello", err);
}

static int read_message(const char *name, const char *text, size_t length, read_fn *read,
                        void *result, struct error *err)
{
    struct json_document document = {0};
    int status = json_parse(&document, name, text, length, err);
    if (status == 0) {
        struct json_at root = json_root(&document);
        status = read(&root, result, err);
    }
    json_close(&document);
    if (status && err->kind == ERROR_INPUT)
        err->kind = ERROR_SCHEDULER; /* to the reader of JSON every text is input */
    return status;
}

int protocol_read_hello(const char *name, const char *text, size_t length, bool *grouped,
                        struct error *err)
{
    *grouped = false;
    return read_message(name, text, length, read_hello, grouped, err);
}

int protocol_read_answer(const char *name, const char *text, size_t length,
                         struct decisions *decisions, struct error *err)
{
    int status = read_message(name, text, length, read_answer, decisions, err);
    if (status)
        decisions_clear(decisions);
    return status;
}
