/* The level of an association is its share among its siblings divided by its part of what they
 * used. The tree is gone through from the highest level down, and users are ranked as they come.
 * Users of one level among their siblings have the same rank, accounts of one level are gone
 * through as if they were one, and a user of the level of a sibling account has the rank of its
 * first user.
 */
#include "policies/fair_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Accounts within accounts; what is deeper counts as one name. */
enum { MAX_LEVELS = 32, ROOT = 0 };

struct association {
    size_t parent;
    bool is_user;
    size_t user;                 /* of a user */
    size_t first_child, sibling; /* 0 for none */
    double shares, shares_below; /* its own, and those of its children in all */
    double usage;
    double level;
};

void fair_tree_release(struct fair_tree *tree)
{
    names_release(&tree->names);
    free(tree->list.items);
    free(tree->found.items);
    *tree = (struct fair_tree){0};
}

/* --- Adding -------------------------------------------------------------------------------- */

static int add(struct fair_tree *tree, const char *name, struct association added, size_t *number)
{
    if (vector_reserve(&tree->list, tree->list.count + 1) || names_add(&tree->names, name, number))
        return -1;
    if (*number != ROOT) {
        struct association *parent = &tree->list.items[added.parent];
        added.sibling = parent->first_child;
        parent->first_child = *number;
        parent->shares_below += added.shares;
    }
    return vector_add(&tree->list, added);
}

static int find_or_add(struct fair_tree *tree, const char *name, struct association added,
                       size_t *number)
{
    return names_find(&tree->names, name, number) ? 0 : add(tree, name, added, number);
}

/* The account of that name, within those above it, which are the parts before its slashes. */
static int add_account(struct fair_tree *tree, const char *name, double shares, size_t *account)
{
    size_t size = strlen(name), length = 0;
    int result = find_or_add(tree, "", (struct association){0}, account);
    for (int level = 1; result == 0 && length < size; level++) {
        length += strcspn(name + length, "/");
        length = level == MAX_LEVELS ? size : length;
        char *part = strndup(name, length);
        double own = length == size ? shares : 1;
        struct association added = {.parent = *account, .shares = own};
        result = part ? find_or_add(tree, part, added, account) : -1;
        free(part);
        length++;
    }
    return result;
}

int fair_tree_add(struct fair_tree *tree, const char *account, double account_shares, size_t user,
                  double user_shares)
{
    size_t parent, number;
    char name[32];
    if (add_account(tree, account, account_shares, &parent))
        return -1;
    /* No account is called so, since none begins with a slash. */
    snprintf(name, sizeof name, "/%zu", user);
    tree->num_users++;
    return add(tree, name,
               (struct association){
                   .parent = parent, .is_user = true, .user = user, .shares = user_shares},
               &number);
}

/* --- Levels -------------------------------------------------------------------------------- */

static void add_up_usage(struct fair_tree *tree, const struct shares *shares)
{
    struct association *list = tree->list.items;
    for (size_t i = 0; i < tree->list.count; i++)
        list[i].usage = list[i].is_user ? shares->users.items[list[i].user].usage : 0;
    for (size_t i = tree->list.count; i-- > 1;)
        list[list[i].parent].usage += list[i].usage;
}

static void set_levels(struct fair_tree *tree)
{
    struct association *list = tree->list.items;
    for (size_t i = 1; i < tree->list.count; i++) {
        const struct association *parent = &list[list[i].parent];
        double share = list[i].shares > 0 ? list[i].shares / parent->shares_below : 0;
        double used = parent->usage > 0 ? list[i].usage / parent->usage : 0;
        list[i].level = share > 0 ? share / used : 0;
    }
}

/* --- Ranks --------------------------------------------------------------------------------- */

/* The highest level first, of one level users before accounts. */
static int compare(const void *a, const void *b)
{
    const struct association *x = *(struct association *const *)a;
    const struct association *y = *(struct association *const *)b;
    if (x->level < y->level || x->level > y->level)
        return x->level > y->level ? -1 : 1;
    return y->is_user - x->is_user;
}

static bool are_equal(const struct association *a, const struct association *b)
{
    return a->level <= b->level && a->level >= b->level;
}

static int find_children(struct fair_tree *tree, const struct association *account)
{
    for (size_t child = account->first_child; child != 0; child = tree->list.items[child].sibling)
        if (vector_add(&tree->found, &tree->list.items[child]))
            return -1;
    return 0;
}

/* How many accounts from this one on are of its level. */
static size_t count_tied(const struct fair_tree *tree, size_t first, size_t end)
{
    size_t next = first + 1;
    while (next < end && are_equal(tree->found.items[first], tree->found.items[next]))
        next++;
    return next - first;
}

static void rank_user(struct fair_tree *tree, struct shares *shares, size_t user, bool tied)
{
    tree->rank = tied ? tree->rank : tree->untied;
    tree->untied--;
    shares->users.items[user].factor = (double)tree->rank / (double)tree->num_users;
}

/* Ranks what was found from `begin` on, and all below. With `tied`, the first has the rank of who
 * came last. */
static int rank_found(struct fair_tree *tree, struct shares *shares, size_t begin, bool tied)
{
    size_t end = tree->found.count, count;
    if (end > begin)
        qsort(tree->found.items + begin, end - begin, sizeof *tree->found.items, compare);
    for (size_t i = begin; i < end; i += count) {
        struct association *first = tree->found.items[i];
        if (i > begin)
            tied = are_equal(tree->found.items[i - 1], first);
        count = first->is_user ? 1 : count_tied(tree, i, end);
        if (first->is_user) {
            rank_user(tree, shares, first->user, tied);
            continue;
        }
        for (size_t k = 0; k < count; k++)
            if (find_children(tree, tree->found.items[i + k]))
                return -1;
        if (rank_found(tree, shares, end, tied))
            return -1;
        tree->found.count = end;
    }
    return 0;
}

int fair_tree_settle(struct fair_tree *tree, struct shares *shares)
{
    if (tree->list.count == 0)
        return 0;
    add_up_usage(tree, shares);
    set_levels(tree);
    tree->rank = tree->untied = tree->num_users;
    tree->found.count = 0;
    return find_children(tree, &tree->list.items[ROOT]) || rank_found(tree, shares, 0, false) ? -1
                                                                                              : 0;
}
