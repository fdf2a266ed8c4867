/* Promise: what came free costs the steps of the profile that it covers; a pass costs the
 * candidates that it visits, each O(log jobs). No job that could move is left out; that those could
 * is not promised.
 */
#include "policies/forward.h"

#include "base/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

void forward_release(struct forward *forward)
{
    free(forward->due.items);
    free(forward->later.items);
    *forward = (struct forward){0};
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
    bool is_due = forward->visited && queue_precedes(forward->visited, entry);
    if (add(forward, is_due ? &forward->due : &forward->later, entry))
        noting->result = -1;
}

/* Room for more nodes is room for fewer. */
static void settle_longest(struct forward *forward)
{
    double longest = 0;
    for (size_t i = PROFILE_LEVELS; i > 0; i--) {
        longest = fmax(longest, fmax(forward->since[i - 1], forward->before[i - 1]));
        forward->longest[i - 1] = longest;
    }
}

int forward_note(struct forward *forward, const struct profile *profile, double from, double to)
{
    struct noting noting = {forward, 0};
    if (!forward->is_kept || !(from < to))
        return 0;
    double latest = profile_last_mark(profile);
    if (from >= latest)
        return 0;
    double end =
        profile_measure(profile, from, fmin(to, latest), forward->now, latest, forward->since);
    settle_longest(forward);
    profile_visit_marks(profile, from, profile->num_classes == 1 ? to : end, note_mark, &noting);
    return noting.result;
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
    static const struct entry before_all = {.key = -INFINITY, .eligible = -INFINITY};
    make_due(forward);
    forward->visited = &before_all;
    memcpy(forward->before, forward->since, sizeof forward->before);
    memset(forward->since, 0, sizeof forward->since);
    settle_longest(forward);
}

static struct entry *first_of(struct entry *a, struct entry *b)
{
    if (!a || !b)
        return a ? a : b;
    return queue_precedes(a, b) ? a : b;
}

struct entry *forward_next(struct forward *forward, const struct queue *queue)
{
    struct wanted unplanned = queue_want_all, fitting = queue_want_all;
    unplanned.reservation = WANT_UNRESERVED;
    fitting.reservation = WANT_RESERVED;
    fitting.longest = forward->longest;
    struct entry *due = forward->due.count > 0 ? forward->due.items[0] : NULL;
    struct entry *next = first_of(queue_next(queue, forward->visited, &unplanned),
                                  queue_next(queue, forward->visited, &fitting));
    next = first_of(due, next);
    if (!next)
        return NULL;
    forward_forget(forward, next);
    forward->visited = next;
    return next;
}

void forward_end(struct forward *forward)
{
    forward->visited = NULL;
}

bool forward_has_room(const struct forward *forward, const struct entry *entry)
{
    return entry->shortest <= forward->longest[profile_level(entry->least)];
}
