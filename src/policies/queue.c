/* The jobs that wait, in the order of the policy: a treap by (key, eligible time, ID).
 *
 * Promise: adding, removing and finding the next job that is wanted cost O(log n): every subtree
 * knows its least nodes and runtime, and whether it has reservations, so that a search passes over
 * those that can't match. Its shape follows from the job IDs alone.
 */
#include "policies/queue.h"

#include <math.h>

#define WANT(which)                                                                                \
    {                                                                                              \
        .nodes = UINT32_MAX, .extra = UINT32_MAX, .window = INFINITY, .kind = which                \
    }

const struct wanted queue_want_all = WANT(WANT_ANY);
const struct wanted queue_want_reserved = WANT(WANT_RESERVED);
const struct wanted queue_want_unreserved = WANT(WANT_UNRESERVED);
const struct wanted queue_want_room = WANT(WANT_ROOM);

/* What is wanted is often near: so many jobs are looked at before the tree is asked. */
enum { NEAR = 4 };
enum { MOST_MERGES = 64 };

/* --- The treap ----------------------------------------------------------------------------- */

static uint32_t scramble(uint32_t id)
{
    id = (id ^ id >> 16) * UINT32_C(0x7feb352d);
    id = (id ^ id >> 15) * UINT32_C(0x846ca68b);
    return id ^ id >> 16;
}

static void include(struct entry *root, const struct entry *child)
{
    if (!child)
        return;
    if (child->tree_least < root->tree_least)
        root->tree_least = child->tree_least;
    if (child->tree_shortest < root->tree_shortest)
        root->tree_shortest = child->tree_shortest;
    root->tree_reserved = root->tree_reserved || child->tree_reserved;
    root->tree_unreserved = root->tree_unreserved || child->tree_unreserved;
    root->tree_room = root->tree_room || child->tree_room;
    if (child->tree_less > root->tree_less)
        root->tree_less = child->tree_less;
    if (child->tree_more < root->tree_more)
        root->tree_more = child->tree_more;
    root->tree_count += child->tree_count;
}

static struct entry *summarize(struct entry *root)
{
    root->tree_least = root->least;
    root->tree_shortest = root->shortest;
    root->tree_reserved = root->reserved;
    root->tree_unreserved = !root->reserved;
    root->tree_room = root->has_room;
    root->tree_less = root->less;
    root->tree_more = root->more;
    root->tree_count = 1;
    include(root, root->left);
    include(root, root->right);
    return root;
}

static void split(struct entry *root, const struct entry *at, struct entry **before,
                  struct entry **behind)
{
    if (!root) {
        *before = *behind = NULL;
    } else if (queue_precedes(root, at)) {
        split(root->right, at, &root->right, behind);
        *before = summarize(root);
    } else {
        split(root->left, at, before, &root->left);
        *behind = summarize(root);
    }
}

static struct entry *merge(struct entry *before, struct entry *behind)
{
    if (!before || !behind)
        return before ? before : behind;
    if (before->heap > behind->heap) {
        before->right = merge(before->right, behind);
        return summarize(before);
    }
    behind->left = merge(before, behind->left);
    return summarize(behind);
}

static struct entry *insert(struct entry *root, struct entry *entry)
{
    if (!root || entry->heap > root->heap) {
        split(root, entry, &entry->left, &entry->right);
        return summarize(entry);
    }
    if (queue_precedes(entry, root))
        root->left = insert(root->left, entry);
    else
        root->right = insert(root->right, entry);
    return summarize(root);
}

static struct entry *take_out(struct entry *root, struct entry *entry)
{
    if (!root)
        return NULL;
    if (root == entry)
        return merge(entry->left, entry->right);
    if (queue_precedes(entry, root))
        root->left = take_out(root->left, entry);
    else
        root->right = take_out(root->right, entry);
    return summarize(root);
}

static void refresh(struct entry *root, struct entry *entry)
{
    if (!root)
        return;
    if (root != entry)
        refresh(queue_precedes(entry, root) ? root->left : root->right, entry);
    summarize(root);
}

/* --- Adding and removing ------------------------------------------------------------------- */

static void tie(struct queue *queue, struct entry *before, struct entry *behind)
{
    *(before ? &before->behind : &queue->first) = behind;
    *(behind ? &behind->before : &queue->last) = before;
}

/* Finds the neighbours of a job that is not in the tree yet. */
static void tie_between(struct queue *queue, struct entry *entry)
{
    struct entry *before = NULL, *behind = NULL, *root = queue->root;
    while (root) {
        bool is_behind = queue_precedes(entry, root);
        *(is_behind ? &behind : &before) = root;
        root = is_behind ? root->left : root->right;
    }
    tie(queue, before, entry);
    tie(queue, entry, behind);
}

void queue_add(struct queue *queue, struct entry *entry)
{
    tie_between(queue, entry);
    entry->queue = queue;
    entry->heap = scramble(entry->id);
    entry->left = entry->right = NULL;
    queue->root = insert(queue->root, entry);
    queue->count++;
}

void queue_remove(struct queue *queue, struct entry *entry)
{
    queue->root = take_out(queue->root, entry);
    queue->count--;
    tie(queue, entry->before, entry->behind);
    entry->queue = NULL;
}

void queue_update(struct queue *queue, struct entry *entry)
{
    refresh(queue->root, entry);
}

static void refresh_all(struct entry *root)
{
    if (!root)
        return;
    refresh_all(root->left);
    refresh_all(root->right);
    summarize(root);
}

void queue_refresh(struct queue *queue)
{
    refresh_all(queue->root);
}

/* --- Searching ----------------------------------------------------------------------------- */

static bool fits(const struct wanted *wanted, uint32_t least, double shortest)
{
    return least <= wanted->nodes && (least <= wanted->extra || shortest <= wanted->window) &&
           (!wanted->lengths || shortest <= wanted->lengths[profile_level(least)]);
}

static bool may_hold(const struct entry *root, const struct wanted *wanted)
{
    const bool holds[] = {[WANT_ANY] = true,
                          [WANT_RESERVED] = root->tree_reserved,
                          [WANT_UNRESERVED] = root->tree_unreserved,
                          [WANT_ROOM] = root->tree_room};
    return holds[wanted->kind] && fits(wanted, root->tree_least, root->tree_shortest);
}

static bool matches(const struct entry *entry, const struct wanted *wanted)
{
    const bool is[] = {[WANT_ANY] = true,
                       [WANT_RESERVED] = entry->reserved,
                       [WANT_UNRESERVED] = !entry->reserved,
                       [WANT_ROOM] = entry->has_room};
    return is[wanted->kind] && fits(wanted, entry->least, entry->shortest);
}

/* Behind a place, or anywhere (NULL). */
static struct entry *find(struct entry *root, const struct queue_place *after,
                          const struct wanted *wanted)
{
    if (!root || !may_hold(root, wanted))
        return NULL;
    if (after && !queue_place_precedes(*after, queue_place_of(root)))
        return find(root->right, after, wanted);
    struct entry *found = find(root->left, after, wanted);
    if (found)
        return found;
    return matches(root, wanted) ? root : find(root->right, NULL, wanted);
}

struct entry *queue_next(const struct queue *queue, const struct entry *after,
                         const struct wanted *wanted)
{
    if (after && after->queue != queue)
        return queue_next_behind(queue, queue_place_of(after), wanted);
    struct entry *next = after ? after->behind : queue->first;
    for (int i = 0; i < NEAR; i++, next = next->behind)
        if (!next || matches(next, wanted))
            return next;
    return next ? queue_next_behind(queue, queue_place_of(next->before), wanted) : NULL;
}

struct entry *queue_next_behind(const struct queue *queue, struct queue_place place,
                                const struct wanted *wanted)
{
    return find(queue->root, &place, wanted);
}

struct entry *queue_at(const struct queue *queue, size_t rank)
{
    struct entry *root = queue->root;
    while (root) {
        size_t before = root->left ? root->left->tree_count : 0;
        if (rank == before)
            return root;
        root = rank < before ? root->left : root->right;
        rank -= rank < before ? 0 : before + 1;
    }
    return NULL;
}

struct entry *queue_last(const struct queue *queue, const struct entry *before)
{
    return before ? before->before : queue->last;
}

/* --- Standing ------------------------------------------------------------------------------ */

struct search {
    queue_test_fn *test;
    const void *context;
    struct entry *best;
    double limit;
};

static void search_highest(struct entry *root, struct search *search)
{
    if (!root || isinf(root->tree_less) || root->tree_less <= search->limit)
        return;
    search_highest(root->right, search);
    if (root->less > search->limit && search->test(search->context, root)) {
        search->best = root;
        search->limit = root->less;
    }
    search_highest(root->left, search);
}

struct entry *queue_highest_with_less(const struct queue *queue, queue_test_fn *test,
                                      const void *context)
{
    struct search search = {test, context, NULL, -INFINITY};
    search_highest(queue->root, &search);
    return search.best;
}

/* Of those with the limit, the first one is as good as any below it. */
static bool is_lower(const struct search *search, double more)
{
    return more < search->limit || (!search->best && more <= search->limit);
}

static void search_lowest(struct entry *root, struct search *search)
{
    if (!root || !is_lower(search, root->tree_more))
        return;
    search_lowest(root->left, search);
    if (is_lower(search, root->more) && search->test(search->context, root)) {
        search->best = root;
        search->limit = root->more;
    }
    search_lowest(root->right, search);
}

struct entry *queue_lowest_with_more(const struct queue *queue, double limit, queue_test_fn *test,
                                     const void *context)
{
    struct search search = {test, context, NULL, limit};
    search_lowest(queue->root, &search);
    return search.best;
}

/* --- Order --------------------------------------------------------------------------------- */

/* Lists of jobs follow their right links, as a tree is one that leans to the right. */
static struct entry *flatten(struct entry *root, struct entry *rest)
{
    if (!root)
        return rest;
    root->right = flatten(root->right, rest);
    return flatten(root->left, root);
}

/* Takes what is in order already from the head of a list. */
static struct entry *take_run(struct entry **list)
{
    struct entry *first = *list, *last = first;
    while (last->right && queue_precedes(last, last->right))
        last = last->right;
    *list = last->right;
    last->right = NULL;
    return first;
}

static struct entry *merge_lists(struct entry *a, struct entry *b)
{
    struct entry *first, **end = &first;
    while (a && b) {
        struct entry **next = queue_precedes(a, b) ? &a : &b;
        *end = *next;
        end = &(*next)->right;
        *next = *end;
    }
    *end = a ? a : b;
    return first;
}

/* The sorted list i, if there is one, is of 2^i runs. */
static struct entry *sort(struct entry *list)
{
    struct entry *sorted[MOST_MERGES] = {0}, *all = NULL;
    while (list) {
        struct entry *run = take_run(&list);
        size_t i = 0;
        for (; sorted[i]; sorted[i++] = NULL)
            run = merge_lists(sorted[i], run);
        sorted[i] = run;
    }
    for (size_t i = 0; i < MOST_MERGES; i++)
        all = merge_lists(sorted[i], all);
    return all;
}

/* A tree of the first jobs of a sorted list, as far as all are below a place in the heap. */
static struct entry *build(struct entry **list, uint64_t heap)
{
    struct entry *root = NULL;
    while (*list && (*list)->heap < heap) {
        struct entry *next = *list;
        *list = next->right;
        next->left = root;
        next->right = build(list, next->heap);
        root = summarize(next);
    }
    return root;
}

void queue_reorder(struct queue *queue, queue_key_fn *key, const void *context)
{
    struct entry *list = flatten(queue->root, NULL);
    for (struct entry *entry = list; entry; entry = entry->right)
        entry->key = key(context, entry);
    list = sort(list);
    tie(queue, NULL, list);
    for (struct entry *entry = list; entry; entry = entry->right)
        tie(queue, entry, entry->right);
    queue->root = build(&list, UINT64_MAX);
}
