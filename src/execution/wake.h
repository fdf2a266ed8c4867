/* Whose turn it is: executions whose cohorts may move are due, and the executor runs these after
 * each event (executor_run). What happens while they run has its turn by an event of the same
 * instant.
 */
#ifndef ELASTISIM_EXECUTION_WAKE_H
#define ELASTISIM_EXECUTION_WAKE_H

#include "execution/shapes.h"

/* The execution is due as soon as the event that is handled now is over; nothing when it is so
 * already, or while the job is suspended. */
void wake_now(struct execution *execution);
/* It is due in an event of this instant, after those that are queued for it. */
void wake_in_turn(struct execution *execution);
/* In such an event the simulation has the word about the cohort, which is all ranks: it stands at a
 * point, or has come to the end. */
void wake_simulation(struct cohort *cohort, bool at_end);
/* The first execution that is due, which is so no longer; NULL when there is none. */
struct execution *wake_next(struct executor *executor);
/* It has no turn from now on: what would be its turn is kept until it may have it again. */
void wake_hold(struct execution *execution);
void wake_let_go(struct execution *execution);
/* Whether an event for its turn, or for the simulation's word, is queued or kept. */
bool wake_is_expected(const struct execution *execution);
/* The execution is to end: it has no turn any more. */
void wake_never(struct execution *execution);

#endif
