/* The discrete-event simulation of the batch system: submissions, walltimes, invocations of the
 * scheduler, what it decides, and the clock. */
#ifndef ELASTISIM_SIMULATION_SIMULATION_H
#define ELASTISIM_SIMULATION_SIMULATION_H

#include "base/error.h"
#include "configuration/configuration.h"
#include "platform/platform.h"
#include "scheduler/backend.h"
#include "workload/workload.h"

struct simulation;

/* All pointers are borrowed, and observers may be NULL; the scheduler need not be open before
 * simulation_run. Returns NULL with err. */
struct simulation *simulation_create(const struct configuration *configuration,
                                     const struct platform *platform,
                                     const struct workload *workload,
                                     struct scheduler_backend *scheduler,
                                     const struct observers *observers, struct error *err);
/* NULL is fine. */
void simulation_destroy(struct simulation *simulation);

/* Measures what the scheduler takes (figures.scheduler_seconds), which is not free. */
void simulation_measure(struct simulation *simulation);

/* Runs until every job has ended. Returns 0, or -1 with err: the state is then what it was when the
 * run broke off, unfinished jobs included. */
int simulation_run(struct simulation *simulation, struct error *err);

/* The state at the end, for results and summaries. */
const struct state *simulation_state(const struct simulation *simulation);

/* What a run cost. */
struct simulation_figures {
    uint64_t events;          /* handled */
    uint64_t invocations;     /* of the scheduler */
    double scheduler_seconds; /* wall clock; 0 unless measured */
};
struct simulation_figures simulation_figures(const struct simulation *simulation);

#endif
