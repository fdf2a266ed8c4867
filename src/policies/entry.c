#include "policies/entry.h"

#include <stdlib.h>

struct entry *entry_of_mark(struct profile_mark *mark)
{
    return (struct entry *)((char *)mark - offsetof(struct entry, reservation));
}

struct profile_stay entry_stay(const struct entry *entry)
{
    double start = entry->reservation.time;
    return (struct profile_stay){entry->counts, start, start + entry->estimate};
}

uint32_t entry_bound(const struct entry *entry, enum bound bound)
{
    return bound == BOUND_PREFERRED ? entry->preferred : entry->least;
}

bool entry_is_malleable(const struct entry *entry)
{
    return entry->type == ELASTISIM_MALLEABLE || entry->type == ELASTISIM_ADAPTIVE;
}

int entry_duration(const struct entry *entry, struct estimates *estimates, uint32_t count,
                   double *seconds, struct error *err)
{
    bool follows_size;
    *seconds = entry->estimate;
    if (!entry->follows_size || count == entry->least)
        return 0;
    return estimates_duration(estimates, entry->job, count, seconds, &follows_size, err);
}

void entry_destroy(struct entry *entry)
{
    if (!entry)
        return;
    ids_release(&entry->leaving);
    ids_release(&entry->kept_nodes);
    free(entry);
}
