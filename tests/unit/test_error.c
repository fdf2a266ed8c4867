/* Errors and warnings: the first stays, what is too long is cut visibly. */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MESSAGE = sizeof((struct error *)NULL)->message };

static int vset(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int vset(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list arguments;
    int status;

    va_start(arguments, format);
    status = error_vset(err, kind, format, arguments);
    va_end(arguments);
    return status;
}

/* A text of so many characters. */
static const char *repeat(char c, size_t length)
{
    static char text[3 * MESSAGE];

    assert_true(length < sizeof text);
    memset(text, c, length);
    text[length] = '\0';
    return text;
}

static void test_kinds_are_the_exit_statuses(void **state)
{
    (void)state;
    assert_int_equal(ERROR_NONE, 0);
    assert_int_equal(ERROR_FAILURE, 1);
    assert_int_equal(ERROR_INPUT, 2);
    assert_int_equal(ERROR_SCHEDULER, 3);
    assert_int_equal(ERROR_STUCK, 4);
}

static void test_set_fills_kind_and_message(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_int_equal(error_set(&err, ERROR_SCHEDULER, "job %d: %s", 7, "gone"), -1);
    assert_int_equal(err.kind, ERROR_SCHEDULER);
    assert_string_equal(err.message, "job 7: gone");
}

static void test_vset_fills_kind_and_message(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_int_equal(vset(&err, ERROR_STUCK, "%d jobs wait", 2), -1);
    assert_int_equal(err.kind, ERROR_STUCK);
    assert_string_equal(err.message, "2 jobs wait");
}

static void test_the_first_error_stays(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    error_set(&err, ERROR_INPUT, "first");
    assert_int_equal(error_set(&err, ERROR_STUCK, "second"), -1);
    assert_int_equal(vset(&err, ERROR_STUCK, "third"), -1);
    assert_int_equal(error_no_memory(&err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(err.message, "first");
}

static void test_no_memory_is_a_failure(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_int_equal(error_no_memory(&err), -1);
    assert_int_equal(err.kind, ERROR_FAILURE);
    assert_string_equal(err.message, "out of memory");
}

static void test_a_message_that_just_fits_is_whole(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    error_set(&err, ERROR_INPUT, "%s", repeat('x', MESSAGE - 1));
    assert_string_equal(err.message, repeat('x', MESSAGE - 1));
}

static void test_a_message_too_long_ends_in_dots(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    error_set(&err, ERROR_INPUT, "%s", repeat('x', MESSAGE));
    assert_int_equal(strlen(err.message), MESSAGE - 1);
    assert_string_equal(err.message + MESSAGE - 6, "xx...");
}

static void test_a_cut_leaves_characters_whole(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    /* The cut is between the two bytes of the letter. */
    error_set(&err, ERROR_INPUT, "%s\xC3\xA9%s", repeat('x', MESSAGE - 5), "yyyyyy");
    assert_int_equal(strlen(err.message), MESSAGE - 2);
    assert_string_equal(err.message + MESSAGE - 6, "x...");
}

static void test_prefix_stands_before_the_message(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    error_set(&err, ERROR_STUCK, "must be a number");
    assert_int_equal(error_prefix(&err, "%s: jobs[%d]", "jobs.json", 3), -1);
    assert_int_equal(err.kind, ERROR_STUCK);
    assert_string_equal(err.message, "jobs.json: jobs[3]: must be a number");
}

static void test_prefix_cuts_a_message_that_grows_too_long(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    error_set(&err, ERROR_INPUT, "%s", repeat('x', MESSAGE - 1));
    error_prefix(&err, "here");
    assert_int_equal(strlen(err.message), MESSAGE - 1);
    assert_memory_equal(err.message, "here: xx", 8);
    assert_string_equal(err.message + MESSAGE - 6, "xx...");
}

static void test_a_prefix_too_long_is_cut_itself(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    error_set(&err, ERROR_INPUT, "gone");
    error_prefix(&err, "%s", repeat('p', (size_t)2 * MESSAGE));
    assert_int_equal(strlen(err.message), MESSAGE - 1);
    assert_string_equal(err.message + MESSAGE - 6, "pp...");
}

/* What a warning prints. */
static const char *printed(struct warnings *warnings, struct error *err, const char *text)
{
    static char output[256];
    int saved = dup(STDERR_FILENO);
    FILE *file = tmpfile();
    size_t length;

    assert_non_null(file);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    assert_int_equal(warnings_add(warnings, err, "%s", text), 0);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    rewind(file);
    length = fread(output, 1, sizeof output - 1, file);
    output[length] = '\0';
    fclose(file);
    return output;
}

static void test_a_warning_is_printed_and_counted(void **state)
{
    struct warnings warnings = {.strict = false};
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_string_equal(printed(&warnings, &err, "a.json: look"),
                        "elastisim: warning: a.json: look\n");
    assert_int_equal(warnings.count, 1);
    assert_int_equal(err.kind, ERROR_NONE);
    printed(&warnings, &err, "again");
    assert_int_equal(warnings.count, 2);
}

static void test_a_strict_warning_is_an_input_error(void **state)
{
    struct warnings warnings = {.strict = true};
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_int_equal(warnings_add(&warnings, &err, "a.json: %s", "look"), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(err.message, "a.json: look");
    assert_int_equal(warnings.count, 0);
}

static void test_without_warnings_one_is_dropped(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_string_equal(printed(NULL, &err, "look"), "");
    assert_int_equal(err.kind, ERROR_NONE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds_are_the_exit_statuses),
        cmocka_unit_test(test_set_fills_kind_and_message),
        cmocka_unit_test(test_vset_fills_kind_and_message),
        cmocka_unit_test(test_the_first_error_stays),
        cmocka_unit_test(test_no_memory_is_a_failure),
        cmocka_unit_test(test_a_message_that_just_fits_is_whole),
        cmocka_unit_test(test_a_message_too_long_ends_in_dots),
        cmocka_unit_test(test_a_cut_leaves_characters_whole),
        cmocka_unit_test(test_prefix_stands_before_the_message),
        cmocka_unit_test(test_prefix_cuts_a_message_that_grows_too_long),
        cmocka_unit_test(test_a_prefix_too_long_is_cut_itself),
        cmocka_unit_test(test_a_warning_is_printed_and_counted),
        cmocka_unit_test(test_a_strict_warning_is_an_input_error),
        cmocka_unit_test(test_without_warnings_one_is_dropped),
    };

    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
