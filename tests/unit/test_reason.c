/* What of SimGrid's complaints is quoted to users, in the forms that its versions have. */
#include "resources/simgrid/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct extraction {
    const char *said, *reason;
    long line;
};

#define CRITICAL "[0.000000] [root/CRITICAL] "

static const struct extraction extractions[] = {
    {"", "", 0},
    {"stoi", "stoi", 0},
    {"One two three.\n", "One two three", 0},
    {"[0.000000] [xbt_cfg/INFO] Something else\n" CRITICAL "The last counts!\n", "The last counts",
     0},
    {CRITICAL "The first\n[0.000000] [ker_engine/ERROR] The second\nwith more\n", "The second", 0},
    {CRITICAL "Parse error at p.xml:12: No such thing\n", "No such thing", 12},
    {"Parse error at other.xml:12: No such thing", "Parse error at other.xml:12: No such thing", 0},
    {"Parse error at p.xml: No such thing", "Parse error at p.xml: No such thing", 0},
    {CRITICAL "Invalid XML (p.xml): Unexpected end\n", "Unexpected end", 0},
    {"./src/kernel/Thing.cpp:123: [core] failed: two names", "[core] failed: two names", 0},
    {"Parse error at p.xml:4: Route dst='x' does name a node. Existing netpoints: 'h'",
     "Route dst='x' names no node", 4},
};

static void test_the_reason_is_cut_out_of_what_simgrid_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof extractions / sizeof extractions[0]; i++) {
        const struct extraction *extraction = &extractions[i];
        char said[500];
        strcpy(said, extraction->said);
        long line = reason_extract(said, "p.xml");
        assert_string_equal(said, extraction->reason);
        assert_int_equal(line, extraction->line);
    }
}

static void test_a_long_reason_is_cut(void **state)
{
    char said[1000];
    (void)state;
    memset(said, 'a', sizeof said - 1);
    said[sizeof said - 1] = '\0';
    assert_int_equal(reason_extract(said, "p.xml"), 0);
    assert_int_equal(strlen(said), 400);
}

static void test_a_reason_that_is_no_words_is_put_into_words(void **state)
{
    (void)state;
    assert_string_equal(reason_in_words(""), "it gives no reason");
    assert_string_equal(reason_in_words("stoul"), "a whole number in it is malformed or too large");
    assert_string_equal(reason_in_words("stod"), "a number in it is malformed or too large");
    assert_string_equal(reason_in_words("Flex returned an error code"), "this is no XML");
    assert_string_equal(reason_in_words("No such thing"), "No such thing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_reason_is_cut_out_of_what_simgrid_says),
        cmocka_unit_test(test_a_long_reason_is_cut),
        cmocka_unit_test(test_a_reason_that_is_no_words_is_put_into_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
