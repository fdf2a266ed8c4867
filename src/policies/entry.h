/* A job that waits or runs, as a policy sees it. */
#ifndef ELASTISIM_POLICIES_ENTRY_H
#define ELASTISIM_POLICIES_ENTRY_H

#include "elastisim/scheduler.h"
#include "policies/estimates.h"
#include "policies/ids.h"
#include "policies/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct candidates;
struct queue;

enum entry_state { ENTRY_WAITING, ENTRY_RUNNING };

/* Sizes that a job is not to fall below. */
enum bound { BOUND_LEAST, BOUND_PREFERRED, NUM_BOUNDS };

struct entry {
    struct elastisim_job *job;
    uint32_t id;
    enum entry_state state;
    enum elastisim_job_type type;
    uint32_t least, most, preferred; /* nodes */
    uint32_t gpus;                   /* per node, to start with or as started */
    uint64_t classes;                /* mask of the classes of nodes it can run on */
    double estimate;                 /* seconds, on `least` nodes; INFINITY */
    double eligible;                 /* seconds: when it was submitted to the scheduler */
    double shortest;                 /* the least estimate of any size it may start on */
    double unpredicted;              /* the estimate where a prediction took its place; else 0 */
    bool follows_size;               /* the estimate depends on the number of nodes */
    double walltime;                 /* 0 for none */
    size_t history;                  /* predictions: what it belongs to (history.h), */
    unsigned corrections;            /* and how often its own was raised, */
    bool is_predicted;               /* if it has one that may still be */
    double io_rate;                  /* bytes/s */
    size_t user;                     /* fair share: index of the user */
    double partition_factor, qos_factor; /* multifactor: its attributes */

    /* Its place in the queue (queue.h) or, running, among the malleable jobs by standing: a node of
     * a treap, ordered by key, then ID. */
    double key;
    uint32_t heap;
    struct entry *left, *right;
    const struct queue *queue;     /* which it is in, or NULL, */
    struct entry *before, *behind; /* and its neighbours there */
    uint32_t tree_least;           /* smallest `least` of the subtree */
    double tree_shortest;          /* smallest `shortest` */
    uint32_t tree_count;
    bool tree_unreserved;        /* one has no reservation */
    bool tree_room;              /* one has_room */
    bool tree_reserved;          /* one has */
    double tree_less, tree_more; /* the highest `less` and the lowest `more` */

    /* Held back by announced outages alone: it starts without regard to them from `patience` on
     * (seconds; 0 while it was not), if it has to; then it is bold. */
    double patience;
    bool is_bold;
    bool is_new; /* submitted since the last pass over the queue */

    /* Waiting: its reservation: `counts` nodes by class from `reservation.time` for the estimate.
     */
    bool reserved;
    struct profile_mark reservation;
    struct candidates *candidates; /* the list it is in (forward.h), or NULL, */
    size_t candidate;              /* and where */

    /* Running: nodes by class in `counts` until expected_end. */
    double start_time, expected_end;
    double interval;   /* seconds between its last two points */
    double last_point; /* when it stood at a scheduling point last, or started */
    struct entry *previous_malleable, *next_malleable; /* in the list of running.h */
    uint32_t assigned, planned; /* nodes it is to have, and with those it is promised */
    uint32_t target;            /* by which it is ranked: `planned`; 0 while it is not */
    bool has_room;              /* ranked: its target is less than it could have */
    double less; /* and how it would stand with a node less, -INFINITY if it can't, */
    double more; /* and with a node more, INFINITY if it can't */
    /* Nodes beyond each bound, and up to its preferred size and its most, as it was ranked. */
    uint32_t beyond[NUM_BOUNDS], up_to_preferred, up_to_most;
    struct entry *next_started; /* in the list of those that were just started (books.h) */
    bool receives;              /* nodes kept for it come from balancing (balance.h) */
    struct ids leaving;         /* nodes that are taken from it at its next scheduling point */

    /* Nodes kept for it (pool.h): idle ones, and ones that other jobs will hand over. */
    struct ids kept_nodes;
    uint32_t kept_idle; /* those of them that are idle */
    struct entry *previous_keeper, *next_keeper;

    uint32_t counts[]; /* by class of nodes */
};

void entry_destroy(struct entry *entry); /* NULL is fine */

/* The entry that a mark of the profile belongs to. */
struct entry *entry_of_mark(struct profile_mark *mark);

/* What a job with a reservation has in the profile. */
struct profile_stay entry_stay(const struct entry *entry);

/* The number of nodes that a bound means for a job. */
uint32_t entry_bound(const struct entry *entry, enum bound bound);
/* Whether it can be resized at any scheduling point. */
bool entry_is_malleable(const struct entry *entry);
/* How long it runs on that many nodes, in seconds. Returns 0, or -1 with err. */
int entry_duration(const struct entry *entry, struct estimates *estimates, uint32_t count,
                   double *seconds, struct error *err);

#endif
