/* How the library of external schedulers reads messages: values where they stand, nothing beyond
 * the end. */
#include "libelastisim/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct value text(const char *characters)
{
    return (struct value){characters, characters + strlen(characters)};
}

static void test_members_are_found_in_any_order(void **context)
{
    (void)context;
    struct object object;
    assert_int_equal(
        elastisim_read_object(text("{\"a\" : 1, \"b\":[2, {\"c\":\"}\"}],\"c\\\"\":\"x\\\"y\" }"),
                              &object),
        0);
    assert_int_equal(object.count, 3);
    assert_true(elastisim_read_number(elastisim_member(&object, "a"), -1) == 1);
    struct value list = elastisim_member(&object, "b");
    assert_memory_equal(list.begin, "[2, {\"c\":\"}\"}]", (size_t)(list.end - list.begin));
    assert_true(elastisim_read_number(elastisim_member(&object, "a"), -1) == 1);
    assert_null(elastisim_member(&object, "c").begin);
    assert_true(elastisim_read_number(elastisim_member(&object, "d"), -1) == -1);
}

static void test_a_list_is_walked_element_by_element(void **context)
{
    (void)context;
    static const char *const lists[] = {"[]", "[ ]", "[1]", "[1,2]", "[ 1 , [2,3] , \"]\" ]"};
    static const int lengths[] = {0, 0, 1, 2, 3};
    for (size_t i = 0; i < 5; i++) {
        struct value rest = text(lists[i]), element;
        int length = 0, more;
        while ((more = elastisim_read_element(&rest, &element)) > 0)
            length++;
        assert_int_equal(more, 0);
        assert_int_equal(length, lengths[i]);
    }
    struct value nothing = {NULL, NULL}, element;
    assert_int_equal(elastisim_read_element(&nothing, &element), 0);
}

/* Numbers have to be those that were written, to the last bit. */
static void test_numbers_read_back_as_they_were_written(void **context)
{
    (void)context;
    static const double numbers[] = {
        0,       -1,       4293673984.0,      0.1,     12345.678,  1e22,   1e-7,   2.5e300,
        1.0 / 3, 1e10 / 7, 123456789012345.0, -0.0625, 9.87654e-5, 5e-324, 0.0001, 1e15 + 0.3};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char digits[64];
        snprintf(digits, sizeof digits, "%.17g", numbers[i]);
        assert_true(elastisim_read_number(text(digits), -2) == numbers[i]);
        snprintf(digits, sizeof digits, "%.15g", numbers[i]);
        assert_true(elastisim_read_number(text(digits), -2) == strtod(digits, NULL));
    }
    for (uint32_t i = 0; i < 100000; i += 7) {
        char digits[64];
        snprintf(digits, sizeof digits, "%u.%03u", i * 40000U, i % 1000);
        assert_true(elastisim_read_number(text(digits), -2) == strtod(digits, NULL));
    }
    assert_true(elastisim_read_number(text("null"), -2) == -2);
    assert_true(elastisim_read_number(text("-"), -2) == -2);
    assert_true(elastisim_read_number(text("\"1\""), -2) == -2);
}

static void test_strings_lose_their_quotes_and_escapes(void **context)
{
    (void)context;
    static const char *const cases[][2] = {
        {"\"plain\"", "plain"}, {"\"\"", ""}, {"\"a\\n\\\"b\\u00fc\"", "a\n\"b\xc3\xbc"}};
    for (size_t i = 0; i < 3; i++) {
        char *string = elastisim_read_string(text(cases[i][0]));
        assert_string_equal(string, cases[i][1]);
        free(string);
    }
    assert_null(elastisim_read_string(text("17")));
    assert_null(elastisim_read_string((struct value){NULL, NULL}));
}

/* Reads everything of a value that can be read. */
static int visit(struct value value)
{
    struct object object;
    struct value element;
    int more = -1;
    if (*value.begin == '{') {
        if (elastisim_read_object(value, &object))
            return -1;
        for (size_t i = 0; i < object.count; i++)
            if (visit(object.members[i].value))
                return -1;
        return 0;
    }
    if (*value.begin != '[')
        return 0;
    while ((more = elastisim_read_element(&value, &element)) > 0)
        if (visit(element))
            return -1;
    return more;
}

/* Each in a block of its own size, so that the sanitizer sees a look beyond it. */
static int read_all(const char *characters, size_t length)
{
    char *block = malloc(length + !length);
    struct value value;
    memcpy(block, characters, length);
    int result = elastisim_read_text(block, length, &value) ? -1 : visit(value);
    free(block);
    return result;
}

static void test_a_text_that_is_cut_is_none_and_is_not_read_beyond(void **context)
{
    (void)context;
    static const char whole[] =
        "{\"code\": 12, \"jobs\": [{\"id\": 0, \"name\": \"a\\\"b\", \"ok\": "
        "true, \"list\": [1, 2.5, []]}, {}]}";
    size_t length = sizeof whole - 1;
    assert_int_equal(read_all(whole, length), 0);
    for (size_t cut = 0; cut < length; cut++)
        assert_int_equal(read_all(whole, cut), -1);
}

static void test_what_is_no_object_is_refused(void **context)
{
    (void)context;
    static const char *const texts[] = {"{\"a\"}",   "{\"a\":}", "{1:2}",       "{\"a\":1 \"b\":2}",
                                        "{,\"a\":1", "{} {}",    "{\"a\":1]}}", "[1 2]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(read_all(texts[i], strlen(texts[i])), -1);
}

static void test_more_members_than_any_message_has_are_refused(void **context)
{
    (void)context;
    char many[1024] = "{";
    for (int i = 0; i <= MOST_MEMBERS; i++)
        sprintf(many + strlen(many), "%s\"m%d\":0", i == 0 ? "" : ",", i);
    strcat(many, "}");
    struct object object;
    assert_int_equal(elastisim_read_object(text(many), &object), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_found_in_any_order),
        cmocka_unit_test(test_a_list_is_walked_element_by_element),
        cmocka_unit_test(test_numbers_read_back_as_they_were_written),
        cmocka_unit_test(test_strings_lose_their_quotes_and_escapes),
        cmocka_unit_test(test_a_text_that_is_cut_is_none_and_is_not_read_beyond),
        cmocka_unit_test(test_what_is_no_object_is_refused),
        cmocka_unit_test(test_more_members_than_any_message_has_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
