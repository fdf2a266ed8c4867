/* How far a job has come: phase iterations that all its ranks have passed, and the one that its
 * first ranks are in. */
#ifndef ELASTISIM_EXECUTION_PROGRESS_H
#define ELASTISIM_EXECUTION_PROGRESS_H

#include "execution/shapes.h"

/* Tells when the ranks are the first of the job in an iteration of a phase. */
void progress_note(const struct cohort *cohort);
/* Counts a phase iteration of the cohort as finished. */
void progress_pass(struct cohort *cohort);

/* A cohort has ended a task of a phase, `block`, that is a checkpoint, and is to go on at the task
 * of that index: it counts once all ranks of the job have. */
void progress_save_task(const struct cohort *cohort, const struct block *block, size_t next);

#endif
