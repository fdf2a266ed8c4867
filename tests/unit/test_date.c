/* Dates with time zones: what is one, and what is written of one. */
#include "base/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_dates_are_seconds_since_1970(void **state)
{
    static const struct {
        const char *text;
        double seconds;
        int zone;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2002-07-28T09:04:05+02:00", 1027839845, 7200},
        {"2024-02-29 12:30-0330", 1709222400, -12600},
        {"2000-03-01T00:00:00.25+01", 951865200.25, 3600},
        {"1969-12-31T23:59:59z", -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct date date;
        assert_int_equal(date_read(cases[i].text, &date), 0);
        assert_true(date.known);
        assert_true(date.seconds == cases[i].seconds);
        assert_int_equal(date.zone, cases[i].zone);
    }
}

static void test_what_is_no_date_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "2024",
        "2024-02-29",
        "2024-02-29T12:30:00",
        "2023-02-29T12:30:00Z",
        "2024-13-01T12:30:00Z",
        "0000-01-01T12:30:00Z",
        "2024-02-29T24:00:00Z",
        "2024-02-29T12:60:00Z",
        "2024-02-29T12:30:60Z",
        "2024-02-29T12:30:00.Z",
        "2024-02-29T12:30:00+1:00",
        "2024-02-29T12:30:00Z ",
        " 2024-02-29T12:30:00Z",
        "2024-02-29T12:30:00+24:00",
        "2024-02-29T12:30:00+01:60",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct date date;
        assert_int_equal(date_read(texts[i], &date), -1);
    }
}

static void assert_later(const char *text, double after, const char *expected)
{
    struct date date;
    char buffer[DATE_TEXT];
    assert_int_equal(date_read(text, &date), 0);
    assert_string_equal(date_text(&date, after, buffer), expected);
}

static void test_dates_are_written_on_their_own_clock(void **state)
{
    (void)state;
    assert_later("2024-02-28T23:59:59+01:00", 0, "2024-02-28 23:59:59+01:00");
    assert_later("2024-02-28T23:59:59+01:00", 1.5, "2024-02-29 00:00:00+01:00");
    assert_later("2023-12-31T00:00:00-03:30", 86400, "2024-01-01 00:00:00-03:30");
    assert_later("1900-03-01T00:00:00Z", 0, "1900-03-01 00:00:00+00:00");
    assert_later("0001-01-01T00:00:00Z", 0, "0001-01-01 00:00:00+00:00");
    assert_later("9999-12-31T23:59:59Z", 0, "9999-12-31 23:59:59+00:00");
    assert_later("9999-12-31T23:59:59Z", 1, "");
    assert_later("2024-01-01T00:00:00Z", 1e300, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates_are_seconds_since_1970),
        cmocka_unit_test(test_what_is_no_date_is_refused),
        cmocka_unit_test(test_dates_are_written_on_their_own_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
