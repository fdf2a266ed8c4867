/* What all executions of a run share: made by executor.c, and passed around by everybody in this
 * room. */
#ifndef ELASTISIM_EXECUTION_SHARED_H
#define ELASTISIM_EXECUTION_SHARED_H

#include "base/heap.h"
#include "system/state.h"

struct execution; /* execution/shapes.h */
struct devices;   /* execution/devices.h */

/* What all executions of a run share. The pointers are borrowed. */
struct executor {
    struct state *state;
    struct event_heap *heap;
    struct devices *devices;
    struct execution **executions;          /* by job ID; NULL while it does not run; owned */
    struct execution *first_due, *last_due; /* their cohorts may move; in the order of their ends */
    struct error *err; /* filled when something fails inside an event; the run then ends */
    /* All ranks stand between two phase iterations where the scheduler may have a say. The
     * simulation ends the pause with execution_pass_point or execution_reconfigure. */
    void (*at_point)(void *context, const struct job *job);
    /* The last phase is done on all ranks, and all I/O with it. */
    void (*at_end)(void *context, const struct job *job);
    void *context;
    /* Working memory, sized for all nodes. */
    uint32_t *ranks;
    double *amounts;
    const struct pfs_targets **targets;
};

#endif
