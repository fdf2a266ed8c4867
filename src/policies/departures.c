/* Promise: an operation costs the number of different times at which nodes leave, at most. */
#include "policies/departures.h"

#include "base/vector.h"

#include <stdlib.h>
#include <string.h>

/* The place of the first that is not before the time. */
static size_t place_of(const struct departures *departures, double time)
{
    size_t low = 0, high = departures->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (departures->items[middle]->time < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct departure *insert(struct departures *departures, size_t place, double time)
{
    struct departure *departure =
        calloc(1, sizeof *departure + departures->num_classes * sizeof(uint32_t));
    if (!departure || array_reserve(departures->items, departures->room, departures->count + 1)) {
        free(departure);
        return NULL;
    }
    departure->time = time;
    memmove(departures->items + place + 1, departures->items + place,
            (departures->count - place) * sizeof(struct departure *));
    departures->items[place] = departure;
    departures->count++;
    return departure;
}

struct departure *departures_join(struct departures *departures, double time)
{
    size_t place = place_of(departures, time);
    bool is_known = place < departures->count && departures->items[place]->time <= time;
    struct departure *departure =
        is_known ? departures->items[place] : insert(departures, place, time);
    if (departure)
        departure->num_nodes++;
    return departure;
}

void departures_quit(struct departures *departures, struct departure *departure)
{
    if (--departure->num_nodes > 0)
        return;
    size_t place = place_of(departures, departure->time);
    departures->count--;
    memmove(departures->items + place, departures->items + place + 1,
            (departures->count - place) * sizeof(struct departure *));
    free(departure);
}

void departures_release(struct departures *departures)
{
    for (size_t i = 0; i < departures->count; i++)
        free(departures->items[i]);
    free(departures->items);
    *departures = (struct departures){0};
}

void departures_subtract(const struct departures *departures, double until, uint32_t *counts)
{
    for (size_t i = 0; i < departures->count && departures->items[i]->time < until; i++)
        for (size_t kind = 0; kind < departures->num_classes; kind++)
            counts[kind] -= departures->items[i]->num_free[kind];
}
