/* Promise: whatever happens, each file ends with a whole row; a failed write is reported once, when
 * it is noticed or at the end. */
#include "results/results.h"

#include "results/protection.h"
#include "system/state.h"

#include <stdlib.h>

/* In the order in which they are opened, hear what happens, and are closed. Energy stands before
 * those that show it. */
static const struct result_kind *const kinds[] = {
    &energy_result,     &job_statistics_result, &node_utilization_result,
    &task_times_result, &monitoring_result,     &journal_result,
    &run_log_result,    &progress_result,       &stream_result,
};

enum { NUM_KINDS = sizeof kinds / sizeof kinds[0] };

struct results {
    void *open[NUM_KINDS]; /* what each kind has, or NULL */
    const struct observers *observers;
};

static int open_all(struct results *results, const struct run_facts *facts,
                    struct observers *observers, struct error *err)
{
    for (size_t i = 0; i < NUM_KINDS; i++) {
        struct observer observer = {0};
        int status = kinds[i]->open(&observer, facts, err);
        results->open[i] = observer.self;
        if (status)
            return -1;
        observers_add(observers, &observer);
    }
    return 0;
}

static int begin_all(struct results *results, const struct run_facts *facts, struct error *err)
{
    for (size_t i = 0; i < NUM_KINDS; i++)
        if (results->open[i] && kinds[i]->begin && kinds[i]->begin(results->open[i], facts, err))
            return -1;
    return 0;
}

struct results *results_open(const struct run_facts *facts, struct observers *observers,
                             struct error *err)
{
    struct results *results = calloc(1, sizeof *results);
    if (!results) {
        error_no_memory(err);
        return NULL;
    }
    results->observers = observers;
    if (open_all(results, facts, observers, err) ||
        protection_check_outputs(facts->configuration, err) || begin_all(results, facts, err)) {
        *observers = (struct observers){0};
        results_close(results, NULL, err);
        return NULL;
    }
    return results;
}

int results_close(struct results *results, const struct state *state, struct error *err)
{
    if (!results)
        return 0;
    int status = 0;
    struct happening happening = {.kind = RUN_ENDED, .state = state};
    if (state)
        status = observers_tell(results->observers, &happening, err);
    for (size_t i = 0; i < NUM_KINDS; i++)
        if (results->open[i] && kinds[i]->close(results->open[i], err))
            status = -1;
    free(results);
    return status;
}
