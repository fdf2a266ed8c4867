/* The order of the queue. */
#ifndef ELASTISIM_POLICIES_ORDER_H
#define ELASTISIM_POLICIES_ORDER_H

#include "policies/entry.h"
#include "policies/options.h"
#include "policies/shares.h"

/* What keys follow from. */
struct ordering {
    enum order order;
    const struct shares *shares;
};

/* The key of a job: the smaller goes first. A queue_key_fn over a struct ordering. */
double order_key(const void *ordering, const struct entry *entry);

#endif
