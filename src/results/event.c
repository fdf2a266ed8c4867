/* Promise: an object says nothing that those before it contradict, and that of a change comes
 * before anything that follows from it. */
#include "results/event.h"

#include "base/decimal.h"
#include "system/state.h"
#include "version.h"

#include <stdio.h>

/* The invocations, by their number in the protocol. */
static const char *const invocations[] = {
    "periodic",         "job_submit",       "job_completed",   "job_killed",
    "scheduling_point", "evolving_request", "reconfiguration", "node_changed",
};

/* --- Pieces -------------------------------------------------------------------------------- */

/* A key as it stands before its value; its length is known, as there are thousands of events. */
struct key {
    const char *text;
    size_t length;
};

#define KEY(name)                                                                                  \
    (struct key)                                                                                   \
    {                                                                                              \
        ",\"" name "\":", sizeof ",\"" name "\":" - 1                                              \
    }

static void put_key(struct output *out, struct key key)
{
    output_bytes(out, key.text, key.length);
}

static void put_count(struct output *out, struct key key, uint64_t value)
{
    put_key(out, key);
    output_count(out, value);
}

/* A text that needs no escapes. */
static void put_word(struct output *out, struct key key, const char *word)
{
    put_key(out, key);
    output_char(out, '"');
    output_text(out, word);
    output_char(out, '"');
}

static void put_nodes(struct output *out, struct key key, const uint32_t *nodes, uint32_t count)
{
    put_key(out, key);
    output_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            output_char(out, ',');
        output_count(out, nodes[i]);
    }
    output_char(out, ']');
}

static void put_list(struct output *out, struct key key, const struct node_list *list)
{
    put_nodes(out, key, list->ids, list->count);
}

/* --- What each kind has beside time, kind and job ------------------------------------------ */

static void put_request(struct output *out, const struct happening *happening)
{
    const struct job_request *request = happening->job->request;
    put_word(out, KEY("type"), job_type_name(request->type));
    if (request->name) {
        put_key(out, KEY("name"));
        output_json(out, request->name);
    }
    put_count(out, KEY("num_nodes_min"), request->nodes_min);
    put_count(out, KEY("num_nodes_max"), request->nodes_max);
}

static void put_executing(struct output *out, const struct happening *happening)
{
    put_list(out, KEY("nodes"), &happening->job->executing);
    put_count(out, KEY("gpus_per_node"), happening->job->executing_gpus);
}

static void put_some(struct output *out, const struct happening *happening)
{
    put_nodes(out, KEY("nodes"), happening->nodes.ids, happening->nodes.count);
}

static void put_wanted(struct output *out, const struct happening *happening)
{
    put_some(out, happening);
    put_list(out, KEY("assigned"), &happening->job->wanted);
    put_count(out, KEY("gpus_per_node"), happening->job->wanted_gpus);
}

static void put_reason(struct output *out, const struct happening *happening)
{
    put_word(out, KEY("reason"), happening->reason);
}

static void put_saved(struct output *out, const struct happening *happening)
{
    put_count(out, KEY("completed_phases"), happening->job->saved_phases);
    if (happening->job->saved_task > 0)
        put_count(out, KEY("tasks"), happening->job->saved_task);
}

static void put_requeued(struct output *out, const struct happening *happening)
{
    put_reason(out, happening);
    put_count(out, KEY("completed_phases"), happening->job->completed_phases);
}

static void put_phase(struct output *out, const struct happening *happening)
{
    put_count(out, KEY("phase"), happening->place.phase);
    put_count(out, KEY("iterations"), happening->place.iterations);
}

static void put_iteration(struct output *out, const struct happening *happening)
{
    put_count(out, KEY("phase"), happening->place.phase);
    put_count(out, KEY("iteration"), happening->place.iteration);
}

static void put_requested(struct output *out, const struct happening *happening)
{
    put_count(out, KEY("requested"), happening->request);
}

static void put_answer(struct output *out, const struct happening *happening)
{
    uint32_t count = happening->job->executing.count;
    put_requested(out, happening);
    put_count(out, KEY("num_nodes"), count);
    output_text(out, count == happening->request ? ",\"accepted\":true" : ",\"accepted\":false");
}

static void put_figures(struct output *out, const struct happening *happening)
{
    char seconds[DECIMAL_TEXT];
    put_count(out, KEY("decisions"), happening->invocation.decisions);
    put_key(out, KEY("wall_seconds"));
    output_bytes(out, seconds, decimal_write(seconds, happening->invocation.wall_seconds, 3));
}

static void put_totals(struct output *out, const struct happening *happening)
{
    const struct state *state = happening->state;
    put_count(out, KEY("completed"), state->num_completed);
    put_count(out, KEY("killed"), state->num_killed);
    put_count(out, KEY("unfinished"), state->num_jobs - jobs_ended(state));
    if (state->num_cancelled > 0)
        put_count(out, KEY("cancelled"), state->num_cancelled);
}

static void put_jobs(struct output *out, struct key key,
                     struct job *(*get)(const struct node *, uint32_t), const struct node *node,
                     uint32_t count)
{
    put_key(out, key);
    output_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            output_char(out, ',');
        output_count(out, get(node, i)->request->id);
    }
    output_char(out, ']');
}

static void put_node(struct output *out, const struct happening *happening)
{
    const struct node *node = happening->node;
    put_count(out, KEY("node"), node->id);
    put_word(out, KEY("state"), node_condition_name(node));
    put_jobs(out, KEY("running"), node_running_job, node, node_num_running(node));
    put_jobs(out, KEY("expected"), node_expected_job, node, node_num_expected(node));
}

/* --- The kinds ----------------------------------------------------------------------------- */

struct object {
    const char *topic;                                      /* what it concerns and its kind */
    struct key kind;                                        /* with its value */
    void (*put)(struct output *, const struct happening *); /* NULL for nothing more */
};

#define OBJECT(concern, kind, put)                                                                 \
    {                                                                                              \
        concern "." kind, {",\"kind\":\"" kind "\"", sizeof ",\"kind\":\"" kind "\"" - 1}, put     \
    }

static const struct object objects[NUM_HAPPENINGS] = {
    [JOB_SUBMITTED] = OBJECT("job", "submit", put_request),
    [JOB_STARTED] = OBJECT("job", "start", put_executing),
    [JOB_WANTS] = OBJECT("job", "reserve", put_wanted),
    [JOB_WITHDREW] = OBJECT("job", "withdraw", NULL),
    [JOB_GAVE_UP] = OBJECT("job", "shrink", put_some),
    [JOB_TOOK] = OBJECT("job", "grow", put_some),
    [JOB_RECONFIGURES] = OBJECT("job", "reconfiguration_begin", put_executing),
    [JOB_RESUMED] = OBJECT("job", "reconfiguration_end", NULL),
    [JOB_PROGRESSED] = OBJECT("job", "iteration", put_iteration),
    [JOB_AT_POINT] = OBJECT("job", "scheduling_point", put_iteration),
    [JOB_ASKS] = OBJECT("job", "evolving_request", put_requested),
    [JOB_ANSWERED] = OBJECT("job", "evolving_answer", put_answer),
    [JOB_SAVED] = OBJECT("job", "checkpoint", put_saved),
    [JOB_SUSPENDED] = OBJECT("job", "suspend", NULL),
    [JOB_CONTINUED] = OBJECT("job", "continue", NULL),
    [JOB_REQUEUED] = OBJECT("job", "requeue", put_requeued),
    [JOB_ENDED] = OBJECT("job", "kill", put_reason),
    [NODE_CHANGED] = OBJECT("node", "changed", put_node),
    [SCHEDULER_INVOKED] = OBJECT("scheduler", "invocation", put_figures),
    [RUN_ENDED] = OBJECT("run", "end", put_totals),
};

static const struct object completion = OBJECT("job", "complete", NULL);
static const struct object cancellation = OBJECT("job", "cancel", put_reason);
static const struct object phase = OBJECT("job", "phase", put_phase);

static const struct object *object_of(const struct happening *happening, unsigned index)
{
    if (happening->kind == JOB_ENDED && !happening->reason)
        return &completion;
    if (happening->kind == JOB_ENDED && happening->job->state == JOB_CANCELLED)
        return &cancellation;
    if (index + 1 < event_count(happening))
        return &phase;
    return &objects[happening->kind];
}

uint32_t event_kinds(void)
{
    uint32_t kinds = 0;
    for (unsigned kind = 0; kind < NUM_HAPPENINGS; kind++)
        if (objects[kind].topic)
            kinds |= HEARS(kind);
    return kinds;
}

unsigned event_count(const struct happening *happening)
{
    return happening->kind == JOB_PROGRESSED && happening->place.iteration == 0 ? 2 : 1;
}

const char *event_write(struct output *out, const struct happening *happening, unsigned index)
{
    const struct object *object = object_of(happening, index);
    output_text(out, "{\"time\":");
    output_number(out, happening->state->now);
    put_key(out, object->kind);
    if (happening->kind == SCHEDULER_INVOKED)
        put_word(out, KEY("invocation"), invocations[happening->invocation.type]);
    if (happening->job)
        put_count(out, KEY("job"), happening->job->request->id);
    if (object->put)
        object->put(out, happening);
    output_char(out, '}');
    return object->topic;
}

/* --- The first object ---------------------------------------------------------------------- */

static void put_start_date(struct output *out, const struct date *start)
{
    char text[DATE_TEXT];
    if (!start->known)
        return;
    put_key(out, KEY("start_date"));
    output_json(out, date_text(start, 0, text));
}

void event_write_head(struct output *out, const struct run_facts *facts)
{
    output_text(out, "{\"time\":0,\"kind\":\"begin\",\"version\":\"" ELASTISIM_VERSION
                     "\",\"scheduler\":");
    output_json(out, facts->scheduler ? facts->scheduler : "");
    put_key(out, KEY("configuration"));
    output_text(out, facts->configuration->given);
    put_start_date(out, workload_start_date(facts->workload));
    put_key(out, KEY("nodes"));
    output_char(out, '[');
    for (uint32_t i = 0; i < facts->platform->num_nodes; i++) {
        if (i > 0)
            output_char(out, ',');
        output_json(out, facts->platform->nodes[i].name);
    }
    output_text(out, "]}");
}
