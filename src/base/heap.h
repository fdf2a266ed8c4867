/* Events in order of time, ties by turn and then in order of arrival: an intrusive heap. An event
 * lives in the struct of whoever waits for it; adding and removing allocate nothing once the heap
 * has grown.
 */
#ifndef ELASTISIM_BASE_HEAP_H
#define ELASTISIM_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times that are sums of the same spans in another order differ by rounding. Events closer than
 * this (seconds, a power of two) are taken to be at one instant, in order of arrival, save where a
 * boundary of this grid happens to fall between them. */
#define EVENT_INSTANT (1.0 / 16777216.0)

/* What comes first within one instant; ties beyond it go by arrival. */
enum event_turn {
    EVENT_IN_ORDER, /* what runs, what follows from it, and periodic invocations */
    EVENT_MACHINE,  /* after these: nodes fail, are repaired, are switched on and off */
    EVENT_ARRIVAL,  /* after these: submissions, and invocations that were put off */
    EVENT_LAST,     /* after everything else: the end of a job's walltime */
    EVENT_DECISION  /* when nothing more happens: what is decided about all of it together */
};

struct event {
    double time; /* simulated seconds: when it happens */
    enum event_turn turn;
    size_t slot; /* 1 + index in the heap; 0 while not queued */
    void (*handle)(void *owner);
    void *owner;
};

/* Where an event stands in the order, and the event: comparing two looks at neither. */
struct event_slot {
    double instant; /* its time, rounded */
    uint64_t order; /* turn and arrival */
    struct event *event;
};

struct event_heap {
    struct event_slot *slots; /* owned */
    size_t count;
    size_t capacity;
    uint64_t arrivals;
};

/* Queues an event (not queued already), in its instant: its time rounded to a multiple of
 * EVENT_INSTANT. Returns 0, or -1 when out of memory. */
int event_heap_add(struct event_heap *heap, struct event *event);
/* Whether the first event is in the instant of that time, or before. */
bool event_heap_is_due(const struct event_heap *heap, double time);
/* Takes an event out; nothing happens when it is not queued. */
void event_heap_remove(struct event_heap *heap, struct event *event);
/* The first event, still queued; NULL when there is none. */
struct event *event_heap_first(const struct event_heap *heap);
/* Frees the heap's own memory; the events belong to others. */
void event_heap_release(struct event_heap *heap);

#endif
