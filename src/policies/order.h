/* The order of the queue. */
#ifndef ELASTISIM_POLICIES_ORDER_H
#define ELASTISIM_POLICIES_ORDER_H

#include "base/error.h"
#include "policies/entry.h"
#include "policies/formula.h"
#include "policies/options.h"
#include "policies/shares.h"

#include <stdbool.h>

/* What keys follow from. */
struct ordering {
    enum order order;
    const struct shares *shares;
    struct formulas *formulas;
    const char *expression;               /* NULL where the order is none, */
    struct bound_formula bound;           /* bound where it names nothing but what orders have */
    const struct policy_options *weights; /* multifactor */
    double num_nodes;                     /* of the machine; likewise */
    double now;                           /* seconds */
    double midnight;     /* seconds from a Monday's first moment, on the local clock, to time 0 */
    bool follows_time;   /* the expression names wait, now, day or hour, */
    bool follows_shares; /* or share; or the order is by them */
    bool is_fixed;       /* the value of the expression is known before the run */
    size_t jobs, without_value; /* inspected; and those for which it is fixed and not a number */
};

/* An order; `expression` with ORDER_EXPRESSION, weights with ORDER_MULTIFACTOR. */
struct ordering ordering_of(enum order order, const char *expression,
                            const struct policy_options *weights, const struct shares *shares,
                            struct formulas *formulas);

/* The key of a job: the smaller goes first; INFINITY when it is not a number. A queue_key_fn over a
 * struct ordering. */
double order_key(const void *ordering, const struct entry *entry);

/* Before the run: whether a job has all that the expression names. Returns 0, or -1 with err. */
int order_inspect(struct ordering *ordering, const struct entry *entry, struct error *err);
/* After all were inspected: warns of those for which the value of the expression `key` of the
 * policy `spec` is not a number. Returns 0, or -1 with err. */
int order_tell(const struct ordering *ordering, const char *spec, const char *key,
               struct warnings *warnings, struct error *err);

#endif
