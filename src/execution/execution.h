/* The execution of a job, as the simulation has it: it begins, stands at points, goes on, and ends.
 */
#ifndef ELASTISIM_EXECUTION_EXECUTION_H
#define ELASTISIM_EXECUTION_EXECUTION_H

#include "execution/shared.h"

/* Starts the application of a job that runs since now on job->executing: on_init, then the phases;
 * or, when it goes on from a checkpoint, on_restart, and the phases from there. Returns 0, or -1
 * with err (a model that can't be evaluated, ...). */
int execution_start(struct executor *executor, const struct job *job, struct error *err);
/* After lifecycle_shrink: what the job had under way is given up, and it goes on with the nodes
 * that are left. Where it had got through on_init (or on_restart), it runs on_reconfiguration, then
 * on_expansion on nodes that had not got through theirs, then the phases from the first iteration
 * that is not complete; else it begins again. As execution_start otherwise. */
int execution_shrink(struct executor *executor, const struct job *job, struct error *err);

/* All that a running job does stands still from now on: what has a known end keeps the time that is
 * left, loads at the resource port and kernels on shared GPUs give their share to others, and what
 * would happen in this instant does not. Returns 0, or -1 with err. */
int execution_suspend(struct executor *executor, const struct job *job, struct error *err);
/* It goes on with what it had left. As execution_suspend. Both do nothing where it is so already.
 */
int execution_continue(struct executor *executor, const struct job *job, struct error *err);

/* At a point: goes on with the next phase iteration. */
void execution_pass_point(struct execution *execution);
/* At a point, after lifecycle_reconfigure: runs on_reconfiguration on the job's new nodes, then
 * on_expansion on those that are not in `before` (sorted by ID), and goes on. Returns 0, or -1 with
 * err. */
int execution_reconfigure(struct execution *execution, const struct node_list *before,
                          struct error *err);
/* At a point: the evolving request of the phase that comes next, clipped to the job's bounds when
 * so configured. *has is false when there is none (or the job's type asks for none). Returns 0, or
 * -1 with err when the model can't be evaluated or asks for an impossible number. */
int execution_request(struct execution *execution, bool *has, uint32_t *nodes, struct error *err);
/* At a point: whether the phase that comes next has a scheduling point (and the job's type reacts).
 */
bool execution_has_scheduling_point(const struct execution *execution);
/* At a point: the phase that comes next and its iteration. */
void execution_place(const struct execution *execution, uint64_t *phase, uint64_t *iteration);

/* Ends everything the job has under way and frees it (NULL is fine): nothing of it stays busy,
 * queued or locked. Not to be called from inside executor_run, but from events. */
void execution_destroy(struct execution *execution);

#endif
