#include "options.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an option does with its value (NULL for one that takes none). */
struct option {
    const char *name;  /* without the dashes */
    const char *value; /* what stands for it in the help; NULL when it takes none */
    const char *help;
    void (*apply)(struct options *, const char *value);
    const char *const *values; /* the only ones; NULL for any */
};

static void apply_scheduler(struct options *options, const char *value)
{
    options->scheduler = value;
}

static const char *const models[] = {"flow", "simgrid", NULL};

static void apply_model(struct options *options, const char *value)
{
    options->model = strcmp(value, "flow") == 0 ? MODEL_FLOW : MODEL_SIMGRID;
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
    {"scheduler", "SPEC",
     "builtin:NAME, exec:COMMAND, plugin:FILE.so or zmq:URL, in place of the configuration's",
     apply_scheduler, NULL},
    {"model", "NAME",
     "flow (default where it can) or simgrid: who shares out network, disks and CPUs; same times, "
     "flow is faster",
     apply_model, models},
    {"summary", NULL, "print jobs, makespan, waits, slowdown and utilisation at the end",
     apply_summary, NULL},
    {"timing", NULL, "print where the wall-clock time went to standard error", apply_timing, NULL},
    {"check", NULL, "read and check all inputs, then stop", apply_check, NULL},
    {"strict", NULL, "treat warnings about inputs as errors", apply_strict, NULL},
    {"list-schedulers", NULL, "print the built-in policies", apply_schedulers, NULL},
    {"help-configuration", NULL, "print the keys of the configuration file", apply_configuration,
     NULL},
    {"version", NULL, "print the version", apply_version, NULL},
    {"help", NULL, "print this text", apply_help, NULL},
};

#define NUM_OPTIONS (sizeof table / sizeof table[0])

void options_print_help(void)
{
    puts("usage: elastisim CONFIG [options]\n\n"
         "Simulates a batch system: runs the jobs of a workload on a platform under a scheduler.\n"
         "CONFIG is a JSON file that names them; paths in it are relative to the working "
         "directory.\n\noptions:");
    for (size_t i = 0; i < NUM_OPTIONS; i++) {
        char name[40];
        snprintf(name, sizeof name, "--%s %s", table[i].name, table[i].value ? table[i].value : "");
        printf("  %-22s %s\n", name, table[i].help);
    }
    puts(
        "  --log=..., --cfg=...   passed on to SimGrid as they are\n\n"
        "exit status: 0 every job ended; 2 bad input; 3 the scheduler failed or decided something\n"
        "impossible; 4 nothing is left to happen while jobs wait; 1 anything else");
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
    const char *nearest = nearest_name(name, names);
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
    return error_set(err, ERROR_INPUT, "command line: --%s %s: there are %s and %s", option->name,
                     value, option->values[0], option->values[1]);
}

/* Applies one option. *used tells whether the next argument was its value. */
static int read_option(struct options *options, const char *argument, const char *next, bool *used,
                       struct error *err)
{
    const char *name = argument + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    *used = false;
    for (size_t i = 0; i < NUM_OPTIONS; i++) {
        if (strlen(table[i].name) != length || strncmp(table[i].name, name, length) != 0)
            continue;
        if (!table[i].value && equals)
            return error_set(err, ERROR_INPUT, "command line: --%s takes no value", table[i].name);
        *used = table[i].value && !equals;
        const char *value = equals ? equals + 1 : next;
        if (table[i].value && (!value || !*value))
            return error_set(err, ERROR_INPUT, "command line: --%s needs a value: --%s %s",
                             table[i].name, table[i].name, table[i].value);
        if (table[i].values && check_value(&table[i], value, err))
            return -1;
        table[i].apply(options, value);
        return 0;
    }
    return unknown_option(name, err);
}

static int read_argument(struct options *options, const char *argument, const char *next,
                         bool *used, struct error *err)
{
    *used = false;
    if (is_simgrid_option(argument)) {
        options->simgrid[options->num_simgrid++] = argument;
        return 0;
    }
    if (strcmp(argument, "-h") == 0)
        argument = "--help";
    if (strncmp(argument, "--", 2) == 0)
        return read_option(options, argument, next, used, err);
    if (argument[0] == '-' && argument[1] != '\0')
        return error_set(err, ERROR_INPUT,
                         "command line: unknown option '%s'; see elastisim --help", argument);
    if (options->configuration)
        return error_set(err, ERROR_INPUT,
                         "command line: '%s' comes after the configuration '%s'; give one "
                         "configuration file",
                         argument, options->configuration);
    options->configuration = argument;
    return 0;
}

int options_read(struct options *options, int argc, char **argv, struct error *err)
{
    *options = (struct options){0};
    options->simgrid = calloc((size_t)argc + 1, sizeof *options->simgrid);
    if (!options->simgrid)
        return error_no_memory(err);
    for (int i = 1; i < argc; i++) {
        bool used;
        if (read_argument(options, argv[i], argv[i + 1], &used, err)) {
            options_release(options);
            return -1;
        }
        i += used;
    }
    bool needs_file = options->command == COMMAND_RUN || options->command == COMMAND_CHECK;
    if (needs_file && !options->configuration) {
        options_release(options);
        return error_set(err, ERROR_INPUT,
                         "command line: no configuration file; usage: elastisim CONFIG [options], "
                         "see elastisim --help");
    }
    return 0;
}

void options_release(struct options *options)
{
    free(options->simgrid);
    *options = (struct options){0};
}
