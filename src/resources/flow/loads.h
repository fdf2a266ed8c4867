/* Loads, made of variables and disk I/Os. */
#ifndef ELASTISIM_RESOURCES_FLOW_LOADS_H
#define ELASTISIM_RESOURCES_FLOW_LOADS_H

#include "resources/flow/model.h"

/* Starts all parts of a load. Returns 0, or -1 with err. */
int load_start(struct flow_group *group, const struct load *load, struct error *err);

#endif
