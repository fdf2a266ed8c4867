/* Text as JSON, and the UTF-8 that it has to be. */
#include "base/json_write.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Bytes and the length of the character that they begin with; bounds of RFC 3629, table 3-7. */
static const struct {
    const char *bytes;
    size_t length;
} characters[] = {
    {"a", 1},
    {"\x7F", 1},
    {"\x80", 0},     /* begins no character */
    {"\xC1\xBF", 0}, /* longer than it has to be */
    {"\xC2\x80", 2},
    {"\xDF\xBF", 2},
    {"\xC2\x7F", 0},
    {"\xC2", 0},         /* cut off */
    {"\xE0\x9F\xBF", 0}, /* longer than it has to be */
    {"\xE0\xA0\x80", 3},
    {"\xE2\x82\xAC", 3}, /* the euro sign */
    {"\xED\x9F\xBF", 3},
    {"\xED\xA0\x80", 0}, /* half of a surrogate pair */
    {"\xEF\xBF\xBF", 3},
    {"\xE2\x82", 0},
    {"\xF0\x8F\xBF\xBF", 0}, /* longer than it has to be */
    {"\xF0\x90\x80\x80", 4},
    {"\xF4\x8F\xBF\xBF", 4}, /* the last one */
    {"\xF4\x90\x80\x80", 0},
    {"\xF5\x80\x80\x80", 0},
    {"\xFF", 0},
};

static void test_only_characters_of_utf_8_have_a_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        const char *bytes = characters[i].bytes;
        assert_int_equal(utf8_length(bytes, strlen(bytes)), characters[i].length);
        assert_int_equal(utf8_length(bytes, 4), characters[i].length); /* up to the NUL byte */
    }
    assert_int_equal(utf8_length("", 0), 0);
    assert_int_equal(utf8_length("", 1), 1);
    assert_int_equal(utf8_length("\xE2\x82\xAC", 2), 0);
}

static void check_string(const char *text, const char *expected)
{
    char json[128] = "";
    for (struct json_piece piece; json_next_piece(&text, &piece);)
        strncat(json, piece.bytes, piece.length);
    assert_string_equal(json, expected);
}

static void test_plain_text_is_one_piece(void **state)
{
    (void)state;
    const char *text = "job 7";
    struct json_piece piece;
    assert_true(json_next_piece(&text, &piece));
    assert_int_equal(piece.length, 5);
    assert_false(json_next_piece(&text, &piece));
}

static void test_what_json_forbids_is_escaped(void **state)
{
    (void)state;
    check_string("", "");
    check_string("say \"hi\"", "say \\\"hi\\\"");
    check_string("a\\b", "a\\\\b");
    check_string("1\n2\t3\r\b\f", "1\\n2\\t3\\r\\b\\f");
    check_string("\x01\x1F", "\\u0001\\u001f");
}

static void test_characters_stay_and_broken_bytes_are_replaced(void **state)
{
    (void)state;
    check_string("50 \xE2\x82\xAC", "50 \xE2\x82\xAC");
    check_string("a\xFFz", "a\xEF\xBF\xBDz");
    check_string("\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_characters_of_utf_8_have_a_length),
        cmocka_unit_test(test_plain_text_is_one_piece),
        cmocka_unit_test(test_what_json_forbids_is_escaped),
        cmocka_unit_test(test_characters_stay_and_broken_bytes_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
