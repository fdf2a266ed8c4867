/* Reads one job of the jobs file.
 *
 * The keys of a job are looked up in one pass over its members: with a million jobs, this and the
 * sharing of keys, texts and models are what reading costs beside the parser.
 */
#include "base/quote.h"
#include "base/search.h"
#include "workload/reader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    MOST_NODES = 2147483647, /* also the most GPUs per node */
    WHERE_TEXT = 512,
};

enum job_key {
    KEY_TYPE,
    KEY_SUBMIT_TIME,
    KEY_NUM_NODES,
    KEY_NUM_NODES_MIN,
    KEY_NUM_NODES_MAX,
    KEY_NUM_GPUS,
    KEY_NUM_GPUS_MIN,
    KEY_NUM_GPUS_MAX,
    KEY_APPLICATION_MODEL,
    KEY_WALLTIME,
    KEY_ARGUMENTS,
    KEY_ATTRIBUTES,
    KEY_NAME,
    KEY_NUM_NODES_PREFERRED,
    KEY_RUNTIME_ESTIMATE,
    KEY_DEPENDENCIES,
    KEY_ON_NODE_LOSS,
    NUM_JOB_KEYS
};

static const char *const job_keys[] = {
    [KEY_TYPE] = "type",
    [KEY_SUBMIT_TIME] = "submit_time",
    [KEY_NUM_NODES] = "num_nodes",
    [KEY_NUM_NODES_MIN] = "num_nodes_min",
    [KEY_NUM_NODES_MAX] = "num_nodes_max",
    [KEY_NUM_GPUS] = "num_gpus_per_node",
    [KEY_NUM_GPUS_MIN] = "num_gpus_per_node_min",
    [KEY_NUM_GPUS_MAX] = "num_gpus_per_node_max",
    [KEY_APPLICATION_MODEL] = "application_model",
    [KEY_WALLTIME] = "walltime",
    [KEY_ARGUMENTS] = "arguments",
    [KEY_ATTRIBUTES] = "attributes",
    [KEY_NAME] = "name",
    [KEY_NUM_NODES_PREFERRED] = "num_nodes_preferred",
    [KEY_RUNTIME_ESTIMATE] = "runtime_estimate",
    [KEY_DEPENDENCIES] = "dependencies",
    [KEY_ON_NODE_LOSS] = "on_node_loss",
    [NUM_JOB_KEYS] = NULL,
};

/* Keys that say how many nodes, or GPUs per node, a job wants. */
struct range_keys {
    enum job_key minimum, maximum; /* of this type of job: the same one for a rigid job */
    enum job_key foreign[2];       /* of the other types */
    size_t num_foreign;
};

static const struct range_keys node_keys[] = {
    {KEY_NUM_NODES, KEY_NUM_NODES, {KEY_NUM_NODES_MIN, KEY_NUM_NODES_MAX}, 2},
    {KEY_NUM_NODES_MIN, KEY_NUM_NODES_MAX, {KEY_NUM_NODES, KEY_NUM_NODES}, 1},
};

static const struct range_keys gpu_keys[] = {
    {KEY_NUM_GPUS, KEY_NUM_GPUS, {KEY_NUM_GPUS_MIN, KEY_NUM_GPUS_MAX}, 2},
    {KEY_NUM_GPUS_MIN, KEY_NUM_GPUS_MAX, {KEY_NUM_GPUS, KEY_NUM_GPUS}, 1},
};

/* The job at hand. */
struct source {
    struct workload_reader *reader;
    const struct json_at *at;
    const cJSON *members[NUM_JOB_KEYS]; /* NULL where absent or null */
    struct job_request *job;
};

static bool given(const struct source *source, enum job_key key)
{
    return source->members[key];
}

static struct json_at member_at(const struct source *source, enum job_key key)
{
    return (struct json_at){
        .parent = source->at, .key = job_keys[key], .index = -1, .value = source->members[key]};
}

/* Warnings of a key come once, not with each of a million jobs. *first tells whether to warn. */
static int note_key(struct workload_reader *reader, const char *key, bool *first, struct error *err)
{
    return reader_share_text(reader, &reader->warned_keys, key, first, err) ? 0 : -1;
}

/* Which of the keys it is; NUM_JOB_KEYS for none. Jobs of a file mostly have the same keys in the
 * same order: what the job before had in that place comes first. */
static enum job_key find_key(struct workload_reader *reader, size_t place, const char *name)
{
    size_t guess = place < MOST_GUESSES ? reader->guesses[place] : 0, key = 0;

    if (strcmp(job_keys[guess], name) == 0)
        return (enum job_key)guess;
    while (key < NUM_JOB_KEYS && strcmp(job_keys[key], name) != 0)
        key++;
    if (place < MOST_GUESSES && key < NUM_JOB_KEYS)
        reader->guesses[place] = (uint8_t)key;
    return (enum job_key)key;
}

static int collect_members(struct source *source, struct error *err)
{
    const cJSON *member;
    size_t place = 0;

    if (json_object(source->at, err))
        return -1;
    cJSON_ArrayForEach(member, source->at->value)
    {
        enum job_key key = find_key(source->reader, place++, member->string);

        if (key < NUM_JOB_KEYS)
            source->members[key] = cJSON_IsNull(member) ? NULL : member;
        else
            unknown_keys_add(&source->reader->unknown, source->at, member->string, job_keys);
    }
    return 0;
}

static int missing(const struct source *source, enum job_key key, struct error *err)
{
    return json_error(source->at, err, "a job needs '%s'; add it", job_keys[key]);
}

static int unknown_type(const struct json_at *at, const char *word, struct error *err)
{
    const char *names[NUM_JOB_TYPES + 1] = {NULL};
    const char *nearest;
    char quoted[QUOTE_TEXT];

    for (int type = 0; type < NUM_JOB_TYPES; type++)
        names[type] = job_type_name((enum job_type)type);
    nearest = json_nearest_name(word, names);
    if (nearest) {
        return json_error(at, err, "unknown job type '%s', did you mean '%s'?", quote(word, quoted),
                          nearest);
    }
    return json_error(
        at, err, "unknown job type '%s'; known are rigid, moldable, malleable, evolving, adaptive",
        quote(word, quoted));
}

static int read_type(struct source *source, struct error *err)
{
    struct json_at at = member_at(source, KEY_TYPE);
    const char *word;

    if (!given(source, KEY_TYPE))
        return missing(source, KEY_TYPE, err);
    if (json_string(&at, &word, err))
        return -1;
    for (int type = 0; type < NUM_JOB_TYPES; type++) {
        if (strcasecmp(word, job_type_name((enum job_type)type)) == 0) {
            source->job->type = (enum job_type)type;
            return 0;
        }
    }
    return unknown_type(&at, word, err);
}

/* Reads a number of seconds, 0 or more; *seconds stays as it is when the key is absent. */
static int read_seconds(const struct source *source, enum job_key key, double *seconds,
                        struct error *err)
{
    struct json_at at = member_at(source, key);

    return given(source, key) ? json_number_in(&at, 0, INFINITY, seconds, err) : 0;
}

static int read_times(struct source *source, struct error *err)
{
    struct job_request *job = source->job;

    if (!given(source, KEY_SUBMIT_TIME))
        return missing(source, KEY_SUBMIT_TIME, err);
    job->runtime_estimate = -1;
    if (read_seconds(source, KEY_SUBMIT_TIME, &job->submit_time, err) ||
        read_seconds(source, KEY_WALLTIME, &job->walltime, err) ||
        read_seconds(source, KEY_RUNTIME_ESTIMATE, &job->runtime_estimate, err))
        return -1;
    if (job->runtime_estimate == 0) {
        struct json_at at = member_at(source, KEY_RUNTIME_ESTIMATE);
        return json_error(&at, err, "must be more than 0; leave it out if it is not known");
    }
    return 0;
}

static int read_count(const struct source *source, enum job_key key, uint32_t minimum,
                      uint32_t *count, struct error *err)
{
    struct json_at at = member_at(source, key);
    long long value;

    if (json_integer(&at, minimum, MOST_NODES, &value, err))
        return -1;
    *count = (uint32_t)value;
    return 0;
}

/* "'a'", or "'a' and 'b'" */
static const char *quote_keys(enum job_key first, enum job_key second, char *buffer, size_t size)
{
    if (first == second)
        snprintf(buffer, size, "'%s'", job_keys[first]);
    else
        snprintf(buffer, size, "'%s' and '%s'", job_keys[first], job_keys[second]);
    return buffer;
}

/* A key of another type of job: without the type's own keys it is an error, for it can't mean what
 * it seems to; with them it has no effect, which earns a warning. */
static int check_foreign_key(struct source *source, const struct range_keys *keys,
                             enum job_key foreign, struct error *err)
{
    struct json_at at = member_at(source, foreign);
    const char *type = job_type_name(source->job->type);
    char own[128], where[WHERE_TEXT];
    bool first;

    quote_keys(keys->minimum, keys->maximum, own, sizeof own);
    if (!given(source, keys->minimum) || !given(source, keys->maximum))
        return json_error(&at, err, "is not for %s jobs; use %s", type, own);
    if (note_key(source->reader, job_keys[foreign], &first, err))
        return -1;
    return !first
               ? 0
               : warnings_add(source->reader->warnings, err, "%s: has no effect: a %s job has %s",
                              json_where(&at, where, sizeof where), type, own);
}

static int check_foreign_keys(struct source *source, const struct range_keys *keys,
                              struct error *err)
{
    for (size_t i = 0; i < keys->num_foreign; i++)
        if (given(source, keys->foreign[i]) &&
            check_foreign_key(source, keys, keys->foreign[i], err))
            return -1;
    return 0;
}

/* Reads the bounds that are given; the others stay as they are. */
static int read_range(struct source *source, const struct range_keys *keys, uint32_t least,
                      uint32_t *minimum, uint32_t *maximum, struct error *err)
{
    if (given(source, keys->minimum) && read_count(source, keys->minimum, least, minimum, err))
        return -1;
    if (given(source, keys->maximum) && read_count(source, keys->maximum, least, maximum, err))
        return -1;
    if (*minimum > *maximum) {
        return json_error(source->at, err,
                          "'%s' is %lu, but '%s' is %lu; raise the one or lower the other",
                          job_keys[keys->maximum], (unsigned long)*maximum, job_keys[keys->minimum],
                          (unsigned long)*minimum);
    }
    return 0;
}

static int read_nodes(struct source *source, struct error *err)
{
    struct job_request *job = source->job;
    const struct range_keys *keys = &node_keys[job->type != JOB_RIGID];
    char own[128];

    if (check_foreign_keys(source, keys, err))
        return -1;
    if (!given(source, keys->minimum) || !given(source, keys->maximum)) {
        return json_error(source->at, err, "a %s job needs %s", job_type_name(job->type),
                          quote_keys(keys->minimum, keys->maximum, own, sizeof own));
    }
    return read_range(source, keys, 1, &job->nodes_min, &job->nodes_max, err);
}

static int read_gpus(struct source *source, struct error *err)
{
    struct job_request *job = source->job;
    const struct range_keys *keys = &gpu_keys[job->type != JOB_RIGID];

    if (check_foreign_keys(source, keys, err))
        return -1;
    return read_range(source, keys, 0, &job->gpus_min, &job->gpus_max, err);
}

static int read_preferred(struct source *source, struct error *err)
{
    struct json_at at = member_at(source, KEY_NUM_NODES_PREFERRED);
    struct job_request *job = source->job;
    long long value;

    if (!given(source, KEY_NUM_NODES_PREFERRED))
        return 0;
    if (json_integer(&at, job->nodes_min, job->nodes_max, &value, err))
        return -1;
    job->nodes_preferred = (uint32_t)value;
    return 0;
}

static int read_on_node_loss(struct source *source, struct error *err)
{
    struct json_at at = member_at(source, KEY_ON_NODE_LOSS);

    source->job->on_node_loss = NUM_NODE_LOSSES;
    return given(source, KEY_ON_NODE_LOSS) ? node_loss_read(&at, &source->job->on_node_loss, err)
                                           : 0;
}

static int read_job_name(struct source *source, struct error *err)
{
    struct json_at at = member_at(source, KEY_NAME);
    const char *name;

    if (!given(source, KEY_NAME))
        return 0;
    if (json_string(&at, &name, err))
        return -1;
    source->job->name = store_text(&source->reader->workload->store, name);
    return source->job->name ? 0 : error_no_memory(err);
}

static int read_arguments(struct source *source, struct error *err)
{
    struct json_at at = member_at(source, KEY_ARGUMENTS);

    return given(source, KEY_ARGUMENTS)
               ? arguments_read(source->reader, &at, &source->job->arguments, err)
               : 0;
}

static int read_attributes(struct source *source, struct error *err)
{
    struct json_at at = member_at(source, KEY_ATTRIBUTES);

    return given(source, KEY_ATTRIBUTES)
               ? attributes_read(source->reader, &at, &source->job->attributes, err)
               : 0;
}

static int read_dependencies(struct source *source, struct error *err)
{
    struct json_at at = member_at(source, KEY_DEPENDENCIES);

    return given(source, KEY_DEPENDENCIES)
               ? dependencies_read(source->reader, &at, &source->job->dependencies, err)
               : 0;
}

static struct application *load_application(struct workload_reader *reader, const char *path,
                                            struct error *err)
{
    struct workload *workload = reader->workload;
    struct shared_application *shared = store_allocate(&workload->store, sizeof *shared);

    char *key = store_text(&workload->store, path), *found;

    if (!shared || !key) {
        error_no_memory(err);
        return NULL;
    }
    found = search_input(path, reader->limits->configuration, err);
    shared->application = found != NULL ? application_read(found, reader->warnings, err) : NULL;
    free(found);
    if (!shared->application)
        return NULL;
    /* From here on the workload destroys it. */
    shared->next = workload->applications;
    workload->applications = shared;
    if (table_add(&reader->applications, key, shared->application)) {
        error_no_memory(err);
        return NULL;
    }
    return shared->application;
}

static int read_application(struct source *source, struct error *err)
{
    struct json_at at = member_at(source, KEY_APPLICATION_MODEL);
    struct job_request *job = source->job;
    char where[WHERE_TEXT];
    const char *path;

    if (!given(source, KEY_APPLICATION_MODEL))
        return missing(source, KEY_APPLICATION_MODEL, err);
    if (json_string(&at, &path, err))
        return -1;
    job->application = table_find(&source->reader->applications, path);
    if (!job->application)
        job->application = load_application(source->reader, path, err);
    return job->application ? 0 : error_prefix(err, "%s", json_where(&at, where, sizeof where));
}

static int read_fields(struct source *source, struct error *err)
{
    static int (*const readers[])(struct source *, struct error *) = {
        collect_members, read_type,         read_times,        read_nodes,
        read_gpus,       read_preferred,    read_job_name,     read_arguments,
        read_attributes, read_dependencies, read_on_node_loss, read_application,
    };

    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (readers[i](source, err))
            return -1;
    return 0;
}

struct job_request *job_read(struct workload_reader *reader, const struct json_at *at,
                             struct error *err)
{
    struct job_request *job = store_allocate(&reader->workload->store, sizeof *job);
    struct source source = {.reader = reader, .at = at, .job = job};
    char where[WHERE_TEXT];

    if (!job) {
        error_no_memory(err);
        return NULL;
    }
    job->line = (uint32_t)at->index;
    if (read_fields(&source, err))
        return NULL;
    if (job_check(job, reader->limits, err)) {
        error_prefix(err, "%s", json_where(at, where, sizeof where));
        return NULL;
    }
    return job;
}
