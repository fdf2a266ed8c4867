/* Promise: neighbouring steps differ, or a mark stands between them. Steps are kept in blocks of at
 * most MOST_STEPS, each with its least and its most, so that a search looks into those blocks only
 * in which something happens: an operation costs the steps that it touches within two blocks, and
 * the number of blocks that it passes.
 */
#include "policies/profile.h"

#include "base/list.h"
#include "base/vector.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_CLASSES = 64,
    MOST_STEPS = 64,  /* of a block */
    JOINED_STEPS = 48 /* two blocks that have no more become one */
};

/* Step i lasts from times[i] to the next one; the very last one for ever. */
struct profile_block {
    uint32_t count;
    double times[MOST_STEPS];
    /* Nodes of all classes together, classes that are overdrawn as 0; with one class its count. */
    int32_t totals[MOST_STEPS];
    struct profile_mark *marks[MOST_STEPS];
    int32_t counts[]; /* [step * num_classes + class], with several classes only */
};

/* --- Steps --------------------------------------------------------------------------------- */

static struct profile_block *block_at(const struct profile *profile, struct profile_place place)
{
    return profile->spans[place.span].block;
}

static bool is_end(const struct profile *profile, struct profile_place place)
{
    return place.span == profile->num_spans;
}

static double time_at(const struct profile *profile, struct profile_place place)
{
    return is_end(profile, place) ? INFINITY : block_at(profile, place)->times[place.step];
}

static int32_t *counts_at(const struct profile *profile, struct profile_place place)
{
    struct profile_block *block = block_at(profile, place);
    return profile->num_classes == 1 ? block->totals + place.step
                                     : block->counts + place.step * profile->num_classes;
}

static struct profile_place next_of(const struct profile *profile, struct profile_place place)
{
    if (place.step + 1 < block_at(profile, place)->count)
        return (struct profile_place){place.span, place.step + 1};
    return (struct profile_place){place.span + 1, 0};
}

static bool is_first(struct profile_place place)
{
    return place.span == 0 && place.step == 0;
}

static struct profile_place previous_of(const struct profile *profile, struct profile_place place)
{
    if (place.step > 0)
        return (struct profile_place){place.span, place.step - 1};
    return (struct profile_place){place.span - 1, profile->spans[place.span - 1].block->count - 1};
}

static bool is_at(const struct profile *profile, struct profile_place place, double time)
{
    return place.span < profile->num_spans && place.step < block_at(profile, place)->count &&
           time_at(profile, place) <= time && time < time_at(profile, next_of(profile, place));
}

static bool is_within(const struct profile *profile, size_t span, double time)
{
    return span < profile->num_spans && profile->spans[span].begin <= time &&
           (span + 1 == profile->num_spans || time < profile->spans[span + 1].begin);
}

/* Halving without branches that can't be foreseen. */
static size_t span_of(const struct profile *profile, double time)
{
    const struct profile_span *spans = profile->spans;
    size_t span = 0;
    if (is_within(profile, profile->recent.span, time))
        return profile->recent.span;
    for (size_t left = profile->num_spans, half; left > 1; left -= half) {
        half = left / 2;
        span += spans[span + half].begin <= time ? half : 0;
    }
    return span;
}

/* The step that holds at a time; before all of them, the first. */
static struct profile_place place_of(const struct profile *profile, double time)
{
    if (is_at(profile, profile->recent, time))
        return profile->recent;
    size_t span = span_of(profile, time);
    const struct profile_block *block = profile->spans[span].block;
    const double *times = block->times;
    uint32_t step = 0;
    for (uint32_t left = block->count, half; left > 1; left -= half) {
        half = left / 2;
        step += times[step + half] <= time ? half : 0;
    }
    return (struct profile_place){span, step};
}

size_t profile_num_steps(const struct profile *profile)
{
    size_t count = 0;
    for (size_t i = 0; i < profile->num_spans; i++)
        count += profile->spans[i].block->count;
    return count;
}

/* --- Blocks -------------------------------------------------------------------------------- */

static struct profile_block *create_block(const struct profile *profile)
{
    size_t classes = profile->num_classes == 1 ? 0 : profile->num_classes;
    return calloc(1, sizeof(struct profile_block) + MOST_STEPS * classes * sizeof(int32_t));
}

/* Its steps changed. */
static void summarize(struct profile *profile, size_t span)
{
    const struct profile_block *block = profile->spans[span].block;
    int32_t least = INT32_MAX, most = INT32_MIN;
    for (uint32_t i = 0; i < block->count; i++) {
        least = block->totals[i] < least ? block->totals[i] : least;
        most = block->totals[i] > most ? block->totals[i] : most;
    }
    profile->spans[span].begin = block->times[0];
    profile->spans[span].least = least;
    profile->spans[span].most = most;
}

static uint32_t count_marks(const struct profile_block *block)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < block->count; i++)
        for (const struct profile_mark *mark = block->marks[i]; mark; mark = mark->next)
            count++;
    return count;
}

/* Copies steps into a block; there may be an overlap. */
static void move_steps(const struct profile *profile, struct profile_block *to, uint32_t at,
                       const struct profile_block *from, uint32_t begin, uint32_t count)
{
    size_t classes = profile->num_classes;
    memmove(to->times + at, from->times + begin, count * sizeof *to->times);
    memmove(to->totals + at, from->totals + begin, count * sizeof *to->totals);
    memmove(to->marks + at, from->marks + begin, count * sizeof *to->marks);
    if (classes > 1)
        memmove(to->counts + at * classes, from->counts + begin * classes,
                count * classes * sizeof *to->counts);
}

static int insert_span(struct profile *profile, size_t at, struct profile_block *block)
{
    if (array_reserve(profile->spans, profile->room, profile->num_spans + 1))
        return -1;
    memmove(profile->spans + at + 1, profile->spans + at,
            (profile->num_spans - at) * sizeof *profile->spans);
    profile->spans[at] = (struct profile_span){.block = block};
    profile->num_spans++;
    return 0;
}

static void remove_spans(struct profile *profile, size_t at, size_t count)
{
    if (count == 0)
        return;
    for (size_t i = at; i < at + count; i++)
        free(profile->spans[i].block);
    profile->num_spans -= count;
    memmove(profile->spans + at, profile->spans + at + count,
            (profile->num_spans - at) * sizeof *profile->spans);
}

/* The second half of a full block becomes one of its own. */
static int divide(struct profile *profile, size_t span)
{
    struct profile_block *half = create_block(profile);
    if (!half || insert_span(profile, span + 1, half)) {
        free(half);
        return -1;
    }
    struct profile_block *block = profile->spans[span].block;
    uint32_t kept = block->count / 2;
    half->count = block->count - kept;
    move_steps(profile, half, 0, block, kept, half->count);
    block->count = kept;
    profile->spans[span + 1].num_marks = count_marks(half);
    profile->spans[span].num_marks -= profile->spans[span + 1].num_marks;
    summarize(profile, span);
    summarize(profile, span + 1);
    return 0;
}

/* A block that became small takes in the next one. */
static void join_blocks(struct profile *profile, size_t span)
{
    struct profile_block *block = profile->spans[span].block;
    if (span + 1 == profile->num_spans ||
        block->count + profile->spans[span + 1].block->count > JOINED_STEPS)
        return;
    const struct profile_block *next = profile->spans[span + 1].block;
    move_steps(profile, block, block->count, next, 0, next->count);
    block->count += next->count;
    profile->spans[span].num_marks += profile->spans[span + 1].num_marks;
    remove_spans(profile, span + 1, 1);
    summarize(profile, span);
}

/* Makes a step begin at the time, at which the one at *place holds; *place is it then. */
static int split_at(struct profile *profile, double time, struct profile_place *place)
{
    if (time_at(profile, *place) >= time)
        return 0;
    if (block_at(profile, *place)->count == MOST_STEPS) {
        if (divide(profile, place->span))
            return -1;
        *place = place_of(profile, time);
    }
    struct profile_block *block = block_at(profile, *place);
    uint32_t at = place->step;
    move_steps(profile, block, at + 1, block, at, block->count - at);
    block->count++;
    block->times[at + 1] = time;
    block->marks[at + 1] = NULL;
    place->step++;
    profile->recent = *place;
    return 0;
}

/* Makes a step begin at the time, or finds the first step, when that is later; *place is it. */
static int split(struct profile *profile, double time, struct profile_place *place)
{
    *place = profile->recent = place_of(profile, time);
    return split_at(profile, time, place);
}

static bool is_same(const struct profile *profile, struct profile_place a, struct profile_place b)
{
    if (profile->num_classes == 1)
        return *counts_at(profile, a) == *counts_at(profile, b);
    return memcmp(counts_at(profile, a), counts_at(profile, b),
                  profile->num_classes * sizeof(int32_t)) == 0;
}

/* Takes a step away that does not differ from the one before. */
static void join(struct profile *profile, struct profile_place place)
{
    if (is_end(profile, place) || is_first(place) || block_at(profile, place)->marks[place.step] ||
        !is_same(profile, previous_of(profile, place), place))
        return;
    struct profile_block *block = block_at(profile, place);
    uint32_t behind = block->count - place.step - 1;
    move_steps(profile, block, place.step, block, place.step + 1, behind);
    block->count--;
    if (block->count == 0) {
        remove_spans(profile, place.span, 1);
        return;
    }
    /* Else the one before, which is the same, is in the block. */
    if (place.step == 0)
        summarize(profile, place.span);
    if (block->count < MOST_STEPS / 4)
        join_blocks(profile, place.span);
}

/* --- The profile --------------------------------------------------------------------------- */

static int32_t total_of(const struct profile *profile, const int32_t *counts)
{
    int32_t total = 0;
    if (profile->num_classes == 1)
        return *counts;
    for (size_t kind = 0; kind < profile->num_classes; kind++)
        total += counts[kind] > 0 ? counts[kind] : 0;
    return total;
}

int profile_create(struct profile *profile, size_t num_classes, const uint32_t *counts)
{
    *profile = (struct profile){.num_classes = num_classes};
    struct profile_block *block = create_block(profile);
    if (!block || insert_span(profile, 0, block)) {
        free(block);
        profile_discard(profile);
        return -1;
    }
    struct profile_place first = {0, 0};
    block->count = 1;
    block->times[0] = -INFINITY;
    for (size_t kind = 0; kind < num_classes; kind++)
        counts_at(profile, first)[kind] = (int32_t)counts[kind];
    block->totals[0] = total_of(profile, counts_at(profile, first));
    summarize(profile, 0);
    return 0;
}

void profile_discard(struct profile *profile)
{
    remove_spans(profile, 0, profile->num_spans);
    free(profile->spans);
    *profile = (struct profile){0};
}

static void copy_span(struct profile *profile, size_t at, const struct profile_span *from)
{
    struct profile_span *span = &profile->spans[at];
    struct profile_block *block = span->block;
    *span = *from;
    span->block = block;
    block->count = from->block->count;
    move_steps(profile, block, 0, from->block, 0, block->count);
    memset(block->marks, 0, block->count * sizeof *block->marks);
    span->num_marks = 0;
}

int profile_copy(struct profile *profile, const struct profile *from)
{
    if (profile->num_spans > from->num_spans)
        remove_spans(profile, from->num_spans, profile->num_spans - from->num_spans);
    while (profile->num_spans < from->num_spans) {
        struct profile_block *block = create_block(profile);
        if (!block || insert_span(profile, profile->num_spans, block)) {
            free(block);
            return -1;
        }
    }
    for (size_t i = 0; i < from->num_spans; i++)
        copy_span(profile, i, &from->spans[i]);
    profile->past = NULL;
    profile->recent = (struct profile_place){0, 0};
    return 0;
}

/* The marks at a step are in the past from now on. */
static void pass_marks(struct profile *profile, struct profile_block *block, uint32_t step)
{
    while (block->marks[step]) {
        struct profile_mark *mark = block->marks[step];
        list_remove(&block->marks[step], mark);
        list_add_first(&profile->past, mark);
    }
}

void profile_advance(struct profile *profile, double now)
{
    struct profile_place first = place_of(profile, now);
    for (struct profile_place place = {0, 0}; place.span < first.span || place.step < first.step;
         place = next_of(profile, place))
        pass_marks(profile, block_at(profile, place), place.step);
    remove_spans(profile, 0, first.span);
    struct profile_block *block = profile->spans[0].block;
    if (first.span == 0 && first.step == 0)
        return;
    block->count -= first.step;
    move_steps(profile, block, 0, block, first.step, block->count);
    profile->spans[0].num_marks = count_marks(block);
    summarize(profile, 0);
    if (block->count < MOST_STEPS / 4)
        join_blocks(profile, 0);
}

/* Returns whether the block's least or most may be another one that is to be looked for. */
static bool add_to_step(const struct profile *profile, struct profile_place place,
                        const uint32_t *nodes, int sign)
{
    struct profile_span *span = &profile->spans[place.span];
    int32_t *total = &span->block->totals[place.step], before = *total;
    int32_t *counts = counts_at(profile, place);
    for (size_t kind = 0; kind < profile->num_classes; kind++)
        counts[kind] += sign * (int32_t)nodes[kind];
    *total = total_of(profile, counts);
    bool was_least = before == span->least && *total > before;
    bool was_most = before == span->most && *total < before;
    span->least = *total < span->least ? *total : span->least;
    span->most = *total > span->most ? *total : span->most;
    return was_least || was_most;
}

/* Adds to the steps from a place on, within its block, that begin before `to`; *place is the one
 * behind. */
static void add_within(struct profile *profile, struct profile_place *place, double to,
                       const uint32_t *nodes, int sign)
{
    size_t span = place->span;
    bool is_open = false;
    do {
        is_open |= add_to_step(profile, *place, nodes, sign);
        *place = next_of(profile, *place);
    } while (place->span == span && time_at(profile, *place) < to);
    if (is_open)
        summarize(profile, span);
}

/* Adds to all steps from a place on that begin before `to`; returns the one behind. */
static struct profile_place add_until(struct profile *profile, struct profile_place place,
                                      double to, const uint32_t *nodes, int sign)
{
    while (!is_end(profile, place) && time_at(profile, place) < to)
        add_within(profile, &place, to, nodes, sign);
    return place;
}

/* Whether a step is what another one becomes. */
static bool becomes(const struct profile *profile, struct profile_place place,
                    const uint32_t *nodes, int sign, struct profile_place other)
{
    const int32_t *counts = counts_at(profile, place), *others = counts_at(profile, other);
    for (size_t kind = 0; kind < profile->num_classes; kind++)
        if (counts[kind] + sign * (int32_t)nodes[kind] != others[kind])
            return false;
    return true;
}

/* Where a step is what the end of the one before becomes from a time on, it just begins then.
 * Returns whether that was so. */
static bool extend(struct profile *profile, struct profile_place place, double from,
                   const uint32_t *nodes, int sign)
{
    struct profile_block *block = block_at(profile, place);
    struct profile_place before = previous_of(profile, place);
    if (time_at(profile, before) >= from || block->marks[place.step] ||
        !becomes(profile, before, nodes, sign, place))
        return false;
    block->times[place.step] = from;
    profile->spans[place.span].begin = block->times[0];
    profile->recent = place;
    return true;
}

/* Nearly always, one reservation ends where another one begins. */
int profile_add(struct profile *profile, double from, double to, const uint32_t *nodes, int sign)
{
    if (from >= to || isinf(from))
        return 0;
    struct profile_place begin = place_of(profile, from), end = next_of(profile, begin);
    double time = time_at(profile, end);
    if (time < to || time > to) {
        if (isfinite(to) && split(profile, to, &end))
            return -1;
        begin = place_of(profile, from);
    } else if (!is_end(profile, end) && extend(profile, end, from, nodes, sign)) {
        return 0;
    }
    if (split_at(profile, from, &begin))
        return -1;
    join(profile, add_until(profile, begin, to, nodes, sign));
    join(profile, begin);
    return 0;
}

/* --- The least ----------------------------------------------------------------------------- */

static bool is_own(const struct profile_stay *own, double time)
{
    return own && time >= own->from && time < own->to;
}

/* Nodes of a class at a step, one's own included. */
static int64_t usable_of(const struct profile *profile, const struct profile_stay *own,
                         struct profile_place place, size_t kind)
{
    int64_t nodes = counts_at(profile, place)[kind];
    return is_own(own, time_at(profile, place)) ? nodes + own->nodes[kind] : nodes;
}

static void lower(const struct profile *profile, const struct profile_stay *own,
                  struct profile_place place, uint32_t *least)
{
    for (size_t kind = 0; kind < profile->num_classes; kind++) {
        int64_t nodes = usable_of(profile, own, place, kind);
        if (nodes < (int64_t)least[kind])
            least[kind] = nodes > 0 ? (uint32_t)nodes : 0;
    }
}

/* The least of one class during [from, to), `more` added. */
static int64_t least_of_one(const struct profile *profile, double from, double to, int64_t more)
{
    int32_t least = INT32_MAX;
    if (from >= to)
        return INT64_MAX;
    struct profile_place place = place_of(profile, from);
    do {
        const struct profile_span *span = &profile->spans[place.span];
        const struct profile_block *block = span->block;
        bool is_whole = place.step == 0 && block->times[block->count - 1] < to;
        uint32_t step = place.step;
        if (is_whole)
            least = span->least < least ? span->least : least;
        else
            for (; step < block->count && (step == place.step || block->times[step] < to); step++)
                least = block->totals[step] < least ? block->totals[step] : least;
        place = (struct profile_place){place.span + 1, 0};
    } while (!is_end(profile, place) && time_at(profile, place) < to);
    return least + more;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static uint32_t least_in_one_class(const struct profile *profile, double from, double to,
                                   const struct profile_stay *own)
{
    int64_t least;
    if (!own || own->from >= to || own->to <= from) {
        least = least_of_one(profile, from, to, 0);
    } else {
        least = least_of_one(profile, from, own->from, 0);
        least = smaller(
            least, least_of_one(profile, fmax(from, own->from), fmin(to, own->to), own->nodes[0]));
        least = smaller(least, least_of_one(profile, own->to, to, 0));
    }
    return least > 0 ? (uint32_t)least : 0;
}

void profile_least(const struct profile *profile, double from, double to,
                   const struct profile_stay *own, uint32_t *least)
{
    if (profile->num_classes == 1) {
        *least = least_in_one_class(profile, from, fmax(to, nextafter(from, INFINITY)), own);
        return;
    }
    for (size_t kind = 0; kind < profile->num_classes; kind++)
        least[kind] = UINT32_MAX;
    struct profile_place place = place_of(profile, from);
    do {
        lower(profile, own, place, least);
        place = next_of(profile, place);
    } while (!is_end(profile, place) && time_at(profile, place) < to);
}

void profile_bottom(const struct profile *profile, double from, uint32_t *extra, double *time)
{
    struct profile_place place = place_of(profile, from);
    int64_t least = INT64_MAX;
    while (!is_end(profile, place)) {
        if (profile->spans[place.span].least >= least) {
            place = (struct profile_place){place.span + 1, 0};
            continue;
        }
        int32_t total = block_at(profile, place)->totals[place.step];
        if (total < least) {
            least = total;
            *time = fmax(from, time_at(profile, place));
        }
        place = next_of(profile, place);
    }
    *extra = least > 0 ? (uint32_t)least : 0;
}

/* --- Searching among nodes of one class ---------------------------------------------------- */

/* The first step from there on that has the nodes. */
static struct profile_place next_with(const struct profile *profile, int32_t need,
                                      struct profile_place place)
{
    for (; place.span < profile->num_spans; place = (struct profile_place){place.span + 1, 0}) {
        const struct profile_span *span = &profile->spans[place.span];
        if (span->most < need)
            continue;
        const int32_t *totals = span->block->totals;
        for (uint32_t count = span->block->count; place.step < count; place.step++)
            if (totals[place.step] >= need)
                return place;
    }
    return place;
}

/* The first step from there on that has not the nodes, or one that begins at `until` or later. */
static struct profile_place next_without(const struct profile *profile, int32_t need,
                                         struct profile_place place, double until)
{
    for (; place.span < profile->num_spans && time_at(profile, place) < until;
         place = (struct profile_place){place.span + 1, 0}) {
        const struct profile_span *span = &profile->spans[place.span];
        if (span->least >= need)
            continue;
        const int32_t *totals = span->block->totals;
        for (uint32_t count = span->block->count; place.step < count; place.step++)
            if (totals[place.step] < need)
                return place;
    }
    return place;
}

bool profile_has(const struct profile *profile, uint32_t need, double from, double to)
{
    struct profile_place place = next_without(profile, (int32_t)need, place_of(profile, from), to);
    return time_at(profile, place) >= to;
}

/* One's own nodes need no looking at: from where they begin they are there to the end. */
static double find_in_one_class(const struct profile *profile, const struct profile_search *search,
                                uint32_t *least)
{
    double edge = search->own ? search->own->from : INFINITY;
    int32_t need = (int32_t)search->need;
    struct profile_place place = place_of(profile, search->from);
    for (;;) {
        place = next_with(profile, need, place);
        double begin = time_at(profile, place);
        double time = begin > search->from ? begin : search->from;
        if (is_end(profile, place) || time >= search->before)
            return INFINITY;
        double end = time + search->duration;
        double until = end < edge ? end : edge;
        place = next_without(profile, need, place, until);
        if (time_at(profile, place) >= until) {
            profile_least(profile, time, end, search->own, least);
            return time;
        }
    }
}

/* --- Searching among classes --------------------------------------------------------------- */

static uint64_t sum(const uint32_t *counts, size_t classes, uint64_t mask)
{
    uint64_t total = 0;
    for (size_t kind = 0; kind < classes; kind++)
        if (mask >> kind & 1)
            total += counts[kind];
    return total;
}

static void set_all(uint32_t *least, size_t classes)
{
    for (size_t kind = 0; kind < classes; kind++)
        least[kind] = UINT32_MAX;
}

/* Whether a window that begins in the step has the nodes; *next is where to look if not. */
static bool fits(const struct profile *profile, const struct profile_search *search,
                 struct profile_place begin, double until, uint32_t *least,
                 struct profile_place *next)
{
    size_t classes = profile->num_classes;
    struct profile_place place = begin;
    set_all(least, classes);
    do {
        lower(profile, search->own, place, least);
        if (sum(least, classes, search->classes) < search->need) {
            uint32_t alone[MAX_CLASSES];
            set_all(alone, classes);
            lower(profile, search->own, place, alone);
            bool lacks = sum(alone, classes, search->classes) < search->need;
            *next = next_of(profile, lacks ? place : begin);
            return false;
        }
        place = next_of(profile, place);
    } while (!is_end(profile, place) && time_at(profile, place) < until);
    return true;
}

double profile_find(const struct profile *profile, const struct profile_search *search,
                    uint32_t *least)
{
    if (profile->num_classes == 1)
        return find_in_one_class(profile, search, least);
    struct profile_place place = place_of(profile, search->from);
    while (!is_end(profile, place)) {
        double time = fmax(search->from, time_at(profile, place));
        struct profile_place next;
        if (time >= search->before)
            return INFINITY;
        if (fits(profile, search, place, time + search->duration, least, &next))
            return time;
        place = next;
    }
    return INFINITY;
}

double profile_slide(struct profile *profile, uint32_t need, double from, double end)
{
    struct profile_place place = profile->recent = place_of(profile, end);
    double start = end;
    while (start > from) {
        if (time_at(profile, place) >= start) {
            if (is_first(place))
                break;
            place = previous_of(profile, place);
        }
        const struct profile_span *span = &profile->spans[place.span];
        bool whole = span->least >= (int64_t)need;
        if (!whole && span->block->totals[place.step] < (int64_t)need)
            break;
        if (whole)
            place.step = 0;
        start = time_at(profile, place);
        profile->recent = place;
    }
    return later_of(from, start);
}

/* --- Marks --------------------------------------------------------------------------------- */

static void add_mark(struct profile *profile, struct profile_place place, struct profile_mark *mark)
{
    mark->time = time_at(profile, place);
    list_add_first(&block_at(profile, place)->marks[place.step], mark);
    profile->spans[place.span].num_marks++;
}

static void remove_mark(struct profile *profile, struct profile_place place,
                        struct profile_mark *mark)
{
    list_remove(&block_at(profile, place)->marks[place.step], mark);
    profile->spans[place.span].num_marks--;
    join(profile, place);
}

int profile_set_mark(struct profile *profile, struct profile_mark *mark, double time)
{
    struct profile_place place;
    if (split(profile, time, &place))
        return -1;
    if (time < time_at(profile, place)) {
        mark->time = time;
        list_add_first(&profile->past, mark);
        return 0;
    }
    add_mark(profile, place, mark);
    return 0;
}

void profile_clear_mark(struct profile *profile, struct profile_mark *mark)
{
    if (mark->time < profile->spans[0].begin) {
        list_remove(&profile->past, mark);
        return;
    }
    remove_mark(profile, place_of(profile, mark->time), mark);
}

/* The nodes were taken until the end of a step, which is behind that time. */
static int give_back_behind(struct profile *profile, struct profile_place place, double time,
                            const uint32_t *nodes)
{
    if (split_at(profile, time, &place))
        return -1;
    if (add_to_step(profile, place, nodes, 1))
        summarize(profile, place.span);
    return 0;
}

int profile_begin(struct profile *profile, struct profile_mark *mark, double time, double end,
                  const uint32_t *nodes)
{
    struct profile_place place;
    if (split(profile, time, &place))
        return -1;
    add_mark(profile, place, mark);
    place = add_until(profile, place, end, nodes, -1);
    if (time_at(profile, place) > end && time < end)
        return give_back_behind(profile, previous_of(profile, place), end, nodes);
    join(profile, place);
    return 0;
}

int profile_begin_earlier(struct profile *profile, struct profile_mark *mark, double time,
                          const uint32_t *nodes)
{
    struct profile_place begin;
    if (split(profile, time, &begin))
        return -1;
    struct profile_place end = add_until(profile, begin, mark->time, nodes, -1);
    remove_mark(profile, end, mark); /* no step before it changes its place */
    add_mark(profile, begin, mark);
    return 0;
}

double profile_next_mark(const struct profile *profile, double after)
{
    struct profile_place place = place_of(profile, after);
    if (isinf(after) && profile->past)
        return profile->past->time;
    while (!is_end(profile, place)) {
        const struct profile_span *span = &profile->spans[place.span];
        if (span->block->marks[place.step] && span->block->times[place.step] > after)
            return span->block->times[place.step];
        place = span->num_marks > 0 ? next_of(profile, place)
                                    : (struct profile_place){place.span + 1, 0};
    }
    return INFINITY;
}

double profile_last_mark(const struct profile *profile)
{
    for (size_t span = profile->num_spans; span > 0; span--) {
        if (profile->spans[span - 1].num_marks == 0)
            continue;
        const struct profile_block *block = profile->spans[span - 1].block;
        uint32_t step = block->count - 1;
        while (!block->marks[step])
            step--;
        return block->times[step];
    }
    return profile->past ? profile->past->time : -INFINITY;
}

void profile_visit_marks(const struct profile *profile, double after, double until,
                         profile_mark_fn *visit, void *context)
{
    struct profile_place place = place_of(profile, after);
    int32_t before = 0;
    if (isinf(after))
        for (struct profile_mark *mark = profile->past; mark; mark = mark->next)
            visit(context, mark, 0);
    for (; !is_end(profile, place); place = next_of(profile, place)) {
        const struct profile_block *block = block_at(profile, place);
        double time = block->times[place.step];
        if (time > until)
            return;
        if (time > after)
            for (struct profile_mark *mark = block->marks[place.step]; mark; mark = mark->next)
                visit(context, mark, before);
        before = block->totals[place.step];
    }
}

/* --- Stretches ----------------------------------------------------------------------------- */

unsigned profile_level(uint32_t nodes)
{
    return 31u - (unsigned)__builtin_clz(nodes);
}

/* Stretches of the levels below `open` began at begins[level] and have not ended yet. */
struct stretches {
    struct profile_levels levels;
    unsigned open; /* the lowest of the levels, when there are none */
    double begins[PROFILE_LEVELS];
    double *longest;
};

/* Up to which of the levels so many nodes reach, that one not included. */
static unsigned reached(const struct stretches *stretches, int32_t nodes)
{
    unsigned level = nodes > 0 ? profile_level((uint32_t)nodes) + 1 : 0;
    level = level > stretches->levels.low ? level : stretches->levels.low;
    return level < stretches->levels.high ? level : stretches->levels.high;
}

static unsigned reached_at(const struct profile *profile, const struct stretches *stretches,
                           struct profile_place place)
{
    return reached(stretches, block_at(profile, place)->totals[place.step]);
}

/* The nodes that the highest open stretch needs. */
static int32_t least_of(unsigned open)
{
    return (int32_t)1 << (open - 1);
}

/* What begins with a stretch and lasts a bit longer may yet end with it, as sums of times are
 * rounded. */
static void end_stretches(struct stretches *stretches, unsigned open, double time)
{
    while (stretches->open > open) {
        unsigned level = --stretches->open;
        double length = time - stretches->begins[level] + time * DBL_EPSILON;
        if (length > stretches->longest[level])
            stretches->longest[level] = length;
    }
}

/* Goes back to the last step before a place with fewer nodes than that; false when there is none.
 */
static bool go_below(const struct profile *profile, int32_t least, struct profile_place *place)
{
    for (;;) {
        const int32_t *totals = block_at(profile, *place)->totals;
        while (place->step > 0)
            if (totals[--place->step] < least)
                return true;
        do {
            if (place->span == 0)
                return false;
            place->span--;
        } while (profile->spans[place->span].least >= least);
        place->step = block_at(profile, *place)->count;
    }
}

/* Those that hold at `from`, back to where each began. */
static void begin_stretches(const struct profile *profile, struct stretches *stretches,
                            struct profile_place place, double from, double earliest)
{
    unsigned level = stretches->open = reached_at(profile, stretches, place);
    while (level > stretches->levels.low) {
        bool is_below = go_below(profile, least_of(level), &place);
        unsigned down_to = is_below ? reached_at(profile, stretches, place) : stretches->levels.low;
        double begin = is_below ? time_at(profile, next_of(profile, place)) : earliest;
        begin = later_of(earliest, earlier_of(from, begin));
        for (; level > down_to; level--)
            stretches->begins[level - 1] = begin;
    }
}

double profile_measure(const struct profile *profile, double from, double to, double earliest,
                       double latest, struct profile_levels levels, double *longest)
{
    struct stretches stretches = {.levels = levels, .longest = longest};
    struct profile_place place = place_of(profile, from);
    double time;
    begin_stretches(profile, &stretches, place, from, earliest);
    place = next_of(profile, place);
    while ((time = time_at(profile, place)) < earlier_of(to, latest)) {
        unsigned open = reached_at(profile, &stretches, place);
        end_stretches(&stretches, open, time);
        while (stretches.open < open)
            stretches.begins[stretches.open++] = time;
        place = next_of(profile, place);
    }
    while (stretches.open > levels.low && time < latest) {
        place = next_without(profile, least_of(stretches.open), place, latest);
        time = time_at(profile, place);
        if (time < latest)
            end_stretches(&stretches, reached_at(profile, &stretches, place), time);
    }
    end_stretches(&stretches, levels.low, latest);
    return later_of(earlier_of(time, latest), to);
}
