/* Who gets how much of which resource: bottleneck-fair sharing, by the rules of SimGrid's L07
 * model.
 *
 * A variable is what a parallel task does per second, as a fraction of the whole task. It uses
 * resources (links and hosts) by weight: bytes or flops per whole task.
 *
 * What is alike is worked out once. A variable may stand for several tasks alike, its members; and
 * resources that are used alike (same capacity, same users with same weights) form a cell. A cell
 * of several resources has only users that use each of them once: variables of one member, or one
 * member of a variable per resource. When a newcomer uses some resources of a cell only, the cell
 * splits, and so do the variables whose members are told apart by that.
 *
 * Cells and variables that are connected form a component. Only components in which something has
 * changed are solved again.
 */
#ifndef ELASTISIM_RESOURCES_FLOW_SHARING_H
#define ELASTISIM_RESOURCES_FLOW_SHARING_H

#include "resources/flow/agenda.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of resources of equal capacity that a variable uses with equal weight. With `each`, there
 * is one resource for each member, in their order; else every member uses all of them. */
struct use {
    double weight;  /* > 0; of one member */
    uint32_t times; /* that it is used with that weight; 1 but for hosts with several cores */
    uint32_t count;
    bool each;
    bool inert;          /* fat pipes that can't hold the variable back; set by the sharing */
    uint32_t *resources; /* distinct, and in no other use of the variable */
};

/* An element ties a variable to a cell. */
struct element {
    struct cell *cell;
    struct variable *variable;
    double weight;
    uint32_t times; /* that the members of the variable together use each resource of the cell */
    bool inert;
    struct element *next_of_variable;
    struct element *previous, *next; /* of the cell, those enabled last first */
};

struct variable {
    /* Set by the owner; the arrays are the variable's and are freed with it. */
    struct use *uses;
    uint32_t num_uses;
    uint32_t num_members;
    uint32_t *members; /* the owner's names for them; NULL if it has but one and needs none */
    double bound;      /* of the rate; 0 for none */
    void *owner;

    /* The sharing's own. */
    struct agenda_entry entry;                        /* owner: the variable */
    struct variable *previous_sibling, *next_sibling; /* of one owner; splitting adds to them */
    struct variable *next_displaced;
    struct element *elements;
    double remaining; /* of 1, at `updated` */
    double updated;   /* seconds */
    double rate;      /* since then */
    uint64_t order;   /* in which variables were enabled */
    uint64_t mark;
    double value, increment; /* while solving */
    bool enabled, saturated;
};

struct cell {
    double capacity;
    bool fatpipe;
    uint32_t *resources;
    uint32_t count, room;
    struct element *first, *last;
    uint32_t num_binding; /* elements that are not inert */
    uint64_t mark;
    double remaining, share; /* while solving */
    uint64_t num_growing;    /* members of variables that are not saturated */
    uint32_t num_carved;     /* while splitting: resources that go to... */
    struct cell *part;       /* ... this new cell... */
    struct cell *origin;     /* ... which came out of that one */
};

/* A link or host. */
struct shared_resource {
    double capacity; /* bytes/s or flops/s */
    bool fatpipe;
    bool changed;      /* in sharing->changed */
    uint32_t slot;     /* in the cell's list */
    struct cell *cell; /* NULL while unused */
};

struct list {
    void **items;
    size_t count, room;
};

struct sharing {
    struct shared_resource *resources;
    uint32_t num_resources;
    double precision; /* what is left of a resource below this is nothing... */
    double done;      /* ... and of a variable below this */
    struct agenda *agenda;
    uint64_t num_enabled, num_marks;
    struct list changed; /* resource numbers whose cells have to be solved */
    struct variable *displaced;
    struct list cells, variables; /* of the component being solved */
    struct list open, growing;    /* those of them that are not exhausted, not saturated */
    struct element *spare_elements;
    struct cell *spare_cells;
    void *blocks; /* of elements and cells */
    bool out_of_memory;
    uint64_t num_solved, num_rounds; /* for figures */
};

/* Resources start unused. Returns 0, or -1 when out of memory. */
int sharing_init(struct sharing *sharing, uint32_t num_resources, double precision, double done,
                 struct agenda *agenda);
void sharing_release(struct sharing *sharing);

/* A variable that does nothing yet, alone or as a sibling of another; NULL when out of memory. */
struct variable *variable_create(struct variable *sibling);
/* Frees it; disables it first. The siblings stay. */
void sharing_destroy(struct sharing *sharing, struct variable *variable);
/* Lets it take part from `now` on; it may split. */
void sharing_enable(struct sharing *sharing, struct variable *variable, double now);
/* Works out all that has changed, and enters in the agenda when variables end. */
void sharing_solve(struct sharing *sharing, double now);
/* Load of a resource, in units of its capacity; solved before. */
double sharing_load(const struct sharing *sharing, uint32_t resource);

/* Helpers shared by the files of this module. */
void sharing_push(struct sharing *sharing, struct list *list, void *item);
void sharing_mark_changed(struct sharing *sharing, const struct cell *cell);

#endif
