/* What searches that found nothing say about later ones, against cases worked out by hand and all
 * that was noted. */
#include "policies/bounds.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_bound(const struct bounds *bounds, uint32_t nodes, double seconds, double time)
{
    double bound = bounds_of(bounds, nodes, seconds);
    assert_true(bound <= time && bound >= time);
}

static void test_nothing_is_known_at_first(void **state)
{
    (void)state;
    struct bounds bounds;
    bounds_reset(&bounds, 7);
    assert_bound(&bounds, 1, 0, 7);
    assert_bound(&bounds, UINT32_MAX, INFINITY, 7);
}

static void test_more_nodes_for_longer_have_no_earlier_place(void **state)
{
    (void)state;
    struct bounds bounds;
    bounds_reset(&bounds, 0);
    bounds_note(&bounds, 4, 8, 100);
    assert_bound(&bounds, 4, 8, 100);
    assert_bound(&bounds, 1000, 8, 100);
    assert_bound(&bounds, 4, INFINITY, 100);
    assert_bound(&bounds, 3, 1000, 0);
    assert_bound(&bounds, 1000, 7.9, 0);
}

static void test_a_later_time_replaces_an_earlier_one_only(void **state)
{
    (void)state;
    struct bounds bounds;
    bounds_reset(&bounds, 0);
    bounds_note(&bounds, 2, 2, 50);
    bounds_note(&bounds, 4, 4, 20);
    assert_bound(&bounds, 4, 4, 50);
    bounds_note(&bounds, 4, 4, INFINITY);
    assert_bound(&bounds, 4, 4, INFINITY);
    assert_bound(&bounds, 2, 4, 50);
}

static void test_what_is_beyond_all_steps_says_nothing(void **state)
{
    (void)state;
    struct bounds bounds;
    bounds_reset(&bounds, 0);
    bounds_note(&bounds, 1, INFINITY, 50);
    bounds_note(&bounds, UINT32_MAX, 1e300, 50);
    assert_bound(&bounds, UINT32_MAX, INFINITY, 0);
}

static uint32_t random_below(uint32_t bound)
{
    static uint32_t seed = 1;
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (seed >> 8) % bound;
}

/* It is never later than what was noted of a job that needs no more for no longer. */
static void test_bounds_hold_for_whatever_was_noted(void **state)
{
    (void)state;
    enum { NOTES = 300 };
    struct bounds bounds;
    uint32_t nodes[NOTES];
    double seconds[NOTES], times[NOTES];
    bounds_reset(&bounds, 0);
    for (uint32_t i = 0; i < NOTES; i++) {
        nodes[i] = 1 + random_below(40);
        seconds[i] = random_below(200) / 4.0;
        times[i] = random_below(1000);
        bounds_note(&bounds, nodes[i], seconds[i], times[i]);
        uint32_t need = 1 + random_below(40);
        double duration = random_below(200) / 4.0, most = 0;
        for (uint32_t k = 0; k <= i; k++)
            if (nodes[k] <= need && seconds[k] <= duration)
                most = fmax(most, times[k]);
        assert_true(bounds_of(&bounds, need, duration) <= most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_known_at_first),
        cmocka_unit_test(test_more_nodes_for_longer_have_no_earlier_place),
        cmocka_unit_test(test_a_later_time_replaces_an_earlier_one_only),
        cmocka_unit_test(test_what_is_beyond_all_steps_says_nothing),
        cmocka_unit_test(test_bounds_hold_for_whatever_was_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
