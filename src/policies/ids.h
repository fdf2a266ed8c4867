/* A growing list of node or job IDs. */
#ifndef ELASTISIM_POLICIES_IDS_H
#define ELASTISIM_POLICIES_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ids {
    uint32_t *items; /* owned */
    uint32_t count;
    size_t room;
};

/* Returns 0, or -1 when memory ran out. */
int ids_append(struct ids *ids, uint32_t id);
int ids_append_all(struct ids *ids, const uint32_t *items, uint32_t count);
/* `count` IDs in a row from `first` on. */
int ids_append_row(struct ids *ids, uint32_t first, uint32_t count);
bool ids_remove(struct ids *ids, uint32_t id); /* whether it was there; keeps the order */
void ids_release(struct ids *ids);

#endif
