/* Which members of a load are alike. */
#ifndef ELASTISIM_RESOURCES_FLOW_MEMBERS_H
#define ELASTISIM_RESOURCES_FLOW_MEMBERS_H

#include "base/error.h"
#include "resources/flow/plans.h"
#include "resources/flow/sketches.h"
#include "resources/resources.h"

struct flow;

/* Amounts below this are none, as in simgrid/draft.c. */
#define NEGLIGIBLE 1e-100

bool load_is_uniform(const struct load *load); /* whether all members have the same amount */
int numbers_add(struct numbers *numbers, uint32_t number, struct error *err);
/* The plan of a PFS I/O, with a reference for the caller: a transfer for each class of members
 * alike. NULL with err. */
struct load_plan *members_pfs_plan(struct flow *flow, const struct load *load, struct error *err);

#endif
