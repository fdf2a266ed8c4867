/* What can happen in a run, and who hears of it.
 *
 * Whoever makes something happen tells it here, and knows nobody who listens. An observer says
 * which kinds it hears; it is told at the instant at which they happen, after the state of jobs and
 * nodes has changed, and changes nothing. Where nobody hears a kind, telling it costs a test of one
 * bit: what takes work to find out is found out after observers_want only.
 */
#ifndef ELASTISIM_SYSTEM_OBSERVERS_H
#define ELASTISIM_SYSTEM_OBSERVERS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct job;   /* system/state.h */
struct node;  /* system/state.h */
struct state; /* system/state.h */
struct task;  /* application/application.h */

/* The comment names the fields of struct happening that are set, beside state. */
enum happening_kind {
    JOB_SUBMITTED,     /* job */
    JOB_STARTED,       /* job */
    JOB_WANTS,         /* job, nodes: those reserved for the change that waits (maybe none) */
    JOB_WITHDREW,      /* job: the change that waited is dropped */
    JOB_GAVE_UP,       /* job, nodes: those that a change takes away (at least one) */
    JOB_TOOK,          /* job, nodes: those that a change adds (at least one) */
    JOB_RECONFIGURES,  /* job: after both, on the nodes that it has now */
    JOB_RESUMED,       /* job: its reconfiguration is through */
    JOB_PROGRESSED,    /* job, place: its first ranks begin an iteration */
    JOB_AT_POINT,      /* job, place: it stands before an iteration and may be resized */
    JOB_ASKS,          /* job, request: it wants to have that many nodes */
    JOB_ANSWERED,      /* job, request: it has as many nodes as it asked for, or it has not */
    JOB_SAVED,         /* job: it has written a checkpoint (saved_phases, saved_task) */
    JOB_SUSPENDED,     /* job: it keeps its nodes, and stands still */
    JOB_CONTINUED,     /* job: it goes on. One that ends or is requeued before is so no more, too */
    JOB_REQUEUED,      /* job, reason: it waits to be started again */
    JOB_ENDED,         /* job, reason: NULL when it is complete, else why it was killed, or
                          cancelled */
    NODE_CHANGED,      /* node: its state or its jobs; all nodes once at the start */
    TASK_ENDED,        /* job, task: on a node */
    SCHEDULER_INVOKED, /* job (or NULL), invocation: it has answered */
    CPUS_BUSY,         /* busy: ranks that compute without the resource port */
    CPUS_LOADED,       /* busy: loads at the port that may compute on the node: the port knows */
    GPUS_BUSY,         /* busy */
    CLOCK_MOVES,       /* clock: it is about to */
    RUN_ENDED,         /* nothing more: how the run stands is in state */
    NUM_HAPPENINGS
};

struct happening {
    enum happening_kind kind;
    const struct state *state; /* state->now is when */
    const struct job *job;
    const struct node *node;
    union {
        struct {
            const uint32_t *ids;
            uint32_t count;
        } nodes;
        struct {
            uint64_t phase, iteration; /* from 0 */
            uint64_t iterations;       /* of the phase */
        } place;
        uint32_t request;   /* nodes asked for */
        const char *reason; /* "walltime", "scheduler", "node loss", "attempts", or what a
                               cancelled job waited for */
        struct {
            const struct task *task;
            uint32_t node;   /* ID */
            double duration; /* seconds */
        } task;
        struct {
            int type; /* enum elastisim_invocation */
            size_t decisions;
            double wall_seconds;
        } invocation;
        struct {
            uint32_t node; /* ID */
            int change;    /* how many ranks, loads or GPUs more (or less) there are */
            double until;  /* GPUs: at the most; INFINITY when their end will be told, too */
        } busy;
        struct {
            double time;      /* it moves on to; loads are what they were on the way up to there */
            bool loads_moved; /* loads at the resource port are under way */
        } clock;
    };
};

/* hears: HEARS(kind) | ...; notice returns 0, or -1 with err, which ends the run. */
struct observer {
    uint32_t hears;
    int (*notice)(void *self, const struct happening *happening, struct error *err);
    void *self;
};

#define HEARS(kind) (UINT32_C(1) << (kind))

enum { MAX_OBSERVERS = 16 };

/* Zeroed, nobody hears anything. */
struct observers {
    struct observer items[MAX_OBSERVERS];
    size_t count;
    uint32_t heard;                     /* by any */
    uint32_t listeners[NUM_HAPPENINGS]; /* to a kind: a bit for each item */
};

/* Those that hear nothing are not kept. */
void observers_add(struct observers *observers, const struct observer *observer);

/* Whether the observer with that `self` hears a kind from now on, also while it is being told. */
void observers_listen(struct observers *observers, const void *self, enum happening_kind kind,
                      bool listens);

/* NULL observers hear nothing. */
static inline bool observers_want(const struct observers *observers, enum happening_kind kind)
{
    return observers && observers->heard >> kind & 1;
}

/* Tells all who hear its kind, in the order in which they were added. Returns 0, or -1 with err. */
int observers_tell(const struct observers *observers, const struct happening *happening,
                   struct error *err);

#endif
