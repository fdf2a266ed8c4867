/* Jobs and nodes as state machines: the only place that writes their states and what follows from
 * them (queues, node states, reservations, counters, what changed), and tells the observers.
 *
 *     UNSUBMITTED  submit -> PENDING, or cancel -> CANCELLED
 *     PENDING      start  -> RUNNING
 *     RUNNING and PENDING_RECONFIGURATION  want -> either, whether a change waits or not
 *     PENDING_RECONFIGURATION  reconfigure -> IN_RECONFIGURATION
 *     IN_RECONFIGURATION       resume -> RUNNING, or PENDING_RECONFIGURATION with another change
 *     any running state        suspend -> the same, suspended, continue -> no longer so
 *     any running state        shrink -> IN_RECONFIGURATION, requeue -> PENDING
 *     any but UNSUBMITTED      end -> COMPLETED or KILLED
 *
 * Built with the address sanitizer, every transition and every invocation checks the whole state
 * (state_check) and stops the program where something does not hold.
 *
 * Functions that allocate return 0, or -1 with err. Node lists handed over are owned by the job
 * afterwards, also on failure.
 */
#ifndef ELASTISIM_SYSTEM_LIFECYCLE_H
#define ELASTISIM_SYSTEM_LIFECYCLE_H

#include "system/state.h"

/* All jobs unsubmitted, all nodes free, which is told of each. The pointers are borrowed;
 * `observers` may be NULL. */
int state_create(struct state *state, const struct configuration *configuration,
                 bool oversubscription, const struct platform *platform,
                 const struct workload *workload, const struct observers *observers,
                 struct error *err);
void state_release(struct state *state); /* fine on a zeroed one */

/* What schedulers inside the simulator are shown with the jobs (state->wishes); borrowed. */
void lifecycle_show_wishes(struct state *state, const struct decisions *wishes);

/* Moves the clock on; it never goes back. */
void lifecycle_advance(struct state *state, double now);

/* UNSUBMITTED -> PENDING, for a job that may be submitted since `eligible`. */
int lifecycle_submit(struct state *state, const struct job *job, double eligible,
                     struct error *err);
/* UNSUBMITTED -> CANCELLED, since `never`, one of its dependencies, can't hold any more. The
 * scheduler never hears of it. */
int lifecycle_cancel(struct state *state, const struct job *job, const struct dependency *never,
                     struct error *err);
/* PENDING -> RUNNING on `nodes`. */
int lifecycle_start(struct state *state, const struct job *job, struct node_list nodes,
                    uint32_t gpus, struct error *err);
/* A running job is to run on `nodes`: reserves the new ones (and frees those reserved before). The
 * same set of nodes and as many GPUs as it runs on mean no change. The state becomes
 * PENDING_RECONFIGURATION or RUNNING; a job IN_RECONFIGURATION stays so until it resumes. */
int lifecycle_want(struct state *state, const struct job *job, struct node_list nodes,
                   uint32_t gpus, struct error *err);
/* The same for a job at its point, where lifecycle_reconfigure follows at once: nothing is
 * reserved. */
int lifecycle_want_at_point(struct state *state, const struct job *job, struct node_list nodes,
                            uint32_t gpus, struct error *err);
/* Applies the waiting change: -> IN_RECONFIGURATION. Dropped nodes are free at once. */
int lifecycle_reconfigure(struct state *state, const struct job *job, struct error *err);
/* The reconfiguration is through: -> RUNNING, or PENDING_RECONFIGURATION when another waits. */
int lifecycle_resume(struct state *state, const struct job *job, struct error *err);
/* A running job keeps its nodes and its state, and stands still; it goes on. Nothing when it is so
 * already. One that shrinks stays suspended; one that is requeued or ends is not any more. */
int lifecycle_suspend(struct state *state, const struct job *job, struct error *err);
int lifecycle_continue(struct state *state, const struct job *job, struct error *err);
/* A change that waits is dropped; fine without one. */
int lifecycle_withdraw(struct state *state, const struct job *job, struct error *err);
/* A running job has lost nodes and goes on with the rest, `nodes`, from what it has completed:
 * -> IN_RECONFIGURATION. A change that waits is dropped. */
int lifecycle_shrink(struct state *state, const struct job *job, struct node_list nodes,
                     struct error *err);
/* A running job has written a checkpoint: that many iterations of phases are done, and the tasks
 * before that one in the next. */
int lifecycle_save(struct state *state, const struct job *job, uint64_t phases, size_t task,
                   struct error *err);
/* A running job loses all nodes: -> PENDING again, in its old place, to go on from its last
 * checkpoint, if there is one and it may be used, or from the start. */
int lifecycle_requeue(struct state *state, const struct job *job, bool from_checkpoint,
                      const char *reason, struct error *err);
/* A running job is about to be killed for nodes it has lost: all its work was in vain. */
void lifecycle_write_off(struct state *state, const struct job *job);
/* -> COMPLETED, or KILLED for a reason that observers are told (NULL when it is complete), from
 * PENDING or any running state: frees nodes and reservations. */
int lifecycle_end(struct state *state, const struct job *job, const char *reason,
                  struct error *err);
/* All ranks of a running job have finished that many iterations of phases. */
int lifecycle_progress(struct state *state, const struct job *job, uint64_t completed,
                       struct error *err);
/* All ranks have passed what a job does before its phases: it is not done again when the job goes
 * on with fewer nodes. */
void lifecycle_pass(struct state *state, const struct job *job);
/* Sets a runtime argument. */
int lifecycle_set_argument(struct state *state, const struct job *job, const char *key,
                           const char *value, struct error *err);

/* It is known what outages of the node are to come: these, by when they begin. Returns 0, or -1
 * with err when out of memory. */
int lifecycle_announce(struct state *state, const struct node *node,
                       const struct announcement *announced, size_t count, struct error *err);
/* A node can be used from now on, or can't; `returns` is when it will be up again as far as anybody
 * may know, INFINITY for not known. Jobs that can't stay there are taken off before. */
int lifecycle_set_availability(struct state *state, const struct node *node,
                               enum node_availability availability, double returns,
                               struct error *err);

/* Sorts what changed by ID for an invocation, nodes into a list only if that is wanted;
 * state_forget_changes afterwards. */
void state_sort_changes(struct state *state, bool lists_nodes);
void state_forget_changes(struct state *state);

#endif
