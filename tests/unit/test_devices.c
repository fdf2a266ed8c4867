/* GPUs and GPU links that several jobs share: first come first served, free ones first, and nothing
 * left behind by a use that is taken out. */
#include "execution/devices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct bench {
    struct node_description node;
    struct platform platform;
    struct event_heap heap;
    struct devices devices;
    struct error err;
    struct state state;
};

static void setup(struct bench *bench, uint32_t gpus)
{
    *bench = (struct bench){.node = {.num_gpus = gpus}};
    bench->platform = (struct platform){.nodes = &bench->node, .num_nodes = 1};
    bench->state.platform = &bench->platform;
    assert_int_equal(devices_create(&bench->devices, &bench->state, &bench->heap, &bench->err), 0);
}

static void teardown(struct bench *bench)
{
    devices_release(&bench->devices);
    event_heap_release(&bench->heap);
}

static void note_end(void *owner)
{
    ++*(int *)owner;
}

/* Handles events up to a time. */
static void advance(struct bench *bench, double until)
{
    struct event *event;
    while ((event = event_heap_first(&bench->heap)) && event->time <= until) {
        event_heap_remove(&bench->heap, event);
        bench->state.now = event->time;
        event->handle(event->owner);
        devices_serve(&bench->devices);
    }
    bench->state.now = until;
}

static struct device_use use(double duration, int *ended)
{
    return (struct device_use){.duration = duration, .done = note_end, .owner = ended};
}

static void test_kernels_take_free_gpus_first(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, 2);
    int first = 0, second = 0;
    struct device_use a = use(10, &first), b = use(3, &second);
    devices_use_gpus(&bench.devices, 0, &a, 1);
    devices_use_gpus(&bench.devices, 0, &b, 1);
    assert_ptr_not_equal(a.device, b.device);
    advance(&bench, 3);
    assert_int_equal(second, 1);
    assert_int_equal(first, 0);
    advance(&bench, 10);
    assert_int_equal(first, 1);
    teardown(&bench);
}

static void test_a_kernel_on_a_busy_gpu_waits_for_it(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, 2);
    int first = 0, second = 0;
    struct device_use a = use(4, &first);
    struct device_use b[] = {use(5, &second), use(5, &second)};
    devices_use_gpus(&bench.devices, 0, &a, 1);
    devices_use_gpus(&bench.devices, 0, b, 2);
    advance(&bench, 5);
    assert_int_equal(second, 1);
    advance(&bench, 8.9);
    assert_int_equal(second, 1);
    advance(&bench, 9);
    assert_int_equal(second, 2);
    teardown(&bench);
}

static void test_several_kernels_of_one_task_take_different_gpus(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, 3);
    int ended = 0, other = 0;
    struct device_use a = use(4, &other);
    struct device_use b[] = {use(1, &ended), use(1, &ended), use(1, &ended)};
    devices_use_gpus(&bench.devices, 0, &a, 1);
    devices_use_gpus(&bench.devices, 0, b, 3);
    assert_ptr_not_equal(b[0].device, b[1].device);
    assert_ptr_not_equal(b[1].device, b[2].device);
    assert_ptr_equal(b[2].device, a.device);
    advance(&bench, 1);
    assert_int_equal(ended, 2);
    advance(&bench, 5);
    assert_int_equal(ended, 3);
    teardown(&bench);
}

static void test_the_link_serves_one_exchange_at_a_time(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, 1);
    int first = 0, second = 0;
    struct device_use a = use(2, &first), b = use(2, &second);
    devices_use_link(&bench.devices, 0, &a);
    devices_use_link(&bench.devices, 0, &b);
    advance(&bench, 2);
    assert_int_equal(first, 1);
    assert_int_equal(second, 0);
    advance(&bench, 4);
    assert_int_equal(second, 1);
    teardown(&bench);
}

static void test_taking_out_the_use_in_service_starts_the_next_at_once(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, 1);
    int first = 0, second = 0;
    struct device_use a = use(100, &first), b = use(2, &second);
    devices_use_gpus(&bench.devices, 0, &a, 1);
    devices_use_gpus(&bench.devices, 0, &b, 1);
    advance(&bench, 5);
    devices_cancel(&bench.devices, &a);
    advance(&bench, 7);
    assert_int_equal(first, 0);
    assert_int_equal(second, 1);
    devices_cancel(&bench.devices, &a);
    assert_null(event_heap_first(&bench.heap));
    teardown(&bench);
}

static void test_taking_out_a_waiting_use_leaves_the_others_in_line(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, 1);
    int ended[3] = {0};
    struct device_use uses[] = {use(1, &ended[0]), use(1, &ended[1]), use(1, &ended[2])};
    for (size_t i = 0; i < 3; i++)
        devices_use_gpus(&bench.devices, 0, &uses[i], 1);
    devices_cancel(&bench.devices, &uses[1]);
    advance(&bench, 2);
    assert_int_equal(ended[0], 1);
    assert_int_equal(ended[1], 0);
    assert_int_equal(ended[2], 1);
    teardown(&bench);
}

/* Whoever waited for what has ended goes on before the device serves others. */
static void test_a_freed_gpu_counts_as_free_until_the_event_is_over(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, 2);
    int ended[4] = {0};
    struct device_use uses[] = {use(1, &ended[0]), use(5, &ended[1]), use(7, &ended[2]),
                                use(1, &ended[3])};
    for (size_t i = 0; i < 3; i++)
        devices_use_gpus(&bench.devices, 0, &uses[i], 1);
    struct device *freed = uses[0].device;
    assert_ptr_equal(uses[2].device, freed);
    struct event *event = event_heap_first(&bench.heap);
    event_heap_remove(&bench.heap, event);
    bench.state.now = event->time;
    event->handle(event->owner);
    devices_use_gpus(&bench.devices, 0, &uses[3], 1);
    assert_ptr_equal(uses[3].device, freed);
    assert_int_equal(uses[2].end.slot, 0);
    devices_serve(&bench.devices);
    assert_int_not_equal(uses[2].end.slot, 0);
    advance(&bench, 8);
    assert_int_equal(ended[2], 1);
    advance(&bench, 9);
    assert_int_equal(ended[3], 1);
    teardown(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels_take_free_gpus_first),
        cmocka_unit_test(test_a_kernel_on_a_busy_gpu_waits_for_it),
        cmocka_unit_test(test_several_kernels_of_one_task_take_different_gpus),
        cmocka_unit_test(test_the_link_serves_one_exchange_at_a_time),
        cmocka_unit_test(test_taking_out_the_use_in_service_starts_the_next_at_once),
        cmocka_unit_test(test_taking_out_a_waiting_use_leaves_the_others_in_line),
        cmocka_unit_test(test_a_freed_gpu_counts_as_free_until_the_event_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
