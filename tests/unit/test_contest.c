/* Who gives the next node and who gets it, against a look at all jobs. */
#include "policies/contest.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { JOBS = 37, ROUNDS = 400 };

struct world {
    struct books books;
    struct entry *entries[JOBS]; /* owned */
};

static uint32_t draw(uint32_t *state, uint32_t limit)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % limit;
}

/* Jobs of few and of many sizes, many of which stand equally high; every seventh has a node kept
 * for it, every fifth is to lose one. */
static void set_up(struct world *world, enum malleable malleable, uint32_t seed)
{
    *world = (struct world){.books.options = {.malleable = malleable, .towards = TOWARDS_AVG}};
    for (uint32_t id = 0; id < JOBS; id++) {
        struct entry *entry = world->entries[id] = calloc(1, sizeof *entry);
        assert_non_null(entry);
        entry->id = id;
        entry->least = 1 + draw(&seed, 3);
        entry->most = entry->least + draw(&seed, 9);
        entry->preferred = (entry->least + entry->most) / 2;
        entry->planned = entry->least + draw(&seed, entry->most - entry->least + 1);
        entry->kept_nodes.count = id % 7 == 0;
        entry->leaving.count = id % 5 == 0;
        const struct standing standing =
            standing_around(&world->books.options, entry, entry->planned);
        running_rank(&world->books.running, entry, entry->planned, &standing);
    }
}

static void tear_down(struct world *world)
{
    for (uint32_t id = 0; id < JOBS; id++)
        free(world->entries[id]);
}

static bool is_behind(const struct contender *a, const struct contender *b)
{
    const struct queue_place first = {a->standing.now, 0, a->entry->id};
    return queue_place_precedes((struct queue_place){b->standing.now, 0, b->entry->id}, first);
}

static uint32_t giver_of_all(const struct contest *contest)
{
    uint32_t best = NOBODY;
    for (uint32_t i = 0; i < contest->count; i++) {
        const struct contender *one = &contest->items[i];
        double less = one->standing.less,
               most = best == NOBODY ? -INFINITY : contest->items[best].standing.less;
        if (one->entry->id % 7 == 0 || one->target == one->entry->least || one->target == 1)
            continue;
        if (best == NOBODY || less > most ||
            (less >= most && is_behind(one, &contest->items[best])))
            best = i;
    }
    return best;
}

static uint32_t taker_of_all(const struct contest *contest, double limit)
{
    uint32_t best = NOBODY;
    for (uint32_t i = 0; i < contest->count; i++) {
        const struct contender *one = &contest->items[i];
        double more = one->standing.more;
        if (one->entry->id % 5 == 0 || one->target == one->entry->most || more > limit)
            continue;
        if (best == NOBODY || more < contest->items[best].standing.more ||
            (more <= contest->items[best].standing.more && is_behind(&contest->items[best], one)))
            best = i;
    }
    return best;
}

static void check_contest(enum malleable malleable, uint32_t seed)
{
    struct world world;
    struct contest contest;
    set_up(&world, malleable, seed);
    assert_int_equal(contest_create(&contest, &world.books), 0);
    assert_int_equal(contest.count, JOBS);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        double limit = draw(&seed, 12) / 8.0;
        assert_int_equal(contest_giver(&contest), giver_of_all(&contest));
        assert_int_equal(contest_taker(&contest, limit), taker_of_all(&contest, limit));
        assert_int_equal(contest_taker(&contest, INFINITY), taker_of_all(&contest, INFINITY));
        uint32_t number = draw(&seed, JOBS);
        const struct entry *entry = contest.items[number].entry;
        contest_set(&contest, &world.books, number,
                    entry->least + draw(&seed, entry->most - entry->least + 1));
    }
    contest_release(&contest);
    tear_down(&world);
}

static void test_givers_and_takers_are_the_best_of_all(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 5; seed++) {
        check_contest(MALLEABLE_EQUIPARTITION, seed);
        check_contest(MALLEABLE_STEAL, seed);
    }
}

static void test_without_jobs_nobody_gives_or_takes(void **state)
{
    (void)state;
    struct books books = {.options = {.malleable = MALLEABLE_EQUIPARTITION}};
    struct contest contest;
    assert_int_equal(contest_create(&contest, &books), 0);
    assert_int_equal(contest_giver(&contest), NOBODY);
    assert_int_equal(contest_taker(&contest, INFINITY), NOBODY);
    contest_release(&contest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_givers_and_takers_are_the_best_of_all),
        cmocka_unit_test(test_without_jobs_nobody_gives_or_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
