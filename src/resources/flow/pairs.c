/* A set of hosts falls into zones of SimGrid. Inside each, pairs are counted by what kind of zone
 * it is. Between two of them all routes are one product: SimGrid makes a route between two zones of
 * one that leads to the zone's gateway, one from gateway to gateway, and one that leads on from
 * there (but for bypasses, which are looked for in the platform file).
 */
#include "resources/flow/pairs.h"

#include "resources/flow/dragonfly.h"
#include "resources/flow/fat_tree.h"
#include "resources/flow/star_pairs.h"
#include "resources/flow/torus.h"

#include <stdlib.h>

/* Hosts from which on it pays to look for structure. */
#define MANY_HOSTS 64

struct zone {
    enum zone_kind kind;
    const struct zone_shape *shape;
    uint32_t *hosts; /* by rank, one after the other; NULL where there is something else, too */
    uint32_t num_hosts;
    bool irregular; /* its routes are not as the shape says */
    struct torus *torus;
};

struct pairs {
    struct tally tally;
    struct stars *stars;
    struct star_pairs *star_pairs;
    struct zone *zones; /* by number */
    uint32_t num_zones, num_hosts;
    uint32_t *zone_of;          /* by host */
    uint32_t *by_rank;          /* hosts, zone by zone */
    struct member *members;     /* of the set being counted */
    struct host_class *classes; /* the same, each by itself */
};

/* --- Creation -------------------------------------------------------------------------------- */

static void look_at_zones(struct pairs *pairs)
{
    struct topology *topology = pairs->tally.topology;
    for (uint32_t host = 0; host < pairs->num_hosts; host++) {
        enum zone_kind kind;
        uint32_t number = topology_host_zone(topology, host, &kind);
        struct zone *zone = &pairs->zones[number];
        pairs->zone_of[host] = number;
        if (zone->num_hosts++ == 0) {
            zone->kind = kind;
            zone->shape = topology_host_shape(topology, host);
        }
        pairs->num_zones = number >= pairs->num_zones ? number + 1 : pairs->num_zones;
    }
}

/* Enters hosts by rank, where ranks are as many as hosts. */
static void rank_hosts(struct pairs *pairs)
{
    uint32_t *next = pairs->by_rank;
    for (uint32_t i = 0; i < pairs->num_zones; i++) {
        pairs->zones[i].hosts = next;
        next += pairs->zones[i].num_hosts;
    }
    for (uint32_t host = 0; host < pairs->num_hosts; host++) {
        struct zone *zone = &pairs->zones[pairs->zone_of[host]];
        uint32_t rank = topology_host_rank(pairs->tally.topology, host);
        if (rank >= zone->num_hosts)
            zone->irregular = true;
        else
            zone->hosts[rank] = host;
    }
}

struct pairs *pairs_create(struct topology *topology, struct stars *stars)
{
    struct pairs *pairs = calloc(1, sizeof *pairs);
    if (!pairs)
        return NULL;
    size_t num_hosts = topology_num_hosts(topology), room = num_hosts + 1;
    pairs->stars = stars;
    pairs->num_hosts = (uint32_t)num_hosts;
    pairs->zones = calloc(room, sizeof *pairs->zones);
    pairs->zone_of = calloc(room, sizeof *pairs->zone_of);
    pairs->by_rank = calloc(room, sizeof *pairs->by_rank);
    pairs->members = calloc(room, sizeof *pairs->members);
    pairs->classes = calloc(room, sizeof *pairs->classes);
    pairs->star_pairs = star_pairs_create(topology, stars);
    if (tally_init(&pairs->tally, topology) == 0 && pairs->zones && pairs->zone_of &&
        pairs->by_rank && pairs->members && pairs->classes && pairs->star_pairs) {
        look_at_zones(pairs);
        rank_hosts(pairs);
        return pairs;
    }
    pairs_destroy(pairs);
    return NULL;
}

void pairs_destroy(struct pairs *pairs)
{
    if (!pairs)
        return;
    for (uint32_t i = 0; i < pairs->num_zones; i++)
        torus_destroy(pairs->zones[i].torus);
    tally_release(&pairs->tally);
    star_pairs_destroy(pairs->star_pairs);
    free(pairs->zones);
    free(pairs->zone_of);
    free(pairs->by_rank);
    free(pairs->members);
    free(pairs->classes);
    free(pairs);
}

/* --- Inside one zone ------------------------------------------------------------------------- */

static int add_torus(struct pairs *pairs, struct zone *zone, const struct member *members,
                     uint32_t count, struct error *err)
{
    if (!zone->torus) {
        zone->torus = torus_create(&pairs->tally, zone->shape, zone->hosts, zone->num_hosts, err);
        if (!zone->torus)
            return -1;
    }
    return pairs->tally.irregular
               ? 0
               : torus_add_pairs(zone->torus, &pairs->tally, members, count, err);
}

static int add_fat_tree(struct pairs *pairs, struct zone *zone, const struct member *members,
                        uint32_t count, struct error *err)
{
    return fat_tree_add_pairs(&pairs->tally, zone->shape, zone->num_hosts, members, count, err);
}

static int add_dragonfly(struct pairs *pairs, struct zone *zone, const struct member *members,
                         uint32_t count, struct error *err)
{
    return dragonfly_add_pairs(&pairs->tally, zone->shape, zone->hosts, zone->num_hosts, members,
                               count, err);
}

/* Adds each route by itself. */
static int add_each(struct pairs *pairs, struct zone *zone, const struct member *members,
                    uint32_t count, struct error *err)
{
    struct tally *tally = &pairs->tally;
    (void)zone;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < count; j++) {
            if (i == j)
                continue;
            if (tally_ask(tally, members[i].host, members[j].host, err))
                return -1;
            tally_add_part(tally, 0, tally->route.count, 1);
            tally_note_latency(tally, tally->route.latency);
        }
    return 0;
}

static int add_star(struct pairs *pairs, struct zone *zone, const struct member *members,
                    uint32_t count, struct error *err)
{
    if (zone->num_hosts < STAR_HOSTS)
        return add_each(pairs, zone, members, count, err);
    star_pairs_add(pairs->star_pairs, &pairs->tally, members, count);
    return 0;
}

static int add_inside(struct pairs *pairs, const struct member *members, uint32_t count,
                      struct error *err)
{
    static int (*const adders[])(struct pairs *, struct zone *, const struct member *, uint32_t,
                                 struct error *) = {
        [ZONE_OTHER] = add_each,        [ZONE_STAR] = add_star,           [ZONE_TORUS] = add_torus,
        [ZONE_FAT_TREE] = add_fat_tree, [ZONE_DRAGONFLY] = add_dragonfly,
    };
    struct zone *zone = &pairs->zones[members[0].zone];
    if (count < 2)
        return 0;
    if (zone->irregular)
        return add_each(pairs, zone, members, count, err);
    int result = adders[zone->kind](pairs, zone, members, count, err);
    /* Of a star, that is to do with these members only. */
    zone->irregular = pairs->tally.irregular && zone->kind != ZONE_STAR;
    return result;
}

/* --- Between zones --------------------------------------------------------------------------- */

static uint32_t zone_end(const struct pairs *pairs, uint32_t first, uint32_t count)
{
    uint32_t end = first;
    while (end < count && pairs->members[end].zone == pairs->members[first].zone)
        end++;
    return end;
}

/* Adds the routes from one zone to all others. */
static int add_from(struct pairs *pairs, uint32_t first, uint32_t end, uint32_t count,
                    struct error *err)
{
    for (uint32_t i = 0, next; i < count && !pairs->tally.irregular; i = next) {
        next = zone_end(pairs, i, count);
        const struct route_product product = {.sources = pairs->classes + first,
                                              .targets = pairs->classes + i,
                                              .num_sources = end - first,
                                              .num_targets = next - i};
        if (i != first && tally_add_product(&pairs->tally, &product, err))
            return -1;
    }
    return 0;
}

/* --- The interface --------------------------------------------------------------------------- */

static int compare_members(const void *first, const void *second)
{
    const struct member *a = first, *b = second;
    if (a->zone != b->zone)
        return a->zone < b->zone ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

/* Sorts the hosts by zone and rank. Returns false when one comes more than once. */
static bool sort_members(struct pairs *pairs, const uint32_t *hosts, uint32_t count)
{
    if (count > pairs->num_hosts)
        return false;
    for (uint32_t i = 0; i < count; i++)
        pairs->members[i] =
            (struct member){.host = hosts[i],
                            .zone = pairs->zone_of[hosts[i]],
                            .rank = topology_host_rank(pairs->tally.topology, hosts[i])};
    qsort(pairs->members, count, sizeof *pairs->members, compare_members);
    bool distinct = true;
    for (uint32_t i = 0; i < count; i++) {
        pairs->classes[i] = (struct host_class){.host = pairs->members[i].host, .count = 1};
        distinct = distinct && (i == 0 || pairs->members[i - 1].host != pairs->members[i].host);
    }
    return distinct;
}

/* Small sets are as quickly looked at route by route, unless they are of one star. */
static bool is_worth_it(const struct pairs *pairs, const uint32_t *hosts, uint32_t count)
{
    const struct zone *zone = &pairs->zones[pairs->zone_of[hosts[0]]];
    bool one_zone = true;
    for (uint32_t i = 1; i < count && one_zone; i++)
        one_zone = pairs->zone_of[hosts[i]] == pairs->zone_of[hosts[0]];
    if (one_zone && zone->kind == ZONE_STAR)
        return true;
    if (count < MANY_HOSTS || (one_zone && zone->kind == ZONE_OTHER))
        return false;
    /* A torus is looked at as a whole, once. */
    return !one_zone || zone->kind != ZONE_TORUS || zone->torus ||
           (uint64_t)count * count >= zone->num_hosts;
}

int pairs_count(struct pairs *pairs, const uint32_t *hosts, uint32_t count,
                const struct tally **tally, struct error *err)
{
    *tally = NULL;
    if (count < 2 || !is_worth_it(pairs, hosts, count) || !sort_members(pairs, hosts, count))
        return 0;
    tally_begin(&pairs->tally);
    bool one_zone = zone_end(pairs, 0, count) == count;
    if (!one_zone && topology_has_bypasses(pairs->tally.topology))
        return 0;
    for (uint32_t first = 0, end; first < count && !pairs->tally.irregular; first = end) {
        end = zone_end(pairs, first, count);
        if (add_inside(pairs, pairs->members + first, end - first, err) ||
            (!one_zone && !pairs->tally.irregular && add_from(pairs, first, end, count, err)))
            return -1;
    }
    if (!pairs->tally.irregular)
        *tally = &pairs->tally;
    return 0;
}
