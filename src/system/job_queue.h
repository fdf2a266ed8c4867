/* Jobs in a queue of the state, linked through the jobs themselves: the pending and the running
 * ones.
 */
#ifndef ELASTISIM_SYSTEM_JOB_QUEUE_H
#define ELASTISIM_SYSTEM_JOB_QUEUE_H

#include "system/state.h"

/* In the order of eligible times, ties by ID. The cost is how many stand
 * behind it, or before it, whichever is less. */
void job_queue_insert(struct job_queue *queue, struct job *job);
/* At the end. */
void job_queue_append(struct job_queue *queue, struct job *job);
/* Takes one of its jobs out. */
void job_queue_remove(struct job_queue *queue, struct job *job);

#endif
