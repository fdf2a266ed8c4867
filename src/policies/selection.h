/* Which of the free nodes a job gets. */
#ifndef ELASTISIM_POLICIES_SELECTION_H
#define ELASTISIM_POLICIES_SELECTION_H

#include "elastisim/scheduler.h"
#include "policies/ids.h"
#include "policies/options.h"
#include "policies/pool.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether a choice needs the ranks of the pool. */
bool selection_needs_ranks(enum nodes choice);
/* Free nodes of the classes in the mask that are not taken away before `until` (seconds). */
struct selection {
    enum nodes choice;
    uint64_t classes;
    double until;
};
/* Appends `count` of them (all of them, if there are fewer), by ID: first those that will be taken
 * away soonest, so that the others are spared for who needs them longer, and among these as chosen.
 * Ties go to the lowest ID. Returns 0, or -1 when memory ran out. */
int selection_take(struct node_pool *pool, const struct elastisim_view *view,
                   const struct selection *selection, uint32_t count, struct ids *selected);

#endif
