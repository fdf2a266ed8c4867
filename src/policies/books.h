/* The books of a policy: which jobs wait and run, on what, what is planned and kept for whom.
 *
 * Everything here stays from one invocation to the next. Each operation keeps queue, nodes, profile
 * and running jobs true to each other and tells the simulator; strategies (backfill.h,
 * malleable.h, evolving.h) decide which operations to use and touch none of the structures
 * themselves. Functions that return an int return 0, or -1 when memory ran out, or with books->err.
 */
#ifndef ELASTISIM_POLICIES_BOOKS_H
#define ELASTISIM_POLICIES_BOOKS_H

#include "elastisim/scheduler.h"
#include "policies/bounds.h"
#include "policies/entry.h"
#include "policies/estimates.h"
#include "policies/fair_tree.h"
#include "policies/forward.h"
#include "policies/history.h"
#include "policies/options.h"
#include "policies/order.h"
#include "policies/pool.h"
#include "policies/profile.h"
#include "policies/queue.h"
#include "policies/running.h"
#include "policies/shares.h"
#include "policies/watts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A job may end this much later than expected (seconds) before the expectation is corrected. */
#define LATE 1.0
/* Rounding: a job that ends this much earlier than expected (seconds) is on time. */
#define EARLY 1e-6

/* What happened since the last pass over the queue. */
struct changes {
    bool freed;          /* nodes became idle */
    bool early;          /* the profile has more nodes than expected */
    bool replan;         /* reservations may not hold any more */
    bool head_changed;   /* a job came in front of a reservation */
    struct ids arrivals; /* jobs that were submitted */
};

/* What the last pass over the queue left (backfill.h). */
struct plan {
    uint32_t num_blocked;    /* jobs that have a reservation or wanted one */
    bool unbounded;          /* one of them has no start in sight */
    bool overtaken;          /* a job started so late that other reservations don't hold */
    bool is_partial;         /* jobs at the end of the queue are not planned yet (prospects.h), */
    double made_at;          /* as they were to be at that time (seconds) */
    bool has_last;           /* the last of them, in the order of the queue: */
    struct queue_place last; /* which it keeps when it starts */
};

/* Nodes that are switched off while nobody needs them (power.h). */
struct sleepers {
    uint64_t *set, *booting; /* those that sleep, that were woken and are not up yet; owned */
    uint32_t count, by_class[MAX_NODE_CLASSES], num_booting[MAX_NODE_CLASSES];
    double boot_seconds, stop_seconds; /* what it takes to switch a node on, and off, at most */
    double watts;                      /* what a node draws that boots or has booted, at most */
    double until; /* seconds: all that sleeps could be up then, and is planned without until then */
    /* power=windows: nodes from `first` on are off from `begin` to `end` (seconds), which are those
     * of the window under way or of the next one. */
    bool in_window;
    uint32_t first;
    double begin, end;
    unsigned idle_windows; /* that have begun since a job started or ended */
    double slept_at;       /* seconds: the last one was switched off; -INFINITY before */
    double next_due;       /* seconds: the next node is to sleep or to wake; INFINITY for none */
};

/* When it was last found that no node is to be moved among running jobs (balance.h), and what was
 * so then: it holds until that changes. */
struct balance {
    bool is_settled, others_wait;
    bool is_complete; /* free nodes did not come first: which nodes are free does not matter */
    uint64_t job_changes, node_changes; /* num_changes of running and of pool */
};

struct books {
    struct policy_options options;
    struct estimates estimates;
    struct histories histories; /* with predictions */
    struct ordering ordering;
    struct ordering backfill_ordering; /* of jobs behind those with reservations */
    bool has_profile;                  /* the backfilling looks ahead */

    struct elastisim_view *view; /* during an invocation */
    struct error *err;           /* likewise */
    double now;                  /* likewise */

    struct node_pool pool;
    struct profile profile;
    /* The profile without reservations, kept where they are often made anew: */
    bool has_unreserved;
    struct profile unreserved;
    struct ids reserved;  /* jobs that may have a reservation, with it */
    struct bounds bounds; /* of places since all were dropped, with it, */
    bool bounds_hold;     /* while the profile only loses nodes, */
    bool queue_lags;      /* and neither the queue nor `forward` is told who has one */
    /* Since a plan was made in part (prospects.h): the profile as it was before it got or lost any
     * nodes, and where it got some. */
    bool has_planned;
    struct profile planned;
    struct {
        struct freed {
            double from, to; /* seconds */
        } * items;           /* owned */
        size_t count, room;
    } freed;
    struct watts watts; /* what is left of the power cap, beside it */
    struct queue queue;
    struct shares shares;
    struct fair_tree tree; /* of its users; multifactor */
    struct running running;
    struct entry **entries; /* by job ID; NULL when it is over or not known; owned */
    size_t num_entries, entries_room;
    size_t num_reserved;    /* waiting jobs that have a reservation */
    struct forward forward; /* which of them may move to an earlier time */
    double next_due;        /* seconds: the next one that waits for its time only (backfill.h) */
    bool has_bold;          /* a job was started without regard to the profile, or is to be */
    double io_rates;        /* declared by the jobs that run */

    struct sleepers sleepers;
    struct changes changes;
    struct ids picked;          /* scratch: nodes that a job is given */
    struct absences absences;   /* of a node that is looked at; scratch */
    struct entry *just_started; /* jobs that are not ranked yet */
    bool started;               /* jobs, since nodes were last moved among those that run */
    struct balance balance;
    struct plan plan;
};

/* --- Opening ------------------------------------------------------------------------------- */

/* Reads the options. Returns 0, or -1 with err (ERROR_INPUT). Release in both cases. */
int books_create(struct books *books, const char *spec, struct error *err);
void books_release(struct books *books);
/* Looks at a job before the run. Returns 0, or -1 with err (ERROR_INPUT). */
int books_inspect(struct books *books, const struct elastisim_job *job, struct error *err);
/* Knows the nodes, at the first invocation. */
int books_open(struct books *books);

/* Takes nodes out of the profile (sign -1) or gives them back (1) during [from, to). */
int books_plan(struct books *books, double from, double to, const uint32_t *nodes, int sign);

/* --- Jobs ---------------------------------------------------------------------------------- */

/* The entry of a job, or NULL. */
struct entry *books_entry(const struct books *books, const struct elastisim_job *job);
/* A job waits from now on. */
int books_submit(struct books *books, struct elastisim_job *job, struct entry **submitted);
/* A job is over, whether it waited or ran. */
int books_forget(struct books *books, struct entry *entry);
/* A running job gave up nodes that were to leave it. With `all`, they are all gone: it stands at
 * its point, and they can be given to others now. */
int books_settle_leaving(struct books *books, struct entry *entry, bool all);
/* A running job has lost nodes, or won't get some that it was to have: nothing is to be done when
 * it has what the books say. */
int books_settle_losses(struct books *books, struct entry *entry);
/* A node does not come to whom it is kept for: the job may start without it, or needs another. */
int books_break_promise(struct books *books, uint32_t node);
/* What is planned of a node: it can't be had during these (which may overlap, and are few), and its
 * jobs are to be over by `leaves` (INFINITY: not). */
int books_set_absences(struct books *books, uint32_t node, const struct absences *absences,
                       double leaves);
/* The nodes of a word, a bit for each, become idle or busy. */
void books_set_idle(struct books *books, size_t word, uint64_t nodes, bool idle);
/* Corrects the expected ends of jobs that run longer than expected. With `complete`, all that ends
 * at this instant is known. */
int books_correct(struct books *books, bool complete);
/* When the next prediction is corrected if the job still runs then, in seconds; INFINITY for never.
 */
double books_next_correction(const struct books *books);
/* Whether anything happened since the last pass over the queue. */
bool books_have_news(const struct books *books);
/* Brings the queue into an order that changes with time. */
int books_reorder(struct books *books);

/* --- Decisions ----------------------------------------------------------------------------- */

/* Whether the invocation is about the job and it can be resized at once. */
bool books_at_point(const struct books *books, const struct entry *entry);
/* Starts a waiting job on `count` nodes, up to quota[class] of each class. */
int books_start(struct books *books, struct entry *entry, const uint32_t *quota, uint32_t count);
/* Ranks the jobs that were started, at the end of a pass over the queue: until then they keep their
 * place in it, from which the pass goes on. */
void books_rank_started(struct books *books);
/* Ranks a running job if it could be resized and no change of it waits, else takes it out. */
void books_rank_by_state(struct books *books, struct entry *entry);
/* Gives a running job `count` nodes more, up to quota[class] of each class. */
int books_grow(struct books *books, struct entry *entry, const uint32_t *quota, uint32_t count);
/* Takes a node from a running job: at its point, or when the node is only reserved, it is idle at
 * once; otherwise it leaves the job at its next point. */
int books_take(struct books *books, struct entry *entry, uint32_t node);
/* Gives a node that is to leave a job back to it, if it is still there. */
int books_give_back(struct books *books, uint32_t node);

/* Nodes that a job could have until then without touching a reservation, if they are not taken away
 * before it `ends`, by class; returns their sum. Needs a profile. */
uint32_t books_room_until(const struct books *books, const struct entry *entry, double until,
                          double ends, uint32_t *quota);
/* That many, or as many as the power cap leaves a job until then, without touching a reservation.
 */
uint32_t books_power_until(const struct books *books, const struct entry *entry, double until,
                           uint32_t count);
/* Reserves nodes (counts, by class) for a waiting job from `start` on, instead of those that it has
 * reserved. */
int books_reserve(struct books *books, struct entry *entry, double start, const uint32_t *counts);
/* Takes the reservation of a job, if it has one, out of the profile. */
int books_drop_reservation(struct books *books, struct entry *entry);
/* The reservations of all; between the two calls that follow only. */
int books_drop_reservations(struct books *books);
/* Reservations of all jobs are made anew, in a profile that otherwise only loses nodes, until that
 * is done: what is known of earlier searches spares later ones, and nobody searches the queue for
 * who has one. */
void books_begin_anew(struct books *books);
int books_end_anew(struct books *books);

/* Keeps a node, idle or about to leave its job, for a job, or for nobody (NULL). */
int books_keep(struct books *books, uint32_t node, struct entry *entry);
/* Keeps idle nodes for a job, up to `most`. */
int books_keep_idle(struct books *books, struct entry *entry, uint32_t most);
/* The nodes kept for a job are its no longer: idle ones become free, others stay with who has them.
 */
int books_release_promises(struct books *books, struct entry *entry);

#endif
