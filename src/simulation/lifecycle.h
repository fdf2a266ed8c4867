/* Jobs and nodes as state machines: the only place that writes their states and what follows from
 * them (queues, node states, reservations, counters, what changed, rows of node_utilization).
 *
 * Functions that allocate return 0, or -1 with err. Node lists handed over are owned by the job
 * afterwards, also on failure.
 */
#ifndef ELASTISIM_SIMULATION_LIFECYCLE_H
#define ELASTISIM_SIMULATION_LIFECYCLE_H

#include "simulation/state.h"

/* All jobs unsubmitted, all nodes free. The pointers are borrowed. Writes the row per node of time
 * 0. */
int state_create(struct state *state, const struct configuration *configuration,
                 const struct platform *platform, const struct workload *workload,
                 struct results *results, struct error *err);
void state_release(struct state *state); /* fine on a zeroed one; executions must be gone */

/* UNSUBMITTED -> PENDING. */
int lifecycle_submit(struct state *state, struct job *job, struct error *err);
/* PENDING -> RUNNING on `nodes`. */
int lifecycle_start(struct state *state, struct job *job, struct node_list nodes, uint32_t gpus,
                    struct error *err);
/* A running job is to run on `nodes`: reserves the new ones (and frees those reserved before). The
 * same set of nodes and as many GPUs as it runs on mean no change. The state becomes
 * PENDING_RECONFIGURATION or RUNNING; a job IN_RECONFIGURATION stays so until it resumes. */
int lifecycle_want(struct state *state, struct job *job, struct node_list nodes, uint32_t gpus,
                   struct error *err);
/* The same for a job at its point, where lifecycle_reconfigure follows at once: nothing is
 * reserved. */
int lifecycle_want_at_point(struct state *state, struct job *job, struct node_list nodes,
                            uint32_t gpus, struct error *err);
/* Applies the waiting change: -> IN_RECONFIGURATION. Dropped nodes are free at once. */
int lifecycle_reconfigure(struct state *state, struct job *job, struct error *err);
/* The reconfiguration is through: -> RUNNING, or PENDING_RECONFIGURATION when another waits. */
int lifecycle_resume(struct state *state, struct job *job, struct error *err);
/* -> COMPLETED or KILLED, from PENDING or any running state: frees nodes and reservations. */
int lifecycle_end(struct state *state, struct job *job, enum job_state end, struct error *err);
/* Something the scheduler is told about the job changed (its progress, a runtime argument). */
int lifecycle_touch(struct state *state, struct job *job, struct error *err);

/* Sorts what changed by ID for an invocation; state_forget_changes afterwards. */
void state_sort_changes(struct state *state);
void state_forget_changes(struct state *state);

/* Copies a list. Returns 0, or -1 with err. */
int node_list_copy(struct node_list *to, const uint32_t *ids, uint32_t count, struct error *err);
void node_list_release(struct node_list *list);
/* Sorts a list by ID. */
void node_list_sort(struct node_list *list);

/* Checks that the derived facts agree with the states of jobs and nodes; for tests and debug
 * builds. Costs a walk over everything. Returns NULL, or what does not hold. */
const char *state_check(const struct state *state);

#endif
