/* Cells: which variables use which resources, and how both split when they are told apart. */
#ifndef ELASTISIM_RESOURCES_FLOW_CELLS_H
#define ELASTISIM_RESOURCES_FLOW_CELLS_H

#include "resources/flow/variable.h"

/* Resources start unused. Returns 0, or -1 when out of memory. */
int sharing_init(struct sharing *sharing, uint32_t num_resources, double precision, double done,
                 struct agenda *agenda);
void sharing_release(struct sharing *sharing);

/* Frees it; disables it first. The siblings stay. */
void sharing_destroy(struct sharing *sharing, struct variable *variable);
/* Lets it take part from `now` on; it may split. */
void sharing_enable(struct sharing *sharing, struct variable *variable, double now);
/* It takes no part from `now` on, and keeps what remains of it, until it is enabled again. Fine for
 * one that takes none. */
void sharing_disable(struct sharing *sharing, struct variable *variable, double now);
/* Load of a resource, in units of its capacity; solved before. */
double sharing_load(const struct sharing *sharing, uint32_t resource);

#endif
