/* The flow model's agenda: order of time, ties by order, entries that move or are taken out. */
#include "base/agenda.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MANY 500

static struct agenda_entry *take(struct agenda *agenda)
{
    struct agenda_entry *first = agenda_first(agenda);
    if (first)
        agenda_remove(agenda, first);
    return first;
}

static void test_entries_come_in_order_of_time(void **state)
{
    (void)state;
    struct agenda agenda = {0};
    struct agenda_entry entries[3] = {{.order = 0}, {.order = 1}, {.order = 2}};
    assert_null(agenda_first(&agenda));
    agenda_set(&agenda, &entries[0], 3);
    agenda_set(&agenda, &entries[1], 1);
    agenda_set(&agenda, &entries[2], 2);
    assert_ptr_equal(take(&agenda), &entries[1]);
    assert_ptr_equal(take(&agenda), &entries[2]);
    assert_ptr_equal(take(&agenda), &entries[0]);
    assert_null(take(&agenda));
    agenda_release(&agenda);
}

static void test_ties_are_broken_by_order_and_not_by_arrival(void **state)
{
    (void)state;
    struct agenda agenda = {0};
    struct agenda_entry first = {.order = 1}, second = {.order = 2};
    agenda_set(&agenda, &second, 7);
    agenda_set(&agenda, &first, 7);
    assert_ptr_equal(take(&agenda), &first);
    assert_ptr_equal(take(&agenda), &second);
    agenda_release(&agenda);
}

/* The event queue would call these one instant. */
static void test_times_that_differ_by_rounding_are_kept_apart(void **state)
{
    (void)state;
    struct agenda agenda = {0};
    struct agenda_entry first = {.order = 1}, second = {.order = 2};
    agenda_set(&agenda, &first, 0.1 + 0.2);
    agenda_set(&agenda, &second, 0.3);
    assert_ptr_equal(agenda_first(&agenda), &second);
    agenda_release(&agenda);
}

static void test_entries_move_both_ways(void **state)
{
    (void)state;
    struct agenda agenda = {0};
    struct agenda_entry entries[3] = {{.order = 0}, {.order = 1}, {.order = 2}};
    for (size_t i = 0; i < 3; i++)
        agenda_set(&agenda, &entries[i], (double)i);
    agenda_set(&agenda, &entries[0], 10);
    agenda_set(&agenda, &entries[2], 0.5);
    assert_int_equal(agenda.count, 3);
    assert_ptr_equal(take(&agenda), &entries[2]);
    assert_ptr_equal(take(&agenda), &entries[1]);
    assert_ptr_equal(take(&agenda), &entries[0]);
    agenda_release(&agenda);
}

static void test_infinity_takes_an_entry_out(void **state)
{
    (void)state;
    struct agenda agenda = {0};
    struct agenda_entry entry = {.order = 0};
    agenda_set(&agenda, &entry, 1);
    assert_int_equal(entry.slot, 1);
    agenda_set(&agenda, &entry, INFINITY);
    assert_int_equal(entry.slot, 0);
    assert_true(isinf(entry.time));
    assert_null(agenda_first(&agenda));
    agenda_remove(&agenda, &entry); /* not in there: nothing happens */
    agenda_release(&agenda);
}

static void test_many_entries_of_which_some_are_removed(void **state)
{
    (void)state;
    struct agenda agenda = {0};
    static struct agenda_entry entries[MANY];
    for (size_t i = 0; i < MANY; i++) {
        entries[i] = (struct agenda_entry){.order = i};
        assert_int_equal(agenda_set(&agenda, &entries[i], (double)(i * 7919 % MANY)), 0);
    }
    for (size_t i = 0; i < MANY; i += 3)
        agenda_remove(&agenda, &entries[i]);
    double last = -1;
    size_t count = 0;
    for (struct agenda_entry *entry; (entry = take(&agenda)); count++) {
        assert_true(entry->time > last); /* 7919 and MANY have no divisor in common: all differ */
        assert_true(entry->order % 3 != 0);
        last = entry->time;
    }
    assert_int_equal(count, MANY - (MANY + 2) / 3);
    agenda_release(&agenda);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_come_in_order_of_time),
        cmocka_unit_test(test_ties_are_broken_by_order_and_not_by_arrival),
        cmocka_unit_test(test_times_that_differ_by_rounding_are_kept_apart),
        cmocka_unit_test(test_entries_move_both_ways),
        cmocka_unit_test(test_infinity_takes_an_entry_out),
        cmocka_unit_test(test_many_entries_of_which_some_are_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
