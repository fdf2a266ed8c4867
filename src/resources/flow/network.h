/* What transfers put on links: routes from SimGrid, summed up. */
#ifndef ELASTISIM_RESOURCES_FLOW_NETWORK_H
#define ELASTISIM_RESOURCES_FLOW_NETWORK_H

#include "base/error.h"
#include "resources/flow/plans.h"
#include "resources/topology.h"

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

/* NULL when out of memory. `sharing` tells capacities and policies of the links; transfers are kept
 * in `plans`. */
struct network *network_create(struct topology *topology, const struct sharing *sharing,
                               struct plans *plans);
void network_destroy(struct network *network); /* NULL is fine */

/* What a transfer puts on links, as it is summed up. */
struct link_sum {
    double latency, latency_load; /* as in a transfer */
    const double *units;          /* by link */
    const uint32_t *links;        /* that have any */
    uint32_t num_links;
};

/* The same as network_transfer, but kept nowhere: valid until the next call of this module. Returns
 * 0, or -1 with err. */
int network_sum(struct network *network, enum transfer_shape shape, const uint32_t *hosts,
                uint32_t num_hosts, uint32_t root, struct link_sum *sum, struct error *err);

/* The transfer among the hosts, where `root` is an index into them (0 for shapes without root).
 * It lives as long as its plan is kept or retained. Returns NULL with err when a route is missing.
 */
struct transfer *network_transfer(struct network *network, enum transfer_shape shape,
                                  const uint32_t *hosts, uint32_t num_hosts, uint32_t root,
                                  struct error *err);
/* The same for a matrix of bytes, row sends to column; a unit is a byte. It is not kept: lives
 * until the next matrix unless retained. */
struct transfer *network_matrix(struct network *network, const uint32_t *hosts, uint32_t num_hosts,
                                const double *bytes, struct error *err);

#endif
