/* Plans: what a set of links weighs, who keeps a plan, and how it is found again. */
#include "resources/flow/plans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MANY 3000 /* more than the first buckets */

static void test_a_new_plan_is_one_transfer_of_one_member(void **state)
{
    (void)state;
    struct load_plan *plan = load_plan_create();
    assert_int_equal(plan->num_transfers, 1);
    assert_int_equal(plan->transfers->num_members, 1);
    assert_int_equal(plan->transfers->num_sets, 0);
    assert_ptr_equal(plan->transfers->plan, plan);
    load_plan_release(plan);
    load_plan_release(NULL);
}

/* Ten times 0.1 added up is 0.9999999999999999. */
static void test_whole_units_are_added_up_one_by_one(void **state)
{
    (void)state;
    struct link_set set = {.units = 10};
    assert_true(link_set_weight(&set, 0.1) == 0.9999999999999999);
    assert_true(link_set_weight(&set, 0.25) == 2.5);
    assert_true(link_set_weight(&set, 0.1) == 0.9999999999999999);
}

static void test_other_units_are_multiplied(void **state)
{
    (void)state;
    struct link_set half = {.units = 2.5}, many = {.units = 2e7};
    assert_true(link_set_weight(&half, 0.5) == 1.25);
    assert_true(link_set_weight(&many, 0.1) == 2e7 * 0.1);
}

static void test_a_plan_is_found_by_its_whole_key(void **state)
{
    (void)state;
    struct plans plans = {0};
    const uint32_t key[] = {1, 2, 3}, other[] = {1, 2, 4};
    struct load_plan *plan = load_plan_create();
    assert_null(plans_find(&plans, key, 3));
    assert_int_equal(plans_keep(&plans, plan, key, 3), 0);
    load_plan_release(plan); /* what keeps it is left */
    assert_ptr_equal(plans_find(&plans, key, 3), plan);
    assert_null(plans_find(&plans, key, 2));
    assert_null(plans_find(&plans, other, 3));
    plans_release(&plans);
}

static void test_many_plans_are_told_apart(void **state)
{
    (void)state;
    struct plans plans = {0};
    static struct load_plan *kept[MANY];
    for (uint32_t i = 0; i < MANY; i++) {
        kept[i] = load_plan_create();
        assert_int_equal(plans_keep(&plans, kept[i], &i, 1), 0);
        load_plan_release(kept[i]);
    }
    assert_int_equal(plans.count, MANY);
    for (uint32_t i = 0; i < MANY; i++)
        assert_ptr_equal(plans_find(&plans, &i, 1), kept[i]);
    plans_release(&plans);
}

static void test_a_plan_in_use_outlives_its_being_forgotten(void **state)
{
    (void)state;
    struct plans plans = {0};
    const uint32_t key[] = {5};
    struct load_plan *plan = load_plan_create();
    plans_keep(&plans, plan, key, 1);
    assert_true(plans.size > 0);
    plans_forget(&plans);
    assert_null(plans_find(&plans, key, 1));
    assert_int_equal(plans.count, 0);
    assert_int_equal(plans.size, 0);
    assert_int_equal(plan->refs, 1);
    assert_ptr_equal(load_plan_retain(plan), plan);
    assert_int_equal(plan->refs, 2);
    load_plan_release(plan);
    load_plan_release(plan);
    plans_release(&plans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_plan_is_one_transfer_of_one_member),
        cmocka_unit_test(test_whole_units_are_added_up_one_by_one),
        cmocka_unit_test(test_other_units_are_multiplied),
        cmocka_unit_test(test_a_plan_is_found_by_its_whole_key),
        cmocka_unit_test(test_many_plans_are_told_apart),
        cmocka_unit_test(test_a_plan_in_use_outlives_its_being_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
