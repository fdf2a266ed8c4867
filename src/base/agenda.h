/* What happens when, in order of time, ties in order of arrival: a binary heap of entries that live
 * in the struct of whoever waits. Unlike the simulation's event queue it keeps times apart that are
 * closer than an instant.
 */
#ifndef ELASTISIM_BASE_AGENDA_H
#define ELASTISIM_BASE_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agenda_entry {
    double time;    /* seconds */
    uint64_t order; /* breaks ties */
    size_t slot;    /* 1 + index in the heap; 0 while not in it */
    void (*handle)(void *owner, double time);
    void *owner;
};

struct agenda {
    struct agenda_entry **entries;
    size_t count, capacity;
};

/* Enters, moves, or with a time of INFINITY takes out. Returns 0, or -1 when out of memory (never
 * when moving or taking out). */
int agenda_set(struct agenda *agenda, struct agenda_entry *entry, double time);
void agenda_remove(struct agenda *agenda, struct agenda_entry *entry);
/* The first entry; NULL when there is none. */
struct agenda_entry *agenda_first(const struct agenda *agenda);
void agenda_release(struct agenda *agenda);

#endif
