/* Promise: no job that has a prospect is left out. */
#include "policies/prospects.h"

#include <math.h>

bool prospects_suffice(const struct books *books)
{
    const struct ordering *ordering = &books->ordering;
    bool anew = books->options.reservations == RESERVATIONS_RECOMPUTED;
    /* A new user changes the order of shares without a new plan. */
    bool keeps_order = anew ? ordering->follows_time || !ordering->follows_shares
                            : !ordering->follows_time && !ordering->follows_shares;
    /* Who is looked at later may not be by then. */
    uint32_t depth = books->options.queue_depth;
    bool all_count = anew || depth == 0 || books->queue.count < depth;
    return books->has_unreserved && !books->has_bold && keeps_order && all_count;
}

/* Returns whether there is a place for it. */
static bool look(const struct books *books, struct prospect *prospect, double first)
{
    const struct entry *entry = prospect->entry;
    uint32_t least[MAX_NODE_CLASSES];
    const struct profile_search search = {
        .classes = entry->classes,
        .need = entry->least,
        .duration = entry->shortest,
        .from = books->now,
        .before = first,
    };
    prospect->begin = profile_find(&books->profile, &search, least);
    prospect->end = prospect->begin + entry->shortest;
    return prospect->begin < first;
}

struct prospect prospects_next(const struct books *books, const struct entry *after, double first)
{
    double lengths[PROFILE_LEVELS] = {0};
    const struct profile_levels all = {0, PROFILE_LEVELS};
    struct wanted wanted = queue_want_all;
    struct prospect prospect = {0};
    profile_measure(&books->profile, books->now, first, books->now, INFINITY, all, lengths);
    wanted.lengths = lengths;
    do {
        prospect.entry =
            queue_next(&books->queue, prospect.entry ? prospect.entry : after, &wanted);
    } while (prospect.entry && !look(books, &prospect, first));
    return prospect;
}

bool prospects_holds(const struct books *books, struct prospect *prospect,
                     const struct entry *other, double first)
{
    bool waits = other->state == ENTRY_WAITING;
    if (waits && !other->reserved)
        return true;
    double begin = waits ? other->reservation.time : other->start_time;
    double end = waits ? begin + other->estimate : other->expected_end;
    bool is_apart = prospect->begin < first && (end <= prospect->begin || begin >= prospect->end);
    return is_apart || look(books, prospect, first);
}
