/* The jobs that wait, in the order of the policy: a treap by (key, ID).
 *
 * Promise: adding, removing and finding the next job that is wanted cost O(log n): every subtree
 * knows its least nodes, runtime and reserved start, so that a search passes over those that can't
 * match. Its shape follows from the job IDs alone.
 */
#include "policies/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LN2 0.69314718055994530942

const struct wanted want_all = {UINT32_MAX, UINT32_MAX, INFINITY, INFINITY};

bool queue_precedes(const struct entry *a, const struct entry *b)
{
    return a->key < b->key || (a->key <= b->key && a->id < b->id);
}

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
    if (child->tree_start < root->tree_start)
        root->tree_start = child->tree_start;
}

static struct entry *summarize(struct entry *root)
{
    root->tree_least = root->least;
    root->tree_shortest = root->shortest;
    root->tree_start = root->reserved ? root->reserved_start : INFINITY;
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

/* --- Keys ---------------------------------------------------------------------------------- */

static double key_of(const struct engine *engine, const struct entry *entry)
{
    switch (engine->options.order) {
    case ORDER_FCFS:
        return 0;
    case ORDER_SJF:
        return entry->estimate;
    case ORDER_LARGEST:
        return -(double)entry->least;
    case ORDER_SMALLEST:
        return entry->least;
    case ORDER_PRIORITY:
        return -elastisim_job_attribute_number(entry->job, "priority", 0);
    case ORDER_FAIR_SHARE:
        return engine->queue.users[entry->user].place;
    }
    return 0;
}

void queue_add(struct engine *engine, struct entry *entry)
{
    entry->key = key_of(engine, entry);
    entry->heap = scramble(entry->id);
    entry->left = entry->right = NULL;
    engine->queue.root = insert(engine->queue.root, entry);
    engine->queue.count++;
}

void queue_remove(struct engine *engine, struct entry *entry)
{
    engine->queue.root = take_out(engine->queue.root, entry);
    engine->queue.count--;
}

void queue_update(struct engine *engine, struct entry *entry)
{
    refresh(engine->queue.root, entry);
}

static bool may_hold(const struct entry *root, const struct wanted *wanted)
{
    return root->tree_least <= wanted->nodes &&
           (root->tree_least <= wanted->extra || root->tree_shortest <= wanted->window) &&
           root->tree_start <= wanted->start;
}

static bool matches(const struct entry *entry, const struct wanted *wanted)
{
    double start = entry->reserved ? entry->reserved_start : INFINITY;
    return entry->least <= wanted->nodes &&
           (entry->least <= wanted->extra || entry->shortest <= wanted->window) &&
           start <= wanted->start;
}

static struct entry *find(struct entry *root, const struct entry *after,
                          const struct wanted *wanted)
{
    if (!root || !may_hold(root, wanted))
        return NULL;
    if (after && !queue_precedes(after, root))
        return find(root->right, after, wanted);
    struct entry *found = find(root->left, after, wanted);
    if (found)
        return found;
    return matches(root, wanted) ? root : find(root->right, NULL, wanted);
}

struct entry *queue_next(const struct engine *engine, const struct entry *after,
                         const struct wanted *wanted)
{
    return find(engine->queue.root, after, wanted);
}

/* --- Fair share ---------------------------------------------------------------------------- */

int queue_identify(struct engine *engine, struct entry *entry)
{
    struct queue *queue = &engine->queue;
    if (engine->options.order != ORDER_FAIR_SHARE)
        return 0;
    const char *name = elastisim_job_attribute(entry->job, "user");
    name = name ? name : "";
    for (entry->user = 0; entry->user < queue->num_users; entry->user++)
        if (strcmp(queue->users[entry->user].name, name) == 0)
            return 0;
    struct user *users = realloc(queue->users, (queue->num_users + 1) * sizeof *users);
    if (!users)
        return -1;
    queue->users = users;
    users[queue->num_users] = (struct user){.name = strdup(name), .until = engine->now};
    if (!users[queue->num_users].name)
        return -1;
    queue->num_users++;
    bool changed;
    return queue_reorder(engine, &changed);
}

/* Brings a user's usage up to now. */
static void accrue(const struct engine *engine, struct user *user)
{
    double half_life = engine->options.half_life, elapsed = engine->now - user->until;
    double left = half_life > 0 ? exp2(-elapsed / half_life) : 1;
    double weight = half_life > 0 ? half_life / LN2 * (1 - left) : elapsed;
    user->usage = user->usage * left + weight * user->nodes;
    user->until = engine->now;
}

void queue_account(struct engine *engine, const struct entry *entry, int64_t nodes)
{
    if (engine->options.order != ORDER_FAIR_SHARE)
        return;
    struct user *user = &engine->queue.users[entry->user];
    accrue(engine, user);
    user->nodes = (uint32_t)(user->nodes + nodes);
}

static int compare_usage(const void *a, const void *b)
{
    const struct user *x = *(struct user *const *)a, *y = *(struct user *const *)b;
    if (x->usage < y->usage || x->usage > y->usage)
        return x->usage < y->usage ? -1 : 1;
    return (x > y) - (x < y); /* in the order in which they first came */
}

static void add_all(struct engine *engine, struct entry *root)
{
    if (!root)
        return;
    struct entry *left = root->left, *right = root->right;
    queue_add(engine, root);
    add_all(engine, left);
    add_all(engine, right);
}

int queue_reorder(struct engine *engine, bool *changed)
{
    struct queue *queue = &engine->queue;
    *changed = false;
    if (engine->options.order != ORDER_FAIR_SHARE || queue->num_users == 0)
        return 0;
    struct user **order = malloc(queue->num_users * sizeof(struct user *));
    if (!order)
        return -1;
    for (size_t i = 0; i < queue->num_users; i++) {
        order[i] = &queue->users[i];
        accrue(engine, order[i]);
    }
    qsort(order, queue->num_users, sizeof *order, compare_usage);
    for (uint32_t i = 0; i < queue->num_users; i++) {
        *changed = *changed || order[i]->place != i;
        order[i]->place = i;
    }
    free(order);
    if (*changed) {
        struct entry *root = queue->root;
        queue->root = NULL;
        queue->count = 0;
        add_all(engine, root);
    }
    return 0;
}

void queue_release(struct queue *queue)
{
    for (size_t i = 0; i < queue->num_users; i++)
        free(queue->users[i].name);
    free(queue->users);
    *queue = (struct queue){0};
}
