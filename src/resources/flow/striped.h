/* Striped I/O. */
#ifndef ELASTISIM_RESOURCES_FLOW_STRIPED_H
#define ELASTISIM_RESOURCES_FLOW_STRIPED_H

#include "resources/flow/model.h"

/* Starts all parts of the load. Returns 0, or -1 with err. */
int striped_start(struct flow_group *group, const struct load *load, struct error *err);

#endif
