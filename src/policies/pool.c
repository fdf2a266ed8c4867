/* Promise: nodes of one word of a set change together. */
#include "policies/pool.h"

#include "base/bit_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- Creation ------------------------------------------------------------------------------ */

static bool has_burst_buffer(const struct elastisim_node *node)
{
    return elastisim_node_type(node) != ELASTISIM_NODE_PLAIN;
}

/* Least equipped first, so that nodes with more are spared for jobs that need it. */
static int compare_classes(const void *a, const void *b)
{
    const struct node_class *x = a, *y = b;
    if (x->burst_buffer != y->burst_buffer)
        return x->burst_buffer ? 1 : -1;
    return (x->gpus > y->gpus) - (x->gpus < y->gpus);
}

static size_t find_class(const struct node_pool *pool, const struct elastisim_node *node)
{
    size_t kind = 0;
    while (kind < pool->num_classes && (pool->classes[kind].gpus != elastisim_node_num_gpus(node) ||
                                        pool->classes[kind].burst_buffer != has_burst_buffer(node)))
        kind++;
    return kind;
}

/* With more kinds of nodes than fit, the rest counts as the least equipped. */
static void find_classes(struct node_pool *pool, const struct elastisim_view *view)
{
    for (uint32_t id = 0; id < pool->num_nodes; id++) {
        const struct elastisim_node *node = elastisim_node(view, id);
        if (pool->num_classes < MAX_NODE_CLASSES && find_class(pool, node) == pool->num_classes)
            pool->classes[pool->num_classes++] = (struct node_class){
                .gpus = elastisim_node_num_gpus(node), .burst_buffer = has_burst_buffer(node)};
    }
    qsort(pool->classes, pool->num_classes, sizeof pool->classes[0], compare_classes);
    for (uint32_t id = 0; id < pool->num_nodes; id++) {
        size_t kind = find_class(pool, elastisim_node(view, id));
        pool->class_of[id] = kind < pool->num_classes ? (uint8_t)kind : 0;
        pool->classes[pool->class_of[id]].count++;
    }
}

static int create_sets(struct node_pool *pool)
{
    for (size_t kind = 0; kind < pool->num_classes; kind++) {
        struct node_class *group = &pool->classes[kind];
        group->free = bit_set_create(pool->num_nodes);
        group->members = bit_set_create(pool->num_nodes);
        if (!group->free || !group->members)
            return -1;
    }
    for (uint32_t id = 0; id < pool->num_nodes; id++)
        bit_set_add(pool->classes[pool->class_of[id]].members, id);
    return 0;
}

static double rank_of(const struct elastisim_view *view, const struct elastisim_node *node)
{
    const char *text = elastisim_node_property(view, node, "perf_class");
    char *end;
    double value = text ? strtod(text, &end) : 0;
    return text && end != text && *end == '\0' ? value : -elastisim_node_speed(node);
}

static int create_ranks(struct node_pool *pool, const struct elastisim_view *view)
{
    pool->rank = calloc(pool->num_nodes, sizeof *pool->rank);
    if (!pool->rank)
        return -1;
    for (uint32_t id = 0; id < pool->num_nodes; id++)
        pool->rank[id] = rank_of(view, elastisim_node(view, id));
    return 0;
}

int pool_create(struct node_pool *pool, const struct elastisim_view *view, bool with_ranks)
{
    pool->num_nodes = (uint32_t)elastisim_num_nodes(view);
    pool->class_of = calloc(pool->num_nodes, sizeof *pool->class_of);
    pool->idle = bit_set_create(pool->num_nodes);
    pool->kept = bit_set_create(pool->num_nodes);
    pool->has_absences = bit_set_create(pool->num_nodes);
    pool->keeper = calloc(pool->num_nodes, sizeof(struct entry *));
    pool->leaver = calloc(pool->num_nodes, sizeof(struct entry *));
    pool->switch_of = calloc(pool->num_nodes, sizeof *pool->switch_of);
    pool->absences = calloc(pool->num_nodes, sizeof *pool->absences);
    pool->departure = calloc(pool->num_nodes, sizeof(struct departure *));
    if (!pool->absences || !pool->departure || !pool->has_absences || !pool->class_of ||
        !pool->idle || !pool->kept || !pool->keeper || !pool->leaver || !pool->switch_of)
        return -1;
    find_classes(pool, view);
    pool->departures.num_classes = pool->num_classes;
    if (create_sets(pool))
        return -1;
    return with_ranks ? create_ranks(pool, view) : 0;
}

void pool_release(struct node_pool *pool)
{
    for (size_t kind = 0; kind < pool->num_classes; kind++) {
        free(pool->classes[kind].free);
        free(pool->classes[kind].members);
    }
    free(pool->class_of);
    free(pool->idle);
    free(pool->kept);
    free(pool->has_absences);
    free(pool->keeper);
    free(pool->leaver);
    for (uint32_t id = 0; pool->absences && id < pool->num_nodes; id++)
        free(pool->absences[id].items);
    free(pool->absences);
    free(pool->departure);
    departures_release(&pool->departures);
    idlers_release(&pool->idlers);
    free(pool->rank);
    free(pool->switch_of);
    ids_release(&pool->switches);
    *pool = (struct node_pool){0};
}

/* --- Classes ------------------------------------------------------------------------------- */

uint64_t pool_classes(const struct node_pool *pool, uint32_t gpus, bool burst_buffer)
{
    uint64_t mask = 0;
    for (size_t kind = 0; kind < pool->num_classes; kind++)
        if (pool->classes[kind].gpus >= gpus && (pool->classes[kind].burst_buffer || !burst_buffer))
            mask |= UINT64_C(1) << kind;
    return mask;
}

uint32_t pool_size(const struct node_pool *pool, uint64_t classes)
{
    uint32_t size = 0;
    for (size_t kind = 0; kind < pool->num_classes; kind++)
        if (classes >> kind & 1)
            size += pool->classes[kind].count;
    return size;
}

uint32_t pool_sum(const struct node_pool *pool, const uint32_t *counts)
{
    uint32_t sum = 0;
    for (size_t kind = 0; kind < pool->num_classes; kind++)
        sum += counts[kind];
    return sum;
}

double pool_needed_until(const struct node_pool *pool, const struct entry *entry, double duration)
{
    if (entry->is_bold)
        return -INFINITY;
    bool runs = entry->state == ENTRY_RUNNING;
    double end = runs ? entry->expected_end : pool->now + duration;
    return fmax(end, (runs ? entry->start_time : pool->now) + entry->unpredicted);
}

bool pool_suits(const struct node_pool *pool, uint32_t node, const struct entry *entry)
{
    return !entry ||
           ((entry->classes >> pool->class_of[node] & 1) &&
            !pool_leaves_before(pool, node, pool_needed_until(pool, entry, entry->estimate)));
}

/* --- Idle ---------------------------------------------------------------------------------- */

static void note_idlers(struct node_pool *pool, size_t word, uint64_t nodes, bool is_free)
{
    for (; nodes; nodes &= nodes - 1) {
        uint32_t node = (uint32_t)(word * BITS_PER_WORD + bit_set_lowest(nodes));
        if (is_free)
            idlers_add(&pool->idlers, node, pool->now);
        else
            idlers_remove(&pool->idlers, node);
    }
}

/* These nodes of a word, which are not kept, become free for anybody, or are so no longer. */
static void set_free(struct node_pool *pool, size_t word, uint64_t nodes, bool is_free)
{
    if (pool->idlers.since)
        note_idlers(pool, word, nodes, is_free);
    for (uint64_t left = nodes; left;) {
        uint32_t first = (uint32_t)(word * BITS_PER_WORD + bit_set_lowest(left));
        struct node_class *group = &pool->classes[pool->class_of[first]];
        uint64_t alike = left & group->members[word];
        uint32_t count = bit_set_count(alike);
        group->free[word] ^= alike;
        group->num_free += is_free ? count : 0 - count;
        pool->num_free += is_free ? count : 0 - count;
        left &= ~alike;
    }
    for (uint64_t left = pool->departures.count > 0 ? nodes : 0; left; left &= left - 1) {
        uint32_t node = (uint32_t)(word * BITS_PER_WORD + bit_set_lowest(left));
        if (pool->departure[node])
            pool->departure[node]->num_free[pool->class_of[node]] += is_free ? 1 : UINT32_MAX;
    }
}

bool pool_is_idle(const struct node_pool *pool, uint32_t node)
{
    return bit_set_has(pool->idle, node);
}

uint64_t pool_set_idle(struct node_pool *pool, size_t word, uint64_t nodes, bool idle)
{
    uint64_t changed = nodes & (idle ? ~pool->idle[word] : pool->idle[word]);
    pool->idle[word] ^= changed;
    for (uint64_t kept = changed & pool->kept[word]; kept; kept &= kept - 1)
        pool->keeper[word * BITS_PER_WORD + bit_set_lowest(kept)]->kept_idle +=
            idle ? 1 : UINT32_MAX;
    pool->num_changes += changed != 0;
    set_free(pool, word, changed & ~pool->kept[word], idle);
    return changed;
}

int pool_set_departure(struct node_pool *pool, uint32_t node, double time)
{
    struct departure *before = pool->departure[node], *now = NULL;
    size_t kind = pool->class_of[node];
    uint32_t is_free = bit_set_has(pool->classes[kind].free, node) ? 1 : 0;
    if (before ? before->time >= time && before->time <= time : isinf(time))
        return 0;
    if (isfinite(time) && !(now = departures_join(&pool->departures, time)))
        return -1;
    if (before) {
        before->num_free[kind] -= is_free;
        departures_quit(&pool->departures, before);
    }
    if (now)
        now->num_free[kind] += is_free;
    pool->departure[node] = now;
    return 0;
}

/* --- Kept ---------------------------------------------------------------------------------- */

static void add_keeper(struct node_pool *pool, struct entry *entry)
{
    entry->previous_keeper = pool->last_keeper;
    entry->next_keeper = NULL;
    *(pool->last_keeper ? &pool->last_keeper->next_keeper : &pool->first_keeper) = entry;
    pool->last_keeper = entry;
}

static void remove_keeper(struct node_pool *pool, struct entry *entry)
{
    *(entry->previous_keeper ? &entry->previous_keeper->next_keeper : &pool->first_keeper) =
        entry->next_keeper;
    *(entry->next_keeper ? &entry->next_keeper->previous_keeper : &pool->last_keeper) =
        entry->previous_keeper;
}

int pool_keep(struct node_pool *pool, uint32_t node, struct entry *entry)
{
    pool->num_changes++;
    uint32_t idle = pool_is_idle(pool, node) ? 1 : 0;
    struct entry *before = pool->keeper[node];
    if (before) {
        ids_remove(&before->kept_nodes, node);
        before->kept_idle -= idle;
        if (before->kept_nodes.count == 0)
            remove_keeper(pool, before);
    }
    pool->keeper[node] = entry;
    if (entry) {
        if (entry->kept_nodes.count == 0)
            add_keeper(pool, entry);
        if (ids_append(&entry->kept_nodes, node))
            return -1;
        entry->kept_idle += idle;
    }
    if (!before == !entry)
        return 0;
    bit_set_toggle(pool->kept, node);
    if (idle)
        set_free(pool, node / BITS_PER_WORD, bit_set_bit(node), !entry);
    return 0;
}

uint32_t pool_available_until(const struct node_pool *pool, const struct entry *entry, double until,
                              uint32_t *available)
{
    for (size_t kind = 0; kind < pool->num_classes; kind++)
        available[kind] = pool->classes[kind].num_free;
    departures_subtract(&pool->departures, until, available);
    for (size_t kind = 0; kind < pool->num_classes; kind++)
        available[kind] = entry->classes >> kind & 1 ? available[kind] : 0;
    for (uint32_t i = 0; entry->kept_idle > 0 && i < entry->kept_nodes.count; i++) {
        uint32_t node = entry->kept_nodes.items[i];
        size_t kind = pool->class_of[node];
        if (pool_is_idle(pool, node) && (entry->classes >> kind & 1) &&
            !pool_leaves_before(pool, node, until))
            available[kind]++;
    }
    return pool_sum(pool, available);
}

uint32_t pool_available(const struct node_pool *pool, const struct entry *entry,
                        uint32_t *available)
{
    return pool_available_until(pool, entry, pool_needed_until(pool, entry, entry->estimate),
                                available);
}

/* --- Lists --------------------------------------------------------------------------------- */

int pool_list_kept(const struct node_pool *pool, const struct entry *entry, double until,
                   uint32_t *quota, uint32_t count, struct ids *list)
{
    for (uint32_t i = 0; i < entry->kept_nodes.count && list->count < count; i++) {
        uint32_t node = entry->kept_nodes.items[i];
        uint32_t *left = &quota[pool->class_of[node]];
        if (!pool_is_idle(pool, node) || pool_leaves_before(pool, node, until) || *left == 0)
            continue;
        --*left;
        if (ids_append(list, node))
            return -1;
    }
    return 0;
}

/* Whole rows of neighbours at a time. */
static int list_word(struct ids *list, uint32_t word, uint64_t bits, uint32_t most)
{
    while (bits && most > 0) {
        unsigned first = bit_set_lowest(bits);
        uint64_t gaps = ~(bits >> first);
        uint32_t length = gaps ? bit_set_lowest(gaps) : BITS_PER_WORD;
        uint32_t count = length < most ? length : most;
        if (ids_append_row(list, word * BITS_PER_WORD + first, count))
            return -1;
        most -= count;
        bits &= ~(~UINT64_C(0) >> (BITS_PER_WORD - length) << first);
    }
    return 0;
}

/* Those of a word that leave with a departure, or (NULL) that nobody knows to leave. */
static uint64_t with_departure(const struct node_pool *pool, uint32_t word, uint64_t bits,
                               const struct departure *departure)
{
    uint64_t found = 0;
    for (; bits; bits &= bits - 1)
        if (pool->departure[word * BITS_PER_WORD + bit_set_lowest(bits)] == departure)
            found |= bits & -bits;
    return found;
}

int pool_list_free(const struct node_pool *pool, const struct free_wanted *wanted, uint32_t most,
                   struct ids *list)
{
    uint32_t begin = list->count;
    for (uint32_t word = 0; word < bit_set_words(pool->num_nodes) && list->count - begin < most;
         word++) {
        uint64_t bits = 0;
        for (size_t kind = 0; kind < pool->num_classes; kind++)
            if (wanted->classes >> kind & 1)
                bits |= pool->classes[kind].free[word];
        if (!wanted->any)
            bits = with_departure(pool, word, bits, wanted->departure);
        if (list_word(list, word, bits, most - (list->count - begin)))
            return -1;
    }
    return 0;
}
