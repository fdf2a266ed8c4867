/* Waits for loads at the resource port, where each rank's ends on its own. */
#ifndef ELASTISIM_EXECUTION_LOADS_H
#define ELASTISIM_EXECUTION_LOADS_H

#include "execution/shapes.h"

/* A rank's load, in flops or bytes. */
typedef double loads_amount(const struct cohort *cohort, const struct task *task, uint32_t rank);

/* Takes the ready ranks that have a load (amount > 0) out of the ready ones, into ranks and amounts
 * of the executor's working memory; returns how many. */
uint32_t loads_take(struct cohort *cohort, loads_amount *amount, const struct task *task);
/* Starts a group for the first `count` ranks and amounts of the executor's working memory, whose
 * completions go to `owner` (see enum waiter). NULL with the error filled. */
struct load_group *loads_start(struct cohort *cohort, enum load_kind kind, uint32_t count,
                               double flops_per_byte, void *owner);
/* The same for a part of these ranks: they wait for it. */
void loads_wait(struct cohort *cohort, enum load_kind kind, uint32_t count, double flops_per_byte);
/* Whether a load computes on all nodes of the team, beside what else it does. */
bool loads_compute_everywhere(enum load_kind kind, double flops_per_byte);
/* Loads of a part have ended. */
void loads_ended(struct part *part, const struct completion *completion);
/* The flops of a rank's compute. */
loads_amount loads_flops;

#endif
