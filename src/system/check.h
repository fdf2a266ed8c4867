/* What must hold of the state of a run. */
#ifndef ELASTISIM_SYSTEM_CHECK_H
#define ELASTISIM_SYSTEM_CHECK_H

#include "system/state.h"

/* Checks that the derived facts agree with the states of jobs and nodes. Costs a walk over
 * everything. Returns NULL, or what does not hold. */
const char *state_check(const struct state *state);

#endif
