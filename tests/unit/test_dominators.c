/* Links that hold nobody back, and PFS I/O that leaves them out, against I/O that looks at the
 * route of each member by itself: random sets of hosts on tori, fat trees and dragonflies of many
 * shapes, and in nested zones. */
#include "resources/flow/dominators.h"

#include "resources/flow/flow.h"
#include "resources/flow/groups.h"
#include "resources/flow/members.h"
#include "resources/flow/model.h"

#include "topologies.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MAX_HOSTS 256
#define NUM_SETS 4
#define MAX_TARGETS 2
#define SAME 1e-12 /* relative: sums are formed in another order */

/* --- Platforms ------------------------------------------------------------------------------- */

#define SPLIT "sharing_policy='SPLITDUPLEX' "
#define SHARED "sharing_policy='SHARED' "
#define LIMITED "limiter_link='2GBps' "
#define ZONE_ROUTE(src, gw_src, dst, gw_dst, links)                                                \
    "<zoneRoute src='" src "' dst='" dst "' gw_src='" gw_src "' gw_dst='" gw_dst "'>" links        \
    "</zoneRoute>"
#define LINK(id) "<link_ctn id='" id "'/>"
#define WIRE(id, bandwidth) "<link id='" id "' bandwidth='" bandwidth "' latency='2ms'/>"
/* PFS hosts p0 and p1; the zone c hangs on them with its host or router of that name. */
#define BESIDE_PFS(zone, gateway)                                                                  \
    PLATFORM(zone                                                                                  \
             "<zone id='s' routing='Full'><host id='p0' speed='1Gf'/></zone>"                      \
             "<zone id='t' routing='Full'><host id='p1' speed='1Gf'/></zone>" WIRE("w0", "3GBps")  \
                 WIRE("w1", "500MBps") ZONE_ROUTE("c", gateway, "s", "p0", LINK("w0"))             \
                     ZONE_ROUTE("c", gateway, "t", "p1", LINK("w1")))
#define ARRANGED(topology, radical, shape, more)                                                   \
    BESIDE_PFS(CLUSTER(radical, "topology='" topology "' topo_parameters='" shape "' " more),      \
               "n100")
#define TORUS(radical, shape, more) ARRANGED("TORUS", radical, shape, more)
#define TREE(radical, shape, more) ARRANGED("FAT_TREE", radical, shape, more)
#define FLY(radical, shape, more) ARRANGED("DRAGONFLY", radical, shape, more)
#define INNER(id, prefix, radical, more)                                                           \
    "<cluster id='" id "' prefix='" prefix "' suffix='' radical='" radical                         \
    "' speed='1Gf' bw='1GBps' lat='1ms' " more "/>"
/* Two tori and a star in one zone, which is what the PFS hosts see. */
#define NESTED                                                                                     \
    BESIDE_PFS("<zone id='c' routing='Full'>" INNER(                                               \
                   "u", "n", "100-134", "topology='TORUS' topo_parameters='7,5' " SPLIT)           \
                   INNER("v", "n", "200-235", "topology='TORUS' topo_parameters='6,2,3' " SPLIT)   \
                       INNER("x", "n", "300-309", "") WIRE("tu", "4GBps") WIRE("tx", "800MBps")    \
                           ZONE_ROUTE("u", "n117", "v", "n200", LINK("tu"))                        \
                               ZONE_ROUTE("u", "n117", "x", "nx_router", LINK("tx")) ZONE_ROUTE(   \
                                   "v", "n214", "x", "nx_router", LINK("tx")) "</zone>",           \
               "n117")

/* Each way has its own length or its own side: no members are alike. */
#define RING TORUS("100-163", "64", SPLIT)

static const char *const platforms[] = {
    TORUS("100-163", "4,4,4", SPLIT),
    TORUS("100-204", "7,5,3", SPLIT),
    TORUS("100-189", "2,5,9", SPLIT),
    TORUS("100-180", "9,9", SHARED),
    RING,
    TORUS("100-219", "4,3,5,2,1", SPLIT LIMITED),
    TREE("100-195", "2;16,6;1,3;1,2", SPLIT),
    TREE("100-195", "3;4,4,6;1,2,2;1,1,1", SPLIT),
    TREE("100-195", "2;16,6;2,2;1,1", SHARED LIMITED),
    FLY("100-195", "3,2;4,1;4,2;2", SPLIT),
    FLY("100-219", "5,1;2,1;6,1;2", SPLIT LIMITED),
    NESTED,
};

/* --- Worlds ---------------------------------------------------------------------------------- */

/* Numbers that look random, the same each time. */
static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*state >> 33) % below);
}

struct world {
    struct topology *topology;
    struct flow *flow;
    uint32_t pfs[MAX_TARGETS];
    double ends[2][MAX_HOSTS]; /* of two I/Os, by member */
    double most_variables;     /* at a time, after the start of an I/O */
};

/* Numbers of hosts are in the order of their names: the last ones are p0 and p1. */
static void open_world(struct world *world, struct topology *topology)
{
    struct simgrid_settings settings;
    uint32_t num_hosts = (uint32_t)topology_num_hosts(topology);
    check(!simgrid_settings(topology, &settings));
    *world = (struct world){.topology = topology,
                            .flow = flow_create(topology, &settings),
                            .pfs = {num_hosts - 2, num_hosts - 1}};
    check(world->flow != NULL);
}

/* An I/O of some hosts; amounts by member. */
struct io {
    enum load_kind kind;
    uint32_t hosts[MAX_HOSTS], members[MAX_HOSTS], count;
    double amounts[MAX_HOSTS];
    uint32_t num_targets;
};

/* Draws an I/O of so many hosts or fewer, of the compute hosts. */
static void draw_io(struct io *io, const struct world *world, uint64_t *state)
{
    uint32_t num_hosts = world->pfs[0];
    uint32_t size = 40 + draw(state, num_hosts - 40);
    bool even = draw(state, 3) > 0;
    *io = (struct io){.kind = draw(state, 2) ? LOAD_PFS_WRITE : LOAD_PFS_READ,
                      .num_targets = 1 + draw(state, MAX_TARGETS)};
    for (uint32_t host = 0; host < num_hosts; host++) {
        if (draw(state, num_hosts - host) >= size - io->count)
            continue;
        io->members[io->count] = io->count;
        io->amounts[io->count] = even ? 1e9 : 1e8 * (1 + draw(state, 3));
        io->hosts[io->count++] = host;
    }
}

/* Starts that I/O, of `count` members from that one on, as one group. */
static void start(struct world *world, const struct io *io, uint32_t first, uint32_t count,
                  uint32_t number)
{
    const struct pfs_targets targets = {world->pfs, io->num_targets};
    const struct pfs_targets *each[MAX_HOSTS];
    struct error err = {.kind = ERROR_NONE};
    for (uint32_t i = 0; i < count; i++)
        each[i] = &targets;
    const struct load load = {.kind = io->kind,
                              .hosts = io->hosts,
                              .num_hosts = io->count,
                              .members = io->members + first,
                              .amounts = io->amounts + first,
                              .num_members = count,
                              .targets = each};
    check(flow_model.start(world->flow, &load, &world->ends[number][first], &err) != NULL);
}

/* An all-to-all of the first hosts, which is in the way of the I/O. */
static void start_exchange(struct world *world, const struct io *io, uint32_t count)
{
    struct error err = {.kind = ERROR_NONE};
    const struct load load = {.kind = LOAD_EXCHANGE,
                              .hosts = io->hosts,
                              .num_hosts = count,
                              .pattern = MATRIX_ALL_TO_ALL,
                              .bytes = 2e9};
    check(flow_model.start(world->flow, &load, NULL, &err) != NULL);
}

/* Advances to that time, and notes who ends when. */
static void advance(struct world *world, double until)
{
    struct error err = {.kind = ERROR_NONE};
    struct completion completion;
    double reached = 0;
    do {
        check(flow_model.advance(world->flow, until, &reached, &err) == 0);
        while (flow_model.next_completion(world->flow, &completion))
            for (uint32_t i = 0; completion.owner && i < completion.count; i++)
                ((double *)completion.owner)[completion.indices[i]] = reached;
    } while (reached < until && flow_model.busy(world->flow));
}

static void check_equal(double a, double b, double tolerance)
{
    check(fabs(a - b) <= tolerance * fmax(1, fmax(fabs(a), fabs(b))));
}

static void compare_loads(struct world *a, struct world *b)
{
    for (size_t link = 0; link < topology_num_links(a->topology); link++)
        check_equal(flow_model.link_load(a->flow, link), flow_model.link_load(b->flow, link), SAME);
}

/* All groups stand still until then. */
static void stand_still(struct world *world, double until)
{
    struct error err = {.kind = ERROR_NONE};
    for (struct flow_group *group = world->flow->groups; group; group = group->next)
        flow_model.pause(world->flow, (struct load_group *)(void *)group);
    advance(world, until);
    struct flow_group *last = world->flow->groups;
    while (last && last->next)
        last = last->next;
    for (; last; last = last->previous)
        check(flow_model.go_on(world->flow, (struct load_group *)(void *)last, &err) == 0);
}

static uint32_t count_variables(const struct flow *flow)
{
    uint32_t count = 0;
    for (const struct flow_group *group = flow->groups; group; group = group->next)
        for (const struct variable *part = group->variables; part; part = part->next_sibling)
            count++;
    return count;
}

/* --- Dominators ------------------------------------------------------------------------------ */

static double units_on(const struct pfs_route *route, uint32_t link)
{
    for (uint32_t s = 0; s < route->transfer->num_sets; s++)
        for (uint32_t i = 0; i < route->transfer->sets[s].set.count; i++)
            if (route->transfer->sets[s].set.resources[i] == link)
                return route->transfer->sets[s].units;
    return 0;
}

/* Returns how many links have a dominator. */
static uint32_t check_dominators(const struct world *world, const struct pfs_routes *routes)
{
    const struct shared_resource *resources = world->flow->sharing.resources;
    uint32_t count = 0;
    for (uint32_t link = 0; link < world->flow->num_links; link++) {
        if (routes->dominators[link] == 0)
            continue;
        uint32_t dominator = routes->dominators[link] - 1, num_users = 0;
        for (uint32_t host = 0; host < routes->num_hosts; host++) {
            const struct pfs_route *route = &routes->of_host[host];
            double units = route->transfer ? units_on(route, link) : 0;
            check(units == 0 || units_on(route, dominator) >= units);
            num_users += units > 0;
        }
        check(num_users > 0 && dominator != link);
        check(resources[dominator].capacity <= resources[link].capacity);
        check(!resources[link].fatpipe && !resources[dominator].fatpipe);
        check(routes->dominators[dominator] == 0);
        count++;
    }
    return count;
}

static void find_dominators(const void *platform)
{
    struct world world;
    struct topology *topology = open_topology(platform);
    uint64_t state = 5;
    uint32_t count = 0;
    open_world(&world, topology);
    for (uint32_t i = 0; i < NUM_SETS; i++) {
        struct io io;
        draw_io(&io, &world, &state);
        start(&world, &io, 0, io.count, 0);
        for (struct pfs_routes *routes = world.flow->pfs_routes; routes; routes = routes->next) {
            check(dominators_find(routes, topology, world.flow->sharing.resources) == 0);
            count += check_dominators(&world, routes);
        }
    }
    check(count > 0);
    flow_model.destroy(world.flow);
    topology_close(topology);
}

static void test_a_dominator_is_used_by_all_and_no_wider(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++)
        if (!child_runs(find_dominators, platforms[i]))
            fail_msg("%s", platforms[i]);
}

/* --- I/O ------------------------------------------------------------------------------------- */

struct scene {
    const char *platform;
    bool exchange; /* one is in the way for a while */
    bool stands_still;
    bool striped; /* it is not the file system that is written to */
};

/* One I/O, then another one; exchanges and a pause of all in between. */
static void play(struct world *world, const struct io *ios, const struct scene *scene,
                 bool one_by_one)
{
    for (uint32_t k = 0; k < 2; k++) {
        uint32_t step = one_by_one ? 1 : ios[k].count;
        for (uint32_t i = 0; i < ios[k].count; i += step)
            start(world, &ios[k], i, step, k);
        world->most_variables = larger(world->most_variables, count_variables(world->flow));
        advance(world, k + 0.5);
        if (scene->exchange)
            start_exchange(world, &ios[1 - k], 10);
        if (scene->stands_still)
            stand_still(world, k + 0.75);
    }
}

static void compare_ends(const struct world *a, const struct world *b)
{
    for (uint32_t k = 0; k < 2; k++)
        for (uint32_t i = 0; i < MAX_HOSTS; i++)
            check_equal(a->ends[k][i], b->ends[k][i], SAME);
}

/* Makes them I/O on the disks of all their hosts: all there are, then the first half. */
static void stripe(struct world *together, struct world *each, struct io *ios)
{
    for (uint32_t host = 0; host < together->flow->num_hosts; host++) {
        flow_model.add_disk(together->flow, host, 1e12, 1e12);
        flow_model.add_disk(each->flow, host, 1e12, 1e12);
    }
    for (uint32_t k = 0; k < 2; k++) {
        ios[k].kind = ios[k].kind == LOAD_PFS_READ ? LOAD_STRIPED_READ : LOAD_STRIPED_WRITE;
        ios[k].count = together->pfs[0] / (k + 1);
        for (uint32_t i = 0; i < ios[k].count; i++) {
            ios[k].hosts[i] = ios[k].members[i] = i;
            ios[k].amounts[i] = 1e9;
        }
    }
}

/* The same I/O as groups of many members, and with a group for each member. */
static void compare_with_routes(const void *argument)
{
    const struct scene *scene = argument;
    struct topology *topology = open_topology(scene->platform);
    struct world together, each;
    uint64_t state = scene->exchange ? 11 : 3;
    uint32_t num_fewer = 0;
    for (uint32_t set = 0; set < (scene->striped ? 1 : NUM_SETS); set++) {
        struct io ios[2];
        open_world(&together, topology);
        open_world(&each, topology);
        draw_io(&ios[0], &together, &state);
        draw_io(&ios[1], &together, &state);
        if (scene->striped)
            stripe(&together, &each, ios);
        play(&together, ios, scene, false);
        play(&each, ios, scene, true);
        num_fewer += together.most_variables < each.most_variables;
        compare_loads(&together, &each);
        advance(&together, INFINITY);
        advance(&each, INFINITY);
        compare_ends(&together, &each);
        flow_model.destroy(together.flow);
        flow_model.destroy(each.flow);
    }
    check(num_fewer > 0 || scene->striped || strcmp(scene->platform, RING) == 0);
    topology_close(topology);
}

static void compare_scenes(bool exchange, bool stands_still, bool striped)
{
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i += striped ? 2 : 1) {
        const struct scene scene = {platforms[i], exchange, stands_still, striped};
        if (!child_runs(compare_with_routes, &scene))
            fail_msg("%s", platforms[i]);
    }
}

static void test_many_members_end_as_each_by_its_route(void **state)
{
    (void)state;
    compare_scenes(false, false, false);
}

static void test_members_that_an_exchange_tells_apart_end_as_each_by_its_route(void **state)
{
    (void)state;
    compare_scenes(true, false, false);
}

static void test_members_that_stood_still_end_as_each_by_its_route(void **state)
{
    (void)state;
    compare_scenes(false, true, false);
    compare_scenes(true, true, false);
}

static void test_members_of_striped_io_end_as_each_by_itself(void **state)
{
    (void)state;
    compare_scenes(false, false, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dominator_is_used_by_all_and_no_wider),
        cmocka_unit_test(test_many_members_end_as_each_by_its_route),
        cmocka_unit_test(test_members_that_an_exchange_tells_apart_end_as_each_by_its_route),
        cmocka_unit_test(test_members_that_stood_still_end_as_each_by_its_route),
        cmocka_unit_test(test_members_of_striped_io_end_as_each_by_itself),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
