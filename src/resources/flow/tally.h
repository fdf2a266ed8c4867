/* How many flows of one unit pass each link, counted: whole numbers, so that neither the order in
 * which they are added nor what is added and taken away again changes the sum.
 */
#ifndef ELASTISIM_RESOURCES_FLOW_TALLY_H
#define ELASTISIM_RESOURCES_FLOW_TALLY_H

#include "base/error.h"
#include "resources/topology.h"

struct tally {
    struct topology *topology;
    int64_t *counts; /* by link */
    bool *listed;    /* by link: whether it is in... */
    uint32_t *links; /* ... this list of those whose count may not be 0 */
    uint32_t num_links;
    double latency; /* the largest that was noted, s */
    bool irregular; /* routes turned out not to be as they ought to: the counts are worth nothing */
    struct route route; /* that was asked for last */
};

/* A host of a set; sets are sorted by zone, then by rank. */
struct member {
    uint32_t host, zone;
    uint32_t rank; /* in the zone */
};

/* Hosts whose routes differ in nothing but links of their own: one of them, and how many. */
struct host_class {
    uint32_t host;
    uint32_t count;
};

/* Returns 0, or -1 when out of memory. */
int tally_init(struct tally *tally, struct topology *topology);
void tally_release(struct tally *tally);
void tally_begin(struct tally *tally); /* all counts are 0 */

static inline void tally_add(struct tally *tally, uint32_t link, int64_t times)
{
    tally->counts[link] += times;
    if (!tally->listed[link])
        tally->links[tally->num_links++] = link;
    tally->listed[link] = true;
}

static inline void tally_note_latency(struct tally *tally, double latency)
{
    tally->latency = latency > tally->latency ? latency : tally->latency;
}

/* Asks for a route. Returns 0, or -1 with err when there is none. */
int tally_ask(struct tally *tally, uint32_t from, uint32_t to, struct error *err);
/* Adds `count` links of the route, from the one at index `first` on; they have to be there. */
void tally_add_part(struct tally *tally, size_t first, size_t count, int64_t times);

/* Adds the routes from each of the sources to each of the targets without those links at both ends,
 * and notes the largest latency, where each route is what leads away from its source, then what
 * leads to its target, or has a part in between that is the same for all. With sources a and
 * targets b, of which a0 and b0 are two, and links counted as often as they come, route(a, b) is
 * then route(a, b0) + route(a0, b) - route(a0, b0), so that as many routes are asked for as there
 * are sources and targets. Returns 0, or -1 with err. */
struct route_product {
    const struct host_class *sources, *targets;
    uint32_t num_sources, num_targets;
    size_t ends; /* links left out at each end */
};
int tally_add_product(struct tally *tally, const struct route_product *product, struct error *err);

#endif
