#include "policies/evolving.h"

#include "policies/malleable.h"

static int give_up(struct books *books, struct entry *entry, uint32_t wanted)
{
    for (uint32_t count = elastisim_job_num_assigned(entry->job); count > wanted; count--) {
        const struct elastisim_node *last = elastisim_job_assigned(entry->job, count - 1);
        if (books_take(books, entry, (uint32_t)elastisim_node_id(last)))
            return -1;
    }
    return books_release_promises(books, entry);
}

/* Idle nodes that the job may have, by class; returns their number. */
static uint32_t grantable(const struct books *books, const struct entry *entry, uint32_t *quota)
{
    if (books->options.evolving == EVOLVING_NO_DELAY && books->has_profile)
        return books_room_until(books, entry, entry->expected_end, entry->expected_end, quota);
    uint32_t count = pool_available(&books->pool, entry, quota);
    return books_power_until(books, entry, entry->expected_end, count);
}

/* Malleable jobs shrink for it; until enough have, what is idle is kept for when it asks again. */
static int make_others_shrink(struct books *books, struct entry *entry, uint32_t missing)
{
    uint32_t coming = entry->kept_nodes.count - entry->kept_idle, promised;
    if (missing <= coming)
        return 0;
    return malleable_promise(books, entry, missing - coming, &promised);
}

int evolving_answer(struct books *books, struct entry *entry, uint32_t wanted)
{
    uint32_t assigned = elastisim_job_num_assigned(entry->job), quota[MAX_NODE_CLASSES];
    if (books->options.evolving == EVOLVING_DENY)
        return 0;
    if (wanted <= assigned)
        return give_up(books, entry, wanted);
    uint32_t missing = wanted - assigned, idle = grantable(books, entry, quota);
    if (idle < missing)
        return books->options.evolving == EVOLVING_SHRINK
                   ? make_others_shrink(books, entry, missing - idle)
                   : 0;
    /* Reservations were made without knowing of this. */
    books->changes.replan = true;
    return books_grow(books, entry, quota, missing) || books_release_promises(books, entry) ? -1
                                                                                            : 0;
}
