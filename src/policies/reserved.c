/* Promise: jobs are kept in blocks of at most MOST_ITEMS. Adding and removing cost one block and
 * O(log jobs); a search looks into those blocks only that may have what it looks for. */
#include "policies/reserved.h"

#include "base/vector.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ITEMS = 32 };

struct item {
    double shortest, latest; /* as of a span */
    struct entry *entry;
};

struct reserved_block {
    size_t count;
    struct item items[MOST_ITEMS];
};

/* --- Blocks -------------------------------------------------------------------------------- */

static void summarize(struct reserved_span *span)
{
    const struct reserved_block *block = span->block;
    double shortest = INFINITY, latest = -INFINITY;
    for (size_t i = 0; i < block->count; i++) {
        shortest = block->items[i].shortest < shortest ? block->items[i].shortest : shortest;
        latest = block->items[i].latest > latest ? block->items[i].latest : latest;
    }
    span->shortest = shortest;
    span->latest = latest;
}

static int insert_span(struct reserved *reserved, size_t at)
{
    struct reserved_block *block = calloc(1, sizeof *block);
    if (!block || array_reserve(reserved->spans, reserved->room, reserved->num_spans + 1)) {
        free(block);
        return -1;
    }
    memmove(reserved->spans + at + 1, reserved->spans + at,
            (reserved->num_spans - at) * sizeof *reserved->spans);
    reserved->spans[at].block = block;
    summarize(&reserved->spans[at]);
    reserved->num_spans++;
    reserved_rewind(reserved);
    return 0;
}

static void remove_span(struct reserved *reserved, size_t at)
{
    free(reserved->spans[at].block);
    reserved->num_spans--;
    memmove(reserved->spans + at, reserved->spans + at + 1,
            (reserved->num_spans - at) * sizeof *reserved->spans);
    reserved_rewind(reserved);
}

/* The second half of a full block becomes one of its own. */
static int divide(struct reserved *reserved, size_t at)
{
    if (insert_span(reserved, at + 1))
        return -1;
    struct reserved_block *block = reserved->spans[at].block;
    struct reserved_block *half = reserved->spans[at + 1].block;
    half->count = block->count - block->count / 2;
    block->count -= half->count;
    memcpy(half->items, block->items + block->count, half->count * sizeof *half->items);
    summarize(&reserved->spans[at]);
    summarize(&reserved->spans[at + 1]);
    return 0;
}

/* --- Places -------------------------------------------------------------------------------- */

/* The last span whose first job does not come behind this one; the first, when all do. */
static size_t span_of(const struct reserved *reserved, const struct entry *entry)
{
    size_t span = 0;
    for (size_t left = reserved->num_spans, half; left > 1; left -= half) {
        half = left / 2;
        span +=
            queue_precedes(entry, reserved->spans[span + half].block->items[0].entry) ? 0 : half;
    }
    return span;
}

/* How many jobs of a block come before this one. */
static size_t index_of(const struct reserved_block *block, const struct entry *entry)
{
    size_t index = block->count;
    while (index > 0 && !queue_precedes(block->items[index - 1].entry, entry))
        index--;
    return index;
}

/* --- Adding and removing ------------------------------------------------------------------- */

int reserved_add(struct reserved *reserved, struct entry *entry)
{
    if (reserved->num_spans == 0 && insert_span(reserved, 0))
        return -1;
    size_t at = span_of(reserved, entry);
    if (reserved->spans[at].block->count == MOST_ITEMS) {
        if (divide(reserved, at))
            return -1;
        at = span_of(reserved, entry);
    }
    struct reserved_block *block = reserved->spans[at].block;
    size_t index = index_of(block, entry);
    memmove(block->items + index + 1, block->items + index,
            (block->count - index) * sizeof *block->items);
    block->items[index] = (struct item){entry->shortest, entry->reservation.time, entry};
    block->count++;
    summarize(&reserved->spans[at]);
    reserved->latest = later_of(reserved->latest, entry->reservation.time);
    return 0;
}

void reserved_remove(struct reserved *reserved, struct entry *entry)
{
    size_t at = span_of(reserved, entry);
    struct reserved_block *block = reserved->spans[at].block;
    size_t index = index_of(block, entry);
    block->count--;
    memmove(block->items + index, block->items + index + 1,
            (block->count - index) * sizeof *block->items);
    summarize(&reserved->spans[at]);
    if (block->count == 0)
        remove_span(reserved, at);
}

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return queue_precedes(x->entry, y->entry) ? -1 : 1;
}

int reserved_sort(struct reserved *reserved)
{
    VECTOR(struct item) all = {0};
    const struct item *sorted;
    for (size_t i = 0; i < reserved->num_spans; i++)
        for (size_t k = 0; k < reserved->spans[i].block->count; k++)
            if (vector_add(&all, reserved->spans[i].block->items[k])) {
                free(all.items);
                return -1;
            }
    if (all.count > 0)
        qsort(all.items, all.count, sizeof *all.items, compare_items);
    sorted = all.items;
    for (size_t i = 0; i < reserved->num_spans; i++) {
        struct reserved_block *block = reserved->spans[i].block;
        memcpy(block->items, sorted, block->count * sizeof *sorted);
        sorted += block->count;
        summarize(&reserved->spans[i]);
    }
    free(all.items);
    return 0;
}

void reserved_clear(struct reserved *reserved)
{
    while (reserved->num_spans > 0)
        free(reserved->spans[--reserved->num_spans].block);
    reserved_rewind(reserved);
}

void reserved_release(struct reserved *reserved)
{
    reserved_clear(reserved);
    free(reserved->spans);
    *reserved = (struct reserved){0};
}

/* --- Searching ----------------------------------------------------------------------------- */

static bool span_wants(const struct reserved_span *span, struct reach_step opening)
{
    return span->shortest <= opening.length && span->latest > opening.from;
}

bool reserved_want(const struct reserved *reserved, struct reach_step opening)
{
    for (size_t i = 0; i < reserved->num_spans; i++)
        if (span_wants(&reserved->spans[i], opening))
            return true;
    return false;
}

void reserved_rewind(struct reserved *reserved)
{
    reserved->hint = 0;
    reserved->latest = -INFINITY;
    for (size_t i = 0; i < reserved->num_spans; i++)
        reserved->latest = later_of(reserved->latest, reserved->spans[i].latest);
}

static bool is_behind(struct queue_place place, const struct entry *entry)
{
    return queue_place_precedes(place, queue_place_of(entry));
}

static struct entry *next_within(struct reserved_span *span, struct queue_place place,
                                 const struct reach *reach, struct reach_step news)
{
    struct reserved_block *block = span->block;
    for (struct item *item = block->items; item < block->items + block->count; item++) {
        if (news.length < item->shortest || news.from >= item->latest)
            continue;
        item->latest = item->entry->reservation.time;
        if (news.from < item->latest && reach_covers(reach, item->shortest, item->latest) &&
            is_behind(place, item->entry))
            return item->entry;
    }
    summarize(span);
    return NULL;
}

struct entry *reserved_next(struct reserved *reserved, struct queue_place place,
                            const struct reach *reach, struct reach_step news)
{
    while (reserved->hint + 1 < reserved->num_spans &&
           !is_behind(place, reserved->spans[reserved->hint + 1].block->items[0].entry))
        reserved->hint++;
    for (size_t i = reserved->hint; i < reserved->num_spans; i++) {
        struct reserved_span *span = &reserved->spans[i];
        if (!span_wants(span, news))
            continue;
        struct entry *found = next_within(span, place, reach, news);
        if (found)
            return found;
    }
    return NULL;
}
