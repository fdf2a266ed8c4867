/* Promise: event_heap_first() is the smallest by (instant, turn, order); add and remove cost O(log
 * n). */
#include "base/heap.h"
#include "base/vector.h"

#include <math.h>
#include <stdlib.h>

static bool before(const struct event *a, const struct event *b)
{
    if (a->instant != b->instant)
        return a->instant < b->instant;
    if (a->turn != b->turn)
        return a->turn < b->turn;
    return a->order < b->order;
}

static void place(struct event_heap *heap, size_t index, struct event *event)
{
    heap->events[index] = event;
    event->slot = index + 1;
}

static void rise(struct event_heap *heap, size_t index, struct event *event)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (!before(event, heap->events[parent]))
            break;
        place(heap, index, heap->events[parent]);
        index = parent;
    }
    place(heap, index, event);
}

static void sink(struct event_heap *heap, size_t index, struct event *event)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && before(heap->events[child + 1], heap->events[child]))
            child++;
        if (!before(heap->events[child], event))
            break;
        place(heap, index, heap->events[child]);
        index = child;
    }
    place(heap, index, event);
}

static double instant_of(double time)
{
    return nearbyint(time / EVENT_INSTANT) * EVENT_INSTANT;
}

int event_heap_add(struct event_heap *heap, struct event *event)
{
    if (array_reserve(heap->events, heap->capacity, heap->count + 1))
        return -1;
    event->order = heap->arrivals++;
    event->instant = instant_of(event->time);
    rise(heap, heap->count++, event);
    return 0;
}

void event_heap_remove(struct event_heap *heap, struct event *event)
{
    if (event->slot == 0)
        return;
    size_t index = event->slot - 1;
    event->slot = 0;
    struct event *last = heap->events[--heap->count];
    if (last == event)
        return;
    if (index > 0 && before(last, heap->events[(index - 1) / 2]))
        rise(heap, index, last);
    else
        sink(heap, index, last);
}

struct event *event_heap_first(const struct event_heap *heap)
{
    return heap->count ? heap->events[0] : NULL;
}

bool event_heap_is_due(const struct event_heap *heap, double time)
{
    return heap->count > 0 && heap->events[0]->instant <= instant_of(time);
}

void event_heap_release(struct event_heap *heap)
{
    free(heap->events);
    *heap = (struct event_heap){0};
}
