/* Numbers in decimal: what printf writes, digit by digit, for all kinds of doubles. */
#include "base/decimal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_as_printf(double value, unsigned digits)
{
    char expected[DECIMAL_TEXT], written[DECIMAL_TEXT];
    snprintf(expected, sizeof expected, "%.*g", (int)digits, value);
    size_t length = decimal_write(written, value, digits);
    assert_string_equal(written, expected);
    assert_int_equal(length, strlen(expected));
}

static void assert_all_digits_as_printf(double value)
{
    for (unsigned digits = 1; digits <= MOST_DECIMAL_DIGITS; digits++) {
        assert_as_printf(value, digits);
        assert_as_printf(-value, digits);
    }
}

static void test_remarkable_numbers_are_written_as_printf_does(void **state)
{
    static const double numbers[] = {0,
                                     1,
                                     10,
                                     0.1,
                                     0.2,
                                     1.0 / 3,
                                     2.0 / 3,
                                     0.5,
                                     1.5,
                                     2.5,
                                     0.125,
                                     0.375,
                                     9.5,
                                     99.5,
                                     0.95,
                                     9.995,
                                     999999.5,
                                     1e-4,
                                     1e-5,
                                     1e-8,
                                     9.999e-5,
                                     1e-9,
                                     1e-22,
                                     1e-23,
                                     1e14,
                                     1e15,
                                     1e16,
                                     1e17,
                                     1e22,
                                     1e23,
                                     1e300,
                                     5e-324,
                                     2.2e-308,
                                     1.7e308,
                                     INFINITY,
                                     4503599627370495.5,
                                     1e15 - 1,
                                     1e15 - 0.125,
                                     99999999999999.984375,
                                     9007199254740991.0,
                                     9007199254740992.0,
                                     18446744073709551615.0,
                                     367.92696,
                                     550.04,
                                     1234567.875,
                                     86400.000000000015};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_all_digits_as_printf(numbers[i]);
}

static void test_whole_numbers_of_any_length_are_written(void **state)
{
    static const uint64_t around[] = {0, 1, 9};
    char expected[DECIMAL_TEXT], written[DECIMAL_WHOLE_TEXT + 1];
    (void)state;
    for (uint64_t power = 1, digits = 1; digits <= DECIMAL_WHOLE_TEXT; digits++, power *= 10) {
        for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
            uint64_t number = power - 1 + around[i];
            snprintf(expected, sizeof expected, "%llu", (unsigned long long)number);
            written[decimal_write_whole(written, number)] = '\0';
            assert_string_equal(written, expected);
        }
    }
    written[decimal_write_whole(written, UINT64_MAX)] = '\0';
    assert_string_equal(written, "18446744073709551615");
}

static void test_halves_are_rounded_to_even(void **state)
{
    char text[DECIMAL_TEXT];
    (void)state;
    decimal_write(text, 0.125, 2);
    assert_string_equal(text, "0.12");
    decimal_write(text, 0.375, 2);
    assert_string_equal(text, "0.38");
    decimal_write(text, 9.5, 1);
    assert_string_equal(text, "1e+01");
    decimal_write(text, 2.5, 1);
    assert_string_equal(text, "2");
}

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void test_any_number_is_written_as_printf_does(void **state)
{
    uint64_t seed = 88172645463325252U;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = next(&seed);
        double value;
        memcpy(&value, &bits, sizeof value);
        assert_as_printf(value, 15);
        /* times and loads of a simulation, and numbers between two decimals */
        double size = pow(10, (double)(next(&seed) % 2400) / 100 - 9);
        assert_as_printf(size, 1 + (unsigned)(i % MOST_DECIMAL_DIGITS));
        assert_as_printf(nearbyint(size * 1e3) / 1e3, 15);
        assert_as_printf(nextafter(nearbyint(size * 1e3) / 1e3, 0), 15);
        assert_as_printf((nearbyint(size) + 0.5) / 1024, 1 + (unsigned)(i % MOST_DECIMAL_DIGITS));
    }
}

/* With as few of 15 to 17 digits as strtod reads back. */
static void assert_shortest(double value)
{
    char expected[DECIMAL_TEXT], written[DECIMAL_TEXT];
    for (int digits = 15; digits <= MOST_DECIMAL_DIGITS; digits++) {
        snprintf(expected, sizeof expected, "%.*g", digits, value);
        if (strtod(expected, NULL) == value)
            break;
    }
    size_t length = decimal_write_shortest(written, value);
    assert_string_equal(written, expected);
    assert_int_equal(length, strlen(expected));
}

static void test_the_shortest_text_that_reads_back_is_found_near_powers_of_two_and_ten(void **state)
{
    (void)state;
    for (int exponent = -1074; exponent <= 1023; exponent++) {
        double power = ldexp(1, exponent);
        assert_shortest(power);
        assert_shortest(-nextafter(power, 0));
        assert_shortest(nextafter(power, INFINITY));
    }
    for (int exponent = -30; exponent <= 30; exponent++) {
        double power = pow(10, exponent);
        assert_shortest(power);
        assert_shortest(nextafter(power, 0));
        assert_shortest(nextafter(power, INFINITY));
    }
}

static void test_the_shortest_text_that_reads_back_is_found_for_remarkable_numbers(void **state)
{
    static const double numbers[] = {0.0,
                                     -0.0,
                                     4.9406564584124654e-324,
                                     2.2250738585072009e-308,
                                     1.7976931348623157e308,
                                     0.1,
                                     0.1 + 0.2,
                                     1.0 / 3,
                                     2.0 / 3,
                                     5.684341886080802e-14,
                                     9007199254740991.0,
                                     9007199254740992.0,
                                     9007199254740993.0,
                                     4503599627370495.5,
                                     4503599627370497.5,
                                     999999999999999.9,
                                     99999999999999.98,
                                     1234567.875,
                                     86400.000000000015,
                                     9.5367431640625e-07};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_shortest(numbers[i]);
}

static void test_the_shortest_text_that_reads_back_is_found_for_random_numbers(void **state)
{
    uint64_t seed = 2463534242;
    (void)state;
    for (int i = 0; i < 30000; i++) {
        uint64_t bits = next(&seed);
        double any;
        memcpy(&any, &bits, sizeof any);
        if (isfinite(any))
            assert_shortest(any);
        double size = pow(10, (double)(next(&seed) % 2600) / 100 - 11);
        assert_shortest(size);
        assert_shortest(nearbyint(size * 1e3) / 1e3 + (double)(next(&seed) % 1000) / 7);
    }
}

/* --- Reading -------------------------------------------------------------------------------- */

static void assert_as_strtod(const char *text)
{
    double value = NAN, expected = strtod(text, NULL);
    assert_int_equal(decimal_read(text, strlen(text), &value), strlen(text));
    assert_memory_equal(&value, &expected, sizeof value);
}

static void test_remarkable_texts_are_read_as_strtod_does(void **state)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "0.0e9",
                                        "1",
                                        "-1",
                                        "0.1",
                                        "100",
                                        "123456789012345",
                                        "999999999999999e22",
                                        "999999999999999e-22",
                                        "1e23",
                                        "1e-23",
                                        "9007199254740993",
                                        "9007199254740992",
                                        "1234567890123456789",
                                        "0.000000000000000000001234567890123456",
                                        "2.2250738585072011e-308",
                                        "2.2250738585072014e-308",
                                        "4.9e-324",
                                        "2.4e-324",
                                        "1.7976931348623157e308",
                                        "1.7976931348623159e308",
                                        "1e400",
                                        "1e-400",
                                        "1e999999999999",
                                        "1E+2",
                                        "1.50e-3",
                                        "8.5000000000000000000000000000000000000000000000000001",
                                        "0.500000000000000166533453693773481063544750213623046875"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_as_strtod(texts[i]);
}

static void test_random_texts_are_read_as_strtod_does(void **state)
{
    uint64_t random = 7;
    char text[80];
    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t digits = random >> (random >> 58 & 63);
        int exponent = (int)(random % 60) - 30;
        if (i % 3 == 0)
            snprintf(text, sizeof text, "%llu", (unsigned long long)digits);
        else if (i % 3 == 1)
            snprintf(text, sizeof text, "-%llu.%03ue%d", (unsigned long long)(digits >> 8),
                     i % 1000, exponent);
        else
            snprintf(text, sizeof text, "%.*g", (int)(random % 17) + 1, (double)digits / 1e6);
        assert_as_strtod(text);
    }
}

static void test_what_is_no_number_is_not_read(void **state)
{
    static const char *const texts[] = {"",      "-",   "+1",   ".5",  "5.", "01",   "-01",
                                        "1e",    "1e+", "1.e2", "1-",  "1+", "1.2.", "1e5e",
                                        "1e5.3", "inf", "nan",  "--1", "e5"};
    double value;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(decimal_read(texts[i], strlen(texts[i]), &value), 0);
    assert_int_equal(decimal_read("0x1", 3, &value), 1); /* followed by what is no part of it */
    assert_int_equal(decimal_read("12]", 3, &value), 2);
    assert_int_equal(decimal_read("123", 2, &value), 2); /* no further than it is long */
    assert_true(value == 12);
    char longest[MOST_DECIMAL_LENGTH + 2];
    memset(longest, '7', sizeof longest);
    assert_int_equal(decimal_read(longest, MOST_DECIMAL_LENGTH, &value), MOST_DECIMAL_LENGTH);
    assert_int_equal(decimal_read(longest, MOST_DECIMAL_LENGTH + 1, &value), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_remarkable_numbers_are_written_as_printf_does),
        cmocka_unit_test(test_whole_numbers_of_any_length_are_written),
        cmocka_unit_test(test_halves_are_rounded_to_even),
        cmocka_unit_test(test_any_number_is_written_as_printf_does),
        cmocka_unit_test(
            test_the_shortest_text_that_reads_back_is_found_near_powers_of_two_and_ten),
        cmocka_unit_test(test_the_shortest_text_that_reads_back_is_found_for_remarkable_numbers),
        cmocka_unit_test(test_the_shortest_text_that_reads_back_is_found_for_random_numbers),
        cmocka_unit_test(test_remarkable_texts_are_read_as_strtod_does),
        cmocka_unit_test(test_random_texts_are_read_as_strtod_does),
        cmocka_unit_test(test_what_is_no_number_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
