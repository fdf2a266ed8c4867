/* What running jobs can give up for others. */
#ifndef ELASTISIM_POLICIES_GIFTS_H
#define ELASTISIM_POLICIES_GIFTS_H

#include "policies/books.h"

#include <stdbool.h>
#include <stdint.h>

/* Nodes beyond a bound that a running job can give up for the taker (NULL: for anybody). */
uint32_t gifts_of(const struct books *books, const struct entry *donor, const struct entry *taker,
                  enum bound bound);
/* The same of all ranked jobs. */
uint64_t gifts_of_all(const struct books *books, const struct entry *taker, enum bound bound);
/* Takes a node that the taker can use from a job (NULL: from none), and keeps it for the taker, if
 * any. *taken tells whether there was one. Returns 0, or -1 as the books do. */
int gifts_take(struct books *books, struct entry *donor, struct entry *taker, bool *taken);

#endif
