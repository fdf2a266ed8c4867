/* Parts: ranks of a cohort that wait for the same end, or for the same group of loads. */
#ifndef ELASTISIM_EXECUTION_PART_H
#define ELASTISIM_EXECUTION_PART_H

#include "execution/shapes.h"

/* A part for `count` ranks, which the caller writes down and has taken from the ready ones; what
 * they wait for is the caller's to start. NULL (and the error filled) without memory. */
struct part *part_create(struct cohort *cohort, uint32_t count);
/* Ends what the part has under way and frees it; its ranks are the caller's affair. */
void part_destroy(struct part *part);
/* The ranks of a part begin (+1) or end (-1) to keep their CPUs busy, alone or by loads at the
 * port, or end to keep their GPUs so. */
void part_tell_busy(const struct part *part, int change);
/* (Nothing of a suspended job is busy: neither this nor part_tell_team tells anything then.) */
/* Tells of a change of what a rank keeps busy on its node (CPUS_BUSY, GPUS_BUSY; see observers.h).
 */
void part_tell_node(const struct cohort *cohort, enum happening_kind kind, uint32_t rank,
                    int change, double until);
/* A load at the port that may compute on all nodes of a team begins (+1) or ends (-1). */
void part_tell_team(const struct team *team, int change);

#endif
