/* Which reservations may move to an earlier time, now that the profile has more nodes somewhere.
 *
 * Conservative backfilling visits the waiting jobs in the order of the queue, and each moves to the
 * earliest place there is for it. A job for which there was none when it was visited last has one
 * now only where nodes came free since. Either they came free just before its start: then it is a
 * candidate by name. Or there is room for all of it before its start, which touches where they came
 * free: for that, the longest stretches are kept, by the number of nodes. They are of no use to a
 * job whose start is before where the nodes came free, as it has its own there.
 */
#ifndef ELASTISIM_POLICIES_FORWARD_H
#define ELASTISIM_POLICIES_FORWARD_H

#include "policies/entry.h"
#include "policies/profile.h"
#include "policies/queue.h"
#include "policies/reach.h"
#include "policies/reserved.h"

#include <stdbool.h>
#include <stddef.h>

/* Reserved jobs. */
struct candidates {
    struct entry **items; /* owned, the entries are not */
    size_t count, room;
};

/* Where nodes came free, and the longest stretch that touches it on which enough are free. */
struct opening {
    double from, to, length;   /* seconds */
    struct queue_place behind; /* jobs behind that place know of it already */
};

/* Of OPENINGS_PER_GROUP openings in turn: the greatest length, and the earliest `from`. */
struct opening_group {
    double length, from;
};

struct openings {
    struct opening *items; /* owned */
    size_t count, room;
    struct opening_group *groups; /* owned */
    size_t groups_room;
    size_t known; /* so many of the first are known to all jobs that are still to be visited */
};

struct forward {
    bool is_kept;               /* whether anybody asks; else nothing is noted */
    bool is_passing;            /* over the queue, */
    struct queue_place visited; /* and this is how far */
    struct candidates due;      /* for this pass: a heap, the first of the queue on top */
    struct candidates later;    /* for the next one */
    /* By level of what is needed: what came free since the pass began, and what came free before,
     * back to the beginning of the one before. */
    struct openings since[PROFILE_LEVELS], before[PROFILE_LEVELS];
    struct reach newest[PROFILE_LEVELS];      /* of those since, */
    struct reach reaches[PROFILE_LEVELS];     /* and of both */
    struct reserved reserved[PROFILE_LEVELS]; /* jobs, by the level of what they need */
    uint32_t levels;                          /* that have any (mask) */
    struct entry *fitting[PROFILE_LEVELS]; /* the next one of them that may fit into an opening, */
    uint32_t unknown;                      /* but for these levels (mask), */
    uint32_t outdated;                     /* and for these, where there are news since */
    struct reach_step news[PROFILE_LEVELS];
    struct entry *next_fitting; /* of all levels, when all is known */
    struct entry *unplanned;    /* the next one that has no reservation, */
    bool knows_unplanned;       /* if that is known */
};

/* The profile got more nodes during [from, to), from >= now. Returns 0, or -1 when out of memory.
 */
int forward_note(struct forward *forward, const struct profile *profile, double now, double from,
                 double to);
/* An entry has a reservation. Returns 0, or -1 when out of memory. */
int forward_add(struct forward *forward, struct entry *entry);
/* All reservations are made anew from now on: none is at a later place than it has to be. */
void forward_clear(struct forward *forward);
/* It no longer has one. */
void forward_forget(struct forward *forward, struct entry *entry);
void forward_release(struct forward *forward);

/* A pass over the queue begins. */
void forward_begin(struct forward *forward);
/* The next one in the order of the queue that has no reservation, or whose reservation may move;
 * NULL when there is none. */
struct entry *forward_next(struct forward *forward, const struct queue *queue);
void forward_end(struct forward *forward);
/* Whether there may be room for all of a reserved job before its start; it then begins in [*from,
 * *before). */
bool forward_has_room(struct forward *forward, const struct entry *entry, double *from,
                      double *before);
/* The queue has another order. Returns 0, or -1 when out of memory. */
int forward_reorder(struct forward *forward);

#endif
