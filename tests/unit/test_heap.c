/* The event queue: order of time, ties by arrival, removal of anything at any time. */
#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#define MANY 500

static struct event *take(struct event_heap *heap)
{
    struct event *first = event_heap_first(heap);
    if (first)
        event_heap_remove(heap, first);
    return first;
}

static void test_events_come_in_order_of_time(void **state)
{
    (void)state;
    struct event_heap heap = {0};
    struct event events[] = {{.time = 3}, {.time = 1}, {.time = 2}};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(event_heap_add(&heap, &events[i]), 0);
    assert_ptr_equal(take(&heap), &events[1]);
    assert_ptr_equal(take(&heap), &events[2]);
    assert_ptr_equal(take(&heap), &events[0]);
    assert_null(take(&heap));
    event_heap_release(&heap);
}

static void test_events_of_one_instant_come_in_order_of_arrival(void **state)
{
    (void)state;
    struct event_heap heap = {0};
    static struct event events[MANY];
    for (size_t i = 0; i < MANY; i++) {
        events[i] = (struct event){.time = 7};
        event_heap_add(&heap, &events[i]);
    }
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(take(&heap), &events[i]);
    event_heap_release(&heap);
}

static void test_times_that_differ_by_rounding_are_one_instant(void **state)
{
    (void)state;
    struct event_heap heap = {0};
    struct event first = {.time = 0.1 + 0.2}, second = {.time = 0.3}, later = {.time = 0.300001};
    event_heap_add(&heap, &later);
    event_heap_add(&heap, &first);
    event_heap_add(&heap, &second);
    assert_true(second.time < first.time);
    assert_ptr_equal(take(&heap), &first);
    assert_ptr_equal(take(&heap), &second);
    assert_ptr_equal(take(&heap), &later);
    event_heap_release(&heap);
}

static void test_turns_of_an_instant_come_before_arrival(void **state)
{
    (void)state;
    struct event_heap heap = {0};
    struct event decision = {.time = 1, .turn = EVENT_DECISION};
    struct event last = {.time = 1, .turn = EVENT_LAST};
    struct event submission = {.time = 1, .turn = EVENT_ARRIVAL};
    struct event other = {.time = 1}, next = {.time = 2};
    struct event *added[] = {&decision, &last, &submission, &next, &other};
    struct event *expected[] = {&other, &submission, &last, &decision, &next};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(event_heap_add(&heap, added[i]), 0);
    for (size_t i = 0; i < 5; i++) {
        assert_ptr_equal(event_heap_first(&heap), expected[i]);
        event_heap_remove(&heap, expected[i]);
    }
    event_heap_release(&heap);
}

static void test_an_instant_is_over_when_no_event_of_it_is_left(void **state)
{
    (void)state;
    struct event_heap heap = {0};
    struct event event = {.time = 10};
    assert_false(event_heap_is_due(&heap, 10));
    assert_int_equal(event_heap_add(&heap, &event), 0);
    assert_true(event_heap_is_due(&heap, 10));
    assert_true(event_heap_is_due(&heap, 10 - EVENT_INSTANT / 4)); /* one instant, by rounding */
    assert_false(event_heap_is_due(&heap, 10 - 2 * EVENT_INSTANT));
    event_heap_remove(&heap, &event);
    assert_false(event_heap_is_due(&heap, 10));
    event_heap_release(&heap);
}

static void test_removing_any_event_keeps_the_order_of_the_others(void **state)
{
    (void)state;
    struct event_heap heap = {0};
    static struct event events[MANY];
    srand(42);
    for (size_t i = 0; i < MANY; i++) {
        events[i] = (struct event){.time = rand() % 50};
        event_heap_add(&heap, &events[i]);
    }
    for (size_t i = 0; i < MANY; i += 3)
        event_heap_remove(&heap, &events[i]);
    size_t left = 0;
    const struct event *previous = NULL;
    for (struct event *event; (event = take(&heap)); previous = event, left++) {
        assert_int_not_equal((event - events) % 3, 0);
        if (previous)
            assert_true(previous->time < event->time ||
                        (previous->time == event->time && previous < event));
    }
    assert_int_equal(left, MANY - (MANY + 2) / 3);
    event_heap_release(&heap);
}

static void test_removing_an_event_that_is_not_queued_does_nothing(void **state)
{
    (void)state;
    struct event_heap heap = {0};
    struct event event = {.time = 1};
    event_heap_remove(&heap, &event);
    event_heap_add(&heap, &event);
    event_heap_remove(&heap, &event);
    event_heap_remove(&heap, &event);
    assert_null(event_heap_first(&heap));
    event_heap_release(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_come_in_order_of_time),
        cmocka_unit_test(test_events_of_one_instant_come_in_order_of_arrival),
        cmocka_unit_test(test_times_that_differ_by_rounding_are_one_instant),
        cmocka_unit_test(test_turns_of_an_instant_come_before_arrival),
        cmocka_unit_test(test_an_instant_is_over_when_no_event_of_it_is_left),
        cmocka_unit_test(test_removing_any_event_keeps_the_order_of_the_others),
        cmocka_unit_test(test_removing_an_event_that_is_not_queued_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
