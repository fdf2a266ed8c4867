/* What the flow model is made of besides its own modules: lists and scratch memory that several of
 * them fill. */
#ifndef ELASTISIM_RESOURCES_FLOW_SHAPES_H
#define ELASTISIM_RESOURCES_FLOW_SHAPES_H

#include "resources/flow/pfs_routes.h"

#include <stddef.h>
#include <stdint.h>

struct flow_group; /* groups.h */

struct group_list {
    struct flow_group **items;
    size_t count, room;
};

/* A member of a load while it is sorted into classes of members that are alike. */
struct member_sketch {
    uint64_t hash;
    uint32_t index;
    uint32_t num_flows; /* of a PFS I/O */
    double amount;
    struct pfs_route route; /* of a PFS I/O */
};

struct sketches {
    struct member_sketch *items;
    size_t room;
};

/* Numbers, as many as need be. */
struct numbers {
    uint32_t *items;
    size_t count, room;
};

#endif
