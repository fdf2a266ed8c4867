/* Resizing running jobs: they shrink for jobs that wait and grow into what is left.
 *
 * A running job gives up nodes only at its next scheduling point. Decisions to shrink are made at
 * once and wait there; the nodes are promised to the job they are freed for, and kept for it when
 * they become idle before it has all it needs. What is no longer needed goes back to its owner, if
 * it still is there.
 */
#include "policies/malleable.h"

#include "policies/admission.h"
#include "policies/agreements.h"
#include "policies/balance.h"
#include "policies/gifts.h"
#include "policies/sizes.h"
#include "policies/standing.h"

#include <math.h>

static bool strategy_is(const struct books *books, enum malleable strategy)
{
    return books->options.malleable == strategy;
}

/* --- Shrinking ----------------------------------------------------------------------------- */

static uint32_t gift(const struct books *books, const struct entry *entry,
                     const struct entry *taker)
{
    return gifts_of(books, entry, taker, standing_bound(&books->options));
}

/* The job that stands highest and can give; of equal ones, the first. */
static struct entry *next_donor(const struct books *books, const struct entry *taker)
{
    struct entry *best = NULL, *entry = NULL;
    while ((entry = queue_last(&books->running.ranks, entry))) {
        if (best && entry->key < best->key)
            return best;
        if (gift(books, entry, taker) > 0)
            best = entry;
    }
    return best;
}

/* With towards=min, the first job gives all it can, so that fewer are resized; with the others, the
 * one that stands highest then gives each node. */
static bool goes_on_giving(const struct books *books, const struct entry *donor,
                           const struct entry *taker)
{
    return donor && !standing_is_shared(&books->options) && gift(books, donor, taker) > 0;
}

/* Takes `missing` nodes from running jobs and keeps them for the taker, if any. */
static int collect(struct books *books, struct entry *taker, uint32_t missing)
{
    struct entry *donor = NULL;
    bool taken = true;
    for (; missing > 0 && taken; missing--) {
        if (!goes_on_giving(books, donor, taker))
            donor = next_donor(books, taker);
        if (gifts_take(books, donor, taker, &taken))
            return -1;
    }
    return 0;
}

struct giving {
    const struct books *books;
    const struct entry *taker;
};

static bool can_give(const void *context, const struct entry *entry)
{
    const struct giving *giving = context;
    return gift(giving->books, entry, giving->taker) > 0;
}

/* A job that is to start gets as many more as bring it to the standing of those that give. */
static int collect_share(struct books *books, struct entry *taker)
{
    const struct policy_options *options = &books->options;
    const struct giving giving = {books, taker};
    uint32_t wanted = sizes_start(books, taker);
    bool taken = options->rebalance != REBALANCE_NEVER && standing_is_shared(options);
    while (taken && taker->kept_nodes.count < wanted) {
        struct entry *donor = queue_highest_with_less(&books->running.ranks, can_give, &giving);
        if (!donor || donor->less < standing_at(options, taker, taker->kept_nodes.count + 1))
            return 0;
        if (gifts_take(books, donor, taker, &taken))
            return -1;
    }
    return 0;
}

int malleable_promise(struct books *books, struct entry *entry, uint32_t missing,
                      uint32_t *promised)
{
    uint32_t before = entry->kept_nodes.count;
    *promised = 0;
    entry->receives = false;
    if (gifts_of_all(books, entry, standing_bound(&books->options)) < missing)
        return 0;
    if (collect(books, entry, missing))
        return -1;
    *promised = entry->kept_nodes.count - before;
    return books_keep_idle(books, entry, UINT32_MAX);
}

/* --- For jobs that wait -------------------------------------------------------------------- */

static uint32_t idle_for(const struct books *books, const struct entry *entry)
{
    uint32_t by_class[MAX_NODE_CLASSES];
    return pool_available(&books->pool, entry, by_class);
}

/* Idle nodes kept for a job that another one can use. */
static uint32_t stealable(const struct books *books, const struct entry *victim,
                          const struct entry *thief)
{
    uint32_t count = 0;
    for (uint32_t i = 0; victim->kept_idle > 0 && i < victim->kept_nodes.count; i++) {
        uint32_t node = victim->kept_nodes.items[i];
        count += pool_is_idle(&books->pool, node) && pool_suits(&books->pool, node, thief);
    }
    return count;
}

static bool is_behind(const struct entry *other, const struct entry *entry)
{
    return other->state == ENTRY_WAITING && queue_precedes(entry, other);
}

static int steal_from(struct books *books, struct entry *victim, struct entry *thief,
                      uint32_t *missing)
{
    for (uint32_t i = victim->kept_nodes.count; i > 0 && *missing > 0; i--) {
        uint32_t node = victim->kept_nodes.items[i - 1];
        if (!pool_is_idle(&books->pool, node) || !pool_suits(&books->pool, node, thief))
            continue;
        if (books_keep(books, node, thief))
            return -1;
        books->changes.freed = true;
        --*missing;
    }
    return 0;
}

/* Takes idle nodes that are kept for jobs further back, when they let this one start at once. */
static int steal(struct books *books, struct entry *entry)
{
    uint32_t idle = idle_for(books, entry), sum = 0;
    uint32_t missing = entry->least > idle ? entry->least - idle : 0;
    if (missing == 0)
        return 0;
    for (const struct entry *keeper = books->pool.first_keeper; keeper;
         keeper = keeper->next_keeper)
        if (is_behind(keeper, entry))
            sum += stealable(books, keeper, entry);
    if (sum < missing)
        return 0;
    for (struct entry *keeper = books->pool.last_keeper, *previous; keeper && missing > 0;
         keeper = previous) {
        previous = keeper->previous_keeper; /* one that is left without nodes is no keeper */
        if (is_behind(keeper, entry) && steal_from(books, keeper, entry, &missing))
            return -1;
    }
    return 0;
}

/* Sees to it that nodes are freed for a job. *possible: it can start, or enough nodes are on their
 * way. */
static int agree(struct books *books, struct entry *entry, bool *possible)
{
    if (!strategy_is(books, MALLEABLE_AGREEMENT) && steal(books, entry))
        return -1;
    uint32_t idle = idle_for(books, entry);
    uint32_t coming = entry->kept_nodes.count - entry->kept_idle;
    *possible = true;
    if (idle >= entry->least)
        return 0;
    uint32_t missing = idle + coming < entry->least ? entry->least - idle - coming : 0, promised;
    if (missing == 0)
        return books_keep_idle(books, entry, entry->least - entry->kept_nodes.count);
    if (malleable_promise(books, entry, missing, &promised))
        return -1;
    *possible = promised > 0;
    return *possible ? collect_share(books, entry) : 0;
}

/* In the order of the queue, until nothing more can be done for a job. */
static int agree_with_all(struct books *books)
{
    uint32_t depth = books->options.queue_depth, visited = 0;
    bool possible = true;
    struct entry *entry = NULL;
    while (possible && (entry = queue_next(&books->queue, entry, &queue_want_all))) {
        if (depth > 0 && visited++ == depth)
            return 0;
        if (!admission_allows(books, entry))
            continue;
        if (agree(books, entry, &possible))
            return -1;
    }
    return 0;
}

/* Frees as many nodes as the first jobs of the queue lack, whoever gets them. */
static int fill_pool(struct books *books)
{
    uint64_t supply = books->pool.num_free + books->running.num_leaving, needed = 0;
    uint64_t gifts = gifts_of_all(books, NULL, standing_bound(&books->options));
    const struct entry *entry = NULL;
    while ((entry = queue_next(&books->queue, entry, &queue_want_all))) {
        uint64_t missing = entry->least > supply ? entry->least - supply : 0;
        if (needed + missing > gifts)
            break;
        needed += missing;
        supply -= entry->least - missing;
        if (supply == 0 && needed == gifts)
            break;
    }
    return collect(books, NULL, (uint32_t)needed);
}

int malleable_shrink(struct books *books, bool *freed)
{
    *freed = false;
    if (!standing_matters(&books->options) ||
        (!books->running.malleable && !books->pool.first_keeper))
        return 0;
    uint32_t idle_before = books->pool.num_free;
    if (standing_has_agreements(&books->options) ? agreements_make(books)
        : strategy_is(books, MALLEABLE_POOL)     ? fill_pool(books)
                                                 : agree_with_all(books))
        return -1;
    *freed = books->changes.freed || books->pool.num_free != idle_before;
    books->changes.freed = books->changes.freed || *freed;
    return 0;
}

/* --- Growing ------------------------------------------------------------------------------- */

/* When nobody waits, jobs keep what they were to give up. */
static int call_off(struct books *books)
{
    if (books->running.num_leaving == 0)
        return 0;
    for (struct entry *entry = books->running.malleable; entry; entry = entry->next_malleable)
        for (uint32_t i = entry->leaving.count; i > 0; i--) {
            uint32_t node = entry->leaving.items[i - 1];
            if (!books->pool.keeper[node] && books_give_back(books, node))
                return -1;
        }
    return 0;
}

static uint32_t largest_size(const struct books *books, const struct entry *entry)
{
    return standing_largest(&books->options, entry, books->queue.count > 0);
}

/* Whether a job can give power back at a point before the cap falls. */
static bool shrinks_for_cap(const struct books *books, const struct entry *entry)
{
    return standing_matters(&books->options) && entry_is_malleable(entry);
}

/* Until when a job that grows needs the power: one that can shrink does so at its next point, if
 * the one after that is as far away as this one is from the one before. */
static double needs_power_until(const struct books *books, const struct entry *entry)
{
    double until = books->now + 2 * entry->interval;
    return shrinks_for_cap(books, entry) ? fmin(until, entry->expected_end) : entry->expected_end;
}

/* Free nodes that a running job may have; while others wait, only those that no reservation needs.
 */
static uint32_t room_to_grow(const struct books *books, const struct entry *entry, uint32_t *quota)
{
    if (books->queue.count == 0) {
        uint32_t count = pool_available(&books->pool, entry, quota);
        return books_power_until(books, entry, needs_power_until(books, entry), count);
    }
    if (!books->has_profile || (books->plan.unbounded && isinf(entry->expected_end)))
        return 0;
    return books_room_until(books, entry, entry->expected_end, entry->expected_end, quota);
}

/* What a ranked job would need to come as high as `place`. */
static uint64_t claim(const struct books *books, const struct entry *entry, double place)
{
    uint32_t size = entry->assigned, most = largest_size(books, entry);
    if (size >= most)
        return 0;
    return standing_size(&books->options, entry, place, size, most) - size;
}

/* What others would need to come as high as the job stands with one node less than this size; more
 * than `enough` is not counted out. Jobs are ranked by what they have and are promised. */
static uint64_t claims_of_others(const struct books *books, const struct entry *job, uint32_t size,
                                 uint64_t enough)
{
    double place = standing_at(&books->options, job, size - 1);
    uint64_t claims = 0;
    const struct entry *entry = NULL;
    while (claims <= enough &&
           (entry = queue_next(&books->running.ranks, entry, &queue_want_room)) &&
           entry->key < place)
        claims += entry == job ? 0 : claim(books, entry, place);
    for (entry = books->pool.first_keeper; entry && claims <= enough; entry = entry->next_keeper)
        if (entry->target > 0 && entry != job && !(entry->has_room && entry->key < place))
            claims += claim(books, entry, place);
    return claims;
}

/* What all others could have. */
static uint64_t most_claims_of_others(const struct books *books, const struct entry *job)
{
    return books->running.up_to_most - job->up_to_most;
}

/* The size that a job of a size grows to, with `room` free nodes. */
static uint32_t size_to_grow_to(const struct books *books, const struct entry *entry, uint32_t size,
                                uint32_t room)
{
    uint32_t most = largest_size(books, entry);
    uint32_t limit = most - size < room ? most : size + room;
    if (!standing_is_shared(&books->options) ||
        limit - size + most_claims_of_others(books, entry) <= room)
        return limit;
    uint32_t low = size, high = limit; /* the largest at which it and the others' claims fit */
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (middle - size + claims_of_others(books, entry, middle, room) <= room)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static int grow(struct books *books, struct entry *entry)
{
    uint32_t quota[MAX_NODE_CLASSES];
    uint32_t size = elastisim_job_num_assigned(entry->job);
    if (size >= largest_size(books, entry))
        return 0;
    uint32_t room = room_to_grow(books, entry, quota);
    uint32_t target = room > 0 ? size_to_grow_to(books, entry, size, room) : size;
    return target > size ? books_grow(books, entry, quota, target - size) : 0;
}

/* Where the scheduler hears of scheduling points, jobs grow there; else they get nodes ahead of
 * them. */
static int grow_into_free(struct books *books)
{
    bool waiting = books->queue.count > 0;
    if (strategy_is(books, MALLEABLE_GROW) || elastisim_told_of_scheduling_points(books->view)) {
        struct entry *entry = books_entry(books, elastisim_trigger(books->view));
        bool at_point = elastisim_invocation(books->view) == ELASTISIM_SCHEDULING_POINT;
        return entry && at_point ? grow(books, entry) : 0;
    }
    for (struct entry *entry = waiting ? NULL : books->running.malleable; entry;
         entry = entry->next_malleable)
        if (entry->leaving.count == 0 && grow(books, entry))
            return -1;
    return 0;
}

int malleable_keep_cap(struct books *books, struct entry *entry)
{
    double next = books->now + (entry->interval = books->now - entry->last_point) + EARLY;
    const struct profile_stay own = {entry->counts, books->now, entry->expected_end};
    entry->last_point = books->now;
    if (!books->watts.is_capped || !shrinks_for_cap(books, entry))
        return 0;
    uint32_t size = elastisim_job_num_assigned(entry->job);
    uint32_t allowed =
        watts_room(&books->watts, entry->classes, entry->gpus, books->now, next, &own);
    for (; size > entry->least && size > allowed; size--) {
        const struct elastisim_node *last = elastisim_job_assigned(entry->job, size - 1);
        if (books_take(books, entry, (uint32_t)elastisim_node_id(last)))
            return -1;
    }
    return 0;
}

int malleable_grow(struct books *books)
{
    bool waiting = books->queue.count > 0;
    if (strategy_is(books, MALLEABLE_NONE) || (waiting && strategy_is(books, MALLEABLE_GROW)))
        return 0;
    if (standing_has_agreements(&books->options))
        return agreements_grow(books);
    if (!waiting && call_off(books))
        return -1;
    return grow_into_free(books) || balance_running(books) || balance_deliver(books) ? -1 : 0;
}
