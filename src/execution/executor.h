/* Runs applications: moves the ranks of all jobs through their phases and tasks.
 *
 * Ranks that stand at the same point of the application at the same time are one cohort; a task
 * gives its members loads, members whose loads end together stay together, others split off, and
 * wherever all ranks meet they are one again. Cost follows the number of distinct finishing times,
 * not the number of nodes.
 *
 * Who owns what: the executor has the executions, an execution its teams, cohorts and async I/O, a
 * cohort its parts. The loop has the turn. An event, or a completion of the resource port, takes
 * what has ended away from whoever waited for it, makes the cohorts that can go on runnable, and
 * puts their execution on the list of those that are due; that is all. Then the loop calls
 * executor_run(), which moves all cohorts of the executions that are due until they wait again, and
 * only then lets devices that were freed serve others. So no execution moves while an event is
 * handled, and no event is handled while one moves.
 *
 * The executor tells the simulation what a job has come to through events of the same instant,
 * never by a call from inside its own work: a handler may kill any job, the one it was told about
 * included.
 */
#ifndef ELASTISIM_EXECUTION_EXECUTOR_H
#define ELASTISIM_EXECUTION_EXECUTOR_H

#include "execution/shared.h"

int executor_create(struct executor *executor, struct state *state, struct event_heap *heap,
                    struct devices *devices, struct error *err);
void executor_release(struct executor *executor); /* fine on a zeroed one */

/* The execution of a job; NULL while it does not run. */
struct execution *executor_find(const struct executor *executor, const struct job *job);

/* Hands a completion of the resource port to the execution that waits for it. */
struct completion;
void executor_complete(const struct completion *completion);
/* Has all that is due done, after each event and each completion. */
void executor_run(struct executor *executor);

#endif
