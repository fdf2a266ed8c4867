#include "policies/selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is chosen from. */
struct choosing {
    struct node_pool *pool;
    const struct elastisim_view *view;
    enum nodes choice;
};

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int select_highest(const struct choosing *choosing, const struct ids *candidates,
                          uint32_t count, struct ids *selected)
{
    (void)choosing;
    return ids_append_all(selected, candidates->items + candidates->count - count, count);
}

/* --- Contiguous ---------------------------------------------------------------------------- */

struct run {
    uint32_t begin, length; /* positions among the candidates */
};

static int compare_runs(const void *a, const void *b)
{
    const struct run *x = a, *y = b;
    if (x->length != y->length)
        return x->length > y->length ? -1 : 1;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

static uint32_t find_runs(const struct ids *candidates, struct run *runs)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < candidates->count; i++)
        if (i > 0 && candidates->items[i] == candidates->items[i - 1] + 1)
            runs[count - 1].length++;
        else
            runs[count++] = (struct run){i, 1};
    return count;
}

/* Longest runs first; each time the shortest that is enough, if there is one. */
static int select_contiguous(const struct choosing *choosing, const struct ids *candidates,
                             uint32_t count, struct ids *selected)
{
    (void)choosing;
    struct run *runs = malloc((candidates->count + 1) * sizeof *runs);
    if (!runs)
        return -1;
    uint32_t num_runs = find_runs(candidates, runs), next = 0;
    qsort(runs, num_runs, sizeof *runs, compare_runs);
    int result = 0;
    while (count > 0 && result == 0) {
        uint32_t best = next;
        while (runs[best].length >= count && best + 1 < num_runs && runs[best + 1].length >= count)
            best++;
        while (best > next && runs[best - 1].length == runs[best].length)
            best--; /* the lowest of equal ones */
        uint32_t taken = runs[best].length < count ? runs[best].length : count;
        result = ids_append_all(selected, candidates->items + runs[best].begin, taken);
        count -= taken;
        next = best + 1;
    }
    free(runs);
    return result;
}

/* --- By rank ------------------------------------------------------------------------------- */

struct ranked {
    double rank;
    uint32_t id;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank < y->rank || x->rank > y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static struct ranked *rank_all(const struct choosing *choosing, const struct ids *candidates)
{
    struct ranked *ranked = malloc((candidates->count + 1) * sizeof *ranked);
    if (!ranked)
        return NULL;
    for (uint32_t i = 0; i < candidates->count; i++)
        ranked[i] =
            (struct ranked){choosing->pool->rank[candidates->items[i]], candidates->items[i]};
    qsort(ranked, candidates->count, sizeof *ranked, compare_ranked);
    return ranked;
}

/* Where the `count` neighbours in rank begin that differ least. */
static uint32_t most_uniform(const struct ranked *ranked, uint32_t total, uint32_t count)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i + count <= total; i++)
        if (ranked[i + count - 1].rank - ranked[i].rank <
            ranked[best + count - 1].rank - ranked[best].rank)
            best = i;
    return best;
}

static int select_ranked(const struct choosing *choosing, const struct ids *candidates,
                         uint32_t count, struct ids *selected)
{
    struct ranked *ranked = rank_all(choosing, candidates);
    if (!ranked)
        return -1;
    uint32_t begin = choosing->choice == NODES_UNIFORM && count > 0
                         ? most_uniform(ranked, candidates->count, count)
                         : 0;
    int result = 0;
    for (uint32_t i = 0; i < count && result == 0; i++)
        result = ids_append(selected, ranked[begin + i].id);
    free(ranked);
    return result;
}

/* --- Near each other ----------------------------------------------------------------------- */

static uint32_t distance(const struct choosing *choosing, uint32_t a, uint32_t b)
{
    return elastisim_node_distance(choosing->view, elastisim_node(choosing->view, a),
                                   elastisim_node(choosing->view, b));
}

/* Nodes hang on the same switch when nothing is nearer than they are: two links, in most networks.
 * Found once per node, by its distance to a node of each switch known so far. */
static int find_switch(const struct choosing *choosing, uint32_t node)
{
    enum { SAME_SWITCH = 2 };
    struct node_pool *pool = choosing->pool;
    for (uint32_t i = 0; i < pool->switches.count && pool->switch_of[node] == 0; i++)
        if (distance(choosing, pool->switches.items[i], node) <= SAME_SWITCH)
            pool->switch_of[node] = i + 1;
    if (pool->switch_of[node])
        return 0;
    pool->switch_of[node] = pool->switches.count + 1;
    return ids_append(&pool->switches, node);
}

struct leaf {
    uint32_t number, num_free, distance;
};

/* The switch with the fewest free nodes that are enough, else the one with the most. */
static uint32_t best_leaf(const struct leaf *leaves, uint32_t count, uint32_t wanted)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++) {
        bool enough = leaves[i].num_free >= wanted, best_enough = leaves[best].num_free >= wanted;
        if (enough ? !best_enough || leaves[i].num_free < leaves[best].num_free
                   : !best_enough && leaves[i].num_free > leaves[best].num_free)
            best = i;
    }
    return best;
}

static int compare_leaves(const void *a, const void *b)
{
    const struct leaf *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    if (x->num_free != y->num_free)
        return x->num_free > y->num_free ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Orders the switches: the best one, then those nearest to it. */
static void order_leaves(const struct choosing *choosing, struct leaf *leaves, uint32_t count,
                         uint32_t wanted)
{
    const struct ids *switches = &choosing->pool->switches;
    uint32_t best = best_leaf(leaves, count, wanted);
    bool alone = leaves[best].num_free >= wanted;
    for (uint32_t i = 0; i < count; i++) {
        leaves[i].distance = 1;
        if (!alone && i != best)
            leaves[i].distance = 1 + distance(choosing, switches->items[leaves[best].number],
                                              switches->items[leaves[i].number]);
    }
    leaves[best].distance = 0;
    qsort(leaves, count, sizeof *leaves, compare_leaves);
}

static int take_leaf(const struct choosing *choosing, const struct ids *candidates, uint32_t number,
                     uint32_t *count, struct ids *selected)
{
    for (uint32_t i = 0; i<candidates->count && * count> 0; i++) {
        if (choosing->pool->switch_of[candidates->items[i]] != number + 1)
            continue;
        if (ids_append(selected, candidates->items[i]))
            return -1;
        --*count;
    }
    return 0;
}

static struct leaf *list_leaves(const struct choosing *choosing, const struct ids *candidates)
{
    for (uint32_t i = 0; i < candidates->count; i++)
        if (choosing->pool->switch_of[candidates->items[i]] == 0 &&
            find_switch(choosing, candidates->items[i]))
            return NULL;
    uint32_t count = choosing->pool->switches.count;
    struct leaf *leaves = calloc(count + 1, sizeof *leaves);
    for (uint32_t i = 0; leaves && i < count; i++)
        leaves[i].number = i;
    for (uint32_t i = 0; leaves && i < candidates->count; i++)
        leaves[choosing->pool->switch_of[candidates->items[i]] - 1].num_free++;
    return leaves;
}

static int select_near(const struct choosing *choosing, const struct ids *candidates,
                       uint32_t count, struct ids *selected)
{
    if (count == 0)
        return 0;
    struct leaf *leaves = list_leaves(choosing, candidates);
    if (!leaves)
        return -1;
    uint32_t num_leaves = choosing->pool->switches.count;
    order_leaves(choosing, leaves, num_leaves, count);
    int result = 0;
    for (uint32_t i = 0; i < num_leaves && count > 0 && result == 0; i++)
        result = take_leaf(choosing, candidates, leaves[i].number, &count, selected);
    free(leaves);
    return result;
}

/* --- All ----------------------------------------------------------------------------------- */

typedef int select_fn(const struct choosing *choosing, const struct ids *candidates, uint32_t count,
                      struct ids *selected);

static const struct {
    select_fn *select;
    bool needs_ranks;
} choices[] = {
    [NODES_LOWEST] = {NULL, false}, /* as they come */
    [NODES_HIGHEST] = {select_highest, false},
    [NODES_CONTIGUOUS] = {select_contiguous, false},
    [NODES_NEAR] = {select_near, false},
    [NODES_FASTEST] = {select_ranked, true},
    [NODES_UNIFORM] = {select_ranked, true},
};

bool selection_needs_ranks(enum nodes choice)
{
    return choices[choice].needs_ranks;
}

static bool are_sorted(const uint32_t *ids, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (ids[i - 1] > ids[i])
            return false;
    return true;
}

static int choose(const struct choosing *choosing, const struct ids *candidates, uint32_t count,
                  struct ids *selected)
{
    if (count > candidates->count)
        count = candidates->count;
    return choices[choosing->choice].select(choosing, candidates, count, selected);
}

/* Takes up to `count` of those that are wanted. */
static int take(const struct choosing *choosing, const struct free_wanted *wanted, uint32_t count,
                struct ids *selected)
{
    struct ids candidates = {0};
    if (!choices[choosing->choice].select)
        return pool_list_free(choosing->pool, wanted, count, selected);
    int result = pool_list_free(choosing->pool, wanted, UINT32_MAX, &candidates);
    if (result == 0)
        result = choose(choosing, &candidates, count, selected);
    ids_release(&candidates);
    return result;
}

static bool has_free(const struct departure *departure, size_t num_classes, uint64_t classes)
{
    for (size_t kind = 0; kind < num_classes; kind++)
        if ((classes >> kind & 1) && departure->num_free[kind] > 0)
            return true;
    return false;
}

/* Those that leave first are taken first. */
static int take_by_departure(const struct choosing *choosing, const struct selection *selection,
                             uint32_t count, struct ids *selected)
{
    const struct departures *departures = &choosing->pool->departures;
    struct free_wanted wanted = {.classes = selection->classes};
    uint32_t end = selected->count + count;
    for (size_t i = 0; i < departures->count && selected->count < end; i++) {
        wanted.departure = departures->items[i];
        if (wanted.departure->time >= selection->until &&
            has_free(wanted.departure, departures->num_classes, selection->classes) &&
            take(choosing, &wanted, end - selected->count, selected))
            return -1;
    }
    wanted.departure = NULL;
    return selected->count < end ? take(choosing, &wanted, end - selected->count, selected) : 0;
}

int selection_take(struct node_pool *pool, const struct elastisim_view *view,
                   const struct selection *selection, uint32_t count, struct ids *selected)
{
    const struct choosing choosing = {pool, view, selection->choice};
    const struct free_wanted all = {.classes = selection->classes, .any = true};
    uint32_t before = selected->count;
    bool minds = pool->departures.count > 0 && selection->until > -INFINITY;
    if (minds ? take_by_departure(&choosing, selection, count, selected)
              : take(&choosing, &all, count, selected))
        return -1;
    /* Ranks follow IDs, whatever the choice: neighbours in a job are neighbours in the machine. */
    uint32_t added = selected->count - before;
    if (added > 0 && !are_sorted(selected->items + before, added))
        qsort(selected->items + before, added, sizeof *selected->items, compare_ids);
    return 0;
}
