/* Between the files that make up plans; nobody else includes this.
 *
 * plan.c keeps the events in order, failures.c and windows.c make outages, read.c reads the file
 * and nodes.c whom it means.
 */
#ifndef ELASTISIM_AVAILABILITY_SOURCES_H
#define ELASTISIM_AVAILABILITY_SOURCES_H

#include "availability/duration.h"
#include "availability/plan.h"
#include "base/agenda.h"
#include "base/json.h"
#include "base/unknown_keys.h"
#include "base/vector.h"

/* Nothing comes again after this time, and no time or span of the file is longer: some 30,000
 * years. Up to here the clock of a double still moves when a second is added. */
#define LAST_TIME 1e12

struct node_list {
    uint32_t *ids; /* in increasing order, each once */
    uint32_t count;
};

/* --- Outages on their way (plan.c) ----------------------------------------------------------- */

struct occurrence;

/* What else an event of an outage leads to; -1 when out of memory. For PLAN_ENDS it is called once
 * nobody looks at the outage any longer, and then owns the occurrence. */
typedef int occurrence_follow(struct plan *plan, struct occurrence *occurrence,
                              enum plan_change given);

struct occurrence {
    struct agenda_entry entry; /* its next event */
    struct outage outage;
    enum plan_change next;
    uint64_t place;            /* among events of the same time and change, see occurrence_place */
    occurrence_follow *follow; /* NULL: nothing */
    void *source;              /* for `follow` */
    uint32_t number;           /* of its unit in the source */
    uint32_t node;             /* that a burst takes down: outage.nodes leads here */
    bool is_single;            /* has memory of its own, to be freed with it */
};

/* The place of a source's occurrences: by the source's rank in the file, then by number. */
uint64_t occurrence_place(uint64_t rank, uint64_t number);
/* Takes an outage into the plan; `announced` is a time up to its begin, INFINITY for never. Returns
 * 0, or -1 when out of memory. */
int occurrence_enter(struct plan *plan, struct occurrence *occurrence, double announced);

/* --- Failures (failures.c) ------------------------------------------------------------------- */

/* Nodes that fail together. */
struct unit {
    struct occurrence occurrence; /* its failure, one at a time */
    const char *name;             /* of the node, or the value of the property */
    uint32_t first, count;        /* its nodes, in the source's list */
    uint64_t rank;                /* in the file */
    uint64_t num_victims;         /* of its bursts so far */
    struct random times, repairs, bursts;
};

struct burst {
    double probability; /* 0: there are none */
    uint32_t num_nodes; /* further ones; at most those of the source beside any unit's */
    double within;      /* seconds */
};

struct failures {
    struct node_list nodes; /* unit by unit */
    struct unit *units;
    uint32_t num_units;
    struct duration between, repair;
    bool repair_known;
    double from, until;
    long long seed;
    struct burst burst;
    uint32_t *pool;   /* a copy of the nodes, in the same order between bursts */
    uint32_t *drawn;  /* a burst's positions in the pool */
    uint64_t ordinal; /* among the sources of the same seed */
    uint64_t rank;    /* of the first unit */
    const char *reason;
};

/* Draws the first failure of each unit. Returns 0, or -1 when out of memory. */
int failures_begin(struct plan *plan, struct failures *failures);
void failures_release(struct failures *failures);

/* --- Windows (windows.c) --------------------------------------------------------------------- */

struct window {
    struct node_list nodes;
    enum outage_kind kind;
    double first, every, duration, until;
    double lead;     /* seconds; -1: not announced */
    uint64_t number; /* of the next one */
    uint64_t rank;
    const char *reason;
};

/* Enters the first one. Returns 0, or -1 when out of memory. */
int window_begin(struct plan *plan, struct window *window);

/* --- The plan -------------------------------------------------------------------------------- */

struct plan {
    struct agenda agenda;
    struct occurrence *ended; /* the one whose end was given last, until it is cleared away */
    bool is_out_of_memory;
    VECTOR(struct occurrence *) outages; /* of the list of the file; owned */
    VECTOR(struct failures *) failures;  /* owned */
    VECTOR(struct window *) windows;     /* owned */
    VECTOR(void *) memory;               /* lists of nodes and texts; owned */
};

/* Has the plan free the memory (not NULL). Returns 0; or -1, the memory being freed at once, when
 * out of memory. */
int plan_keep(struct plan *plan, void *memory);

/* --- Reading --------------------------------------------------------------------------------- */

/* The nodes by the value of a property: equal ones stand together, in order of their IDs. */
struct property_index {
    const char *key; /* borrowed from the document */
    struct node_list nodes;
    const char **values; /* of each of them; owned by the index */
};

struct reader {
    struct plan *plan;
    const struct platform *platform;
    struct unknown_keys unknown;
    uint64_t rank;        /* of the next source */
    struct node_list all; /* no IDs before somebody means them */
    VECTOR(struct property_index) indices;
};

/* The nodes that `at` means: "all", a host's name or Slurm's spelling of several, a property and
 * its value, or a list of these. The plan owns the IDs, which several lists may share. Returns 0,
 * or -1 with err. */
int nodes_read(struct reader *reader, const struct json_at *at, struct node_list *nodes,
               struct error *err);
int nodes_read_all(struct reader *reader, struct node_list *nodes, struct error *err);
/* The same nodes by the value of their property, in memory of its own (see property_index); fails
 * for one that has no such property, with `at` as the place. */
int nodes_by_property(struct reader *reader, const struct json_at *at, const char *key,
                      const struct node_list *nodes, struct property_index *index,
                      struct error *err);

#endif
