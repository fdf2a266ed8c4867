/* The availability profile of the policies: what is free when, by class of nodes, against cases
 * worked out by hand. */
#include "policies/profile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Of `nodes` nodes of one class, or of two classes. */
static struct profile make(uint32_t nodes)
{
    struct profile profile;
    assert_int_equal(profile_create(&profile, 1, &nodes), 0);
    return profile;
}

static struct profile make_two(uint32_t plain, uint32_t with_gpus)
{
    struct profile profile;
    assert_int_equal(profile_create(&profile, 2, (uint32_t[]){plain, with_gpus}), 0);
    return profile;
}

static void take(struct profile *profile, double from, double to, uint32_t nodes)
{
    assert_int_equal(profile_add(profile, from, to, &nodes, -1), 0);
}

static void give(struct profile *profile, double from, double to, uint32_t nodes)
{
    assert_int_equal(profile_add(profile, from, to, &nodes, 1), 0);
}

static void take_two(struct profile *profile, double from, double to, uint32_t plain,
                     uint32_t with_gpus)
{
    assert_int_equal(profile_add(profile, from, to, (uint32_t[]){plain, with_gpus}, -1), 0);
}

static uint32_t least(const struct profile *profile, double from, double to)
{
    uint32_t nodes;
    profile_least(profile, from, to, &nodes);
    return nodes;
}

static double find_from(const struct profile *profile, uint32_t need, double duration, double from)
{
    const struct profile_search search = {
        .classes = 1, .need = need, .duration = duration, .from = from, .before = INFINITY};
    uint32_t nodes;
    return profile_find(profile, &search, &nodes);
}

static double find(const struct profile *profile, uint32_t need, double duration)
{
    return find_from(profile, need, duration, 0);
}

#define assert_time(found, expected) assert_true((found) == (expected))

/* --- Counts -------------------------------------------------------------------------------- */

static void test_all_nodes_are_free_at_first(void **state)
{
    (void)state;
    struct profile profile = make(8);
    assert_int_equal(least(&profile, 0, 1), 8);
    assert_int_equal(least(&profile, 1e300, INFINITY), 8);
    profile_discard(&profile);
}

/* From its start on, and no longer at its end. */
static void test_a_job_takes_its_nodes_while_it_runs(void **state)
{
    (void)state;
    struct profile profile = make(8);
    take(&profile, 5, 10, 3);
    assert_int_equal(least(&profile, 0, 5), 8);
    assert_int_equal(least(&profile, 0, 5.5), 5);
    assert_int_equal(least(&profile, 5, 6), 5);
    assert_int_equal(least(&profile, 9.5, 20), 5);
    assert_int_equal(least(&profile, 10, 20), 8);
    profile_discard(&profile);
}

static void test_jobs_that_overlap_add_up(void **state)
{
    (void)state;
    struct profile profile = make(8);
    take(&profile, 0, 10, 3);
    take(&profile, 5, 15, 4);
    assert_int_equal(least(&profile, 0, 5), 5);
    assert_int_equal(least(&profile, 5, 10), 1);
    assert_int_equal(least(&profile, 10, 15), 4);
    assert_int_equal(least(&profile, 0, 100), 1);
    profile_discard(&profile);
}

static void test_a_job_without_an_end_takes_its_nodes_for_ever(void **state)
{
    (void)state;
    struct profile profile = make(8);
    take(&profile, 3, INFINITY, 2);
    assert_int_equal(least(&profile, 2, 3), 8);
    assert_int_equal(least(&profile, 1e300, INFINITY), 6);
    profile_discard(&profile);
}

static void test_spans_without_length_or_start_change_nothing(void **state)
{
    (void)state;
    struct profile profile = make(8);
    take(&profile, 5, 5, 3);
    take(&profile, 6, 5, 3);
    take(&profile, INFINITY, INFINITY, 3);
    assert_int_equal(profile.count, 1);
    profile_discard(&profile);
}

/* More is reserved than there is when a job runs longer than expected. */
static void test_overdrawn_counts_are_none_and_recover(void **state)
{
    (void)state;
    struct profile profile = make(4);
    take(&profile, 0, 10, 3);
    take(&profile, 5, 10, 3);
    assert_int_equal(least(&profile, 5, 6), 0);
    assert_time(find(&profile, 1, 6), 10);
    give(&profile, 5, 10, 3);
    assert_int_equal(least(&profile, 5, 6), 1);
    profile_discard(&profile);
}

static void test_what_is_given_back_leaves_no_steps(void **state)
{
    (void)state;
    struct profile profile = make(8);
    take(&profile, 0, 10, 3);
    take(&profile, 5, 15, 4);
    assert_int_equal(profile.count, 5); /* before 0, and from 0, 5, 10, 15 on */
    give(&profile, 0, 10, 3);
    assert_int_equal(profile.count, 3);
    give(&profile, 5, 15, 4);
    assert_int_equal(profile.count, 1);
    profile_discard(&profile);
}

/* Two jobs of one size, one after the other, are one step. */
static void test_neighbours_that_are_equal_are_joined(void **state)
{
    (void)state;
    struct profile profile = make(8);
    take(&profile, 0, 10, 3);
    take(&profile, 10, 20, 3);
    assert_int_equal(profile.count, 3);
    assert_int_equal(least(&profile, 0, 20), 5);
    profile_discard(&profile);
}

static void test_classes_are_counted_apart(void **state)
{
    (void)state;
    struct profile profile = make_two(4, 2);
    uint32_t nodes[2];
    take_two(&profile, 0, 10, 3, 0);
    take_two(&profile, 5, 20, 1, 2);
    profile_least(&profile, 0, 5, nodes);
    assert_int_equal(nodes[0], 1);
    assert_int_equal(nodes[1], 2);
    profile_least(&profile, 0, 6, nodes);
    assert_int_equal(nodes[0], 0);
    assert_int_equal(nodes[1], 0);
    profile_least(&profile, 10, 20, nodes);
    assert_int_equal(nodes[0], 3);
    assert_int_equal(nodes[1], 0);
    profile_discard(&profile);
}

/* --- Searching ----------------------------------------------------------------------------- */

/* Of 8 nodes, free are: none before 10, 6 until 15, none until 20, 2 until 25, then all. */
static struct profile make_busy(void)
{
    struct profile profile = make(8);
    take(&profile, 0, 10, 6);
    take(&profile, 0, 20, 2);
    take(&profile, 15, 25, 6); /* a reservation */
    return profile;
}

static void test_the_earliest_window_that_is_long_enough_is_found(void **state)
{
    (void)state;
    static const struct {
        uint32_t need;
        double duration, from, expected;
    } cases[] = {
        {4, 5, 0, 10},        {6, 5, 0, 10},        {7, 5, 0, 25},      {4, 5.5, 0, 25},
        {2, 6, 0, 20},        {2, 10, 0, 20},       {3, 6, 0, 25},      {8, 1, 0, 25},
        {4, 3, 12, 12},       {4, 3.5, 12, 25},     {2, 1, 22.5, 22.5}, {3, 1, 22.5, 25},
        {1, INFINITY, 0, 20}, {8, INFINITY, 0, 25}, {8, 1, 1e9, 1e9},   {9, 1, 0, INFINITY},
    };
    struct profile profile = make_busy();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_time(find_from(&profile, cases[i].need, cases[i].duration, cases[i].from),
                    cases[i].expected);
    profile_discard(&profile);
}

static void test_nothing_is_found_where_jobs_never_end(void **state)
{
    (void)state;
    struct profile profile = make(8);
    take(&profile, 0, INFINITY, 5);
    assert_time(find(&profile, 3, INFINITY), 0);
    assert_time(find(&profile, 4, 1), INFINITY);
    profile_discard(&profile);
}

/* A reservation moves to an earlier time only. */
static void test_a_search_ends_before_the_time_it_is_given(void **state)
{
    (void)state;
    struct profile profile = make_busy();
    struct profile_search search = {.classes = 1, .need = 7, .duration = 5, .before = 25};
    uint32_t nodes;
    assert_time(profile_find(&profile, &search, &nodes), INFINITY);
    search.before = 25.5;
    assert_time(profile_find(&profile, &search, &nodes), 25);
    assert_int_equal(nodes, 8);
    profile_discard(&profile);
}

/* The 6 nodes from 15 to 25 are the searcher's: with them it can have 6 from 10 to 20, as the
 * others hold 2 until 20. Taken for somebody else's, they make it wait until 25. */
static void test_its_own_reservation_is_not_in_its_way(void **state)
{
    (void)state;
    struct profile profile = make_busy();
    const uint32_t own = 6;
    struct profile_search search = {.classes = 1, .need = 6, .duration = 10, .before = INFINITY};
    uint32_t nodes;
    assert_time(profile_find(&profile, &search, &nodes), 25);
    search.own = &own;
    search.own_from = 15;
    search.own_to = 25;
    assert_time(profile_find(&profile, &search, &nodes), 10);
    assert_int_equal(nodes, 6);
    profile_discard(&profile);
}

static void test_only_the_classes_asked_for_count(void **state)
{
    (void)state;
    struct profile profile = make_two(4, 2);
    struct profile_search search = {.need = 2, .duration = 1, .before = INFINITY};
    uint32_t nodes[2];
    take_two(&profile, 0, 10, 3, 0);
    take_two(&profile, 0, 20, 0, 1);
    search.classes = 1; /* plain alone: 1, from 10 on 4 */
    assert_time(profile_find(&profile, &search, nodes), 10);
    search.classes = 2; /* with GPUs alone: 1, from 20 on 2 */
    assert_time(profile_find(&profile, &search, nodes), 20);
    search.classes = 3;
    assert_time(profile_find(&profile, &search, nodes), 0);
    assert_int_equal(nodes[0], 1);
    assert_int_equal(nodes[1], 1);
    profile_discard(&profile);
}

/* Two nodes are free all the time, but not the same ones: a job can't move from one to another. */
static void test_a_window_stays_on_the_same_nodes(void **state)
{
    (void)state;
    struct profile profile = make_two(2, 2);
    struct profile_search search = {.classes = 3, .need = 2, .duration = 5, .before = INFINITY};
    uint32_t nodes[2];
    take_two(&profile, 0, 5, 0, 2);
    take_two(&profile, 5, 100, 2, 0);
    assert_time(profile_find(&profile, &search, nodes), 0);
    search.duration = 6;
    assert_time(profile_find(&profile, &search, nodes), 5);
    assert_int_equal(nodes[0], 0);
    assert_int_equal(nodes[1], 2);
    profile_discard(&profile);
}

/* --- The lowest point ---------------------------------------------------------------------- */

static void check_bottom(const struct profile *profile, double from, uint32_t nodes, double time)
{
    uint32_t extra;
    double first;
    profile_bottom(profile, from, &extra, &first);
    assert_int_equal(extra, nodes);
    assert_time(first, time);
}

static void test_the_bottom_is_the_first_time_of_the_fewest_nodes(void **state)
{
    (void)state;
    struct profile profile = make_two(4, 4);
    take_two(&profile, 0, 10, 1, 1);  /* 6 free */
    take_two(&profile, 10, 15, 3, 0); /* 5 */
    take_two(&profile, 15, 20, 0, 2); /* 6 */
    take_two(&profile, 20, 30, 1, 2); /* 5 */
    check_bottom(&profile, 0, 5, 10);
    check_bottom(&profile, 12, 5, 12);
    check_bottom(&profile, 15, 5, 20);
    check_bottom(&profile, 30, 8, 30);
    profile_discard(&profile);
}

/* An overdrawn class does not take from another. */
static void test_the_bottom_counts_no_less_than_none_of_a_class(void **state)
{
    (void)state;
    struct profile profile = make_two(2, 4);
    take_two(&profile, 5, 10, 5, 1);
    check_bottom(&profile, 0, 3, 5);
    profile_discard(&profile);
}

/* --- Time goes on -------------------------------------------------------------------------- */

static void test_what_is_over_is_forgotten(void **state)
{
    (void)state;
    struct profile profile = make_busy();
    profile_advance(&profile, 12);
    assert_int_equal(least(&profile, 12, 15), 6);
    assert_time(find_from(&profile, 4, 3, 12), 12);
    assert_time(find_from(&profile, 4, 3.5, 12), 25);
    take(&profile, 12, 14, 6);
    assert_time(find_from(&profile, 4, 1, 12), 14);
    profile_advance(&profile, 1000);
    assert_int_equal(profile.count - profile.first, 1);
    assert_int_equal(least(&profile, 1000, INFINITY), 8);
    profile_discard(&profile);
}

/* Step i, from i to i + 1, lacks i % 3 + 1 nodes: more steps than there is room for at first. */
static void test_many_steps_come_and_go(void **state)
{
    (void)state;
    enum { MANY = 500 };
    struct profile profile = make(8);
    for (uint32_t i = 0; i < MANY; i++)
        take(&profile, i, i + 1, i % 3 + 1);
    assert_int_equal(profile.count, MANY + 2);
    for (uint32_t now = 0; now < MANY; now++) {
        profile_advance(&profile, now);
        assert_int_equal(least(&profile, now, now + 1), 7 - now % 3);
    }
    assert_true(profile.count < MANY);
    assert_time(find_from(&profile, 8, 1, MANY - 1), MANY);
    profile_discard(&profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_nodes_are_free_at_first),
        cmocka_unit_test(test_a_job_takes_its_nodes_while_it_runs),
        cmocka_unit_test(test_jobs_that_overlap_add_up),
        cmocka_unit_test(test_a_job_without_an_end_takes_its_nodes_for_ever),
        cmocka_unit_test(test_spans_without_length_or_start_change_nothing),
        cmocka_unit_test(test_overdrawn_counts_are_none_and_recover),
        cmocka_unit_test(test_what_is_given_back_leaves_no_steps),
        cmocka_unit_test(test_neighbours_that_are_equal_are_joined),
        cmocka_unit_test(test_classes_are_counted_apart),
        cmocka_unit_test(test_the_earliest_window_that_is_long_enough_is_found),
        cmocka_unit_test(test_nothing_is_found_where_jobs_never_end),
        cmocka_unit_test(test_a_search_ends_before_the_time_it_is_given),
        cmocka_unit_test(test_its_own_reservation_is_not_in_its_way),
        cmocka_unit_test(test_only_the_classes_asked_for_count),
        cmocka_unit_test(test_a_window_stays_on_the_same_nodes),
        cmocka_unit_test(test_the_bottom_is_the_first_time_of_the_fewest_nodes),
        cmocka_unit_test(test_the_bottom_counts_no_less_than_none_of_a_class),
        cmocka_unit_test(test_what_is_over_is_forgotten),
        cmocka_unit_test(test_many_steps_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
