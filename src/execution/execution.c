/* Promise: an execution is never destroyed from inside its own work; whatever it has to tell goes
 * through an event of the same instant (wake.h). */
#include "execution/execution.h"

#include "execution/async.h"
#include "execution/blocks.h"
#include "execution/cohort.h"
#include "execution/evaluation.h"
#include "execution/executor.h"
#include "execution/point.h"
#include "execution/suspension.h"
#include "execution/team.h"
#include "execution/wake.h"
#include "system/lifecycle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- Start ------------------------------------------------------------------------------------ */

/* Whether a one-time phase is there and has something to run. */
static int runs(const struct execution *execution, const struct block *block, bool *result,
                struct error *err)
{
    uint64_t iterations = 0;
    if (block && evaluation_iterations(execution, block, &iterations, err))
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

/* Where a cohort of all ranks begins, and what it does when there is nothing to run there. */
struct entry {
    enum stage stage;
    void (*skip)(struct cohort *cohort);
};

static int begin(struct execution *execution, const struct entry *entry, struct error *err)
{
    bool has_block;
    struct place place = {.stage = entry->stage, .passed = execution->job->completed_phases};
    if (runs(execution, blocks_at(execution, &place), &has_block, err))
        return -1;
    struct cohort *cohort = team_cohort(&execution->all, &place);
    if (!cohort)
        return error_no_memory(err);
    if (has_block)
        cohort_make_runnable(cohort);
    else
        entry->skip(cohort);
    if (!wake_is_expected(execution))
        wake_in_turn(execution);
    return 0;
}

static struct execution *execution_create(struct executor *executor, const struct job *job)
{
    const struct application *application = job->request->application;
    size_t values = (application->num_tasks + 1) * sizeof(struct task_values);
    size_t iterations = application->num_phases * sizeof(uint64_t);
    /* Memory that is used again costs less than calloc's. */
    struct execution *execution = malloc(sizeof *execution + values + iterations);
    if (!execution)
        return NULL;
    *execution = (struct execution){.executor = executor, .job = job, .application = application};
    memset(execution + 1, 0, values + iterations);
    execution->depths = application->max_depth + 1;
    execution->suspended = job->suspended;
    execution->shares_cpus = shares_cpus(execution);
    execution->values = (struct task_values *)(execution + 1);
    execution->phase_iterations = (uint64_t *)((char *)(execution + 1) + values);
    executor->executions[job->request->id] = execution;
    return execution;
}

/* The phases go on after what the job has completed. */
static void find_next(struct execution *execution)
{
    const struct job *job = execution->job;
    uint64_t passed = job->completed_phases;
    size_t phase = blocks_first_phase(execution, 0);
    while (phase < execution->application->num_phases &&
           passed >= execution->phase_iterations[phase]) {
        passed -= execution->phase_iterations[phase];
        phase = blocks_first_phase(execution, phase + 1);
    }
    execution->next_phase = phase;
    execution->next_iteration = passed;
}

static int prepare(struct execution *execution, enum stage first, struct error *err)
{
    const struct application *application = execution->application;
    for (size_t i = 0; i < application->num_phases; i++)
        if (evaluation_iterations(execution, &application->phases[i],
                                  &execution->phase_iterations[i], err))
            return -1;
    find_next(execution);
    const struct node_list *nodes = &execution->job->executing;
    if (evaluation_loads(execution, first, err) ||
        team_create(&execution->all, execution, nodes->ids, nodes->count, err))
        return -1;
    return 0;
}

static int name_job(const struct job *job, struct error *err)
{
    error_prefix(err, "job %u", job->request->id);
    return -1;
}

int execution_start(struct executor *executor, const struct job *job, struct error *err)
{
    struct execution *execution = execution_create(executor, job);
    if (!execution)
        return error_no_memory(err);
    const struct entry entry = {job->has_checkpoint ? STAGE_RESTART : STAGE_INIT,
                                blocks_enter_phases};
    execution->next_task = job->has_checkpoint ? job->saved_task : 0;
    if (prepare(execution, entry.stage, err) || begin(execution, &entry, err))
        return name_job(job, err);
    return 0;
}

void execution_destroy(struct execution *execution)
{
    if (!execution)
        return;
    wake_never(execution);
    while (execution->cohorts)
        cohort_destroy(execution->cohorts);
    while (execution->async)
        async_destroy(execution->async);
    team_release(&execution->all);
    team_release(&execution->newcomers);
    execution->executor->executions[execution->job->request->id] = NULL;
    free(execution);
}

/* --- Suspension ------------------------------------------------------------------------------- */

int execution_suspend(struct executor *executor, const struct job *job, struct error *err)
{
    struct execution *execution = executor_find(executor, job);
    if (!execution->suspended)
        suspension_begin(execution);
    return err->kind == ERROR_NONE ? 0 : -1;
}

int execution_continue(struct executor *executor, const struct job *job, struct error *err)
{
    struct execution *execution = executor_find(executor, job);
    return execution->suspended ? suspension_end(execution, err) : 0;
}

/* --- Points ----------------------------------------------------------------------------------- */

void execution_pass_point(struct execution *execution)
{
    struct cohort *cohort = execution->at_point;
    execution->at_point = NULL;
    blocks_begin(cohort);
    cohort_make_runnable(cohort);
    wake_in_turn(execution);
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

/* On the nodes that the job has now: on_reconfiguration, then on_expansion on those that are not in
 * `before` (sorted), then the phases. */
static int begin_reconfiguration(struct execution *execution, const struct node_list *before,
                                 struct error *err)
{
    static const struct entry entry = {STAGE_RECONFIGURATION, blocks_after_reconfiguration};
    bool expands;
    if (runs(execution, execution->application->on_expansion, &expands, err) ||
        (expands && newcomers_create(execution, before, err)) || begin(execution, &entry, err))
        return name_job(execution->job, err);
    return 0;
}

int execution_reconfigure(struct execution *execution, const struct node_list *before,
                          struct error *err)
{
    const struct node_list *nodes = &execution->job->executing;
    cohort_destroy(execution->at_point);
    execution->at_point = NULL;
    team_release(&execution->all);
    team_release(&execution->newcomers);
    if (team_create(&execution->all, execution, nodes->ids, nodes->count, err) ||
        evaluation_loads(execution, STAGE_RECONFIGURATION, err))
        return name_job(execution->job, err);
    return begin_reconfiguration(execution, before, err);
}

/* --- Lost nodes ------------------------------------------------------------------------------- */

/* The earliest stage that a rank of the job is in. */
static enum stage earliest_stage(const struct execution *execution)
{
    enum stage stage = STAGE_PHASES;
    for (const struct cohort *cohort = execution->cohorts; cohort; cohort = cohort->next)
        if (cohort->place.stage < stage)
            stage = cohort->place.stage;
    return stage;
}

/* The nodes of the job that owe no on_expansion, sorted. */
static int settled_nodes(const struct execution *execution, struct node_list *settled,
                         struct error *err)
{
    const struct node_list *nodes = &execution->job->executing;
    if (node_list_copy(settled, nodes->ids, nodes->count, err))
        return -1;
    const struct team *newcomers = &execution->newcomers;
    bool owed = earliest_stage(execution) < STAGE_PHASES && newcomers->size > 0;
    uint32_t num_nodes = execution->executor->state->platform->num_nodes;
    const struct node_list owing = {newcomers->nodes, owed ? newcomers->size : 0};
    uint64_t *set = node_set_create(num_nodes, &owing, err);
    if (!set) {
        node_list_release(settled);
        return -1;
    }
    settled->count = 0;
    for (uint32_t i = 0; i < nodes->count; i++)
        if (!node_set_has(set, nodes->ids[i]))
            settled->ids[settled->count++] = nodes->ids[i];
    free(set);
    node_list_sort(settled);
    return 0;
}

/* From the first iteration that is not complete, after a reconfiguration. */
static int go_on(struct executor *executor, const struct job *job, const struct node_list *settled,
                 struct error *err)
{
    struct execution *execution = execution_create(executor, job);
    if (!execution)
        return error_no_memory(err);
    if (prepare(execution, STAGE_RECONFIGURATION, err))
        return name_job(job, err);
    return begin_reconfiguration(execution, settled, err);
}

int execution_shrink(struct executor *executor, const struct job *job, struct error *err)
{
    struct execution *old = executor_find(executor, job);
    enum stage stage = earliest_stage(old);
    struct node_list settled;
    if (settled_nodes(old, &settled, err))
        return -1;
    execution_destroy(old);
    if (stage == STAGE_INIT || stage == STAGE_RESTART) {
        node_list_release(&settled);
        return lifecycle_resume(executor->state, job, err) || execution_start(executor, job, err)
                   ? -1
                   : 0;
    }
    int result = go_on(executor, job, &settled, err);
    node_list_release(&settled);
    return result;
}

/* --- Requests --------------------------------------------------------------------------------- */

int execution_request(struct execution *execution, bool *has, uint32_t *nodes, struct error *err)
{
    const struct job *job = execution->job;
    const struct block *phase = &execution->application->phases[execution->next_phase];
    const struct payload *request = &phase->evolving_request;
    *has = point_has_request(execution, phase);
    if (!*has)
        return 0;
    double value;
    if (evaluation_request(execution, request, &value, err)) {
        error_prefix(err, "job %u", job->request->id);
        return -1;
    }
    bool clips = execution->executor->state->configuration->clip_evolving_requests;
    double low = job->request->nodes_min, high = job->request->nodes_max;
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
    return point_has_resize(execution, &execution->application->phases[execution->next_phase]);
}

void execution_place(const struct execution *execution, uint64_t *phase, uint64_t *iteration)
{
    *phase = execution->next_phase;
    *iteration = execution->next_iteration;
}
