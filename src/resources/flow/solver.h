/* The rates of variables, worked out. */
#ifndef ELASTISIM_RESOURCES_FLOW_SOLVER_H
#define ELASTISIM_RESOURCES_FLOW_SOLVER_H

#include "resources/flow/variable.h"

/* Works out all that has changed, and enters in the agenda when variables end. */
void sharing_solve(struct sharing *sharing, double now);

#endif
