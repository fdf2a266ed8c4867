/* A model behind the resource port that gives the times of SimGrid's L07 model, without SimGrid's
 * costs: docs/flow_model.md.
 */
#ifndef ELASTISIM_RESOURCES_FLOW_FLOW_H
#define ELASTISIM_RESOURCES_FLOW_FLOW_H

#include "resources/load_model.h"
#include "resources/simgrid/settings.h"
#include "resources/topology.h"

extern const struct load_model flow_model;

struct flow;

/* The topology has to outlive it. Returns NULL when out of memory. */
struct flow *flow_create(struct topology *topology, const struct simgrid_settings *settings);

#endif
