/* Members of a load while they are sorted into classes of members that are alike. */
#ifndef ELASTISIM_RESOURCES_FLOW_SKETCHES_H
#define ELASTISIM_RESOURCES_FLOW_SKETCHES_H

#include "base/error.h"
#include "resources/flow/shapes.h"

/* Makes them hold that many. Returns 0, or -1 with err. */
int sketches_need(struct sketches *sketches, uint32_t count, struct error *err);
/* Sorts by hash, then index. */
void sketches_sort(struct member_sketch *sketches, uint32_t count);
/* Where the run of equal hashes that begins at `first` ends. */
uint32_t sketches_class_end(const struct member_sketch *sketches, uint32_t first, uint32_t count);

#endif
