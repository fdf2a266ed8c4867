/* What a kind of result is made of: a row in the table of results.c, and a file that has these
 * functions. Each listens to what it writes down, and nobody else knows it. */
#ifndef ELASTISIM_RESULTS_RESULT_H
#define ELASTISIM_RESULTS_RESULT_H

#include "base/error.h"
#include "configuration/configuration.h"
#include "platform/platform.h"
#include "system/observers.h"
#include "workload/workload.h"

struct energy_totals; /* results/energy.h */
struct tariffs;       /* results/tariff.h */

/* The run, before it begins. All of it outlives the results. */
struct run_facts {
    const struct configuration *configuration;
    const struct platform *platform;
    const struct workload *workload;
    struct energy_totals *energy; /* filled when the run ends, if it is to be measured */
    struct tariffs *tariffs;      /* what energy costs, and emits */
    const char *scheduler;        /* as it was asked for */
    const char *events_url;       /* of the live stream; NULL for none */
    const char *events_source;    /* with it: who gave the URL, for messages */
    bool events_wait;             /* for the stream's first subscriber */
    struct observers
        *observers; /* who listens to the run: those that listen at times only change it */
};

struct result_kind {
    /* Fills the observer, which was zeroed, when the run is to have this result; it then hears
     * something. Returns 0, or -1 with err (ERROR_INPUT) that names key and path; `self`, if set,
     * is closed nevertheless. */
    int (*open)(struct observer *observer, const struct run_facts *facts, struct error *err);
    /* Once all are open and none of them is the file of another; NULL when there is nothing to do.
     */
    int (*begin)(void *self, const struct run_facts *facts, struct error *err);
    /* Writes what is left and frees. Returns 0, or -1 with each file that could not be written
     * added to err. */
    int (*close)(void *self, struct error *err);
};

extern const struct result_kind energy_result;
extern const struct result_kind job_statistics_result;
extern const struct result_kind node_utilization_result;
extern const struct result_kind task_times_result;
extern const struct result_kind monitoring_result;
extern const struct result_kind journal_result;
extern const struct result_kind stream_result;
extern const struct result_kind run_log_result;
extern const struct result_kind progress_result;

#endif
