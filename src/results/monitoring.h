/* The monitoring files (docs/monitoring.md): how busy CPUs, GPUs, network and file system are.
 *
 * Nothing here is an event: utilization is constant between events, so whoever moves the clock says
 * so beforehand, and the samples that lie on the way are written. What a run does and when does not
 * depend on it. Functions take a NULL monitoring and then do nothing.
 */
#ifndef ELASTISIM_RESULTS_MONITORING_H
#define ELASTISIM_RESULTS_MONITORING_H

#include "base/error.h"
#include "configuration/configuration.h"
#include "platform/platform.h"

#include <stdbool.h>
#include <stdint.h>

struct monitoring;

/* Creates the files that the configuration names. *monitoring is NULL when it asks for none.
 * Returns 0, or -1 with err. The configuration and the platform must outlive it. */
int monitoring_open(struct monitoring **monitoring, const struct configuration *configuration,
                    const struct platform *platform, struct error *err);
/* Writes what is left and closes. Returns 0, or -1 with each file that could not be written added
 * to err. */
int monitoring_close(struct monitoring *monitoring, struct error *err);

/* The clock is about to move on to `time`, and loads at the resource port are still what they were
 * on the way: writes the samples up to there, and one that is due within a nanosecond of it. `busy`
 * tells whether any load is under way. */
void monitoring_pass(struct monitoring *monitoring, double time, bool busy);
/* Returns 0, or -1 with err when something could not be written. */
int monitoring_check(struct monitoring *monitoring, struct error *err);

/* One rank more (+1) or less (-1) computes on a node without the resource port. */
void monitoring_compute(struct monitoring *monitoring, uint32_t node, int change);
/* That many more (or fewer) GPUs of a node are busy; until when at the most (INFINITY if that will
 * be said by another call). */
void monitoring_use_gpus(struct monitoring *monitoring, uint32_t node, int change, double until);

#endif
