/* The jobs that run: by expected end, and those that can be resized at any time. */
#ifndef ELASTISIM_POLICIES_RUNNING_H
#define ELASTISIM_POLICIES_RUNNING_H

#include "policies/entry.h"
#include "policies/queue.h"

#include <stddef.h>

struct running {
    struct entry **items; /* by expected end, then ID; owned, the entries are not */
    size_t count, capacity;
    struct entry *malleable; /* those that can be resized at any time, by ID */
    struct queue ranks;      /* of them, those that were ranked, by standing */
};

/* Returns 0, or -1 when memory ran out. */
int running_add(struct running *running, struct entry *entry);
void running_remove(struct running *running, struct entry *entry);
/* Moves the expected end of one of them. */
void running_move(struct running *running, struct entry *entry, double expected_end);
/* Ranks a malleable job by its standing at a size, its target. */
void running_rank(struct running *running, struct entry *entry, uint32_t target, double standing);
void running_release(struct running *running);

#endif
