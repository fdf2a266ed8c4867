/* A model behind the resource port that gives the times of SimGrid's L07 model, without SimGrid's
 * costs: docs/flow_model.md.
 */
#ifndef ELASTISIM_RESOURCES_FLOW_FLOW_H
#define ELASTISIM_RESOURCES_FLOW_FLOW_H

#include "resources/port.h"
#include "resources/simgrid.h"

extern const struct load_model flow_model;

/* Returns NULL when out of memory. */
struct flow *flow_create(struct resources *resources, const struct simgrid_settings *settings);
void flow_destroy(struct flow *flow); /* NULL is fine */

#endif
