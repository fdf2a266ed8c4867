/* The command line: what is understood, and what every mistake is answered with. */
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#define MAX_ARGUMENTS 8

static int read_words(struct options *options, const char *const *words, struct error *err)
{
    char *argv[MAX_ARGUMENTS + 2] = {"elastisim"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(size_t)words[argc - 1];
    *err = (struct error){0};
    return options_read(options, argc, argv, err);
}

static void test_options_stand_before_or_after_the_configuration(void **state)
{
    (void)state;
    struct options options;
    struct error err;
    const char *before[] = {"--scheduler", "builtin:fcfs", "c.json", NULL};
    const char *after[] = {"c.json", "--scheduler=builtin:fcfs", "--strict", NULL};
    assert_int_equal(read_words(&options, before, &err), 0);
    assert_string_equal(options.configuration, "c.json");
    assert_string_equal(options.scheduler, "builtin:fcfs");
    assert_false(options.strict);
    options_release(&options);
    assert_int_equal(read_words(&options, after, &err), 0);
    assert_string_equal(options.configuration, "c.json");
    assert_string_equal(options.scheduler, "builtin:fcfs");
    assert_true(options.strict);
    assert_int_equal(options.command, COMMAND_RUN);
    options_release(&options);
}

static void test_options_have_letters(void **state)
{
    (void)state;
    static const char *const spellings[][6] = {
        {"-C", "d", "-o", "e", "c.json", NULL},
        {"-Cd", "c.json", "-oe", NULL},
        {"c.json", "--directory=d", "--output", "e", NULL},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct options options;
        struct error err;
        assert_int_equal(read_words(&options, spellings[i], &err), 0);
        assert_string_equal(options.configuration, "c.json");
        assert_string_equal(options.directory, "d");
        assert_string_equal(options.output, "e");
        options_release(&options);
    }
}

static void test_settings_are_kept_in_order(void **state)
{
    (void)state;
    struct options options;
    struct error err;
    const char *words[] = {"--set", "sensing=true", "c.json", "--set=events=e.jsonl", NULL};
    assert_int_equal(read_words(&options, words, &err), 0);
    assert_int_equal(options.num_settings, 2);
    assert_string_equal(options.settings[0], "sensing=true");
    assert_string_equal(options.settings[1], "events=e.jsonl");
    options_release(&options);
}

static void test_the_live_stream_is_asked_for(void **state)
{
    (void)state;
    struct options options;
    struct error err;
    const char *words[] = {"c.json", "--events-url", "ipc://e", "--events-wait", NULL};
    assert_int_equal(read_words(&options, words, &err), 0);
    assert_string_equal(options.events_url, "ipc://e");
    assert_true(options.events_wait);
    options_release(&options);
}

static void test_simgrid_options_are_passed_on_in_order(void **state)
{
    (void)state;
    struct options options;
    struct error err;
    const char *words[] = {"--cfg=a:1", "c.json", "--log=root.thresh:info", NULL};
    assert_int_equal(read_words(&options, words, &err), 0);
    assert_int_equal(options.num_simgrid, 2);
    assert_string_equal(options.simgrid[0], "--cfg=a:1");
    assert_string_equal(options.simgrid[1], "--log=root.thresh:info");
    options_release(&options);
}

static void test_commands_need_no_configuration(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum command command;
    } rows[] = {
        {"--help", COMMAND_HELP},
        {"-h", COMMAND_HELP},
        {"--version", COMMAND_VERSION},
        {"--list-schedulers", COMMAND_SCHEDULERS},
        {"--help-configuration", COMMAND_CONFIGURATION},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options;
        struct error err;
        const char *words[] = {rows[i].word, NULL};
        assert_int_equal(read_words(&options, words, &err), 0);
        assert_int_equal(options.command, rows[i].command);
        options_release(&options);
    }
}

static void test_mistakes_are_answered_with_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *words[4];
        const char *message;
    } rows[] = {
        {{NULL},
         "command line: no configuration file; usage: elastisim CONFIG [options], see elastisim "
         "--help"},
        {{"--check", NULL},
         "command line: no configuration file; usage: elastisim CONFIG [options], see elastisim "
         "--help"},
        {{"c.json", "--schedular", "x", NULL},
         "command line: unknown option '--schedular'; did you mean '--scheduler'?"},
        {{"c.json", "--nonsense-of-sorts", NULL},
         "command line: unknown option '--nonsense-of-sorts'; see elastisim --help"},
        {{"c.json", "-x", NULL}, "command line: unknown option '-x'; see elastisim --help"},
        {{"c.json", "--scheduler", NULL},
         "command line: --scheduler needs a value: --scheduler SPEC"},
        {{"c.json", "--scheduler=", NULL},
         "command line: --scheduler needs a value: --scheduler SPEC"},
        {{"c.json", "--strict=yes", NULL}, "command line: --strict takes no value"},
        {{"-hx", NULL}, "command line: --help takes no value"},
        {{"c.json", "-C", NULL}, "command line: --directory needs a value: --directory DIR"},
        {{"c.json", "--output=", NULL}, "command line: --output needs a value: --output DIR"},
        {{"c.json", "--set", NULL}, "command line: --set needs a value: --set KEY=VALUE"},
        {{"c.json", "d.json", NULL},
         "command line: 'd.json' comes after the configuration 'c.json'; give one configuration "
         "file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options;
        struct error err;
        assert_int_equal(read_words(&options, rows[i].words, &err), -1);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(err.message, rows[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_stand_before_or_after_the_configuration),
        cmocka_unit_test(test_simgrid_options_are_passed_on_in_order),
        cmocka_unit_test(test_options_have_letters),
        cmocka_unit_test(test_settings_are_kept_in_order),
        cmocka_unit_test(test_the_live_stream_is_asked_for),
        cmocka_unit_test(test_commands_need_no_configuration),
        cmocka_unit_test(test_mistakes_are_answered_with_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
