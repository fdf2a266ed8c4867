/* Where the scheduler may have a say in a job that runs: before iterations with an evolving request
 * or a scheduling point, as the job's type has it. */
#ifndef ELASTISIM_EXECUTION_POINT_H
#define ELASTISIM_EXECUTION_POINT_H

#include "execution/shapes.h"

/* Whether the simulation is asked before an iteration of a phase. */
bool point_is_before(const struct execution *execution, const struct block *phase);
/* Whether the job may ask for nodes before one. */
bool point_has_request(const struct execution *execution, const struct block *phase);
/* Whether it may be resized before one. */
bool point_has_resize(const struct execution *execution, const struct block *phase);

#endif
