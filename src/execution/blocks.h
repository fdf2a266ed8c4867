/* The way of an execution from block to block: on_init, the phases and their iterations, points,
 * on_reconfiguration, on_expansion, the end. */
#ifndef ELASTISIM_EXECUTION_BLOCKS_H
#define ELASTISIM_EXECUTION_BLOCKS_H

#include "execution/shapes.h"

const struct block *blocks_at(const struct execution *execution, const struct place *place);
/* The first phase from `phase` on that has iterations, or num_phases. */
size_t blocks_first_phase(const struct execution *execution, size_t phase);
/* The next phase iteration after (phase, iteration); false when there is none. */
bool blocks_next_iteration(const struct execution *execution, size_t *phase, uint64_t *iteration);
/* The cohort is at the start of a block's iteration, at its first task. */
void blocks_begin(struct cohort *cohort);
/* A cohort of all ranks goes on with the phases, or ends when none has iterations left. */
void blocks_enter_phases(struct cohort *cohort);
/* A cohort of all ranks has on_reconfiguration behind it: new ones go through on_expansion. */
void blocks_after_reconfiguration(struct cohort *cohort);
/* A block's iteration is over and its ranks have met: what comes next. */
void blocks_after(struct cohort *cohort);

#endif
