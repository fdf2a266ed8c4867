/* Lists of nodes in rank order, and sets of nodes with a bit each. */
#include "system/node_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

static struct error err;

static struct node_list copy(const uint32_t *ids, uint32_t count)
{
    struct node_list list;
    assert_int_equal(node_list_copy(&list, ids, count, &err), 0);
    return list;
}

static void test_a_copy_is_its_own(void **state)
{
    (void)state;
    uint32_t ids[] = {5, 3, 9};
    struct node_list list = copy(ids, 3);
    ids[0] = 7;
    assert_int_equal(list.count, 3);
    assert_int_equal(list.ids[0], 5);
    assert_int_equal(list.ids[1], 3);
    assert_int_equal(list.ids[2], 9);
    node_list_release(&list);
    assert_null(list.ids);
    assert_int_equal(list.count, 0);
    node_list_release(&list); /* once more is fine */
}

static void test_a_copy_of_nothing_needs_no_memory(void **state)
{
    (void)state;
    struct node_list list = copy(NULL, 0);
    assert_null(list.ids);
    assert_int_equal(list.count, 0);
    node_list_sort(&list);
    assert_int_equal(list.count, 0);
}

static void test_lists_are_the_same_with_the_same_nodes_in_the_same_order(void **state)
{
    (void)state;
    struct node_list a = copy((const uint32_t[]){4, 1, 2}, 3);
    struct node_list same = copy((const uint32_t[]){4, 1, 2}, 3);
    struct node_list turned = copy((const uint32_t[]){4, 2, 1}, 3);
    struct node_list shorter = copy((const uint32_t[]){4, 1}, 2);
    struct node_list none = {0}, nothing = {0};
    assert_true(node_list_same(&a, &same));
    assert_false(node_list_same(&a, &turned));
    assert_false(node_list_same(&a, &shorter));
    assert_false(node_list_same(&shorter, &a));
    assert_false(node_list_same(&a, &none));
    assert_true(node_list_same(&none, &nothing));
    node_list_release(&a);
    node_list_release(&same);
    node_list_release(&turned);
    node_list_release(&shorter);
}

static void test_lists_are_sorted_by_id_up_to_the_largest(void **state)
{
    (void)state;
    static const uint32_t sorted[] = {0, 2, 2147483647, 2147483648, UINT32_MAX};
    struct node_list list = copy((const uint32_t[]){UINT32_MAX, 2, 2147483648, 0, 2147483647}, 5);
    node_list_sort(&list);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(list.ids[i], sorted[i]);
    node_list_release(&list);
}

static void test_lists_of_ids_close_together_are_sorted_and_keep_repetitions(void **state)
{
    (void)state;
    static const uint32_t sorted[] = {700, 703, 704, 767, 768, 900};
    static const uint32_t repeated[] = {700, 704, 704, 768};
    struct node_list list = copy((const uint32_t[]){768, 703, 900, 700, 767, 704}, 6);
    struct node_list twice = copy((const uint32_t[]){704, 768, 700, 704}, 4);
    node_list_sort(&list);
    node_list_sort(&twice);
    assert_memory_equal(list.ids, sorted, sizeof sorted);
    assert_memory_equal(twice.ids, repeated, sizeof repeated);
    node_list_release(&list);
    node_list_release(&twice);
}

static uint64_t *set_of(uint32_t num_nodes, struct node_list list)
{
    uint64_t *set = node_set_create(num_nodes, &list, &err);
    assert_non_null(set);
    node_list_release(&list);
    return set;
}

static void test_a_set_has_the_nodes_of_the_list_at_the_edges_of_words_too(void **state)
{
    (void)state;
    uint64_t *set = set_of(129, copy((const uint32_t[]){128, 0, 63, 64}, 4));
    for (uint32_t id = 0; id < 129; id++)
        assert_int_equal(node_set_has(set, id), id == 0 || id == 63 || id == 64 || id == 128);
    free(set);
}

static void test_toggling_puts_a_node_in_and_takes_it_out(void **state)
{
    (void)state;
    uint64_t *set = set_of(64, copy((const uint32_t[]){63}, 1));
    node_set_toggle(set, 62);
    assert_true(node_set_has(set, 62));
    assert_true(node_set_has(set, 63));
    node_set_toggle(set, 63);
    assert_false(node_set_has(set, 63));
    node_set_toggle(set, 62);
    assert_int_equal(node_set_next(set, 64, 0), -1);
    free(set);
}

static void test_the_members_come_in_order_and_end(void **state)
{
    (void)state;
    uint64_t *set = set_of(200, copy((const uint32_t[]){199, 3, 64, 65, 0}, 5));
    static const long members[] = {0, 3, 64, 65, 199, -1};
    uint32_t from = 0;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        long next = node_set_next(set, 200, from);
        assert_int_equal(next, members[i]);
        from = (uint32_t)(next + 1);
    }
    assert_int_equal(node_set_next(set, 200, 66), 199);
    assert_int_equal(node_set_next(set, 200, 200), -1); /* behind all nodes */
    assert_int_equal(node_set_next(set, 199, 66), -1);  /* a set of fewer nodes ends before it */
    free(set);
}

static void test_a_machine_of_any_size_has_an_empty_set(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 63, 64, 65, 128};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t *set = set_of(sizes[i], (struct node_list){0});
        assert_int_equal(node_set_next(set, sizes[i], 0), -1);
        free(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_is_its_own),
        cmocka_unit_test(test_a_copy_of_nothing_needs_no_memory),
        cmocka_unit_test(test_lists_are_the_same_with_the_same_nodes_in_the_same_order),
        cmocka_unit_test(test_lists_are_sorted_by_id_up_to_the_largest),
        cmocka_unit_test(test_lists_of_ids_close_together_are_sorted_and_keep_repetitions),
        cmocka_unit_test(test_a_set_has_the_nodes_of_the_list_at_the_edges_of_words_too),
        cmocka_unit_test(test_toggling_puts_a_node_in_and_takes_it_out),
        cmocka_unit_test(test_the_members_come_in_order_and_end),
        cmocka_unit_test(test_a_machine_of_any_size_has_an_empty_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
