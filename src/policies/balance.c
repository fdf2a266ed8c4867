/* Each node moves from the job that would still stand highest without it to the one that would
 * stand lowest with it, as long as the giver comes out no lower than the taker. That is worked out
 * on paper first (contest.h); then each job that gives loses all of its nodes at once, and nobody
 * both gives and takes.
 */
#include "policies/balance.h"

#include "base/vector.h"
#include "policies/contest.h"
#include "policies/standing.h"

#include <math.h>
#include <stdlib.h>

/* Of the product of a share and a size, in relation to it. */
#define ROUNDING 1e-9

/* A job that is to have other nodes than it has or is promised. */
struct goal {
    struct entry *entry;
    uint32_t size; /* at first its number in the contest */
};

struct goals {
    VECTOR(struct goal) list;
};

/* --- Targets ------------------------------------------------------------------------------- */

/* What is free is taken at a scheduling point, before anybody has to give. */
static bool finds_free_nodes(const struct books *books, const struct entry *entry)
{
    uint32_t quota[MAX_NODE_CLASSES];
    return books->queue.count == 0 && pool_available(&books->pool, entry, quota) > 0;
}

/* Moves a node from one to another on paper. */
static int move_target(const struct books *books, struct contest *contest, struct goals *goals,
                       uint32_t number, int more)
{
    const struct contender *contender = &contest->items[number];
    struct entry *entry = contender->entry;
    if (contender->target == entry->planned &&
        vector_add(&goals->list, (struct goal){entry, number}))
        return -1;
    contest_set(contest, books, number, contender->target + (uint32_t)more);
    return 0;
}

/* *is_complete: no move was left out because free nodes come first. */
static int move_targets(const struct books *books, struct contest *contest, struct goals *goals,
                        bool *is_complete)
{
    uint32_t from, to;
    *is_complete = true;
    while ((from = contest_giver(contest)) != NOBODY &&
           (to = contest_taker(contest, contest->items[from].standing.less)) != NOBODY) {
        *is_complete = !finds_free_nodes(books, contest->items[to].entry);
        if (!*is_complete)
            return 0;
        if (move_target(books, contest, goals, from, -1) ||
            move_target(books, contest, goals, to, 1))
            return -1;
    }
    return 0;
}

/* Whether a change from a size is worth a reconfiguration. */
static bool is_worth_it(const struct policy_options *options, uint32_t size, uint32_t target)
{
    uint32_t change = target > size ? target - size : size - target;
    return change >= options->least_change &&
           change * (1 + ROUNDING) >= options->least_share * size;
}

/* Sets the goals to the targets, but for changes that are not worth it. Returns whether somebody is
 * left to give and somebody to take. */
static bool settle_goals(const struct books *books, const struct contest *contest,
                         struct goals *goals)
{
    bool gives = false, takes = false;
    for (size_t i = 0; i < goals->list.count; i++) {
        struct goal *goal = &goals->list.items[i];
        uint32_t size = goal->entry->planned, target = contest->items[goal->size].target;
        goal->size = is_worth_it(&books->options, size, target) ? target : size;
        gives = gives || goal->size < size;
        takes = takes || goal->size > size;
    }
    return gives && takes;
}

static bool can_give(const void *context, const struct entry *entry)
{
    (void)context;
    return contest_gives(entry);
}

static bool can_take(const void *context, const struct entry *entry)
{
    return contest_takes(context, entry, entry->planned);
}

/* Who would take the first node that moves; NULL if none does. */
static struct entry *first_taker(const struct books *books)
{
    const struct queue *ranks = &books->running.ranks;
    const struct entry *giver = queue_highest_with_less(ranks, can_give, books);
    return giver ? queue_lowest_with_more(ranks, giver->less, can_take, books) : NULL;
}

/* Works out who is to give and who to take. Most often nothing moves, which costs O(log jobs). */
static int set_goals(const struct books *books, struct goals *goals, bool *moves, bool *is_complete)
{
    const struct entry *first = first_taker(books);
    *is_complete = !first || !finds_free_nodes(books, first);
    *moves = false;
    if (!first || !*is_complete)
        return 0;
    struct contest contest;
    int result = contest_create(&contest, books);
    if (result == 0)
        result = move_targets(books, &contest, goals, is_complete);
    *moves = result == 0 && settle_goals(books, &contest, goals);
    contest_release(&contest);
    return result;
}

/* --- Moving -------------------------------------------------------------------------------- */

/* Nodes by class that stay free from the giver's end to the taker's, so that no reservation is
 * delayed when the taker has them longer. */
static void room_behind(const struct books *books, const struct entry *from, const struct entry *to,
                        uint32_t *room)
{
    for (size_t i = 0; i < books->pool.num_classes; i++)
        room[i] = UINT32_MAX;
    if (books->has_profile && books->num_reserved > 0 && to->expected_end > from->expected_end)
        profile_least(&books->profile, from->expected_end, to->expected_end, NULL, room);
}

static int move_nodes(struct books *books, const struct goal *giving, const struct goal *taking)
{
    struct entry *from = giving->entry, *to = taking->entry;
    uint32_t room[MAX_NODE_CLASSES], rank = elastisim_job_num_assigned(from->job);
    if (from->planned <= giving->size || to->planned >= taking->size)
        return 0;
    room_behind(books, from, to, room);
    for (; rank > 0 && from->planned > giving->size && to->planned < taking->size; rank--) {
        uint32_t node = (uint32_t)elastisim_node_id(elastisim_job_assigned(from->job, rank - 1));
        uint32_t *left = &room[books->pool.class_of[node]];
        if (!pool_suits(&books->pool, node, to) || *left == 0)
            continue;
        --*left;
        if (books_take(books, from, node) || books_keep(books, node, to))
            return -1;
        to->receives = true;
    }
    return 0;
}

static int reach_goals(struct books *books, const struct goals *goals)
{
    for (size_t i = 0; i < goals->list.count; i++)
        for (size_t k = 0; k < goals->list.count; k++)
            if (move_nodes(books, &goals->list.items[k], &goals->list.items[i]))
                return -1;
    return 0;
}

static bool is_time(const struct books *books)
{
    static const bool always[] = {[REBALANCE_ALWAYS] = true, [REBALANCE_ARRIVALS] = false};
    return books->options.rebalance != REBALANCE_NEVER &&
           (always[books->options.rebalance] || books->started);
}

/* Whether free nodes come first hangs on the time where some are to be taken away. */
static bool has_same_nodes(const struct books *books)
{
    return books->balance.node_changes == books->pool.num_changes &&
           books->pool.departures.count == 0;
}

static bool is_settled(const struct books *books)
{
    const struct balance *balance = &books->balance;
    return balance->is_settled && balance->job_changes == books->running.num_changes &&
           (balance->is_complete || has_same_nodes(books)) &&
           balance->others_wait == (books->queue.count > 0);
}

/* Notes whether any move was left. */
static void settle(struct books *books, bool moves, bool is_complete)
{
    books->balance = (struct balance){.is_settled = !moves,
                                      .is_complete = is_complete,
                                      .job_changes = books->running.num_changes,
                                      .node_changes = books->pool.num_changes,
                                      .others_wait = books->queue.count > 0};
}

int balance_running(struct books *books)
{
    struct goals goals = {0};
    if (!standing_is_shared(&books->options) || !is_time(books))
        return 0;
    books->started = false;
    if (is_settled(books))
        return 0;
    bool is_complete, moves;
    int result = set_goals(books, &goals, &moves, &is_complete);
    settle(books, moves, is_complete);
    if (result == 0 && moves)
        result = reach_goals(books, &goals);
    free(goals.list.items);
    return result;
}

/* --- Delivery ------------------------------------------------------------------------------ */

/* Idle nodes that are kept for a running job, by class. */
static uint32_t arrived(const struct books *books, const struct entry *entry, uint32_t *quota)
{
    for (size_t i = 0; i < books->pool.num_classes; i++)
        quota[i] = 0;
    for (uint32_t i = 0; i < entry->kept_nodes.count; i++) {
        uint32_t node = entry->kept_nodes.items[i];
        if (pool_is_idle(&books->pool, node) && pool_suits(&books->pool, node, entry))
            quota[books->pool.class_of[node]]++;
    }
    return pool_sum(&books->pool, quota);
}

static void spare_reservations(const struct books *books, const struct entry *entry,
                               uint32_t *quota)
{
    uint32_t least[MAX_NODE_CLASSES];
    if (!books->has_profile || books->num_reserved == 0)
        return;
    profile_least(&books->profile, books->now, entry->expected_end, NULL, least);
    for (size_t i = 0; i < books->pool.num_classes; i++)
        quota[i] = quota[i] < least[i] ? quota[i] : least[i];
}

static int release_idle(struct books *books, struct entry *entry)
{
    for (uint32_t i = entry->kept_nodes.count; i > 0; i--) {
        uint32_t node = entry->kept_nodes.items[i - 1];
        if (!pool_is_idle(&books->pool, node))
            continue;
        if (books_keep(books, node, NULL))
            return -1;
        books->changes.freed = true;
    }
    return 0;
}

static int deliver(struct books *books, struct entry *entry)
{
    uint32_t quota[MAX_NODE_CLASSES];
    if (arrived(books, entry, quota) == 0)
        return 0;
    spare_reservations(books, entry, quota);
    /* Nodes that it is to lose may be given back to it yet. */
    uint32_t size = elastisim_job_num_assigned(entry->job) + entry->leaving.count;
    uint32_t count = pool_sum(&books->pool, quota);
    uint32_t room = entry->most > size ? entry->most - size : 0;
    if (count > room)
        count = room;
    count = books_power_until(books, entry, entry->expected_end, count);
    if (count > 0 && books_grow(books, entry, quota, count))
        return -1;
    return release_idle(books, entry);
}

int balance_deliver(struct books *books)
{
    for (struct entry *entry = books->pool.first_keeper, *next; entry; entry = next) {
        next = entry->next_keeper;
        if (entry->state == ENTRY_RUNNING && entry->receives && entry->kept_idle > 0 &&
            deliver(books, entry))
            return -1;
    }
    return 0;
}
