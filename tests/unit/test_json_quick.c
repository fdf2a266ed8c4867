/* Values that are read without cJSON are what cJSON makes of them, or are left to it. */
#include "base/json_quick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST_TEXT = 2048, NUM_MUTATIONS = 60000 };

static void assert_same_text(const char *one, const char *other)
{
    assert_int_equal(one == NULL, other == NULL);
    if (one)
        assert_string_equal(one, other);
}

/* Numbers bit by bit. */
static void assert_same(const cJSON *one, const cJSON *other)
{
    for (; one && other; one = one->next, other = other->next) {
        assert_int_equal(one->type, other->type);
        assert_int_equal(one->valueint, other->valueint);
        assert_memory_equal(&one->valuedouble, &other->valuedouble, sizeof(double));
        assert_same_text(one->string, other->string);
        assert_same_text(one->valuestring, other->valuestring);
        assert_same(one->child, other->child);
    }
    assert_true(!one && !other);
}

/* Whether it is read without cJSON, which has to read the same then. */
static bool is_quick(struct json_quick *quick, const char *text, size_t size)
{
    size_t length;
    const char *end = NULL;
    const cJSON *value = json_quick_value(quick, text, size, &length);
    if (!value)
        return false;
    cJSON *expected = cJSON_ParseWithLengthOpts(text, size, &end, false);
    assert_non_null(expected);
    assert_int_equal(length, (size_t)(end - text));
    assert_same(value, expected);
    cJSON_Delete(expected);
    return true;
}

static const char job[] =
    " {\"type\": \"rigid\", \"submit_time\": 105.25, \"num_nodes\": 2, \"walltime\": 9e2,\n"
    "  \"arguments\": {\"runtime\": -0.3333333333333333, \"x\": [1, [], {}, \"a b\"], \"\": "
    "null},\r"
    "\t\"name\": \"Gr\xC3\xBC\xC3\x9F\x65\", \"a\": true, \"b\": false, \"c\": 1e-7, \"d\": -0 } , "
    "7";

static void test_a_job_is_what_cjson_reads(void **state)
{
    struct json_quick quick = {0};
    (void)state;
    assert_true(is_quick(&quick, job, sizeof job - 1));
    assert_true(is_quick(&quick, job, sizeof job - 4)); /* up to its end */
    json_quick_release(&quick);
}

static void test_what_is_out_of_the_ordinary_is_left_to_cjson(void **state)
{
    static const char *const texts[] = {
        "",
        "  ",
        "{",
        "[",
        "[1",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "[1,]",
        "[1 2]",
        "{1:2}",
        "\"a",
        "\"a\\n\"",
        "\"a\tb\"",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "1.2.3",
        "1e5e",
        "nul",
        "tru",
        "nan",
        "'a'",
        "[[[[[[[[[1]]]]]]]]]",
        "100000000000000000000000000000000000000000000000000000000000000000",
    };
    struct json_quick quick = {0};
    size_t length;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_null(json_quick_value(&quick, texts[i], strlen(texts[i]), &length));
    json_quick_release(&quick);
}

static void test_a_value_of_thousands_of_parts_is_left_to_cjson(void **state)
{
    enum { PARTS = 5000 };
    struct json_quick quick = {0};
    char *text = malloc(2 * PARTS + 2);
    size_t length;
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < PARTS; i++)
        memcpy(text + 2 * i, i == 0 ? "[1" : ",1", 2);
    strcpy(text + (size_t)2 * PARTS, "]");
    assert_null(json_quick_value(&quick, text, 2 * PARTS + 1, &length));
    assert_true(is_quick(&quick, job, sizeof job - 1));
    free(text);
    json_quick_release(&quick);
}

static uint64_t draw(uint64_t *random)
{
    uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Characters of the job are replaced, taken out and doubled. */
static void test_slips_of_the_pen_are_read_as_cjson_does_or_left_to_it(void **state)
{
    static const char characters[] = "{}[]:,\"\\ 0123456789.-+eEtfnua\n\x01\x7F\xC3";
    struct json_quick quick = {0};
    uint64_t random = 1, read = 0;
    char text[LONGEST_TEXT];
    (void)state;
    for (unsigned round = 0; round < NUM_MUTATIONS; round++) {
        size_t size = sizeof job - 1;
        memcpy(text, job, size);
        for (uint64_t slips = draw(&random) % 3; slips > 0; slips--) {
            size_t place = draw(&random) % size, kind = draw(&random) % 3;
            if (kind == 0)
                text[place] = characters[draw(&random) % (sizeof characters - 1)];
            else if (kind == 1)
                memmove(text + place, text + place + 1, --size - place);
            else
                memmove(text + place + 1, text + place, size++ - place);
        }
        read += is_quick(&quick, text, size) ? 1 : 0;
    }
    assert_in_range(read, NUM_MUTATIONS / 3, NUM_MUTATIONS - NUM_MUTATIONS / 10);
    json_quick_release(&quick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_job_is_what_cjson_reads),
        cmocka_unit_test(test_what_is_out_of_the_ordinary_is_left_to_cjson),
        cmocka_unit_test(test_a_value_of_thousands_of_parts_is_left_to_cjson),
        cmocka_unit_test(test_slips_of_the_pen_are_read_as_cjson_does_or_left_to_it),
    };
    return cmocka_run_group_tests_name("json_quick", tests, NULL, NULL);
}
