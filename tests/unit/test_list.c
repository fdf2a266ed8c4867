/* Linked lists whose items have their links inside. */
#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

struct item {
    char name;
    struct item *previous, *next;
};

struct list {
    struct item *first, *last;
};

/* Checks the names from the first item on, and that the links back are those forth. */
static void check_list(const struct item *first, const char *names)
{
    const struct item *previous = NULL;
    for (; first; previous = first, first = first->next) {
        assert_int_equal(first->name, *names++);
        assert_ptr_equal(first->previous, previous);
    }
    assert_int_equal(*names, '\0');
}

static void check_both(const struct list *list, const char *names)
{
    check_list(list->first, names);
    assert_true(list->last ? list->last->name == names[strlen(names) - 1] : !*names);
    assert_true(!list->last || !list->last->next);
}

static void test_the_last_that_comes_is_the_first(void **state)
{
    (void)state;
    struct item a = {.name = 'a'}, b = {.name = 'b'}, *first = NULL;
    list_add_first(&first, &a);
    list_add_first(&first, &b);
    check_list(first, "ba");
}

static void test_any_item_can_be_removed(void **state)
{
    (void)state;
    struct item items[] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}, {.name = 'd'}};
    struct item *first = NULL;
    for (size_t i = 4; i-- > 0;)
        list_add_first(&first, &items[i]);
    check_list(first, "abcd");
    list_remove(&first, &items[1]);
    check_list(first, "acd");
    list_remove(&first, &items[0]);
    check_list(first, "cd");
    list_remove(&first, &items[3]);
    check_list(first, "c");
    list_remove(&first, &items[2]);
    assert_null(first);
}

static void test_lists_with_a_last_item_keep_the_order_of_arrival(void **state)
{
    (void)state;
    struct item items[] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}};
    struct list list = {0};
    for (size_t i = 0; i < 3; i++)
        list_add_last(&list.first, &list.last, &items[i]);
    check_both(&list, "abc");
    list_take_out(&list.first, &list.last, &items[2]);
    check_both(&list, "ab");
    list_add_last(&list.first, &list.last, &items[2]);
    list_take_out(&list.first, &list.last, &items[1]);
    check_both(&list, "ac");
    list_take_out(&list.first, &list.last, &items[0]);
    list_take_out(&list.first, &list.last, &items[2]);
    check_both(&list, "");
    assert_null(list.last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_that_comes_is_the_first),
        cmocka_unit_test(test_any_item_can_be_removed),
        cmocka_unit_test(test_lists_with_a_last_item_keep_the_order_of_arrival),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
