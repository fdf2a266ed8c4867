/* What hosts of a dragonfly send each other: SimGrid takes minimal routes. */
#ifndef ELASTISIM_RESOURCES_FLOW_DRAGONFLY_H
#define ELASTISIM_RESOURCES_FLOW_DRAGONFLY_H

#include "resources/flow/tally.h"

/* Adds the routes from each of the members to each other one; `hosts` are all of the zone, by rank.
 * tally->irregular says that it is not such a dragonfly. Returns 0, or -1 with err. */
int dragonfly_add_pairs(struct tally *tally, const struct zone_shape *shape, const uint32_t *hosts,
                        uint32_t num_hosts, const struct member *members, uint32_t count,
                        struct error *err);

#endif
