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
    profile_least(profile, from, to, NULL, &nodes);
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
    assert_int_equal(profile_num_steps(&profile), 1);
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
    assert_int_equal(profile_num_steps(&profile), 5); /* before 0, and from 0, 5, 10, 15 on */
    give(&profile, 0, 10, 3);
    assert_int_equal(profile_num_steps(&profile), 3);
    give(&profile, 5, 15, 4);
    assert_int_equal(profile_num_steps(&profile), 1);
    profile_discard(&profile);
}

/* Two jobs of one size, one after the other, are one step. */
static void test_neighbours_that_are_equal_are_joined(void **state)
{
    (void)state;
    struct profile profile = make(8);
    take(&profile, 0, 10, 3);
    take(&profile, 10, 20, 3);
    assert_int_equal(profile_num_steps(&profile), 3);
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
    profile_least(&profile, 0, 5, NULL, nodes);
    assert_int_equal(nodes[0], 1);
    assert_int_equal(nodes[1], 2);
    profile_least(&profile, 0, 6, NULL, nodes);
    assert_int_equal(nodes[0], 0);
    assert_int_equal(nodes[1], 0);
    profile_least(&profile, 10, 20, NULL, nodes);
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
    const uint32_t six = 6;
    const struct profile_stay own = {&six, 15, 25};
    struct profile_search search = {.classes = 1, .need = 6, .duration = 10, .before = INFINITY};
    uint32_t nodes;
    assert_time(profile_find(&profile, &search, &nodes), 25);
    search.own = &own;
    search.before = 15;
    assert_time(profile_find(&profile, &search, &nodes), 10);
    assert_int_equal(nodes, 6);
    profile_least(&profile, 10, 30, &own, &nodes);
    assert_int_equal(nodes, 6);
    profile_least(&profile, 0, 30, &own, &nodes);
    assert_int_equal(nodes, 0);
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
    assert_int_equal(profile_num_steps(&profile), 1);
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
    assert_int_equal(profile_num_steps(&profile), MANY + 2);
    for (uint32_t now = 0; now < MANY; now++) {
        profile_advance(&profile, now);
        assert_int_equal(least(&profile, now, now + 1), 7 - now % 3);
    }
    assert_true(profile_num_steps(&profile) < MANY);
    assert_time(find_from(&profile, 8, 1, MANY - 1), MANY);
    profile_discard(&profile);
}

/* --- Sliding ------------------------------------------------------------------------------- */

/* Free are: none before 10, 6 until 15, none until 20, 2 until 25, then all. */
static void test_a_start_slides_as_far_as_nodes_are_unused_before_it(void **state)
{
    (void)state;
    struct profile profile = make_busy();
    assert_time(profile_slide(&profile, 5, 0, 15), 10);
    assert_time(profile_slide(&profile, 5, 12, 15), 12);
    assert_time(profile_slide(&profile, 5, 0, 14), 10);
    assert_time(profile_slide(&profile, 7, 0, 15), 15);
    assert_time(profile_slide(&profile, 2, 0, 30), 20);
    assert_time(profile_slide(&profile, 3, 0, 30), 25);
    assert_time(profile_slide(&profile, 1, 0, 18), 18);
    profile_discard(&profile);
}

/* --- Marks --------------------------------------------------------------------------------- */

struct seen {
    double times[8];
    int32_t before[8];
    size_t count;
};

static void see(void *context, struct profile_mark *mark, int32_t before)
{
    struct seen *seen = context;
    seen->times[seen->count] = mark->time;
    seen->before[seen->count++] = before;
}

static void test_marks_are_found_by_their_time(void **state)
{
    (void)state;
    struct profile profile = make_busy();
    struct profile_mark a, b, c;
    struct seen seen = {0};
    assert_time(profile_last_mark(&profile), -INFINITY);
    assert_time(profile_next_mark(&profile, 0), INFINITY);
    assert_int_equal(profile_set_mark(&profile, &a, 15), 0);
    assert_int_equal(profile_set_mark(&profile, &b, 22), 0);
    assert_int_equal(profile_set_mark(&profile, &c, 40), 0);
    profile_visit_marks(&profile, 10, 22, see, &seen);
    assert_int_equal(seen.count, 2);
    assert_time(seen.times[0], 15);
    assert_int_equal(seen.before[0], 6);
    assert_time(seen.times[1], 22);
    assert_int_equal(seen.before[1], 2);
    assert_time(profile_last_mark(&profile), 40);
    assert_time(profile_next_mark(&profile, 0), 15);
    assert_time(profile_next_mark(&profile, 15), 22);
    profile_clear_mark(&profile, &c);
    assert_time(profile_last_mark(&profile), 22);
    profile_discard(&profile);
}

static void test_a_mark_that_is_over_is_kept_until_it_is_cleared(void **state)
{
    (void)state;
    struct profile profile = make_busy();
    struct profile_mark mark;
    struct seen seen = {0};
    assert_int_equal(profile_set_mark(&profile, &mark, 12), 0);
    profile_advance(&profile, 30);
    profile_visit_marks(&profile, -INFINITY, 30, see, &seen);
    assert_int_equal(seen.count, 1);
    assert_time(seen.times[0], 12);
    assert_time(profile_next_mark(&profile, 0), INFINITY);
    profile_clear_mark(&profile, &mark);
    assert_time(profile_last_mark(&profile), -INFINITY);
    profile_discard(&profile);
}

/* A mark keeps two equal steps apart; without it they are one. */
static void test_a_mark_that_is_cleared_leaves_no_step(void **state)
{
    (void)state;
    struct profile profile = make(8);
    struct profile_mark mark;
    assert_int_equal(profile_set_mark(&profile, &mark, 12), 0);
    take(&profile, 5, 12, 3);
    take(&profile, 12, 20, 3);
    assert_int_equal(profile_num_steps(&profile), 4);
    profile_clear_mark(&profile, &mark);
    assert_int_equal(profile_num_steps(&profile), 3);
    profile_discard(&profile);
}

/* --- Copies -------------------------------------------------------------------------------- */

static void test_a_reservation_that_begins_leaves_as_many_steps_as_one_that_is_added(void **state)
{
    (void)state;
    struct profile profile = make(8), other = make(8);
    struct profile_mark mark, same, endless, late;
    uint32_t nodes = 3, more = 2;
    take(&profile, 10, 30, 2);
    take(&other, 10, 30, 2);
    assert_int_equal(profile_begin(&profile, &mark, 5, 20, &nodes), 0);
    take(&other, 5, 20, nodes);
    assert_int_equal(profile_set_mark(&other, &same, 5), 0);
    assert_int_equal(profile_num_steps(&profile), profile_num_steps(&other));
    assert_int_equal(least(&profile, 19, 20), 3);
    assert_int_equal(least(&profile, 20, 30), 6);
    assert_int_equal(profile_begin(&profile, &endless, 40, INFINITY, &more), 0);
    assert_int_equal(least(&profile, 1000, 2000), 6);
    assert_int_equal(profile_begin(&profile, &late, 40, 40, &nodes), 0);
    assert_int_equal(least(&profile, 40, 41), 6);
    assert_time(profile_next_mark(&profile, 5), 40);
    profile_discard(&profile);
    profile_discard(&other);
}

static void test_a_copy_has_the_steps_of_the_other_and_no_marks(void **state)
{
    (void)state;
    enum { MANY = 300 };
    struct profile few = make(MANY), many = make(MANY), copy = make(MANY);
    struct profile_mark mark;
    take(&few, 10, 20, 4);
    for (int i = 0; i < MANY; i++)
        take(&many, i, 2 * MANY, 1);
    assert_int_equal(profile_set_mark(&copy, &mark, 15), 0);
    assert_int_equal(profile_copy(&copy, &many), 0);
    assert_int_equal(profile_num_steps(&copy), profile_num_steps(&many));
    assert_int_equal(least(&copy, 100, 101), MANY - 101);
    assert_time(profile_next_mark(&copy, -INFINITY), INFINITY);
    take(&copy, 0, 2 * MANY, 5);
    assert_int_equal(least(&many, 100, 101), MANY - 101);
    assert_int_equal(profile_copy(&copy, &few), 0);
    assert_int_equal(profile_num_steps(&copy), 3);
    assert_int_equal(least(&copy, 10, 20), MANY - 4);
    profile_discard(&few);
    profile_discard(&many);
    profile_discard(&copy);
}

/* --- Stretches ----------------------------------------------------------------------------- */

/* Lengths may be too long by what the rounding of times makes of them. */
static void assert_length(double length, double expected)
{
    assert_true(length >= expected && length <= expected + 1e-9);
}

/* What touches [12, 14): 6 nodes, level 2, from 10 to 15. Touching [14, 22), the 2 nodes from 20 on
 * count as well, level 1, to the latest time asked for. */
static void test_stretches_are_measured_by_level(void **state)
{
    (void)state;
    struct profile profile = make_busy();
    double longest[PROFILE_LEVELS] = {0};
    struct profile_levels all = {0, PROFILE_LEVELS}, second = {1, 2};
    assert_time(profile_measure(&profile, 12, 14, 0, 100, all, longest), 15);
    assert_length(longest[0], 5);
    assert_length(longest[1], 5);
    assert_length(longest[2], 5);
    assert_length(longest[3], 0);
    assert_time(profile_measure(&profile, 14, 22, 0, 100, second, longest), 100);
    assert_length(longest[0], 5);
    assert_length(longest[1], 80);
    assert_length(longest[2], 5);
    assert_time(profile_measure(&profile, 14, 22, 0, 100, all, longest), 100);
    assert_length(longest[0], 80);
    assert_length(longest[1], 80);
    assert_length(longest[2], 5);
    profile_discard(&profile);
}

/* --- Against counts by the second ---------------------------------------------------------- */

enum { SECONDS = 400, NODES = 32 };

static uint32_t random_below(uint32_t bound)
{
    static uint32_t seed = 1;
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (seed >> 8) % bound;
}

static int32_t plain_least(const int32_t *plain, uint32_t from, uint32_t to)
{
    int32_t least = NODES;
    for (uint32_t t = from; t < to; t++)
        least = t < SECONDS && plain[t] < least ? plain[t] : least;
    return least;
}

static double plain_find(const int32_t *plain, int32_t need, uint32_t duration, uint32_t from)
{
    while (plain_least(plain, from, from + duration) < need)
        from++;
    return from;
}

static double plain_slide(const int32_t *plain, int32_t need, uint32_t from, uint32_t end)
{
    while (end > from && plain[end - 1] >= need)
        end--;
    return end;
}

static double plain_longest(const int32_t *plain, int32_t need, uint32_t from, uint32_t to)
{
    double longest = 0;
    for (uint32_t begin = 0, end; begin < SECONDS; begin = end + 1) {
        for (end = begin; end < SECONDS && plain[end] >= need; end++)
            continue;
        if (begin < to && end > from && end - begin > longest)
            longest = end - begin;
    }
    return longest;
}

static void check_all(struct profile *profile, const int32_t *plain)
{
    uint32_t from = random_below(SECONDS - 1), to = from + 1 + random_below(SECONDS - from - 1);
    uint32_t need = 1 + random_below(NODES), duration = 1 + random_below(60);
    assert_int_equal(least(profile, from, to), plain_least(plain, from, to));
    assert_int_equal(profile_has(profile, need, from, to),
                     plain_least(plain, from, to) >= (int32_t)need);
    assert_time(find_from(profile, need, duration, from),
                plain_find(plain, (int32_t)need, duration, from));
    assert_time(profile_slide(profile, need, from, to),
                plain_slide(plain, (int32_t)need, from, to));
    double longest[PROFILE_LEVELS] = {0};
    struct profile_levels levels = {random_below(4), 2 + random_below(5)};
    profile_measure(profile, from, to, 0, SECONDS, levels, longest);
    for (uint32_t level = 0; level < 6; level++) {
        bool is_asked = level >= levels.low && level < levels.high;
        assert_length(longest[level], is_asked ? plain_longest(plain, 1 << level, from, to) : 0);
    }
}

struct stay {
    uint32_t from, to, nodes;
    struct profile_mark mark;
};

static void add_plain(int32_t *plain, uint32_t from, uint32_t to, int32_t nodes)
{
    for (uint32_t t = from; t < to; t++)
        plain[t] += nodes;
}

/* As far as there are nodes, but not so far that nothing is in common. */
static void move_earlier(struct profile *profile, int32_t *plain, struct stay *stay)
{
    uint32_t length = stay->to - stay->from, most = length < stay->from ? length : stay->from;
    uint32_t from = stay->from - random_below(most + 1);
    while (plain_least(plain, from, stay->from) < (int32_t)stay->nodes)
        from++;
    if (from == stay->from)
        return;
    assert_int_equal(profile_begin_earlier(profile, &stay->mark, from, &stay->nodes), 0);
    give(profile, from + length, stay->to, stay->nodes);
    assert_time(stay->mark.time, from);
    add_plain(plain, from, stay->from, -(int32_t)stay->nodes);
    add_plain(plain, from + length, stay->to, (int32_t)stay->nodes);
    stay->from = from;
    stay->to = from + length;
}

static void place_anywhere(struct profile *profile, int32_t *plain, struct stay *stay)
{
    stay->from = random_below(SECONDS);
    stay->to = stay->from + 1 + random_below(SECONDS - stay->from);
    stay->nodes = 1 + random_below(NODES);
    if (plain_least(plain, stay->from, stay->to) < (int32_t)stay->nodes)
        stay->nodes = 0;
    if (random_below(2) == 0) {
        take(profile, stay->from, stay->to, stay->nodes);
        assert_int_equal(profile_set_mark(profile, &stay->mark, stay->from), 0);
    } else {
        assert_int_equal(profile_begin(profile, &stay->mark, stay->from, stay->to, &stay->nodes),
                         0);
    }
    assert_time(stay->mark.time, stay->from);
    add_plain(plain, stay->from, stay->to, -(int32_t)stay->nodes);
}

static void test_random_profiles_are_as_plain_counts_are(void **state)
{
    (void)state;
    enum { JOBS = 4000, KEPT = 150 };
    struct profile profile = make(NODES);
    int32_t plain[SECONDS];
    struct stay stays[KEPT];
    for (uint32_t t = 0; t < SECONDS; t++)
        plain[t] = NODES;
    for (uint32_t i = 0; i < JOBS; i++) {
        struct stay *stay = &stays[i % KEPT];
        if (i >= KEPT) {
            give(&profile, stay->from, stay->to, stay->nodes);
            profile_clear_mark(&profile, &stay->mark);
            add_plain(plain, stay->from, stay->to, (int32_t)stay->nodes);
        }
        place_anywhere(&profile, plain, stay);
        check_all(&profile, plain);
        move_earlier(&profile, plain, &stays[random_below(i < KEPT ? i + 1 : KEPT)]);
        check_all(&profile, plain);
    }
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
        cmocka_unit_test(test_a_start_slides_as_far_as_nodes_are_unused_before_it),
        cmocka_unit_test(test_marks_are_found_by_their_time),
        cmocka_unit_test(test_a_mark_that_is_over_is_kept_until_it_is_cleared),
        cmocka_unit_test(test_a_mark_that_is_cleared_leaves_no_step),
        cmocka_unit_test(test_a_reservation_that_begins_leaves_as_many_steps_as_one_that_is_added),
        cmocka_unit_test(test_a_copy_has_the_steps_of_the_other_and_no_marks),
        cmocka_unit_test(test_stretches_are_measured_by_level),
        cmocka_unit_test(test_random_profiles_are_as_plain_counts_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
