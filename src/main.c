/* Reads the arguments, then calls in order: configuration, platform, workload, scheduler,
 * simulation, results. The only place that prints errors and picks the exit status. */
#include "base/clock.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/number.h"
#include "base/quote.h"
#include "base/wrap.h"
#include "batch/batch.h"
#include "configuration/configuration.h"
#include "log_input.h"
#include "options.h"
#include "platform/platform.h"
#include "policies/policy.h"
#include "resources/log.h"
#include "resources/resources.h"
#include "results/claim.h"
#include "results/energy.h"
#include "results/protection.h"
#include "results/results.h"
#include "results/summary.h"
#include "results/tariff.h"
#include "scheduler/backend.h"
#include "simulation/simulation.h"
#include "version.h"
#include "workload/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Everything a run is made of, in the order in which it is made. */
struct run {
    const struct options *options;
    struct warnings warnings;
    struct configuration configuration;
    struct resources *resources;
    struct platform platform;
    struct workload *workload;
    struct tariffs tariffs;
    struct energy_totals energy;
    struct observers observers;
    struct claims *claims;
    struct results *results;
    struct scheduler_backend scheduler;
    struct simulation *simulation;
    double started;                /* wall clock, seconds */
    struct batch_outcome *outcome; /* of a run of a batch, else NULL */
};

/* The scheduler to use, by precedence; *url when it is the configuration's zmq_url. */
static const char *scheduler_spec(const struct run *run, bool *url)
{
    const struct configuration *configuration = &run->configuration;
    *url = false;
    if (run->options->scheduler)
        return run->options->scheduler;
    if (configuration->scheduler)
        return configuration->scheduler;
    *url = true;
    return configuration->zmq_url;
}

/* The live stream, by precedence; text is where it was asked for. */
static int choose_stream(const struct run *run, struct run_facts *facts, char *text, size_t size,
                         struct error *err)
{
    const struct options *options = run->options;
    const struct configuration *configuration = &run->configuration;
    facts->events_url = options->events_url ? options->events_url : configuration->events_url;
    facts->events_wait = options->events_wait;
    facts->events_source = text;
    if (options->events_url)
        snprintf(text, size, "command line: --events-url");
    else
        snprintf(text, size, "%s: events_url", configuration->file);
    if (facts->events_wait && !facts->events_url)
        return error_set(err, ERROR_INPUT,
                         "command line: --events-wait: there is no URL to wait at; give "
                         "--events-url URL too");
    return 0;
}

static int open_scheduler(struct run *run, struct error *err)
{
    const struct configuration *configuration = &run->configuration;
    bool url;
    const struct scheduler_request request = {.spec = scheduler_spec(run, &url),
                                              .timeout = configuration->scheduler_timeout,
                                              .python = run->options->python};
    if (url)
        return zeromq_backend_open(&run->scheduler, request.spec, request.timeout, err);
    return scheduler_open(&run->scheduler, &request, err);
}

static int inspect_workload(struct run *run, struct error *err)
{
    struct scheduler_backend *scheduler = &run->scheduler;
    if (!scheduler->inspect)
        return 0;
    return scheduler->inspect(scheduler->self, simulation_state(run->simulation), &run->warnings,
                              err);
}

/* Before the platform gets disks. */
static int choose_model(struct run *run, struct error *err)
{
    if (run->options->model == MODEL_SIMGRID)
        return 0;
    const char *obstacle = resources_use_flow(run->resources, err);
    if (obstacle && run->options->model == MODEL_FLOW)
        fprintf(
            stderr,
            "elastisim: note: %s: %s, so SimGrid's model is used; --model=flow can't simulate it\n",
            run->configuration.platform_file, obstacle);
    return err->kind ? -1 : 0;
}

static int read_inputs(struct run *run, struct error *err)
{
    struct configuration *configuration = &run->configuration;
    bool url;
    const struct configuration_request request = {
        .file = run->options->configuration,
        .settings = run->options->settings,
        .num_settings = run->options->num_settings,
        .output = run->options->output,
    };
    if (configuration_read(configuration, &request, &run->warnings, err))
        return -1;
    if (!scheduler_spec(run, &url))
        return error_set(err, ERROR_INPUT,
                         "%s: no scheduler: give --scheduler SPEC (e.g. builtin:fcfs), or "
                         "'scheduler' or 'zmq_url' in the configuration",
                         configuration->file);
    if (configuration_find_inputs(configuration, err))
        return -1;
    if (!run->resources)
        run->resources = resources_open(configuration->platform_file, run->options->num_simgrid,
                                        run->options->simgrid, err);
    if (!run->resources || choose_model(run, err))
        return -1;
    if (run->options->timing)
        resources_measure(run->resources);
    if (platform_create(&run->platform, configuration->platform_file, run->resources, configuration,
                        &run->warnings, err))
        return -1;
    const struct workload_limits limits = {
        .nodes_with_gpus = run->platform.nodes_with_gpus,
        .max_gpus = run->platform.max_gpus,
        .has_pfs = run->platform.num_pfs_hosts > 0,
        .has_burst_buffer = run->platform.has_burst_buffer,
        .configuration = configuration->file,
    };
    run->workload = workload_read(configuration->jobs_file, &limits, &run->warnings, err);
    return !run->workload || tariffs_read(&run->tariffs, configuration, err) ||
                   protection_check_inputs(configuration, run->workload, err)
               ? -1
               : 0;
}

/* Of a scheduler that runs the simulation: what its script does afterwards finds all results. */
static int conduct(void *context, struct error *err)
{
    struct run *run = context;
    simulation_run(run->simulation, err);
    results_close(run->results, simulation_state(run->simulation), err);
    run->results = NULL;
    return err->kind ? -1 : 0;
}

static int simulate(struct run *run, struct error *err)
{
    bool url;
    char source[512];
    struct run_facts facts = {.configuration = &run->configuration,
                              .observers = &run->observers,
                              .platform = &run->platform,
                              .workload = run->workload,
                              .energy = &run->energy,
                              .tariffs = &run->tariffs,
                              .scheduler = scheduler_spec(run, &url)};
    if (choose_stream(run, &facts, source, sizeof source, err) ||
        claim_results(&run->claims, &run->configuration, err))
        return -1;
    run->results = results_open(&facts, &run->observers, err);
    if (!run->results)
        return -1;
    run->simulation = simulation_create(&run->configuration, &run->platform, run->workload,
                                        &run->scheduler, &run->observers, err);
    if (!run->simulation || open_scheduler(run, err) || inspect_workload(run, err))
        return -1;
    if (run->options->timing)
        simulation_measure(run->simulation);
    const struct scheduler_backend *scheduler = &run->scheduler;
    return scheduler->run ? scheduler->run(scheduler->self, conduct, run, err)
                          : simulation_run(run->simulation, err);
}

/* What can be said of a scheduler without starting anything. */
static int check_scheduler(struct run *run, struct error *err)
{
    bool url;
    static const char inside[] = "builtin:";
    if (strncmp(scheduler_spec(run, &url), inside, strlen(inside)) != 0)
        return 0;
    run->simulation = simulation_create(&run->configuration, &run->platform, run->workload,
                                        &run->scheduler, NULL, err);
    return !run->simulation || open_scheduler(run, err) || inspect_workload(run, err) ? -1 : 0;
}

/* For a batch, which prints it. */
static void note_outcome(const struct run *run)
{
    struct batch_outcome *outcome = run->outcome;
    outcome->nodes = run->platform.num_nodes;
    outcome->jobs = workload_num_jobs(run->workload);
    outcome->has_summary = run->options->command == COMMAND_RUN;
    if (outcome->has_summary)
        outcome->summary = summary_make(simulation_state(run->simulation), &run->energy);
}

static void report(const struct run *run)
{
    double seconds = clock_wall_seconds() - run->started;
    if (run->options->summary) {
        struct summary summary = summary_make(simulation_state(run->simulation), &run->energy);
        summary_print(stdout, &summary, seconds);
    }
    if (run->options->timing)
        fprintf(stderr, "timing: total %.3f s, %s %.3f s, scheduler %.3f s\n", seconds,
                resources_model(run->resources), resources_seconds(run->resources),
                simulation_figures(run->simulation).scheduler_seconds);
}

/* Closes what is open, results first: they are complete however the run ended. */
static void finish(struct run *run, struct error *err)
{
    const struct state *state = run->simulation ? simulation_state(run->simulation) : NULL;
    if (run->scheduler.finalize)
        run->scheduler.finalize(run->scheduler.self, err->kind != ERROR_NONE);
    results_close(run->results, state, err);
    claims_release(run->claims);
    if (run->outcome && err->kind == ERROR_NONE)
        note_outcome(run);
    else if (run->options->command == COMMAND_RUN && err->kind == ERROR_NONE)
        report(run);
    simulation_destroy(run->simulation);
    scheduler_close(&run->scheduler);
    workload_destroy(run->workload);
    tariffs_release(&run->tariffs);
    energy_totals_release(&run->energy);
    platform_release(&run->platform);
    resources_close(run->resources);
    configuration_release(&run->configuration);
}

static int change_directory(const char *path, struct error *err)
{
    char quoted[QUOTE_TEXT];
    if (!path || chdir(path) == 0)
        return 0;
    return error_set(err, ERROR_INPUT, "command line: -C: cannot go to the folder '%s': %s",
                     quote(path, quoted), strerror(errno));
}

static void print_check(const struct run *run)
{
    size_t jobs = workload_num_jobs(run->workload);
    printf("%s: %u node%s, %zu job%s: all inputs are fine\n", run->configuration.file,
           run->platform.num_nodes, number_plural(run->platform.num_nodes), jobs,
           number_plural(jobs));
}

static void execute(struct run *run, struct error *err)
{
    run->warnings.strict = run->options->strict;
    run->started = clock_wall_seconds();
    if (read_inputs(run, err) == 0) {
        if (run->options->command == COMMAND_RUN)
            simulate(run, err);
        else if (check_scheduler(run, err) == 0 && !run->outcome)
            print_check(run);
    }
    finish(run, err);
}

/* --- Batches ------------------------------------------------------------------------------- */

/* The command line of one run: what a line says goes before what was given for all. */
static int line_options(const struct options *options, const struct batch_run *line,
                        struct options *result, struct error *err)
{
    size_t count = options->num_settings + line->num_settings;
    *result = *options;
    result->command = line->check ? COMMAND_CHECK : COMMAND_RUN;
    result->configuration = line->configuration;
    result->output = line->output;
    result->scheduler = line->scheduler ? line->scheduler : options->scheduler;
    result->settings = calloc(count + 1, sizeof *result->settings);
    result->num_settings = count;
    if (!result->settings)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        result->settings[i] = i < options->num_settings ? options->settings[i]
                                                        : line->settings[i - options->num_settings];
    return 0;
}

static char *find_platform(void *context, const struct batch_run *line, struct error *err)
{
    struct options options;
    struct configuration configuration = {.file = NULL};
    if (line_options(context, line, &options, err))
        return NULL;
    const struct configuration_request request = {.file = options.configuration,
                                                  .settings = options.settings,
                                                  .num_settings = options.num_settings,
                                                  .output = options.output};
    char *platform_file = NULL;
    if (configuration_read(&configuration, &request, NULL, err) == 0 &&
        configuration_find_inputs(&configuration, err) == 0 &&
        !(platform_file = strdup(configuration.platform_file)))
        error_no_memory(err);
    configuration_release(&configuration);
    free(options.settings);
    return platform_file;
}

static void carry_out(void *context, const struct batch_run *line, struct resources *resources,
                      struct batch_outcome *outcome)
{
    struct options options;
    if (line_options(context, line, &options, &outcome->err))
        return;
    struct run run = {.options = &options, .resources = resources, .outcome = outcome};
    execute(&run, &outcome->err);
    outcome->seconds = clock_wall_seconds() - run.started;
    free(options.settings);
}

static void execute_batch(struct options *options, struct error *err)
{
    const struct batch_request request = {.jobs = options->jobs,
                                          .simgrid = options->simgrid,
                                          .num_simgrid = options->num_simgrid,
                                          .context = options,
                                          .find_platform = find_platform,
                                          .carry_out = carry_out};
    batch_run_all(&request, err);
}

/* ------------------------------------------------------------------------------------------- */

/* A log takes the place of the configuration that is made of it. */
static int read_log(struct options *options, struct log_input *log, struct error *err)
{
    char quoted[QUOTE_TEXT];
    const char *path = options->configuration;
    if (!log_input_is(path))
        return !options->nodes ? 0
                               : error_set(err, ERROR_INPUT,
                                           "command line: --nodes: %s is no log; the platform file "
                                           "says how many nodes there are",
                                           quote(path, quoted));
    if (log_input_import(log, path, options->nodes, err))
        return -1;
    options->configuration = log->configuration;
    if (!options->output)
        options->output = log->output;
    return 0;
}

static void run_or_check(struct options *options, struct error *err)
{
    struct log_input log = {{0}, {0}, {0}};
    struct run run = {.options = options};
    if (change_directory(options->directory, err))
        return;
    if (options->command == COMMAND_BATCH)
        execute_batch(options, err);
    else if (read_log(options, &log, err) == 0)
        execute(&run, err);
    log_input_remove(&log);
}

/* A descriptor that was closed before the start would become that of a result file, and messages
 * would be written into it. */
static void open_standard_streams(void)
{
    int descriptor;
    do
        descriptor = open("/dev/null", O_RDWR);
    while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor > STDERR_FILENO)
        close(descriptor);
}

/* Who asked for text and does not get it has to know; a reader that went away did not want it. */
static void check_standard_output(struct error *err)
{
    errno = 0;
    bool failed = fflush(stdout) || ferror(stdout);
    if (failed && errno != EPIPE)
        error_set(err, ERROR_FAILURE, "standard output: cannot write all of it: %s",
                  strerror(errno));
}

static void print_version(void)
{
    puts("elastisim " ELASTISIM_VERSION);
    if (!python_backend_version())
        puts("without a Python of its own: schedulers in Python are exec: processes");
}

int main(int argc, char **argv)
{
    static struct error err;
    struct options options;
    open_standard_streams();
    interrupt_install();
    if (options_read(&options, argc, argv, &err) == 0) {
        switch (options.command) {
        case COMMAND_HELP:
            wrap_print(stdout, options_print_help);
            break;
        case COMMAND_VERSION:
            print_version();
            break;
        case COMMAND_SCHEDULERS:
            wrap_print(stdout, policy_print_list);
            break;
        case COMMAND_CONFIGURATION:
            wrap_print(stdout, configuration_print_reference);
            break;
        case COMMAND_RUN:
        case COMMAND_CHECK:
        case COMMAND_BATCH:
            run_or_check(&options, &err);
            break;
        }
        options_release(&options);
    }
    check_standard_output(&err);
    if (err.kind != ERROR_NONE)
        fprintf(stderr, "elastisim: error: %s\n", err.message);
    return (int)err.kind;
}
