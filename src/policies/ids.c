#include "policies/ids.h"

#include "base/vector.h"

#include <stdlib.h>
#include <string.h>

int ids_append(struct ids *ids, uint32_t id)
{
    if (array_reserve(ids->items, ids->room, (size_t)ids->count + 1))
        return -1;
    ids->items[ids->count++] = id;
    return 0;
}

int ids_append_all(struct ids *ids, const uint32_t *items, uint32_t count)
{
    if (array_reserve(ids->items, ids->room, (size_t)ids->count + count))
        return -1;
    if (count > 0)
        memcpy(ids->items + ids->count, items, count * sizeof *items);
    ids->count += count;
    return 0;
}

int ids_append_row(struct ids *ids, uint32_t first, uint32_t count)
{
    if (array_reserve(ids->items, ids->room, (size_t)ids->count + count))
        return -1;
    uint32_t *items = ids->items + ids->count;
    for (uint32_t i = 0; i < count; i++)
        items[i] = first + i;
    ids->count += count;
    return 0;
}

bool ids_remove(struct ids *ids, uint32_t id)
{
    for (uint32_t i = 0; i < ids->count; i++) {
        if (ids->items[i] != id)
            continue;
        ids->count--;
        memmove(ids->items + i, ids->items + i + 1, (ids->count - i) * sizeof *ids->items);
        return true;
    }
    return false;
}

void ids_release(struct ids *ids)
{
    free(ids->items);
    *ids = (struct ids){0};
}
