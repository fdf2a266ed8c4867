/* When nodes are to be unavailable, as a file says (docs/availability.md): outages with their
 * dates, failures at random, and windows that come again and again.
 *
 * A plan is a stream of events, made one by one as they are asked for, since failures and windows
 * go on for ever. What an event does to a node is the simulation's business; outages of a node may
 * overlap.
 */
#ifndef ELASTISIM_AVAILABILITY_PLAN_H
#define ELASTISIM_AVAILABILITY_PLAN_H

#include "base/error.h"
#include "platform/platform.h"

#include <stdbool.h>
#include <stdint.h>

enum outage_kind {
    OUTAGE_DOWN,  /* the nodes fail */
    OUTAGE_DRAIN, /* they take nothing new */
    OUTAGE_OFF    /* they are switched off */
};

/* As the file spells it: "down", "drain", "off". */
const char *outage_kind_name(enum outage_kind kind);

/* Nodes that are unavailable together. */
struct outage {
    enum outage_kind kind;
    uint32_t *nodes; /* IDs, in increasing order, each once; at least one */
    uint32_t num_nodes;
    double from, until; /* simulated seconds, 0 <= from <= until; INFINITY: it never ends */
    bool end_is_known;  /* schedulers may know `until` once the outage is announced or has begun */
    const char *reason; /* "" without one */
};

enum plan_change { PLAN_ANNOUNCES, PLAN_BEGINS, PLAN_ENDS };

struct plan_event {
    double time; /* simulated seconds; those of begin and end are the outage's from and until */
    enum plan_change change;
    /* The same address for all events of one outage, and nobody else's before the call after the
     * one that gave its PLAN_ENDS: until then it is valid. */
    const struct outage *outage;
};

struct plan;

/* Reads a plan for the nodes of a platform, which must outlive it. NULL with err when the file
 * can't be read or makes no sense (ERROR_INPUT), or when out of memory. */
struct plan *plan_read(const char *file, const struct platform *platform, struct error *err);

/* The next event, in order of time. Those of the same time come in a fixed order: ends, then
 * announcements, then begins, each in the order of the file (outages; failures, source by source
 * and unit by unit; windows). An outage is announced at most once, before it begins or in the same
 * instant. False when nothing is left to come, which is never the case while nodes can fail or a
 * window comes again; or when out of memory, see plan_check. An event costs O(log of the units that
 * can fail and of what is announced or under way). */
bool plan_next(struct plan *plan, struct plan_event *event);

/* Once plan_next has returned false: 0 when nothing is left, -1 with err when out of memory. */
int plan_check(const struct plan *plan, struct error *err);

void plan_release(struct plan *plan); /* NULL is fine */

#endif
