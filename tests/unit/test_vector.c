/* Growing arrays. */
#include "base/vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct pair {
    int first, second;
};

static void test_items_stay_in_the_order_in_which_they_are_added(void **state)
{
    (void)state;
    VECTOR(uint32_t) numbers = {0};
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(vector_add(&numbers, i * i), 0);
    assert_int_equal(numbers.count, 1000);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(numbers.items[i], i * i);
    free(numbers.items);
}

static void test_items_may_be_structs(void **state)
{
    (void)state;
    VECTOR(struct pair) pairs = {0};
    assert_int_equal(vector_add(&pairs, (struct pair){1, 2}), 0);
    assert_int_equal(vector_add(&pairs, (struct pair){.second = 4}), 0);
    assert_int_equal(pairs.items[0].second, 2);
    assert_int_equal(pairs.items[1].first, 0);
    assert_int_equal(pairs.items[1].second, 4);
    free(pairs.items);
}

static void test_the_room_doubles_or_is_what_is_needed(void **state)
{
    (void)state;
    VECTOR(char) bytes = {0};
    vector_add(&bytes, 'a');
    assert_int_equal(bytes.room, 1);
    assert_int_equal(vector_reserve(&bytes, 10), 0);
    assert_int_equal(bytes.room, 10);
    assert_int_equal(vector_reserve(&bytes, 11), 0);
    assert_int_equal(bytes.room, 20);
    assert_int_equal(vector_reserve(&bytes, 5), 0);
    assert_int_equal(bytes.room, 20);
    assert_int_equal(bytes.count, 1);
    free(bytes.items);
}

static void test_what_can_t_be_had_leaves_everything_as_it_was(void **state)
{
    (void)state;
    VECTOR(uint64_t) numbers = {0};
    vector_add(&numbers, 7);
    const uint64_t *items = numbers.items;
    assert_int_equal(vector_reserve(&numbers, SIZE_MAX / sizeof(uint64_t) + 1), -1);
    assert_ptr_equal(numbers.items, items);
    assert_int_equal(numbers.count, 1);
    assert_int_equal(numbers.room, 1);
    assert_int_equal(numbers.items[0], 7);
    free(numbers.items);
}

/* Items and room that are no vector's. */
static void test_other_arrays_grow_alike(void **state)
{
    (void)state;
    char **names = NULL;
    size_t num_names = 0, names_room = 0;
    for (; num_names < 100; num_names++) {
        assert_int_equal(array_reserve(names, names_room, num_names + 1), 0);
        names[num_names] = NULL;
    }
    assert_int_equal(names_room, 128);
    free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_stay_in_the_order_in_which_they_are_added),
        cmocka_unit_test(test_items_may_be_structs),
        cmocka_unit_test(test_the_room_doubles_or_is_what_is_needed),
        cmocka_unit_test(test_what_can_t_be_had_leaves_everything_as_it_was),
        cmocka_unit_test(test_other_arrays_grow_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
