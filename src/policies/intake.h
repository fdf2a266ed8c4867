/* A job is looked at as it comes. */
#ifndef ELASTISIM_POLICIES_INTAKE_H
#define ELASTISIM_POLICIES_INTAKE_H

#include "policies/entry.h"
#include "policies/pool.h"

/* A waiting job; without a pool (NULL), one to look at only. Returns NULL when memory ran out, or
 * with err when what the workload says of it can't be. */
struct entry *intake_create(const struct node_pool *pool, struct estimates *estimates,
                            struct elastisim_job *job, struct error *err);

#endif
