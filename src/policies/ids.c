#include "policies/ids.h"

#include <stdlib.h>
#include <string.h>

int ids_append(struct ids *ids, uint32_t id)
{
    if (ids->count == ids->capacity) {
        uint32_t capacity = ids->capacity ? 2 * ids->capacity : 16;
        uint32_t *items = realloc(ids->items, capacity * sizeof *items);
        if (!items)
            return -1;
        ids->items = items;
        ids->capacity = capacity;
    }
    ids->items[ids->count++] = id;
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
