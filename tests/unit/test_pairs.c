/* All-to-all exchanges counted by the structure of the platform, against the sum of all routes:
 * random sets of hosts on tori, fat trees and dragonflies of many shapes, and across zones. */
#include "resources/flow/pairs.h"

#include "resources/flow/dragonfly.h"
#include "resources/flow/fat_tree.h"
#include "resources/flow/torus.h"

#include "topologies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MAX_HOSTS 256
#define NUM_SETS 12

#define ARRANGED(topology, radical, shape, more)                                                   \
    CLUSTER(radical, "topology='" topology "' topo_parameters='" shape "' " more)
#define SPLIT "sharing_policy='SPLITDUPLEX'"
#define SHARED "sharing_policy='SHARED'"
#define LIMITED " limiter_link='2GBps'"
#define LOOPED " loopback_bw='5GBps' loopback_lat='1us'"

/* --- Sums of routes -------------------------------------------------------------------------- */

/* Numbers that look random, the same each time. */
static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*state >> 33) % below);
}

struct sums {
    int64_t *counts; /* by link */
    double latency;
};

static void add_routes(struct sums *sums, struct topology *topology, const uint32_t *hosts,
                       uint32_t count)
{
    struct route route = {0};
    struct error err = {.kind = ERROR_NONE};
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < count; j++) {
            if (i == j)
                continue;
            check(topology_route(topology, hosts[i], hosts[j], &route, &err) == 0);
            sums->latency = fmax(sums->latency, route.latency);
            for (size_t k = 0; k < route.count; k++)
                sums->counts[route.links[k]]++;
        }
    topology_route_release(&route);
}

static void compare(struct topology *topology, const struct tally *tally, const uint32_t *hosts,
                    uint32_t count)
{
    size_t num_links = topology_num_links(topology);
    struct sums sums = {.counts = calloc(num_links, sizeof *sums.counts)};
    add_routes(&sums, topology, hosts, count);
    check(!tally->irregular);
    for (size_t link = 0; link < num_links; link++)
        check(tally->counts[link] == sums.counts[link]);
    check_near(tally->latency * 1e3, sums.latency * 1e3);
    free(sums.counts);
}

/* --- One zone -------------------------------------------------------------------------------- */

struct world {
    struct topology *topology;
    struct tally tally;
    enum zone_kind kind;
    const struct zone_shape *shape;
    uint32_t num_hosts;
    uint32_t hosts[MAX_HOSTS]; /* by rank */
    struct torus *torus;
};

static void count_pairs(struct world *world, const struct member *members, uint32_t count)
{
    struct error err = {.kind = ERROR_NONE};
    struct tally *tally = &world->tally;
    tally_begin(tally);
    switch (world->kind) {
    case ZONE_TORUS:
        if (!world->torus)
            world->torus = torus_create(tally, world->shape, world->hosts, world->num_hosts, &err);
        check(world->torus && !tally->irregular);
        check(torus_add_pairs(world->torus, tally, members, count, &err) == 0);
        break;
    case ZONE_FAT_TREE:
        check(fat_tree_add_pairs(tally, world->shape, world->num_hosts, members, count, &err) == 0);
        break;
    case ZONE_DRAGONFLY:
        check(dragonfly_add_pairs(tally, world->shape, world->hosts, world->num_hosts, members,
                                  count, &err) == 0);
        break;
    default:
        check(false);
    }
}

/* Counts a set that was drawn, of the size that is wished. */
static void try_set(struct world *world, uint64_t *state, uint32_t size)
{
    struct member members[MAX_HOSTS];
    uint32_t hosts[MAX_HOSTS], count = 0;
    for (uint32_t rank = 0; rank < world->num_hosts; rank++) {
        if (draw(state, world->num_hosts - rank) >= size - count)
            continue;
        members[count] = (struct member){.host = world->hosts[rank], .rank = rank};
        hosts[count++] = world->hosts[rank];
    }
    count_pairs(world, members, count);
    compare(world->topology, &world->tally, hosts, count);
}

/* The cluster is the zone that host 0 is in; names are in the order of ranks. */
static void try_cluster(const void *text)
{
    struct world world = {.topology = open_topology(text)};
    uint64_t state = 7;
    check(tally_init(&world.tally, world.topology) == 0);
    world.num_hosts = (uint32_t)topology_num_hosts(world.topology);
    check(world.num_hosts <= MAX_HOSTS);
    topology_host_zone(world.topology, 0, &world.kind);
    world.shape = topology_host_shape(world.topology, 0);
    for (uint32_t host = 0; host < world.num_hosts; host++)
        world.hosts[topology_host_rank(world.topology, host)] = host;
    for (uint32_t i = 0; i < NUM_SETS; i++)
        try_set(&world, &state, 2 + draw(&state, world.num_hosts - 1));
    try_set(&world, &state, world.num_hosts);
    try_set(&world, &state, 2);
    torus_destroy(world.torus);
    tally_release(&world.tally);
    topology_close(world.topology);
}

static void try_clusters(const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!child_runs(try_cluster, texts[i]))
            fail_msg("%s", texts[i]);
}

#define TORUS(radical, shape, more) PLATFORM(ARRANGED("TORUS", radical, shape, more))
#define TREE(radical, shape, more) PLATFORM(ARRANGED("FAT_TREE", radical, shape, more))
#define FLY(radical, shape, more) PLATFORM(ARRANGED("DRAGONFLY", radical, shape, more))

static void test_pairs_on_tori_are_the_sum_of_all_routes(void **state)
{
    static const char *const tori[] = {
        TORUS("100-101", "2", SPLIT),           TORUS("100-102", "3", SHARED),
        TORUS("100-103", "4", SPLIT LIMITED),   TORUS("100-115", "16", SPLIT),
        TORUS("100-116", "17", SPLIT LOOPED),   TORUS("100-111", "4,3", SHARED LIMITED),
        TORUS("100-123", "2,3,4", SPLIT),       TORUS("100-147", "6,4,2", SHARED),
        TORUS("100-148", "7,7", SPLIT LIMITED), TORUS("100-139", "1,10,4", SPLIT),
        TORUS("100-163", "4,4,4", SPLIT),       TORUS("100-219", "4,3,5,2,1", SPLIT LOOPED LIMITED),
        TORUS("100-119", "2,5,2", SHARED),      TORUS("100-159", "10,6", SPLIT),
    };
    (void)state;
    try_clusters(tori, sizeof tori / sizeof *tori);
}

static void test_pairs_on_fat_trees_are_the_sum_of_all_routes(void **state)
{
    static const char *const trees[] = {
        TREE("100-115", "2;4,4;1,2;1,2", SPLIT),
        TREE("100-115", "2;4,4;1,4;1,1", SHARED),
        TREE("100-131", "2;8,4;1,3;1,2", SPLIT LIMITED),
        TREE("100-123", "3;2,3,4;1,2,3;1,1,1", SPLIT),
        TREE("100-123", "3;2,3,4;1,2,2;1,1,2", SPLIT LOOPED),
        TREE("100-126", "3;3,3,3;1,3,3;1,1,1", SHARED LIMITED LOOPED),
        TREE("100-123", "3;4,3,2;2,1,2;1,2,1", SPLIT),
        TREE("100-111", "2;12,1;1,2;1,1", SPLIT),
        TREE("100-111", "2;1,12;1,3;1,1", SPLIT),
        TREE("100-109", "1;10;1;1", SPLIT LIMITED),
    };
    (void)state;
    try_clusters(trees, sizeof trees / sizeof *trees);
}

static void test_pairs_on_dragonflies_are_the_sum_of_all_routes(void **state)
{
    static const char *const flies[] = {
        FLY("100-115", "2,2;2,1;2,1;2", SPLIT),
        FLY("100-171", "3,2;3,1;4,1;2", SPLIT),
        FLY("100-171", "3,2;3,1;4,1;2", SHARED LIMITED),
        FLY("100-147", "4,1;3,1;4,1;1", SPLIT LOOPED LIMITED),
        FLY("100-111", "1,1;3,1;4,1;1", SHARED),
        FLY("100-105", "1,1;3,1;1,1;2", SPLIT LIMITED),
        FLY("100-129", "2,1;1,1;5,2;3", SPLIT LIMITED),
        FLY("100-107", "1,1;1,1;4,2;2", SHARED LOOPED),
    };
    (void)state;
    try_clusters(flies, sizeof flies / sizeof *flies);
}

/* --- Several zones --------------------------------------------------------------------------- */

#define CLUSTER_OF(id, prefix, radical, more)                                                      \
    "<cluster id='" id "' prefix='" prefix "' suffix='' radical='" radical                         \
    "' speed='1Gf' bw='1GBps' lat='1ms' " more "/>"
#define TRUNK(id) "<link id='" id "' bandwidth='1GBps' latency='3ms'/>"
#define TRUNKS TRUNK("t1") TRUNK("t2") TRUNK("t3") TRUNK("t4")
#define ZONE_ROUTE(src, gw_src, dst, gw_dst, links)                                                \
    "<zoneRoute src='" src "' dst='" dst "' gw_src='" gw_src "' gw_dst='" gw_dst "'>" links        \
    "</zoneRoute>"
#define LINK(id) "<link_ctn id='" id "'/>"

/* Gateways differ from pair to pair; between a and c, both trunks are one link's two ends. */
#define THREE_ZONES(more)                                                                          \
    PLATFORM(CLUSTER_OF("a", "a", "10-49", "")                                                     \
                 CLUSTER_OF("b", "b", "10-37", "topology='TORUS' topo_parameters='7,4' " SPLIT)    \
                     CLUSTER_OF("c", "c", "10-41",                                                 \
                                "topology='FAT_TREE' topo_parameters='2;4,8;1,2;1,2' " SPLIT)      \
                         TRUNKS ZONE_ROUTE("a", "aa_router", "b", "b10", LINK("t1"))               \
                             ZONE_ROUTE("b", "b23", "c", "c40", LINK("t2") LINK("t3"))             \
                                 ZONE_ROUTE("a", "a12", "c", "c15", LINK("t4")) more)
#define WITH_BYPASS                                                                                \
    THREE_ZONES("<bypassZoneRoute src='a' dst='b' gw_src='a11' gw_dst='b11'>" LINK(                \
        "t3") "</bypassZoneRoute>")
/* Two stars in one zone, a mesh beside it. */
#define NESTED                                                                                     \
    PLATFORM("<zone id='x' routing='Full'>" CLUSTER_OF("a", "a", "10-49",                          \
                                                       "bb_bw='4GBps' "                            \
                                                       "bb_lat='2ms'")                             \
                 CLUSTER_OF("b", "b", "10-49", LIMITED) TRUNKS ZONE_ROUTE(                         \
                     "a", "aa_router", "b", "bb_router",                                           \
                     LINK("t1")) "</zone>"                                                         \
                                 "<zone id='y' routing='Full'><host id='m' speed='1Gf'/><host "    \
                                 "id='n' speed='1Gf'/>"                                            \
                                 "<link id='l' bandwidth='1GBps' latency='1ms'/><route src='m' "   \
                                 "dst='n'>" LINK("l") "</route></zone>" TRUNK("t5")                \
                                     ZONE_ROUTE("x", "bb_router", "y", "m", LINK("t5")))

struct several {
    const char *platform;
    bool counted; /* not looked at route by route */
};

static void try_zones(const void *argument)
{
    const struct several *several = argument;
    struct topology *topology = open_topology(several->platform);
    struct stars *stars = stars_create(topology);
    struct pairs *pairs = pairs_create(topology, stars);
    struct error err = {.kind = ERROR_NONE};
    uint32_t hosts[MAX_HOSTS], num_hosts = (uint32_t)topology_num_hosts(topology);
    uint64_t state = 3;
    for (uint32_t i = 0; i < NUM_SETS; i++) {
        const struct tally *tally;
        uint32_t count = 0, size = i == 0 ? num_hosts : 64 + draw(&state, num_hosts - 63);
        for (uint32_t host = num_hosts; host-- > 0;)
            if (draw(&state, host + 1) < size - count)
                hosts[count++] = host;
        check(pairs_count(pairs, hosts, count, &tally, &err) == 0);
        check(several->counted == (tally != NULL));
        if (tally)
            compare(topology, tally, hosts, count);
    }
    pairs_destroy(pairs);
    stars_destroy(stars);
    topology_close(topology);
}

static void test_pairs_across_zones_are_the_sum_of_all_routes(void **state)
{
    (void)state;
    assert_true(child_runs(try_zones, &(struct several){THREE_ZONES(""), true}));
    assert_true(child_runs(try_zones, &(struct several){NESTED, true}));
}

static void test_zones_with_bypasses_are_looked_at_route_by_route(void **state)
{
    (void)state;
    assert_true(child_runs(try_zones, &(struct several){WITH_BYPASS, false}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_on_tori_are_the_sum_of_all_routes),
        cmocka_unit_test(test_pairs_on_fat_trees_are_the_sum_of_all_routes),
        cmocka_unit_test(test_pairs_on_dragonflies_are_the_sum_of_all_routes),
        cmocka_unit_test(test_pairs_across_zones_are_the_sum_of_all_routes),
        cmocka_unit_test(test_zones_with_bypasses_are_looked_at_route_by_route),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
