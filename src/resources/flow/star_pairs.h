/* What hosts of a star-like zone send each other. */
#ifndef ELASTISIM_RESOURCES_FLOW_STAR_PAIRS_H
#define ELASTISIM_RESOURCES_FLOW_STAR_PAIRS_H

#include "resources/flow/stars.h"
#include "resources/flow/tally.h"

struct star_pairs;

/* NULL when out of memory. */
struct star_pairs *star_pairs_create(struct topology *topology, struct stars *stars);
void star_pairs_destroy(struct star_pairs *pairs); /* NULL is fine */

/* Adds the routes from each of the members, all of one zone, to each other one. tally->irregular
 * says that they are not made of halves. */
void star_pairs_add(struct star_pairs *pairs, struct tally *tally, const struct member *members,
                    uint32_t count);

#endif
