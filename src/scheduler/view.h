/* The view of the system that C schedulers inside the simulator get: the public API
 * (include/elastisim/scheduler.h) over the state of a run. What the scheduler wants is kept with
 * the jobs as proposals, so that accessors show it, and becomes decisions at the end. */
#ifndef ELASTISIM_SCHEDULER_VIEW_H
#define ELASTISIM_SCHEDULER_VIEW_H

#include "elastisim/scheduler.h"
#include "scheduler/backend.h"

struct elastisim_view {
    const struct state *state;
    const struct invocation *invocation;
    /* FREE nodes less those assigned, plus those given up, in this invocation. NULL before the
     * first operation. */
    uint64_t *free_nodes;
    size_t num_free;
    struct proposal *first, *last; /* in the order in which jobs were first named */
    bool out_of_memory;
    char failure[1001]; /* what elastisim_fail said; "" */
};

void view_open(struct elastisim_view *view, const struct state *state,
               const struct invocation *invocation);
/* Turns the proposals into decisions and forgets them. Returns 0, or -1 with err. */
int view_close(struct elastisim_view *view, struct decisions *decisions, struct error *err);
/* A job, submitted or not, as the API has it. */
const struct elastisim_job *view_job(const struct state *state, size_t id);
/* Forgets the proposals. */
void view_abandon(struct elastisim_view *view);

#endif
