/* Resizing running jobs: they shrink for jobs that wait and grow into what is left.
 *
 * A running job gives up nodes only at its next scheduling point. Decisions to shrink are made at
 * once and wait there; the nodes are promised to the job they are freed for, and kept for it when
 * they become idle before it has all it needs. What is no longer needed goes back to its owner, if
 * it still is there.
 */
#include "policies/engine.h"

#include <math.h>

static bool strategy_is(const struct engine *engine, enum malleable strategy)
{
    return engine->options.malleable == strategy;
}

/* --- Who shrinks and who grows first ------------------------------------------------------- */

static double between(uint32_t value, uint32_t low, uint32_t high)
{
    return high > low ? ((double)value - low) / ((double)high - low) : 0;
}

/* From 0 at the minimum over 1 at the preferred size to 2 at the maximum. */
static double standing_to_preferred(const struct entry *entry, uint32_t size)
{
    return size > entry->preferred ? 1 + between(size, entry->preferred, entry->most)
                                   : between(size, entry->least, entry->preferred);
}

/* The higher, the sooner a job of this size shrinks; the lower, the sooner it grows. */
static double standing(const struct engine *engine, const struct entry *entry, uint32_t size)
{
    if (strategy_is(engine, MALLEABLE_EQUIPARTITION))
        return size;
    if (strategy_is(engine, MALLEABLE_KEEP_PREFERRED))
        return standing_to_preferred(entry, size);
    switch (engine->options.towards) {
    case TOWARDS_MIN:
        return (double)size - entry->least;
    case TOWARDS_AVG:
        return between(size, entry->least, entry->most);
    case TOWARDS_PREF:
        return standing_to_preferred(entry, size);
    }
    return 0;
}

static uint32_t smallest_size(const struct engine *engine, const struct entry *entry)
{
    return strategy_is(engine, MALLEABLE_KEEP_PREFERRED) ? entry->preferred : entry->least;
}

/* --- Shrinking ----------------------------------------------------------------------------- */

static bool is_usable(const struct engine *engine, const struct entry *taker, uint32_t node)
{
    return !taker || taker->classes >> engine->pool.class_of[node] & 1;
}

/* The last node of a running job that the taker (NULL: anybody) can use; -1 when there is none. */
static long last_usable(const struct engine *engine, const struct entry *entry,
                        const struct entry *taker)
{
    for (uint32_t rank = elastisim_job_num_assigned(entry->job); rank > 0; rank--) {
        uint32_t node = (uint32_t)elastisim_node_id(elastisim_job_assigned(entry->job, rank - 1));
        if (is_usable(engine, taker, node))
            return node;
    }
    return -1;
}

/* Nodes that a running job can give up for the taker. */
static uint32_t gift(const struct engine *engine, const struct entry *entry,
                     const struct entry *taker)
{
    uint32_t size = elastisim_job_num_assigned(entry->job), usable = 0;
    uint32_t smallest = smallest_size(engine, entry);
    if (entry == taker || size <= smallest)
        return 0;
    if (engine->pool.num_classes == 1)
        return size - smallest;
    for (uint32_t rank = 0; rank < size && usable < size - smallest; rank++) {
        const struct elastisim_node *node = elastisim_job_assigned(entry->job, rank);
        usable += is_usable(engine, taker, (uint32_t)elastisim_node_id(node));
    }
    return usable;
}

static uint64_t all_gifts(const struct engine *engine, const struct entry *taker)
{
    uint64_t sum = 0;
    for (const struct entry *entry = engine->malleable; entry; entry = entry->next_malleable)
        sum += gift(engine, entry, taker);
    return sum;
}

static struct entry *next_donor(const struct engine *engine, const struct entry *taker)
{
    struct entry *best = NULL;
    double highest = -INFINITY;
    for (struct entry *entry = engine->malleable; entry; entry = entry->next_malleable) {
        double place = standing(engine, entry, elastisim_job_num_assigned(entry->job));
        if (place <= highest || gift(engine, entry, taker) == 0)
            continue;
        best = entry;
        highest = place;
    }
    return best;
}

/* Takes `missing` nodes from running jobs, one after the other, and keeps them for the taker, if
 * any. */
static int collect(struct engine *engine, struct entry *taker, uint32_t missing)
{
    while (missing-- > 0) {
        struct entry *donor = next_donor(engine, taker);
        long node = donor ? last_usable(engine, donor, taker) : -1;
        if (node < 0)
            return 0;
        if (engine_take(engine, donor, (uint32_t)node) ||
            (taker && pool_keep(engine, (uint32_t)node, taker)))
            return -1;
    }
    return 0;
}

/* Keeps idle nodes for a job, up to `most`. */
static int keep_idle(struct engine *engine, struct entry *entry, uint32_t most)
{
    struct node_pool *pool = &engine->pool;
    for (size_t i = 0; i < pool->num_classes; i++) {
        if (!(entry->classes >> i & 1))
            continue;
        for (uint32_t word = 0; word <= pool->num_nodes / 64 && most > 0; word++)
            while (pool->classes[i].free[word] && most > 0) {
                uint32_t bit = (uint32_t)__builtin_ctzll(pool->classes[i].free[word]);
                if (pool_keep(engine, word * 64 + bit, entry))
                    return -1;
                most--;
            }
    }
    return 0;
}

int promise_nodes(struct engine *engine, struct entry *entry, uint32_t missing, uint32_t *promised)
{
    uint32_t before = entry->kept_nodes.count;
    *promised = 0;
    if (all_gifts(engine, entry) < missing)
        return 0;
    if (collect(engine, entry, missing))
        return -1;
    *promised = entry->kept_nodes.count - before;
    return keep_idle(engine, entry, UINT32_MAX);
}

int release_promises(struct engine *engine, struct entry *entry)
{
    while (entry->kept_nodes.count > 0) {
        uint32_t node = entry->kept_nodes.items[entry->kept_nodes.count - 1];
        if (pool_keep(engine, node, NULL) || engine_give_back(engine, node))
            return -1;
        engine->freed = true;
    }
    return 0;
}

/* --- For jobs that wait -------------------------------------------------------------------- */

static uint32_t idle_for(const struct engine *engine, const struct entry *entry)
{
    uint32_t by_class[MAX_NODE_CLASSES];
    return pool_available(engine, entry, by_class);
}

/* Idle nodes kept for a job that another one can use. */
static uint32_t stealable(const struct engine *engine, const struct entry *victim,
                          const struct entry *thief)
{
    uint32_t count = 0;
    for (uint32_t i = 0; victim->kept_idle > 0 && i < victim->kept_nodes.count; i++) {
        uint32_t node = victim->kept_nodes.items[i];
        count +=
            (engine->pool.idle[node / 64] >> (node % 64) & 1) && is_usable(engine, thief, node);
    }
    return count;
}

static bool is_behind(const struct engine *engine, uint32_t id, const struct entry *entry)
{
    const struct entry *other = engine_entry(engine, id);
    return other->state == ENTRY_WAITING && queue_precedes(entry, other);
}

static int steal_from(struct engine *engine, struct entry *victim, struct entry *thief,
                      uint32_t *missing)
{
    for (uint32_t i = victim->kept_nodes.count; i > 0 && *missing > 0; i--) {
        uint32_t node = victim->kept_nodes.items[i - 1];
        if (!(engine->pool.idle[node / 64] >> (node % 64) & 1) || !is_usable(engine, thief, node))
            continue;
        if (pool_keep(engine, node, thief))
            return -1;
        engine->freed = true;
        --*missing;
    }
    return 0;
}

/* Takes idle nodes that are kept for jobs further back, when they let this one start at once. */
static int steal(struct engine *engine, struct entry *entry)
{
    uint32_t idle = idle_for(engine, entry), sum = 0;
    uint32_t missing = entry->least > idle ? entry->least - idle : 0;
    if (missing == 0)
        return 0;
    for (uint32_t i = 0; i < engine->keepers.count; i++)
        if (is_behind(engine, engine->keepers.items[i], entry))
            sum += stealable(engine, engine_entry(engine, engine->keepers.items[i]), entry);
    if (sum < missing)
        return 0;
    for (uint32_t i = engine->keepers.count; i > 0 && missing > 0; i--) {
        /* A victim that is left without nodes leaves the list. */
        uint32_t id = engine->keepers.items[i - 1];
        if (is_behind(engine, id, entry) &&
            steal_from(engine, engine_entry(engine, id), entry, &missing))
            return -1;
    }
    return 0;
}

/* Sees to it that nodes are freed for a job. *possible: it can start, or enough nodes are on their
 * way. */
static int agree(struct engine *engine, struct entry *entry, bool *possible)
{
    if (!strategy_is(engine, MALLEABLE_AGREEMENT) && steal(engine, entry))
        return -1;
    uint32_t idle = idle_for(engine, entry);
    uint32_t coming = entry->kept_nodes.count - entry->kept_idle;
    *possible = true;
    if (idle >= entry->least)
        return 0;
    uint32_t missing = idle + coming < entry->least ? entry->least - idle - coming : 0, promised;
    if (missing == 0)
        return keep_idle(engine, entry, entry->least - entry->kept_nodes.count);
    if (promise_nodes(engine, entry, missing, &promised))
        return -1;
    *possible = promised > 0;
    return 0;
}

/* In the order of the queue, until nothing more can be done for a job. */
static int agree_with_all(struct engine *engine)
{
    uint32_t depth = engine->options.queue_depth, visited = 0;
    bool possible = true;
    struct entry *entry = NULL;
    while (possible && (entry = queue_next(engine, entry, &want_all)) != NULL) {
        if (depth > 0 && visited++ == depth)
            return 0;
        if (!io_admits(engine, entry))
            continue;
        if (agree(engine, entry, &possible))
            return -1;
    }
    return 0;
}

/* Frees as many nodes as the first jobs of the queue lack, whoever gets them. */
static int fill_pool(struct engine *engine)
{
    uint64_t supply = engine->pool.num_free, gifts = all_gifts(engine, NULL), needed = 0;
    for (const struct entry *entry = engine->malleable; entry; entry = entry->next_malleable)
        supply += entry->leaving.count;
    const struct entry *entry = NULL;
    while ((entry = queue_next(engine, entry, &want_all)) != NULL) {
        uint64_t missing = entry->least > supply ? entry->least - supply : 0;
        if (needed + missing > gifts)
            break;
        needed += missing;
        supply -= entry->least - missing;
        if (supply == 0 && needed == gifts)
            break;
    }
    return collect(engine, NULL, (uint32_t)needed);
}

int shrink_for_waiting(struct engine *engine, bool *freed)
{
    *freed = false;
    if (strategy_is(engine, MALLEABLE_NONE) || strategy_is(engine, MALLEABLE_GROW) ||
        (!engine->malleable && engine->keepers.count == 0))
        return 0;
    uint32_t idle_before = engine->pool.num_free;
    if (strategy_is(engine, MALLEABLE_POOL) ? fill_pool(engine) : agree_with_all(engine))
        return -1;
    *freed = engine->freed || engine->pool.num_free != idle_before;
    engine->freed = engine->freed || *freed;
    return 0;
}

/* --- Growing ------------------------------------------------------------------------------- */

/* When nobody waits, jobs keep what they were to give up. */
static int call_off(struct engine *engine)
{
    for (struct entry *entry = engine->malleable; entry; entry = entry->next_malleable)
        for (uint32_t i = entry->leaving.count; i > 0; i--) {
            uint32_t node = entry->leaving.items[i - 1];
            if (engine->pool.keeper[node] == 0 && engine_give_back(engine, node))
                return -1;
        }
    return 0;
}

static uint32_t largest_size(const struct engine *engine, const struct entry *entry)
{
    bool keeps = strategy_is(engine, MALLEABLE_KEEP_PREFERRED) && engine->queue.count > 0;
    return keeps ? entry->preferred : entry->most;
}

/* Free nodes that a running job may have; while others wait, only those that no reservation needs.
 */
static uint32_t room_to_grow(const struct engine *engine, const struct entry *entry,
                             uint32_t *quota)
{
    uint32_t total = pool_available(engine, entry, quota), least[MAX_NODE_CLASSES];
    if (engine->queue.count == 0)
        return total;
    if (!engine->has_profile || (engine->unbounded && isinf(entry->expected_end)))
        return 0;
    profile_least(&engine->profile, engine->now, entry->expected_end, least);
    total = 0;
    for (size_t i = 0; i < engine->pool.num_classes; i++) {
        quota[i] = quota[i] < least[i] ? quota[i] : least[i];
        total += quota[i];
    }
    return total;
}

/* Whether growth is shared among jobs, so that each leaves room for those that stand lower. */
static bool shares_growth(const struct engine *engine)
{
    return !strategy_is(engine, MALLEABLE_GROW) &&
           (strategy_is(engine, MALLEABLE_KEEP_PREFERRED) ||
            strategy_is(engine, MALLEABLE_EQUIPARTITION) || engine->options.towards != TOWARDS_MIN);
}

/* What others that stand lower than the job at this size would need to come as high. */
static uint64_t claims_of_others(const struct engine *engine, const struct entry *job,
                                 uint32_t size)
{
    double place = standing(engine, job, size);
    uint64_t claims = 0;
    for (const struct entry *entry = engine->malleable; entry; entry = entry->next_malleable) {
        uint32_t own = elastisim_job_num_assigned(entry->job);
        uint32_t most = largest_size(engine, entry);
        while (entry != job && own < most && standing(engine, entry, own) < place) {
            own++;
            claims++;
        }
    }
    return claims;
}

/* The size that a job grows to, with `room` free nodes. */
static uint32_t size_to_grow_to(const struct engine *engine, const struct entry *entry,
                                uint32_t room)
{
    uint32_t size = elastisim_job_num_assigned(entry->job), most = largest_size(engine, entry);
    if (size >= most)
        return size;
    uint32_t limit = most - size < room ? most : size + room;
    if (!shares_growth(engine))
        return limit;
    uint32_t low = size, high = limit; /* the largest at which it and the others' claims fit */
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (middle - size + claims_of_others(engine, entry, middle) <= room)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static int grow(struct engine *engine, struct entry *entry)
{
    uint32_t quota[MAX_NODE_CLASSES];
    uint32_t size = elastisim_job_num_assigned(entry->job);
    uint32_t room = room_to_grow(engine, entry, quota);
    uint32_t target = size_to_grow_to(engine, entry, room);
    return target > size ? engine_grow(engine, entry, quota, target - size) : 0;
}

/* Where the scheduler hears of scheduling points, jobs grow there; else they get nodes ahead of
 * them. */
int grow_running(struct engine *engine)
{
    bool waiting = engine->queue.count > 0, only_grows = strategy_is(engine, MALLEABLE_GROW);
    if (strategy_is(engine, MALLEABLE_NONE) || (waiting && only_grows))
        return 0;
    if (!waiting && call_off(engine))
        return -1;
    if (only_grows || elastisim_told_of_scheduling_points(engine->view)) {
        struct elastisim_job *job = elastisim_trigger(engine->view);
        struct entry *entry = job ? engine_entry(engine, elastisim_job_id(job)) : NULL;
        bool at_point = elastisim_invocation(engine->view) == ELASTISIM_SCHEDULING_POINT;
        return entry && at_point ? grow(engine, entry) : 0;
    }
    for (struct entry *entry = waiting ? NULL : engine->malleable; entry;
         entry = entry->next_malleable)
        if (entry->leaving.count == 0 && grow(engine, entry))
            return -1;
    return 0;
}
