/* Many runs by one program: each line of standard input describes a run, each line of standard
 * output says how one ended (docs/running.md).
 *
 * A process of its own, the holder, loads each platform once. It forks a process for each run, so
 * that a run that crashes takes no other along, and one can't change what another sees.
 */
#ifndef ELASTISIM_BATCH_BATCH_H
#define ELASTISIM_BATCH_BATCH_H

#include "base/error.h"
#include "batch/run.h"

/* Reads descriptions from standard input to its end, or to a signal; waits for all runs. How they
 * end is no error of the batch. Returns 0, or -1 with err (ERROR_FAILURE). */
int batch_run_all(const struct batch_request *request, struct error *err);

#endif
