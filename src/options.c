#include "options.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an option does with its value (NULL for one that takes none). */
struct option {
    const char *name;  /* without the dashes */
    char letter;       /* that stands for it behind one dash; 0 for none */
    const char *value; /* what stands for it in the help; NULL when it takes none */
    const char *help;
    void (*apply)(struct options *, const char *value);
    const char *const *values; /* the only ones; NULL for any */
};

static void apply_scheduler(struct options *options, const char *value)
{
    options->scheduler = value;
}

static void apply_python(struct options *options, const char *value)
{
    options->python = value;
}

static void apply_nodes(struct options *options, const char *value)
{
    options->nodes = value;
}

static const char *const models[] = {"flow", "simgrid", NULL};

static void apply_model(struct options *options, const char *value)
{
    options->model = strcmp(value, "flow") == 0 ? MODEL_FLOW : MODEL_SIMGRID;
}

static void apply_directory(struct options *options, const char *value)
{
    options->directory = value;
}

static void apply_output(struct options *options, const char *value)
{
    options->output = value;
}

static void apply_set(struct options *options, const char *value)
{
    options->settings[options->num_settings++] = value;
}

static void apply_events_url(struct options *options, const char *value)
{
    options->events_url = value;
}

static void apply_events_wait(struct options *options, const char *value)
{
    (void)value;
    options->events_wait = true;
}

static void apply_strict(struct options *options, const char *value)
{
    (void)value;
    options->strict = true;
}

static void apply_summary(struct options *options, const char *value)
{
    (void)value;
    options->summary = true;
}

static void apply_timing(struct options *options, const char *value)
{
    (void)value;
    options->timing = true;
}

static void apply_check(struct options *options, const char *value)
{
    (void)value;
    options->command = COMMAND_CHECK;
}

static void apply_batch(struct options *options, const char *value)
{
    (void)value;
    options->command = COMMAND_BATCH;
}

/* check_jobs has looked at it. */
static void apply_jobs(struct options *options, const char *value)
{
    options->jobs = (unsigned)strtoul(value, NULL, 10);
}

static void apply_schedulers(struct options *options, const char *value)
{
    (void)value;
    options->command = COMMAND_SCHEDULERS;
}

static void apply_configuration(struct options *options, const char *value)
{
    (void)value;
    options->command = COMMAND_CONFIGURATION;
}

static void apply_help(struct options *options, const char *value)
{
    (void)value;
    options->command = COMMAND_HELP;
}

static void apply_version(struct options *options, const char *value)
{
    (void)value;
    options->command = COMMAND_VERSION;
}

static const struct option table[] = {
    {"scheduler", 0, "SPEC",
     "builtin:NAME, python:FILE.py, exec:COMMAND, plugin:FILE.so or zmq:URL, in place of the "
     "configuration's",
     apply_scheduler, NULL},
    {"python", 0, "PROGRAM",
     "for python:FILE.py, the Python whose packages the script finds, in place of VIRTUAL_ENV's",
     apply_python, NULL},
    {"nodes", 0, "N", "for a log in place of CONFIG: the nodes of its machine", apply_nodes, NULL},
    {"model", 0, "NAME",
     "flow (default where it can) or simgrid: who shares out network, disks and CPUs; same times, "
     "flow is faster",
     apply_model, models},
    {"directory", 'C', "DIR", "go to this folder before anything is read", apply_directory, NULL},
    {"output", 'o', "DIR",
     "write all results to this folder, under their usual names (job_statistics.csv...)",
     apply_output, NULL},
    {"set", 0, "KEY=VALUE",
     "give a key of the configuration another value, e.g. --set sensing=true; any number of times",
     apply_set, NULL},
    {"events-url", 0, "URL",
     "send what happens to whoever subscribes there, e.g. elastisim-watch: ipc://PATH or "
     "tcp://HOST:PORT",
     apply_events_url, NULL},
    {"events-wait", 0, NULL, "begin when the first subscriber is there", apply_events_wait, NULL},
    {"summary", 0, NULL, "print jobs, makespan, waits, slowdown and utilization at the end",
     apply_summary, NULL},
    {"timing", 0, NULL, "print where the wall-clock time went to standard error", apply_timing,
     NULL},
    {"check", 0, NULL, "read and check all inputs, then stop", apply_check, NULL},
    {"batch", 0, NULL,
     "carry out the runs that lines of standard input describe, and print a line for each",
     apply_batch, NULL},
    {"jobs", 'j', "N", "with --batch, runs at a time (default: 1)", apply_jobs, NULL},
    {"strict", 0, NULL, "treat warnings about inputs as errors", apply_strict, NULL},
    {"list-schedulers", 0, NULL, "print the built-in policies", apply_schedulers, NULL},
    {"help-configuration", 0, NULL, "print the keys of the configuration file", apply_configuration,
     NULL},
    {"version", 0, NULL, "print the version", apply_version, NULL},
    {"help", 'h', NULL, "print this text", apply_help, NULL},
};

#define NUM_OPTIONS (sizeof table / sizeof table[0])

/* "-o, --output DIR", or "    --strict" */
static void name_option(const struct option *option, char *name, size_t size)
{
    char letter[] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(name, size, "%s--%s%s%s", letter, option->name, option->value ? " " : "",
             option->value ? option->value : "");
}

static const struct {
    int status;
    const char *meaning;
} statuses[] = {
    {ERROR_NONE, "every job completed, or was killed by its walltime or the scheduler"},
    {ERROR_FAILURE, "anything else: a signal, a full disk, no memory"},
    {ERROR_INPUT, "bad input: the command line, a file, a model that can't be evaluated"},
    {ERROR_SCHEDULER, "the scheduler failed, or decided something impossible"},
    {ERROR_STUCK, "nothing is left to happen while jobs wait"},
};

#define HELP_ROW "  %-25s %s\n"

void options_print_help(FILE *out)
{
    fputs("usage: elastisim CONFIG [options]\n\n"
          "Simulates a batch system: runs the jobs of a workload on a platform under a scheduler. "
          "CONFIG is a JSON file that names them. Paths are relative to the working directory; "
          "inputs are looked for beside CONFIG too.\n\n"
          "CONFIG may also be a log: Standard Workload Format, what sacct -P prints, or a workload "
          "of "
          "Batsim, with gzip or not. elastisim-workload reads it; results are kept with -o DIR "
          "only.\n\noptions:\n",
          out);
    for (size_t i = 0; i < NUM_OPTIONS; i++) {
        char name[40];
        name_option(&table[i], name, sizeof name);
        fprintf(out, HELP_ROW, name, table[i].help);
    }
    fprintf(out, HELP_ROW, "    --log=..., --cfg=...", "passed on to SimGrid as they are");
    fputs("\nexit status:\n", out);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        fprintf(out, "  %d  %s\n", statuses[i].status, statuses[i].meaning);
}

static bool is_simgrid_option(const char *argument)
{
    return strncmp(argument, "--log=", 6) == 0 || strncmp(argument, "--cfg=", 6) == 0;
}

static int unknown_option(const char *name, struct error *err)
{
    const char *names[NUM_OPTIONS + 3] = {0};
    for (size_t i = 0; i < NUM_OPTIONS; i++)
        names[i] = table[i].name;
    names[NUM_OPTIONS] = "log";
    names[NUM_OPTIONS + 1] = "cfg";
    const char *nearest = json_nearest_name(name, names);
    if (nearest)
        return error_set(err, ERROR_INPUT,
                         "command line: unknown option '--%s'; did you mean '--%s'?", name,
                         nearest);
    return error_set(err, ERROR_INPUT, "command line: unknown option '--%s'; see elastisim --help",
                     name);
}

static int check_value(const struct option *option, const char *value, struct error *err)
{
    for (size_t i = 0; option->values[i]; i++)
        if (strcmp(option->values[i], value) == 0)
            return 0;
    return error_set(err, ERROR_INPUT, "command line: --%s %s: must be %s or %s", option->name,
                     value, option->values[0], option->values[1]);
}

/* Options whose value is a whole number, from 1 to this, which is all nines. */
static const struct {
    const char *name, *most;
} numbers[] = {{"jobs", "9999"}, {"nodes", "9999999"}};

static int check_number(const struct option *option, const char *value, struct error *err)
{
    size_t i = 0, end = sizeof numbers / sizeof numbers[0], length = value ? strlen(value) : 0;
    while (i < end && strcmp(numbers[i].name, option->name) != 0)
        i++;
    if (i == end || (length <= strlen(numbers[i].most) && strspn(value, "0123456789") == length &&
                     strtoul(value, NULL, 10) > 0))
        return 0;
    return error_set(err, ERROR_INPUT, "command line: --%s %s: must be a whole number from 1 to %s",
                     option->name, value, numbers[i].most);
}

/* Applies one option. `value` is what was given with it, or NULL, and `next` the next argument;
 * *used tells whether that was its value. */
static int apply_option(struct options *options, const struct option *option, const char *value,
                        const char *next, bool *used, struct error *err)
{
    if (!option->value && value)
        return error_set(err, ERROR_INPUT, "command line: --%s takes no value", option->name);
    *used = option->value && !value;
    if (*used)
        value = next;
    if (option->value && (!value || !*value))
        return error_set(err, ERROR_INPUT, "command line: --%s needs a value: --%s %s",
                         option->name, option->name, option->value);
    if (option->values && check_value(option, value, err))
        return -1;
    if (check_number(option, value, err))
        return -1;
    option->apply(options, value);
    return 0;
}

/* --NAME, --NAME VALUE or --NAME=VALUE */
static int read_long(struct options *options, const char *argument, const char *next, bool *used,
                     struct error *err)
{
    const char *name = argument + strlen("--"), *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    for (size_t i = 0; i < NUM_OPTIONS; i++)
        if (strlen(table[i].name) == length && strncmp(table[i].name, name, length) == 0)
            return apply_option(options, &table[i], equals ? equals + 1 : NULL, next, used, err);
    return unknown_option(name, err);
}

/* -L, -L VALUE or -LVALUE */
static int read_letter(struct options *options, const char *argument, const char *next, bool *used,
                       struct error *err)
{
    const char *value = argument[2] ? argument + 2 : NULL;
    for (size_t i = 0; i < NUM_OPTIONS; i++)
        if (table[i].letter == argument[1])
            return apply_option(options, &table[i], value, next, used, err);
    return error_set(err, ERROR_INPUT, "command line: unknown option '%s'; see elastisim --help",
                     argument);
}

static int read_argument(struct options *options, const char *argument, const char *next,
                         bool *used, struct error *err)
{
    *used = false;
    if (is_simgrid_option(argument)) {
        options->simgrid[options->num_simgrid++] = argument;
        return 0;
    }
    if (strncmp(argument, "--", 2) == 0)
        return read_long(options, argument, next, used, err);
    if (argument[0] == '-' && argument[1] != '\0')
        return read_letter(options, argument, next, used, err);
    if (options->configuration)
        return error_set(err, ERROR_INPUT,
                         "command line: '%s' comes after the configuration '%s'; give one "
                         "configuration file",
                         argument, options->configuration);
    options->configuration = argument;
    return 0;
}

/* What belongs to one run can't be said of all of a batch. */
static int check_batch(const struct options *options, struct error *err)
{
    const struct {
        const char *name;
        bool given;
    } alone[] = {
        {"a configuration", options->configuration},
        {"--output", options->output},
        {"--nodes", options->nodes},
        {"--summary", options->summary},
        {"--timing", options->timing},
        {"--events-url", options->events_url != NULL},
        {"--events-wait", options->events_wait},
    };
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (alone[i].given)
            return error_set(err, ERROR_INPUT,
                             "command line: --batch: %s belongs to one run; lines of standard "
                             "input say what each run is",
                             alone[i].name);
    return 0;
}

static int check_together(const struct options *options, struct error *err)
{
    bool needs_file = options->command == COMMAND_RUN || options->command == COMMAND_CHECK;
    if (options->command == COMMAND_BATCH)
        return check_batch(options, err);
    if (needs_file && !options->configuration)
        return error_set(err, ERROR_INPUT,
                         "command line: no configuration file; usage: elastisim CONFIG [options], "
                         "see elastisim --help");
    return 0;
}

int options_read(struct options *options, int argc, char **argv, struct error *err)
{
    *options = (struct options){.jobs = 1};
    options->simgrid = calloc((size_t)argc + 1, sizeof *options->simgrid);
    options->settings = calloc((size_t)argc + 1, sizeof *options->settings);
    if (!options->simgrid || !options->settings) {
        options_release(options);
        return error_no_memory(err);
    }
    for (int i = 1; i < argc; i++) {
        bool used;
        if (read_argument(options, argv[i], argv[i + 1], &used, err)) {
            options_release(options);
            return -1;
        }
        i += used;
    }
    if (check_together(options, err)) {
        options_release(options);
        return -1;
    }
    return 0;
}

void options_release(struct options *options)
{
    free(options->simgrid);
    free(options->settings);
    *options = (struct options){0};
}
