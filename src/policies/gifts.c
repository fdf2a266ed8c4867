/* Promise: where all nodes are of one class, what all can give is known without looking at any. */
#include "policies/gifts.h"

/* Whether a taker can use any node. */
static bool suits_any(const struct books *books)
{
    return books->pool.num_classes == 1 && books->pool.departures.count == 0;
}

/* The last node of a running job that the taker can use; -1 when there is none. */
static long last_usable(const struct books *books, const struct entry *donor,
                        const struct entry *taker)
{
    for (uint32_t rank = elastisim_job_num_assigned(donor->job); rank > 0; rank--) {
        uint32_t node = (uint32_t)elastisim_node_id(elastisim_job_assigned(donor->job, rank - 1));
        if (pool_suits(&books->pool, node, taker))
            return node;
    }
    return -1;
}

uint32_t gifts_of(const struct books *books, const struct entry *donor, const struct entry *taker,
                  enum bound bound)
{
    uint32_t size = elastisim_job_num_assigned(donor->job), usable = 0;
    uint32_t smallest = entry_bound(donor, bound);
    if (donor == taker || size <= smallest)
        return 0;
    if (suits_any(books) || (!taker && books->pool.num_classes == 1))
        return size - smallest;
    for (uint32_t rank = 0; rank < size && usable < size - smallest; rank++) {
        const struct elastisim_node *node = elastisim_job_assigned(donor->job, rank);
        usable += pool_suits(&books->pool, (uint32_t)elastisim_node_id(node), taker);
    }
    return usable;
}

uint64_t gifts_of_all(const struct books *books, const struct entry *taker, enum bound bound)
{
    const struct queue *ranks = &books->running.ranks;
    if (suits_any(books) || (!taker && books->pool.num_classes == 1))
        return books->running.beyond[bound] - (taker ? taker->beyond[bound] : 0);
    uint64_t sum = 0;
    const struct entry *entry = NULL;
    while ((entry = queue_next(ranks, entry, &queue_want_all)))
        sum += gifts_of(books, entry, taker, bound);
    return sum;
}

int gifts_take(struct books *books, struct entry *donor, struct entry *taker, bool *taken)
{
    long node = donor ? last_usable(books, donor, taker) : -1;
    *taken = node >= 0;
    if (!*taken)
        return 0;
    return books_take(books, donor, (uint32_t)node) ||
                   (taker && books_keep(books, (uint32_t)node, taker))
               ? -1
               : 0;
}
