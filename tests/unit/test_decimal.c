/* Numbers in decimal: what printf writes, digit by digit, for all kinds of doubles. */
#include "base/decimal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_remarkable_numbers_are_written_as_printf_does),
        cmocka_unit_test(test_halves_are_rounded_to_even),
        cmocka_unit_test(test_any_number_is_written_as_printf_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
