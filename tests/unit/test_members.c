/* Which members of a load are alike, and the plans that come of it. */
#include "resources/flow/members.h"

#include "resources/flow/flow.h"
#include "resources/flow/model.h"

#include "topologies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* --- Sorting --------------------------------------------------------------------------------- */

static void test_sketches_are_sorted_by_hash_then_index(void **state)
{
    (void)state;
    struct member_sketch sketches[] = {
        {.hash = 7, .index = 3}, {.hash = 2, .index = 9}, {.hash = 7, .index = 1}};
    sketches_sort(sketches, 3);
    assert_int_equal(sketches[0].index, 9);
    assert_int_equal(sketches[1].index, 1);
    assert_int_equal(sketches[2].index, 3);
    assert_int_equal(sketches_class_end(sketches, 0, 3), 1);
    assert_int_equal(sketches_class_end(sketches, 1, 3), 3);
}

static void test_a_load_is_uniform_when_all_amounts_are_equal(void **state)
{
    (void)state;
    const double amounts[] = {5, 5, 6};
    assert_true(load_is_uniform(&(struct load){.amounts = amounts, .num_members = 2}));
    assert_false(load_is_uniform(&(struct load){.amounts = amounts, .num_members = 3}));
    assert_true(load_is_uniform(&(struct load){.num_members = 0}));
}

/* --- PFS I/O --------------------------------------------------------------------------------- */

static struct flow *open_flow(const char *platform)
{
    struct simgrid_settings settings;
    struct topology *topology = open_topology(platform);
    check(!simgrid_settings(topology, &settings));
    return flow_create(topology, &settings);
}

static void close_flow(struct flow *flow)
{
    struct topology *topology = flow->topology;
    flow_model.destroy(flow);
    topology_close(topology);
}

static const uint32_t hosts[] = {0, 1, 2};
static const uint32_t members[] = {0, 1, 2};

/* The first hosts write that much each to the last of four, or of those that are told. */
static struct load_plan *plan_of(struct flow *flow, uint32_t count, const double *amounts,
                                 const struct pfs_targets *targets)
{
    struct error err = {.kind = ERROR_NONE};
    const struct pfs_targets *each[] = {targets, targets, targets};
    const struct load load = {.kind = LOAD_PFS_WRITE,
                              .hosts = hosts,
                              .num_hosts = count,
                              .members = members,
                              .num_members = count,
                              .amounts = amounts,
                              .targets = each};
    struct load_plan *plan = members_pfs_plan(flow, &load, &err);
    check_text(err.message, "");
    return plan;
}

/* Three hosts send over links of their own (up), and to one link (down) that they share. */
static void plan_members_alike(const void *argument)
{
    (void)argument;
    struct flow *flow = open_flow(STAR("10-13"));
    const uint32_t pfs[] = {3};
    const struct pfs_targets targets = {pfs, 1};
    struct load_plan *plan = plan_of(flow, 3, (double[]){8, 8, 8}, &targets);
    check(plan->num_transfers == 1 && plan->num_idle == 0);
    const struct transfer *transfer = plan->transfers;
    check(transfer->num_members == 3 && transfer->num_flows == 1);
    check(transfer->members[0] == 0 && transfer->members[2] == 2);
    check_near(transfer->latency, 2e-3);
    check(transfer->num_sets == 2);
    for (uint32_t s = 0; s < 2; s++) {
        const struct link_set *set = &transfer->sets[s];
        const char *first = set->each ? "c_link_10_UP" : "c_link_13_DOWN";
        check(set->set.count == (set->each ? 3 : 1));
        check(set->set.resources[0] == link_named(flow->topology, first));
        check_near(set->units, 1);
    }
    check(transfer->sets[0].each != transfer->sets[1].each);
    struct load_plan *again = plan_of(flow, 3, (double[]){9, 9, 9}, &targets);
    check(again == plan); /* how much it is does not matter where it is the same for all */
    load_plan_release(plan);
    load_plan_release(again);
    close_flow(flow);
}

static void plan_members_by_amount(const void *argument)
{
    (void)argument;
    struct flow *flow = open_flow(STAR("10-13"));
    const uint32_t pfs[] = {3};
    const struct pfs_targets targets = {pfs, 1};
    struct load_plan *plan = plan_of(flow, 3, (double[]){8, 5, 8}, &targets);
    check(plan->num_transfers == 2);
    check(plan->transfers[0].num_members == 2 && plan->transfers[1].num_members == 1);
    check(plan->transfers[0].members[1] == 2 && plan->transfers[1].members[0] == 1);
    load_plan_release(plan);
    close_flow(flow);
}

/* Hosts 0 and 2 store on 2: the one sends, the other has nothing to send. */
static void plan_idle_member(const void *argument)
{
    (void)argument;
    struct flow *flow = open_flow(STAR("10-13"));
    const uint32_t pfs[] = {2};
    const struct pfs_targets targets = {pfs, 1};
    struct load_plan *plan = plan_of(flow, 3, (double[]){8, 8, 8}, &targets);
    check(plan->num_idle == 1 && plan->idle[0] == 2);
    check(plan->num_transfers == 1 && plan->transfers->num_members == 2);
    load_plan_release(plan);
    close_flow(flow);
}

/* Two PFS hosts: two units up, one on each link down; bytes are divided by two. */
static void plan_two_targets(const void *argument)
{
    (void)argument;
    struct flow *flow = open_flow(STAR("10-13"));
    const uint32_t pfs[] = {2, 3};
    const struct pfs_targets targets = {pfs, 2};
    struct load_plan *plan = plan_of(flow, 2, (double[]){8, 8}, &targets);
    const struct transfer *transfer = plan->transfers;
    check(plan->num_transfers == 1 && transfer->num_flows == 2 && transfer->num_sets == 2);
    for (uint32_t s = 0; s < 2; s++) {
        check_near(transfer->sets[s].units, transfer->sets[s].each ? 2 : 1);
        check(transfer->sets[s].set.count == 2);
    }
    load_plan_release(plan);
    close_flow(flow);
}

static void test_members_alike_are_one_transfer(void **state)
{
    (void)state;
    assert_true(child_runs(plan_members_alike, NULL));
}

static void test_members_with_other_amounts_are_another_transfer(void **state)
{
    (void)state;
    assert_true(child_runs(plan_members_by_amount, NULL));
}

static void test_a_member_that_is_its_only_pfs_host_has_nothing_to_send(void **state)
{
    (void)state;
    assert_true(child_runs(plan_idle_member, NULL));
}

static void test_two_pfs_hosts_get_half_each(void **state)
{
    (void)state;
    assert_true(child_runs(plan_two_targets, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sketches_are_sorted_by_hash_then_index),
        cmocka_unit_test(test_a_load_is_uniform_when_all_amounts_are_equal),
        cmocka_unit_test(test_members_alike_are_one_transfer),
        cmocka_unit_test(test_members_with_other_amounts_are_another_transfer),
        cmocka_unit_test(test_a_member_that_is_its_only_pfs_host_has_nothing_to_send),
        cmocka_unit_test(test_two_pfs_hosts_get_half_each),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
