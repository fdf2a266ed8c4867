/* A run of a batch: what is asked for, how it ended, and who carries it out. */
#ifndef ELASTISIM_BATCH_RUN_H
#define ELASTISIM_BATCH_RUN_H

#include "base/error.h"
#include "resources/resources.h"
#include "results/summary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a line asks for. All borrowed. */
struct batch_run {
    const char *configuration;   /* the file */
    const char *const *settings; /* KEY=VALUE, as of --set */
    size_t num_settings;
    const char *output;    /* the folder of the results; NULL for where the configuration says */
    const char *scheduler; /* NULL when not given */
    bool check;            /* the inputs only */
};

/* How a run ended. */
struct batch_outcome {
    struct error err;
    double seconds; /* wall clock */
    uint32_t nodes; /* of the platform */
    size_t jobs;
    bool has_summary; /* false when it has only been checked, or failed */
    struct summary summary;
};

struct batch_request {
    unsigned jobs; /* runs at a time, at least 1 */
    const char *const *simgrid;
    size_t num_simgrid;
    void *context;
    /* The platform file of a run, to be freed; NULL with err. */
    char *(*find_platform)(void *context, const struct batch_run *run, struct error *err);
    /* Carries a run out, with a platform that nobody else uses; closes it. */
    void (*carry_out)(void *context, const struct batch_run *run, struct resources *resources,
                      struct batch_outcome *outcome);
};

#endif
