/* Promise: counts are exact as long as the tally is not irregular. */
#include "resources/flow/tally.h"

#include "resources/flow/hash.h"

#include <stdlib.h>

int tally_init(struct tally *tally, struct topology *topology)
{
    size_t count = topology_num_links(topology) + 1;
    *tally = (struct tally){.topology = topology};
    tally->counts = calloc(count, sizeof *tally->counts);
    tally->listed = calloc(count, sizeof *tally->listed);
    tally->links = calloc(count, sizeof *tally->links);
    return tally->counts && tally->listed && tally->links ? 0 : -1;
}

void tally_release(struct tally *tally)
{
    free(tally->counts);
    free(tally->listed);
    free(tally->links);
    topology_route_release(&tally->route);
}

void tally_begin(struct tally *tally)
{
    for (uint32_t i = 0; i < tally->num_links; i++) {
        tally->counts[tally->links[i]] = 0;
        tally->listed[tally->links[i]] = false;
    }
    tally->num_links = 0;
    tally->latency = 0;
    tally->irregular = false;
}

int tally_ask(struct tally *tally, uint32_t from, uint32_t to, struct error *err)
{
    return topology_route(tally->topology, from, to, &tally->route, err);
}

void tally_add_part(struct tally *tally, size_t first, size_t count, int64_t times)
{
    for (size_t i = 0; i < count; i++)
        tally_add(tally, tally->route.links[first + i], times);
}

/* --- Products -------------------------------------------------------------------------------- */

static int64_t total(const struct host_class *classes, uint32_t count)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += classes[i].count;
    return sum;
}

/* Adds the inner links of the route that was asked for last. */
static void add_inner(struct tally *tally, size_t ends, int64_t times)
{
    if (tally->route.count < 2 * ends)
        tally->irregular = true;
    else
        tally_add_part(tally, ends, tally->route.count - 2 * ends, times);
}

/* Adds one of the three sums; *farthest becomes the host of the longest of its routes. */
static int add_routes(struct tally *tally, const struct route_product *product, bool to_first,
                      uint32_t *farthest, struct error *err)
{
    const struct host_class *classes = to_first ? product->sources : product->targets;
    uint32_t count = to_first ? product->num_sources : product->num_targets;
    int64_t others = to_first ? total(product->targets, product->num_targets)
                              : total(product->sources, product->num_sources);
    double latency = -1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t host = classes[i].host;
        if (tally_ask(tally, to_first ? host : product->sources[0].host,
                      to_first ? product->targets[0].host : host, err))
            return -1;
        add_inner(tally, product->ends, classes[i].count * others);
        if (tally->route.latency <= latency)
            continue;
        latency = tally->route.latency;
        *farthest = host;
    }
    return 0;
}

/* A number of the links of a route that hangs on no order. */
static int sketch(struct tally *tally, uint32_t from, uint32_t to, uint64_t *sum, struct error *err)
{
    *sum = 0;
    if (tally_ask(tally, from, to, err))
        return -1;
    for (size_t i = 0; i < tally->route.count; i++)
        *sum += hash_mix(1, tally->route.links[i]);
    return 0;
}

/* Whether the route between the last source and target is made as it ought to be. */
static int check_corner(struct tally *tally, const struct route_product *product, struct error *err)
{
    uint32_t a0 = product->sources[0].host, a = product->sources[product->num_sources - 1].host;
    uint32_t b0 = product->targets[0].host, b = product->targets[product->num_targets - 1].host;
    uint64_t first, source, target, corner;
    if (sketch(tally, a0, b0, &first, err) || sketch(tally, a, b0, &source, err) ||
        sketch(tally, a0, b, &target, err) || sketch(tally, a, b, &corner, err))
        return -1;
    if (corner != source + target - first)
        tally->irregular = true;
    return 0;
}

int tally_add_product(struct tally *tally, const struct route_product *product, struct error *err)
{
    uint32_t source = product->sources[0].host, target = product->targets[0].host;
    if (add_routes(tally, product, true, &source, err) ||
        add_routes(tally, product, false, &target, err) || check_corner(tally, product, err) ||
        tally_ask(tally, product->sources[0].host, product->targets[0].host, err))
        return -1;
    add_inner(tally, product->ends,
              -total(product->sources, product->num_sources) *
                  total(product->targets, product->num_targets));
    if (tally_ask(tally, source, target, err))
        return -1;
    tally_note_latency(tally, tally->route.latency);
    return 0;
}
