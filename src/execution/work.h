/* What a task of each type does on its ranks. */
#ifndef ELASTISIM_EXECUTION_WORK_H
#define ELASTISIM_EXECUTION_WORK_H

#include "execution/shapes.h"

/* Gives the ready ranks of a cohort the loads of its task. Afterwards they are ready or in parts;
 * with exchange_pending the cohort is to meet and go on with STEP_EXCHANGE. */
void work_perform(struct cohort *cohort, const struct task *task);

#endif
