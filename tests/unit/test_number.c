/* Numbers as text, text as numbers, and words that go with counts. */
#include "base/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_numbers_are_written_shortest(void **state)
{
    static const struct {
        double number;
        const char *text;
    } numbers[] = {
        {0, "0"},
        {-0.0, "0"},
        {20, "20"},
        {-7, "-7"},
        {60.8, "60.8"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e15, "1000000000000000"},
        {9007199254740992.0, "9007199254740992"},
        {-9007199254740992.0, "-9007199254740992"},
        {9007199254740994.0, "9007199254740994"},
        {229151000000000.0, "229151000000000"},
        {1e23, "1e+23"},
        {1e-7, "1e-07"},
        {5e-324, "4.94065645841247e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
    };
    char buffer[NUMBER_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_string_equal(number_text(numbers[i].number, buffer), numbers[i].text);
}

static void test_texts_that_are_numbers(void **state)
{
    static const char *const words[] = {"",    "x",   "inf",   "nan",   "0x10", " 1", "1 ", "1e",
                                        "1+1", "--1", "1e999", "1.2.3", "e5",   ".",  "-",  "1,5"};
    static const struct {
        const char *text;
        double number;
    } numbers[] = {{"12", 12}, {"-1.5", -1.5}, {"+3", 3}, {"1e3", 1000}, {".5", 0.5}, {"2.", 2}};
    double number;

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_false(number_parse(words[i], &number));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_true(number_parse(numbers[i].text, &number));
        assert_true(number == numbers[i].number);
    }
}

static void test_ranges(void **state)
{
    char buffer[RANGE_TEXT];

    (void)state;
    assert_string_equal(number_range_text(0, 0, buffer), "0");
    assert_string_equal(number_range_text(4, 4, buffer), "4");
    assert_string_equal(number_range_text(2, 3, buffer), "2 to 3");
    assert_string_equal(number_range_text(UINT32_MAX - 1, UINT32_MAX, buffer),
                        "4294967294 to 4294967295");
}

static void test_one_is_the_only_singular(void **state)
{
    (void)state;
    assert_string_equal(number_plural(0), "s");
    assert_string_equal(number_plural(1), "");
    assert_string_equal(number_plural(2), "s");
    assert_string_equal(number_is_or_are(0), "are");
    assert_string_equal(number_is_or_are(1), "is");
    assert_string_equal(number_is_or_are(2), "are");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_written_shortest),
        cmocka_unit_test(test_texts_that_are_numbers),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_one_is_the_only_singular),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
