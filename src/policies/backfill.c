/* Which waiting jobs start now, and which have reservations.
 *
 * EASY, hybrid and conservative backfilling are one procedure that differs in the number of blocked
 * jobs with a reservation: the jobs are visited in the order of the queue; one that fits into the
 * profile now, without touching a reservation, starts; the first others, as many as may have one,
 * get a reservation at the earliest place in the profile. With one reservation this is EASY: the
 * profile just before the reservation is what ends before the shadow time, and what is left during
 * it are the extra nodes.
 *
 * Reservations stay in the profile from one pass to the next. Only when nodes became free or a job
 * came in front are the waiting jobs visited again; otherwise new ones alone are looked at.
 */
#include "policies/backfill.h"

#include "base/bit_set.h"
#include "base/vector.h"
#include "policies/admission.h"
#include "policies/prospects.h"
#include "policies/sizes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- One job ------------------------------------------------------------------------------- */

/* Nodes of the least equipped classes first. They are too few where one that began late, or whose
 * nodes went away, is in the plan beside what was planned behind it: a reservation has all of them
 * nevertheless. */
static void take_counts(const struct books *books, const struct entry *entry,
                        const uint32_t *available, uint32_t *counts)
{
    uint32_t missing = entry->least;
    for (size_t i = 0; i < books->pool.num_classes; i++) {
        uint32_t usable = entry->classes >> i & 1 ? available[i] : 0;
        counts[i] = usable < missing ? usable : missing;
        missing -= counts[i];
    }
    counts[bit_set_lowest(entry->classes)] += missing;
}

/* The earliest place for a job in [from, before); INFINITY when there is none. */
static double find_place(const struct books *books, const struct entry *entry, double from,
                         double before, uint32_t *least)
{
    const struct profile_stay own = entry_stay(entry);
    struct profile_search search = {
        .classes = entry->classes,
        .need = entry->least,
        .duration = entry->estimate,
        .from = fmax(from, books->now),
        .before = entry->reserved ? fmin(before, own.from) : before,
        .own = entry->reserved ? &own : NULL,
    };
    /* Nodes and power in turn, each from the time that the other has found on. */
    for (;;) {
        double start = profile_find(&books->profile, &search, least);
        if (!books->watts.is_capped || isinf(start))
            return start;
        search.from = start;
        search.from = watts_find(&books->watts, entry->classes, entry->gpus, &search);
        if (search.from <= start || isinf(search.from))
            return search.from;
    }
}

/* The earliest place before the one it has that overlaps with it. */
static double find_overlapping(struct books *books, const struct entry *entry, uint32_t *least)
{
    double start = entry->reservation.time;
    double slid = profile_slide(&books->profile, entry->least, books->now, start);
    *least = entry->least;
    return slid < start ? slid : INFINITY;
}

/* The same as find_place for a job whose only chances are where nodes came free lately. */
static double find_forward(struct books *books, const struct entry *entry, uint32_t *least)
{
    double from, before, start = INFINITY;
    if (forward_has_room(&books->forward, entry, &from, &before))
        start = find_place(books, entry, from, before, least);
    return isfinite(start) ? start : find_overlapping(books, entry, least);
}

/* The same as find_place while reservations are made anew, one after the other. */
static double find_bounded(struct books *books, const struct entry *entry, uint32_t *least)
{
    double bound = bounds_of(&books->bounds, entry->least, entry->estimate);
    double start = find_place(books, entry, bound, INFINITY, least);
    bounds_note(&books->bounds, entry->least, entry->estimate, start);
    return start;
}

/* Reserves the earliest place, if it is earlier than the one it has. */
static int reserve(struct books *books, struct entry *entry)
{
    uint32_t least[MAX_NODE_CLASSES], counts[MAX_NODE_CLASSES];
    bool is_known = entry->reserved && books->forward.is_passing && books->profile.num_classes == 1;
    double start = is_known             ? find_forward(books, entry, least)
                   : books->bounds_hold ? find_bounded(books, entry, least)
                                        : find_place(books, entry, -INFINITY, INFINITY, least);
    if (isfinite(start)) {
        take_counts(books, entry, least, counts);
        return books_reserve(books, entry, start, counts);
    }
    books->plan.unbounded = books->plan.unbounded || !entry->reserved;
    return 0;
}

/* How many nodes a job could have, at most, that were planned with from `start` on and are needed
 * for `duration` from now on; *quota by class. */
static uint32_t room_for(const struct books *books, const struct entry *entry, double start,
                         double duration, uint32_t *quota)
{
    double ends = pool_needed_until(&books->pool, entry, duration);
    if (books->has_profile)
        return books_room_until(books, entry, start + duration, ends, quota);
    uint32_t count = pool_available_until(&books->pool, entry, ends, quota);
    return books_power_until(books, entry, start + duration, count);
}

/* A job that is faster on more nodes may fit on as many as it wants where it does not on its least.
 * *size is 0 when it does not. */
static int size_as_wanted(struct books *books, const struct entry *entry, double start,
                          uint32_t wanted, uint32_t *quota, uint32_t *size)
{
    double soonest = pool_needed_until(&books->pool, entry, entry->shortest);
    uint32_t idle = pool_available_until(&books->pool, entry, soonest, quota);
    uint32_t first = wanted < idle ? wanted : idle;
    double duration;
    *size = 0;
    if (!entry->follows_size || first <= entry->least)
        return 0;
    if (entry_duration(entry, &books->estimates, first, &duration, books->err))
        return -1;
    if (room_for(books, entry, start, duration, quota) >= first)
        *size = first;
    return 0;
}

/* The number of nodes that a job starts on without disturbing others; *size is 0 for none. */
static int fitting_size(struct books *books, const struct entry *entry, double start,
                        uint32_t *quota, uint32_t *size)
{
    uint32_t wanted = sizes_start(books, entry);
    double duration;
    if (size_as_wanted(books, entry, start, wanted, quota, size))
        return -1;
    if (*size > 0)
        return 0;
    uint32_t room = room_for(books, entry, start, entry->estimate, quota);
    if (room < entry->least)
        return 0;
    *size = wanted < room ? wanted : room;
    if (entry_duration(entry, &books->estimates, *size, &duration, books->err))
        return -1;
    if (duration > entry->estimate) /* slower on more nodes */
        *size = entry->least;
    return 0;
}

/* Starts a job if it fits and does not disturb those that have reservations in the profile. Behind
 * a job whose start can't be foreseen, nothing may start that might run for ever, unless it had a
 * reservation. One that starts later than reserved has the nodes for no longer than reserved: the
 * next reservation may follow closely, and begins late as well. */
static int try_start(struct books *books, struct entry *entry, bool had, bool *started)
{
    uint32_t quota[MAX_NODE_CLASSES], size;
    *started = false;
    if (books->plan.unbounded && isinf(entry->estimate) && !had)
        return 0;
    double start = had ? fmin(books->now, entry->reservation.time) : books->now;
    if (!admission_allows(books, entry))
        return 0;
    if (fitting_size(books, entry, start, quota, &size))
        return -1;
    *started = size > 0;
    return *started ? books_start(books, entry, quota, size) : 0;
}

/* --- How many are looked at ---------------------------------------------------------------- */

/* The last waiting job that is looked at (queue_depth); NULL when all are. When one starts, the
 * next one is looked at in its place. */
static const struct entry *last_looked_at(const struct books *books)
{
    uint32_t depth = books->options.queue_depth;
    return depth > 0 ? queue_at(&books->queue, depth - 1) : NULL;
}

static bool is_behind(const struct entry *last, const struct entry *entry)
{
    return last && queue_precedes(last, entry);
}

/* Jobs too far back in the queue to be looked at keep no reservation. */
static int drop_behind(struct books *books, const struct entry *last)
{
    struct entry *entry;
    while (last && (entry = queue_next(&books->queue, last, &queue_want_reserved)))
        if (books_drop_reservation(books, entry))
            return -1;
    return 0;
}

/* --- Without reservations ------------------------------------------------------------------ */

/* Starts jobs in order. With first fit, those that do not fit are passed over; a job that only
 * waits for the file system always is. */
static int pass_without_reservations(struct books *books)
{
    bool first_fit = books->options.backfill == BACKFILL_FIRST_FIT, started;
    const struct entry *last = last_looked_at(books);
    struct wanted wanted = queue_want_all;
    struct entry *entry = NULL;
    do {
        /* Those that can't fit need no visit. */
        if (first_fit && !books->pool.first_keeper)
            wanted.nodes = books->pool.num_free;
        entry = queue_next(&books->queue, entry, &wanted);
        if (!entry || is_behind(last, entry))
            return 0;
        if (try_start(books, entry, false, &started))
            return -1;
        last = started ? last_looked_at(books) : last;
    } while (started || first_fit || !admission_allows(books, entry));
    return 0;
}

/* --- With reservations --------------------------------------------------------------------- */

/* Whether a job with a reservation may find its least number of nodes from now on, for as long as
 * it runs at least; while its own are reserved it has them. */
static bool may_start(const struct books *books, const struct entry *entry)
{
    uint32_t idle[MAX_NODE_CLASSES];
    double until = fmin(books->now + entry->shortest, entry->reservation.time);
    return pool_available(&books->pool, entry, idle) >= entry->least &&
           profile_has(&books->profile, entry->least, books->now, until);
}

/* Starts a job that has a reservation, if it can; else it keeps it. */
static int start_reserved(struct books *books, struct entry *entry, bool *started)
{
    double reserved = entry->reservation.time;
    *started = false;
    if (!may_start(books, entry))
        return 0;
    if (try_start(books, entry, true, started))
        return -1;
    /* Others were planned around the reserved interval. */
    if (*started && books->now > reserved + LATE)
        books->plan.overtaken = true;
    return 0;
}

/* With extra_nodes=no, a job that goes before another has to end before any reservation begins. */
static bool ends_in_time(const struct books *books, const struct entry *entry)
{
    return books->options.extra_nodes == EXTRA_NODES_YES || books->num_reserved == 0 ||
           books->now + entry->estimate <= profile_next_mark(&books->profile, -INFINITY);
}

static int start_unreserved(struct books *books, struct entry *entry, bool *started)
{
    *started = false;
    return ends_in_time(books, entry) ? try_start(books, entry, false, started) : 0;
}

/* Starts a job or gives it a reservation, if it may have one. */
static int start_or_reserve(struct books *books, struct entry *entry, bool *started)
{
    bool had = entry->reserved,
         may_have = books->plan.num_blocked < books->options.reservation_depth;
    if ((had ? start_reserved : start_unreserved)(books, entry, started))
        return -1;
    if (had && *started && books->plan.num_blocked > 0)
        books->plan.num_blocked--;
    if (*started || (!had && !may_have) || (!had && !admission_allows(books, entry)))
        return 0;
    if (!had)
        books->plan.num_blocked++;
    books->plan.has_last = true;
    books->plan.last = queue_place_of(entry);
    return reserve(books, entry);
}

/* For how long so many nodes stay free that are free now, by level; with extra_nodes=no, until the
 * first reservation begins at most. */
static void measure_free(const struct books *books, double *lengths)
{
    const struct profile_levels all = {0, PROFILE_LEVELS};
    double now = books->now, until = INFINITY;
    if (books->options.extra_nodes == EXTRA_NODES_NO && books->num_reserved > 0)
        until = profile_next_mark(&books->profile, -INFINITY);
    for (size_t level = 0; level < PROFILE_LEVELS; level++)
        lengths[level] = 0;
    if (until > now)
        profile_measure(&books->profile, now, nextafter(now, INFINITY), now, until, all, lengths);
}

/* Those that may still start behind all reservations: short ones in what is free now, others in
 * what is free for good. `lengths` are for each level. */
static struct wanted backfillable(const struct books *books, double *lengths)
{
    struct wanted wanted = queue_want_all;
    if (books->pool.first_keeper)
        return wanted;
    double time = books->now;
    wanted.nodes = books->pool.num_free;
    profile_bottom(&books->profile, books->now, &wanted.extra, &time);
    wanted.window = time - books->now;
    measure_free(books, lengths);
    wanted.lengths = books->has_bold ? NULL : lengths;
    return wanted;
}

static bool backfills_in_order(const struct books *books)
{
    return books->options.backfill_order != ORDER_OF_QUEUE;
}

struct candidate {
    double key;
    struct entry *entry;
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->key < y->key || x->key > y->key)
        return x->key < y->key ? -1 : 1;
    return queue_precedes(x->entry, y->entry) ? -1 : 1;
}

/* All reservations are made: those behind `entry` that may still start do so in the order of
 * backfill_order. */
static int backfill_in_order(struct books *books, const struct entry *entry,
                             const struct entry *last)
{
    double lengths[PROFILE_LEVELS];
    const struct wanted wanted = backfillable(books, lengths);
    VECTOR(struct candidate) found = {0};
    bool started;
    int result = 0;
    struct entry *next = queue_next(&books->queue, entry, &wanted);
    for (; result == 0 && next && !is_behind(last, next);
         next = queue_next(&books->queue, next, &wanted)) {
        struct candidate candidate = {order_key(&books->backfill_ordering, next), next};
        result = vector_add(&found, candidate);
    }
    if (result == 0 && found.count > 0)
        qsort(found.items, found.count, sizeof *found.items, compare_candidates);
    for (size_t i = 0; result == 0 && i < found.count; i++)
        result = start_or_reserve(books, found.items[i].entry, &started);
    free(found.items);
    return result;
}

/* The last job that was given a reservation; NULL when none was. */
static struct entry *last_reserved(const struct books *books)
{
    const struct ids *reserved = &books->reserved;
    return reserved->count > 0 ? books->entries[reserved->items[reserved->count - 1]] : NULL;
}

/* Conservative backfilling with reservations made anew: from one without a reservation to the next,
 * in the order of the queue, as long as anybody behind `after` (NULL: anybody) has a prospect.
 * Those that are left could neither start now nor have the first reservation, nor is there anybody
 * behind them for whom theirs would matter. */
static int plan_as_needed(struct books *books, const struct entry *after)
{
    const double soon = books->now + EARLY;
    const struct entry *last = last_looked_at(books);
    double first = profile_next_mark(&books->profile, soon);
    struct entry *entry = last_reserved(books);
    struct prospect prospect = prospects_next(books, after, first);
    bool started;
    while (prospect.entry && !is_behind(last, prospect.entry)) {
        entry = queue_next(&books->queue, entry, &queue_want_all);
        if (start_or_reserve(books, entry, &started))
            return -1;
        if (entry->reserved && entry->reservation.time > soon)
            first = earlier_of(first, entry->reservation.time);
        last = started ? last_looked_at(books) : last;
        if (entry == prospect.entry || !prospects_holds(books, &prospect, entry, first))
            prospect = prospects_next(books, prospect.entry, first);
    }
    books->plan.is_partial = true;
    books->plan.made_at = books->now;
    return 0;
}

/* Visits the whole queue, up to queue_depth jobs. */
static int visit_all(struct books *books)
{
    const struct entry *last = last_looked_at(books);
    size_t had = books->num_reserved;
    bool started, is_measured = false;
    double lengths[PROFILE_LEVELS];
    struct wanted wanted = queue_want_all;
    struct entry *entry = NULL;
    while ((entry = queue_next(&books->queue, entry, &wanted)) && !is_behind(last, entry)) {
        had -= entry->reserved;
        if (start_or_reserve(books, entry, &started))
            return -1;
        last = started ? last_looked_at(books) : last;
        bool all_reserved = had == 0 && books->plan.num_blocked >= books->options.reservation_depth;
        if (all_reserved && backfills_in_order(books))
            return backfill_in_order(books, entry, last);
        if (all_reserved && (started || !is_measured))
            wanted = backfillable(books, lengths);
        is_measured = all_reserved;
    }
    return 0;
}

static void begin_plan(struct books *books)
{
    books->plan.num_blocked = (uint32_t)books->num_reserved;
    books->plan.unbounded = false;
    books->plan.has_last = false;
}

/* The reservations that there are move. */
static int pass_again(struct books *books)
{
    if (drop_behind(books, last_looked_at(books)))
        return -1;
    begin_plan(books);
    return visit_all(books);
}

static int pass_anew(struct books *books)
{
    books_begin_anew(books);
    if (books_drop_reservations(books))
        return -1;
    begin_plan(books);
    if (prospects_suffice(books))
        return plan_as_needed(books, NULL);
    return visit_all(books) || books_end_anew(books) ? -1 : 0;
}

static int pass_over_all(struct books *books)
{
    bool anew = books->changes.replan || books->options.reservations == RESERVATIONS_RECOMPUTED;
    return (anew ? pass_anew : pass_again)(books);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
    return queue_precedes(x, y) ? -1 : 1;
}

/* Jobs that are to be visited in the order of the queue. */
struct visits {
    VECTOR(struct entry *) entries;
    int result;
};

/* Returns 0, or -1 when not all could be listed, or as `visit` does. Releases them. */
static int visit_in_order(struct books *books, struct visits *visits,
                          int (*visit)(struct books *, struct entry *, bool *))
{
    bool started;
    int result = visits->result;
    if (visits->entries.count > 0)
        qsort(visits->entries.items, visits->entries.count, sizeof *visits->entries.items,
              compare_entries);
    for (size_t i = 0; result == 0 && i < visits->entries.count; i++)
        result = visit(books, visits->entries.items[i], &started);
    free(visits->entries.items);
    return result;
}

static void add_due(void *context, struct profile_mark *mark, int32_t before)
{
    struct visits *due = context;
    (void)before;
    if (vector_add(&due->entries, entry_of_mark(mark)))
        due->result = -1;
}

/* Those whose reservations are due start, as far as their nodes are there. */
static int start_due(struct books *books)
{
    struct visits due = {0};
    profile_visit_marks(&books->profile, -INFINITY, books->now + EARLY, add_due, &due);
    return visit_in_order(books, &due, start_reserved);
}

/* Nodes are free earlier than expected: each job in turn moves to the earliest place there is for
 * it now. Only those are visited that could. */
static int compress_exactly(struct books *books, const struct entry *last)
{
    struct forward *forward = &books->forward;
    struct entry *entry;
    bool started;
    int result = 0;
    books->plan.unbounded = false;
    forward_begin(forward);
    while (result == 0 && (entry = forward_next(forward, &books->queue)) &&
           !is_behind(last, entry)) {
        result = start_or_reserve(books, entry, &started);
        last = started ? last_looked_at(books) : last;
    }
    forward_end(forward);
    return result;
}

/* The same in fewer visits: the first jobs move forward, those behind them start if they can do so
 * at once. */
static int compress(struct books *books, const struct entry *last)
{
    uint32_t depth = books->options.compression_depth, visited = 0;
    bool started;
    struct wanted wanted = queue_want_all;
    struct entry *entry = NULL;
    books->plan.unbounded = false;
    while ((entry = queue_next(&books->queue, entry, &wanted)) && !is_behind(last, entry)) {
        bool moves = depth == 0 || visited++ < depth || !entry->reserved;
        if (moves ? start_or_reserve(books, entry, &started)
                  : start_reserved(books, entry, &started))
            return -1;
        last = started ? last_looked_at(books) : last;
        if (depth > 0 && visited >= depth && !books->pool.first_keeper)
            wanted.nodes = books->pool.num_free;
    }
    return 0;
}

/* The job before the first one that was submitted since the last pass. */
static const struct entry *before_arrivals(const struct books *books)
{
    const struct entry *first = NULL;
    for (uint32_t i = 0; i < books->changes.arrivals.count; i++) {
        const struct entry *entry = books->entries[books->changes.arrivals.items[i]];
        if (entry && entry->state == ENTRY_WAITING && (!first || queue_precedes(entry, first)))
            first = entry;
    }
    return queue_last(&books->queue, first);
}

static int visit_arrival(struct books *books, struct entry *entry, bool *started)
{
    *started = false;
    return is_behind(last_looked_at(books), entry) ? 0 : start_or_reserve(books, entry, started);
}

/* Visits the jobs that were submitted since the last pass. */
static int visit_arrivals(struct books *books)
{
    struct visits new = {0};
    if (books->plan.is_partial) {
        books->plan.is_partial = false; /* until that is done */
        return plan_as_needed(books, before_arrivals(books));
    }
    for (uint32_t i = 0; new.result == 0 && i < books->changes.arrivals.count; i++) {
        struct entry *entry = books->entries[books->changes.arrivals.items[i]];
        if (entry && entry->state == ENTRY_WAITING && !entry->reserved)
            new.result = vector_add(&new.entries, entry);
    }
    return visit_in_order(books, &new, visit_arrival);
}

/* Whether jobs that were looked at have no reservation: they wait for the file system, for nodes
 * that others hand over, or for the end of jobs that might run for ever; or they were too far back
 * in the queue. */
static bool has_unplanned(const struct books *books, const struct entry *last)
{
    const struct entry *entry = NULL;
    do
        entry = queue_next(&books->queue, entry, &queue_want_unreserved);
    while (entry && entry->is_new);
    return entry && !is_behind(last, entry);
}

/* Where a job had its reservation if the plan had been made as a whole. */
static double find_planned(struct books *books, const struct entry *entry, uint32_t *least)
{
    const struct profile *profile = books->has_planned ? &books->planned : &books->profile;
    bool is_one = profile->num_classes == 1;
    double bound = is_one ? bounds_of(&books->bounds, entry->least, entry->estimate) : -INFINITY;
    const struct profile_search search = {
        .classes = entry->classes,
        .need = entry->least,
        .duration = entry->estimate,
        .from = later_of(bound, books->plan.made_at),
        .before = INFINITY,
    };
    double start = profile_find(profile, &search, least);
    bounds_note(&books->bounds, entry->least, entry->estimate, start);
    return start;
}

static int reserve_planned(struct books *books, struct entry *entry)
{
    uint32_t least[MAX_NODE_CLASSES], counts[MAX_NODE_CLASSES];
    double start = find_planned(books, entry, least);
    if (isinf(start)) {
        books->plan.unbounded = true;
        return 0;
    }
    take_counts(books, entry, least, counts);
    if (books->has_planned &&
        profile_add(&books->planned, start, start + entry->estimate, counts, -1))
        return -1;
    return books_reserve(books, entry, start, counts);
}

int backfill_complete(struct books *books)
{
    struct entry *entry = NULL;
    if (!books->plan.is_partial || books->options.reservations == RESERVATIONS_RECOMPUTED)
        return 0;
    while ((entry = queue_next(&books->queue, entry, &queue_want_all)))
        if (!entry->reserved && !entry->is_new && reserve_planned(books, entry))
            return -1;
    return books_end_anew(books);
}

int backfill_complete_late(struct books *books)
{
    double due = books->plan.is_partial
                     ? profile_next_mark(&books->profile, books->plan.made_at + EARLY)
                     : INFINITY;
    return due < books->now ? backfill_complete(books) : 0;
}

/* Conservative backfilling with persistent reservations: those due start; when nodes are free
 * earlier than expected, those that could use them move forward; new jobs get a place. */
static int pass_conservative(struct books *books)
{
    const struct changes *changes = &books->changes;
    bool moves = changes->freed || changes->early || changes->head_changed;
    books->plan.num_blocked = 0;
    if ((moves || last_looked_at(books)) && backfill_complete(books))
        return -1;
    if (books->changes.freed && start_due(books))
        return -1;
    const struct entry *last = last_looked_at(books);
    if (drop_behind(books, last))
        return -1;
    bool promised = books->pool.first_keeper || books->options.io != IO_IGNORE;
    bool others = promised || (books->changes.freed && has_unplanned(books, last));
    bool exactly = books->forward.is_kept && !promised;
    if ((books->changes.early || others) && (exactly ? compress_exactly : compress)(books, last))
        return -1;
    return visit_arrivals(books);
}

/* --- Kinds of backfilling ------------------------------------------------------------------ */

/* Of several reservations, one that has moved may have left room for one that was visited before
 * it. */
static bool has_gaps(const struct books *books)
{
    return books->num_reserved > 1 && books->options.reservations == RESERVATIONS_PERSISTENT;
}

/* Reservations in the order of the queue, as many as there may be. */
static int pass_with_reservations(struct books *books)
{
    if (books->changes.replan || books->changes.freed || books->changes.early ||
        books->changes.head_changed || backfills_in_order(books) || has_gaps(books))
        return pass_over_all(books);
    return visit_arrivals(books);
}

static int pass_for_all(struct books *books)
{
    if (books->changes.replan)
        return pass_over_all(books);
    return books->options.reservations == RESERVATIONS_RECOMPUTED ? pass_with_reservations(books)
                                                                  : pass_conservative(books);
}

static bool precedes_last_blocked(const struct books *books, const struct entry *entry)
{
    const struct plan *plan = &books->plan;
    return !plan->has_last || plan->num_blocked < books->options.reservation_depth ||
           queue_place_precedes(queue_place_of(entry), plan->last);
}

static bool precedes_any(const struct books *books, const struct entry *entry)
{
    return queue_next(&books->queue, entry, &queue_want_all);
}

static const struct {
    int (*pass)(struct books *books);
    bool (*is_upset)(const struct books *books, const struct entry *entry);
} kinds[] = {
    [BACKFILL_NONE] = {pass_without_reservations, precedes_last_blocked},
    [BACKFILL_FIRST_FIT] = {pass_without_reservations, precedes_last_blocked},
    [BACKFILL_EASY] = {pass_with_reservations, precedes_last_blocked},
    [BACKFILL_HYBRID] = {pass_with_reservations, precedes_last_blocked},
    [BACKFILL_CONSERVATIVE] = {pass_for_all, precedes_any},
};

bool backfill_is_upset(const struct books *books, const struct entry *entry)
{
    return kinds[books->options.backfill].is_upset(books, entry);
}

static void forget_news(struct books *books)
{
    for (uint32_t i = 0; i < books->changes.arrivals.count; i++) {
        struct entry *entry = books->entries[books->changes.arrivals.items[i]];
        if (entry)
            entry->is_new = false;
    }
    books->changes = (struct changes){.arrivals = books->changes.arrivals};
    books->changes.arrivals.count = 0;
}

/* With nobody waiting, nobody looks at what comes free. */
static int forget_plan(struct books *books)
{
    books->freed.count = 0;
    return books_end_anew(books);
}

int backfill_run(struct books *books)
{
    bool changed = books_have_news(books) || books->options.io == IO_MEASURED;
    int result = 0;
    if (books->plan.is_partial && books->queue.count == 0 && forget_plan(books))
        return -1;
    if (changed && books->queue.count > 0)
        result = kinds[books->options.backfill].pass(books);
    if (result == 0 && books->plan.overtaken) {
        books->changes.replan = true;
        result = kinds[books->options.backfill].pass(books);
    }
    books->plan.overtaken = false;
    books_rank_started(books);
    forget_news(books);
    return result;
}

/* A few reservations begin when a job ends: they move at each decision. Of many, one may move away
 * that another was waiting for. */
double backfill_next_due(const struct books *books)
{
    return books->options.backfill == BACKFILL_CONSERVATIVE && books->num_reserved > 0
               ? profile_next_mark(&books->profile, books->now + EARLY)
               : INFINITY;
}
