/* The jobs that run: by expected end, and those that can be resized at any time. */
#ifndef ELASTISIM_POLICIES_RUNNING_H
#define ELASTISIM_POLICIES_RUNNING_H

#include "policies/entry.h"
#include "policies/queue.h"

#include <stddef.h>

/* How high a job stands, and would with a node less (-INFINITY if it can't) and a node more
 * (INFINITY). */
struct standing {
    double now, less, more;
};

struct running {
    struct entry **items; /* by expected end, then ID; owned, the entries are not */
    size_t count, room;
    size_t num_predicted; /* whose expected end is a prediction that may be raised */
    struct entry *malleable, *last_malleable; /* those that can be resized at any time, by ID */
    struct queue ranks;                       /* of them, those that were ranked, by standing */
    /* Of the ranked ones: nodes beyond each bound, and up to their preferred sizes and their most.
     */
    uint64_t beyond[NUM_BOUNDS], up_to_preferred, up_to_most;
    uint64_t num_leaving; /* nodes that are to leave their jobs */
    uint64_t num_changes; /* of what ranked jobs have, are promised or are to lose, so far */
};

/* Returns 0, or -1 when memory ran out. */
int running_add(struct running *running, struct entry *entry);
void running_remove(struct running *running, struct entry *entry);
/* Moves the expected end of one of them. */
void running_move(struct running *running, struct entry *entry, double expected_end);
/* Ranks a malleable job by its standing at a size, its target, and with a node less and more; a
 * target of 0 takes it out (`standing` may be NULL). Costs nothing when all is as before. */
void running_rank(struct running *running, struct entry *entry, uint32_t target,
                  const struct standing *standing);
/* Knows how much a ranked job can give and get; of one that is not ranked, that it can't. */
void running_measure(struct running *running, struct entry *entry);
void running_release(struct running *running);

#endif
