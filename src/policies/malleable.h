/* Resizing running jobs: they shrink for jobs that wait and grow into what is left. Functions
 * return 0, or -1 as the books do. */
#ifndef ELASTISIM_POLICIES_MALLEABLE_H
#define ELASTISIM_POLICIES_MALLEABLE_H

#include "policies/books.h"

#include <stdbool.h>
#include <stdint.h>

/* Makes running jobs shrink for those that wait. *freed tells whether nodes became idle by that. */
int malleable_shrink(struct books *books, bool *freed);
/* Lets running jobs grow into what is left. */
int malleable_grow(struct books *books);
/* Keeps what other jobs hand over for `entry`, up to `missing` nodes; *promised is how many. */
int malleable_promise(struct books *books, struct entry *entry, uint32_t missing,
                      uint32_t *promised);

/* A job at its scheduling point gives up nodes whose power the cap would not allow before its next
 * point, if the strategy lets jobs shrink. Returns 0, or -1. */
int malleable_keep_cap(struct books *books, struct entry *entry);

#endif
