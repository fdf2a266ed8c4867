/* Promise: what came free costs the steps of the profile that it covers; a pass costs the
 * candidates that it visits, each O(log jobs). No job that could move is left out; that those could
 * is not promised.
 */
#include "policies/forward.h"

#include "base/vector.h"

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

static int add(struct forward *forward, struct candidates *candidates, struct entry *entry)
{
    if (vector_add(candidates, entry))
        return -1;
    entry->candidates = candidates;
    entry->candidate = candidates->count - 1;
    if (candidates == &forward->due)
        rise(candidates, entry->candidate, entry);
    return 0;
}

void forward_forget(struct forward *forward, struct entry *entry)
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
    if (add(forward, is_due ? &forward->due : &forward->later, entry))
        noting->result = -1;
}

static double longest_of(const struct openings *openings)
{
    double longest = 0;
    for (size_t i = 0; i * OPENINGS_PER_GROUP < openings->count; i++)
        longest = fmax(longest, openings->groups[i].length);
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
    group->length = fmax(group->length, opening->length);
    group->from = fmin(group->from, opening->from);
    return 0;
}

static int note_opening(struct forward *forward, const struct opening *opening, size_t level)
{
    struct openings *since = &forward->since[level];
    if (since->count == MOST_OPENINGS)
        merge(since);
    if (opening->length > forward->longest[level]) {
        forward->longest[level] = opening->length;
        forward->is_known = false;
    }
    return add_opening(since, opening);
}

int forward_note(struct forward *forward, const struct profile *profile, double now, double from,
                 double to)
{
    struct noting noting = {forward, 0};
    double longest[PROFILE_LEVELS] = {0}, latest;
    if (!forward->is_kept || !(from < to) || from >= (latest = profile_last_mark(profile)))
        return 0;
    double end = profile_measure(profile, from, fmin(to, latest), now, latest, longest);
    struct opening opening = {from, to, 0, forward->is_passing ? forward->visited : tail};
    for (size_t level = 0; level < PROFILE_LEVELS && longest[level] > 0; level++) {
        opening.length = longest[level];
        if (note_opening(forward, &opening, level))
            return -1;
    }
    profile_visit_marks(profile, from, profile->num_classes == 1 ? to : end, note_mark, &noting);
    return noting.result;
}

void forward_reorder(struct forward *forward)
{
    for (size_t level = 0; level < PROFILE_LEVELS; level++)
        for (size_t i = 0; i < forward->since[level].count; i++)
            forward->since[level].items[i].behind = tail;
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
    forward->is_known = false;
    for (size_t level = 0; level < PROFILE_LEVELS; level++) {
        struct openings before = forward->since[level];
        forward->since[level] = forward->before[level];
        forward->since[level].count = 0;
        forward->before[level] = before;
        forward->longest[level] = longest_of(&before);
    }
}

static struct entry *first_of(struct entry *a, struct entry *b)
{
    if (!a || !b)
        return a ? a : b;
    return queue_precedes(a, b) ? a : b;
}

/* Reserved jobs become fewer and move while the queue is passed over, but those behind stay as they
 * are. */
static struct entry *next_fitting(struct forward *forward, const struct queue *queue)
{
    struct wanted fitting = queue_want_reserved;
    fitting.longest = forward->longest;
    if (!forward->is_known)
        forward->fitting = queue_next_behind(queue, forward->visited, &fitting);
    forward->is_known = true;
    return forward->fitting;
}

struct entry *forward_next(struct forward *forward, const struct queue *queue)
{
    struct entry *due = forward->due.count > 0 ? forward->due.items[0] : NULL;
    struct entry *unplanned = queue_next_behind(queue, forward->visited, &queue_want_unreserved);
    struct entry *next = first_of(due, first_of(unplanned, next_fitting(forward, queue)));
    if (!next)
        return NULL;
    if (next == forward->fitting)
        forward->is_known = false;
    forward_forget(forward, next);
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
        *from = fmin(*from, opening->from - entry->estimate);
        *before = fmax(*before, opening->to);
    }
}

static void look_into(const struct openings *openings, const struct entry *entry, bool all,
                      double *from, double *before)
{
    for (size_t i = 0; i < openings->count; i += OPENINGS_PER_GROUP) {
        const struct opening_group *group = &openings->groups[i / OPENINGS_PER_GROUP];
        size_t left = openings->count - i;
        if (group->length >= entry->shortest && group->from < entry->reservation.time)
            look_into_group(openings->items + i,
                            left < OPENINGS_PER_GROUP ? left : OPENINGS_PER_GROUP, entry, all, from,
                            before);
    }
}

bool forward_has_room(const struct forward *forward, const struct entry *entry, double *from,
                      double *before)
{
    unsigned level = profile_level(entry->least);
    *from = INFINITY;
    *before = -INFINITY;
    if (entry->shortest > forward->longest[level])
        return false;
    look_into(&forward->since[level], entry, true, from, before);
    look_into(&forward->before[level], entry, false, from, before);
    return *from < *before;
}
