/* Jobs that nodes move between, one at a time, on paper: who gives the next one, and who gets it.
 */
#ifndef ELASTISIM_POLICIES_CONTEST_H
#define ELASTISIM_POLICIES_CONTEST_H

#include "policies/books.h"
#include "policies/standing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct contender {
    struct entry *entry;
    uint32_t target; /* nodes */
    struct standing standing;
};

struct contest {
    struct contender *items; /* the ranked jobs in their order, with what they have as targets */
    size_t count, leaves;
    /* Trees over them: under i are 2 i and 2 i + 1, the leaves come last. Each has the number of
     * the best one below. */
    uint32_t *givers, *takers;
};

/* No contender. */
#define NOBODY UINT32_MAX

/* Whether a job may give at all, and whether one of a size may take, as far as it does not hang on
 * its bounds. */
bool contest_gives(const struct entry *entry);
bool contest_takes(const struct books *books, const struct entry *entry, uint32_t size);

/* Costs the number of ranked jobs. Returns 0, or -1 when out of memory. Release in both cases. */
int contest_create(struct contest *contest, const struct books *books);
void contest_release(struct contest *contest);
/* Who would still stand highest with a node less, of those that would stand equally high the one
 * that stands highest now; NOBODY if nobody gives. */
uint32_t contest_giver(const struct contest *contest);
/* Who would stand lowest with a node more, if that is not above the limit; else NOBODY. */
uint32_t contest_taker(const struct contest *contest, double limit);
/* Changes the target of one of them. */
void contest_set(struct contest *contest, const struct books *books, uint32_t number,
                 uint32_t target);

#endif
