/* Runs applications: moves the ranks of a job through its phases and tasks.
 *
 * Ranks that stand at the same point of the application at the same time are one cohort; a task
 * gives its members loads, members whose loads end together stay together, others split off, and
 * wherever all ranks meet they are one again. Cost follows the number of distinct finishing times,
 * not the number of nodes.
 *
 * The executor tells the simulation what a job has come to through events of the same instant,
 * never by a call from inside its own work: a handler may kill any job, the one it was told about
 * included.
 */
#ifndef ELASTISIM_EXECUTION_EXECUTOR_H
#define ELASTISIM_EXECUTION_EXECUTOR_H

#include "base/heap.h"
#include "system/state.h"

struct devices; /* execution/devices.h */

/* What all executions of a run share. The pointers are borrowed. */
struct executor {
    struct state *state;
    struct event_heap *heap;
    struct devices *devices;
    struct execution **executions; /* by job ID; NULL while it does not run; owned */
    struct error *err; /* filled when something fails inside an event; the run then ends */
    /* All ranks stand between two phase iterations where the scheduler may have a say. The
     * simulation ends the pause with execution_continue or execution_reconfigure. */
    void (*at_point)(void *context, const struct job *job);
    /* The last phase is done on all ranks, and all I/O with it. */
    void (*at_end)(void *context, const struct job *job);
    void *context;
    /* Working memory, sized for all nodes. */
    uint32_t *ranks;
    double *amounts;
    const struct pfs_targets **targets;
};

int executor_create(struct executor *executor, struct state *state, struct event_heap *heap,
                    struct devices *devices, struct error *err);
void executor_release(struct executor *executor); /* fine on a zeroed one */

/* Starts the application of a job that runs since now on job->executing (on_init, then the phases).
 * Returns 0, or -1 with err (a model that can't be evaluated, ...). */
int execution_start(struct executor *executor, const struct job *job, struct error *err);
/* The execution of a job; NULL while it does not run. */
struct execution *executor_find(const struct executor *executor, const struct job *job);

/* At a point: goes on with the next phase iteration. */
void execution_continue(struct execution *execution);
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
 * queued or locked. */
void execution_destroy(struct execution *execution);

/* Hands a completion of the resource port to the execution that waits for it. */
struct completion;
void executor_complete(struct executor *executor, const struct completion *completion);

#endif
