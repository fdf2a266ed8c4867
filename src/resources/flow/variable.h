/* What is shared by whom: the data of bottleneck-fair sharing, by the rules of SimGrid's L07 model
 * (solver.h), and the ground that its files stand on.
 *
 * A variable is what a parallel task does per second, as a fraction of the whole task. It uses
 * resources (links and hosts) by weight: bytes or flops per whole task.
 *
 * What is alike is worked out once. A variable may stand for several tasks alike, its members; and
 * resources that are used alike (same capacity, same users with same weights) form a cell. When a
 * newcomer uses some resources of a cell only, the cell splits, and so do the variables whose
 * members are told apart by that.
 *
 * Cells and variables that are connected form a component. Only components in which something has
 * changed are solved again.
 */
#ifndef ELASTISIM_RESOURCES_FLOW_VARIABLE_H
#define ELASTISIM_RESOURCES_FLOW_VARIABLE_H

#include "base/agenda.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* fmin and fmax of numbers, without a call. */
static inline double smaller(double a, double b)
{
    return a < b ? a : b;
}

static inline double larger(double a, double b)
{
    return a > b ? a : b;
}

/* A cell that holds what it held when this was noted as long as it has that shape. */
struct known_cell {
    struct cell *cell;
    uint64_t shape;
};

#define MAX_KNOWN_CELLS 3

/* Resources of equal capacity that are used alike. Variables may have sets in common: the sharing
 * remembers which cells hold just these resources, and finds them at once the next time. */
struct resource_set {
    const uint32_t *resources; /* distinct */
    uint32_t count;            /* > 0 */
    /* The sharing's own; zeroed at first. */
    uint32_t num_known;
    struct known_cell known[MAX_KNOWN_CELLS];
};

/* What a variable uses with equal weight. With `each`, there is one resource for each member, in
 * their order; else every member uses all of them. */
struct use {
    double weight;  /* > 0; of one member */
    uint32_t times; /* that it is used so; 1 but for hosts with several cores */
    bool each;
    bool total;               /* of a bundle: `times` is of all its members together */
    bool inert;               /* fat pipes that can't hold the variable back; the sharing's own */
    uint32_t dominator;       /* of a bundle: 1 + a resource that the same members use, no less, and
                                 that has no larger capacity than each of these; 0 for none */
    struct resource_set *set; /* has no resource in common with the variable's other uses; in a
                                 bundle two uses may have the same resources */
};

/* What makes a variable a bundle: its members are alike as long as nobody tells their resources
 * apart, but do not each have resources of their own. So each of its sets has to be used by others
 * as a whole, or not at all; those with a dominator only by others who have the same one. Once that
 * no longer holds, the owner makes a variable of each member.
 */
struct bundle {
    /* Returns the new variables, siblings of the bundle and complete but for how far it has come,
     * linked by next_displaced; NULL when out of memory. The bundle is destroyed afterwards. */
    struct variable *(*untie)(struct bundle *bundle, struct variable *variable);
    void (*free)(struct bundle *bundle);
};

/* An element ties a variable to a cell. */
struct element {
    struct cell *cell;
    struct variable *variable;
    double weight;
    uint32_t times; /* that the members of the variable together use each resource of the cell */
    bool inert;
    bool dominated; /* by the cell's dominator: the cell does not hold the variable back */
    bool apart;     /* who uses some of the resources only tells members of the variable apart */
    struct element *next_of_variable;
    struct element *previous, *next; /* of the cell, those enabled last first */
};

struct variable {
    /* Set by the owner. */
    uint32_t num_uses;
    uint32_t num_members;
    const uint32_t *members; /* the owner's names for them; NULL if it has but one and needs none */
    uint32_t only_member;    /* where `members` may point to */
    double bound;            /* of the rate; 0 for none */
    void *owner;
    double latency; /* that it waits for before it does anything; seconds */
    struct load_plan
        *plan;    /* whose sets and members it uses, with a reference of its own; or NULL */
    void *memory; /* of sets and members of its own: variable_own */
    struct bundle *bundle; /* owned; NULL for others than bundles */

    /* The sharing's own. */
    struct agenda_entry entry;                        /* owner: the variable */
    struct variable *previous_sibling, *next_sibling; /* of one owner; splitting adds to them */
    struct variable *next_displaced;
    struct element *elements;  /* but for those that are... */
    struct element *dominated; /* ... dominated */
    double remaining;          /* of 1, at `updated` */
    double updated;            /* seconds */
    double rate;               /* since then */
    uint64_t order;            /* in which variables were enabled */
    uint64_t mark;
    double value, increment; /* while solving */
    struct bottleneck
        *bottleneck;          /* that holds it back, or NULL; rate and remaining are stale then */
    double bottleneck_weight; /* of its use of that cell */
    uint32_t bottleneck_times;
    double limit;  /* while solving: of the value, by what nobody else uses and by the bound */
    double enough; /* while solving: from it on, something that nobody else uses is exhausted */
    bool saturated;
    bool told_apart; /* of a bundle: a resource with a dominator is used by others, too */
    struct use uses[];
};

/* A cell that nobody uses keeps its resources until others are used together with some of them. */
struct cell {
    double capacity;
    bool fatpipe;
    uint32_t *resources;
    uint32_t count;
    size_t room;    /* of resources */
    uint64_t shape; /* unlike that of any other cell, and another one whenever its resources change
                     */
    struct element *first, *last;
    uint32_t num_binding; /* elements that are neither inert nor dominated */
    uint32_t dominator;   /* 1 + the resource that whoever is dominated uses, too; 0 for none */
    uint64_t mark;
    double remaining, share;       /* while solving */
    uint64_t num_growing;          /* members of variables that are not saturated */
    struct bottleneck *bottleneck; /* while it alone holds all its users back; owned */
    uint32_t num_kept;             /* while splitting: resources at the front that stay, */
    uint32_t num_carved;           /* resources that go to... */
    struct cell *part;             /* ... this new cell (others, if nobody uses the cell)... */
    struct cell *origin;           /* ... which came out of that one */
};

/* A link or host. */
struct shared_resource {
    double capacity; /* bytes/s or flops/s */
    bool fatpipe;
    bool changed;      /* in sharing->changed */
    uint32_t slot;     /* in the cell's list */
    struct cell *cell; /* NULL before it is first used */
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
    uint64_t num_enabled, num_marks, num_shapes;
    uint64_t num_changes; /* of loads: more of them when any may have changed */
    double now;           /* s, when a variable was enabled or all was solved last */
    struct list changed;  /* resource numbers whose cells have to be solved */
    struct variable *displaced;
    struct list cells, variables; /* of the component being solved */
    struct list open, growing;    /* those of them that are not exhausted, not saturated */
    struct element *spare_elements;
    struct cell *spare_cells;
    void *blocks; /* of elements and cells */
    bool out_of_memory;
    uint64_t num_solved, num_rounds; /* for figures */
};

/* A variable of one member with room for that many uses, which does nothing yet; NULL when out of
 * memory. */
struct variable *variable_create(uint32_t num_uses);

/* Makes it a sibling of another. */
void variable_join(struct variable *variable, struct variable *sibling);

/* Memory that a variable has of its own and that is freed with it. */
struct variable_memory {
    struct resource_set *sets;
    uint32_t *resources, *members;
};
/* Gives a variable that has none yet zeroed memory for that many. Returns 0, or -1 when out of
 * memory. */
int variable_own(struct variable *variable, uint32_t num_sets, size_t num_resources,
                 uint32_t num_members, struct variable_memory *memory);

/* --- The ground of the files above: bottleneck.c, cells.c, solver.c ------------------------------
 */
void sharing_push(struct sharing *sharing, struct list *list, void *item);
void sharing_mark_changed(struct sharing *sharing, const struct cell *cell);
/* Finds what limits the variable on its own, and when that is enough: its bound, and resources that
 * nobody else uses. */
void variable_find_limit(struct variable *variable, double precision);
/* Brings what remains of a variable that belongs to no bottleneck up to date. */
void variable_update(const struct sharing *sharing, struct variable *variable, double now);

/* A cell that can't hold any of its users back does not connect them: a fat pipe that is wide
 * enough, or resources that are never exhausted before their dominator. */
static inline bool cell_takes_part(const struct cell *cell)
{
    return cell->num_binding > 0;
}

/* A cell with one user only limits that user, and connects it with nobody. */
static inline bool cell_is_private(const struct cell *cell)
{
    return cell->first == cell->last;
}

/* What a variable that has the cell to itself uses of its capacity. */
static inline double element_weight(const struct element *element)
{
    return element->weight * (element->cell->fatpipe ? 1 : element->times);
}

#endif
