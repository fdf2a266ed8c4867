/* Promise: the same text on every machine; the library's calendar, with its locale and its zones,
 * is never asked. */
#include "base/date.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

/* Where reading stands; at is NULL once something was not as it has to be. */
struct cursor {
    const char *at;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number of exactly so many digits, from low to high. */
static int take_number(struct cursor *cursor, int digits, int low, int high)
{
    int value = 0;
    for (int i = 0; cursor->at && i < digits; i++) {
        if (!is_digit(*cursor->at)) {
            cursor->at = NULL;
            return low;
        }
        value = value * 10 + (*cursor->at++ - '0');
    }
    if (value < low || value > high)
        cursor->at = NULL;
    return value;
}

/* One of these characters. */
static void take(struct cursor *cursor, const char *characters)
{
    bool fits = cursor->at && *cursor->at && strchr(characters, *cursor->at);
    cursor->at = fits ? cursor->at + 1 : NULL;
}

static bool next_is(const struct cursor *cursor, const char *characters)
{
    return cursor->at && *cursor->at && strchr(characters, *cursor->at);
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* From 1 January of the year 1 to 1 January of this one. */
static long days_before_year(int year)
{
    long past = year - 1;
    return past * 365 + past / 4 - past / 100 + past / 400;
}

static long days_since_1970(int year, int month, int day)
{
    long days = days_before_year(year) - days_before_year(1970) + day - 1;
    for (int before = 1; before < month; before++)
        days += days_of_month(year, before);
    return days;
}

static long take_day(struct cursor *cursor)
{
    int year = take_number(cursor, 4, 1, 9999);
    take(cursor, "-");
    int month = take_number(cursor, 2, 1, 12);
    take(cursor, "-");
    if (!cursor->at)
        return 0;
    int day = take_number(cursor, 2, 1, days_of_month(year, month));
    return cursor->at ? days_since_1970(year, month, day) : 0;
}

/* Of a second, behind its point. */
static double take_fraction(struct cursor *cursor)
{
    double value = 0, place = 1;
    take(cursor, ".,");
    if (!cursor->at || !is_digit(*cursor->at)) {
        cursor->at = NULL;
        return 0;
    }
    for (; is_digit(*cursor->at); cursor->at++) {
        place /= 10;
        value += place * (*cursor->at - '0');
    }
    return value;
}

static double take_time(struct cursor *cursor)
{
    double seconds = take_number(cursor, 2, 0, 23) * HOUR;
    take(cursor, ":");
    seconds += take_number(cursor, 2, 0, 59) * MINUTE;
    if (!next_is(cursor, ":"))
        return seconds;
    take(cursor, ":");
    seconds += take_number(cursor, 2, 0, 59);
    return next_is(cursor, ".,") ? seconds + take_fraction(cursor) : seconds;
}

static int take_zone(struct cursor *cursor)
{
    if (next_is(cursor, "Zz")) {
        take(cursor, "Zz");
        return 0;
    }
    int sign = next_is(cursor, "-") ? -1 : 1;
    take(cursor, "+-");
    int zone = take_number(cursor, 2, 0, 23) * HOUR;
    if (next_is(cursor, ":"))
        take(cursor, ":");
    if (cursor->at && *cursor->at)
        zone += take_number(cursor, 2, 0, 59) * MINUTE;
    return sign * zone;
}

int date_read(const char *text, struct date *date)
{
    struct cursor cursor = {text};
    long day = take_day(&cursor);
    take(&cursor, "Tt ");
    double time = take_time(&cursor);
    int zone = take_zone(&cursor);
    if (!cursor.at || *cursor.at)
        return -1;
    *date = (struct date){true, (double)day * DAY + time - zone, zone};
    return 0;
}

/* --- Writing ------------------------------------------------------------------------------- */

/* The year of a day since 1970, and the day in it, counted from 0. */
static int year_of(long day, long *day_of_year)
{
    long since = day + days_before_year(1970);
    int year = (int)(since / 366) + 1; /* never too late */
    while (days_before_year(year + 1) <= since)
        year++;
    *day_of_year = since - days_before_year(year);
    return year;
}

static int write_date(char *buffer, double local)
{
    long day_of_year, day = (long)floor(local / DAY);
    int year = year_of(day, &day_of_year), month = 1;
    int second = (int)(local - (double)day * DAY);
    for (; day_of_year >= days_of_month(year, month); month++)
        day_of_year -= days_of_month(year, month);
    return snprintf(buffer, DATE_TEXT, "%04d-%02d-%02d %02d:%02d:%02d", year, month,
                    (int)day_of_year + 1, second / HOUR, second / MINUTE % 60, second % 60);
}

const char *date_text(const struct date *date, double after, char buffer[DATE_TEXT])
{
    double local = floor(date->seconds + after + date->zone);
    int zone = date->zone < 0 ? -date->zone : date->zone;
    buffer[0] = '\0';
    if (local < (double)days_since_1970(1, 1, 1) * DAY ||
        local >= (double)days_since_1970(10000, 1, 1) * DAY)
        return buffer;
    int length = write_date(buffer, local);
    snprintf(buffer + length, DATE_TEXT - (size_t)length, "%c%02d:%02d", date->zone < 0 ? '-' : '+',
             zone / HOUR, zone / MINUTE % 60);
    return buffer;
}
