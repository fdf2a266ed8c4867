/* The view of the system that C schedulers inside the simulator get: the public API
 * (include/elastisim/scheduler.h) over the state of a run. */
#ifndef ELASTISIM_SCHEDULER_VIEW_H
#define ELASTISIM_SCHEDULER_VIEW_H

#include "elastisim/scheduler.h"
#include "scheduler/backend.h"
#include "scheduler/operations.h"

struct elastisim_view {
    const struct state *state;
    const struct invocation *invocation;
    struct wishes wishes;
};

void view_open(struct elastisim_view *view, const struct state *state,
               const struct invocation *invocation, struct decisions *decisions);
/* Ends it; the decisions hold what is wanted. Returns 0, or -1 with err. */
int view_close(struct elastisim_view *view, struct error *err);
/* A job, submitted or not, as the API has it. */
const struct elastisim_job *view_job(const struct state *state, size_t id);
/* Ends it and forgets what is wanted. */
void view_abandon(struct elastisim_view *view);

#endif
