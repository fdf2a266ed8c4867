/* What each user had of the machine so far: fair share [Kay, Lauder 1988]. */
#ifndef ELASTISIM_POLICIES_SHARES_H
#define ELASTISIM_POLICIES_SHARES_H

#include "policies/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct user {
    double usage; /* node-seconds up to `until` */
    double until;
    uint32_t nodes; /* that its jobs run on now */
    uint32_t place; /* in the order of usage */
    double factor;  /* fair_tree.h */
};

struct shares {
    double half_life; /* seconds after which usage counts half; 0: it counts in full */
    struct names names;
    VECTOR(struct user) users; /* by number, which is the order in which they first came */
};

/* Finds the user of that name, who may be new: *changed then tells whether others have new places.
 * Returns 0, or -1 when memory ran out. */
int shares_identify(struct shares *shares, const char *name, double now, size_t *user,
                    bool *changed);
/* Accounts for nodes that a job of the user takes or gives back. */
void shares_account(struct shares *shares, size_t user, int64_t nodes, double now);
/* Brings the places of the users up to date; *changed tells whether they changed. Returns 0, or -1
 * when memory ran out. */
int shares_settle(struct shares *shares, double now, bool *changed);
void shares_release(struct shares *shares);

#endif
