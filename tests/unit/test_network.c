/* What transfers put on links: worked out by hand where routes are short, and compared with the sum
 * of all routes where symmetry saves most of them. */
#include "resources/flow/network.h"

#include "resources/flow/cells.h"

#include "topologies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MAX_HOSTS 96

struct world {
    struct topology *topology;
    struct agenda agenda;
    struct sharing sharing;
    struct plans plans;
    struct network *network;
};

static void set_up(struct world *world, const char *platform)
{
    *world = (struct world){.topology = open_topology(platform)};
    uint32_t count = (uint32_t)topology_num_links(world->topology);
    check(sharing_init(&world->sharing, count, 1e-5, 1e-14, &world->agenda) == 0);
    for (uint32_t i = 0; i < count; i++) {
        world->sharing.resources[i].capacity = topology_link_bandwidth(world->topology, i);
        world->sharing.resources[i].fatpipe = topology_link_is_fatpipe(world->topology, i);
    }
    world->network = network_create(world->topology, &world->sharing, &world->plans);
}

static void tear_down(struct world *world)
{
    network_destroy(world->network);
    plans_release(&world->plans);
    sharing_release(&world->sharing);
    topology_close(world->topology);
}

static const uint32_t hosts[] = {0, 1, 2, 3};

static struct link_sum sum_of(struct world *world, enum transfer_shape shape, uint32_t count,
                              uint32_t root)
{
    struct link_sum sum;
    struct error err = {.kind = ERROR_NONE};
    check(network_sum(world->network, shape, hosts, count, root, &sum, &err) == 0);
    return sum;
}

/* Units on the links up and down of the first hosts of a star. */
struct expected {
    enum transfer_shape shape;
    uint32_t num_hosts, root;
    double up[4], down[4];
};

static const struct expected shapes[] = {
    {TRANSFER_ALL_TO_ALL, 4, 0, {3, 3, 3, 3}, {3, 3, 3, 3}},
    {TRANSFER_ALL_TO_ALL, 3, 0, {2, 2, 2}, {2, 2, 2}},
    {TRANSFER_FROM_ROOT, 4, 1, {0, 3, 0, 0}, {1, 0, 1, 1}},
    {TRANSFER_TO_ROOT, 4, 1, {1, 0, 1, 1}, {0, 3, 0, 0}},
    {TRANSFER_ROOT_BOTH, 4, 0, {3, 1, 1, 1}, {3, 1, 1, 1}},
    {TRANSFER_RING, 4, 0, {2, 2, 2, 2}, {2, 2, 2, 2}},
    {TRANSFER_RING, 2, 0, {2, 2}, {2, 2}}, /* both neighbours are the other one */
    {TRANSFER_RING_RIGHT, 3, 0, {1, 1, 1}, {1, 1, 1}},
    {TRANSFER_RING_LEFT, 2, 0, {1, 1}, {1, 1}},
};

static void check_shape(struct world *world, const struct expected *expected)
{
    struct link_sum sum = sum_of(world, expected->shape, expected->num_hosts, expected->root);
    for (uint32_t i = 0; i < 4; i++) {
        char up[32], down[32];
        snprintf(up, sizeof up, "c_link_1%u_UP", i);
        snprintf(down, sizeof down, "c_link_1%u_DOWN", i);
        check_near(sum.units[link_named(world->topology, up)], expected->up[i]);
        check_near(sum.units[link_named(world->topology, down)], expected->down[i]);
    }
    check_near(sum.latency, 2e-3); /* one link up, one down */
}

static void add_up_shapes(const void *argument)
{
    (void)argument;
    struct world world;
    set_up(&world, STAR("10-13"));
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check_shape(&world, &shapes[i]);
    tear_down(&world);
}

/* Twelve flows pass the backbone; a fat pipe carries each of them by itself. */
static void pass_backbone(const void *argument)
{
    bool fatpipe = *(const bool *)argument;
    struct world world;
    set_up(&world, fatpipe ? STAR_WITH_BACKBONE("10-13", "FATPIPE")
                           : STAR_WITH_BACKBONE("10-13", "SHARED"));
    struct link_sum sum = sum_of(&world, TRANSFER_ALL_TO_ALL, 4, 0);
    uint32_t backbone = link_named(world.topology, "c_backbone");
    check_near(sum.units[backbone], fatpipe ? 1 : 12);
    check_near(sum.units[link_named(world.topology, "c_link_12_UP")], 3);
    check_near(sum.latency, 4e-3);
    check_near(sum.latency_load, 4e-3);
    tear_down(&world);
}

static void make_sets(const void *argument)
{
    (void)argument;
    struct world world;
    struct error err = {.kind = ERROR_NONE};
    set_up(&world, STAR("10-13"));
    const struct transfer *transfer =
        network_transfer(world.network, TRANSFER_FROM_ROOT, hosts, 4, 0, &err);
    /* Three links down with one unit each, then the root's link up with three. */
    check(transfer->num_sets == 2);
    check(transfer->sets[0].set.count == 3 && transfer->sets[1].set.count == 1);
    check_near(transfer->sets[0].units, 1);
    check_near(transfer->sets[1].units, 3);
    check(transfer->sets[1].set.resources[0] == link_named(world.topology, "c_link_10_UP"));
    check(!transfer->sets[0].each && !transfer->members);
    check(network_transfer(world.network, TRANSFER_FROM_ROOT, hosts, 4, 0, &err) == transfer);
    check(network_transfer(world.network, TRANSFER_FROM_ROOT, hosts, 4, 1, &err) != transfer);
    tear_down(&world);
}

static void add_up_a_matrix(const void *argument)
{
    (void)argument;
    struct world world;
    struct error err = {.kind = ERROR_NONE};
    const double bytes[] = {0, 5, 7, 0, 0, 0, 11, 0, 0}; /* 0 to 1 and 2, 2 to 0 */
    set_up(&world, STAR("10-12"));
    const struct transfer *transfer = network_matrix(world.network, hosts, 3, bytes, &err);
    /* Down to 1: 5; down to 2: 7; up from 2 and down to 0: 11; up from 0: 12. */
    const double units[] = {5, 7, 11, 12};
    const uint32_t counts[] = {1, 1, 2, 1};
    check(transfer->num_sets == 4);
    for (uint32_t s = 0; s < 4; s++) {
        check_near(transfer->sets[s].units, units[s]);
        check(transfer->sets[s].set.count == counts[s]);
    }
    check_near(transfer->latency, 2e-3);
    check_near(transfer->latency_load, 22e-3); /* 2 ms of the 11 bytes */
    tear_down(&world);
}

static void miss_a_route(const void *argument)
{
    (void)argument;
    struct world world;
    struct error err = {.kind = ERROR_NONE};
    set_up(&world, PLATFORM("<host id='a' speed='1Gf'/><host id='b' speed='1Gf'/>"
                            "<link id='l' bandwidth='1GBps' latency='0s'/>"
                            "<route src='a' dst='b' symmetrical='NO'><link_ctn id='l'/></route>"));
    check(network_transfer(world.network, TRANSFER_FROM_ROOT, hosts, 2, 0, &err));
    check(!network_transfer(world.network, TRANSFER_TO_ROOT, hosts, 2, 0, &err));
    check_text(err.message, "p.xml: no route leads from host 'b' to host 'a'");
    tear_down(&world);
}

/* --- Against each route ---------------------------------------------------------------------- */

/* Adds up all routes among the first hosts; returns the largest latency. */
static double add_routes(struct world *world, uint32_t count, double *units)
{
    struct route route = {0};
    struct error err = {.kind = ERROR_NONE};
    double latency = 0;
    for (uint32_t from = 0; from < count; from++)
        for (uint32_t to = 0; to < count; to++) {
            if (from == to)
                continue;
            check(topology_route(world->topology, from, to, &route, &err) == 0);
            latency = fmax(latency, route.latency);
            for (size_t i = 0; i < route.count; i++)
                units[route.links[i]]++;
        }
    topology_route_release(&route);
    return latency;
}

struct wide {
    const char *platform;
    uint32_t num_hosts;
};

static void compare_with_routes(const void *argument)
{
    const struct wide *wide = argument;
    struct world world;
    struct error err = {.kind = ERROR_NONE};
    struct link_sum sum;
    uint32_t numbers[MAX_HOSTS];
    set_up(&world, wide->platform);
    size_t num_links = topology_num_links(world.topology);
    double *units = calloc(num_links, sizeof *units);
    double latency = add_routes(&world, wide->num_hosts, units);
    for (uint32_t i = 0; i < wide->num_hosts; i++)
        numbers[i] = wide->num_hosts - 1 - i; /* the order of hosts is of no importance */
    check(network_sum(world.network, TRANSFER_ALL_TO_ALL, numbers, wide->num_hosts, 0, &sum,
                      &err) == 0);
    for (size_t i = 0; i < num_links; i++)
        check_near(sum.units[i], units[i]);
    check_near(sum.latency, latency);
    free(units);
    tear_down(&world);
}

static void test_each_shape_loads_the_links_it_passes(void **state)
{
    (void)state;
    assert_true(child_runs(add_up_shapes, NULL));
}

static void test_a_backbone_carries_all_flows_and_a_fat_pipe_each(void **state)
{
    (void)state;
    assert_true(child_runs(pass_backbone, &(bool){false}));
    assert_true(child_runs(pass_backbone, &(bool){true}));
}

static void test_links_with_equal_loads_make_a_set_and_transfers_are_kept(void **state)
{
    (void)state;
    assert_true(child_runs(make_sets, NULL));
}

static void test_a_matrix_is_added_up_flow_by_flow(void **state)
{
    (void)state;
    assert_true(child_runs(add_up_a_matrix, NULL));
}

static void test_a_missing_route_is_an_error(void **state)
{
    (void)state;
    assert_true(child_runs(miss_a_route, NULL));
}

static void test_a_wide_all_to_all_is_the_sum_of_all_routes(void **state)
{
    (void)state;
    const struct wide cases[] = {
        {FAT_TREE("100-163", "8,8"), 64},  /* whole switches */
        {FAT_TREE("100-195", "12,8"), 70}, /* the last switch in part */
        {DRAGONFLY("100-171", "3,2;3,1;4,1;2"), 72},
        {STAR("100-171"), 72},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(child_runs(compare_with_routes, &cases[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_shape_loads_the_links_it_passes),
        cmocka_unit_test(test_a_backbone_carries_all_flows_and_a_fat_pipe_each),
        cmocka_unit_test(test_links_with_equal_loads_make_a_set_and_transfers_are_kept),
        cmocka_unit_test(test_a_matrix_is_added_up_flow_by_flow),
        cmocka_unit_test(test_a_missing_route_is_an_error),
        cmocka_unit_test(test_a_wide_all_to_all_is_the_sum_of_all_routes),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
