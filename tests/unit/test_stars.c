/* Halves of routes in star-like zones, worked out by hand. */
#include "resources/flow/stars.h"

#include "topologies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_half(const struct half_route *half, uint32_t count, double latency)
{
    check(half->count == count);
    check_near(half->latency, latency);
}

static void find_halves(const void *argument)
{
    (void)argument;
    struct topology *topology = open_topology(STAR("10-13"));
    struct stars *stars = stars_create(topology);
    long star, first_star;
    const struct halves *halves = stars_halves(stars, 0, &first_star);
    check(halves && halves->known);
    check_half(&halves->up, 1, 1e-3);
    check_half(&halves->down, 1, 1e-3);
    check(halves->up.links[0] == link_named(topology, "c_link_10_UP"));
    check(halves->down.links[0] == link_named(topology, "c_link_10_DOWN"));
    halves = stars_halves(stars, 3, &star);
    check(star == first_star);
    check(halves->up.links[0] == link_named(topology, "c_link_13_UP"));
    check(stars_same(stars, 0, 3));
    stars_destroy(stars);
    topology_close(topology);
}

/* A backbone is part of both halves: of all that two routes have in common. */
static void find_halves_with_backbone(const void *argument)
{
    (void)argument;
    struct topology *topology = open_topology(STAR_WITH_BACKBONE("10-13", "SHARED"));
    struct stars *stars = stars_create(topology);
    long star;
    const struct halves *halves = stars_halves(stars, 1, &star);
    uint32_t backbone = link_named(topology, "c_backbone");
    check_half(&halves->up, 2, 3e-3);
    check_half(&halves->down, 2, 3e-3);
    check(halves->up.links[0] == link_named(topology, "c_link_11_UP"));
    check(halves->up.links[1] == backbone && halves->down.links[0] == backbone);
    check(halves->down.links[1] == link_named(topology, "c_link_11_DOWN"));
    stars_destroy(stars);
    topology_close(topology);
}

/* Halves are what the routes to two others have in common; a third one checks it. */
static void find_none(const void *text)
{
    struct topology *topology = open_topology(text);
    struct stars *stars = stars_create(topology);
    long star;
    check(!stars_halves(stars, 0, &star));
    stars_destroy(stars);
    topology_close(topology);
}

static void find_no_star(const void *argument)
{
    (void)argument;
    struct topology *topology = open_topology(MESH);
    struct stars *stars = stars_create(topology);
    long star;
    check(!stars_halves(stars, 0, &star));
    check(star == -1);
    check(!stars_same(stars, 0, 1));
    stars_destroy(stars);
    topology_close(topology);
}

static void test_a_half_is_the_link_that_leads_up_or_down(void **state)
{
    (void)state;
    assert_true(child_runs(find_halves, NULL));
}

static void test_a_backbone_is_in_both_halves(void **state)
{
    (void)state;
    assert_true(child_runs(find_halves_with_backbone, NULL));
}

static void test_stars_of_two_hosts_have_no_halves(void **state)
{
    (void)state;
    assert_true(child_runs(find_none, STAR("10-11")));
}

static void test_hosts_elsewhere_belong_to_no_star(void **state)
{
    (void)state;
    assert_true(child_runs(find_no_star, NULL));
    assert_true(child_runs(find_none, FAT_TREE("10-25", "4,4")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_half_is_the_link_that_leads_up_or_down),
        cmocka_unit_test(test_a_backbone_is_in_both_halves),
        cmocka_unit_test(test_stars_of_two_hosts_have_no_halves),
        cmocka_unit_test(test_hosts_elsewhere_belong_to_no_star),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
