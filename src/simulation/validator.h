/* Judges decisions before any of them is applied (docs/protocol.md), whoever made them. */
#ifndef ELASTISIM_SIMULATION_VALIDATOR_H
#define ELASTISIM_SIMULATION_VALIDATOR_H

#include "scheduler/backend.h"

/* Which nodes of a word are given: in an answer, and in one decision of it. */
struct claims {
    uint64_t round;    /* the answer */
    uint64_t all, own; /* a bit for each node */
    uint32_t job;      /* whose decision `own` is of */
};

/* Working memory, kept between invocations. */
struct validator {
    struct claims *claims; /* by word of a set of nodes */
    bool *all_free;        /* by decision: whether all its nodes are */
    size_t all_free_room;
    uint64_t round;
    uint8_t *commanded; /* by node: what the answer under judgement orders, folded; else all 0 */
};

int validator_create(struct validator *validator, uint32_t num_nodes, struct error *err);
void validator_release(struct validator *validator);

/* Returns 0 when every decision can be applied, else -1 with err (ERROR_SCHEDULER) that names time,
 * invocation, job and rule. `at_point` tells that the triggering job is at a scheduling point
 * or evolving request, where what it gives up can be given to others at once. */
int validator_check(struct validator *validator, const struct state *state,
                    const struct invocation *invocation, bool at_point,
                    const struct decisions *decisions, struct error *err);

/* GPUs per node that a decision comes to: its own, else the job's present ones, else the least the
 * job takes. */
uint32_t validator_decided_gpus(const struct job *job, const struct decision *decision);
/* Whether a decision (with nodes or GPUs) asks for something else than the job has. */
bool validator_resizes(const struct job *job, const struct decision *decision);

#endif
