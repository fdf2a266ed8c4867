/* Jobs that are suspended: all that they do stands still, and goes on. */
#ifndef ELASTISIM_EXECUTION_SUSPENSION_H
#define ELASTISIM_EXECUTION_SUSPENSION_H

#include "execution/shapes.h"

/* What the execution has under way stands still from now on, and what would be its turn is kept. */
void suspension_begin(struct execution *execution);
/* It goes on. Returns 0, or -1 with err when the resource port can't. */
int suspension_end(struct execution *execution, struct error *err);

#endif
