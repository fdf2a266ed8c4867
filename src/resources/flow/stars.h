/* Routes of hosts in star-like zones (clusters behind a switch), where each route is what leads up
 * from the source and then what leads down to the destination, no link twice. Both halves are found
 * once per host, so that no route has to be asked for again.
 */
#ifndef ELASTISIM_RESOURCES_FLOW_STARS_H
#define ELASTISIM_RESOURCES_FLOW_STARS_H

#include "base/error.h"
#include "resources/topology.h"

/* Hosts that a star has at least: halves are told apart by the routes to others. */
#define STAR_HOSTS 3

/* One half of a host's routes. A half may hold links of the other one, too, where all routes have
 * them (a backbone). */
struct half_route {
    uint32_t *links;
    uint32_t count;
    double latency; /* s */
};

static inline bool half_contains(const struct half_route *half, uint32_t link)
{
    for (uint32_t i = 0; i < half->count; i++)
        if (half->links[i] == link)
            return true;
    return false;
}

/* Links that are kept beside a half. */
#define FEW_LINKS 3

struct halves {
    bool known;
    struct half_route up, down;
    uint32_t few[2][FEW_LINKS]; /* where `links` of both point to if they fit */
};

struct stars;

/* NULL when out of memory. */
struct stars *stars_create(struct topology *topology);
void stars_destroy(struct stars *stars); /* NULL is fine */

/* Whether both belong to one star, as far as is known. */
bool stars_same(const struct stars *stars, uint32_t host, uint32_t other);

/* The halves of a host; NULL when it belongs to no star, or its routes turned out not to be made of
 * halves. *star is the number of its star. */
const struct halves *stars_halves(struct stars *stars, uint32_t host, long *star);

#endif
