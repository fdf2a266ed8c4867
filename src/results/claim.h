/* Results belong to one run at a time: before any is created, their folders are made and the files
 * are claimed, so that a second run that would write to one of them is refused instead of mixing
 * its rows with those of the first.
 *
 * A claim is a lock on a place of the file ".elastisim.lock" in the folder of the result. The
 * system drops it with the process, however that ends; the file goes with the last claim in its
 * folder.
 */
#ifndef ELASTISIM_RESULTS_CLAIM_H
#define ELASTISIM_RESULTS_CLAIM_H

#include "base/error.h"
#include "configuration/configuration.h"

struct claims;

/* Claims every result that will be written. Where nothing can be locked (a folder that can't be
 * written to, a file system without locks), nothing is claimed; devices are never claimed. Sets
 * *result (release it, on failure too); returns 0, or -1 with err (ERROR_INPUT): a folder that
 * can't be made, or another run that writes to the file. */
int claim_results(struct claims **result, const struct configuration *configuration,
                  struct error *err);
void claims_release(struct claims *claims); /* NULL is fine */

#endif
