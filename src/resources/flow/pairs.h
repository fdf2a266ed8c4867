/* All-to-all exchanges, counted by the structure of the platform instead of route by route. */
#ifndef ELASTISIM_RESOURCES_FLOW_PAIRS_H
#define ELASTISIM_RESOURCES_FLOW_PAIRS_H

#include "resources/flow/stars.h"
#include "resources/flow/tally.h"

struct pairs;

/* NULL when out of memory. */
struct pairs *pairs_create(struct topology *topology, struct stars *stars);
void pairs_destroy(struct pairs *pairs); /* NULL is fine */

/* Counts the routes from each of the hosts to each other one: on each link those that pass it, and
 * the largest latency. *tally is valid until the next call; NULL says that it would be no use, or
 * that the platform is not as it ought to be: then routes have to be looked at one by one. Returns
 * 0, or -1 with err. */
int pairs_count(struct pairs *pairs, const uint32_t *hosts, uint32_t count,
                const struct tally **tally, struct error *err);

#endif
