/* Which hosts hang on one switch, told from routes. */
#include "resources/flow/twins.h"

#include "topologies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MAX_HOSTS 32

/* Runs of as many hosts each, with that many links of their own. */
struct expected {
    const char *platform;
    uint32_t num_hosts, run, prefix;
};

static void find_runs(const void *argument)
{
    const struct expected *expected = argument;
    struct topology *topology = open_topology(expected->platform);
    uint32_t hosts[MAX_HOSTS];
    struct twins runs[MAX_HOSTS];
    for (uint32_t i = 0; i < expected->num_hosts; i++)
        hosts[i] = i;
    uint32_t count = twins_find(topology, hosts, expected->num_hosts, runs);
    check(count == expected->num_hosts / expected->run);
    for (uint32_t i = 0; i < count; i++) {
        check(runs[i].first == i * expected->run);
        check(runs[i].count == expected->run);
        check(runs[i].prefix == expected->prefix);
    }
    topology_close(topology);
}

/* Hosts 0, 1 and 2 hang on one switch, 5 on the next one, 8 and 9 on the third. */
static void find_runs_of_some(const void *argument)
{
    (void)argument;
    struct topology *topology = open_topology(FAT_TREE("10-25", "4,4"));
    const uint32_t hosts[] = {0, 1, 2, 5, 8, 9};
    struct twins runs[6];
    check(twins_find(topology, hosts, 6, runs) == 3);
    check(runs[0].first == 0 && runs[0].count == 3);
    check(runs[1].first == 3 && runs[1].count == 1);
    check(runs[2].first == 4 && runs[2].count == 2);
    topology_close(topology);
}

/* Where a switch has but one of the hosts, the link that leads up from it is that host's, too. */
static void find_runs_of_lonely(const void *argument)
{
    (void)argument;
    struct topology *topology = open_topology(FAT_TREE("10-25", "4,4"));
    const uint32_t hosts[] = {0, 4, 8, 12};
    struct twins runs[4];
    check(twins_find(topology, hosts, 4, runs) == 1);
    check(runs[0].count == 4);
    check(runs[0].prefix == 2);
    topology_close(topology);
}

static void test_hosts_on_one_switch_of_a_fat_tree_are_twins(void **state)
{
    (void)state;
    const struct expected four = {FAT_TREE("10-25", "4,4"), 16, 4, 1};
    const struct expected eight = {FAT_TREE("10-25", "8,2"), 16, 8, 1};
    assert_true(child_runs(find_runs, &four));
    assert_true(child_runs(find_runs, &eight));
}

static void test_hosts_on_one_router_of_a_dragonfly_are_twins(void **state)
{
    (void)state;
    const struct expected two = {DRAGONFLY("10-25", "2,2;2,1;2,1;2"), 16, 2, 1};
    assert_true(child_runs(find_runs, &two));
}

static void test_links_of_a_switch_with_one_host_are_its_own(void **state)
{
    (void)state;
    assert_true(child_runs(find_runs_of_lonely, NULL));
}

static void test_hosts_that_are_left_out_do_not_join_others(void **state)
{
    (void)state;
    assert_true(child_runs(find_runs_of_some, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_on_one_switch_of_a_fat_tree_are_twins),
        cmocka_unit_test(test_hosts_on_one_router_of_a_dragonfly_are_twins),
        cmocka_unit_test(test_links_of_a_switch_with_one_host_are_its_own),
        cmocka_unit_test(test_hosts_that_are_left_out_do_not_join_others),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
