/* Promise: event_heap_first() is the smallest by (instant, turn, order); add and remove cost O(log
 * n). */
#include "base/heap.h"
#include "base/vector.h"

#include <math.h>
#include <stdlib.h>

/* Four children to a parent: half as many levels as two, and they lie side by side. */
enum { CHILDREN = 4, TURN_SHIFT = 60 };

static bool before(const struct event_slot *a, const struct event_slot *b)
{
    return a->instant < b->instant || (a->instant <= b->instant && a->order < b->order);
}

static void place(struct event_heap *heap, size_t index, struct event_slot slot)
{
    heap->slots[index] = slot;
    slot.event->slot = index + 1;
}

static void rise(struct event_heap *heap, size_t index, struct event_slot slot)
{
    while (index > 0) {
        size_t parent = (index - 1) / CHILDREN;
        if (!before(&slot, &heap->slots[parent]))
            break;
        place(heap, index, heap->slots[parent]);
        index = parent;
    }
    place(heap, index, slot);
}

/* The first in order of the children from `child` on. */
static size_t first_child(const struct event_heap *heap, size_t child)
{
    size_t end = child + CHILDREN < heap->count ? child + CHILDREN : heap->count, first = child;
    while (++child < end)
        if (before(&heap->slots[child], &heap->slots[first]))
            first = child;
    return first;
}

static void sink(struct event_heap *heap, size_t index, struct event_slot slot)
{
    for (size_t child; (child = CHILDREN * index + 1) < heap->count; index = child) {
        child = first_child(heap, child);
        if (!before(&heap->slots[child], &slot))
            break;
        place(heap, index, heap->slots[child]);
    }
    place(heap, index, slot);
}

static double instant_of(double time)
{
    return nearbyint(time / EVENT_INSTANT) * EVENT_INSTANT;
}

int event_heap_add(struct event_heap *heap, struct event *event)
{
    if (array_reserve(heap->slots, heap->capacity, heap->count + 1))
        return -1;
    uint64_t order = (uint64_t)event->turn << TURN_SHIFT | heap->arrivals++;
    rise(heap, heap->count++, (struct event_slot){instant_of(event->time), order, event});
    return 0;
}

void event_heap_remove(struct event_heap *heap, struct event *event)
{
    if (event->slot == 0)
        return;
    size_t index = event->slot - 1;
    event->slot = 0;
    struct event_slot last = heap->slots[--heap->count];
    if (last.event == event)
        return;
    if (index > 0 && before(&last, &heap->slots[(index - 1) / CHILDREN]))
        rise(heap, index, last);
    else
        sink(heap, index, last);
}

struct event *event_heap_first(const struct event_heap *heap)
{
    return heap->count ? heap->slots[0].event : NULL;
}

bool event_heap_is_due(const struct event_heap *heap, double time)
{
    return heap->count > 0 && heap->slots[0].instant <= instant_of(time);
}

void event_heap_release(struct event_heap *heap)
{
    free(heap->slots);
    *heap = (struct event_heap){0};
}
