/* Executions: evaluating an application for its nodes, forming teams, and the way from block to
 * block (on_init, phases, points, on_reconfiguration, on_expansion, the end).
 *
 * Promise: an execution is never destroyed from inside its own work; whatever it has to tell goes
 * through its wake event.
 */
#include "execution/execution.h"

#include "base/interrupt.h"
#include "system/lifecycle.h"
#include "workload/environment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- The executor -------------------------------------------------------------------------- */

int executor_create(struct executor *executor, struct state *state, struct event_heap *heap,
                    struct devices *devices, struct error *err)
{
    size_t nodes = state->platform->num_nodes;
    *executor = (struct executor){.state = state, .heap = heap, .devices = devices, .err = err};
    executor->ranks = malloc(nodes * sizeof *executor->ranks);
    executor->amounts = malloc(nodes * sizeof *executor->amounts);
    executor->targets = malloc(nodes * sizeof *executor->targets);
    executor->executions = calloc(state->num_jobs + 1, sizeof(struct execution *));
    if (executor->ranks && executor->amounts && executor->targets && executor->executions)
        return 0;
    executor_release(executor);
    return error_no_memory(err);
}

void executor_release(struct executor *executor)
{
    free(executor->ranks);
    free(executor->amounts);
    free(executor->targets);
    free(executor->executions);
    executor->executions = NULL;
    executor->ranks = NULL;
    executor->amounts = NULL;
    executor->targets = NULL;
}

struct execution *executor_find(const struct executor *executor, const struct job *job)
{
    return executor->executions[job->request->id];
}

bool execution_failed(const struct execution *execution)
{
    return execution->executor->err->kind != ERROR_NONE;
}

void execution_error(struct execution *execution)
{
    struct executor *executor = execution->executor;
    error_prefix(executor->err, "job %u at %.15g s", execution->job->request->id,
                 executor->state->now);
}

/* --- Cohorts ------------------------------------------------------------------------------- */

struct cohort *cohort_create(struct team *team, const struct place *place, uint32_t capacity)
{
    struct execution *execution = team->execution;
    struct cohort *cohort = calloc(1, sizeof *cohort);
    void *levels = calloc(execution->depths, sizeof *cohort->counters + sizeof(size_t));
    uint32_t *ready = malloc(capacity * sizeof *ready);
    if (!cohort || !levels || !ready) {
        free(cohort);
        free(levels);
        free(ready);
        error_no_memory(execution->executor->err);
        return NULL;
    }
    cohort->waiter = WAITER_EXCHANGE;
    cohort->execution = execution;
    cohort->team = team;
    cohort->place = *place;
    cohort->counters = levels;
    cohort->sequences = (size_t *)(cohort->counters + execution->depths);
    cohort->ready = ready;
    cohort->ready_capacity = capacity;
    cohort->next = execution->cohorts;
    if (cohort->next)
        cohort->next->previous = cohort;
    execution->cohorts = cohort;
    execution->last_cohorts += place->passed == execution->job->completed_phases;
    return cohort;
}

void cohort_destroy(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    while (cohort->parts)
        part_destroy(cohort->parts);
    if (cohort->exchange)
        resources_cancel(execution->executor->state->platform->resources, cohort->exchange);
    execution->last_cohorts -= cohort->place.passed == execution->job->completed_phases;
    *(cohort->previous ? &cohort->previous->next : &execution->cohorts) = cohort->next;
    if (cohort->next)
        cohort->next->previous = cohort->previous;
    free(cohort->counters);
    free(cohort->ready);
    free(cohort);
}

void make_runnable(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    cohort->state = COHORT_RUNNABLE;
    cohort->next_in_line = NULL;
    if (execution->last_runnable)
        execution->last_runnable->next_in_line = cohort;
    else
        execution->first_runnable = cohort;
    execution->last_runnable = cohort;
}

/* Walks between two looks at whether the user wants the run to end. */
#define WALKS_PER_INTERRUPT_CHECK 4096

void run_cohorts(struct execution *execution)
{
    unsigned walks = 0;
    while (execution->first_runnable && !execution_failed(execution)) {
        if (++walks % WALKS_PER_INTERRUPT_CHECK == 0 && interrupt_check(execution->executor->err))
            return;
        struct cohort *cohort = execution->first_runnable;
        execution->first_runnable = cohort->next_in_line;
        if (!execution->first_runnable)
            execution->last_runnable = NULL;
        cohort->next_in_line = NULL;
        cohort_walk(cohort);
    }
    if (execution_failed(execution) && execution->executor->err->kind == ERROR_INPUT)
        execution_error(execution);
}

/* --- Waking -------------------------------------------------------------------------------- */

static void woken(void *owner)
{
    struct execution *execution = owner;
    execution->on_wake(execution);
}

void execution_wake(struct execution *execution, void (*action)(struct execution *))
{
    struct executor *executor = execution->executor;
    double now = executor->state->now;
    execution->on_wake = action;
    execution->wake = (struct event){.time = now, .handle = woken, .owner = execution};
    if (event_heap_add(executor->heap, &execution->wake))
        error_no_memory(executor->err);
}

static void tell_point(struct execution *execution)
{
    execution->executor->at_point(execution->executor->context, execution->job);
}

static void tell_end(struct execution *execution)
{
    execution->executor->at_end(execution->executor->context, execution->job);
}

/* --- Blocks -------------------------------------------------------------------------------- */

const struct block *block_of(const struct execution *execution, const struct place *place)
{
    const struct application *application = execution->application;
    switch (place->stage) {
    case STAGE_INIT:
        return application->on_init;
    case STAGE_RECONFIGURATION:
        return application->on_reconfiguration;
    case STAGE_EXPANSION:
        return application->on_expansion;
    case STAGE_PHASES:
        break;
    }
    return &application->phases[place->phase];
}

/* The first phase from `phase` on that has iterations, or num_phases. */
static size_t phase_with_iterations(const struct execution *execution, size_t phase)
{
    while (phase < execution->application->num_phases && execution->phase_iterations[phase] == 0)
        phase++;
    return phase;
}

bool next_iteration(const struct execution *execution, size_t *phase, uint64_t *iteration)
{
    if (++*iteration < execution->phase_iterations[*phase])
        return true;
    *iteration = 0;
    *phase = phase_with_iterations(execution, *phase + 1);
    return *phase < execution->application->num_phases;
}

/* Evaluates a payload; a missing one is 0. */
static int evaluate(const struct payload *payload, const struct environment *environment,
                    enum quantity quantity, double *value, struct error *err)
{
    *value = 0;
    if (payload->kind == PAYLOAD_NONE || payload->kind == PAYLOAD_LIST)
        return 0;
    return payload_evaluate(payload, environment, quantity, value, err);
}

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

/* Evaluates what runs from here on: the phases, and the one-time phases that are due. */
static int evaluate_loads(struct execution *execution, bool starting, struct error *err)
{
    const struct application *application = execution->application;
    struct environment environment = environment_of(execution, SCOPE_LOADS);
    const struct block *one_time[] = {starting ? application->on_init
                                               : application->on_reconfiguration,
                                      starting ? NULL : application->on_expansion};
    for (size_t i = 0; i < sizeof one_time / sizeof one_time[0]; i++)
        if (evaluate_block(execution, one_time[i], &environment, err))
            return -1;
    for (size_t i = 0; i < application->num_phases; i++)
        if (evaluate_block(execution, &application->phases[i], &environment, err))
            return -1;
    return 0;
}

/* Iterations of a block: they see the job's arguments only. */
static int block_iterations(const struct execution *execution, const struct block *block,
                            uint64_t *iterations, struct error *err)
{
    struct environment environment = environment_of(execution, SCOPE_ARGUMENTS);
    double value;
    if (evaluate(&block->iterations, &environment, QUANTITY_ITERATIONS, &value, err))
        return -1;
    *iterations = (uint64_t)value;
    return 0;
}

/* --- Teams --------------------------------------------------------------------------------- */

static void team_release(struct team *team)
{
    free(team->nodes);
    free(team->hosts);
    free(team->async_in_sequence);
    free(team->task_starts);
    *team = (struct team){0};
}

static double common_speed(const struct team *team)
{
    const struct node *nodes = team->execution->executor->state->nodes;
    double speed = team->size ? nodes[team->nodes[0]].description->speed : 0;
    for (uint32_t rank = 1; rank < team->size; rank++)
        if (nodes[team->nodes[rank]].description->speed != speed)
            return 0;
    return speed;
}

/* A team of the given nodes in rank order. */
static int team_create(struct team *team, struct execution *execution, const uint32_t *nodes,
                       uint32_t size, struct error *err)
{
    struct state *state = execution->executor->state;
    *team = (struct team){.execution = execution, .size = size};
    team->nodes = malloc(size * sizeof *team->nodes);
    team->hosts = malloc(size * sizeof *team->hosts);
    bool logs = observers_want(state->observers, TASK_ENDED);
    if (logs)
        team->task_starts = calloc(execution->depths * size, sizeof *team->task_starts);
    if (!team->nodes || !team->hosts || (logs && !team->task_starts)) {
        team_release(team);
        return error_no_memory(err);
    }
    for (uint32_t rank = 0; rank < size; rank++) {
        team->nodes[rank] = nodes[rank];
        team->hosts[rank] = state->nodes[nodes[rank]].description->host;
    }
    team->uniform_speed = common_speed(team);
    return 0;
}

/* A cohort of all ranks of a team. */
static struct cohort *whole_team(struct team *team, const struct place *place)
{
    struct cohort *cohort = cohort_create(team, place, team->size);
    if (!cohort)
        return NULL;
    for (uint32_t rank = 0; rank < team->size; rank++)
        cohort->ready[rank] = rank;
    cohort->num_ready = team->size;
    return cohort;
}

/* --- Start --------------------------------------------------------------------------------- */

/* A place at the start of a block, or, when there is nothing to run before them, of the phases. */
static struct place phases_place(const struct execution *execution)
{
    return (struct place){.stage = STAGE_PHASES,
                          .phase = execution->next_phase,
                          .iteration = execution->next_iteration,
                          .passed = execution->job->completed_phases};
}

/* Whether a one-time phase is there and has something to run. */
static int runs(const struct execution *execution, const struct block *block, bool *result,
                struct error *err)
{
    uint64_t iterations = 0;
    if (block && block_iterations(execution, block, &iterations, err))
        return -1;
    *result = iterations > 0;
    return 0;
}

static bool shares_cpus(const struct execution *execution)
{
    const struct state *state = execution->executor->state;
    return state->oversubscription || resources_have_profiles(state->platform->resources) ||
           (state->platform->has_compute_on_io && job_uses_burst_buffer(execution->job->request));
}

/* Goes on with the phases, or ends when none has iterations left. */
static void enter_phases(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    cohort->place = phases_place(execution);
    if (execution->next_phase >= execution->application->num_phases) {
        cohort->state = COHORT_POINT;
        execution->at_point = cohort;
        execution_wake(execution, tell_end);
        return;
    }
    note_iteration(cohort);
    make_runnable(cohort);
}

static int begin(struct execution *execution, struct error *err)
{
    bool initializes;
    if (runs(execution, execution->application->on_init, &initializes, err))
        return -1;
    struct place place = {.stage = initializes ? STAGE_INIT : STAGE_PHASES};
    struct cohort *cohort = whole_team(&execution->all, &place);
    if (!cohort)
        return error_no_memory(err);
    if (initializes)
        make_runnable(cohort);
    else
        enter_phases(cohort);
    if (execution->wake.slot == 0)
        execution_wake(execution, run_cohorts);
    return 0;
}

static struct execution *execution_create(struct executor *executor, const struct job *job)
{
    const struct application *application = job->request->application;
    struct execution *execution = calloc(1, sizeof *execution);
    if (!execution)
        return NULL;
    execution->executor = executor;
    execution->job = job;
    execution->application = application;
    execution->depths = application->max_depth + 1;
    execution->shares_cpus = shares_cpus(execution);
    execution->values = calloc(application->num_tasks + 1, sizeof *execution->values);
    execution->phase_iterations =
        calloc(application->num_phases, sizeof *execution->phase_iterations);
    if (execution->values && execution->phase_iterations)
        return execution;
    execution_destroy(execution);
    return NULL;
}

static int prepare(struct execution *execution, struct error *err)
{
    const struct application *application = execution->application;
    for (size_t i = 0; i < application->num_phases; i++)
        if (block_iterations(execution, &application->phases[i], &execution->phase_iterations[i],
                             err))
            return -1;
    execution->next_phase = phase_with_iterations(execution, 0);
    const struct node_list *nodes = &execution->job->executing;
    if (evaluate_loads(execution, true, err) ||
        team_create(&execution->all, execution, nodes->ids, nodes->count, err))
        return -1;
    return begin(execution, err);
}

int execution_start(struct executor *executor, const struct job *job, struct error *err)
{
    struct execution *execution = execution_create(executor, job);
    if (!execution)
        return error_no_memory(err);
    executor->executions[job->request->id] = execution;
    if (prepare(execution, err)) {
        error_prefix(err, "job %u", job->request->id);
        return -1;
    }
    return 0;
}

void execution_destroy(struct execution *execution)
{
    if (!execution)
        return;
    event_heap_remove(execution->executor->heap, &execution->wake);
    while (execution->cohorts)
        cohort_destroy(execution->cohorts);
    while (execution->async)
        async_destroy(execution->async);
    team_release(&execution->all);
    team_release(&execution->newcomers);
    free(execution->values);
    free(execution->phase_iterations);
    execution->executor->executions[execution->job->request->id] = NULL;
    free(execution);
}

/* --- From block to block ------------------------------------------------------------------- */

static void after_phase_iteration(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct place *place = &cohort->place;
    execution->next_phase = place->phase;
    execution->next_iteration = place->iteration;
    pass_iteration(cohort);
    bool over = place->phase == execution->application->num_phases;
    if (!over && !is_point(execution, &execution->application->phases[place->phase])) {
        begin_block(cohort);
        make_runnable(cohort);
        return;
    }
    cohort->state = COHORT_POINT;
    execution->at_point = cohort;
    execution_wake(execution, over ? tell_end : tell_point);
}

/* Kept nodes and newcomers go on with the phases one after the other; the barrier of the next
 * iteration, if it has one, brings them together. */
static void rejoin(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    cohort->place = phases_place(execution);
    if (execution->application->phases[execution->next_phase].barrier)
        cohort_meet(cohort, STEP_BEGIN, false);
    else
        make_runnable(cohort);
}

/* Sends the newcomers of a cohort of all ranks through on_expansion; the others go on. */
static void part_newcomers(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct team *newcomers = &execution->newcomers;
    struct place place = {.stage = STAGE_EXPANSION, .passed = execution->job->completed_phases};
    struct cohort *expanding = whole_team(newcomers, &place);
    if (!expanding)
        return;
    make_runnable(expanding);
    /* Newcomers are a subsequence of all ranks, in the same order. */
    uint32_t kept = 0, next = 0;
    for (uint32_t rank = 0; rank < execution->all.size; rank++)
        if (next < newcomers->size && execution->all.nodes[rank] == newcomers->nodes[next])
            next++;
        else
            cohort->ready[kept++] = rank;
    cohort->num_ready = kept;
    if (kept > 0)
        rejoin(cohort);
    else
        cohort_destroy(cohort);
}

static void after_reconfiguration(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct executor *executor = execution->executor;
    if (lifecycle_resume(executor->state, execution->job, executor->err))
        return;
    if (execution->newcomers.size > 0)
        part_newcomers(cohort);
    else
        enter_phases(cohort);
}

/* The ranks of a cohort of newcomers, as ranks of the whole job. */
static void after_expansion(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct team *newcomers = &execution->newcomers;
    uint32_t next = 0;
    for (uint32_t rank = 0; rank < execution->all.size && next < newcomers->size; rank++)
        if (execution->all.nodes[rank] == newcomers->nodes[next])
            cohort->ready[next++] = rank;
    cohort->team = &execution->all;
    rejoin(cohort);
}

void after_block(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct place *place = &cohort->place;
    if (place->stage == STAGE_PHASES) {
        after_phase_iteration(cohort);
        return;
    }
    uint64_t iterations;
    if (block_iterations(execution, block_of(execution, place), &iterations,
                         execution->executor->err))
        return;
    if (++place->iteration < iterations) {
        begin_block(cohort);
        make_runnable(cohort);
        return;
    }
    static void (*const after[])(struct cohort *) = {
        [STAGE_INIT] = enter_phases,
        [STAGE_RECONFIGURATION] = after_reconfiguration,
        [STAGE_EXPANSION] = after_expansion,
    };
    after[place->stage](cohort);
}

/* --- Points -------------------------------------------------------------------------------- */

void execution_continue(struct execution *execution)
{
    struct cohort *cohort = execution->at_point;
    execution->at_point = NULL;
    begin_block(cohort);
    make_runnable(cohort);
    execution_wake(execution, run_cohorts);
}

/* The nodes of the new assignment that are not in `before` (sorted), in rank order. */
static int newcomers_create(struct execution *execution, const struct node_list *before,
                            struct error *err)
{
    const struct node_list *nodes = &execution->job->executing;
    uint32_t *ids = execution->executor->ranks;
    uint32_t count = 0;
    for (uint32_t i = 0; i < nodes->count; i++) {
        uint32_t low = 0, high = before->count;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (before->ids[middle] < nodes->ids[i])
                low = middle + 1;
            else
                high = middle;
        }
        if (low == before->count || before->ids[low] != nodes->ids[i])
            ids[count++] = nodes->ids[i];
    }
    if (count == 0)
        return 0;
    return team_create(&execution->newcomers, execution, ids, count, err);
}

int execution_reconfigure(struct execution *execution, const struct node_list *before,
                          struct error *err)
{
    const struct application *application = execution->application;
    const struct node_list *nodes = &execution->job->executing;
    cohort_destroy(execution->at_point);
    execution->at_point = NULL;
    team_release(&execution->all);
    team_release(&execution->newcomers);
    bool reconfigures, expands;
    if (team_create(&execution->all, execution, nodes->ids, nodes->count, err) ||
        evaluate_loads(execution, false, err) ||
        runs(execution, application->on_reconfiguration, &reconfigures, err) ||
        runs(execution, application->on_expansion, &expands, err) ||
        (expands && newcomers_create(execution, before, err))) {
        error_prefix(err, "job %u", execution->job->request->id);
        return -1;
    }
    struct place place = {.stage = STAGE_RECONFIGURATION,
                          .passed = execution->job->completed_phases};
    struct cohort *cohort = whole_team(&execution->all, &place);
    if (!cohort)
        return error_no_memory(err);
    if (reconfigures)
        make_runnable(cohort);
    else
        after_reconfiguration(cohort);
    if (execution->wake.slot == 0)
        execution_wake(execution, run_cohorts);
    return 0;
}

int execution_request(struct execution *execution, bool *has, uint32_t *nodes, struct error *err)
{
    const struct job *job = execution->job;
    const struct payload *request =
        &execution->application->phases[execution->next_phase].evolving_request;
    *has = job_may_ask(execution) && request->kind != PAYLOAD_NONE;
    if (!*has)
        return 0;
    struct environment environment = environment_of(execution, SCOPE_REQUEST);
    environment.num_nodes_min = job->request->nodes_min;
    environment.num_nodes_max = job->request->nodes_max;
    environment.phase_iteration = (double)execution->next_iteration;
    double value;
    if (payload_evaluate(request, &environment, QUANTITY_NODES, &value, err)) {
        error_prefix(err, "job %u", job->request->id);
        return -1;
    }
    bool clips = execution->executor->state->configuration->clip_evolving_requests;
    double low = environment.num_nodes_min, high = environment.num_nodes_max;
    if (!clips && (value < low || value > high))
        return error_set(
            err, ERROR_INPUT,
            "job %u: %s: the evolving request for %.15g node%s is outside of the job's "
            "bounds %.15g to %.15g; change the model, or set clip_evolving_requests "
            "to true",
            job->request->id, request->where, value, value == 1 ? "" : "s", low, high);
    *nodes = (uint32_t)fmin(fmax(value, low), high);
    return 0;
}

bool execution_has_scheduling_point(const struct execution *execution)
{
    return job_may_be_resized(execution) &&
           execution->application->phases[execution->next_phase].scheduling_point;
}

void execution_place(const struct execution *execution, uint64_t *phase, uint64_t *iteration)
{
    *phase = execution->next_phase;
    *iteration = execution->next_iteration;
}
