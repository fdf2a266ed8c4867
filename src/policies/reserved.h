/* Jobs that have reservations, in the order of the queue, to be searched for those that fit into an
 * opening (forward.h).
 *
 * Reservations move forward without a word: what is known of their times are upper bounds, which
 * searches correct as they pass.
 */
#ifndef ELASTISIM_POLICIES_RESERVED_H
#define ELASTISIM_POLICIES_RESERVED_H

#include "policies/entry.h"
#include "policies/queue.h"
#include "policies/reach.h"

#include <stdbool.h>
#include <stddef.h>

struct reserved_block;

/* Jobs that follow each other: none runs shorter, and none has its reservation later. */
struct reserved_span {
    struct reserved_block *block; /* owned */
    double shortest, latest;      /* seconds */
};

struct reserved {
    struct reserved_span *spans; /* in the order of the queue; owned */
    size_t num_spans, room;
    size_t hint;   /* searches need not look at spans before this one */
    double latest; /* none had its reservation later, at the last rewind or when it came */
};

/* Adds a job with a reservation. Returns 0, or -1 when out of memory. */
int reserved_add(struct reserved *reserved, struct entry *entry);
void reserved_remove(struct reserved *reserved, struct entry *entry);
/* The queue has another order. Returns 0, or -1 when out of memory. */
int reserved_sort(struct reserved *reserved);
/* None has a reservation any more. */
void reserved_clear(struct reserved *reserved);
void reserved_release(struct reserved *reserved);

/* Whether an opening may be of use to any of them. */
bool reserved_want(const struct reserved *reserved, struct reach_step opening);
/* From now on, searches begin behind a place from the head on. */
void reserved_rewind(struct reserved *reserved);
/* The first job behind a place whose reservation is behind the beginning of something that covers
 * it (reach.h); NULL when there is none. Of those only that run no longer than `news` and have
 * their reservation behind its beginning. Places must not come before those of earlier searches,
 * unless there was a rewind. */
struct entry *reserved_next(struct reserved *reserved, struct queue_place place,
                            const struct reach *reach, struct reach_step news);

#endif
