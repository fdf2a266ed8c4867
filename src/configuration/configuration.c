/* Promise: a configuration that was read has every key of the table, as given or by default, and no
 * contradiction that can be seen without other files. */
#include "configuration/configuration.h"

#include "base/json.h"
#include "base/number.h"
#include "base/search.h"
#include "base/unknown_keys.h"
#include "configuration/settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum key_type {
    TYPE_STRING,
    TYPE_INPUT,  /* path of a file that is read */
    TYPE_OUTPUT, /* path of a file that is written */
    TYPE_BOOL,
    TYPE_SECONDS,
    TYPE_WATTS,
    TYPE_LIMIT, /* watts, or the path of a file of them */
    TYPE_COUNT,
    TYPE_NODE_LOSS,
    TYPE_LIST, /* of strings */
};

struct key {
    const char *name;
    enum key_type type;
    const char *initial; /* the default as the reference prints it */
    size_t offset;       /* in struct configuration */
    const char *meaning;
};

/* Of periodic events, in seconds: a little more than what the event queue tells apart. */
#define SHORTEST_INTERVAL 1e-6

static const char mandatory[] = "mandatory";

#define AT(name) offsetof(struct configuration, name)

static const struct key keys[] = {
    {"jobs_file", TYPE_INPUT, mandatory, AT(jobs_file), "the jobs, a JSON file"},
    {"platform_file", TYPE_INPUT, mandatory, AT(platform_file), "the machine, a SimGrid platform"},
    {"zmq_url", TYPE_STRING, "-", AT(zmq_url),
     "where an external scheduler connects, e.g. ipc:///tmp/elastisim.ipc"},
    {"scheduler", TYPE_STRING, "-", AT(scheduler),
     "builtin:NAME, python:FILE.py, exec:COMMAND, plugin:FILE.so or zmq:URL"},
    {"scheduler_timeout", TYPE_SECONDS, "0", AT(scheduler_timeout),
     "longest wait for the scheduler, wall clock; 0 is for ever"},
    {"schedule_on_job_submit", TYPE_BOOL, "false", AT(schedule_on_job_submit),
     "invoke the scheduler when a job is submitted"},
    {"schedule_on_job_finalize", TYPE_BOOL, "false", AT(schedule_on_job_finalize),
     "invoke it when a job completes or is killed"},
    {"schedule_on_scheduling_point", TYPE_BOOL, "false", AT(schedule_on_scheduling_point),
     "invoke it at scheduling points of malleable and adaptive jobs"},
    {"schedule_on_reconfiguration", TYPE_BOOL, "false", AT(schedule_on_reconfiguration),
     "invoke it when a job is reconfigured"},
    {"schedule_on_node_change", TYPE_BOOL, "false", AT(schedule_on_node_change),
     "tell it why when nodes fail, return or drain; else that they returned looks periodic"},
    {"scheduling_interval", TYPE_SECONDS, "0", AT(scheduling_interval),
     "invoke it periodically; 0 is off, for which the first two switches must be true"},
    {"min_scheduling_interval", TYPE_SECONDS, "0", AT(min_scheduling_interval),
     "least simulated time between two invocations; 0 is off"},
    {"allow_oversubscription", TYPE_BOOL, "false", AT(allow_oversubscription),
     "several jobs may share a node"},
    {"clip_evolving_requests", TYPE_BOOL, "true", AT(clip_evolving_requests),
     "cut evolving requests to the bounds of the job; otherwise one beyond is an error"},
    {"forward_io_information", TYPE_BOOL, "false", AT(forward_io_information),
     "send PFS bandwidth and utilization to the scheduler"},
    {"job_kill_grace_period", TYPE_SECONDS, "0", AT(job_kill_grace_period),
     "time between the walltime of a job and its kill"},
    {"availability", TYPE_INPUT, "-", AT(availability),
     "outages, failures and windows of nodes, a JSON file"},
    {"on_node_loss", TYPE_NODE_LOSS, "kill", AT(on_node_loss),
     "of a job: kill, requeue, restart, shrink, shrink_or_requeue or shrink_or_restart"},
    {"max_attempts", TYPE_COUNT, "100", AT(max_attempts),
     "starts of one job, after which it is killed when it loses a node; 0 is any number"},
    {"show_progress_bar", TYPE_BOOL, "true", AT(show_progress_bar),
     "on a terminal, when the log level is above info"},
    {"sensing", TYPE_BOOL, "false", AT(sensing), "write the monitoring files"},
    {"sensing_interval", TYPE_SECONDS, "-", AT(sensing_interval),
     "time between two samples; mandatory with sensing"},
    {"log_task_times", TYPE_BOOL, "false", AT(log_task_times), "write task_times"},
    {"pfs_read_links", TYPE_LIST, "[]", AT(pfs_read_links),
     "links that make up the read bandwidth of the PFS"},
    {"pfs_write_links", TYPE_LIST, "[]", AT(pfs_write_links),
     "links that make up the write bandwidth of the PFS"},
    {"job_statistics", TYPE_OUTPUT, "-", AT(job_statistics), "result: a row for each job"},
    {"node_utilization", TYPE_OUTPUT, "-", AT(node_utilization),
     "result: a row for each change of a node's state"},
    {"cpu_utilization", TYPE_OUTPUT, "-", AT(cpu_utilization), "monitoring: load of each node"},
    {"network_activity", TYPE_OUTPUT, "-", AT(network_activity),
     "monitoring: mean load of the links"},
    {"pfs_utilization", TYPE_OUTPUT, "-", AT(pfs_utilization), "monitoring: load of the PFS links"},
    {"gpu_utilization", TYPE_OUTPUT, "-", AT(gpu_utilization),
     "monitoring: load of the GPUs of each node"},
    {"task_times", TYPE_OUTPUT, "-", AT(task_times),
     "result: a row for each task on each node, with log_task_times"},
    {"events", TYPE_OUTPUT, "-", AT(events), "result: the journal, a JSON object for each event"},
    {"events_url", TYPE_STRING, "-", AT(events_url),
     "where subscribers get the journal live, e.g. ipc://events.ipc"},
    {"energy", TYPE_OUTPUT, "-", AT(energy),
     "result: a row for each change of what the machine draws; switches energy on"},
    {"energy_shares", TYPE_OUTPUT, "-", AT(energy_shares),
     "result: the energy of parts, nodes and users, with energy"},
    {"energy_price", TYPE_INPUT, "-", AT(energy_price),
     "what a kWh costs when, a CSV file of time and value"},
    {"carbon_intensity", TYPE_INPUT, "-", AT(carbon_intensity),
     "CO2 emitted for a kWh when (g), a CSV file of time and value"},
    {"network_watts", TYPE_WATTS, "0", AT(network_watts), "what the network draws all the time"},
    {"pfs_watts", TYPE_WATTS, "0", AT(pfs_watts), "what the file system draws all the time"},
    {"power_cap", TYPE_LIMIT, "-", AT(power_cap),
     "watts that the machine is not to be committed to, or a CSV file of time and watts"},
    {"power_cap_enforced", TYPE_BOOL, "false", AT(power_cap_enforced),
     "an answer of the scheduler that commits more is an error"},
};

enum { NUM_KEYS = sizeof keys / sizeof *keys };

/* --- Reading, by type ------------------------------------------------------------------------- */

static int copy_text(const char *text, char **result, struct error *err)
{
    *result = strdup(text);
    return *result == NULL ? error_no_memory(err) : 0;
}

static int read_text(const struct json_at *at, void *field, struct error *err)
{
    const char *text;

    if (json_string(at, &text, err))
        return -1;
    if (*text == '\0')
        return json_error(at, err, "must not be empty; give it a value or leave it out");
    return copy_text(text, field, err);
}

static int read_bool(const struct json_at *at, void *field, struct error *err)
{
    return json_bool(at, field, err);
}

static int read_amount(const struct json_at *at, void *field, struct error *err)
{
    return json_number_in(at, 0, INFINITY, field, err);
}

/* A number is kept as text. */
static int read_limit(const struct json_at *at, void *field, struct error *err)
{
    double watts;
    char text[NUMBER_TEXT];

    if (cJSON_IsString(at->value) && !number_parse(at->value->valuestring, &watts))
        return read_text(at, field, err);
    if (cJSON_IsString(at->value))
        return json_error(at, err, "must be watts as a number, or the path of a file, is '%s'",
                          at->value->valuestring);
    if (!cJSON_IsNumber(at->value))
        return json_error(at, err, "must be watts as a number, or the path of a file");
    return json_number_in(at, 0, INFINITY, &watts, err) ||
                   copy_text(number_text(watts, text), field, err)
               ? -1
               : 0;
}

static int read_count(const struct json_at *at, void *field, struct error *err)
{
    long long value;

    if (json_integer(at, 0, UINT32_MAX, &value, err))
        return -1;
    *(uint32_t *)field = (uint32_t)value;
    return 0;
}

static int read_node_loss(const struct json_at *at, void *field, struct error *err)
{
    return node_loss_read(at, field, err);
}

static int read_list(const struct json_at *at, void *field, struct error *err)
{
    struct string_list *list = field;
    const cJSON *value;

    if (json_array(at, err))
        return -1;
    list->items = calloc((size_t)cJSON_GetArraySize(at->value) + 1, sizeof *list->items);
    if (!list->items)
        return error_no_memory(err);
    cJSON_ArrayForEach(value, at->value)
    {
        struct json_at element = json_element(at, value, (long)list->count);
        const char *text;
        if (json_string(&element, &text, err) || copy_text(text, &list->items[list->count], err))
            return -1;
        list->count++;
    }
    return 0;
}

static void free_text(void *field)
{
    free(*(char **)field);
}

static void free_list(void *field)
{
    struct string_list *list = field;

    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
}

static const struct type {
    const char *name;
    int (*read)(const struct json_at *at, void *field, struct error *err);
    void (*free)(void *field); /* or NULL */
    enum setting_form form;    /* on the command line */
} types[] = {
    [TYPE_STRING] = {"string", read_text, free_text, SETTING_TEXT},
    [TYPE_INPUT] = {"path", read_text, free_text, SETTING_TEXT},
    [TYPE_OUTPUT] = {"path", read_text, free_text, SETTING_TEXT},
    [TYPE_BOOL] = {"boolean", read_bool, NULL, SETTING_JSON},
    [TYPE_SECONDS] = {"seconds", read_amount, NULL, SETTING_JSON},
    [TYPE_WATTS] = {"watts", read_amount, NULL, SETTING_JSON},
    [TYPE_LIMIT] = {"limit", read_limit, free_text, SETTING_JSON},
    [TYPE_COUNT] = {"count", read_count, NULL, SETTING_JSON},
    [TYPE_NODE_LOSS] = {"word", read_node_loss, NULL, SETTING_TEXT},
    [TYPE_LIST] = {"list", read_list, free_list, SETTING_LIST},
};

static void *field_of(struct configuration *configuration, const struct key *key)
{
    return (char *)configuration + key->offset;
}

/* Of a key whose value is a path: NULL when it is not given. */
static const char *path_of(const struct configuration *configuration, const struct key *key)
{
    return *(char *const *)((const char *)configuration + key->offset);
}

/* The rest of the defaults are what an empty configuration has. */
static void set_default(struct configuration *configuration, const struct key *key)
{
    if (key->type == TYPE_BOOL)
        *(bool *)field_of(configuration, key) = strcmp(key->initial, "true") == 0;
    else if (key->type == TYPE_COUNT)
        *(uint32_t *)field_of(configuration, key) = (uint32_t)strtoul(key->initial, NULL, 10);
}

bool configuration_power_cap(const struct configuration *configuration, double *watts)
{
    return configuration->power_cap && number_parse(configuration->power_cap, watts);
}

/* Whether the value is the path of a file that is read. */
static bool is_input(const struct configuration *configuration, const struct key *key)
{
    double watts;
    return key->type == TYPE_INPUT ||
           (key->type == TYPE_LIMIT && !configuration_power_cap(configuration, &watts));
}

/* Where values come from: a setting goes before the file. */
struct source {
    struct json_at file;
    struct json_at settings;
};

static struct json_at member_of(const struct source *source, const char *key)
{
    struct json_at member = json_member(&source->settings, key);

    return member.value ? member : json_member(&source->file, key);
}

/* null is the same as a key left out, as in ElastiSim. */
static bool is_given(const struct json_at *member)
{
    return member->value && !cJSON_IsNull(member->value);
}

static int read_key(struct configuration *configuration, const struct source *source,
                    const struct key *key, struct error *err)
{
    struct json_at member = member_of(source, key->name);

    set_default(configuration, key);
    if (is_given(&member))
        return types[key->type].read(&member, field_of(configuration, key), err);
    return key->initial == mandatory
               ? json_error(&member, err, "is missing; add it (%s)", key->meaning)
               : 0;
}

static int read_keys(struct configuration *configuration, const struct source *source,
                     struct error *err)
{
    for (size_t i = 0; i < NUM_KEYS; i++)
        if (read_key(configuration, source, &keys[i], err))
            return -1;
    return 0;
}

static void list_names(const char *names[NUM_KEYS + 1])
{
    for (size_t i = 0; i < NUM_KEYS; i++)
        names[i] = keys[i].name;
    names[NUM_KEYS] = NULL;
}

static int check_names(const struct json_at *root, struct warnings *warnings, struct error *err)
{
    struct unknown_keys unknown = {.file = root->file, .help = "elastisim --help-configuration"};
    const char *names[NUM_KEYS + 1];

    list_names(names);
    unknown_keys_look(&unknown, root, names);
    return unknown_keys_tell(&unknown, warnings, err);
}

/* --- Contradictions --------------------------------------------------------------------------- */

/* Time would hardly go on from one to the next. */
static int check_interval(const struct source *source, const char *key, double interval,
                          struct error *err)
{
    struct json_at member = member_of(source, key);
    char text[NUMBER_TEXT];

    if (interval <= 0 || interval >= SHORTEST_INTERVAL)
        return 0;
    return json_error(&member, err, "must be at least %g s, is %s; intervals are in seconds",
                      SHORTEST_INTERVAL, number_text(interval, text));
}

static int check_intervals(const struct configuration *configuration, const struct source *source,
                           struct error *err)
{
    if (check_interval(source, "scheduling_interval", configuration->scheduling_interval, err) != 0)
        return -1;
    return check_interval(source, "sensing_interval", configuration->sensing_interval, err);
}

static int check_scheduling(const struct configuration *configuration, const struct source *source,
                            struct error *err)
{
    struct json_at member = member_of(source, "scheduling_interval");

    if (configuration->scheduling_interval > 0 ||
        (configuration->schedule_on_job_submit && configuration->schedule_on_job_finalize))
        return 0;
    return json_error(&member, err,
                      "must be greater than 0 unless schedule_on_job_submit and "
                      "schedule_on_job_finalize are both true, is %s; set an interval in seconds "
                      "or both switches",
                      is_given(&member) ? "0" : "missing");
}

static int check_sensing(const struct configuration *configuration, const struct source *source,
                         struct error *err)
{
    struct json_at member = member_of(source, "sensing_interval");

    if (!configuration->sensing || configuration->sensing_interval > 0)
        return 0;
    return json_error(&member, err,
                      "must be greater than 0 as sensing is true, is %s; set an interval in "
                      "seconds, or sensing to false",
                      is_given(&member) ? "0" : "missing");
}

/* What says something about energy, and nothing without it. */
static int check_energy(const struct configuration *configuration, const struct source *source,
                        struct error *err)
{
    static const char *const needing[] = {"energy_shares", "energy_price", "carbon_intensity",
                                          "network_watts", "pfs_watts"};

    for (size_t i = 0; !configuration->energy && i < sizeof needing / sizeof *needing; i++) {
        struct json_at member = member_of(source, needing[i]);
        bool counts = configuration->power_cap && strstr(needing[i], "_watts");
        if (is_given(&member) && !counts)
            return json_error(&member, err,
                              "has no effect without the key 'energy', a file for what the machine "
                              "draws; add that, or leave this out");
    }
    return 0;
}

static int check_cap(const struct configuration *configuration, const struct source *source,
                     struct error *err)
{
    struct json_at member = member_of(source, "power_cap_enforced");

    if (!configuration->power_cap_enforced || configuration->power_cap)
        return 0;
    return json_error(&member, err,
                      "has no effect without the key 'power_cap'; add that, or leave this out");
}

/* Devices like /dev/null take any number of files. */
static bool is_device(const char *path)
{
    return strncmp(path, "/dev/", strlen("/dev/")) == 0;
}

static int check_path(const struct configuration *configuration, const struct source *source,
                      const struct configured_file *file, struct error *err)
{
    struct json_at member = member_of(source, file->key);
    struct configured_file other;

    if (is_device(file->path))
        return 0;
    if (strcmp(file->path, configuration->file) == 0) {
        return json_error(&member, err, "'%s' is this configuration file; choose another path",
                          file->path);
    }
    for (enum file_use use = FILE_READ; use <= FILE_WRITTEN; use++) {
        size_t place = 0;
        while (configuration_next_file(configuration, use, &place, &other) &&
               other.key != file->key) {
            if (strcmp(file->path, other.path) == 0) {
                return json_error(&member, err, "'%s' is given as %s too; choose another path",
                                  file->path, other.key);
            }
        }
    }
    return 0;
}

static int check_paths(const struct configuration *configuration, const struct source *source,
                       struct error *err)
{
    struct configured_file file;
    size_t place = 0;

    while (configuration_next_file(configuration, FILE_WRITTEN, &place, &file))
        if (check_path(configuration, source, &file, err))
            return -1;
    return 0;
}

/* --- What the command line changes ------------------------------------------------------------ */

static int read_settings(struct json_document *document,
                         const struct configuration_request *request, struct error *err)
{
    const char *names[NUM_KEYS + 1];
    enum setting_form forms[NUM_KEYS];

    list_names(names);
    for (size_t i = 0; i < NUM_KEYS; i++)
        forms[i] = types[keys[i].type].form;
    return settings_read(document, request->settings, request->num_settings, names, forms, err);
}

/* The name that tools look for in a folder of results. */
static const char *usual_suffix(const struct key *key)
{
    return key->offset == AT(events) ? ".jsonl" : ".csv";
}

/* FOLDER/KEY.csv */
static int redirect(char **path, const char *folder, const struct key *key, struct error *err)
{
    const char *suffix = usual_suffix(key);
    size_t size = strlen(folder) + strlen("/") + strlen(key->name) + strlen(suffix) + 1;

    free(*path);
    *path = malloc(size);
    if (*path == NULL)
        return error_no_memory(err);
    snprintf(*path, size, "%s%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/",
             key->name, suffix);
    return 0;
}

/* All results go to the folder, if any. What became of the jobs is always wanted there. */
static int redirect_results(struct configuration *configuration, const char *folder,
                            struct error *err)
{
    for (size_t i = 0; folder && i < NUM_KEYS; i++) {
        char **path = field_of(configuration, &keys[i]);
        bool wanted =
            keys[i].type == TYPE_OUTPUT && (*path != NULL || keys[i].offset == AT(job_statistics));
        if (wanted && redirect(path, folder, &keys[i], err))
            return -1;
    }
    return 0;
}

/* Takes the value. */
static bool put_member(cJSON *object, const char *key, cJSON *value)
{
    bool done = value != NULL && (cJSON_HasObjectItem(object, key)
                                      ? cJSON_ReplaceItemInObjectCaseSensitive(object, key, value)
                                      : cJSON_AddItemToObject(object, key, value));

    if (!done)
        cJSON_Delete(value);
    return done;
}

/* Puts the settings and the places of the results into a copy of what the file says. */
static bool put_changes(cJSON *object, const struct configuration *configuration,
                        const struct source *source)
{
    const cJSON *setting;
    struct configured_file file;
    size_t place = 0;
    bool done = true;

    cJSON_ArrayForEach(setting, source->settings.value)
    {
        done = done && put_member(object, setting->string, cJSON_Duplicate(setting, true));
    }
    while (done && configuration_next_file(configuration, FILE_WRITTEN, &place, &file))
        done = put_member(object, file.key, cJSON_CreateString(file.path));
    return done;
}

static int note_given(struct configuration *configuration, const struct source *source,
                      struct error *err)
{
    cJSON *object = cJSON_Duplicate(source->file.value, true);

    if (object && put_changes(object, configuration, source))
        configuration->given = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return !configuration->given ? error_no_memory(err) : 0;
}

static int read_source(struct configuration *configuration, const struct source *source,
                       const struct configuration_request *request, struct warnings *warnings,
                       struct error *err)
{
    if (json_object(&source->file, err) || check_names(&source->file, warnings, err) ||
        read_keys(configuration, source, err) ||
        redirect_results(configuration, request->output, err) ||
        check_intervals(configuration, source, err) ||
        check_scheduling(configuration, source, err) || check_sensing(configuration, source, err) ||
        check_energy(configuration, source, err) || check_cap(configuration, source, err) ||
        check_paths(configuration, source, err))
        return -1;
    return note_given(configuration, source, err);
}

static int read_document(struct configuration *configuration, const struct json_document *document,
                         const struct configuration_request *request, struct warnings *warnings,
                         struct error *err)
{
    struct json_document settings = {.file = NULL};
    struct source source;
    int status = read_settings(&settings, request, err);

    if (status == 0) {
        source = (struct source){json_root(document), json_root(&settings)};
        status = read_source(configuration, &source, request, warnings, err);
    }
    json_close(&settings);
    return status;
}

int configuration_read(struct configuration *configuration,
                       const struct configuration_request *request, struct warnings *warnings,
                       struct error *err)
{
    struct json_document document;
    int status;

    *configuration = (struct configuration){.file = NULL};
    if (json_read(&document, request->file, err))
        return -1;
    status = copy_text(request->file, &configuration->file, err);
    if (status == 0)
        status = read_document(configuration, &document, request, warnings, err);
    json_close(&document);
    if (status != 0)
        configuration_release(configuration);
    return status;
}

int configuration_find_inputs(struct configuration *configuration, struct error *err)
{
    for (size_t i = 0; i < NUM_KEYS; i++) {
        char **path = field_of(configuration, &keys[i]), *found;
        if (!is_input(configuration, &keys[i]) || !*path)
            continue;
        found = search_input(*path, configuration->file, err);
        if (!found)
            return error_prefix(err, "%s: %s", configuration->file, keys[i].name);
        free(*path);
        *path = found;
    }
    return 0;
}

void configuration_release(struct configuration *configuration)
{
    for (size_t i = 0; i < NUM_KEYS; i++)
        if (types[keys[i].type].free)
            types[keys[i].type].free(field_of(configuration, &keys[i]));
    free(configuration->file);
    free(configuration->given);
    *configuration = (struct configuration){.file = NULL};
}

/* The switches without which a result is not written. */
static const struct {
    size_t key, needed;
} switches[] = {
    {AT(cpu_utilization), AT(sensing)},   {AT(network_activity), AT(sensing)},
    {AT(pfs_utilization), AT(sensing)},   {AT(gpu_utilization), AT(sensing)},
    {AT(task_times), AT(log_task_times)},
};

static bool is_used(const struct configuration *configuration, const struct key *key)
{
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (switches[i].key == key->offset)
            return *(const bool *)((const char *)configuration + switches[i].needed);
    return true;
}

bool configuration_next_file(const struct configuration *configuration, enum file_use use,
                             size_t *place, struct configured_file *file)
{
    while (*place < NUM_KEYS) {
        const struct key *key = &keys[(*place)++];
        bool belongs = use == FILE_READ ? is_input(configuration, key) : key->type == TYPE_OUTPUT;
        const char *path = belongs ? path_of(configuration, key) : NULL;
        if (path) {
            *file = (struct configured_file){key->name, path, is_used(configuration, key)};
            return true;
        }
    }
    return false;
}

#define REFERENCE_ROW "%-28s  %-7s  %-9s  %s\n"

void configuration_print_reference(FILE *out)
{
    fprintf(out, REFERENCE_ROW, "Key", "Type", "Default", "Meaning");
    for (size_t i = 0; i < NUM_KEYS; i++) {
        fprintf(out, REFERENCE_ROW, keys[i].name, types[keys[i].type].name, keys[i].initial,
                keys[i].meaning);
    }
}
