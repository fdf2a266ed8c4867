/* Who shrinks and who grows first: how high a running job stands at a size. */
#ifndef ELASTISIM_POLICIES_STANDING_H
#define ELASTISIM_POLICIES_STANDING_H

#include "policies/entry.h"
#include "policies/options.h"
#include "policies/running.h"

#include <stdbool.h>
#include <stdint.h>

/* The higher, the sooner a job of this size shrinks; the lower, the sooner it grows. */
double standing_at(const struct policy_options *options, const struct entry *entry, uint32_t size);
/* The same with a node less and more, as far as it can shrink and grow. */
struct standing standing_around(const struct policy_options *options, const struct entry *entry,
                                uint32_t size);
/* The least size from `least` to `most` at which the job stands at least so high; `most` when it
 * does at none of them. */
uint32_t standing_size(const struct policy_options *options, const struct entry *entry,
                       double standing, uint32_t least, uint32_t most);
/* The bound below which no job shrinks for others, and the size that it is. */
enum bound standing_bound(const struct policy_options *options);
uint32_t standing_smallest(const struct policy_options *options, const struct entry *entry);
/* The size beyond which no job grows. */
uint32_t standing_largest(const struct policy_options *options, const struct entry *entry,
                          bool others_wait);
/* Whether running jobs shrink at all. */
bool standing_matters(const struct policy_options *options);
/* Whether jobs make the agreements of agreements.h. */
bool standing_has_agreements(const struct policy_options *options);
/* Whether all are to come to the same standing. */
bool standing_is_shared(const struct policy_options *options);

#endif
