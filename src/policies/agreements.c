#include "policies/agreements.h"

#include "base/bit_set.h"
#include "base/vector.h"
#include "policies/admission.h"
#include "policies/gifts.h"
#include "policies/standing.h"

#include <math.h>

/* Running jobs in the order in which they give or get, and how many nodes. */
struct part {
    struct entry *entry;
    uint32_t nodes;
};

struct parts {
    VECTOR(struct part) list;
};

struct waiting {
    VECTOR(struct entry *) list;
};

static uint32_t at_most(uint32_t nodes, uint64_t limit)
{
    return nodes < limit ? nodes : (uint32_t)limit;
}

/* Whether a job starts on nothing but the nodes that others handed over to it. */
static bool is_direct(const struct books *books)
{
    return books->options.malleable == MALLEABLE_AGREEMENT_2023;
}

/* --- Who gives ----------------------------------------------------------------------------- */

/* The first ranked job of those that stand as high as the last one. */
static struct entry *first_of_equals(const struct queue *ranks, const struct entry *last)
{
    if (!last)
        return NULL;
    const struct queue_place place = {last->key, -INFINITY, 0};
    return queue_next_behind(ranks, place, &queue_want_all);
}

/* The ranked jobs from the highest standing down, of equal ones the first first. */
static struct entry *next_donor(const struct queue *ranks, const struct entry *after)
{
    if (!after)
        return first_of_equals(ranks, queue_last(ranks, NULL));
    struct entry *next = queue_next(ranks, after, &queue_want_all);
    if (next && next->key <= after->key)
        return next;
    return first_of_equals(ranks, queue_last(ranks, first_of_equals(ranks, after)));
}

static int choose_donors(const struct books *books, const struct entry *taker, uint32_t need,
                         enum bound bound, struct parts *donors)
{
    const struct queue *ranks = &books->running.ranks;
    for (struct entry *donor = next_donor(ranks, NULL); donor && need > 0;
         donor = next_donor(ranks, donor)) {
        struct part part = {donor, at_most(gifts_of(books, donor, taker, bound), need)};
        if (part.nodes > 0 && vector_add(&donors->list, part))
            return -1;
        need -= part.nodes;
    }
    return 0;
}

static int hand_over(struct books *books, const struct parts *donors, struct entry *taker)
{
    for (size_t i = 0; i < donors->list.count; i++) {
        struct part part = donors->list.items[i];
        bool taken = true;
        for (; part.nodes > 0 && taken; part.nodes--)
            if (gifts_take(books, part.entry, taker, &taken))
                return -1;
    }
    return 0;
}

/* --- Making -------------------------------------------------------------------------------- */

/* What is tried one after the other: so many nodes, from what others have beyond a bound. */
struct attempt {
    enum bound size, bound;
};

static const struct attempt for_the_least[] = {{BOUND_LEAST, BOUND_LEAST}};
static const struct attempt for_the_preferred[] = {
    {BOUND_PREFERRED, BOUND_PREFERRED}, {BOUND_LEAST, BOUND_PREFERRED}, {BOUND_LEAST, BOUND_LEAST}};

static const struct {
    const struct attempt *items;
    size_t count;
} attempts[] = {
    [TOWARDS_MIN] = {for_the_least, 1},
    [TOWARDS_AVG] = {for_the_least, 1},
    [TOWARDS_PREF] = {for_the_preferred, 3},
};

static int agree(struct books *books, struct entry *taker)
{
    enum towards towards = books->options.towards;
    for (size_t i = 0; i < attempts[towards].count; i++) {
        struct attempt attempt = attempts[towards].items[i];
        uint32_t need = entry_bound(taker, attempt.size);
        if (gifts_of_all(books, taker, attempt.bound) < need)
            continue;
        struct parts donors = {0};
        int result = choose_donors(books, taker, need, attempt.bound, &donors) ||
                     hand_over(books, &donors, taker);
        free(donors.list.items);
        /* What is idle for other agreements may do. */
        books->changes.freed = books->changes.freed || !is_direct(books);
        return result ? -1 : 0;
    }
    return 0;
}

int agreements_make(struct books *books)
{
    uint32_t depth = books->options.queue_depth;
    const struct entry *last = depth > 0 ? queue_at(&books->queue, depth - 1) : NULL;
    struct wanted wanted = queue_want_all;
    struct entry *entry = NULL;
    do {
        wanted.nodes = at_most(UINT32_MAX, books->running.beyond[BOUND_LEAST]);
        entry = queue_next(&books->queue, entry, &wanted);
        if (!entry || (last && queue_precedes(last, entry)))
            return 0;
    } while (!admission_allows(books, entry) || agree(books, entry) == 0);
    return -1;
}

/* --- Starting ------------------------------------------------------------------------------ */

/* A node that is kept for a job and is idle or not, of a class; -1 when there is none. */
static long find_kept(const struct books *books, const struct entry *entry, size_t node_class,
                      bool idle)
{
    for (uint32_t i = entry->kept_nodes.count; i > 0; i--) {
        uint32_t node = entry->kept_nodes.items[i - 1];
        if (books->pool.class_of[node] == node_class && pool_is_idle(&books->pool, node) == idle)
            return node;
    }
    return -1;
}

/* The last agreement that has such a node and is not the entry's. */
static struct entry *last_with(const struct books *books, const struct entry *entry,
                               size_t node_class, bool idle)
{
    struct entry *other = books->pool.last_keeper;
    while (other && (other == entry || other->state != ENTRY_WAITING ||
                     find_kept(books, other, node_class, idle) < 0))
        other = other->previous_keeper;
    return other;
}

/* Nodes of a class that are kept for it and are still to come. */
static uint32_t count_coming(const struct books *books, const struct entry *entry,
                             size_t node_class)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < entry->kept_nodes.count; i++) {
        uint32_t node = entry->kept_nodes.items[i];
        count += books->pool.class_of[node] == node_class && !pool_is_idle(&books->pool, node);
    }
    return count;
}

/* Idle nodes of a class that are kept for other waiting jobs. */
static uint32_t count_stealable(const struct books *books, const struct entry *entry,
                                size_t node_class)
{
    uint32_t count = 0;
    for (const struct entry *other = books->pool.first_keeper; other; other = other->next_keeper)
        for (uint32_t i = 0; i < other->kept_nodes.count; i++) {
            uint32_t node = other->kept_nodes.items[i];
            count += other != entry && other->state == ENTRY_WAITING &&
                     books->pool.class_of[node] == node_class && pool_is_idle(&books->pool, node);
        }
    return count;
}

/* Whether idle nodes can take the place of those that are still to come. */
static bool can_start(const struct books *books, const struct entry *entry)
{
    if (entry->kept_idle == entry->kept_nodes.count)
        return true;
    if (is_direct(books))
        return false;
    bool from_pool = books->options.malleable == MALLEABLE_POOL_2023;
    for (size_t i = 0; i < books->pool.num_classes; i++) {
        uint32_t coming = count_coming(books, entry, i);
        uint32_t idle = from_pool && coming > 0 ? books->pool.classes[i].num_free : 0;
        if (coming > idle && coming - idle > count_stealable(books, entry, i))
            return false;
    }
    return true;
}

/* Two jobs exchange nodes that are kept for them. */
static int exchange(struct books *books, struct entry *entry, uint32_t own, struct entry *other,
                    uint32_t others)
{
    return books_keep(books, own, other) || books_keep(books, others, entry) ? -1 : 0;
}

/* A free node takes the place of one to come. What is still on its way to the last agreement is
 * promised to nobody any more, and the node to come takes its place there. */
static int use_free(struct books *books, struct entry *entry, size_t node_class)
{
    struct entry *other = last_with(books, entry, node_class, false);
    uint32_t own = (uint32_t)find_kept(books, entry, node_class, false), lost = own;
    const uint64_t *free_nodes = books->pool.classes[node_class].free;
    uint32_t node = (uint32_t)bit_set_next(free_nodes, books->pool.num_nodes, 0);
    if (other) {
        lost = (uint32_t)find_kept(books, other, node_class, false);
        if (books_keep(books, own, other))
            return -1;
    }
    return books_keep(books, lost, NULL) || books_keep(books, node, entry) ? -1 : 0;
}

/* Sees to it that all that is kept for the job is idle. */
static int gather(struct books *books, struct entry *entry)
{
    for (size_t i = 0; i < books->pool.num_classes; i++)
        for (uint32_t coming = count_coming(books, entry, i); coming > 0; coming--) {
            struct entry *other = last_with(books, entry, i, true);
            uint32_t own = (uint32_t)find_kept(books, entry, i, false);
            if (other
                    ? exchange(books, entry, own, other, (uint32_t)find_kept(books, other, i, true))
                    : use_free(books, entry, i))
                return -1;
        }
    return 0;
}

/* Whether it can run on what is kept for it: none of it was taken away or will be. */
static bool can_use(const struct books *books, const struct entry *entry)
{
    for (uint32_t i = 0; i < entry->kept_nodes.count; i++)
        if (!pool_suits(&books->pool, entry->kept_nodes.items[i], entry))
            return false;
    uint32_t count = entry->kept_nodes.count;
    return count >= entry->least &&
           books_power_until(books, entry, books->now + entry->estimate, count) == count;
}

/* If it can't, it waits for other nodes. */
static int start(struct books *books, struct entry *entry)
{
    uint32_t quota[MAX_NODE_CLASSES] = {0};
    if (gather(books, entry))
        return -1;
    if (!can_use(books, entry))
        return books_release_promises(books, entry);
    for (uint32_t i = 0; i < entry->kept_nodes.count; i++)
        quota[books->pool.class_of[entry->kept_nodes.items[i]]]++;
    books->changes.replan = books->changes.replan || books->num_reserved > 0;
    return books_start(books, entry, quota, entry->kept_nodes.count);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
    return queue_precedes(x, y) ? -1 : 1;
}

/* Those that wait and have an agreement. One that has lost so many nodes to outages that the rest
 * is too few is void: the job is helped anew. */
static int list_waiting(struct books *books, struct waiting *waiting)
{
    struct entry *next;
    for (struct entry *entry = books->pool.first_keeper; entry; entry = next) {
        next = entry->next_keeper;
        if (entry->state != ENTRY_WAITING)
            continue;
        if (entry->kept_nodes.count < entry->least ? books_release_promises(books, entry)
                                                   : vector_add(&waiting->list, entry))
            return -1;
    }
    return 0;
}

int agreements_start(struct books *books)
{
    struct waiting waiting = {0};
    if (!standing_has_agreements(&books->options) || !books->changes.freed)
        return 0;
    int result = list_waiting(books, &waiting);
    if (waiting.list.count > 1)
        qsort(waiting.list.items, waiting.list.count, sizeof *waiting.list.items, compare_entries);
    for (size_t i = 0; i < waiting.list.count && result == 0; i++) {
        struct entry *entry = waiting.list.items[i];
        if (admission_by_load(books, entry) && can_start(books, entry))
            result = start(books, entry);
    }
    free(waiting.list.items);
    return result;
}

/* --- Growing ------------------------------------------------------------------------------- */

/* What is tried one after the other: so many jobs grow, from the lowest standing up. */
struct growth {
    size_t jobs;
    bool to_preferred; /* else as far as they can */
};

static const struct growth everybody[] = {{SIZE_MAX, false}};
static const struct growth the_lowest[] = {{1, false}};
static const struct growth to_preferred_first[] = {{SIZE_MAX, true}, {SIZE_MAX, false}};

static const struct {
    const struct growth *items;
    size_t count;
} growths[] = {
    [TOWARDS_MIN] = {everybody, 1},
    [TOWARDS_AVG] = {the_lowest, 1},
    [TOWARDS_PREF] = {to_preferred_first, 2},
};

/* Those that can take all free nodes. */
static int choose_growers(const struct books *books, struct growth growth, struct parts *growers)
{
    bool of_one_class = books->pool.num_classes == 1;
    uint64_t room = 0;
    struct entry *entry = NULL;
    for (size_t i = 0; i < growth.jobs && !(of_one_class && room >= books->pool.num_free); i++) {
        entry = queue_next(&books->running.ranks, entry, &queue_want_all);
        if (!entry)
            return 0;
        uint32_t size = elastisim_job_num_assigned(entry->job);
        uint32_t limit = growth.to_preferred ? entry->preferred : entry->most;
        struct part part = {entry, limit > size ? limit - size : 0};
        if (part.nodes > 0 && vector_add(&growers->list, part))
            return -1;
        room += part.nodes;
    }
    return 0;
}

static int grow_chosen(struct books *books, const struct parts *growers)
{
    uint32_t quota[MAX_NODE_CLASSES];
    for (size_t i = 0; i < growers->list.count; i++) {
        struct part part = growers->list.items[i];
        uint32_t count = at_most(part.nodes, pool_available(&books->pool, part.entry, quota));
        count = books_power_until(books, part.entry, part.entry->expected_end, count);
        if (count > 0 && books_grow(books, part.entry, quota, count))
            return -1;
        books->changes.replan = books->changes.replan || (count > 0 && books->num_reserved > 0);
    }
    return 0;
}

static int grow(struct books *books, struct growth growth)
{
    const struct running *running = &books->running;
    uint64_t room = growth.to_preferred ? running->up_to_preferred : running->up_to_most;
    struct parts growers = {0};
    if (books->pool.num_free == 0 || room == 0)
        return 0;
    int result = choose_growers(books, growth, &growers) || grow_chosen(books, &growers) ? -1 : 0;
    free(growers.list.items);
    return result;
}

int agreements_grow(struct books *books)
{
    enum towards towards = books->options.towards;
    for (size_t i = 0; i < growths[towards].count; i++)
        if (grow(books, growths[towards].items[i]))
            return -1;
    return 0;
}
