/* Members of a PFS I/O that are alike, as one transfer. */
#ifndef ELASTISIM_RESOURCES_FLOW_CLASSES_H
#define ELASTISIM_RESOURCES_FLOW_CLASSES_H

#include "resources/flow/model.h"

/* Members that have something to send, with their routes; flow->users tells how many of them use
 * each link. */
struct class_maker {
    struct flow *flow;
    struct member_sketch *members;
    uint32_t count;
    struct pfs_routes *routes; /* where those of all members are kept; NULL if there is no such */
};

/* Makes the transfers of a new plan, in the order of first members. Returns 0, or -1 with err. */
int classes_make(const struct class_maker *maker, struct load_plan *plan, struct error *err);

#endif
