/* The operations of the public API (include/elastisim/scheduler.h), once for the simulator and for
 * the library of external schedulers: what a scheduler wants in an invocation is kept as decisions,
 * and the accessors show it at once.
 *
 * Below the operations is a view of the system: of the state of the run in the simulator
 * (scheduler/view.c), of what the messages said in the library (libelastisim/system.c). Each
 * provides the few functions that are declared at the end.
 */
#ifndef ELASTISIM_SCHEDULER_OPERATIONS_H
#define ELASTISIM_SCHEDULER_OPERATIONS_H

#include "elastisim/scheduler.h"
#include "scheduler/decision.h"

/* What is wanted so far. */
struct wishes {
    struct decisions *decisions; /* empty at the beginning; borrowed */
    const uint64_t *known_free;  /* bit set by node ID: FREE before any operation; borrowed */
    uint64_t *free_nodes; /* the same less those assigned, plus those given up; NULL before the
                           * first operation that changes it; owned */
    size_t num_nodes, num_free; /* num_free: members of whichever of the two counts */
    bool out_of_memory;
    char failure[1001]; /* what elastisim_fail said; "" */
};

/* Frees what belongs to the wishes; the decisions stay. */
void elastisim_wishes_release(struct wishes *wishes);

/* --- What a view provides ----------------------------------------------------------------------
 */
struct wishes *elastisim_ground_wishes(struct elastisim_view *view);
const struct wishes *elastisim_ground_shown(const struct elastisim_view *view);
/* The decisions of the invocation under way that the job is part of; NULL outside of one. */
const struct decisions *elastisim_ground_decisions(const struct elastisim_job *job);
/* The nodes assigned to a job before any operation, in rank order, and the GPUs on each. */
const uint32_t *elastisim_ground_nodes(const struct elastisim_job *job, uint32_t *count);
uint32_t elastisim_ground_gpus(const struct elastisim_job *job);
struct elastisim_node *elastisim_ground_node(const struct elastisim_job *job, uint32_t id);
/* Whether jobs other than this one are expected on a node. */
bool elastisim_ground_expects_others(const struct elastisim_node *node,
                                     const struct elastisim_job *job);

#endif
