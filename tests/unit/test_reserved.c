/* Jobs with reservations and the openings they may move into, against plain lists of both. */
#include "policies/reach.h"
#include "policies/reserved.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { JOBS = 400, OPENINGS = 60, ROUNDS = 60, TIMES = 40 };

static uint32_t random_below(uint32_t bound)
{
    static uint32_t seed = 1;
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (seed >> 8) % bound;
}

/* --- Openings ------------------------------------------------------------------------------ */

static void add(struct reach *reach, double from, double length, bool counts)
{
    bool is_longer;
    assert_int_equal(reach_add(reach, from, length, &is_longer), 0);
    assert_int_equal(is_longer, counts);
}

static void test_an_opening_counts_when_none_before_it_is_as_long(void **state)
{
    (void)state;
    struct reach reach = {0};
    assert_false(reach_covers(&reach, 0, INFINITY));
    add(&reach, 10, 5, true);
    add(&reach, 20, 5, false);
    add(&reach, 20, 8, true);
    add(&reach, 15, 4, false);
    assert_int_equal(reach.count, 2);
    assert_true(reach_covers(&reach, 5, 10.5));
    assert_false(reach_covers(&reach, 5, 10)); /* it has to begin before */
    assert_false(reach_covers(&reach, 6, 20));
    assert_true(reach_covers(&reach, 6, 21));
    add(&reach, 10, 9, true); /* in the place of both */
    assert_int_equal(reach.count, 1);
    assert_true(reach_covers(&reach, 9, 11));
    assert_false(reach_covers(&reach, 9.5, INFINITY));
    reach_release(&reach);
}

static bool plain_covers(const struct reach_step *openings, size_t count, double length,
                         double before)
{
    for (size_t i = 0; i < count; i++)
        if (openings[i].from < before && openings[i].length >= length)
            return true;
    return false;
}

static struct reach_step random_opening(void)
{
    return (struct reach_step){random_below(TIMES), random_below(TIMES)};
}

static void test_random_openings_are_as_in_a_plain_list(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct reach_step openings[OPENINGS];
        struct reach reach = {0};
        for (size_t count = 0; count < OPENINGS; count++) {
            struct reach_step opening = openings[count] = random_opening();
            add(&reach, opening.from, opening.length,
                !plain_covers(openings, count, opening.length, nextafter(opening.from, INFINITY)));
            double length = random_below(TIMES), before = random_below(TIMES);
            assert_int_equal(reach_covers(&reach, length, before),
                             plain_covers(openings, count + 1, length, before));
        }
        reach_release(&reach);
    }
}

/* --- Jobs ---------------------------------------------------------------------------------- */

struct world {
    struct reserved reserved;
    struct entry *entries[JOBS]; /* owned; those with even IDs are in it at first */
    bool is_in[JOBS];
};

/* Keys come twice, so that IDs matter as well. */
static void set_up(struct world *world)
{
    *world = (struct world){0};
    for (uint32_t id = 0; id < JOBS; id++) {
        struct entry *entry = world->entries[id] = calloc(1, sizeof *entry);
        assert_non_null(entry);
        entry->id = id;
        entry->key = id * 387 % (JOBS / 2);
        entry->shortest = 1 + random_below(TIMES);
        entry->reservation.time = random_below(TIMES);
    }
}

static void tear_down(struct world *world)
{
    reserved_release(&world->reserved);
    for (uint32_t id = 0; id < JOBS; id++)
        free(world->entries[id]);
}

static void toggle(struct world *world, uint32_t id)
{
    world->is_in[id] = !world->is_in[id];
    if (world->is_in[id])
        assert_int_equal(reserved_add(&world->reserved, world->entries[id]), 0);
    else
        reserved_remove(&world->reserved, world->entries[id]);
}

static struct entry *plain_next(const struct world *world, struct queue_place place,
                                const struct reach *reach, struct reach_step news)
{
    struct entry *next = NULL;
    for (uint32_t id = 0; id < JOBS; id++) {
        struct entry *entry = world->entries[id];
        double time = entry->reservation.time;
        if (world->is_in[id] && queue_place_precedes(place, queue_place_of(entry)) &&
            (!next || queue_precedes(entry, next)) && news.from < time &&
            news.length >= entry->shortest && reach_covers(reach, entry->shortest, time))
            next = entry;
    }
    return next;
}

static struct reach random_reach(void)
{
    struct reach reach = {0};
    bool is_longer;
    for (size_t i = 0; i < 3; i++) {
        struct reach_step opening = random_opening();
        assert_int_equal(reach_add(&reach, opening.from, opening.length, &is_longer), 0);
    }
    return reach;
}

/* From the head on, while reservations move forward behind the search's back. `narrow`: what the
 * search is told of before all others. */
static void pass(struct world *world, bool narrow)
{
    struct queue_place place = {-INFINITY, -INFINITY, 0};
    struct reach reach = random_reach();
    struct reach_step news = reach_bounds(&reach);
    if (narrow)
        news = reach.steps[random_below((uint32_t)reach.count)];
    struct entry *next;
    reserved_rewind(&world->reserved);
    do {
        struct entry *moved = world->entries[random_below(JOBS)];
        moved->reservation.time = random_below((uint32_t)moved->reservation.time + 1);
        next = reserved_next(&world->reserved, place, &reach, news);
        assert_ptr_equal(next, plain_next(world, place, &reach, news));
        if (next) {
            place = queue_place_of(next);
            assert_true(reserved_want(&world->reserved, news));
        }
    } while (next);
    reach_release(&reach);
}

/* Times are made anew now and then, which takes a removal and an addition. */
static void test_random_jobs_are_found_as_in_a_plain_list(void **state)
{
    (void)state;
    struct world world;
    set_up(&world);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < JOBS / 2; i++) {
            uint32_t id = random_below(JOBS);
            toggle(&world, id);
            if (!world.is_in[id])
                world.entries[id]->reservation.time = random_below(TIMES);
        }
        pass(&world, false);
        pass(&world, true);
    }
    tear_down(&world);
}

static void test_another_order_of_the_queue_is_followed(void **state)
{
    (void)state;
    struct world world;
    set_up(&world);
    for (uint32_t id = 0; id < JOBS; id += 2)
        toggle(&world, id);
    for (uint32_t id = 0; id < JOBS; id++)
        world.entries[id]->key = id * 119 % JOBS;
    assert_int_equal(reserved_sort(&world.reserved), 0);
    pass(&world, false);
    for (uint32_t id = 0; id < JOBS; id += 2)
        toggle(&world, id);
    assert_int_equal(world.reserved.num_spans, 0);
    assert_false(reserved_want(&world.reserved, (struct reach_step){-INFINITY, INFINITY}));
    tear_down(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_opening_counts_when_none_before_it_is_as_long),
        cmocka_unit_test(test_random_openings_are_as_in_a_plain_list),
        cmocka_unit_test(test_random_jobs_are_found_as_in_a_plain_list),
        cmocka_unit_test(test_another_order_of_the_queue_is_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
