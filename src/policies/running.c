#include "policies/running.h"

#include "base/vector.h"

#include <stdlib.h>
#include <string.h>

static bool ends_before(const struct entry *a, const struct entry *b)
{
    return a->expected_end < b->expected_end ||
           (a->expected_end <= b->expected_end && a->id < b->id);
}

/* The place of a running job, or where it belongs. */
static size_t place_of(const struct running *running, const struct entry *entry)
{
    size_t low = 0, high = running->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ends_before(running->items[middle], entry))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put(struct running *running, struct entry *entry)
{
    size_t place = place_of(running, entry);
    memmove(running->items + place + 1, running->items + place,
            (running->count - place) * sizeof(struct entry *));
    running->items[place] = entry;
    running->count++;
}

static void take_out(struct running *running, const struct entry *entry)
{
    size_t place = place_of(running, entry);
    running->count--;
    memmove(running->items + place, running->items + place + 1,
            (running->count - place) * sizeof(struct entry *));
}

/* Those that start now mostly belong at the end. */
static void add_malleable(struct running *running, struct entry *entry)
{
    struct entry *before = running->last_malleable;
    while (before && before->id > entry->id)
        before = before->previous_malleable;
    struct entry *behind = before ? before->next_malleable : running->malleable;
    entry->previous_malleable = before;
    entry->next_malleable = behind;
    *(before ? &before->next_malleable : &running->malleable) = entry;
    *(behind ? &behind->previous_malleable : &running->last_malleable) = entry;
}

static void remove_malleable(struct running *running, const struct entry *entry)
{
    struct entry *before = entry->previous_malleable, *behind = entry->next_malleable;
    *(before ? &before->next_malleable : &running->malleable) = behind;
    *(behind ? &behind->previous_malleable : &running->last_malleable) = before;
}

int running_add(struct running *running, struct entry *entry)
{
    if (array_reserve(running->items, running->room, running->count + 1))
        return -1;
    put(running, entry);
    if (entry_is_malleable(entry))
        add_malleable(running, entry);
    return 0;
}

void running_remove(struct running *running, struct entry *entry)
{
    take_out(running, entry);
    if (!entry_is_malleable(entry))
        return;
    remove_malleable(running, entry);
    running_rank(running, entry, 0, NULL);
    running_measure(running, entry);
}

static bool stands_so(const struct entry *entry, const struct standing *standing)
{
    return !standing || (entry->key <= standing->now && entry->key >= standing->now);
}

void running_rank(struct running *running, struct entry *entry, uint32_t target,
                  const struct standing *standing)
{
    if (entry->target == target && stands_so(entry, standing))
        return;
    if (entry->target > 0)
        queue_remove(&running->ranks, entry);
    entry->target = target;
    if (target == 0)
        return;
    entry->key = standing->now;
    entry->less = standing->less;
    entry->more = standing->more;
    entry->has_room = target < entry->most;
    queue_add(&running->ranks, entry);
}

static uint32_t difference(uint32_t more, uint32_t less)
{
    return more > less ? more - less : 0;
}

/* Adds its share of a sum in the place of the one it had. */
static void renew(uint64_t *sum, uint32_t *share, uint32_t now)
{
    *sum += now - (uint64_t)*share;
    *share = now;
}

void running_measure(struct running *running, struct entry *entry)
{
    bool is_ranked = entry->target > 0;
    running->num_changes++;
    uint32_t size = is_ranked ? entry->assigned : 0;
    for (enum bound bound = 0; bound < NUM_BOUNDS; bound++)
        renew(&running->beyond[bound], &entry->beyond[bound],
              difference(size, entry_bound(entry, bound)));
    renew(&running->up_to_preferred, &entry->up_to_preferred,
          is_ranked ? difference(entry->preferred, size) : 0);
    renew(&running->up_to_most, &entry->up_to_most, is_ranked ? difference(entry->most, size) : 0);
}

void running_move(struct running *running, struct entry *entry, double expected_end)
{
    take_out(running, entry);
    entry->expected_end = expected_end;
    put(running, entry);
}

void running_release(struct running *running)
{
    free(running->items);
    *running = (struct running){0};
}
