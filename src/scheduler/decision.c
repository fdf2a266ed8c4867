/* Promise: a job has at most one decision, found in constant time whatever their number. A cleared
 * set keeps the memory of its lists, so that a steady state allocates nothing. */
#include "scheduler/decision.h"

#include "base/vector.h"

#include <stdlib.h>
#include <string.h>

enum { INITIAL_DECISIONS = 16 };

/* --- The index ------------------------------------------------------------------------------ */

/* Where the index holds the job, or the free place where it belongs. At least half of the index is
 * free, so there is one. */
static size_t slot_of(const struct decisions *decisions, uint32_t job)
{
    uint32_t hash = job * UINT32_C(2654435769);
    size_t mask = decisions->by_job_size - 1;
    size_t slot = (hash ^ hash >> 16) & mask;
    size_t position;
    while ((position = decisions->by_job[slot]) != 0 && decisions->items[position - 1].job != job)
        slot = (slot + 1) & mask;
    return slot;
}

static int grow_index(struct decisions *decisions)
{
    size_t size =
        decisions->by_job_size ? 2 * decisions->by_job_size : (size_t)2 * INITIAL_DECISIONS;
    size_t *by_job = calloc(size, sizeof *by_job);
    if (!by_job)
        return -1;
    free(decisions->by_job);
    decisions->by_job = by_job;
    decisions->by_job_size = size;
    for (size_t i = 0; i < decisions->count; i++)
        by_job[slot_of(decisions, decisions->items[i].job)] = i + 1;
    return 0;
}

/* Room for one more decision; new ones are zeroed. */
static int reserve_item(struct decisions *decisions)
{
    size_t before = decisions->capacity;
    if (array_reserve(decisions->items, decisions->capacity, decisions->count + 1))
        return -1;
    if (decisions->capacity > before)
        memset(decisions->items + before, 0,
               (decisions->capacity - before) * sizeof *decisions->items);
    return 0;
}

/* --- Decisions ------------------------------------------------------------------------------ */

struct decision *decisions_find(const struct decisions *decisions, uint32_t job)
{
    if (decisions->count == 0)
        return NULL;
    size_t position = decisions->by_job[slot_of(decisions, job)];
    return position ? &decisions->items[position - 1] : NULL;
}

struct decision *decisions_about(struct decisions *decisions, uint32_t job)
{
    struct decision *decision = decisions_find(decisions, job);
    if (decision)
        return decision;
    if (2 * (decisions->count + 1) > decisions->by_job_size && grow_index(decisions))
        return NULL;
    if (reserve_item(decisions))
        return NULL;
    decisions->by_job[slot_of(decisions, job)] = decisions->count + 1;
    decision = &decisions->items[decisions->count++];
    /* Memory for nodes may be left from a decision that was cleared. */
    *decision = (struct decision){
        .job = job, .nodes = decision->nodes, .nodes_capacity = decision->nodes_capacity};
    return decision;
}

int decision_set_nodes(struct decision *decision, const uint32_t *nodes, uint32_t count)
{
    if (array_reserve(decision->nodes, decision->nodes_capacity, count))
        return -1;
    if (count > 0)
        memcpy(decision->nodes, nodes, (size_t)count * sizeof *nodes);
    decision->num_nodes = count;
    decision->sets_nodes = true;
    return 0;
}

int decision_append_node(struct decision *decision, uint32_t node)
{
    return decision_append_nodes(decision, &node, 1);
}

int decision_append_nodes(struct decision *decision, const uint32_t *nodes, uint32_t count)
{
    size_t needed = (size_t)decision->num_nodes + count;
    if (array_reserve(decision->nodes, decision->nodes_capacity, needed))
        return -1;
    if (count > 0)
        memcpy(decision->nodes + decision->num_nodes, nodes, count * sizeof *nodes);
    decision->num_nodes += count;
    decision->sets_nodes = true;
    return 0;
}

static struct decision_argument *find_argument(const struct decision *decision, const char *key)
{
    for (size_t i = 0; i < decision->num_arguments; i++)
        if (strcmp(decision->arguments[i].key, key) == 0)
            return &decision->arguments[i];
    return NULL;
}

/* Takes the value over when there is memory for the rest. */
static int append_argument(struct decision *decision, const char *key, char *value)
{
    if (array_reserve(decision->arguments, decision->arguments_capacity,
                      decision->num_arguments + 1))
        return -1;
    char *copy = strdup(key);
    if (!copy)
        return -1;
    decision->arguments[decision->num_arguments++] = (struct decision_argument){copy, value};
    return 0;
}

int decision_set_argument(struct decision *decision, const char *key, const char *value)
{
    char *copy = strdup(value);
    if (!copy)
        return -1;
    struct decision_argument *argument = find_argument(decision, key);
    if (argument) {
        free(argument->value);
        argument->value = copy;
        return 0;
    }
    if (append_argument(decision, key, copy)) {
        free(copy);
        return -1;
    }
    return 0;
}

/* --- Orders to jobs -------------------------------------------------------------------------- */

static bool is_preemption(enum job_order order)
{
    return order == ORDER_REQUEUE || order == ORDER_RESTART;
}

bool decision_preempts(const struct decision *decision)
{
    return is_preemption(decision->order);
}

void decision_set_order(struct decision *decision, enum job_order order)
{
    bool replaces =
        order == decision->order || (is_preemption(order) && is_preemption(decision->order));
    if (!replaces)
        decision->former_order = decision->order;
    decision->order = order;
}

/* --- Commands to nodes ---------------------------------------------------------------------- */

int decisions_command(struct decisions *decisions, uint32_t node, enum node_command command)
{
    if (array_reserve(decisions->orders, decisions->orders_capacity, decisions->num_orders + 1))
        return -1;
    decisions->orders[decisions->num_orders++] = (struct node_order){node, command};
    return 0;
}

/* --- The end -------------------------------------------------------------------------------- */

static void free_arguments(struct decision *decision)
{
    for (size_t i = 0; i < decision->num_arguments; i++) {
        free(decision->arguments[i].key);
        free(decision->arguments[i].value);
    }
    free(decision->arguments);
    decision->arguments = NULL;
    decision->num_arguments = 0;
}

void decisions_clear(struct decisions *decisions)
{
    /* The last first: no other one was put into the index behind it and would get lost. */
    while (decisions->count > 0) {
        struct decision *decision = &decisions->items[decisions->count - 1];
        decisions->by_job[slot_of(decisions, decision->job)] = 0;
        free_arguments(decision);
        decisions->count--;
    }
    decisions->num_orders = 0;
}

void decisions_release(struct decisions *decisions)
{
    decisions_clear(decisions);
    for (size_t i = 0; i < decisions->capacity; i++)
        free(decisions->items[i].nodes);
    free(decisions->items);
    free(decisions->by_job);
    free(decisions->orders);
    *decisions = (struct decisions){0};
}
