/* What the application comes to for the nodes of an execution: iterations, loads and the shares of
 * the ranks in these, evolving requests. */
#ifndef ELASTISIM_EXECUTION_EVALUATION_H
#define ELASTISIM_EXECUTION_EVALUATION_H

#include "execution/shapes.h"

/* Evaluates what runs from here on: the phases, and the one-time phases that are due, which are
 * those of the stage with which it begins. Returns 0, or -1 with err. */
int evaluation_loads(struct execution *execution, enum stage first, struct error *err);
/* Iterations of a block: they see the job's arguments only. Returns 0, or -1 with err. */
int evaluation_iterations(const struct execution *execution, const struct block *block,
                          uint64_t *iterations, struct error *err);
/* Nodes that the evolving request (any but PAYLOAD_NONE) of the phase that comes next asks for, as
 * the model has it. Returns 0, or -1 with err. */
int evaluation_request(const struct execution *execution, const struct payload *request,
                       double *nodes, struct error *err);
/* The load of a rank by the task's own pattern (flops or seconds of compute; bytes of I/O). */
double evaluation_compute(const struct execution *execution, const struct task *task, uint32_t rank,
                          uint32_t n);
double evaluation_io(const struct execution *execution, const struct task *task, uint32_t rank,
                     uint32_t n);

#endif
