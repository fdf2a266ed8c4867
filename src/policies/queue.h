/* The jobs that wait, in the order of their keys (equal ones by ID). */
#ifndef ELASTISIM_POLICIES_QUEUE_H
#define ELASTISIM_POLICIES_QUEUE_H

#include "policies/entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue {
    struct entry *root; /* of a treap; the entries are not owned */
    struct entry *first, *last;
    size_t count;
};

/* A place in the queue, of a job that may have left it since. */
struct queue_place {
    double key, eligible;
    uint32_t id;
};

static inline struct queue_place queue_place_of(const struct entry *entry)
{
    return (struct queue_place){entry->key, entry->eligible, entry->id};
}

static inline bool queue_place_precedes(struct queue_place a, struct queue_place b)
{
    if (a.key < b.key || a.key > b.key)
        return a.key < b.key;
    if (a.eligible < b.eligible || a.eligible > b.eligible)
        return a.eligible < b.eligible;
    return a.id < b.id;
}

static inline bool queue_precedes(const struct entry *a, const struct entry *b)
{
    return queue_place_precedes(queue_place_of(a), queue_place_of(b));
}

enum wanted_kind { WANT_ANY, WANT_RESERVED, WANT_UNRESERVED, WANT_ROOM };

/* What a search looks for; all of it must hold. */
struct wanted {
    uint32_t nodes; /* needs at most this many */
    uint32_t extra; /* and at most this many unless ... */
    double window;  /* ... it runs at most so long */
    enum wanted_kind kind;
    /* By level of the nodes that it needs (profile.h): it runs at most so long, on fewer nodes no
     * less long than on more; NULL: no matter. */
    const double *lengths;
};

/* Everything; what has a reservation; what has none; running jobs that could have more nodes. */
extern const struct wanted queue_want_all, queue_want_reserved, queue_want_unreserved,
    queue_want_room;

/* Adds a job whose key is set. */
void queue_add(struct queue *queue, struct entry *entry);
void queue_remove(struct queue *queue, struct entry *entry);
/* After an entry got or lost its reservation. */
void queue_update(struct queue *queue, struct entry *entry);
/* After many did. */
void queue_refresh(struct queue *queue);
/* The first waiting job behind `after` (NULL: from the head) that is wanted. */
struct entry *queue_next(const struct queue *queue, const struct entry *after,
                         const struct wanted *wanted);
/* The same behind a place. */
struct entry *queue_next_behind(const struct queue *queue, struct queue_place place,
                                const struct wanted *wanted);
/* The one that so many are before; NULL when there are no more. */
struct entry *queue_at(const struct queue *queue, size_t rank);
/* The last one before `before`, which is in the queue (NULL: of all). */
struct entry *queue_last(const struct queue *queue, const struct entry *before);

/* Whether a job can be what is looked for. */
typedef bool queue_test_fn(const void *context, const struct entry *entry);
/* The running job that would stand highest with a node less, the last one of equals; NULL when no
 * job passes the test. */
struct entry *queue_highest_with_less(const struct queue *queue, queue_test_fn *test,
                                      const void *context);
/* The one that would stand lowest with a node more, but no higher than `limit`, the first one of
 * equals; NULL when no job passes the test. */
struct entry *queue_lowest_with_more(const struct queue *queue, double limit, queue_test_fn *test,
                                     const void *context);

/* A key that orders the queue. */
typedef double queue_key_fn(const void *context, const struct entry *entry);
/* Gives all new keys. */
void queue_reorder(struct queue *queue, queue_key_fn *key, const void *context);

#endif
