/* The Fair Tree of Slurm: how well users were served, each within its account, each account within
 * the one above it [Cox, Morrison 2014; https://slurm.schedmd.com/fair_tree.html]. */
#ifndef ELASTISIM_POLICIES_FAIR_TREE_H
#define ELASTISIM_POLICIES_FAIR_TREE_H

#include "policies/names.h"
#include "policies/shares.h"

#include <stddef.h>

/* Users and accounts that were met so far; the first is the root. */
struct fair_tree {
    struct names names;
    VECTOR(struct association) list;    /* those above before those below */
    VECTOR(struct association *) found; /* while they are ranked */
    size_t num_users;
    size_t rank, untied; /* while they are ranked: the last one given, and that of the next */
};

/* Adds a user (a number of `shares`) who belongs to an account, whose name has those above it
 * before slashes; "" for none. `user_shares` and `account_shares` are what each may use in relation
 * to its siblings. Returns 0, or -1 when memory ran out. */
int fair_tree_add(struct fair_tree *tree, const char *account, double account_shares, size_t user,
                  double user_shares);
/* Sets the factor of each user, from 1 for who was served worst down to 1 divided by the number of
 * users. Returns 0, or -1 when memory ran out. */
int fair_tree_settle(struct fair_tree *tree, struct shares *shares);
void fair_tree_release(struct fair_tree *tree);

#endif
