/* Promise: the next giver and taker are known at once, a changed target costs O(log jobs). */
#include "policies/contest.h"

#include <math.h>
#include <stdlib.h>

static bool stands_before(const struct contender *a, const struct contender *b)
{
    const struct queue_place first = {a->standing.now, a->entry->eligible, a->entry->id};
    const struct queue_place second = {b->standing.now, b->entry->eligible, b->entry->id};
    return queue_place_precedes(first, second);
}

/* --- The better one of two ------------------------------------------------------------------- */

static uint32_t better_giver(const struct contest *contest, uint32_t a, uint32_t b)
{
    if (a == NOBODY || b == NOBODY)
        return a == NOBODY ? b : a;
    const struct contender *first = &contest->items[a], *second = &contest->items[b];
    double difference = first->standing.less - second->standing.less;
    bool is_second = difference < 0 || (difference <= 0 && stands_before(first, second));
    return is_second ? b : a;
}

static uint32_t better_taker(const struct contest *contest, uint32_t a, uint32_t b)
{
    if (a == NOBODY || b == NOBODY)
        return a == NOBODY ? b : a;
    const struct contender *first = &contest->items[a], *second = &contest->items[b];
    double difference = first->standing.more - second->standing.more;
    bool is_second = difference > 0 || (difference >= 0 && stands_before(second, first));
    return is_second ? b : a;
}

static void decide(const struct contest *contest, size_t node)
{
    const uint32_t *givers = contest->givers, *takers = contest->takers;
    contest->givers[node] = better_giver(contest, givers[2 * node], givers[2 * node + 1]);
    contest->takers[node] = better_taker(contest, takers[2 * node], takers[2 * node + 1]);
}

/* --- Contenders ------------------------------------------------------------------------------ */

bool contest_gives(const struct entry *entry)
{
    return entry->kept_nodes.count == 0;
}

bool contest_takes(const struct books *books, const struct entry *entry, uint32_t size)
{
    bool others_wait = books->queue.count > 0;
    return entry->leaving.count == 0 &&
           size < standing_largest(&books->options, entry, others_wait);
}

static void enter(struct contest *contest, const struct books *books, uint32_t number,
                  uint32_t target)
{
    struct contender *contender = &contest->items[number];
    const struct entry *entry = contender->entry;
    contender->target = target;
    contender->standing = standing_around(&books->options, entry, target);
    bool gives = contest_gives(entry) && isfinite(contender->standing.less);
    bool takes = contest_takes(books, entry, target) && isfinite(contender->standing.more);
    contest->givers[contest->leaves + number] = gives ? number : NOBODY;
    contest->takers[contest->leaves + number] = takes ? number : NOBODY;
}

int contest_create(struct contest *contest, const struct books *books)
{
    const struct queue *ranks = &books->running.ranks;
    *contest = (struct contest){.count = ranks->count, .leaves = 1};
    while (contest->leaves < contest->count)
        contest->leaves *= 2;
    contest->items = calloc(contest->count + 1, sizeof *contest->items);
    contest->givers = malloc(2 * contest->leaves * sizeof *contest->givers);
    contest->takers = malloc(2 * contest->leaves * sizeof *contest->takers);
    if (!contest->items || !contest->givers || !contest->takers)
        return -1;
    for (size_t i = 0; i < 2 * contest->leaves; i++)
        contest->givers[i] = contest->takers[i] = NOBODY;
    struct entry *entry = NULL;
    for (uint32_t number = 0; (entry = queue_next(ranks, entry, &queue_want_all)); number++) {
        contest->items[number].entry = entry;
        enter(contest, books, number, entry->planned);
    }
    for (size_t node = contest->leaves; node-- > 1;)
        decide(contest, node);
    return 0;
}

void contest_release(struct contest *contest)
{
    free(contest->items);
    free(contest->givers);
    free(contest->takers);
}

uint32_t contest_giver(const struct contest *contest)
{
    return contest->givers[1];
}

uint32_t contest_taker(const struct contest *contest, double limit)
{
    uint32_t best = contest->takers[1];
    return best != NOBODY && contest->items[best].standing.more <= limit ? best : NOBODY;
}

void contest_set(struct contest *contest, const struct books *books, uint32_t number,
                 uint32_t target)
{
    enter(contest, books, number, target);
    for (size_t node = (contest->leaves + number) / 2; node > 0; node /= 2)
        decide(contest, node);
}
