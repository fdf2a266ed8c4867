/* The result files (SPEC section 10): CSV, header first, written as things happen.
 *
 * Every file is created when the run starts, so that a path that can't be written is known at once,
 * and is complete up to the last event whenever the run ends, for whatever reason. Figures carry 15
 * significant digits. All functions take NULL results and then do nothing.
 */
#ifndef ELASTISIM_RESULTS_RESULTS_H
#define ELASTISIM_RESULTS_RESULTS_H

#include "base/error.h"
#include "configuration/configuration.h"

#include <stdbool.h>
#include <stdint.h>

struct job;
struct journal;
struct monitoring;
struct node;
struct platform;
struct state;
struct results;
struct workload;

/* Creates the files that the configuration names (folders that are missing, too), and begins the
 * journal, which names the scheduler. job_statistics has room kept for all jobs, beside its path,
 * where it will be when it is complete. The configuration and the platform must outlive the
 * results. Returns NULL with err that names the key and the path. */
struct results *results_open(const struct configuration *configuration,
                             const struct platform *platform, const struct workload *workload,
                             const char *scheduler, struct error *err);

/* Those of the results that others write to; NULL when nobody wants them. */
struct monitoring *results_monitoring(const struct results *results);
struct journal *results_journal(const struct results *results);

/* A row of node_utilization: the node as it is now. Returns 0, or -1 with err when the disk is
 * full. */
int results_node_changed(struct results *results, double time, const struct node *node,
                         struct error *err);
/* Whether task_times are written: nobody keeps task starts otherwise. */
bool results_want_task_times(const struct results *results);
/* A row of task_times. */
int results_task(struct results *results, double time, uint32_t job, const char *node,
                 const char *task, double duration, struct error *err);

/* Writes job_statistics, unfinished jobs included, and closes all files. Returns 0, or -1 when
 * something could not be written: each such file is added to err. The results are gone afterwards.
 * `state` may be NULL when the run never began. */
int results_close(struct results *results, const struct state *state, struct error *err);

#endif
