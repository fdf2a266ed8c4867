/* Promise: neighbouring steps differ; an operation costs the number of steps it touches. */
#include "policies/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CLASSES = 64 };

int profile_create(struct profile *profile, size_t num_classes, const uint32_t *counts)
{
    *profile = (struct profile){.num_classes = num_classes, .count = 1, .capacity = 64};
    profile->times = malloc(profile->capacity * sizeof *profile->times);
    profile->counts = malloc(profile->capacity * num_classes * sizeof *profile->counts);
    if (!profile->times || !profile->counts) {
        profile_discard(profile);
        return -1;
    }
    profile->times[0] = -INFINITY;
    for (size_t i = 0; i < num_classes; i++)
        profile->counts[i] = (int32_t)counts[i];
    return 0;
}

void profile_discard(struct profile *profile)
{
    free(profile->times);
    free(profile->counts);
    *profile = (struct profile){0};
}

static int32_t *counts_of(const struct profile *profile, size_t step)
{
    return profile->counts + step * profile->num_classes;
}

/* The step that holds at a time. */
static size_t step_at(const struct profile *profile, double time)
{
    size_t low = profile->first, high = profile->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (profile->times[middle] <= time)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Moves what is left to the front once half of it is over. */
static void compact(struct profile *profile)
{
    size_t left = profile->count - profile->first;
    memmove(profile->times, profile->times + profile->first, left * sizeof *profile->times);
    memmove(profile->counts, counts_of(profile, profile->first),
            left * profile->num_classes * sizeof *profile->counts);
    profile->first = 0;
    profile->count = left;
}

void profile_advance(struct profile *profile, double now)
{
    profile->first = step_at(profile, now);
    if (profile->first > 64 && profile->first > profile->count / 2)
        compact(profile);
}

static int grow(struct profile *profile)
{
    size_t capacity = 2 * profile->capacity;
    double *times = realloc(profile->times, capacity * sizeof *times);
    if (!times)
        return -1;
    profile->times = times;
    int32_t *counts = realloc(profile->counts, capacity * profile->num_classes * sizeof *counts);
    if (!counts)
        return -1;
    profile->counts = counts;
    profile->capacity = capacity;
    return 0;
}

/* Makes a step begin at the time; *step is it. */
static int split(struct profile *profile, double time, size_t *step)
{
    size_t at = step_at(profile, time);
    if (profile->times[at] >= time) {
        *step = at;
        return 0;
    }
    if (profile->count == profile->capacity && grow(profile))
        return -1;
    size_t behind = profile->count - at, classes = profile->num_classes;
    memmove(profile->times + at + 1, profile->times + at, behind * sizeof *profile->times);
    memmove(counts_of(profile, at + 1), counts_of(profile, at),
            behind * classes * sizeof *profile->counts);
    profile->times[at + 1] = time;
    profile->count++;
    *step = at + 1;
    return 0;
}

/* Takes a step away that does not differ from the one before. */
static void join(struct profile *profile, size_t step)
{
    size_t classes = profile->num_classes;
    if (step <= profile->first || step >= profile->count ||
        memcmp(counts_of(profile, step - 1), counts_of(profile, step),
               classes * sizeof *profile->counts) != 0)
        return;
    size_t behind = profile->count - step - 1;
    memmove(profile->times + step, profile->times + step + 1, behind * sizeof *profile->times);
    memmove(counts_of(profile, step), counts_of(profile, step + 1),
            behind * classes * sizeof *profile->counts);
    profile->count--;
}

int profile_add(struct profile *profile, double from, double to, const uint32_t *nodes, int sign)
{
    if (from >= to || isinf(from))
        return 0;
    size_t begin, end;
    if (split(profile, from, &begin))
        return -1;
    end = profile->count;
    if (isfinite(to) && split(profile, to, &end))
        return -1;
    for (size_t step = begin; step < end; step++)
        for (size_t kind = 0; kind < profile->num_classes; kind++)
            counts_of(profile, step)[kind] += sign * (int32_t)nodes[kind];
    join(profile, end);
    join(profile, begin);
    return 0;
}

static void lower(uint32_t *least, const int32_t *counts, size_t classes)
{
    for (size_t kind = 0; kind < classes; kind++) {
        uint32_t count = counts[kind] > 0 ? (uint32_t)counts[kind] : 0;
        if (count < least[kind])
            least[kind] = count;
    }
}

void profile_least(const struct profile *profile, double from, double to, uint32_t *least)
{
    size_t classes = profile->num_classes, step = step_at(profile, from);
    for (size_t kind = 0; kind < classes; kind++)
        least[kind] = UINT32_MAX;
    do
        lower(least, counts_of(profile, step), classes);
    while (++step < profile->count && profile->times[step] < to);
}

static uint64_t sum(const uint32_t *counts, size_t classes, uint64_t mask)
{
    uint64_t total = 0;
    for (size_t kind = 0; kind < classes; kind++)
        if (mask >> kind & 1)
            total += counts[kind];
    return total;
}

/* As lower, with what the search has there already added. */
static void lower_found(const struct profile *profile, const struct profile_search *search,
                        size_t step, uint32_t *least)
{
    int32_t counts[MAX_CLASSES];
    double time = profile->times[step];
    if (!search->own || time < search->own_from || time >= search->own_to) {
        lower(least, counts_of(profile, step), profile->num_classes);
        return;
    }
    for (size_t kind = 0; kind < profile->num_classes; kind++)
        counts[kind] = counts_of(profile, step)[kind] + (int32_t)search->own[kind];
    lower(least, counts, profile->num_classes);
}

static void set_all(uint32_t *least, size_t classes)
{
    for (size_t kind = 0; kind < classes; kind++)
        least[kind] = UINT32_MAX;
}

/* Whether a window that begins in the step has the nodes; *next is where to look if not. */
static int fits(const struct profile *profile, const struct profile_search *search, size_t begin,
                double until, uint32_t *least, size_t *next)
{
    size_t classes = profile->num_classes;
    set_all(least, classes);
    for (size_t step = begin;
         step < profile->count && (step == begin || profile->times[step] < until); step++) {
        lower_found(profile, search, step, least);
        if (sum(least, classes, search->classes) >= search->need)
            continue;
        uint32_t alone[MAX_CLASSES];
        set_all(alone, classes);
        lower_found(profile, search, step, alone);
        *next = sum(alone, classes, search->classes) < search->need ? step + 1 : begin + 1;
        return 0;
    }
    return 1;
}

double profile_find(const struct profile *profile, const struct profile_search *search,
                    uint32_t *least)
{
    size_t step = step_at(profile, search->from);
    while (step < profile->count) {
        double time = fmax(search->from, profile->times[step]);
        if (time >= search->before)
            return INFINITY;
        size_t next;
        if (fits(profile, search, step, time + search->duration, least, &next))
            return time;
        step = next;
    }
    return INFINITY;
}

static int64_t total(const struct profile *profile, size_t step)
{
    int64_t nodes = 0;
    const int32_t *counts = counts_of(profile, step);
    for (size_t kind = 0; kind < profile->num_classes; kind++)
        nodes += counts[kind] > 0 ? counts[kind] : 0;
    return nodes;
}

void profile_bottom(const struct profile *profile, double from, uint32_t *extra, double *time)
{
    int64_t least = INT64_MAX;
    for (size_t step = step_at(profile, from); step < profile->count; step++) {
        int64_t nodes = total(profile, step);
        if (nodes >= least)
            continue;
        least = nodes;
        *time = fmax(from, profile->times[step]);
    }
    *extra = (uint32_t)least;
}
