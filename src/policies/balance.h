/* Moving nodes from running jobs to running jobs, so that all come to the same standing. */
#ifndef ELASTISIM_POLICIES_BALANCE_H
#define ELASTISIM_POLICIES_BALANCE_H

#include "policies/books.h"

/* Makes jobs shrink for those that stand lower: for each node moved, the giver still stands at
 * least as high as the taker then. The nodes change hands at the giver's next scheduling point.
 * Returns 0, or -1 as the books do. */
int balance_running(struct books *books);
/* Gives jobs what others have handed over for them, as far as no reservation needs it. Returns 0,
 * or -1 as the books do. */
int balance_deliver(struct books *books);

#endif
