/* Members of a load that are alike by symmetry. */
#ifndef ELASTISIM_RESOURCES_FLOW_SYMMETRY_H
#define ELASTISIM_RESOURCES_FLOW_SYMMETRY_H

#include "resources/flow/model.h"

/* The plan of a load of which each member has a transfer of that shape with itself as root, if many
 * of them are alike: a transfer for each class of them, with link sets that tell how many of its
 * members use each link. It is the caller's to release. NULL without err when they are not, or with
 * err. */
struct load_plan *symmetry_plan(struct flow *flow, const struct load *load,
                                enum transfer_shape shape, struct error *err);

#endif
