/* What messages quote of texts that may have any length. */
#include "base/quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_a_short_text_is_quoted_whole(void **state)
{
    char text[QUOTE_TEXT - 3], buffer[QUOTE_TEXT];

    (void)state;
    assert_string_equal(quote("", buffer), "");
    assert_string_equal(quote("na\xC3\xAFve", buffer), "na\xC3\xAFve");
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_string_equal(quote(text, buffer), text);
}

/* 199 letters and a character of two bytes that would be cut in its middle. */
static void test_a_long_text_is_cut_between_characters(void **state)
{
    char text[1000], expected[QUOTE_TEXT], buffer[QUOTE_TEXT];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memset(expected, 'a', 200);
    memcpy(expected + 200, "...", 4);
    assert_string_equal(quote(text, buffer), expected);
    memcpy(text + 199, "\xC3\xA9", 2);
    memcpy(expected + 199, "...", 4);
    assert_string_equal(quote(text, buffer), expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_short_text_is_quoted_whole),
        cmocka_unit_test(test_a_long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
