/* What an answer of the scheduler does.
 *
 * Promise: only what passed the validator arrives here. What frees nodes is applied first (kills
 * and preemptions, with the arguments of those that go on), then commands to nodes, then the change
 * of the job at its point, then what is asked of other running jobs, then starts: the order within
 * the answer decides within each of these only.
 */
#include "simulation/inside.h"

#include "elastisim/scheduler.h"

/* --- Kills ----------------------------------------------------------------------------------- */

/* The scheduler is told of its own kills, too, when it is told of ends. */
static void apply_kill(struct simulation *simulation, const struct job *job)
{
    walltime_end_job(simulation, job, "scheduler");
    if (simulation->configuration->schedule_on_job_finalize)
        asking_follow_up(simulation, ELASTISIM_JOB_KILLED, job);
}

/* --- Arguments, resizes, starts -------------------------------------------------------------- */

static void apply_arguments(struct simulation *simulation, const struct job *job,
                            const struct decision *decision)
{
    for (size_t i = 0; i < decision->num_arguments; i++) {
        const struct decision_argument *argument = &decision->arguments[i];
        if (lifecycle_set_argument(&simulation->state, job, argument->key, argument->value,
                                   simulation->err)) {
            error_prefix(simulation->err, "scheduler's answer at %.15g s: job %u",
                         simulation->state.now, job->request->id);
            return;
        }
    }
}

/* Nodes that were reserved for jobs which are given others in the same answer are free before they
 * are taken. Several jobs are expected on a node with oversubscription only, where none is in the
 * way. */
static void withdraw_others(struct simulation *simulation, const struct job *job,
                            const struct node_list *nodes)
{
    for (uint32_t i = 0; !simulation->state.oversubscription && i < nodes->count; i++) {
        const struct node *node = &simulation->state.nodes[nodes->ids[i]];
        const struct job *other = node_num_expected(node) > 0 ? node_expected_job(node, 0) : job;
        if (other != job && lifecycle_withdraw(&simulation->state, other, simulation->err))
            return;
    }
}

typedef int want_fn(struct state *state, const struct job *job, struct node_list nodes,
                    uint32_t gpus, struct error *err);

/* A wish that is left as it was has been dropped by now if a command in the same answer has taken
 * one of its nodes away. */
static bool was_dropped(const struct simulation *simulation, const struct job *job,
                        const struct decision *decision)
{
    if (simulation->decisions.num_orders == 0 || !decision->sets_nodes)
        return false;
    for (uint32_t i = 0; i < decision->num_nodes; i++) {
        const struct node *node = &simulation->state.nodes[decision->nodes[i]];
        if (node->availability != NODE_UP && !node_runs(node, job))
            return true;
    }
    return false;
}

static void apply_resize(struct simulation *simulation, const struct job *job,
                         const struct decision *decision, want_fn *want)
{
    if (!validator_resizes(job, decision) || was_dropped(simulation, job, decision))
        return;
    const struct node_list *assigned = job_assigned(job);
    struct node_list nodes;
    const uint32_t *ids = decision->sets_nodes ? decision->nodes : assigned->ids;
    uint32_t count = decision->sets_nodes ? decision->num_nodes : assigned->count;
    if (node_list_copy(&nodes, ids, count, simulation->err))
        return;
    withdraw_others(simulation, job, &nodes);
    want(&simulation->state, job, nodes, validator_decided_gpus(job, decision), simulation->err);
}

static void apply_start(struct simulation *simulation, const struct job *job,
                        const struct decision *decision)
{
    if (!decision->sets_nodes || decision->num_nodes == 0)
        return;
    struct node_list nodes;
    if (node_list_copy(&nodes, decision->nodes, decision->num_nodes, simulation->err) ||
        lifecycle_start(&simulation->state, job, nodes, validator_decided_gpus(job, decision),
                        simulation->err))
        return;
    simulation->idle_invocations = 0;
    if (job->attempts == 1)
        dependents_started(simulation, job);
    walltime_watch(simulation, job);
    execution_start(&simulation->executor, job, simulation->err);
}

/* --- Orders that lead to orders --------------------------------------------------------------- */

/* The scheduler hears of what its orders have changed, and may order anew: so many times in one
 * instant, for each job and each node, are no accident. */
#define MAX_ROUNDS 10

static void count_round(struct simulation *simulation)
{
    const struct state *state = &simulation->state;
    if (state->now > simulation->rounds_at)
        simulation->rounds = 0;
    simulation->rounds_at = state->now;
    size_t most = MAX_ROUNDS * (state->num_jobs + state->platform->num_nodes);
    if (++simulation->rounds > most && !simulation_failed(simulation))
        error_set(simulation->err, ERROR_SCHEDULER,
                  "scheduler's answer at %.15g s: it is the one after %zu others at this instant "
                  "that give orders to jobs or nodes, each of which leads to the next; what one "
                  "of them orders, another one takes back",
                  state->now, most);
}

/* --- The whole answer ------------------------------------------------------------------------ */

static void suspend(struct simulation *simulation, const struct job *job)
{
    walltime_pause(simulation, job);
    execution_suspend(&simulation->executor, job, simulation->err);
    lifecycle_suspend(&simulation->state, job, simulation->err);
}

static void resume(struct simulation *simulation, const struct job *job)
{
    walltime_continue(simulation, job);
    execution_continue(&simulation->executor, job, simulation->err);
    lifecycle_continue(&simulation->state, job, simulation->err);
    simulation->idle_invocations = 0;
}

static void apply_order(struct simulation *simulation, const struct job *job, enum job_order order)
{
    if (order == ORDER_SUSPEND)
        suspend(simulation, job);
    else if (order == ORDER_RESUME)
        resume(simulation, job);
    else
        walltime_requeue_job(simulation, job, order == ORDER_RESTART, "preemption");
}

/* What comes first: all but nodes and GPUs. Returns whether an order was carried out. */
static bool apply_to_job(struct simulation *simulation, const struct decision *decision)
{
    const struct job *job = &simulation->state.jobs[decision->job];
    if (job_has_ended(job))
        return false;
    if (decision->kill) {
        apply_kill(simulation, job);
        return false;
    }
    apply_arguments(simulation, job, decision);
    if (decision->order == ORDER_NONE || simulation_failed(simulation))
        return false;
    apply_order(simulation, job, decision->order);
    return true;
}

/* Applies what passed the validator: first what frees nodes, then what takes them. `at_point` is
 * the job whose change is applied at once, or NULL. */
void applying_apply(struct simulation *simulation, const struct job *at_point)
{
    struct state *state = &simulation->state;
    const struct decisions *decisions = &simulation->decisions;
    bool any = false;
    for (size_t i = 0; i < decisions->count && !simulation_failed(simulation); i++)
        any = apply_to_job(simulation, &decisions->items[i]) || any;
    if (!simulation_failed(simulation))
        any = machine_command(simulation, decisions->orders, decisions->num_orders) || any;
    if (any)
        count_round(simulation);
    if (at_point && job_is_running(at_point) && !simulation_failed(simulation)) {
        const struct decision *own = decisions_find(decisions, at_point->request->id);
        if (own)
            apply_resize(simulation, at_point, own, lifecycle_want_at_point);
        if (at_point->has_change && !simulation_failed(simulation))
            lifecycle_reconfigure(state, at_point, simulation->err);
    }
    for (size_t i = 0; i < decisions->count && !simulation_failed(simulation); i++) {
        const struct job *job = &state->jobs[decisions->items[i].job];
        if (job != at_point && job_is_running(job))
            apply_resize(simulation, job, &decisions->items[i], lifecycle_want);
    }
    for (size_t i = 0; i < decisions->count && !simulation_failed(simulation); i++) {
        const struct job *job = &state->jobs[decisions->items[i].job];
        if (job->state == JOB_PENDING && !decisions->items[i].order)
            apply_start(simulation, job, &decisions->items[i]);
    }
}
