/* What the I/O of one host with its PFS hosts puts on links, found once for each of them. */
#ifndef ELASTISIM_RESOURCES_FLOW_PFS_ROUTES_H
#define ELASTISIM_RESOURCES_FLOW_PFS_ROUTES_H

#include "resources/flow/plans.h"
#include "resources/resources.h"

/* That of one host. A copy of what is looked at each time stands beside the transfer, where it
 * takes no way through memory. */
struct pfs_route {
    const struct transfer *transfer; /* NULL: not known yet */
    const uint32_t *links;           /* of all its sets, one after the other */
    uint32_t num_links;
    bool has_depths; /* those of its links are known */
    uint64_t kind;   /* a hash of all but which links they are */
};

/* Those with one list of PFS hosts, one way. */
struct pfs_routes {
    struct pfs_routes *next;
    enum load_kind kind;
    uint32_t num_hosts;
    struct pfs_route *of_host; /* each is a reference to its transfer's plan */
    uint32_t num_known;        /* of them */
    /* dominators.h; NULL before they are found, which was when so many routes were known: */
    uint32_t *dominators; /* by link, 1 + number */
    uint32_t *depths;     /* by link, its place on the way from the first PFS host; 0 if unknown */
    uint32_t num_looked_at;
    size_t num_targets;
    uint32_t targets[];
};

/* The routes to or from these PFS hosts, most of them perhaps not known yet. NULL when out of
 * memory, or when there are so many such lists that they are not worth it. */
struct pfs_routes *pfs_routes_of(struct pfs_routes **lists, enum load_kind kind,
                                 const struct pfs_targets *targets, uint32_t num_hosts);
/* What is looked at of a transfer; `resources` tells capacities of links. */
struct pfs_route pfs_route_of(const struct transfer *transfer,
                              const struct shared_resource *resources);
/* Keeps the route of a host; `routes` may be NULL. */
void pfs_routes_keep(struct pfs_routes *routes, uint32_t host, const struct pfs_route *route);
void pfs_routes_release(struct pfs_routes **lists);

/* Whether both are the same list of PFS hosts. Nodes have one struct each, but lists in common. */
static inline bool pfs_targets_same(const struct pfs_targets *a, const struct pfs_targets *b)
{
    return a->hosts == b->hosts && a->count == b->count;
}

#endif
