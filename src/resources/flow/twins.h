/* Hosts on one switch of a fat tree or dragonfly: twins, whose routes to any host elsewhere are the
 * same but for their own links at the beginning.
 */
#ifndef ELASTISIM_RESOURCES_FLOW_TWINS_H
#define ELASTISIM_RESOURCES_FLOW_TWINS_H

#include "resources/topology.h"

/* A run of twins among sorted hosts. */
struct twins {
    uint32_t first, count; /* indices into the hosts */
    size_t prefix;         /* links at the beginning of their routes that are their own */
};

/* Divides hosts, sorted by number and all of one switched zone, into runs of twins: at most
 * num_hosts of them. Returns how many, 0 when they can't be told (no route, out of memory). */
uint32_t twins_find(struct topology *topology, const uint32_t *hosts, uint32_t num_hosts,
                    struct twins *runs);

#endif
