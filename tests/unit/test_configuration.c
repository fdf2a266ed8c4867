/* The configuration file: every key, the defaults, and what is said of bad ones. */
#include "configuration/configuration.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The least that a configuration must have, to put more behind. */
#define LEAST "'jobs_file': 'j.json', 'platform_file': 'p.xml', "
#define MANDATORY LEAST "'scheduling_interval': 1"

static int read_text(struct configuration *configuration, const char *text, bool strict,
                     struct error *err)
{
    const struct configuration_request request = {.file = "c.json"};
    struct warnings warnings = {.strict = strict};

    *err = (struct error){.kind = ERROR_NONE};
    scratch_write("c.json", text);
    return configuration_read(configuration, &request, &warnings, err);
}

static struct configuration read_good(const char *text)
{
    struct configuration configuration;
    struct error err;

    read_text(&configuration, text, true, &err);
    assert_string_equal(err.message, "");
    return configuration;
}

static void assert_list(const struct string_list *list, const char *first, const char *second)
{
    assert_int_equal(list->count, (first != NULL) + (second != NULL));
    assert_true(!first || strcmp(list->items[0], first) == 0);
    assert_true(!second || strcmp(list->items[1], second) == 0);
}

static void test_every_key_is_read(void **state)
{
    struct configuration configuration = read_good(
        "{'jobs_file': 'j.json', 'platform_file': 'p.xml', 'zmq_url': 'ipc://s.ipc',"
        "'scheduler': 'builtin:easy', 'scheduler_timeout': 1.5, 'schedule_on_job_submit': true,"
        "'schedule_on_job_finalize': true, 'schedule_on_scheduling_point': true,"
        "'schedule_on_reconfiguration': true, 'scheduling_interval': 2.5,"
        "'min_scheduling_interval': 3.5, 'allow_oversubscription': true,"
        "'clip_evolving_requests': false, 'forward_io_information': true,"
        "'job_kill_grace_period': 4.5, 'show_progress_bar': false, 'sensing': true,"
        "'sensing_interval': 5.5, 'log_task_times': true, 'pfs_read_links': ['r', 's'],"
        "'pfs_write_links': ['w'], 'job_statistics': '1.csv', 'node_utilization': '2.csv',"
        "'cpu_utilization': '3.csv', 'network_activity': '4.csv', 'pfs_utilization': '5.csv',"
        "'gpu_utilization': '6.csv', 'task_times': '7.csv', 'events': '8',"
        "'events_url': 'ipc://e.ipc', 'energy': '9.csv', 'energy_shares': '10.csv',"
        "'energy_price': '11.csv', 'carbon_intensity': '12.csv', 'network_watts': 100,"
        "'pfs_watts': 2.5, 'power_cap': 700.5, 'power_cap_enforced': true}");

    (void)state;
    assert_string_equal(configuration.file, "c.json");
    assert_string_equal(configuration.jobs_file, "j.json");
    assert_string_equal(configuration.platform_file, "p.xml");
    assert_string_equal(configuration.zmq_url, "ipc://s.ipc");
    assert_string_equal(configuration.scheduler, "builtin:easy");
    assert_true(configuration.scheduler_timeout == 1.5);
    assert_true(configuration.schedule_on_job_submit);
    assert_true(configuration.schedule_on_job_finalize);
    assert_true(configuration.schedule_on_scheduling_point);
    assert_true(configuration.schedule_on_reconfiguration);
    assert_true(configuration.scheduling_interval == 2.5);
    assert_true(configuration.min_scheduling_interval == 3.5);
    assert_true(configuration.allow_oversubscription);
    assert_false(configuration.clip_evolving_requests);
    assert_true(configuration.forward_io_information);
    assert_true(configuration.job_kill_grace_period == 4.5);
    assert_false(configuration.show_progress_bar);
    assert_true(configuration.sensing);
    assert_true(configuration.sensing_interval == 5.5);
    assert_true(configuration.log_task_times);
    assert_list(&configuration.pfs_read_links, "r", "s");
    assert_list(&configuration.pfs_write_links, "w", NULL);
    assert_string_equal(configuration.job_statistics, "1.csv");
    assert_string_equal(configuration.node_utilization, "2.csv");
    assert_string_equal(configuration.cpu_utilization, "3.csv");
    assert_string_equal(configuration.network_activity, "4.csv");
    assert_string_equal(configuration.pfs_utilization, "5.csv");
    assert_string_equal(configuration.gpu_utilization, "6.csv");
    assert_string_equal(configuration.task_times, "7.csv");
    assert_string_equal(configuration.events, "8");
    assert_string_equal(configuration.events_url, "ipc://e.ipc");
    assert_string_equal(configuration.energy, "9.csv");
    assert_string_equal(configuration.energy_shares, "10.csv");
    assert_string_equal(configuration.energy_price, "11.csv");
    assert_string_equal(configuration.carbon_intensity, "12.csv");
    assert_true(configuration.network_watts == 100);
    assert_true(configuration.pfs_watts == 2.5);
    double cap;
    assert_true(configuration_power_cap(&configuration, &cap) && cap == 700.5);
    assert_true(configuration.power_cap_enforced);
    configuration_release(&configuration);
}

static void assert_defaults(const struct configuration *configuration)
{
    assert_null(configuration->zmq_url);
    assert_null(configuration->scheduler);
    assert_true(configuration->scheduler_timeout == 0);
    assert_false(configuration->schedule_on_job_submit);
    assert_false(configuration->schedule_on_job_finalize);
    assert_false(configuration->schedule_on_scheduling_point);
    assert_false(configuration->schedule_on_reconfiguration);
    assert_true(configuration->min_scheduling_interval == 0);
    assert_false(configuration->allow_oversubscription);
    assert_true(configuration->clip_evolving_requests);
    assert_false(configuration->forward_io_information);
    assert_true(configuration->job_kill_grace_period == 0);
    assert_true(configuration->show_progress_bar);
    assert_false(configuration->sensing);
    assert_true(configuration->sensing_interval == 0);
    assert_false(configuration->log_task_times);
    assert_list(&configuration->pfs_read_links, NULL, NULL);
    assert_list(&configuration->pfs_write_links, NULL, NULL);
    assert_null(configuration->job_statistics);
    assert_null(configuration->node_utilization);
    assert_null(configuration->cpu_utilization);
    assert_null(configuration->network_activity);
    assert_null(configuration->pfs_utilization);
    assert_null(configuration->gpu_utilization);
    assert_null(configuration->task_times);
    assert_null(configuration->events);
    assert_null(configuration->events_url);
    assert_null(configuration->energy);
    assert_null(configuration->energy_shares);
    assert_null(configuration->energy_price);
    assert_null(configuration->carbon_intensity);
    assert_true(configuration->network_watts == 0);
    assert_true(configuration->pfs_watts == 0);
    assert_null(configuration->power_cap);
    assert_false(configuration->power_cap_enforced);
}

static void test_keys_left_out_have_their_defaults(void **state)
{
    struct configuration configuration = read_good("{" MANDATORY "}");

    (void)state;
    assert_true(configuration.scheduling_interval == 1);
    assert_defaults(&configuration);
    configuration_release(&configuration);
}

/* As in ElastiSim. */
static void test_null_means_left_out(void **state)
{
    struct configuration configuration =
        read_good("{" MANDATORY ", 'zmq_url': null, 'scheduler': null, 'scheduler_timeout': null,"
                  "'schedule_on_job_submit': null, 'clip_evolving_requests': null,"
                  "'sensing_interval': null, 'pfs_read_links': null, 'job_statistics': null}");

    (void)state;
    assert_defaults(&configuration);
    configuration_release(&configuration);
}

static const struct good {
    const char *name, *text;
} goods[] = {
    {"interval_may_be_0_with_both_switches",
     "{" LEAST "'schedule_on_job_submit': true, 'schedule_on_job_finalize': true,"
     "'scheduling_interval': 0}"},
    {"interval_may_be_missing_with_both_switches",
     "{" LEAST "'schedule_on_job_submit': true, 'schedule_on_job_finalize': true}"},
    {"interval_may_be_a_fraction", "{" LEAST "'scheduling_interval': 0.001}"},
    {"sensing_interval_may_be_0_without_sensing",
     "{" MANDATORY ", 'sensing': false, 'sensing_interval': 0}"},
    {"monitoring_files_may_be_named_without_sensing",
     "{" MANDATORY ", 'cpu_utilization': 'c.csv', 'gpu_utilization': 'g.csv'}"},
    {"sensing_needs_no_files", "{" MANDATORY ", 'sensing': true, 'sensing_interval': 1}"},
    {"task_times_may_be_named_without_log_task_times", "{" MANDATORY ", 'task_times': 't.csv'}"},
    {"log_task_times_needs_no_file", "{" MANDATORY ", 'log_task_times': true}"},
    {"devices_may_be_named_twice",
     "{" MANDATORY ", 'job_statistics': '/dev/null', 'task_times': '/dev/null'}"},
    {"lists_may_be_empty", "{" MANDATORY ", 'pfs_read_links': []}"},
    {"jobs_and_platform_may_be_one_file",
     "{'jobs_file': 'a', 'platform_file': 'a', 'scheduling_interval': 1}"},
};

static void test_good(void **state)
{
    const struct good *good = *state;
    struct configuration configuration = read_good(good->text);

    configuration_release(&configuration);
}

static const struct bad {
    const char *name, *text, *message;
} bads[] = {
    {"document_is_a_list", "[]", "c.json: must be an object, is a list"},
    {"document_has_a_syntax_error", "{'jobs_file': }", "c.json:1:15: must be a value, is '}'"},
    {"key_twice", "{" MANDATORY ", 'scheduling_interval': 2}",
     "c.json: key 'scheduling_interval' is given twice; take one out"},
    {"key_is_unknown_but_near", "{" MANDATORY ", 'schedule_on_job_submission': true}",
     "c.json: unknown key 'schedule_on_job_submission', did you mean 'schedule_on_job_submit'?"},
    {"key_in_another_letter_case", "{" MANDATORY ", 'Sensing': true}",
     "c.json: unknown key 'Sensing', did you mean 'sensing'?"},
    {"key_is_unknown", "{" MANDATORY ", 'xyz': true}",
     "c.json: unknown key 'xyz'; elastisim --help-configuration lists the known ones"},
    {"keys_of_another_program", "{" MANDATORY ", 'xyz': 1, 'sensin': true, 'trace': {}}",
     "c.json: unknown keys 'xyz', 'sensin' (did you mean 'sensing'?), 'trace'; elastisim "
     "--help-configuration lists the known ones"},

    {"jobs_file_is_missing", "{'platform_file': 'p.xml', 'scheduling_interval': 1}",
     "c.json: jobs_file: is missing; add it (the jobs, a JSON file)"},
    {"jobs_file_is_null", "{'jobs_file': null, 'platform_file': 'p', 'scheduling_interval': 1}",
     "c.json: jobs_file: is missing; add it (the jobs, a JSON file)"},
    {"platform_file_is_missing", "{'jobs_file': 'j.json', 'scheduling_interval': 1}",
     "c.json: platform_file: is missing; add it (the machine, a SimGrid platform)"},
    {"jobs_file_is_a_number", "{'jobs_file': 1}",
     "c.json: jobs_file: must be a string, is a number"},
    {"jobs_file_is_empty", "{'jobs_file': ''}",
     "c.json: jobs_file: must not be empty; give it a value or leave it out"},
    {"output_is_a_list", "{" MANDATORY ", 'job_statistics': ['a']}",
     "c.json: job_statistics: must be a string, is a list"},
    {"switch_is_a_number", "{" MANDATORY ", 'allow_oversubscription': 1}",
     "c.json: allow_oversubscription: must be true or false, is a number"},
    {"switch_is_a_string", "{" MANDATORY ", 'sensing': 'yes'}",
     "c.json: sensing: must be true or false, is a string"},
    {"time_is_a_string", "{" MANDATORY ", 'job_kill_grace_period': '10'}",
     "c.json: job_kill_grace_period: must be a number, is a string"},
    {"time_is_negative", "{" MANDATORY ", 'min_scheduling_interval': -0.5}",
     "c.json: min_scheduling_interval: must be at least 0, is -0.5"},
    {"time_is_infinite", "{" MANDATORY ", 'scheduler_timeout': 1e999}",
     "c.json: scheduler_timeout: must be a finite number, is beyond 1.8e308"},
    {"list_is_a_string", "{" MANDATORY ", 'pfs_read_links': 'link'}",
     "c.json: pfs_read_links: must be a list, is a string"},
    {"list_holds_a_number", "{" MANDATORY ", 'pfs_write_links': ['link', 7]}",
     "c.json: pfs_write_links[1]: must be a string, is a number"},

    {"interval_is_missing", "{'jobs_file': 'j.json', 'platform_file': 'p.xml'}",
     "c.json: scheduling_interval: must be greater than 0 unless schedule_on_job_submit and "
     "schedule_on_job_finalize are both true, is missing; set an interval in seconds or both "
     "switches"},
    {"interval_is_0_with_one_switch",
     "{" LEAST "'scheduling_interval': 0, 'schedule_on_job_submit': true}",
     "c.json: scheduling_interval: must be greater than 0 unless schedule_on_job_submit and "
     "schedule_on_job_finalize are both true, is 0; set an interval in seconds or both switches"},
    {"interval_is_negative", "{" LEAST "'scheduling_interval': -1}",
     "c.json: scheduling_interval: must be at least 0, is -1"},
    {"sensing_without_interval", "{" MANDATORY ", 'sensing': true}",
     "c.json: sensing_interval: must be greater than 0 as sensing is true, is missing; set an "
     "interval in seconds, or sensing to false"},
    {"sensing_with_interval_0", "{" MANDATORY ", 'sensing': true, 'sensing_interval': 0}",
     "c.json: sensing_interval: must be greater than 0 as sensing is true, is 0; set an interval "
     "in seconds, or sensing to false"},
    {"sensing_interval_is_negative", "{" MANDATORY ", 'sensing_interval': -1}",
     "c.json: sensing_interval: must be at least 0, is -1"},
    {"scheduling_interval_is_tiny", "{" LEAST "'scheduling_interval': 1e-300}",
     "c.json: scheduling_interval: must be at least 1e-06 s, is 1e-300; intervals are in seconds"},
    {"sensing_interval_is_tiny", "{" MANDATORY ", 'sensing': true, 'sensing_interval': 9e-7}",
     "c.json: sensing_interval: must be at least 1e-06 s, is 9e-07; intervals are in seconds"},
    {"output_twice", "{" MANDATORY ", 'task_times': 'a.csv', 'job_statistics': 'a.csv'}",
     "c.json: task_times: 'a.csv' is given as job_statistics too; choose another path"},
    {"output_over_the_jobs", "{" MANDATORY ", 'job_statistics': 'j.json'}",
     "c.json: job_statistics: 'j.json' is given as jobs_file too; choose another path"},
    {"output_over_the_platform", "{" MANDATORY ", 'node_utilization': 'p.xml'}",
     "c.json: node_utilization: 'p.xml' is given as platform_file too; choose another path"},
    {"output_over_the_configuration", "{" MANDATORY ", 'job_statistics': 'c.json'}",
     "c.json: job_statistics: 'c.json' is this configuration file; choose another path"},
};

/* Read strictly, so that warnings are pinned too. */
static void test_bad(void **state)
{
    const struct bad *bad = *state;
    struct configuration configuration;
    struct error err;

    assert_int_equal(read_text(&configuration, bad->text, true, &err), -1);
    assert_string_equal(err.message, bad->message);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_null(configuration.file);
    assert_null(configuration.jobs_file);
    assert_null(configuration.pfs_write_links.items);
}

static void test_missing_file_is_an_error(void **state)
{
    const struct configuration_request request = {.file = "none.json"};
    struct error err = {.kind = ERROR_NONE};
    struct configuration configuration;

    (void)state;
    assert_int_equal(configuration_read(&configuration, &request, NULL, &err), -1);
    assert_string_equal(err.message,
                        "none.json: does not exist (paths are relative to the working directory)");
    assert_int_equal(err.kind, ERROR_INPUT);
}

static void test_unknown_keys_are_warned_of_and_skipped(void **state)
{
    const struct configuration_request request = {.file = "c.json"};
    struct warnings warnings = {.strict = false};
    struct error err = {.kind = ERROR_NONE};
    struct configuration configuration;

    (void)state;
    scratch_write("c.json", "{" MANDATORY ", 'sensin': true}");
    assert_int_equal(configuration_read(&configuration, &request, &warnings, &err), 0);
    assert_int_equal(warnings.count, 1);
    assert_false(configuration.sensing);
    configuration_release(&configuration);
}

static void test_release_takes_a_zeroed_configuration(void **state)
{
    struct configuration configuration = {.file = NULL};

    (void)state;
    configuration_release(&configuration);
}

/* The column of a row of the reference. */
static const char *column(const char *row, size_t from, size_t length)
{
    static char text[64];

    snprintf(text, sizeof text, "%.*s", (int)length, row + from);
    while (*text != '\0' && text[strlen(text) - 1] == ' ')
        text[strlen(text) - 1] = '\0';
    return text;
}

static void test_reference_has_a_row_for_each_key(void **state)
{
    char row[256];
    size_t count = 0;
    FILE *file = tmpfile();

    (void)state;
    assert_non_null(file);
    configuration_print_reference(file);
    rewind(file);
    assert_non_null(fgets(row, sizeof row, file));
    assert_string_equal(row, "Key                           Type     Default    Meaning\n");
    while (fgets(row, sizeof row, file)) {
        assert_true(strlen(row) > 50);
        if (count == 0) {
            assert_string_equal(column(row, 0, 28), "jobs_file");
            assert_string_equal(column(row, 30, 7), "path");
            assert_string_equal(column(row, 39, 9), "mandatory");
        }
        if (strcmp(column(row, 0, 28), "clip_evolving_requests") == 0) {
            assert_string_equal(column(row, 30, 7), "boolean");
            assert_string_equal(column(row, 39, 9), "true");
        }
        count++;
    }
    assert_int_equal(count, 42);
    fclose(file);
}

static void test_files_are_listed_by_use(void **state)
{
    static const struct configured_file read[] = {{"jobs_file", "j.json", true},
                                                  {"platform_file", "p.xml", true}};
    static const struct configured_file written[] = {{"job_statistics", "a.csv", true},
                                                     {"task_times", "t.csv", false}};
    struct configuration configuration =
        read_good("{" MANDATORY ", 'task_times': 't.csv', 'job_statistics': 'a.csv'}");
    struct configured_file file;

    (void)state;
    for (enum file_use use = FILE_READ; use <= FILE_WRITTEN; use++) {
        size_t place = 0;
        for (size_t i = 0; i < 2; i++) {
            const struct configured_file *expected = use == FILE_READ ? &read[i] : &written[i];
            assert_true(configuration_next_file(&configuration, use, &place, &file));
            assert_string_equal(file.key, expected->key);
            assert_string_equal(file.path, expected->path);
            assert_int_equal(file.used, expected->used);
        }
        assert_false(configuration_next_file(&configuration, use, &place, &file));
    }
    configuration_release(&configuration);
}

/* --- What the command line changes --------------------------------------------------------- */

/* Reads a configuration with a NULL-terminated list of settings. */
static int read_with(struct configuration *configuration, const char *const *settings,
                     const char *output, struct error *err)
{
    struct configuration_request request = {
        .file = "c.json", .settings = settings, .output = output};
    while (settings && settings[request.num_settings])
        request.num_settings++;
    *err = (struct error){0};
    scratch_write("c.json", "{" MANDATORY ", 'node_utilization': 'n/u.csv', 'sensing': false, "
                            "'sensing_interval': 5, 'pfs_read_links': ['r']}");
    return configuration_read(configuration, &request, NULL, err);
}

static void test_settings_go_before_the_file(void **state)
{
    static const char *const settings[] = {"sensing=true",
                                           "sensing_interval=7.5e1",
                                           "pfs_read_links=a,b",
                                           "pfs_write_links=[\"c,d\"]",
                                           "scheduler=builtin:easy,order=sjf",
                                           "node_utilization=null",
                                           "scheduling_interval=2",
                                           "scheduling_interval=3",
                                           NULL};
    struct configuration configuration;
    struct error err;
    (void)state;
    assert_int_equal(read_with(&configuration, settings, NULL, &err), 0);
    assert_true(configuration.sensing);
    assert_float_equal(configuration.sensing_interval, 75, 0);
    assert_list(&configuration.pfs_read_links, "a", "b");
    assert_list(&configuration.pfs_write_links, "c,d", NULL);
    assert_string_equal(configuration.scheduler, "builtin:easy,order=sjf");
    assert_null(configuration.node_utilization);
    assert_float_equal(configuration.scheduling_interval, 3, 0);
    assert_string_equal(configuration.given,
                        "{\"jobs_file\":\"j.json\",\"platform_file\":\"p.xml\","
                        "\"scheduling_interval\":3,\"node_utilization\":null,\"sensing\":true,"
                        "\"sensing_interval\":75,\"pfs_read_links\":[\"a\",\"b\"],"
                        "\"pfs_write_links\":[\"c,d\"],"
                        "\"scheduler\":\"builtin:easy,order=sjf\"}");
    configuration_release(&configuration);
}

static void test_a_setting_may_be_an_empty_list(void **state)
{
    static const char *const settings[] = {"pfs_read_links=", NULL};
    struct configuration configuration;
    struct error err;
    (void)state;
    assert_int_equal(read_with(&configuration, settings, NULL, &err), 0);
    assert_int_equal(configuration.pfs_read_links.count, 0);
    configuration_release(&configuration);
}

static const struct bad_setting {
    const char *name, *setting, *message;
} bad_settings[] = {
    {"setting_without_a_value", "sensing", "command line: --set: must be KEY=VALUE, is 'sensing'"},
    {"setting_of_an_unknown_key", "color=red",
     "command line: --set: unknown key 'color'; elastisim --help-configuration lists the known "
     "ones"},
    {"setting_of_no_key", "=3",
     "command line: --set: unknown key ''; elastisim --help-configuration lists the known ones"},
    {"setting_of_a_key_nearly_known", "job_file=j.json",
     "command line: --set: unknown key 'job_file', did you mean 'jobs_file'?"},
    {"setting_of_no_boolean", "sensing=yes",
     "command line: --set: sensing: must be true or false, is a string"},
    {"setting_of_no_number", "scheduling_interval=10s",
     "command line: --set: scheduling_interval: must be a number, is a string"},
    {"setting_of_a_number_below_0", "scheduling_interval=-10",
     "command line: --set: scheduling_interval: must be at least 0, is -10"},
    {"setting_of_too_short_an_interval", "scheduling_interval=1e-9",
     "command line: --set: scheduling_interval: must be at least 1e-06 s, is 1e-09; intervals are "
     "in seconds"},
    {"setting_of_nothing_to_a_path", "jobs_file=",
     "command line: --set: jobs_file: must not be empty; give it a value or leave it out"},
    {"setting_of_null_to_what_is_mandatory", "jobs_file=null",
     "command line: --set: jobs_file: is missing; add it (the jobs, a JSON file)"},
    {"setting_of_a_broken_list", "pfs_read_links=[1",
     "command line: --set: pfs_read_links: must be a list, is a string"},
    {"setting_that_is_no_utf8", "jobs_file=\xff",
     "command line: --set: jobs_file: must be in UTF-8; encode it so"},
    {"setting_of_an_output_that_is_an_input", "job_statistics=p.xml",
     "command line: --set: job_statistics: 'p.xml' is given as platform_file too; choose another "
     "path"},
};

static void test_bad_setting(void **state)
{
    const struct bad_setting *bad = *state;
    const char *const settings[] = {bad->setting, NULL};
    struct configuration configuration;
    struct error err;
    assert_int_equal(read_with(&configuration, settings, NULL, &err), -1);
    assert_string_equal(err.message, bad->message);
    assert_int_equal(err.kind, ERROR_INPUT);
}

/* Those that the configuration asks for, and job_statistics in any case. */
static void test_an_output_folder_takes_all_results_under_their_usual_names(void **state)
{
    static const char *const settings[] = {"events=x", "task_times=t/t.csv", NULL};
    struct configuration configuration;
    struct error err;
    (void)state;
    for (const char *const *folder = (const char *const[]){"runs/1", "runs/1/", NULL}; *folder;
         folder++) {
        assert_int_equal(read_with(&configuration, settings, *folder, &err), 0);
        assert_string_equal(configuration.job_statistics, "runs/1/job_statistics.csv");
        assert_string_equal(configuration.node_utilization, "runs/1/node_utilization.csv");
        assert_string_equal(configuration.task_times, "runs/1/task_times.csv");
        assert_string_equal(configuration.events, "runs/1/events.jsonl");
        assert_null(configuration.cpu_utilization);
        assert_non_null(strstr(configuration.given, "\"events\":\"runs/1/events.jsonl\""));
        configuration_release(&configuration);
    }
}

#define ROWS(table) (sizeof(table) / sizeof *(table))

#define ADD_ROWS(tests, count, table, function)                                                    \
    for (size_t i = 0; i < ROWS(table); i++)                                                       \
        (tests)[(count)++] = (struct CMUnitTest){(table)[i].name, function, NULL, NULL,            \
                                                 (void *)(uintptr_t) & (table)[i]};

int main(void)
{
    static const struct CMUnitTest named[] = {
        cmocka_unit_test(test_every_key_is_read),
        cmocka_unit_test(test_keys_left_out_have_their_defaults),
        cmocka_unit_test(test_null_means_left_out),
        cmocka_unit_test(test_missing_file_is_an_error),
        cmocka_unit_test(test_settings_go_before_the_file),
        cmocka_unit_test(test_a_setting_may_be_an_empty_list),
        cmocka_unit_test(test_an_output_folder_takes_all_results_under_their_usual_names),
        cmocka_unit_test(test_unknown_keys_are_warned_of_and_skipped),
        cmocka_unit_test(test_release_takes_a_zeroed_configuration),
        cmocka_unit_test(test_reference_has_a_row_for_each_key),
        cmocka_unit_test(test_files_are_listed_by_use),
    };
    struct CMUnitTest tests[ROWS(named) + ROWS(goods) + ROWS(bads) + ROWS(bad_settings)];
    size_t count = ROWS(named);

    memcpy(tests, named, sizeof named);
    ADD_ROWS(tests, count, goods, test_good)
    ADD_ROWS(tests, count, bads, test_bad)
    ADD_ROWS(tests, count, bad_settings, test_bad_setting)
    return cmocka_run_group_tests_name("configuration", tests, scratch_enter, scratch_leave);
}
