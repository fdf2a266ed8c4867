/* The nodes as a policy sees them: classes of equal equipment, which are idle, for whom they are
 * kept. */
#ifndef ELASTISIM_POLICIES_POOL_H
#define ELASTISIM_POLICIES_POOL_H

#include "elastisim/scheduler.h"
#include "policies/departures.h"
#include "policies/entry.h"
#include "policies/idlers.h"
#include "policies/ids.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_NODE_CLASSES = 64 };

/* What a node has; nodes that have the same are a class. */
struct node_class {
    uint32_t gpus;
    bool burst_buffer;
    uint32_t count;
    uint32_t num_free; /* idle and kept for nobody */
    uint64_t *free;    /* those, a bit per node ID; owned */
    uint64_t *members; /* all nodes of the class; owned */
};

/* The policy plans without a node for a while (seconds; INFINITY: nobody knows how long). */
struct absence {
    double from, until;
};

struct absences {
    struct absence *items; /* owned */
    size_t count, room;
};

struct node_pool {
    double now; /* seconds: the time of the invocation */
    uint32_t num_nodes;
    size_t num_classes;
    struct node_class classes[MAX_NODE_CLASSES]; /* least equipped first */
    uint8_t *class_of;
    uint64_t *idle; /* FREE, or handed over by the job at a scheduling point in this invocation */
    uint64_t *kept; /* for some job */
    struct entry **keeper; /* [node]: the job for which it is kept, NULL for none */
    struct entry **leaver; /* [node]: the running job that it leaves at its next point, or NULL */
    struct entry *first_keeper, *last_keeper; /* the jobs for which nodes are kept, as they came */
    uint32_t num_free;                        /* of all classes */
    uint64_t num_changes;                     /* of which nodes are idle or kept, so far */
    struct absences *absences;                /* [node]: as they are planned with (books.h) */
    uint64_t *has_absences;                   /* nodes that have some, or had until lately */
    struct departure **departure; /* [node]: when it will be taken away; NULL while not known */
    struct departures departures;
    struct idlers idlers; /* those that are free, if anybody asks */
    double *rank;         /* smaller is faster; NULL unless asked for */
    uint32_t *switch_of;  /* near: 1 + the switch of the node, 0 while not known */
    struct ids switches;  /* near: a node of each switch */
};

/* With ranks (by the property perf_class or the speed) if asked for. Returns 0, or -1 when memory
 * ran out. */
int pool_create(struct node_pool *pool, const struct elastisim_view *view, bool with_ranks);
void pool_release(struct node_pool *pool); /* fine on a zeroed one */

/* Classes that have at least that many GPUs per node, and a burst buffer if asked for. */
uint64_t pool_classes(const struct node_pool *pool, uint32_t gpus, bool burst_buffer);
/* Nodes of these classes, busy or not. */
uint32_t pool_size(const struct node_pool *pool, uint64_t classes);
/* The sum over the classes of counts by class. */
uint32_t pool_sum(const struct node_pool *pool, const uint32_t *counts);

bool pool_is_idle(const struct node_pool *pool, uint32_t node);
/* A node will be taken away at that time; INFINITY: not, as far as anybody knows. Returns 0, or -1
 * when memory ran out. */
int pool_set_departure(struct node_pool *pool, uint32_t node, double time);
static inline double pool_departure(const struct node_pool *pool, uint32_t node)
{
    return pool->departure[node] ? pool->departure[node]->time : INFINITY;
}
/* Whether it will be taken away before that time. */
static inline bool pool_leaves_before(const struct node_pool *pool, uint32_t node, double time)
{
    return pool->departure[node] && pool->departure[node]->time < time;
}
/* Until when a job may need its nodes if it starts now and runs for so long, or as expected if it
 * runs already; a prediction is not relied on. One that is started in spite of announcements does
 * not mind: -INFINITY. */
double pool_needed_until(const struct node_pool *pool, const struct entry *entry, double duration);
/* Whether a job can run on a node, to its expected end; anybody (NULL) can on any. */
bool pool_suits(const struct node_pool *pool, uint32_t node, const struct entry *entry);
/* The nodes of a word, a bit for each, become idle or busy. Returns those to which that is new. */
uint64_t pool_set_idle(struct node_pool *pool, size_t word, uint64_t nodes, bool idle);
/* Keeps a node (idle or still to come) for a job, or for nobody (NULL). Returns 0, or -1 when
 * memory ran out. */
int pool_keep(struct node_pool *pool, uint32_t node, struct entry *entry);
/* Nodes idle for the job that will not be taken away before its expected end, by class: those kept
 * for nobody and those kept for it. Returns their sum over its classes. */
uint32_t pool_available(const struct node_pool *pool, const struct entry *entry,
                        uint32_t *available);
/* The same for a job that needs them until then. */
uint32_t pool_available_until(const struct node_pool *pool, const struct entry *entry, double until,
                              uint32_t *available);
/* Appends the idle nodes kept for a job that it can use until then, `count` at most, taking them
 * from its quotas by class. Returns 0, or -1 when memory ran out. */
int pool_list_kept(const struct node_pool *pool, const struct entry *entry, double until,
                   uint32_t *quota, uint32_t count, struct ids *list);
/* Which free nodes are listed: of the classes in the mask, all, or those only that leave with a
 * departure (NULL: that nobody knows to leave). */
struct free_wanted {
    uint64_t classes;
    bool any;
    const struct departure *departure;
};
/* Appends them, the first `most` by ID. Returns 0, or -1 when memory ran out. */
int pool_list_free(const struct node_pool *pool, const struct free_wanted *wanted, uint32_t most,
                   struct ids *list);

#endif
