/* What hosts of a fat tree send each other: SimGrid goes up by the digits of the target's place,
 * and down the one way there is, by the cable that the source's place says.
 */
#ifndef ELASTISIM_RESOURCES_FLOW_FAT_TREE_H
#define ELASTISIM_RESOURCES_FLOW_FAT_TREE_H

#include "resources/flow/tally.h"

/* Adds the routes from each of the members to each other one. tally->irregular says that it is not
 * such a tree. Returns 0, or -1 with err. */
int fat_tree_add_pairs(struct tally *tally, const struct zone_shape *shape, uint32_t num_hosts,
                       const struct member *members, uint32_t count, struct error *err);

#endif
