/* Promise: what came free costs the steps of the profile that it covers; a pass costs the
 * candidates that it visits, each O(log jobs). No job that could move is left out; that those could
 * is not promised.
 */
#include "policies/forward.h"

#include "base/vector.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_OPENINGS = 1 << 12, /* of a level */
    OPENINGS_PER_GROUP = 32
};

/* --- Candidates ---------------------------------------------------------------------------- */

static void put(struct candidates *candidates, size_t at, struct entry *entry)
{
    candidates->items[at] = entry;
    entry->candidate = at;
}

static void rise(struct candidates *candidates, size_t at, struct entry *entry)
{
    for (; at > 0; at = (at - 1) / 2) {
        struct entry *parent = candidates->items[(at - 1) / 2];
        if (queue_precedes(parent, entry))
            break;
        put(candidates, at, parent);
    }
    put(candidates, at, entry);
}

static void sink(struct candidates *candidates, size_t at, struct entry *entry)
{
    for (size_t child; (child = 2 * at + 1) < candidates->count; at = child) {
        if (child + 1 < candidates->count &&
            queue_precedes(candidates->items[child + 1], candidates->items[child]))
            child++;
        if (queue_precedes(entry, candidates->items[child]))
            break;
        put(candidates, at, candidates->items[child]);
    }
    put(candidates, at, entry);
}

static int add_candidate(struct forward *forward, struct candidates *candidates,
                         struct entry *entry)
{
    if (vector_add(candidates, entry))
        return -1;
    entry->candidates = candidates;
    entry->candidate = candidates->count - 1;
    if (candidates == &forward->due)
        rise(candidates, entry->candidate, entry);
    return 0;
}

static void remove_candidate(struct forward *forward, struct entry *entry)
{
    struct candidates *candidates = entry->candidates;
    if (!candidates)
        return;
    struct entry *last = candidates->items[--candidates->count];
    size_t at = entry->candidate;
    entry->candidates = NULL;
    if (last == entry)
        return;
    put(candidates, at, last);
    if (candidates != &forward->due)
        return;
    rise(candidates, at, last);
    sink(candidates, last->candidate, last);
}

/* --- Reserved jobs ------------------------------------------------------------------------- */

int forward_add(struct forward *forward, struct entry *entry)
{
    unsigned level = profile_level(entry->least);
    if (!forward->is_kept)
        return 0;
    forward->levels |= UINT32_C(1) << level;
    return reserved_add(&forward->reserved[level], entry);
}

void forward_forget(struct forward *forward, struct entry *entry)
{
    unsigned level = profile_level(entry->least);
    remove_candidate(forward, entry);
    if (!forward->is_kept)
        return;
    reserved_remove(&forward->reserved[level], entry);
    if (forward->reserved[level].num_spans == 0)
        forward->levels &= ~(UINT32_C(1) << level);
    if (forward->fitting[level] == entry) {
        forward->fitting[level] = NULL;
        forward->unknown |= UINT32_C(1) << level;
    }
}

/* --- Places in the queue ------------------------------------------------------------------- */

static const struct queue_place head = {-INFINITY, -INFINITY, 0}, tail = {INFINITY, INFINITY, 0};

static bool is_behind(struct queue_place place, const struct entry *entry)
{
    return queue_place_precedes(place, queue_place_of(entry));
}

/* --- What came free ------------------------------------------------------------------------ */

struct noting {
    struct forward *forward;
    int result;
};

/* Nodes came free just before a reservation begins. */
static void note_mark(void *context, struct profile_mark *mark, int32_t before)
{
    struct noting *noting = context;
    struct forward *forward = noting->forward;
    struct entry *entry = entry_of_mark(mark);
    if (entry->candidates || before < (int64_t)entry->least)
        return;
    bool is_due = forward->is_passing && is_behind(forward->visited, entry);
    if (add_candidate(forward, is_due ? &forward->due : &forward->later, entry))
        noting->result = -1;
}

static double longest_of(const struct openings *openings)
{
    double longest = 0;
    for (size_t i = 0; i * OPENINGS_PER_GROUP < openings->count; i++)
        longest = later_of(longest, openings->groups[i].length);
    return longest;
}

/* Many become one that stands for all of them. */
static void merge(struct openings *openings)
{
    struct opening all = {-INFINITY, INFINITY, longest_of(openings), tail};
    openings->groups[0] = (struct opening_group){all.length, all.from};
    openings->items[0] = all;
    openings->count = 1;
}

static int add_opening(struct openings *openings, const struct opening *opening)
{
    size_t at = openings->count / OPENINGS_PER_GROUP;
    if (array_reserve(openings->groups, openings->groups_room, at + 1) ||
        vector_add(openings, *opening))
        return -1;
    struct opening_group *group = &openings->groups[at];
    if ((openings->count - 1) % OPENINGS_PER_GROUP == 0)
        *group = (struct opening_group){0, INFINITY};
    group->length = later_of(group->length, opening->length);
    group->from = earlier_of(group->from, opening->from);
    return 0;
}

static void note_news(struct forward *forward, size_t level, double from, double length)
{
    struct reach_step *news = &forward->news[level];
    bool are_first = !(forward->outdated >> level & 1);
    news->from = are_first ? from : earlier_of(news->from, from);
    news->length = are_first ? length : later_of(news->length, length);
    forward->outdated |= UINT32_C(1) << level;
}

/* Who has no reservation yet will be given the earliest place there is, and need not know. */
static int note_opening(struct forward *forward, const struct opening *opening, size_t level,
                        double from)
{
    struct openings *since = &forward->since[level];
    bool is_longer;
    if (!reserved_want(&forward->reserved[level], (struct reach_step){from, opening->length}))
        return 0;
    if (since->count == MOST_OPENINGS)
        merge(since);
    if (reach_add(&forward->newest[level], from, opening->length, &is_longer) ||
        (is_longer && reach_add(&forward->reaches[level], from, opening->length, &is_longer)))
        return -1;
    if (is_longer)
        note_news(forward, level, from, opening->length);
    return add_opening(since, opening);
}

/* Those at which a job may have its reservation behind a time. */
static struct profile_levels wanted_levels(const struct forward *forward, double from)
{
    struct profile_levels levels = {0, forward->levels ? profile_level(forward->levels) + 1 : 0};
    while (levels.high > 0 && forward->reserved[levels.high - 1].latest <= from)
        levels.high--;
    while (levels.low < levels.high && forward->reserved[levels.low].latest <= from)
        levels.low++;
    return levels;
}

int forward_note(struct forward *forward, const struct profile *profile, double now, double from,
                 double to)
{
    struct noting noting = {forward, 0};
    double longest[PROFILE_LEVELS] = {0}, latest;
    if (!forward->is_kept || !(from < to) || from >= (latest = profile_last_mark(profile)))
        return 0;
    /* Of several classes, other ones may do for a job that has its nodes already. */
    double earliest = profile->num_classes == 1 ? from : -INFINITY;
    struct profile_levels levels = wanted_levels(forward, earliest);
    double end =
        profile_measure(profile, from, earlier_of(to, latest), now, latest, levels, longest);
    struct opening opening = {from, to, 0, forward->is_passing ? forward->visited : tail};
    for (size_t level = levels.low; level < levels.high && longest[level] > 0; level++) {
        opening.length = longest[level];
        if (note_opening(forward, &opening, level, earliest))
            return -1;
    }
    profile_visit_marks(profile, from, profile->num_classes == 1 ? to : end, note_mark, &noting);
    return noting.result;
}

int forward_reorder(struct forward *forward)
{
    for (size_t level = 0; level < PROFILE_LEVELS; level++) {
        for (size_t i = 0; i < forward->since[level].count; i++)
            forward->since[level].items[i].behind = tail;
        if (reserved_sort(&forward->reserved[level]))
            return -1;
    }
    return 0;
}

static void clear_candidates(struct candidates *candidates)
{
    while (candidates->count > 0)
        candidates->items[--candidates->count]->candidates = NULL;
}

void forward_clear(struct forward *forward)
{
    clear_candidates(&forward->due);
    clear_candidates(&forward->later);
    for (size_t level = 0; level < PROFILE_LEVELS; level++) {
        forward->since[level].count = forward->since[level].known = 0;
        forward->before[level].count = forward->before[level].known = 0;
        forward->newest[level].count = forward->reaches[level].count = 0;
        forward->fitting[level] = NULL;
        reserved_clear(&forward->reserved[level]);
    }
    forward->levels = 0;
}

static void release_openings(struct openings *openings)
{
    free(openings->items);
    free(openings->groups);
}

void forward_release(struct forward *forward)
{
    for (size_t level = 0; level < PROFILE_LEVELS; level++) {
        release_openings(&forward->since[level]);
        release_openings(&forward->before[level]);
        reach_release(&forward->newest[level]);
        reach_release(&forward->reaches[level]);
        reserved_release(&forward->reserved[level]);
    }
    free(forward->due.items);
    free(forward->later.items);
    *forward = (struct forward){0};
}

/* --- A pass -------------------------------------------------------------------------------- */

/* Those for the next pass become due. Their order is made now: the queue's may have changed. */
static void make_due(struct forward *forward)
{
    struct candidates due = forward->later;
    forward->later = forward->due; /* none */
    forward->due = due;
    for (size_t i = 0; i < due.count; i++)
        due.items[i]->candidates = &forward->due;
    for (size_t i = due.count / 2; i > 0; i--)
        sink(&forward->due, i - 1, due.items[i - 1]);
}

void forward_begin(struct forward *forward)
{
    make_due(forward);
    forward->is_passing = true;
    forward->visited = head;
    forward->knows_unplanned = false;
    forward->unknown = UINT32_MAX;
    for (size_t level = 0; level < PROFILE_LEVELS; level++) {
        struct openings before = forward->since[level];
        forward->since[level] = forward->before[level];
        forward->since[level].count = forward->since[level].known = 0;
        forward->before[level] = before;
        struct reach newest = forward->newest[level];
        forward->newest[level] = forward->reaches[level];
        forward->newest[level].count = 0;
        forward->reaches[level] = newest;
        reserved_rewind(&forward->reserved[level]);
    }
}

static struct entry *first_of(struct entry *a, struct entry *b)
{
    if (!a || !b)
        return a ? a : b;
    return queue_precedes(a, b) ? a : b;
}

/* Those behind stay as they are while the queue is passed over. */
static void update_fitting(struct forward *forward, size_t level)
{
    const struct reach *reach = &forward->reaches[level];
    bool is_unknown = forward->unknown >> level & 1;
    struct entry *found = reserved_next(&forward->reserved[level], forward->visited, reach,
                                        is_unknown ? reach_bounds(reach) : forward->news[level]);
    forward->fitting[level] = is_unknown ? found : first_of(forward->fitting[level], found);
}

static struct entry *next_fitting(struct forward *forward)
{
    if ((forward->unknown | forward->outdated) == 0)
        return forward->next_fitting;
    struct entry *next = NULL;
    for (uint32_t left = forward->levels; left; left &= left - 1) {
        size_t level = (size_t)__builtin_ctz(left);
        if ((forward->unknown | forward->outdated) >> level & 1)
            update_fitting(forward, level);
        next = first_of(next, forward->fitting[level]);
    }
    forward->unknown = forward->outdated = 0;
    return forward->next_fitting = next;
}

/* None loses its reservation meanwhile. */
static struct entry *next_unplanned(struct forward *forward, const struct queue *queue)
{
    if (!forward->knows_unplanned)
        forward->unplanned = queue_next_behind(queue, forward->visited, &queue_want_unreserved);
    forward->knows_unplanned = true;
    return forward->unplanned;
}

struct entry *forward_next(struct forward *forward, const struct queue *queue)
{
    struct entry *due = forward->due.count > 0 ? forward->due.items[0] : NULL;
    struct entry *next =
        first_of(due, first_of(next_unplanned(forward, queue), next_fitting(forward)));
    if (!next)
        return NULL;
    unsigned level = profile_level(next->least);
    if (next == forward->fitting[level])
        forward->unknown |= UINT32_C(1) << level;
    if (next == forward->unplanned)
        forward->knows_unplanned = false;
    remove_candidate(forward, next);
    forward->visited = queue_place_of(next);
    return next;
}

void forward_end(struct forward *forward)
{
    forward->is_passing = false;
}

/* Where a job may begin that fits into one of the openings of a group, all of them or those that it
 * does not know of yet. */
static void look_into_group(const struct opening *openings, size_t count, const struct entry *entry,
                            bool all, double *from, double *before)
{
    for (const struct opening *opening = openings; opening < openings + count; opening++) {
        if (opening->length < entry->shortest || opening->from >= entry->reservation.time ||
            (!all && is_behind(opening->behind, entry)))
            continue;
        *from = earlier_of(*from, opening->from * (1 - DBL_EPSILON) - entry->estimate);
        *before = later_of(*before, opening->to);
    }
}

static void look_into(const struct openings *openings, const struct entry *entry, bool all,
                      double *from, double *before)
{
    size_t first = openings->known / OPENINGS_PER_GROUP * OPENINGS_PER_GROUP;
    for (size_t i = first; i < openings->count; i += OPENINGS_PER_GROUP) {
        const struct opening_group *group = &openings->groups[i / OPENINGS_PER_GROUP];
        size_t left = openings->count - i;
        if (group->length >= entry->shortest && group->from < entry->reservation.time)
            look_into_group(openings->items + i,
                            left < OPENINGS_PER_GROUP ? left : OPENINGS_PER_GROUP, entry, all, from,
                            before);
    }
}

/* They are in the order of the places that know them, as long as that order lasted. */
static void pass_known(struct openings *openings, const struct entry *entry)
{
    while (openings->known < openings->count &&
           is_behind(openings->items[openings->known].behind, entry))
        openings->known++;
}

bool forward_has_room(struct forward *forward, const struct entry *entry, double *from,
                      double *before)
{
    unsigned level = profile_level(entry->least);
    *from = INFINITY;
    *before = -INFINITY;
    if (!reach_covers(&forward->reaches[level], entry->shortest, entry->reservation.time))
        return false;
    pass_known(&forward->before[level], entry);
    look_into(&forward->since[level], entry, true, from, before);
    look_into(&forward->before[level], entry, false, from, before);
    return *from < *before;
}
