/* Which waiting jobs start now, and which have reservations. */
#ifndef ELASTISIM_POLICIES_BACKFILL_H
#define ELASTISIM_POLICIES_BACKFILL_H

#include "policies/books.h"

#include <stdbool.h>

/* Starts what can start, if anything changed since the last time. Returns 0, or -1 as the books do.
 */
int backfill_run(struct books *books);
/* Makes the rest of a plan that was made in part, if it is not to be made anew, as it was to be
 * made then: before it changes who waits. Returns 0, or -1 when memory ran out. */
int backfill_complete(struct books *books);
/* The same if its first reservation should have begun by now. */
int backfill_complete_late(struct books *books);
/* Whether a job that was submitted comes where it may change the plan for those that have
 * reservations. */
bool backfill_is_upset(const struct books *books, const struct entry *entry);

/* When the next reservation begins for which nothing needs to happen but that its time comes;
 * INFINITY when there is none. */
double backfill_next_due(const struct books *books);

#endif
