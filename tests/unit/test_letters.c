/* Letters without their case. */
#include "base/letters.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_capitals_of_ascii_become_small_and_nothing_else_changes(void **state)
{
    (void)state;
    for (int c = -128; c < 128; c++) {
        char expected = c >= 0 && isupper(c) ? (char)tolower(c) : (char)c;
        assert_int_equal(letters_lower((char)c), expected);
    }
}

static void test_a_word_is_known_in_any_case_and_only_whole(void **state)
{
    (void)state;
    assert_true(letters_say("Min", 3, "min"));
    assert_true(letters_say("MIN(x)", 3, "min"));
    assert_true(letters_say("", 0, ""));
    assert_false(letters_say("min", 2, "min"));
    assert_false(letters_say("mini", 4, "min"));
    assert_false(letters_say("max", 3, "min"));
    assert_false(letters_say("", 0, "min"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capitals_of_ascii_become_small_and_nothing_else_changes),
        cmocka_unit_test(test_a_word_is_known_in_any_case_and_only_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
