/* Hosts below one switch of level l, a block, have ranks that differ in the lowest digits only. The
 * l-th link up from a host to one outside of its block depends on the block and on some lowest
 * digits of the target's rank, in the base of all ways up: on its residue. The way down depends on
 * the target, on how high it begins, and on which of parallel cables the source's residue says. So
 * of each kind one route is asked for, and stands for all.
 *
 * (SimGrid numbers the places of all fat trees of a platform on end; that shifts residues, and
 * joins or parts none.)
 */
#include "resources/flow/fat_tree.h"

#include <stdlib.h>

/* Of residues, and of ways up: more are not worth the memory. */
#define MAX_RESIDUES (1U << 22)

/* Members of one residue. */
struct residue {
    uint32_t count, count_inside; /* of all, of those in the block that is looked at */
    uint32_t first, other;        /* members in two different blocks; equal for want of another */
};

struct fat_tree {
    struct tally *tally;
    uint32_t num_levels;
    uint32_t blocks[MAX_ZONE_LEVELS + 1]; /* hosts of a block of that level */
    uint32_t ways[MAX_ZONE_LEVELS + 1];   /* up to that level */
    uint32_t cables;                      /* residues that tell all choices of cables apart */
    const struct member *members;
    uint32_t count;
    struct residue *residues;
    uint32_t *used; /* residues that have members */
    uint32_t num_used;
};

/* --- The tree -------------------------------------------------------------------------------- */

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b > 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static bool arrange(struct fat_tree *tree, const struct zone_shape *shape, uint32_t num_hosts)
{
    uint64_t block = 1, ways = 1, cables = 1;
    tree->num_levels = shape->num_levels;
    tree->blocks[0] = tree->ways[0] = 1;
    for (uint32_t l = 0; l < shape->num_levels; l++) {
        uint32_t parallel = shape->cables[l];
        block *= shape->sizes[l];
        ways *= (uint64_t)shape->parents[l] * parallel;
        cables *= parallel / common_divisor((uint32_t)cables, parallel);
        if (block > num_hosts || ways > MAX_RESIDUES || cables > MAX_RESIDUES)
            return false;
        tree->blocks[l + 1] = (uint32_t)block;
        tree->ways[l + 1] = (uint32_t)ways;
    }
    tree->cables = (uint32_t)cables;
    return shape->num_levels > 0 && block == num_hosts;
}

/* The level of the lowest switches above both. */
static uint32_t meeting_level(const struct fat_tree *tree, uint32_t a, uint32_t b)
{
    uint32_t level = 0;
    while (a / tree->blocks[level] != b / tree->blocks[level])
        level++;
    return level;
}

/* Asks for the route between two members. Without limiters it has a link for each level up and each
 * level down; with them, one more for each switch and both hosts. */
static int ask(struct fat_tree *tree, uint32_t from, uint32_t to, bool *limiters, struct error *err)
{
    const struct member *a = &tree->members[from], *b = &tree->members[to];
    uint32_t level = meeting_level(tree, a->rank, b->rank);
    if (tally_ask(tree->tally, a->host, b->host, err))
        return -1;
    *limiters = tree->tally->route.count == 4 * (size_t)level + 1;
    if (!*limiters && tree->tally->route.count != 2 * (size_t)level)
        tree->tally->irregular = true;
    return 0;
}

/* --- Residues -------------------------------------------------------------------------------- */

static void forget_residues(struct fat_tree *tree)
{
    for (uint32_t i = 0; i < tree->num_used; i++)
        tree->residues[tree->used[i]] = (struct residue){.count = 0};
    tree->num_used = 0;
}

/* Enters a member; a second one is kept that is in another block of that size. */
static void note_residue(struct fat_tree *tree, uint32_t number, uint32_t i, uint32_t block)
{
    struct residue *residue = &tree->residues[number];
    if (residue->count++ == 0) {
        tree->used[tree->num_used++] = number;
        residue->first = residue->other = i;
    }
    if (tree->members[residue->first].rank / block != tree->members[i].rank / block)
        residue->other = i;
}

/* The first member behind those of one block. */
static uint32_t block_end(const struct fat_tree *tree, uint32_t first, uint32_t block)
{
    uint32_t end = first, number = tree->members[first].rank / block;
    while (end < tree->count && tree->members[end].rank / block == number)
        end++;
    return end;
}

static void count_inside(struct fat_tree *tree, uint32_t first, uint32_t end, uint32_t divisor)
{
    for (uint32_t i = first; i < end; i++)
        tree->residues[tree->members[i].rank % divisor].count_inside++;
}

static void forget_inside(struct fat_tree *tree, uint32_t first, uint32_t end, uint32_t divisor)
{
    for (uint32_t i = first; i < end; i++)
        tree->residues[tree->members[i].rank % divisor].count_inside = 0;
}

/* A member of that residue outside of the block of member i. */
static uint32_t representative(const struct fat_tree *tree, const struct residue *residue,
                               uint32_t i, uint32_t block)
{
    uint32_t number = tree->members[i].rank / block;
    return tree->members[residue->first].rank / block != number ? residue->first : residue->other;
}

/* Goes through residues that have members outside of the block of member i: one of them, and how
 * many. *at is 0 at first. Returns false when there is no other. */
static bool next_outside(const struct fat_tree *tree, uint32_t *at, uint32_t i, uint32_t block,
                         uint32_t *one, uint32_t *outside)
{
    for (; *at < tree->num_used; ++*at) {
        const struct residue *residue = &tree->residues[tree->used[*at]];
        *outside = residue->count - residue->count_inside;
        if (*outside == 0)
            continue;
        *one = representative(tree, residue, i, block);
        ++*at;
        return true;
    }
    return false;
}

/* --- Up -------------------------------------------------------------------------------------- */

/* The links from one block of that level to the level above. */
static int add_up_from(struct fat_tree *tree, uint32_t level, uint32_t first, uint32_t end,
                       struct error *err)
{
    bool limiters;
    uint32_t at = 0, to, outside;
    while (next_outside(tree, &at, first, tree->blocks[level], &to, &outside)) {
        if (ask(tree, first, to, &limiters, err))
            return -1;
        if (tree->tally->irregular)
            return 0;
        uint32_t step = limiters ? 2 : 1;
        tally_add_part(tree->tally, (size_t)step * level, step, (int64_t)(end - first) * outside);
    }
    return 0;
}

static int add_up(struct fat_tree *tree, uint32_t level, struct error *err)
{
    uint32_t divisor = tree->ways[level + 1], block = tree->blocks[level];
    forget_residues(tree);
    for (uint32_t i = 0; i < tree->count; i++)
        note_residue(tree, tree->members[i].rank % divisor, i, block);
    for (uint32_t first = 0, end; first < tree->count && !tree->tally->irregular; first = end) {
        end = block_end(tree, first, block);
        count_inside(tree, first, end, divisor);
        if (add_up_from(tree, level, first, end, err))
            return -1;
        forget_inside(tree, first, end, divisor);
    }
    return 0;
}

/* --- Down ------------------------------------------------------------------------------------ */

/* The ways down to the members from `first` to `end`, which are one block of the level below, from
 * switches of that level. */
static int add_down_to(struct fat_tree *tree, uint32_t level, uint32_t first, uint32_t end,
                       struct error *err)
{
    bool limiters;
    uint32_t at = 0, from, outside;
    while (next_outside(tree, &at, first, tree->blocks[level - 1], &from, &outside)) {
        for (uint32_t to = first; to < end; to++) {
            if (ask(tree, from, to, &limiters, err))
                return -1;
            if (tree->tally->irregular)
                return 0;
            size_t down = limiters ? 2 * (size_t)level + 1 : level;
            tally_add_part(tree->tally, tree->tally->route.count - down, down, outside);
            tally_note_latency(tree->tally, tree->tally->route.latency);
        }
    }
    return 0;
}

/* What meets at one block of that level. */
static int add_down_below(struct fat_tree *tree, uint32_t level, uint32_t first, uint32_t end,
                          struct error *err)
{
    uint32_t below = tree->blocks[level - 1];
    forget_residues(tree);
    for (uint32_t i = first; i < end; i++)
        note_residue(tree, tree->members[i].rank % tree->cables, i, below);
    for (uint32_t from = first, to; from < end && !tree->tally->irregular; from = to) {
        to = block_end(tree, from, below);
        count_inside(tree, from, to, tree->cables);
        if (add_down_to(tree, level, from, to, err))
            return -1;
        forget_inside(tree, from, to, tree->cables);
    }
    return 0;
}

static int add_down(struct fat_tree *tree, uint32_t level, struct error *err)
{
    for (uint32_t first = 0, end; first < tree->count && !tree->tally->irregular; first = end) {
        end = block_end(tree, first, tree->blocks[level]);
        if (add_down_below(tree, level, first, end, err))
            return -1;
    }
    return 0;
}

/* --- The interface --------------------------------------------------------------------------- */

static int add_levels(struct fat_tree *tree, struct error *err)
{
    for (uint32_t level = 0; level < tree->num_levels && !tree->tally->irregular; level++)
        if (add_up(tree, level, err) || add_down(tree, level + 1, err))
            return -1;
    return 0;
}

int fat_tree_add_pairs(struct tally *tally, const struct zone_shape *shape, uint32_t num_hosts,
                       const struct member *members, uint32_t count, struct error *err)
{
    struct fat_tree tree = {.tally = tally, .members = members, .count = count};
    if (!arrange(&tree, shape, num_hosts)) {
        tally->irregular = true;
        return 0;
    }
    uint32_t most = tree.ways[tree.num_levels];
    size_t room = (most > tree.cables ? most : tree.cables) + (size_t)1;
    tree.residues = calloc(room, sizeof *tree.residues);
    tree.used = calloc(room, sizeof *tree.used);
    int result = tree.residues && tree.used ? add_levels(&tree, err) : error_no_memory(err);
    free(tree.residues);
    free(tree.used);
    return result;
}
