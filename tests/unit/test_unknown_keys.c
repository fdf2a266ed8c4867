/* Unknown keys: one message for a file, with the nearest known ones and no list of the others. */
#include "base/unknown_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const known[] = {"type", "walltime", "submit_time", "num_nodes", NULL};

static struct json_document parse(const char *text)
{
    struct json_document document;
    struct error err = {0};
    assert_int_equal(json_parse(&document, "a.json", text, strlen(text), &err), 0);
    return document;
}

/* Looks at the elements of a list, then tells strictly. */
static void tell(const char *text, const char *help, struct error *err)
{
    struct json_document document = parse(text);
    struct json_at root = json_root(&document);
    struct unknown_keys keys = {.file = "a.json", .help = help};
    struct warnings strict = {.strict = true};
    const cJSON *element;
    long index = 0;
    cJSON_ArrayForEach(element, root.value)
    {
        struct json_at at = json_element(&root, element, index++);
        unknown_keys_look(&keys, &at, known);
    }
    int status = unknown_keys_tell(&keys, &strict, err);
    assert_int_equal(status, err->kind == ERROR_NONE ? 0 : -1);
    json_close(&document);
}

static const struct message {
    const char *name, *text, *help, *message;
} messages[] = {
    {"known_keys_are_silent", "[{\"walltime\": 1, \"type\": 2}, {}]", NULL, ""},
    {"what_is_no_object_is_silent", "[[{\"a\": 1}], 3, \"a\"]", NULL, ""},
    {"one_far_from_all", "[{\"queue\": 1}]", NULL, "a.json: [0]: unknown key 'queue'"},
    {"one_far_from_all_with_help", "[{\"queue\": 1}]", "prog --help",
     "a.json: [0]: unknown key 'queue'; prog --help lists the known ones"},
    {"one_near", "[{}, {\"walltme\": 1}]", "prog --help",
     "a.json: [1]: unknown key 'walltme', did you mean 'walltime'?"},
    {"one_in_many_places", "[{\"queue\": 1}, {\"queue\": 2}]", NULL,
     "a.json: [0]: unknown key 'queue'"},
    {"several", "[{\"queue\": 1, \"typ\": 2}, {\"is it\": 3}]", NULL,
     "a.json: unknown keys '[0].queue', '[0].typ' (did you mean 'type'?), '[1][\"is it\"]'"},
    {"several_with_help", "[{\"queue\": 1, \"typ\": 2}]", "prog --help",
     "a.json: unknown keys '[0].queue', '[0].typ' (did you mean 'type'?); prog --help lists the "
     "known ones"},
    {"several_near_need_no_help", "[{\"typ\": 1, \"walltme\": 2}]", "prog --help",
     "a.json: unknown keys '[0].typ' (did you mean 'type'?), '[0].walltme' (did you mean "
     "'walltime'?)"},
    {"six_are_named", "[{\"a\": 1, \"b\": 1, \"c\": 1, \"d\": 1, \"e\": 1, \"f\": 1}]", NULL,
     "a.json: unknown keys '[0].a', '[0].b', '[0].c', '[0].d', '[0].e', '[0].f'"},
    {"of_more_six_are_named",
     "[{\"a\": 1, \"b\": 1, \"c\": 1, \"d\": 1, \"e\": 1, \"f\": 1, \"g\": 1, \"h\": 1}]",
     "prog --help",
     "a.json: unknown keys '[0].a', '[0].b', '[0].c', '[0].d', '[0].e', '[0].f' and others; prog "
     "--help lists the known ones"},
};

static void test_message(void **state)
{
    const struct message *message = *state;
    struct error err = {0};
    tell(message->text, message->help, &err);
    assert_string_equal(err.message, message->message);
    assert_int_equal(err.kind, *message->message ? ERROR_INPUT : ERROR_NONE);
}

static void test_a_key_is_cut_and_the_message_ends_well(void **state)
{
    char text[5000], message[600];
    (void)state;
    snprintf(text, sizeof text, "[{\"%0*d\": 1, \"%0*d\": 2}]", 2000, 1, 2001, 1);
    struct error err = {0};
    tell(text, "prog --help", &err);
    snprintf(message, sizeof message,
             "a.json: [0]: unknown key '%0200d...'; prog --help lists the known ones", 0);
    assert_string_equal(err.message, message);
}

/* An error of the same file may come of the key that is spelt wrong. */
static void test_with_strict_a_key_goes_before_an_error_that_follows(void **state)
{
    struct error err = {0};
    (void)state;
    error_set(&err, ERROR_INPUT, "a.json: [0]: 'type' is missing");
    tell("[{\"typ\": 1}]", NULL, &err);
    assert_string_equal(err.message, "a.json: [0]: unknown key 'typ', did you mean 'type'?");
}

static void test_running_out_of_memory_stays_the_error(void **state)
{
    struct error err = {0};
    (void)state;
    error_no_memory(&err);
    tell("[{\"typ\": 1}]", NULL, &err);
    assert_string_equal(err.message, "out of memory");
}

static void test_without_strict_it_is_one_warning(void **state)
{
    struct json_document document = parse("{\"a\": 1, \"b\": 2}");
    struct json_at root = json_root(&document);
    struct unknown_keys keys = {.file = "a.json"};
    struct warnings warnings = {.strict = false};
    struct error err = {0};
    (void)state;
    unknown_keys_look(&keys, &root, known);
    assert_int_equal(unknown_keys_tell(&keys, &warnings, &err), 0);
    assert_int_equal(warnings.count, 1);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_int_equal(unknown_keys_tell(&keys, NULL, &err), 0);
    json_close(&document);
}

enum { NUM_MESSAGES = sizeof messages / sizeof *messages, NUM_OTHERS = 4 };

static void test_where_an_editor_finds_the_schema_is_known_everywhere(void **state)
{
    struct error err = {0};
    (void)state;
    tell("[{\"$schema\": \"a\"}, {\"$schema\": 1, \"type\": 2}]", NULL, &err);
    assert_int_equal(err.kind, ERROR_NONE);
}

int main(void)
{
    struct CMUnitTest tests[NUM_MESSAGES + NUM_OTHERS] = {
        cmocka_unit_test(test_a_key_is_cut_and_the_message_ends_well),
        cmocka_unit_test(test_with_strict_a_key_goes_before_an_error_that_follows),
        cmocka_unit_test(test_running_out_of_memory_stays_the_error),
        cmocka_unit_test(test_without_strict_it_is_one_warning),
        cmocka_unit_test(test_where_an_editor_finds_the_schema_is_known_everywhere),
    };
    for (size_t i = 0; i < NUM_MESSAGES; i++)
        tests[NUM_OTHERS + i] = (struct CMUnitTest){messages[i].name, test_message, NULL, NULL,
                                                    (void *)(uintptr_t)&messages[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
