#include "policies/shares.h"

#include <math.h>
#include <stdlib.h>

#define LN2 0.69314718055994530942

int shares_identify(struct shares *shares, const char *name, double now, size_t *user,
                    bool *changed)
{
    *changed = false;
    if (names_find(&shares->names, name, user))
        return 0;
    if (vector_add(&shares->users, (struct user){.until = now}))
        return -1;
    return names_add(&shares->names, name, user) ? -1 : shares_settle(shares, now, changed);
}

/* Brings a user's usage up to now. */
static void accrue(const struct shares *shares, struct user *user, double now)
{
    double half_life = shares->half_life, elapsed = now - user->until;
    double left = half_life > 0 ? exp2(-elapsed / half_life) : 1;
    double weight = half_life > 0 ? half_life / LN2 * (1 - left) : elapsed;
    user->usage = user->usage * left + weight * user->nodes;
    user->until = now;
}

void shares_account(struct shares *shares, size_t user, int64_t nodes, double now)
{
    accrue(shares, &shares->users.items[user], now);
    shares->users.items[user].nodes = (uint32_t)(shares->users.items[user].nodes + nodes);
}

static int compare_usage(const void *a, const void *b)
{
    const struct user *x = *(struct user *const *)a, *y = *(struct user *const *)b;
    if (x->usage < y->usage || x->usage > y->usage)
        return x->usage < y->usage ? -1 : 1;
    return (x > y) - (x < y); /* in the order in which they first came */
}

int shares_settle(struct shares *shares, double now, bool *changed)
{
    *changed = false;
    if (shares->users.count == 0)
        return 0;
    struct user **order = malloc(shares->users.count * sizeof(struct user *));
    if (!order)
        return -1;
    for (size_t i = 0; i < shares->users.count; i++) {
        order[i] = &shares->users.items[i];
        accrue(shares, order[i], now);
    }
    qsort(order, shares->users.count, sizeof *order, compare_usage);
    for (uint32_t i = 0; i < shares->users.count; i++) {
        *changed = *changed || order[i]->place != i;
        order[i]->place = i;
    }
    free(order);
    return 0;
}

void shares_release(struct shares *shares)
{
    names_release(&shares->names);
    free(shares->users.items);
    *shares = (struct shares){0};
}
