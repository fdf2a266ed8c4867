/* Promise: an operation costs the number of nodes assigned to its job at most, and the first one of
 * an invocation that assigns or frees a node a copy of the set of free nodes. */
#include "scheduler/operations.h"

#include "base/bit_set.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void elastisim_wishes_release(struct wishes *wishes)
{
    free(wishes->free_nodes);
    wishes->free_nodes = NULL;
}

int elastisim_fail(struct elastisim_view *view, const char *format, ...)
{
    struct wishes *wishes = elastisim_ground_wishes(view);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(wishes->failure, sizeof wishes->failure, format, arguments);
    va_end(arguments);
    return -1;
}

/* --- Free nodes ---------------------------------------------------------------------------- */

static const uint64_t *shown_free(const struct wishes *wishes)
{
    return wishes->free_nodes ? wishes->free_nodes : wishes->known_free;
}

const uint64_t *elastisim_free_set(const struct elastisim_view *view)
{
    return shown_free(elastisim_ground_shown(view));
}

static bool is_free(const struct wishes *wishes, size_t id)
{
    return bit_set_has(shown_free(wishes), id);
}

size_t elastisim_num_free_nodes(const struct elastisim_view *view)
{
    return elastisim_ground_shown(view)->num_free;
}

struct elastisim_node *elastisim_next_free_node(const struct elastisim_view *view, size_t from)
{
    const struct wishes *wishes = elastisim_ground_shown(view);
    /* NULL where the set ends: there is no node of that ID. */
    return elastisim_node(view, bit_set_next(shown_free(wishes), wishes->num_nodes, from));
}

static int no_memory(struct wishes *wishes)
{
    wishes->out_of_memory = true;
    return -1;
}

static int own_free_nodes(struct wishes *wishes)
{
    size_t size = bit_set_words(wishes->num_nodes) * sizeof *wishes->free_nodes;
    if (wishes->free_nodes)
        return 0;
    wishes->free_nodes = malloc(size);
    if (!wishes->free_nodes)
        return no_memory(wishes);
    memcpy(wishes->free_nodes, wishes->known_free, size);
    return 0;
}

static int mark_free(struct wishes *wishes, size_t id, bool free)
{
    if (is_free(wishes, id) == free)
        return 0;
    if (own_free_nodes(wishes))
        return -1;
    bit_set_toggle(wishes->free_nodes, id);
    wishes->num_free += free ? 1 : (size_t)-1;
    return 0;
}

/* --- Nodes that go -----------------------------------------------------------------------------
 */

/* Whether the commands so far have the node take nothing new. */
static bool is_sent_away(const struct wishes *wishes, size_t id)
{
    bool drains = false, is_off = false;
    for (size_t i = 0; i < wishes->decisions->num_orders; i++) {
        const struct node_order *order = &wishes->decisions->orders[i];
        if (order->node != id)
            continue;
        if (order->command == COMMAND_DRAIN || order->command == COMMAND_RESUME)
            drains = order->command == COMMAND_DRAIN;
        else
            is_off = order->command == COMMAND_SWITCH_OFF;
    }
    return drains || is_off;
}

/* --- Jobs as they are wanted --------------------------------------------------------------- */

static const struct decision *wish(const struct elastisim_job *job)
{
    const struct decisions *decisions = elastisim_ground_decisions(job);
    return decisions ? decisions_find(decisions, (uint32_t)elastisim_job_id(job)) : NULL;
}

static const uint32_t *shown_nodes(const struct elastisim_job *job, uint32_t *count)
{
    const struct decision *decision = wish(job);
    if (!decision || !decision->sets_nodes)
        return elastisim_ground_nodes(job, count);
    *count = decision->num_nodes;
    return decision->nodes;
}

uint32_t elastisim_job_num_assigned(const struct elastisim_job *job)
{
    uint32_t count;
    shown_nodes(job, &count);
    return count;
}

struct elastisim_node *elastisim_job_assigned(const struct elastisim_job *job, uint32_t rank)
{
    uint32_t count;
    const uint32_t *nodes = shown_nodes(job, &count);
    return rank < count ? elastisim_ground_node(job, nodes[rank]) : NULL;
}

uint32_t elastisim_job_assigned_gpus(const struct elastisim_job *job)
{
    const struct decision *decision = wish(job);
    return decision && decision->sets_gpus ? decision->gpus : elastisim_ground_gpus(job);
}

/* --- Operations ---------------------------------------------------------------------------- */

static struct decision *decide(struct wishes *wishes, const struct elastisim_job *job)
{
    struct decision *decision = decisions_about(wishes->decisions, (uint32_t)elastisim_job_id(job));
    if (!decision)
        no_memory(wishes);
    return decision;
}

/* The decision about a job's nodes, which starts from those that are assigned. */
static struct decision *decide_nodes(struct wishes *wishes, const struct elastisim_job *job)
{
    struct decision *decision = decide(wishes, job);
    if (!decision || decision->sets_nodes)
        return decision;
    uint32_t count;
    const uint32_t *nodes = elastisim_ground_nodes(job, &count);
    if (!decision_set_nodes(decision, nodes, count))
        return decision;
    no_memory(wishes);
    return NULL;
}

static long position_of(const struct decision *decision, size_t id)
{
    for (uint32_t i = 0; i < decision->num_nodes; i++)
        if (decision->nodes[i] == id)
            return i;
    return -1;
}

int elastisim_assign(struct elastisim_view *view, struct elastisim_job *job,
                     struct elastisim_node *node)
{
    struct wishes *wishes = elastisim_ground_wishes(view);
    struct decision *decision = decide_nodes(wishes, job);
    if (!decision)
        return -1;
    size_t id = elastisim_node_id(node);
    /* A node that is free can't be among the job's: no need to look. */
    if (!is_free(wishes, id) && position_of(decision, id) >= 0)
        return 0;
    if (decision_append_node(decision, (uint32_t)id))
        return no_memory(wishes);
    return mark_free(wishes, id, false);
}

static bool is_up(const struct elastisim_node *node)
{
    return elastisim_node_availability(node) == ELASTISIM_UP;
}

static bool runs_alone(const struct elastisim_node *node, const struct elastisim_job *job)
{
    return elastisim_node_num_jobs(node) == 1 && elastisim_node_job(node, 0) == job;
}

/* Whether a node that a job gives up can be given to others in the same answer. */
static bool can_be_given_on(const struct elastisim_view *view, const struct elastisim_job *job,
                            const struct elastisim_node *node)
{
    enum elastisim_invocation invocation = elastisim_invocation(view);
    bool at_point =
        invocation == ELASTISIM_SCHEDULING_POINT || invocation == ELASTISIM_EVOLVING_REQUEST;
    if (!is_up(node) || elastisim_ground_expects_others(node, job))
        return false;
    return elastisim_node_num_jobs(node) == 0 ||
           (at_point && elastisim_trigger(view) == job && runs_alone(node, job));
}

/* Nodes of a word that are all free, as they come in a list. */
static int assign_free(struct wishes *wishes, struct decision *decision, const uint32_t *ids,
                       uint32_t count, size_t word, uint64_t bits)
{
    if (own_free_nodes(wishes))
        return -1;
    wishes->free_nodes[word] &= ~bits;
    wishes->num_free -= count;
    return decision_append_nodes(decision, ids, count) ? no_memory(wishes) : 0;
}

/* What no node has is left to who judges the answer. */
static int assign_by_id(struct elastisim_view *view, struct elastisim_job *job,
                        struct decision *decision, uint32_t id)
{
    struct elastisim_node *node = elastisim_node(view, id);
    if (node)
        return elastisim_assign(view, job, node);
    return decision_append_node(decision, id) ? no_memory(elastisim_ground_wishes(view)) : 0;
}

int elastisim_assign_nodes(struct elastisim_view *view, struct elastisim_job *job,
                           const uint32_t *ids, size_t count)
{
    struct wishes *wishes = elastisim_ground_wishes(view);
    struct decision *decision = decide_nodes(wishes, job);
    int result = decision ? 0 : -1;
    for (size_t i = 0, taken; result == 0 && i < count; i += taken) {
        size_t word;
        uint64_t bits;
        taken = bit_set_gather(ids + i, count - i, &word, &bits);
        bool exist = word < bit_set_words(wishes->num_nodes);
        if (exist && (bits & ~shown_free(wishes)[word]) == 0) {
            result = assign_free(wishes, decision, ids + i, (uint32_t)taken, word, bits);
            continue;
        }
        for (size_t j = i; result == 0 && j < i + taken; j++)
            result = assign_by_id(view, job, decision, ids[j]);
    }
    return result;
}

int elastisim_remove(struct elastisim_view *view, struct elastisim_job *job,
                     struct elastisim_node *node)
{
    struct wishes *wishes = elastisim_ground_wishes(view);
    struct decision *decision = decide_nodes(wishes, job);
    if (!decision)
        return -1;
    size_t id = elastisim_node_id(node);
    long position = position_of(decision, id);
    if (position < 0)
        return 0;
    decision->num_nodes--;
    memmove(decision->nodes + position, decision->nodes + position + 1,
            (decision->num_nodes - (size_t)position) * sizeof *decision->nodes);
    return can_be_given_on(view, job, node) && !is_sent_away(wishes, id)
               ? mark_free(wishes, id, true)
               : 0;
}

int elastisim_assign_gpus(struct elastisim_view *view, struct elastisim_job *job, uint32_t gpus)
{
    /* A rigid job has those that it asked for, whatever a scheduler that treats all jobs alike
     * says. */
    if (elastisim_job_type(job) == ELASTISIM_RIGID)
        return 0;
    struct decision *decision = decide(elastisim_ground_wishes(view), job);
    if (!decision)
        return -1;
    decision->sets_gpus = true;
    decision->gpus = gpus;
    return 0;
}

/* Shows those as free that can be given on when the job leaves all of its nodes. */
static int leave_nodes(struct wishes *wishes, const struct elastisim_job *job)
{
    for (uint32_t rank = 0; rank < elastisim_job_num_executing(job); rank++) {
        const struct elastisim_node *node = elastisim_job_executing(job, rank);
        if (is_up(node) && runs_alone(node, job) && !elastisim_ground_expects_others(node, job) &&
            !is_sent_away(wishes, elastisim_node_id(node)) &&
            mark_free(wishes, elastisim_node_id(node), true))
            return -1;
    }
    return 0;
}

int elastisim_kill(struct elastisim_view *view, struct elastisim_job *job)
{
    struct wishes *wishes = elastisim_ground_wishes(view);
    struct decision *decision = decide(wishes, job);
    if (!decision)
        return -1;
    decision->kill = true;
    return leave_nodes(wishes, job);
}

int elastisim_preempt(struct elastisim_view *view, struct elastisim_job *job, bool from_checkpoint)
{
    struct wishes *wishes = elastisim_ground_wishes(view);
    struct decision *decision = decide(wishes, job);
    if (!decision)
        return -1;
    decision_set_order(decision, from_checkpoint ? ORDER_RESTART : ORDER_REQUEUE);
    return leave_nodes(wishes, job);
}

static int order(struct elastisim_view *view, const struct elastisim_job *job, enum job_order order)
{
    struct decision *decision = decide(elastisim_ground_wishes(view), job);
    if (!decision)
        return -1;
    decision_set_order(decision, order);
    return 0;
}

int elastisim_suspend(struct elastisim_view *view, struct elastisim_job *job)
{
    return order(view, job, ORDER_SUSPEND);
}

int elastisim_resume(struct elastisim_view *view, struct elastisim_job *job)
{
    return order(view, job, ORDER_RESUME);
}

/* --- Commands to nodes ---------------------------------------------------------------------- */

static int command(struct elastisim_view *view, const struct elastisim_node *node,
                   enum node_command command)
{
    struct wishes *wishes = elastisim_ground_wishes(view);
    size_t id = elastisim_node_id(node);
    bool takes_away = command == COMMAND_DRAIN || command == COMMAND_SWITCH_OFF;
    /* What was commanded in this invocation can be taken back in it. */
    bool was_free = !takes_away && bit_set_has(wishes->known_free, id) && is_sent_away(wishes, id);
    if (decisions_command(wishes->decisions, (uint32_t)id, command))
        return no_memory(wishes);
    if (takes_away)
        return mark_free(wishes, id, false);
    return was_free && !is_sent_away(wishes, id) ? mark_free(wishes, id, true) : 0;
}

int elastisim_node_drain(struct elastisim_view *view, struct elastisim_node *node)
{
    return command(view, node, COMMAND_DRAIN);
}

int elastisim_node_resume(struct elastisim_view *view, struct elastisim_node *node)
{
    return command(view, node, COMMAND_RESUME);
}

int elastisim_node_switch_off(struct elastisim_view *view, struct elastisim_node *node)
{
    return command(view, node, COMMAND_SWITCH_OFF);
}

int elastisim_node_switch_on(struct elastisim_view *view, struct elastisim_node *node)
{
    return command(view, node, COMMAND_SWITCH_ON);
}

/* --- Runtime arguments ----------------------------------------------------------------------- */

int elastisim_set_runtime_argument(struct elastisim_view *view, struct elastisim_job *job,
                                   const char *key, const char *value)
{
    struct wishes *wishes = elastisim_ground_wishes(view);
    struct decision *decision = decide(wishes, job);
    return !decision || decision_set_argument(decision, key, value) ? no_memory(wishes) : 0;
}
