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
/* Appends `count` of the free nodes of the classes in the mask (all of them, if there are fewer),
 * by ID. Ties go to the lowest ID. Returns 0, or -1 when memory ran out. */
int selection_take(struct node_pool *pool, const struct elastisim_view *view, enum nodes choice,
                   uint64_t classes, uint32_t count, struct ids *selected);

#endif
