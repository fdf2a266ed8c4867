#include "base/agenda.h"

#include "base/vector.h"

#include <math.h>
#include <stdlib.h>

static bool before(const struct agenda_entry *a, const struct agenda_entry *b)
{
    return a->time < b->time || (a->time == b->time && a->order < b->order);
}

static void place(struct agenda *agenda, struct agenda_entry *entry, size_t index)
{
    agenda->entries[index] = entry;
    entry->slot = index + 1;
}

static void sift_up(struct agenda *agenda, struct agenda_entry *entry, size_t index)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (!before(entry, agenda->entries[parent]))
            break;
        place(agenda, agenda->entries[parent], index);
        index = parent;
    }
    place(agenda, entry, index);
}

static void sift_down(struct agenda *agenda, struct agenda_entry *entry, size_t index)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= agenda->count)
            break;
        if (child + 1 < agenda->count && before(agenda->entries[child + 1], agenda->entries[child]))
            child++;
        if (!before(agenda->entries[child], entry))
            break;
        place(agenda, agenda->entries[child], index);
        index = child;
    }
    place(agenda, entry, index);
}

int agenda_set(struct agenda *agenda, struct agenda_entry *entry, double time)
{
    if (isinf(time)) {
        agenda_remove(agenda, entry);
        entry->time = time;
        return 0;
    }
    if (!entry->slot && array_reserve(agenda->entries, agenda->capacity, agenda->count + 1))
        return -1;
    bool sooner = !entry->slot || time < entry->time;
    size_t index = entry->slot ? entry->slot - 1 : agenda->count++;
    entry->time = time;
    if (sooner)
        sift_up(agenda, entry, index);
    else
        sift_down(agenda, entry, index);
    return 0;
}

void agenda_remove(struct agenda *agenda, struct agenda_entry *entry)
{
    if (!entry->slot)
        return;
    size_t index = entry->slot - 1;
    entry->slot = 0;
    struct agenda_entry *last = agenda->entries[--agenda->count];
    if (last == entry)
        return;
    if (before(last, entry))
        sift_up(agenda, last, index);
    else
        sift_down(agenda, last, index);
}

struct agenda_entry *agenda_first(const struct agenda *agenda)
{
    return agenda->count ? agenda->entries[0] : NULL;
}

void agenda_release(struct agenda *agenda)
{
    free(agenda->entries);
    *agenda = (struct agenda){0};
}
