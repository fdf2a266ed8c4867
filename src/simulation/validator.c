/* Promise: decisions that pass can all be applied, in any order that frees before it takes. */
#include "simulation/validator.h"

#include "base/bit_set.h"
#include "base/number.h"
#include "base/vector.h"
#include "configuration/configuration.h"
#include "elastisim/scheduler.h"
#include "system/budget.h"

#include <stdio.h>
#include <stdlib.h>

struct check {
    struct validator *validator;
    const struct state *state;
    const struct invocation *invocation;
    bool at_point;
    const struct decisions *decisions;
    struct error *err;
};

int validator_create(struct validator *validator, uint32_t num_nodes, struct error *err)
{
    *validator = (struct validator){0};
    validator->claims = calloc(bit_set_words(num_nodes), sizeof *validator->claims);
    validator->commanded = calloc(num_nodes, sizeof *validator->commanded);
    if (validator->claims && validator->commanded)
        return 0;
    validator_release(validator);
    return error_no_memory(err);
}

void validator_release(struct validator *validator)
{
    free(validator->claims);
    free(validator->all_free);
    free(validator->commanded);
    *validator = (struct validator){0};
}

/* --- Messages ------------------------------------------------------------------------------ */

static int refuse(const struct check *check, uint32_t job, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum { WHERE_TEXT = 128 };

/* Which answer it is, into a buffer of WHERE_TEXT bytes; returns it. */
static const char *where_text(const struct check *check, char *where)
{
    const struct job *trigger = check->invocation->trigger;
    int length = snprintf(where, WHERE_TEXT, "scheduler's answer at %.15g s (%s", check->state->now,
                          invocation_type_name(check->invocation->type));
    if (trigger)
        length += snprintf(where + length, WHERE_TEXT - (size_t)length, " of job %u",
                           trigger->request->id);
    snprintf(where + length, WHERE_TEXT - (size_t)length, ")");
    return where;
}

static int refuse_because(const struct check *check, const char *what, uint32_t id,
                          const char *rule)
{
    char where[WHERE_TEXT];
    return error_set(check->err, ERROR_SCHEDULER, "%s: %s %u: %s", where_text(check, where), what,
                     id, rule);
}

static int refuse(const struct check *check, uint32_t job, const char *format, ...)
{
    char rule[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rule, sizeof rule, format, arguments);
    va_end(arguments);
    return refuse_because(check, "job", job, rule);
}

/* --- Reading decisions --------------------------------------------------------------------- */

uint32_t validator_decided_gpus(const struct job *job, const struct decision *decision)
{
    const struct job_request *request = job->request;
    /* A rigid job has what it asked for, whatever schedulers say: many pass on a maximum that rigid
     * jobs do not have. */
    if (request->type == JOB_RIGID)
        return request->gpus_max;
    if (decision->sets_gpus)
        return decision->gpus;
    return job->state == JOB_PENDING ? request->gpus_min : job_assigned_gpus(job);
}

static bool list_has(const uint32_t *ids, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

/* Lists of equal length without repetitions are the same set when one holds the other. The common
 * case, the same order, needs no search. */
static bool same_set(const uint32_t *a, const uint32_t *b, uint32_t count)
{
    uint32_t i = 0;
    while (i < count && a[i] == b[i])
        i++;
    for (; i < count; i++)
        if (!list_has(b, count, a[i]))
            return false;
    return true;
}

/* The order of the nodes is that of the ranks: where a job can be reconfigured at any time, another
 * order is another configuration, as in ElastiSim. With an order to the job it is not: schedulers
 * in Python send the nodes of each job that they say anything of, and not by rank. */
static bool reorders(const struct job *job, const struct decision *decision)
{
    if (decision->order != ORDER_NONE || decision->former_order != ORDER_NONE)
        return false;
    if (job->request->type != JOB_MALLEABLE && job->request->type != JOB_ADAPTIVE)
        return false;
    const struct node_list *assigned = job_assigned(job);
    for (uint32_t i = 0; i < assigned->count; i++)
        if (decision->nodes[i] != assigned->ids[i])
            return true;
    return false;
}

bool validator_resizes(const struct job *job, const struct decision *decision)
{
    if (validator_decided_gpus(job, decision) != job_assigned_gpus(job))
        return true;
    if (!decision->sets_nodes)
        return false;
    const struct node_list *assigned = job_assigned(job);
    return decision->num_nodes != assigned->count || reorders(job, decision) ||
           !same_set(decision->nodes, assigned->ids, assigned->count);
}

static bool leaves_all_nodes(const struct decision *decision)
{
    return decision->kill || decision_preempts(decision);
}

static bool is_trigger_at_point(const struct check *check, const struct job *job)
{
    return check->at_point && check->invocation->trigger == job;
}

/* --- Commands to nodes ----------------------------------------------------------------------- */

enum { GOES_OFF = 1, DRAINS = 2 };

/* What several commands to a node come to. */
static void fold(uint8_t *commanded, enum node_command command)
{
    uint8_t flag = command == COMMAND_DRAIN || command == COMMAND_RESUME ? DRAINS : GOES_OFF;
    bool sets = command == COMMAND_DRAIN || command == COMMAND_SWITCH_OFF;
    *commanded = (uint8_t)(sets ? *commanded | flag : *commanded & ~flag);
}

/* Notes them, so that nothing is assigned to nodes that go. */
static int check_orders(const struct check *check)
{
    uint32_t num_nodes = check->state->platform->num_nodes;
    for (size_t i = 0; i < check->decisions->num_orders; i++) {
        const struct node_order *order = &check->decisions->orders[i];
        char rule[64];
        if (order->node >= num_nodes) {
            snprintf(rule, sizeof rule, "there is no such node; node IDs are 0 to %u",
                     num_nodes - 1);
            return refuse_because(check, "node", order->node, rule);
        }
        fold(&check->validator->commanded[order->node], order->command);
    }
    return 0;
}

static void forget_orders(const struct check *check)
{
    for (size_t i = 0; i < check->decisions->num_orders; i++)
        if (check->decisions->orders[i].node < check->state->platform->num_nodes)
            check->validator->commanded[check->decisions->orders[i].node] = 0;
}

/* --- Claims -------------------------------------------------------------------------------- */

/* The claims on the nodes of a word, with nothing in them that is of another answer, and nothing in
 * `own` that is of another decision. */
static struct claims *claims_of(const struct check *check, size_t word, uint32_t job)
{
    struct validator *validator = check->validator;
    struct claims *claims = &validator->claims[word];
    if (claims->round != validator->round)
        *claims = (struct claims){.round = validator->round, .job = job};
    if (claims->job != job)
        claims->own = 0;
    claims->job = job;
    return claims;
}

/* Who claimed a node before. */
static uint32_t claimant(const struct check *check, uint32_t node, uint32_t job)
{
    const struct decision *decision = check->decisions->items;
    while (leaves_all_nodes(decision) || decision->job == job ||
           !list_has(decision->nodes, decision->num_nodes, node))
        decision++;
    return decision->job;
}

/* Nodes of a word are claimed when all of them can be. */
static bool claim_all(const struct check *check, size_t word, uint64_t nodes, uint32_t job)
{
    struct claims *claims = claims_of(check, word, job);
    if (nodes & (check->state->oversubscription ? claims->own : claims->all))
        return false;
    claims->own |= nodes;
    claims->all |= nodes;
    return true;
}

static int claim(const struct check *check, uint32_t node, uint32_t job)
{
    size_t word = node / BITS_PER_WORD;
    uint64_t bit = bit_set_bit(node);
    if (claim_all(check, word, bit, job))
        return 0;
    const char *name = check->state->nodes[node].description->name;
    if (claims_of(check, word, job)->own & bit)
        return refuse(check, job, "node %u (%s) is assigned twice", node, name);
    return refuse(check, job,
                  "node %u (%s) is assigned to job %u in the same answer; without "
                  "allow_oversubscription a node takes one job",
                  node, name, claimant(check, node, job));
}

/* --- Rules --------------------------------------------------------------------------------- */

static int check_resizable(const struct check *check, const struct job *job)
{
    const struct job_request *request = job->request;
    switch (request->type) {
    case JOB_RIGID:
    case JOB_MOLDABLE:
        return refuse(check, request->id, "a %s job can't be resized while it runs",
                      job_type_name(request->type));
    case JOB_EVOLVING:
        if (is_trigger_at_point(check, job) &&
            check->invocation->type == ELASTISIM_EVOLVING_REQUEST)
            return 0;
        return refuse(check, request->id,
                      "an evolving job can be resized in answer to its own request only");
    default:
        return 0;
    }
}

static int check_counts(const struct check *check, const struct job *job,
                        const struct decision *decision)
{
    const struct job_request *request = job->request;
    uint32_t count = decision->sets_nodes ? decision->num_nodes : job_assigned(job)->count;
    char range[RANGE_TEXT];
    if (count < request->nodes_min || count > request->nodes_max)
        return refuse(check, request->id, "%u node%s %s assigned; it takes %s", count,
                      number_plural(count), number_is_or_are(count),
                      number_range_text(request->nodes_min, request->nodes_max, range));
    uint32_t gpus = validator_decided_gpus(job, decision);
    if (gpus < request->gpus_min || gpus > request->gpus_max)
        return refuse(check, request->id, "%u GPU%s per node %s assigned; it takes %s", gpus,
                      number_plural(gpus), number_is_or_are(gpus),
                      number_range_text(request->gpus_min, request->gpus_max, range));
    return 0;
}

static int check_equipment(const struct check *check, const struct job *job, uint32_t gpus,
                           bool uses_burst_buffer, uint32_t id)
{
    const struct node_description *node = check->state->nodes[id].description;
    if (node->num_gpus < gpus)
        return refuse(check, job->request->id, "node %u (%s) has %u GPU%s, %u %s assigned per node",
                      id, node->name, node->num_gpus, number_plural(node->num_gpus), gpus,
                      number_is_or_are(gpus));
    if (uses_burst_buffer && node->type == NODE_PLAIN)
        return refuse(check, job->request->id,
                      "node %u (%s) has no burst buffer, which tasks of %s use", id, node->name,
                      job->request->application->file);
    return 0;
}

/* Whether another job that runs on the node, or is expected there, is out of the way when this
 * answer is applied. */
static bool makes_way(const struct check *check, const struct job *other, uint32_t id, bool runs)
{
    const struct decision *decision = decisions_find(check->decisions, other->request->id);
    if (decision && leaves_all_nodes(decision))
        return true;
    if (!runs) /* a new list replaces the reservation; keeping it would be a claim of its own */
        return decision && decision->sets_nodes;
    if (!is_trigger_at_point(check, other))
        return false;
    const struct node_list *stays = job_assigned(other);
    return decision && decision->sets_nodes ? !list_has(decision->nodes, decision->num_nodes, id)
                                            : !list_has(stays->ids, stays->count, id);
}

static int check_available(const struct check *check, const struct job *job, uint32_t id)
{
    const struct node *node = &check->state->nodes[id];
    uint8_t commanded = check->validator->commanded[id];
    if (node->availability != NODE_UP && !node_runs(node, job))
        return refuse(check, job->request->id, "node %u (%s) can't be had: it is %s", id,
                      node->description->name, node_availability_name(node->availability));
    if (commanded && !node_runs(node, job))
        return refuse(check, job->request->id, "node %u (%s) can't be had: the same answer %s", id,
                      node->description->name,
                      commanded & GOES_OFF ? "switches it off" : "drains it");
    if (check->state->oversubscription)
        return 0;
    for (uint32_t i = 0; i < node_num_running(node); i++) {
        const struct job *other = node_running_job(node, i);
        if (other != job && !makes_way(check, other, id, true))
            return refuse(check, job->request->id, "node %u (%s) is taken: job %u runs there", id,
                          node->description->name, other->request->id);
    }
    for (uint32_t i = 0; i < node_num_expected(node); i++) {
        const struct job *other = node_expected_job(node, i);
        if (other != job && !makes_way(check, other, id, false))
            return refuse(check, job->request->id,
                          "node %u (%s) is taken: it is reserved for job %u", id,
                          node->description->name, other->request->id);
    }
    return 0;
}

static int claim_one(const struct check *check, uint32_t id, uint32_t job)
{
    if (id >= check->state->platform->num_nodes)
        return refuse(check, job, "there is no node %u; node IDs are 0 to %u", id,
                      check->state->platform->num_nodes - 1);
    return claim(check, id, job);
}

/* Every node of the answer exists and is given once. */
static int claim_nodes(const struct check *check, const struct decision *decision, bool *all_free)
{
    size_t whole_words = check->state->platform->num_nodes / BITS_PER_WORD, word;
    uint64_t bits;
    for (uint32_t i = 0, end; i < decision->num_nodes; i = end) {
        const uint32_t *ids = decision->nodes;
        end = i + (uint32_t)bit_set_gather(ids + i, decision->num_nodes - i, &word, &bits);
        bool are_free = word <= whole_words && (bits & ~check->state->free_nodes[word]) == 0;
        *all_free = *all_free && are_free;
        if ((are_free || word < whole_words) && claim_all(check, word, bits, decision->job))
            continue;
        for (uint32_t j = i; j < end; j++)
            if (claim_one(check, ids[j], decision->job))
                return -1;
    }
    return 0;
}

static int check_job(const struct check *check, const struct decision *decision)
{
    if (decision->job >= check->state->num_submitted)
        return refuse(check, decision->job, "there is no such job; %zu job%s %s submitted so far",
                      check->state->num_submitted, number_plural(check->state->num_submitted),
                      number_is_or_are(check->state->num_submitted));
    const struct job *job = &check->state->jobs[decision->job];
    if (!job_is_known(job))
        return refuse(check, decision->job, "it is not submitted: it %s",
                      job_has_ended(job) ? "was cancelled" : "waits for other jobs");
    if (decision->kill || !job_has_ended(job) || decision->num_nodes == 0)
        return 0;
    return refuse(check, decision->job, "it has ended (%s) and can't be changed",
                  job_state_name(job->state));
}

static const char *const order_done[NUM_JOB_ORDERS] = {
    [ORDER_REQUEUE] = "preempted",
    [ORDER_RESTART] = "preempted",
    [ORDER_SUSPEND] = "suspended",
    [ORDER_RESUME] = "resumed",
};

static int check_order(const struct check *check, const struct job *job,
                       const struct decision *decision)
{
    uint32_t id = job->request->id;
    if (decision->former_order || decision->kill)
        return refuse(check, id, "%s and %s in the same answer exclude each other",
                      decision->kill ? "kill" : job_order_name(decision->former_order),
                      job_order_name(decision->order));
    if (job->state == JOB_PENDING)
        return refuse(check, id, "it is pending; only a running job can be %s",
                      order_done[decision->order]);
    if (decision->order == ORDER_SUSPEND && job->suspended)
        return refuse(check, id, "it is suspended already");
    if (decision->order == ORDER_RESUME && !job->suspended)
        return refuse(check, id, "it is not suspended, and can't be resumed");
    if (decision_preempts(decision) && validator_resizes(job, decision))
        return refuse(
            check, id,
            "it is preempted, and given other nodes or GPUs in the same answer; it can be "
            "started again in a later one");
    return 0;
}

/* What has the job alone, or nobody, is up and nobody else is expected there. */
static bool is_at_hand(const struct state *state, const struct job *job, uint32_t id)
{
    return bit_set_has(state->plain_nodes, id) &&
           (!state->runners[id] || state->runners[id] == job);
}

static int check_nodes(const struct check *check, const struct job *job, uint32_t gpus,
                       const uint32_t *ids, uint32_t count, bool all_free)
{
    bool uses_burst_buffer = job_uses_burst_buffer(job->request);
    /* What is free is up, and has nobody who runs or is expected there. */
    bool needs_nothing = gpus == 0 && !uses_burst_buffer && check->decisions->num_orders == 0;
    if (all_free && needs_nothing)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        if (needs_nothing && is_at_hand(check->state, job, ids[i]))
            continue;
        else if (check_equipment(check, job, gpus, uses_burst_buffer, ids[i]) ||
                 check_available(check, job, ids[i]))
            return -1;
    return 0;
}

static int check_decision(const struct check *check, const struct decision *decision, bool all_free)
{
    const struct job *job = &check->state->jobs[decision->job];
    if (job_has_ended(job))
        return 0;
    if (decision->order && check_order(check, job, decision))
        return -1;
    if (leaves_all_nodes(decision))
        return 0;
    bool pending = job->state == JOB_PENDING;
    if (pending && (!decision->sets_nodes || decision->num_nodes == 0))
        return 0;
    if (!pending) {
        if (!validator_resizes(job, decision))
            return 0;
        if (check_resizable(check, job))
            return -1;
    }
    if (check_counts(check, job, decision))
        return -1;
    const struct node_list *assigned = job_assigned(job);
    const uint32_t *ids = decision->sets_nodes ? decision->nodes : assigned->ids;
    uint32_t count = decision->sets_nodes ? decision->num_nodes : assigned->count;
    uint32_t gpus = validator_decided_gpus(job, decision);
    return check_nodes(check, job, gpus, ids, count, all_free && decision->sets_nodes);
}

static int check_decisions(const struct check *check)
{
    const struct decisions *decisions = check->decisions;
    struct validator *validator = check->validator;
    if (array_reserve(validator->all_free, validator->all_free_room, decisions->count))
        return error_no_memory(check->err);
    for (size_t i = 0; i < decisions->count; i++) {
        const struct decision *decision = &decisions->items[i];
        validator->all_free[i] = true;
        if (check_job(check, decision))
            return -1;
        if (!leaves_all_nodes(decision) && claim_nodes(check, decision, &validator->all_free[i]))
            return -1;
    }
    for (size_t i = 0; i < decisions->count; i++)
        if (check_decision(check, &decisions->items[i], validator->all_free[i]))
            return -1;
    return 0;
}

/* --- The power cap --------------------------------------------------------------------------- */

/* Rounding of sums, in relation to the cap. */
#define CAP_SLACK 1e-9

static bool belongs_to(const struct check *check, const struct job *job, uint32_t id)
{
    return node_runs(&check->state->nodes[id], job) ||
           (job->has_change && list_has(job->wanted.ids, job->wanted.count, id));
}

/* What a job's nodes are committed to beyond what they draw without jobs. */
static double watts_beyond_idle(const struct check *check, const uint32_t *ids, uint32_t count,
                                uint32_t gpus, const struct job *without)
{
    double watts = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct node_description *node = check->state->nodes[ids[i]].description;
        if (!without || !belongs_to(check, without, ids[i]))
            watts += budget_full_watts(node, gpus) - budget_idle_watts(node);
    }
    return watts;
}

/* What nodes are committed to that are reserved for a change of a job, and are so no more when it
 * is to have others. */
static double watts_dropped(const struct check *check, const struct job *job, const uint32_t *ids,
                            uint32_t count)
{
    double watts = 0;
    for (uint32_t i = 0; job->has_change && i < job->wanted.count; i++) {
        uint32_t id = job->wanted.ids[i];
        if (!node_runs(&check->state->nodes[id], job) && !list_has(ids, count, id))
            watts += watts_beyond_idle(check, &id, 1, job->wanted_gpus, NULL);
    }
    return watts;
}

/* What a decision adds to what the machine is committed to, in watts. A job that is killed or
 * preempted leaves its nodes; others keep theirs until they come to a point. */
static double watts_added(const struct check *check, const struct decision *decision)
{
    const struct job *job = &check->state->jobs[decision->job];
    if (job_has_ended(job))
        return 0;
    if (leaves_all_nodes(decision))
        return -watts_beyond_idle(check, job->executing.ids, job->executing.count,
                                  job->executing_gpus, NULL) -
               watts_dropped(check, job, NULL, 0);
    if (!decision->sets_nodes)
        return 0;
    return watts_beyond_idle(check, decision->nodes, decision->num_nodes,
                             validator_decided_gpus(job, decision), job) -
           watts_dropped(check, job, decision->nodes, decision->num_nodes);
}

/* What a job gives up at its point, by this answer or an earlier one. */
static double watts_given_up(const struct check *check)
{
    const struct job *job = check->invocation->trigger;
    if (!job || !is_trigger_at_point(check, job))
        return 0;
    const struct decision *decision = decisions_find(check->decisions, job->request->id);
    if (decision && leaves_all_nodes(decision))
        return 0;
    bool has_list = decision && decision->sets_nodes;
    const struct node_list *assigned = job_assigned(job);
    const uint32_t *ids = has_list ? decision->nodes : assigned->ids;
    uint32_t count = has_list ? decision->num_nodes : assigned->count;
    double watts = 0;
    for (uint32_t i = 0; i < job->executing.count; i++)
        if (!list_has(ids, count, job->executing.ids[i]))
            watts += watts_beyond_idle(check, &job->executing.ids[i], 1, job->executing_gpus, NULL);
    return watts;
}

static int check_cap(const struct check *check)
{
    const struct budget *budget = check->state->budget;
    if (!budget || !check->state->configuration->power_cap_enforced)
        return 0;
    double cap = budget_cap_at(budget, check->state->now), added = -watts_given_up(check);
    for (size_t i = 0; i < check->decisions->count; i++)
        added += watts_added(check, &check->decisions->items[i]);
    double committed = budget_committed(budget) + added;
    if (added <= 0 || committed <= cap * (1 + CAP_SLACK))
        return 0;
    char where[WHERE_TEXT];
    return error_set(check->err, ERROR_SCHEDULER,
                     "%s: it commits the machine to %.15g W, %.15g W more than before; the power "
                     "cap is %.15g W",
                     where_text(check, where), committed, added, cap);
}

int validator_check(struct validator *validator, const struct state *state,
                    const struct invocation *invocation, bool at_point,
                    const struct decisions *decisions, struct error *err)
{
    const struct check check = {validator, state, invocation, at_point, decisions, err};
    validator->round++;
    int result = check_orders(&check) || check_decisions(&check) || check_cap(&check) ? -1 : 0;
    forget_orders(&check);
    return result;
}
