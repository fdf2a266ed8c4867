/* Decisions: one per job, found by job, in the order in which they were made. */
#include "scheduler/decision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MANY 20000U

static void test_a_job_has_one_decision_in_the_order_of_first_mention(void **state)
{
    (void)state;
    struct decisions decisions = {0};
    assert_null(decisions_find(&decisions, 7));
    decisions_about(&decisions, 7)->kill = true;
    decisions_about(&decisions, 3)->gpus = 2;
    assert_true(decisions_about(&decisions, 7)->kill);
    assert_int_equal(decisions.count, 2);
    assert_int_equal(decisions.items[0].job, 7);
    assert_int_equal(decisions.items[1].job, 3);
    assert_ptr_equal(decisions_find(&decisions, 3), &decisions.items[1]);
    assert_null(decisions_find(&decisions, 4));
    decisions_release(&decisions);
}

static void test_a_new_decision_says_nothing(void **state)
{
    (void)state;
    struct decisions decisions = {0};
    const struct decision *decision = decisions_about(&decisions, 0);
    assert_false(decision->kill || decision->order || decision->sets_nodes || decision->sets_gpus);
    assert_int_equal(decision->num_nodes + decision->num_arguments, 0);
    decisions_release(&decisions);
}

static void test_nodes_are_set_whole_and_appended_in_order(void **state)
{
    (void)state;
    static const uint32_t nodes[] = {5, 1, 4294967295U};
    struct decisions decisions = {0};
    struct decision *decision = decisions_about(&decisions, 0);
    assert_int_equal(decision_set_nodes(decision, nodes, 3), 0);
    assert_int_equal(decision_append_node(decision, 0), 0);
    assert_true(decision->sets_nodes);
    assert_int_equal(decision->num_nodes, 4);
    assert_memory_equal(decision->nodes, nodes, sizeof nodes);
    assert_int_equal(decision->nodes[3], 0);
    assert_int_equal(decision_set_nodes(decision, NULL, 0), 0);
    assert_true(decision->sets_nodes);
    assert_int_equal(decision->num_nodes, 0);
    decisions_release(&decisions);
}

static void test_appending_many_nodes_keeps_them(void **state)
{
    (void)state;
    struct decisions decisions = {0};
    struct decision *decision = decisions_about(&decisions, 9);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(decision_append_node(decision, MANY - i), 0);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(decision->nodes[i], MANY - i);
    decisions_release(&decisions);
}

static void test_an_argument_is_replaced_by_its_key(void **state)
{
    (void)state;
    struct decisions decisions = {0};
    struct decision *decision = decisions_about(&decisions, 0);
    char key[] = "scale";
    assert_int_equal(decision_set_argument(decision, key, "1"), 0);
    assert_int_equal(decision_set_argument(decision, "Scale", "2"), 0);
    assert_int_equal(decision_set_argument(decision, "scale", "3 * x"), 0);
    memset(key, '?', sizeof key - 1);
    assert_int_equal(decision->num_arguments, 2);
    assert_string_equal(decision->arguments[0].key, "scale");
    assert_string_equal(decision->arguments[0].value, "3 * x");
    assert_string_equal(decision->arguments[1].key, "Scale");
    assert_string_equal(decision->arguments[1].value, "2");
    decisions_release(&decisions);
}

/* IDs that are far apart and meet in the index. */
static uint32_t job_of(uint32_t i)
{
    return i * 65536U + i / 65536U;
}

static void test_thousands_of_decisions_are_found(void **state)
{
    (void)state;
    struct decisions decisions = {0};
    for (uint32_t i = 0; i < MANY; i++)
        decisions_about(&decisions, job_of(i))->gpus = i;
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(decisions_find(&decisions, job_of(i))->gpus, i);
    assert_null(decisions_find(&decisions, 1));
    decisions_release(&decisions);
}

static void test_of_two_ways_to_preempt_the_last_one_counts(void **state)
{
    (void)state;
    struct decisions decisions = {0};
    struct decision *decision = decisions_about(&decisions, 0);
    decision_set_order(decision, ORDER_RESTART);
    decision_set_order(decision, ORDER_REQUEUE);
    assert_int_equal(decision->order, ORDER_REQUEUE);
    assert_int_equal(decision->former_order, ORDER_NONE);
    decisions_release(&decisions);
}

static void test_commands_to_nodes_are_kept_in_their_order(void **state)
{
    (void)state;
    struct decisions decisions = {0};
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 100; i++)
            assert_int_equal(
                decisions_command(&decisions, i / 2, i % 2 ? COMMAND_RESUME : COMMAND_SWITCH_OFF),
                0);
        assert_int_equal(decisions.num_orders, 100);
        assert_int_equal(decisions.count, 0);
        assert_int_equal(decisions.orders[99].node, 49);
        assert_int_equal(decisions.orders[98].command, COMMAND_SWITCH_OFF);
        assert_int_equal(decisions.orders[99].command, COMMAND_RESUME);
        decisions_clear(&decisions);
        assert_int_equal(decisions.num_orders, 0);
    }
    decisions_release(&decisions);
}

static void test_clearing_forgets_everything_but_the_memory(void **state)
{
    (void)state;
    static const uint32_t nodes[] = {1, 2, 3};
    struct decisions decisions = {0};
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 100; i++) {
            struct decision *decision = decisions_about(&decisions, job_of(i + round));
            assert_int_equal(decision->num_nodes + decision->num_arguments, 0);
            assert_false(decision->kill || decision->sets_nodes || decision->sets_gpus);
            decision->kill = decision->sets_gpus = true;
            decision_set_nodes(decision, nodes, 3);
            decision_set_argument(decision, "x", "1");
        }
        const struct decision *items = decisions.items;
        const uint32_t *kept = decisions.items[0].nodes;
        decisions_clear(&decisions);
        assert_int_equal(decisions.count, 0);
        for (uint32_t i = 0; i < 200; i++)
            assert_null(decisions_find(&decisions, job_of(i)));
        assert_ptr_equal(decisions_about(&decisions, 0), items);
        decision_set_nodes(&decisions.items[0], nodes, 3);
        assert_ptr_equal(decisions.items[0].nodes, kept);
        decisions_clear(&decisions);
    }
    decisions_release(&decisions);
    decisions_release(&decisions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_job_has_one_decision_in_the_order_of_first_mention),
        cmocka_unit_test(test_a_new_decision_says_nothing),
        cmocka_unit_test(test_nodes_are_set_whole_and_appended_in_order),
        cmocka_unit_test(test_appending_many_nodes_keeps_them),
        cmocka_unit_test(test_an_argument_is_replaced_by_its_key),
        cmocka_unit_test(test_thousands_of_decisions_are_found),
        cmocka_unit_test(test_of_two_ways_to_preempt_the_last_one_counts),
        cmocka_unit_test(test_commands_to_nodes_are_kept_in_their_order),
        cmocka_unit_test(test_clearing_forgets_everything_but_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
