/* Links that hold nobody back, since whoever uses them is held back at least as much elsewhere. */
#ifndef ELASTISIM_RESOURCES_FLOW_DOMINATORS_H
#define ELASTISIM_RESOURCES_FLOW_DOMINATORS_H

#include "resources/flow/pfs_routes.h"
#include "resources/topology.h"

/* Finds, over all routes that are known, the dominator of each link: another link that is used by
 * all who use the link, by each at least as much, and that has no larger capacity. As long as
 * nobody else uses the link, it is never exhausted before its dominator. Sets routes->dominators
 * anew when routes have become known since the last time. Returns 0, or -1 when out of memory. */
int dominators_find(struct pfs_routes *routes, struct topology *topology,
                    const struct shared_resource *resources);

#endif
