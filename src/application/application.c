/* Application models: reads the document and its blocks, and owns what task.c and payload.c read.
 *
 * A model is checked as far as it can be without a job: types, keys, patterns and the syntax of the
 * performance models. What depends on a job's arguments, nodes and platform is checked by the
 * workload.
 */
#include "application/application.h"

#include "application/reader.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static const char *const document_keys[] = {"phases",       "on_init",    "on_reconfiguration",
                                            "on_expansion", "on_restart", NULL};

static const char *const phase_keys[] = {
    "tasks",   "iterations", "scheduling_point",       "evolving_request",
    "barrier", "checkpoint", "final_scheduling_point", NULL};

/* The keys of a phase that a one-time phase takes too, without effect. */
static const char *const phase_only_keys[] = {
    "scheduling_point", "evolving_request",       "barrier",
    "checkpoint",       "final_scheduling_point", NULL};

bool reader_member(const struct json_at *at, const char *key, struct json_at *member)
{
    *member = json_member(at, key);
    return member->value && !cJSON_IsNull(member->value);
}

int reader_bool(const struct json_at *at, const char *key, bool *result, struct error *err)
{
    struct json_at member;

    return reader_member(at, key, &member) ? json_bool(&member, result, err) : 0;
}

static void free_block(struct block *block)
{
    for (size_t i = 0; i < block->num_tasks; i++)
        task_free(&block->tasks[i]);
    free(block->tasks);
    payload_free(&block->iterations);
    payload_free(&block->evolving_request);
}

/* What phases and one-time phases share. */
static int read_block(struct reader *reader, const struct json_at *at, struct block *block,
                      struct error *err)
{
    struct json_at member;

    block->scheduling_point = true;
    block->barrier = true;
    block->iterations = (struct payload){.kind = PAYLOAD_NUMBER, .number = 1};
    if (json_object(at, err))
        return -1;
    unknown_keys_look(reader->unknown, at, phase_keys);
    if (reader_member(at, "iterations", &member) &&
        payload_read(reader, &member, PAYLOAD_FORM_COUNT, &block->iterations, err))
        return -1;
    if (!reader_member(at, "tasks", &member))
        return json_error(at, err, "a phase needs 'tasks'; add a list of them");
    return tasks_read(reader, block, &member, 0, err);
}

static int warn_member(struct reader *reader, const struct json_at *at, const char *key,
                       const char *message, struct error *err)
{
    struct json_at member;
    char where[256];

    if (!reader_member(at, key, &member))
        return 0;
    return warnings_add(reader->warnings, err, "%s: %s", json_where(&member, where, sizeof where),
                        message);
}

static int read_phase(struct reader *reader, const struct json_at *at, struct block *phase,
                      struct error *err)
{
    struct json_at request;

    if (read_block(reader, at, phase, err) ||
        reader_bool(at, "scheduling_point", &phase->scheduling_point, err) ||
        reader_bool(at, "barrier", &phase->barrier, err) ||
        reader_bool(at, "checkpoint", &phase->checkpoint, err) ||
        warn_member(reader, at, "final_scheduling_point",
                    "is deprecated and has no effect; take it out", err))
        return -1;
    reader->application->has_checkpoint |= phase->checkpoint;
    if (!reader_member(at, "evolving_request", &request))
        return 0;
    return payload_read(reader, &request, PAYLOAD_FORM_REQUEST, &phase->evolving_request, err);
}

static int read_phases(struct reader *reader, const struct json_at *at, struct error *err)
{
    struct application *application = reader->application;
    const cJSON *value;

    if (json_array(at, err))
        return -1;
    if (cJSON_GetArraySize(at->value) == 0)
        return json_error(at, err, "must have at least one phase, is empty");
    application->phases =
        calloc((size_t)cJSON_GetArraySize(at->value), sizeof *application->phases);
    if (!application->phases)
        return error_no_memory(err);
    cJSON_ArrayForEach(value, at->value)
    {
        struct json_at element = json_element(at, value, (long)application->num_phases);

        if (read_phase(reader, &element, &application->phases[application->num_phases++], err) != 0)
            return -1;
    }
    return 0;
}

/* The phases go on where a checkpoint was written; before or beside them there is no such place. */
static int check_one_time_tasks(const struct json_at *at, const struct block *block,
                                struct error *err)
{
    for (size_t i = 0; i < block->num_tasks; i++)
        if (block->tasks[i].checkpoint)
            return json_error(at, err,
                              "a task of a one-time phase can't be a checkpoint; mark a phase, or "
                              "a task of one");
    return 0;
}

static int read_one_time_phase(struct reader *reader, const struct json_at *document,
                               const char *key, struct block **result, struct error *err)
{
    struct json_at at;

    if (!reader_member(document, key, &at))
        return 0;
    if (cJSON_IsArray(at.value)) {
        return json_error(&at, err,
                          "must be an object, is a list; put it into one: {\"tasks\": [...]}");
    }
    *result = calloc(1, sizeof **result);
    if (*result == NULL)
        return error_no_memory(err);
    if (read_block(reader, &at, *result, err) || check_one_time_tasks(&at, *result, err))
        return -1;
    for (size_t i = 0; phase_only_keys[i]; i++)
        if (warn_member(reader, &at, phase_only_keys[i],
                        "has no effect in a one-time phase: only 'tasks' and 'iterations' count",
                        err))
            return -1;
    return 0;
}

static int read_document(struct reader *reader, const struct json_at *at, struct error *err)
{
    struct application *application = reader->application;
    struct json_at phases;

    if (json_object(at, err))
        return -1;
    unknown_keys_look(reader->unknown, at, document_keys);
    if (!reader_member(at, "phases", &phases))
        return json_error(at, err, "an application model needs 'phases'; add a list of them");
    if (read_one_time_phase(reader, at, "on_init", &application->on_init, err) ||
        read_one_time_phase(reader, at, "on_reconfiguration", &application->on_reconfiguration,
                            err) ||
        read_one_time_phase(reader, at, "on_expansion", &application->on_expansion, err) ||
        read_one_time_phase(reader, at, "on_restart", &application->on_restart, err))
        return -1;
    return read_phases(reader, &phases, err);
}

static struct application *create(const char *path, struct error *err)
{
    struct application *application = calloc(1, sizeof *application);

    if (application)
        application->file = strdup(path);
    if (!application || !application->file) {
        free(application);
        error_no_memory(err);
        return NULL;
    }
    return application;
}

struct application *application_read(const char *path, struct warnings *warnings, struct error *err)
{
    struct unknown_keys unknown = {.file = path};
    struct reader reader = {.warnings = warnings, .unknown = &unknown};
    struct json_document document;
    struct json_at root;
    int status;

    if (json_read(&document, path, err))
        return NULL;
    root = json_root(&document);
    reader.application = create(path, err);
    status = reader.application == NULL ? -1 : read_document(&reader, &root, err);
    json_close(&document);
    if (unknown_keys_tell(&unknown, warnings, err) || status != 0) {
        application_destroy(reader.application);
        return NULL;
    }
    return reader.application;
}

static void destroy_one_time_phase(struct block *block)
{
    if (block) {
        free_block(block);
        free(block);
    }
}

void application_destroy(struct application *application)
{
    if (!application)
        return;
    for (size_t i = 0; i < application->num_phases; i++)
        free_block(&application->phases[i]);
    free(application->phases);
    destroy_one_time_phase(application->on_init);
    destroy_one_time_phase(application->on_reconfiguration);
    destroy_one_time_phase(application->on_expansion);
    destroy_one_time_phase(application->on_restart);
    for (size_t i = 0; i < application->num_variables; i++)
        free(application->variables[i]);
    free(application->variables);
    free(application->file);
    free(application);
}
