/* Whom a plan is to reach.
 *
 * Where reservations are made one after the other in the order of the queue, each depends on those
 * before it only, and leaves less room for those behind it. What has to be known of a plan is who
 * starts now, and when the first reservation begins, at which the queue is looked at again. So it
 * is made as far as somebody behind has a prospect: to start now, or to have a reservation that
 * begins before the first one so far.
 */
#ifndef ELASTISIM_POLICIES_PROSPECTS_H
#define ELASTISIM_POLICIES_PROSPECTS_H

#include "policies/books.h"

#include <stdbool.h>

/* Whether nobody asks for more than that. */
bool prospects_suffice(const struct books *books);

struct prospect {
    struct entry *entry; /* NULL when nobody has one */
    double begin, end;   /* seconds: it would have its nodes then */
};

/* The first job behind `after` (NULL: from the head), behind which none has a reservation, that has
 * nodes from now on or from a time before `first` on. */
struct prospect prospects_next(const struct books *books, const struct entry *after, double first);
/* Whether a job has one still, now that another has started or has a reservation. */
bool prospects_holds(const struct books *books, struct prospect *prospect,
                     const struct entry *other, double first);

#endif
