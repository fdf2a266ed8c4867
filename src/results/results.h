/* What is kept of a run: the result files (docs/results.md), written as things happen, and what is
 * shown meanwhile. A new one is a file with a struct result_kind (result.h), and a row in
 * results.c.
 *
 * Every file is created when the run starts, so that a path that can't be written is known at once,
 * and is complete up to the last event whenever the run ends, for whatever reason. Figures carry 15
 * significant digits.
 */
#ifndef ELASTISIM_RESULTS_RESULTS_H
#define ELASTISIM_RESULTS_RESULTS_H

#include "results/result.h"

struct results;

/* Opens all results that the configuration asks for (folders that are missing are made), and adds
 * to the observers those that listen. job_statistics has room kept for all jobs, beside its path,
 * where it will be when it is complete. Returns NULL with err that names the key and the path. */
struct results *results_open(const struct run_facts *facts, struct observers *observers,
                             struct error *err);

/* Tells all who listen how the run ended, unfinished jobs included, and closes all files. Returns
 * 0, or -1 when something could not be written: each such file is added to err. The results are
 * gone afterwards; NULL is fine. `state` may be NULL when the run never began. */
int results_close(struct results *results, const struct state *state, struct error *err);

#endif
