/* The nodes as the policy sees them: classes of equal equipment, which are idle, for whom they are
 * kept. */
#include "policies/engine.h"

#include <stdlib.h>
#include <string.h>

static uint64_t bit(uint32_t node)
{
    return UINT64_C(1) << (node % 64);
}

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

static double rank_of(const struct elastisim_view *view, const struct elastisim_node *node)
{
    const char *text = elastisim_node_property(view, node, "perf_class");
    char *end;
    double value = text ? strtod(text, &end) : 0;
    return text && end != text && *end == '\0' ? value : -elastisim_node_speed(node);
}

static int create_ranks(struct engine *engine)
{
    struct node_pool *pool = &engine->pool;
    if (engine->options.nodes != NODES_FASTEST && engine->options.nodes != NODES_UNIFORM)
        return 0;
    pool->rank = calloc(pool->num_nodes, sizeof *pool->rank);
    if (!pool->rank)
        return -1;
    for (uint32_t id = 0; id < pool->num_nodes; id++)
        pool->rank[id] = rank_of(engine->view, elastisim_node(engine->view, id));
    return 0;
}

int pool_create(struct engine *engine)
{
    struct node_pool *pool = &engine->pool;
    pool->num_nodes = (uint32_t)elastisim_num_nodes(engine->view);
    size_t words = pool->num_nodes / 64 + 1;
    pool->class_of = calloc(pool->num_nodes, sizeof *pool->class_of);
    pool->idle = calloc(words, sizeof *pool->idle);
    pool->keeper = calloc(pool->num_nodes, sizeof *pool->keeper);
    pool->leaver = calloc(pool->num_nodes, sizeof *pool->leaver);
    pool->switch_of = calloc(pool->num_nodes, sizeof *pool->switch_of);
    if (!pool->class_of || !pool->idle || !pool->keeper || !pool->leaver || !pool->switch_of)
        return -1;
    find_classes(pool, engine->view);
    for (size_t kind = 0; kind < pool->num_classes; kind++) {
        pool->classes[kind].free = calloc(words, sizeof(uint64_t));
        if (!pool->classes[kind].free)
            return -1;
    }
    return create_ranks(engine);
}

void pool_release(struct node_pool *pool)
{
    for (size_t kind = 0; kind < pool->num_classes; kind++)
        free(pool->classes[kind].free);
    free(pool->class_of);
    free(pool->idle);
    free(pool->keeper);
    free(pool->leaver);
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

/* --- Idle and kept ------------------------------------------------------------------------- */

/* Works out whether a node is free for anybody. */
static void settle(struct node_pool *pool, uint32_t node)
{
    struct node_class *group = &pool->classes[pool->class_of[node]];
    bool was_free = group->free[node / 64] & bit(node);
    bool is_free = (pool->idle[node / 64] & bit(node)) && pool->keeper[node] == 0;
    if (was_free == is_free)
        return;
    group->free[node / 64] ^= bit(node);
    if (is_free) {
        group->num_free++;
        pool->num_free++;
    } else {
        group->num_free--;
        pool->num_free--;
    }
}

static bool is_idle(const struct node_pool *pool, uint32_t node)
{
    return pool->idle[node / 64] & bit(node);
}

void pool_set_idle(struct engine *engine, uint32_t node, bool idle)
{
    struct node_pool *pool = &engine->pool;
    if (is_idle(pool, node) == idle)
        return;
    pool->idle[node / 64] ^= bit(node);
    if (pool->keeper[node]) {
        struct entry *keeper = engine_entry(engine, pool->keeper[node] - 1);
        keeper->kept_idle += idle ? 1 : UINT32_MAX;
    }
    settle(pool, node);
    engine->freed = engine->freed || idle;
}

int pool_keep(struct engine *engine, uint32_t node, struct entry *entry)
{
    struct node_pool *pool = &engine->pool;
    uint32_t idle = is_idle(pool, node) ? 1 : 0;
    if (pool->keeper[node]) {
        struct entry *before = engine_entry(engine, pool->keeper[node] - 1);
        ids_remove(&before->kept_nodes, node);
        before->kept_idle -= idle;
        if (before->kept_nodes.count == 0)
            ids_remove(&engine->keepers, before->id);
    }
    pool->keeper[node] = entry ? entry->id + 1 : 0;
    if (entry) {
        if (entry->kept_nodes.count == 0 && ids_append(&engine->keepers, entry->id))
            return -1;
        if (ids_append(&entry->kept_nodes, node))
            return -1;
        entry->kept_idle += idle;
    }
    settle(pool, node);
    return 0;
}

uint32_t pool_available(const struct engine *engine, const struct entry *entry, uint32_t *available)
{
    const struct node_pool *pool = &engine->pool;
    uint32_t total = 0;
    for (size_t kind = 0; kind < pool->num_classes; kind++)
        available[kind] = entry->classes >> kind & 1 ? pool->classes[kind].num_free : 0;
    for (uint32_t i = 0; entry->kept_idle > 0 && i < entry->kept_nodes.count; i++) {
        uint32_t node = entry->kept_nodes.items[i];
        size_t kind = pool->class_of[node];
        if (is_idle(pool, node) && entry->classes >> kind & 1)
            available[kind]++;
    }
    for (size_t kind = 0; kind < pool->num_classes; kind++)
        total += available[kind];
    return total;
}

/* --- Assigning ----------------------------------------------------------------------------- */

static int assign_one(struct engine *engine, struct entry *entry, uint32_t node)
{
    if (engine->pool.keeper[node] && pool_keep(engine, node, NULL))
        return -1;
    pool_set_idle(engine, node, false);
    return elastisim_assign(engine->view, entry->job, elastisim_node(engine->view, node));
}

/* The idle nodes kept for a job, as far as its quotas go. */
static int take_kept(struct engine *engine, const struct entry *entry, uint32_t *quota,
                     uint32_t count, struct ids *taken)
{
    for (uint32_t i = 0; i < entry->kept_nodes.count && taken->count < count; i++) {
        uint32_t node = entry->kept_nodes.items[i];
        uint32_t *left = &quota[engine->pool.class_of[node]];
        if (!is_idle(&engine->pool, node) || *left == 0)
            continue;
        --*left;
        if (ids_append(taken, node))
            return -1;
    }
    return 0;
}

/* Free nodes of the classes in the mask, by ID, until there are enough. */
static int list_free(const struct node_pool *pool, uint64_t classes, uint32_t enough,
                     struct ids *list)
{
    for (uint32_t word = 0; word <= (pool->num_nodes - 1) / 64 && list->count < enough; word++) {
        uint64_t bits = 0;
        for (size_t kind = 0; kind < pool->num_classes; kind++)
            if (classes >> kind & 1)
                bits |= pool->classes[kind].free[word];
        for (; bits; bits &= bits - 1)
            if (ids_append(list, word * 64 + (uint32_t)__builtin_ctzll(bits)))
                return -1;
    }
    return 0;
}

static int take_free(struct engine *engine, uint64_t classes, uint32_t count, struct ids *taken)
{
    struct ids candidates = {0};
    bool in_order = engine->options.nodes == NODES_LOWEST;
    int result = list_free(&engine->pool, classes, in_order ? count : UINT32_MAX, &candidates);
    if (count > candidates.count)
        count = candidates.count;
    if (result == 0)
        result = select_nodes(engine, &candidates, count, taken);
    ids_release(&candidates);
    return result;
}

/* Without reservations it does not matter which classes a job takes from, so the choice is among
 * all its nodes; else each class has a quota. */
static int take(struct engine *engine, const struct entry *entry, uint32_t *quota, uint32_t count,
                struct ids *taken)
{
    const struct node_pool *pool = &engine->pool;
    if (take_kept(engine, entry, quota, count, taken))
        return -1;
    if (!engine->has_profile || pool->num_classes == 1)
        return take_free(engine, entry->classes, count - taken->count, taken);
    for (size_t kind = 0; kind < pool->num_classes && taken->count < count; kind++) {
        uint32_t share = count - taken->count < quota[kind] ? count - taken->count : quota[kind];
        if (share > 0 && take_free(engine, UINT64_C(1) << kind, share, taken))
            return -1;
    }
    return 0;
}

int pool_assign(struct engine *engine, struct entry *entry, const uint32_t *quota, uint32_t count)
{
    uint32_t left[MAX_NODE_CLASSES];
    memcpy(left, quota, engine->pool.num_classes * sizeof *left);
    struct ids taken = {0};
    int result = take(engine, entry, left, count, &taken);
    for (uint32_t i = 0; result == 0 && i < taken.count; i++) {
        result = assign_one(engine, entry, taken.items[i]);
        entry->counts[engine->pool.class_of[taken.items[i]]]++;
    }
    ids_release(&taken);
    return result;
}
