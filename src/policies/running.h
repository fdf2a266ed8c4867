/* The jobs that run: by expected end, and those that can be resized at any time. */
#ifndef ELASTISIM_POLICIES_RUNNING_H
#define ELASTISIM_POLICIES_RUNNING_H

#include "policies/entry.h"

#include <stddef.h>

struct running {
    struct entry **items; /* by expected end, then ID; owned, the entries are not */
    size_t count, capacity;
    struct entry *malleable; /* those that can be resized at any time, by ID */
};

/* Returns 0, or -1 when memory ran out. */
int running_add(struct running *running, struct entry *entry);
void running_remove(struct running *running, struct entry *entry);
/* Moves the expected end of one of them. */
void running_move(struct running *running, struct entry *entry, double expected_end);
void running_release(struct running *running);

#endif
