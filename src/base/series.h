/* Step functions of time that are read from CSV files: a value holds from its time to that of the
 * next. */
#ifndef ELASTISIM_BASE_SERIES_H
#define ELASTISIM_BASE_SERIES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct series_step {
    double time, value; /* time in seconds */
};

/* Zeroed, there is none. */
struct series {
    struct series_step *items; /* owned; in order of time, the first at or before 0 */
    size_t count, room;
};

/* Reads a file with a time and a value per row, after a header maybe; NULL for none. Returns 0, or
 * -1 with err (ERROR_INPUT) that names file and line. */
int series_read(struct series *series, const char *file, bool may_be_negative, struct error *err);
/* A series of one value. Returns 0, or -1 with err. */
int series_set(struct series *series, double value, struct error *err);
void series_release(struct series *series); /* fine on a zeroed one */

#endif
