/* Members of a load while they are sorted into classes of members that are alike. */
#ifndef ELASTISIM_RESOURCES_FLOW_SKETCHES_H
#define ELASTISIM_RESOURCES_FLOW_SKETCHES_H

#include "base/error.h"
#include "resources/flow/shapes.h"

/* Makes them hold that many. Returns 0, or -1 with err. */
int sketches_need(struct sketches *sketches, uint32_t count, struct error *err);
/* Sorts by hash, then index. */
void sketches_sort(struct member_sketch *sketches, uint32_t count);
/* A link while they are sorted into those with the same hash. */
struct link_sketch {
    uint64_t hash;
    uint32_t link;
};

/* Sorts by hash, then link. */
void sketches_sort_links(struct link_sketch *links, size_t count);
/* How many hashes the sorted members have. */
uint32_t sketches_num_classes(const struct member_sketch *sketches, uint32_t count);
/* Where the run of equal hashes that begins at `first` ends. */
uint32_t sketches_class_end(const struct member_sketch *sketches, uint32_t first, uint32_t count);

#endif
