/* What the parts of the policy engine share: the jobs as the policy sees them, the nodes, the
 * queue.
 *
 * Everything here is kept from one invocation to the next and brought up to date with what changed,
 * so that an invocation costs what changed, not what exists. Functions that allocate return 0, or
 * -1 when memory ran out.
 */
#ifndef ELASTISIM_POLICIES_ENGINE_H
#define ELASTISIM_POLICIES_ENGINE_H

#include "elastisim/scheduler.h"
#include "policies/estimates.h"
#include "policies/options.h"
#include "policies/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_NODE_CLASSES = 64 };

/* A job may end this much later than expected (seconds) before the expectation is corrected. */
#define LATE 1.0
/* Rounding: a job that ends this much earlier than expected (seconds) is on time. */
#define EARLY 1e-6

/* A growing list of node IDs. */
struct ids {
    uint32_t *items; /* owned */
    uint32_t count, capacity;
};

int ids_append(struct ids *ids, uint32_t id);
bool ids_remove(struct ids *ids, uint32_t id); /* whether it was there; keeps the order */
void ids_release(struct ids *ids);

enum entry_state { ENTRY_WAITING, ENTRY_RUNNING };

/* A job that waits or runs, as the policy sees it. */
struct entry {
    struct elastisim_job *job;
    uint32_t id;
    enum entry_state state;
    enum elastisim_job_type type;
    uint32_t least, most, preferred; /* nodes */
    uint32_t gpus;                   /* per node, to start with or as started */
    uint64_t classes;                /* mask of the classes of nodes it can run on */
    double estimate;                 /* seconds, on `least` nodes; INFINITY */
    double shortest;                 /* the least estimate of any size it may start on */
    bool follows_size;               /* the estimate depends on the number of nodes */
    double walltime;                 /* 0 for none */
    double io_rate;                  /* bytes/s */
    size_t user;                     /* fair share: index of the user */

    /* Its place in the queue: a node of a treap, ordered by key, then ID. */
    double key;
    uint32_t heap;
    struct entry *left, *right;
    uint32_t tree_least;  /* smallest `least` of the subtree */
    double tree_shortest; /* smallest `shortest` */
    double tree_start;    /* earliest reserved start */

    /* Waiting: its reservation: `counts` nodes by class from reserved_start for the estimate. */
    bool reserved;
    double
        reserved_start; /* INFINITY when the profile has no room for it, or without reservation */

    /* Running: nodes by class in `counts` until expected_end. */
    double start_time, expected_end;
    struct entry *next_malleable; /* in the list of malleable jobs */
    struct ids leaving;           /* nodes that are taken from it at its next scheduling point */

    /* Nodes kept for it: idle ones, and ones that other jobs will hand over. */
    struct ids kept_nodes;
    uint32_t kept_idle; /* those of them that are idle */

    uint32_t counts[]; /* by class of nodes */
};

/* --- Nodes (nodes.c) ----------------------------------------------------------------------- */

/* What a node has; nodes that have the same are a class. */
struct node_class {
    uint32_t gpus;
    bool burst_buffer;
    uint32_t count;
    uint32_t num_free; /* idle and kept for nobody */
    uint64_t *free;    /* those, a bit per node ID; owned */
};

struct node_pool {
    uint32_t num_nodes;
    size_t num_classes;
    struct node_class classes[MAX_NODE_CLASSES]; /* least equipped first */
    uint8_t *class_of;
    uint64_t *idle;   /* FREE, or handed over by the job at a scheduling point in this invocation */
    uint32_t *keeper; /* [node]: 1 + the job for which it is kept, 0 for none */
    uint32_t *leaver; /* [node]: 1 + the running job that it leaves at its next point, 0 for none */
    uint32_t num_free;   /* of all classes */
    double *rank;        /* fastest, uniform: smaller is faster */
    uint32_t *switch_of; /* near: 1 + the switch of the node, 0 while not known */
    struct ids switches; /* near: a node of each switch */
};

struct engine;

int pool_create(struct engine *engine);
void pool_release(struct node_pool *pool);
/* Classes that have at least so many GPUs per node, and a burst buffer if asked for. */
uint64_t pool_classes(const struct node_pool *pool, uint32_t gpus, bool burst_buffer);
/* Nodes of these classes, busy or not. */
uint32_t pool_size(const struct node_pool *pool, uint64_t classes);
/* A node becomes idle or busy. */
void pool_set_idle(struct engine *engine, uint32_t node, bool idle);
/* Keeps a node (idle or still to come) for a job, or for nobody (NULL). */
int pool_keep(struct engine *engine, uint32_t node, struct entry *entry);
/* Nodes idle for the job, by class: those kept for nobody and those kept for it. Returns their sum
 * over its classes. */
uint32_t pool_available(const struct engine *engine, const struct entry *entry,
                        uint32_t *available);
/* Assigns nodes to a job: up to quota[class] of each class, `count` in all, those kept for it
 * first. */
int pool_assign(struct engine *engine, struct entry *entry, const uint32_t *quota, uint32_t count);

/* --- Choosing among free nodes (selection.c) ----------------------------------------------- */

/* Appends `count` of the candidates (IDs in ascending order, at least as many) as the option
 * `nodes` says. */
int select_nodes(struct engine *engine, const struct ids *candidates, uint32_t count,
                 struct ids *selected);

/* --- The queue (queue.c) ------------------------------------------------------------------- */

struct user {
    char *name;
    double usage; /* node-seconds up to `until` */
    double until;
    uint32_t nodes; /* that its jobs run on now */
    uint32_t place; /* in the order of usage */
};

struct queue {
    struct entry *root;
    size_t count;
    struct user *users; /* owned */
    size_t num_users;
};

/* What a search looks for; all of it must hold. */
struct wanted {
    uint32_t nodes; /* needs at most so many */
    uint32_t extra; /* and at most so many unless ... */
    double window;  /* ... it runs at most so long */
    double start;   /* reserved to start then or earlier */
};

/* Wants everything. */
extern const struct wanted want_all;

void queue_add(struct engine *engine, struct entry *entry);
void queue_remove(struct engine *engine, struct entry *entry);
/* After the reserved start of an entry changed. */
void queue_update(struct engine *engine, struct entry *entry);
/* The first waiting job behind `after` (NULL: from the head) that is wanted. */
struct entry *queue_next(const struct engine *engine, const struct entry *after,
                         const struct wanted *wanted);
bool queue_precedes(const struct entry *a, const struct entry *b);
/* Fair share: knows the user of a job; accounts for nodes that it takes or gives back; brings the
 * queue into order. *changed tells whether the order changed. */
int queue_identify(struct engine *engine, struct entry *entry);
void queue_account(struct engine *engine, const struct entry *entry, int64_t nodes);
int queue_reorder(struct engine *engine, bool *changed);
void queue_release(struct queue *queue);

/* --- The engine (engine.c) ----------------------------------------------------------------- */

struct engine {
    struct policy_options options;
    struct estimates estimates;
    struct elastisim_view *view; /* during an invocation */
    struct error *err;           /* likewise */
    double now;
    bool has_profile; /* the backfilling looks ahead */
    struct node_pool pool;
    struct profile profile;
    struct queue queue;
    struct entry **entries; /* by job ID; NULL when it is over or not known; owned */
    size_t num_entries, entries_capacity;
    struct entry **running; /* by expected end; owned */
    size_t num_running, running_capacity;
    struct entry *malleable; /* running jobs that can be resized at any time, by ID */
    struct ids keepers;      /* jobs for which nodes are kept */
    double io_rates;         /* declared by the jobs that run */

    /* What happened since the last pass over the queue. */
    bool freed;          /* nodes became idle */
    bool early;          /* the profile has more nodes than expected */
    bool replan;         /* reservations may not hold any more */
    bool overtaken;      /* a job started so late that other reservations do not hold */
    bool head_changed;   /* a job came in front of a reservation */
    struct ids arrivals; /* jobs that were submitted */

    /* What the last pass over the queue left. */
    size_t num_reserved;              /* waiting jobs that have a reservation */
    uint32_t num_blocked;             /* jobs that have a reservation or wanted one */
    bool unbounded;                   /* one of them has no start in sight */
    const struct entry *last_blocked; /* of them, in the order of the queue; NULL for none */
};

/* Starts a job on `count` nodes, up to quota[class] of each class. */
int engine_start(struct engine *engine, struct entry *entry, const uint32_t *quota, uint32_t count);
/* Gives a running job `count` nodes more, up to quota[class] of each class. */
int engine_grow(struct engine *engine, struct entry *entry, const uint32_t *quota, uint32_t count);
/* Takes a node from a running job: at its point, or when the node is only reserved, it is idle at
 * once; otherwise it leaves the job at its next point. */
int engine_take(struct engine *engine, struct entry *entry, uint32_t node);
/* Gives a node that is to leave a job back to it. */
int engine_give_back(struct engine *engine, uint32_t node);
/* The nodes that were to leave a job are gone: it reached its point. With `idle`, they can be given
 * to others now. */
int engine_settle_leaving(struct engine *engine, struct entry *entry, bool idle);
/* Whether the invocation is about the job and it can be resized at once. */
bool engine_at_point(const struct engine *engine, const struct entry *entry);
/* The entry of a job, or NULL. */
struct entry *engine_entry(const struct engine *engine, size_t job);
bool is_malleable(const struct entry *entry);
/* How long a job runs on so many nodes. */
int engine_duration(struct engine *engine, const struct entry *entry, uint32_t count,
                    double *seconds);

/* --- The parts ----------------------------------------------------------------------------- */

/* backfill.c: starts waiting jobs. */
int backfill_jobs(struct engine *engine);
/* Takes the reservation of a job out of the profile. */
int drop_reservation(struct engine *engine, struct entry *entry);

/* sizes.c: nodes that a job is to start on, given enough are free. */
uint32_t start_size(const struct engine *engine, const struct entry *entry);

/* admission.c: whether the file system lets a job start. */
bool io_admits(const struct engine *engine, const struct entry *entry);

/* malleable.c */
/* Makes running jobs shrink for those that wait. *freed tells whether nodes became idle by that. */
int shrink_for_waiting(struct engine *engine, bool *freed);
/* Lets running jobs grow into what is left. */
int grow_running(struct engine *engine);
/* Keeps what other jobs hand over for `entry`, up to `missing` nodes; *promised is how many. */
int promise_nodes(struct engine *engine, struct entry *entry, uint32_t missing, uint32_t *promised);
/* The nodes kept for a job are its no longer: idle ones become free, others stay with who has them.
 */
int release_promises(struct engine *engine, struct entry *entry);

/* evolving.c: answers the request that the invocation is about. */
int answer_request(struct engine *engine, struct entry *entry, uint32_t wanted);

#endif
