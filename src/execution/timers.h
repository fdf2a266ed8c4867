/* Waits with a known end: an event for all ranks of a cohort that wait equally long. */
#ifndef ELASTISIM_EXECUTION_TIMERS_H
#define ELASTISIM_EXECUTION_TIMERS_H

#include "execution/shapes.h"

/* A rank and how long it takes. */
struct timed_rank {
    double duration; /* seconds; none when not above 0 */
    uint32_t rank;
};

/* Puts the ready ranks, which `timed` has in any order, into parts, one per distinct duration;
 * those without stay ready. */
void timers_start_each(struct cohort *cohort, struct timed_rank *timed, enum busy busy);
/* A duration per rank: the share of the task's compute, over the node's speed when `by_speed`. */
void timers_start_shares(struct cohort *cohort, const struct task *task, bool by_speed,
                         enum busy busy);

/* The ranks of a part with a known end, if it has one, stand still, and go on. */
void timers_pause(struct part *part);
void timers_go_on(struct part *part);

#endif
