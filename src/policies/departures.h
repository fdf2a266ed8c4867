/* When nodes will be taken away, as far as that was announced: idle nodes by that time. */
#ifndef ELASTISIM_POLICIES_DEPARTURES_H
#define ELASTISIM_POLICIES_DEPARTURES_H

#include <stddef.h>
#include <stdint.h>

/* The nodes that leave at one time. */
struct departure {
    double time; /* seconds */
    uint32_t num_nodes;
    uint32_t num_free[]; /* of them, by class: idle and kept for nobody (pool.h) */
};

struct departures {
    size_t num_classes;
    struct departure **items; /* in the order of time, each with a node at least; owned */
    size_t count, room;
};

/* A node is to leave at that time. Returns its departure, or NULL when memory ran out. */
struct departure *departures_join(struct departures *departures, double time);
/* A node is not to leave with that one; it is not counted as free there any more. */
void departures_quit(struct departures *departures, struct departure *departure);
void departures_release(struct departures *departures); /* fine on a zeroed one */
/* Takes the free nodes that leave before `until` from counts by class. */
void departures_subtract(const struct departures *departures, double until, uint32_t *counts);

#endif
