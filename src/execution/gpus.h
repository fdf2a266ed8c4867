/* GPU tasks: kernels on the GPUs of each rank's node, and exchanges between these. */
#ifndef ELASTISIM_EXECUTION_GPUS_H
#define ELASTISIM_EXECUTION_GPUS_H

#include "execution/shapes.h"

/* Gives the ready ranks their kernels and their exchange on the GPU link; with exchange_pending
 * they meet for what goes over the network. */
void gpus_perform(struct cohort *cohort, const struct task *task);

/* Tells, after a pause, which GPUs of its own a part of ranks with GPU tasks keeps busy, and for
 * how long. */
void gpus_tell_again(const struct part *part);

#endif
