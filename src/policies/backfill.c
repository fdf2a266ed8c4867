/* Which waiting jobs start now, and which have reservations.
 *
 * EASY, hybrid and conservative backfilling are one procedure that differs in the number of blocked
 * jobs with a reservation: the jobs are visited in the order of the queue; one that fits into the
 * profile now, without touching a reservation, starts; the first so many others get the earliest
 * place in the profile. With one reservation this is EASY: the profile just before the reservation
 * is what ends before the shadow time, and what is left during it are the extra nodes.
 *
 * Reservations stay in the profile from one pass to the next. Only when nodes became free or a job
 * came in front are the waiting jobs visited again; otherwise new ones alone are looked at.
 */
#include "policies/engine.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- One job ------------------------------------------------------------------------------- */

int drop_reservation(struct engine *engine, struct entry *entry)
{
    if (!entry->reserved)
        return 0;
    entry->reserved = false;
    engine->num_reserved--;
    queue_update(engine, entry);
    return profile_add(&engine->profile, entry->reserved_start,
                       entry->reserved_start + entry->estimate, entry->counts, 1);
}

static int place(struct engine *engine, struct entry *entry, double start)
{
    entry->reserved = true;
    engine->num_reserved++;
    entry->reserved_start = start;
    queue_update(engine, entry);
    return profile_add(&engine->profile, start, start + entry->estimate, entry->counts, -1);
}

/* Nodes of the least equipped classes first. */
static void take_counts(const struct engine *engine, struct entry *entry, const uint32_t *available)
{
    uint32_t missing = entry->least;
    for (size_t i = 0; i < engine->pool.num_classes; i++) {
        uint32_t usable = entry->classes >> i & 1 ? available[i] : 0;
        entry->counts[i] = usable < missing ? usable : missing;
        missing -= entry->counts[i];
    }
}

/* Reserves the earliest place, if it is earlier than the one it has. */
static int reserve(struct engine *engine, struct entry *entry)
{
    uint32_t least[MAX_NODE_CLASSES];
    struct profile_search search = {
        .classes = entry->classes,
        .need = entry->least,
        .duration = entry->estimate,
        .from = engine->now,
        .before = entry->reserved ? entry->reserved_start : INFINITY,
        .own = entry->reserved ? entry->counts : NULL,
        .own_from = entry->reserved_start,
        .own_to = entry->reserved_start + entry->estimate,
    };
    double start = profile_find(&engine->profile, &search, least);
    if (isfinite(start)) {
        if (drop_reservation(engine, entry))
            return -1;
        take_counts(engine, entry, least);
        return place(engine, entry, start);
    }
    engine->unbounded = engine->unbounded || !entry->reserved;
    return 0;
}

/* How many nodes a job could have from now to `until`, at most; *quota by class. */
static uint32_t room_for(const struct engine *engine, const struct entry *entry, double until,
                         uint32_t *quota)
{
    uint32_t total = pool_available(engine, entry, quota), least[MAX_NODE_CLASSES];
    if (!engine->has_profile || total < entry->least)
        return total;
    profile_least(&engine->profile, engine->now, until, least);
    total = 0;
    for (size_t i = 0; i < engine->pool.num_classes; i++) {
        quota[i] = quota[i] < least[i] ? quota[i] : least[i];
        total += quota[i];
    }
    return total;
}

/* A job that is faster on more nodes may fit on as many as it wants where it does not on its least.
 * *size is 0 when it does not. */
static int size_as_wanted(struct engine *engine, const struct entry *entry, double start,
                          uint32_t wanted, uint32_t *quota, uint32_t *size)
{
    uint32_t idle = pool_available(engine, entry, quota);
    uint32_t first = wanted < idle ? wanted : idle;
    double duration;
    *size = 0;
    if (!entry->follows_size || first <= entry->least)
        return 0;
    if (engine_duration(engine, entry, first, &duration))
        return -1;
    if (room_for(engine, entry, start + duration, quota) >= first)
        *size = first;
    return 0;
}

/* The number of nodes that a job starts on without disturbing others; *size is 0 for none. */
static int fitting_size(struct engine *engine, const struct entry *entry, double start,
                        uint32_t *quota, uint32_t *size)
{
    uint32_t wanted = start_size(engine, entry);
    double duration;
    if (size_as_wanted(engine, entry, start, wanted, quota, size))
        return -1;
    if (*size > 0)
        return 0;
    uint32_t room = room_for(engine, entry, start + entry->estimate, quota);
    if (room < entry->least)
        return 0;
    *size = wanted < room ? wanted : room;
    if (engine_duration(engine, entry, *size, &duration))
        return -1;
    if (duration > entry->estimate) /* slower on more nodes */
        *size = entry->least;
    return 0;
}

/* Starts a job if it fits and does not disturb those that have reservations in the profile. Behind
 * a job whose start can't be foreseen, nothing may start that might run for ever, unless it had a
 * reservation. One that starts later than reserved has the nodes for no longer than reserved: the
 * next reservation may follow closely, and begins late as well. */
static int try_start(struct engine *engine, struct entry *entry, bool had, bool *started)
{
    uint32_t quota[MAX_NODE_CLASSES], size;
    *started = false;
    if (engine->unbounded && isinf(entry->estimate) && !had)
        return 0;
    double start = had ? fmin(engine->now, entry->reserved_start) : engine->now;
    if (!io_admits(engine, entry))
        return 0;
    if (fitting_size(engine, entry, start, quota, &size))
        return -1;
    *started = size > 0;
    return *started ? engine_start(engine, entry, quota, size) : 0;
}

/* --- Without reservations ------------------------------------------------------------------ */

/* Starts jobs in order. With first fit, those that do not fit are passed over; a job that only
 * waits for the file system always is. */
static int pass_without_reservations(struct engine *engine)
{
    bool first_fit = engine->options.backfill == BACKFILL_FIRST_FIT, started;
    uint32_t depth = engine->options.queue_depth, visited = 0;
    struct wanted wanted = want_all;
    struct entry *entry = NULL;
    do {
        /* With no bound on the visits, those that can't fit need none. */
        if (first_fit && depth == 0 && engine->keepers.count == 0)
            wanted.nodes = engine->pool.num_free;
        entry = queue_next(engine, entry, &wanted);
        if (!entry || (depth > 0 && visited++ == depth))
            return 0;
        if (try_start(engine, entry, false, &started))
            return -1;
    } while (started || first_fit || !io_admits(engine, entry));
    return 0;
}

/* --- With reservations --------------------------------------------------------------------- */

static int drop_all(struct engine *engine)
{
    struct wanted reserved = want_all;
    reserved.start = DBL_MAX;
    for (struct entry *entry = queue_next(engine, NULL, &reserved); entry;
         entry = queue_next(engine, entry, &reserved))
        if (drop_reservation(engine, entry))
            return -1;
    return 0;
}

/* Jobs too far back in the queue to be visited keep no reservation. */
static int drop_behind(struct engine *engine, uint32_t depth)
{
    struct wanted reserved = want_all;
    reserved.start = DBL_MAX;
    struct entry *entry = NULL;
    while (depth-- > 0 && (entry = queue_next(engine, entry, &want_all)) != NULL)
        continue;
    while (entry && (entry = queue_next(engine, entry, &reserved)) != NULL)
        if (drop_reservation(engine, entry))
            return -1;
    return 0;
}

/* Starts a job that has a reservation, if it can; else it keeps it. */
static int start_reserved(struct engine *engine, struct entry *entry, bool *started)
{
    uint32_t idle[MAX_NODE_CLASSES];
    *started = false;
    if (pool_available(engine, entry, idle) < entry->least)
        return 0;
    if (drop_reservation(engine, entry) || try_start(engine, entry, true, started))
        return -1;
    /* Others were planned around the reserved interval. */
    if (*started && engine->now > entry->reserved_start + LATE)
        engine->overtaken = true;
    return *started ? 0 : place(engine, entry, entry->reserved_start);
}

/* Starts a job or gives it a reservation, if it may have one. */
static int start_or_reserve(struct engine *engine, struct entry *entry, bool *started)
{
    bool had = entry->reserved, may_have = engine->num_blocked < engine->options.reservation_depth;
    if (had ? start_reserved(engine, entry, started) : try_start(engine, entry, false, started))
        return -1;
    if (had && *started && engine->num_blocked > 0)
        engine->num_blocked--;
    if (*started || (!had && !may_have) || (!had && !io_admits(engine, entry)))
        return 0;
    if (!had)
        engine->num_blocked++;
    engine->last_blocked = entry;
    return reserve(engine, entry);
}

/* Those that may still start behind all reservations: short ones in what is free now, others in
 * what is free for good. */
static struct wanted backfillable(const struct engine *engine)
{
    struct wanted wanted = want_all;
    if (engine->options.queue_depth > 0 || engine->keepers.count > 0)
        return wanted;
    double time = engine->now;
    wanted.nodes = engine->pool.num_free;
    profile_bottom(&engine->profile, engine->now, &wanted.extra, &time);
    wanted.window = time - engine->now;
    return wanted;
}

/* Visits the whole queue, up to queue_depth jobs. */
static int pass_over_all(struct engine *engine)
{
    bool forget = engine->replan || engine->options.reservations == RESERVATIONS_RECOMPUTED;
    uint32_t depth = engine->options.queue_depth, visited = 0;
    if ((forget && drop_all(engine)) || (depth > 0 && drop_behind(engine, depth)))
        return -1;
    size_t had = engine->num_reserved;
    bool started;
    engine->num_blocked = (uint32_t)had;
    engine->unbounded = false;
    engine->last_blocked = NULL;
    struct wanted wanted = want_all;
    struct entry *entry = NULL;
    while ((entry = queue_next(engine, entry, &wanted)) != NULL) {
        if (depth > 0 && visited++ == depth)
            return 0;
        had -= entry->reserved;
        if (start_or_reserve(engine, entry, &started))
            return -1;
        bool all_reserved = had == 0 && engine->num_blocked >= engine->options.reservation_depth;
        if (all_reserved)
            wanted = backfillable(engine);
    }
    return 0;
}

/* Those whose reservations are due start, as far as their nodes are there. */
static int start_due(struct engine *engine)
{
    struct wanted due = want_all;
    due.start = engine->now + EARLY;
    bool started;
    struct entry *entry = NULL;
    while ((entry = queue_next(engine, entry, &due)) != NULL)
        if (start_reserved(engine, entry, &started))
            return -1;
    return 0;
}

/* Nodes are free earlier than expected: the first jobs move forward as far as they can, those
 * behind them start if they can do so at once. */
static int compress(struct engine *engine)
{
    uint32_t depth = engine->options.compression_depth, visited = 0;
    bool started;
    struct wanted wanted = want_all;
    struct entry *entry = NULL;
    engine->unbounded = false;
    while ((entry = queue_next(engine, entry, &wanted)) != NULL) {
        bool moves = depth == 0 || visited++ < depth || !entry->reserved;
        if (moves ? start_or_reserve(engine, entry, &started)
                  : start_reserved(engine, entry, &started))
            return -1;
        if (depth > 0 && visited >= depth && engine->keepers.count == 0)
            wanted.nodes = engine->pool.num_free;
    }
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
    return queue_precedes(x, y) ? -1 : 1;
}

/* Visits the jobs that were submitted since the last pass, in the order of the queue. */
static int visit_arrivals(struct engine *engine)
{
    uint32_t count = 0;
    bool started;
    struct entry **entries = malloc((engine->arrivals.count + 1) * sizeof(struct entry *));
    if (!entries)
        return -1;
    for (uint32_t i = 0; i < engine->arrivals.count; i++) {
        struct entry *entry = engine_entry(engine, engine->arrivals.items[i]);
        if (entry && entry->state == ENTRY_WAITING && !entry->reserved)
            entries[count++] = entry;
    }
    qsort(entries, count, sizeof *entries, compare_entries);
    int result = 0;
    for (uint32_t i = 0; result == 0 && i < count; i++)
        result = start_or_reserve(engine, entries[i], &started);
    free(entries);
    return result;
}

/* Conservative backfilling with persistent reservations: those due start; when nodes are free
 * earlier than expected, those that could use them move forward; new jobs get a place. */
static int pass_conservative(struct engine *engine)
{
    engine->num_blocked = 0;
    if (engine->freed && start_due(engine))
        return -1;
    /* Jobs without a reservation wait for the file system, for nodes that others hand over, or for
     * the end of jobs that might run for ever. */
    bool unplanned = engine->queue.count > engine->num_reserved + engine->arrivals.count;
    bool others = engine->keepers.count > 0 || engine->options.io != IO_IGNORE ||
                  (engine->freed && unplanned);
    if ((engine->early || others) && compress(engine))
        return -1;
    return visit_arrivals(engine);
}

static int pass_with_reservations(struct engine *engine)
{
    const struct policy_options *options = &engine->options;
    bool conservative = options->backfill == BACKFILL_CONSERVATIVE;
    bool recomputed = options->reservations == RESERVATIONS_RECOMPUTED;
    if (engine->replan || options->queue_depth > 0)
        return pass_over_all(engine);
    if (conservative && !recomputed)
        return pass_conservative(engine);
    if (engine->freed || engine->early || engine->head_changed)
        return pass_over_all(engine);
    return visit_arrivals(engine);
}

int backfill_jobs(struct engine *engine)
{
    bool changed = engine->freed || engine->early || engine->replan || engine->head_changed ||
                   engine->arrivals.count > 0 || engine->options.io == IO_MEASURED;
    int result = 0;
    if (changed && engine->queue.count > 0)
        result = engine->has_profile ? pass_with_reservations(engine)
                                     : pass_without_reservations(engine);
    if (result == 0 && engine->overtaken) {
        engine->replan = true;
        result = pass_with_reservations(engine);
    }
    engine->overtaken = false;
    engine->freed = engine->early = engine->replan = engine->head_changed = false;
    engine->arrivals.count = 0;
    return result;
}
