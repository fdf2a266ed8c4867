/* Plans: what a load puts on which links, worked out once for its hosts and kept for the next time.
 *
 * All flows of a transfer carry the same number of bytes, the unit. What a transfer puts on a link
 * is therefore a number of units: all that pass a shared link, the largest flow's on a fat pipe.
 */
#ifndef ELASTISIM_RESOURCES_FLOW_PLANS_H
#define ELASTISIM_RESOURCES_FLOW_PLANS_H

#include "resources/flow/variable.h"

/* Links of one capacity with one load. With `each`, there is one for each member of the transfer,
 * in their order; else every member uses all of them. */
struct link_set {
    double units;
    double known_unit, known_weight; /* link_set_weight's last answer */
    bool each;
    uint32_t users;     /* of a bundle: members that put these units on a link; else 0 */
    uint32_t dominator; /* of a bundle: see struct use */
    struct resource_set set;
};

/* What one parallel task sends, or each of several members alike. */
struct transfer {
    double latency;      /* of its longest route, s */
    double latency_load; /* the most of latency times units over its flows, s */
    struct link_set *sets;
    uint32_t num_sets;
    uint32_t num_members;
    const uint32_t *members;      /* indices into the load's members; NULL for an exchange */
    uint32_t num_flows;           /* of a member of a PFS I/O: what it divides its bytes by */
    struct load_plan *plan;       /* that it is part of */
    void *memory;                 /* of sets and members */
    const struct transfer **each; /* of a bundle of PFS I/O: the transfers that members would have
                                     by themselves, with references to their plans; else NULL */
};

/* The transfers of one load. It lives as long as it is kept or a variable uses its sets. */
struct load_plan {
    struct transfer *transfers;
    uint32_t num_transfers;
    uint32_t *idle; /* members of a PFS I/O that have nothing to send: each is its only PFS host */
    uint32_t num_idle;
    uint32_t *common; /* links in sets that transfers have in common; or NULL */
    uint32_t refs;
    /* While it is kept: */
    struct load_plan *next; /* in the bucket */
    uint64_t hash;
    uint32_t *key, key_length;
    size_t size; /* numbers in it */
};

/* A plan of one transfer that is still empty, with one reference; NULL when out of memory. */
struct load_plan *load_plan_create(void);
struct load_plan *
load_plan_retain(struct load_plan *plan);       /* one more reference; returns the plan */
void load_plan_release(struct load_plan *plan); /* one fewer; NULL is fine */

/* What each link of the set weighs with a unit of that many bytes. */
double link_set_weight(struct link_set *set, double unit);

/* Plans by what they are for: a key of numbers. */
struct plans {
    struct load_plan **buckets;
    size_t num_buckets, count;
    size_t size; /* numbers in all of them together */
};

/* The plan with that key, NULL if there is none. */
struct load_plan *plans_find(const struct plans *plans, const uint32_t *key, uint32_t length);
/* Keeps a plan, with a reference of its own. Returns 0, or -1 when out of memory. */
int plans_keep(struct plans *plans, struct load_plan *plan, const uint32_t *key, uint32_t length);
/* Lets go of all of them. */
void plans_forget(struct plans *plans);
void plans_release(struct plans *plans);

#endif
