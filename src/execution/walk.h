/* Walks cohorts through the tasks of their application: entering, iterating and leaving tasks,
 * until their ranks wait for something. */
#ifndef ELASTISIM_EXECUTION_WALK_H
#define ELASTISIM_EXECUTION_WALK_H

#include "execution/shapes.h"

/* Moves all runnable cohorts of an execution on. When one of them fails, the error tells job and
 * time. */
void walk_run(struct execution *execution);

#endif
