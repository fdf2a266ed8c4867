/* Moments on the calendar: ISO 8601 dates with a time zone. */
#ifndef ELASTISIM_BASE_DATE_H
#define ELASTISIM_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>

/* A moment, and the clock that people there read. Zeroed, it is no date. */
struct date {
    bool known;
    double seconds; /* since 1970-01-01T00:00:00 UTC, leap seconds not counted */
    int zone;       /* seconds that the local clock is ahead of UTC */
};

enum { DATE_TEXT = 40 }; /* room for date_text */

/* Reads "2024-02-29T12:30:00+01:00": the T may be a space, seconds may have a fraction or be
 * missing, and the zone is Z, +HH:MM, +HHMM or +HH. Years 1 to 9999. Returns 0 and sets *date, or
 * -1 when the text is no such date. */
int date_read(const char *text, struct date *date);

/* Writes the date so many seconds (>= 0) after this known one, on the same clock, to whole seconds:
 * "2024-02-29 12:30:00+01:00", or "" beyond the year 9999. Returns buffer. */
const char *date_text(const struct date *date, double after, char buffer[DATE_TEXT]);

#endif
