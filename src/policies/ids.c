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
