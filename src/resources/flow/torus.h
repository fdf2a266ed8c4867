/* What hosts of a torus send each other: SimGrid routes dimension by dimension, each the shorter
 * way round its ring, and half-way round upwards, but from the middle of a ring to its first host
 * downwards.
 */
#ifndef ELASTISIM_RESOURCES_FLOW_TORUS_H
#define ELASTISIM_RESOURCES_FLOW_TORUS_H

#include "resources/flow/tally.h"

struct torus;

/* Finds the links of a torus, whose hosts are given by rank. NULL with err when a route is missing
 * or memory runs out; tally->irregular says that it is not such a torus, and it is of no use then.
 */
struct torus *torus_create(struct tally *tally, const struct zone_shape *shape,
                           const uint32_t *hosts, uint32_t num_hosts, struct error *err);
void torus_destroy(struct torus *torus); /* NULL is fine */

/* Adds the routes from each of the members to each other one. Returns 0, or -1 with err. */
int torus_add_pairs(struct torus *torus, struct tally *tally, const struct member *members,
                    uint32_t count, struct error *err);

#endif
