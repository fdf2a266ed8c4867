/* Promise: nothing is evaluated twice for the same nodes but iterations of one-time phases, and
 * every error says where its model stands. */
#include "execution/evaluation.h"

#include "execution/patterns.h"
#include "workload/environment.h"

/* --- Payloads --------------------------------------------------------------------------------- */

/* Evaluates a payload; a missing one is 0. */
static int evaluate(const struct payload *payload, const struct environment *environment,
                    enum quantity quantity, double *value, struct error *err)
{
    *value = 0;
    if (payload->kind == PAYLOAD_NONE || payload->kind == PAYLOAD_LIST)
        return 0;
    return environment_evaluate(payload, environment, quantity, value, err);
}

static struct environment environment_of(const struct execution *execution, enum scope scope)
{
    const struct job *job = execution->job;
    return (struct environment){
        .scope = scope,
        .num_nodes = job->executing.count,
        .num_gpus_per_node = job->executing_gpus,
        .arguments = &job->request->arguments,
        .runtime_arguments = scope == SCOPE_ARGUMENTS ? NULL : &job->runtime_arguments,
    };
}

/* --- Tasks ------------------------------------------------------------------------------------ */

static int evaluate_task(const struct task *task, const struct environment *environment,
                         struct task_values *values, struct error *err)
{
    double iterations;
    if (evaluate(&task->iterations, environment, QUANTITY_ITERATIONS, &iterations, err) ||
        evaluate(&task->compute, environment, QUANTITY_LOAD, &values->compute, err) ||
        evaluate(&task->transfer, environment, QUANTITY_LOAD, &values->transfer, err))
        return -1;
    values->iterations = (uint64_t)iterations;
    return 0;
}

static int evaluate_block(struct execution *execution, const struct block *block,
                          const struct environment *environment, struct error *err)
{
    for (size_t i = 0; block && i < block->num_tasks; i++) {
        const struct task *task = &block->tasks[i];
        if (evaluate_task(task, environment, &execution->values[task->id], err))
            return -1;
    }
    return 0;
}

int evaluation_loads(struct execution *execution, enum stage first, struct error *err)
{
    const struct application *application = execution->application;
    struct environment environment = environment_of(execution, SCOPE_LOADS);
    const struct block *const one_time[] = {
        [STAGE_INIT] = application->on_init,
        [STAGE_RESTART] = application->on_restart,
        [STAGE_RECONFIGURATION] = application->on_reconfiguration,
    };
    bool expands = first == STAGE_RECONFIGURATION;
    if (evaluate_block(execution, one_time[first], &environment, err) ||
        (expands && evaluate_block(execution, application->on_expansion, &environment, err)))
        return -1;
    for (size_t i = 0; i < application->num_phases; i++)
        if (evaluate_block(execution, &application->phases[i], &environment, err))
            return -1;
    return 0;
}

/* --- Blocks ----------------------------------------------------------------------------------- */

int evaluation_iterations(const struct execution *execution, const struct block *block,
                          uint64_t *iterations, struct error *err)
{
    struct environment environment = environment_of(execution, SCOPE_ARGUMENTS);
    double value;
    if (evaluate(&block->iterations, &environment, QUANTITY_ITERATIONS, &value, err))
        return -1;
    *iterations = (uint64_t)value;
    return 0;
}

int evaluation_request(const struct execution *execution, const struct payload *request,
                       double *nodes, struct error *err)
{
    const struct job *job = execution->job;
    struct environment environment = environment_of(execution, SCOPE_REQUEST);
    environment.num_nodes_min = job->request->nodes_min;
    environment.num_nodes_max = job->request->nodes_max;
    environment.phase_iteration = (double)execution->next_iteration;
    return environment_evaluate(request, &environment, QUANTITY_NODES, nodes, err);
}

/* --- Shares ----------------------------------------------------------------------------------- */

double evaluation_compute(const struct execution *execution, const struct task *task, uint32_t rank,
                          uint32_t n)
{
    return patterns_share(task->compute_pattern, execution->values[task->id].compute,
                          task->compute.list, rank, n);
}

double evaluation_io(const struct execution *execution, const struct task *task, uint32_t rank,
                     uint32_t n)
{
    return patterns_share(task->io_pattern, execution->values[task->id].transfer,
                          task->transfer.list, rank, n);
}
