/* Series that say what a unit of energy comes with at which time: its price, or the carbon dioxide
 * that was emitted for it. Step functions: a value holds from its time to that of the next. */
#ifndef ELASTISIM_RESULTS_TARIFF_H
#define ELASTISIM_RESULTS_TARIFF_H

#include "base/error.h"
#include "base/series.h"
#include "base/sum.h"
#include "configuration/configuration.h"

#include <stdbool.h>
#include <stddef.h>

/* Zeroed, there is none. */
struct tariff {
    struct series series; /* per kWh */
    size_t at;            /* the step in which the time is that was asked for last */
    struct sum passed;    /* the integral up to there */
    double until;
};

/* The two of a run. */
struct tariffs {
    struct tariff price;  /* units of money per kWh; may be negative */
    struct tariff carbon; /* g per kWh */
};

/* Reads the files that the configuration names, CSV with a time in seconds and a value per row.
 * Returns 0, or -1 with err (ERROR_INPUT) that names file and line. */
int tariffs_read(struct tariffs *tariffs, const struct configuration *configuration,
                 struct error *err);
void tariffs_release(struct tariffs *tariffs);

bool tariff_is_given(const struct tariff *tariff);
/* The integral of the value from 0 to `time` (value × s), which never goes back; 0 without one. */
double tariff_integral(struct tariff *tariff, double time);

#endif
