/* Which resources a transfer uses, and how much: routes from SimGrid, summed up once and kept.
 *
 * All flows of a transfer here carry the same number of bytes, the unit. What a transfer puts on a
 * link is therefore a number of units: all that pass a shared link, the largest flow's on a fat
 * pipe.
 */
#ifndef ELASTISIM_RESOURCES_FLOW_NETWORK_H
#define ELASTISIM_RESOURCES_FLOW_NETWORK_H

#include "base/error.h"
#include "resources/flow/sharing.h"
#include "resources/simgrid.h"

/* Links of one capacity with one load. */
struct link_set {
    double units;
    double known_unit, known_weight; /* set_weight's last answer */
    uint32_t count;
    const uint32_t *links;
};

struct transfer {
    double latency;      /* of its longest route, s */
    double latency_load; /* the most of latency times units over its flows, s */
    struct link_set *sets;
    uint32_t num_sets;
};

/* What the set weighs with a unit of that many bytes. */
double set_weight(struct link_set *set, double unit);

/* Who sends to whom. */
enum transfer_shape {
    TRANSFER_ALL_TO_ALL,
    TRANSFER_FROM_ROOT, /* to each other host */
    TRANSFER_TO_ROOT,
    TRANSFER_ROOT_BOTH,
    TRANSFER_RING,
    TRANSFER_RING_RIGHT,
    TRANSFER_RING_LEFT,
};

struct network;

/* NULL when out of memory. `sharing` tells capacities and policies of the links. */
struct network *network_create(struct resources *resources, const struct sharing *sharing);
void network_destroy(struct network *network);

/* The transfer among the hosts, where `root` is an index into them (0 for shapes without root).
 * Valid until network_trim. Returns NULL with err when a route is missing. */
const struct transfer *network_transfer(struct network *network, enum transfer_shape shape,
                                        const uint32_t *hosts, uint32_t num_hosts, uint32_t root,
                                        struct error *err);
/* The same for a matrix of bytes, row sends to column; a unit is a byte. Valid until the next
 * matrix.
 */
const struct transfer *network_matrix(struct network *network, const uint32_t *hosts,
                                      uint32_t num_hosts, const double *bytes, struct error *err);

/* Forgets the transfers when they take up too much memory. */
void network_trim(struct network *network);

#endif
