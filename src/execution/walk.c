/* Promise: a rank is in exactly one cohort of its job, and no cohort that could move is left
 * standing. */
#include "execution/walk.h"

#include "base/interrupt.h"
#include "execution/async.h"
#include "execution/blocks.h"
#include "execution/cohort.h"
#include "execution/evaluation.h"
#include "execution/exchange.h"
#include "execution/point.h"
#include "execution/progress.h"
#include "execution/team.h"
#include "execution/work.h"

/* Steps of a cohort, and cohorts, between two looks at whether the user wants the run to end: an
 * application of countless iterations that take no time must not make us deaf. */
enum { STEPS_PER_INTERRUPT_CHECK = 65536, WALKS_PER_INTERRUPT_CHECK = 4096 };

/* --- Task times ------------------------------------------------------------------------------- */

static void log_task_start(struct cohort *cohort, const struct task *task)
{
    struct team *team = cohort->team;
    if (!team->task_starts)
        return;
    double now = cohort->execution->executor->state->now;
    for (uint32_t i = 0; i < cohort->num_ready; i++)
        team->task_starts[task->depth * team->size + cohort->ready[i]] = now;
}

/* An async task's row comes when its I/O ends, except where there was none. */
static bool row_comes_later(const struct cohort *cohort, const struct task *task, uint32_t rank)
{
    const struct execution *execution = cohort->execution;
    return task->async && execution->values[task->id].iterations > 0 &&
           evaluation_io(execution, task, rank, cohort->team->size) > 0;
}

static void log_task_end(struct cohort *cohort, const struct task *task)
{
    struct team *team = cohort->team;
    double now = cohort->execution->executor->state->now;
    if (!team->task_starts)
        return;
    for (uint32_t i = 0; i < cohort->num_ready; i++) {
        uint32_t rank = cohort->ready[i];
        double start = team->task_starts[task->depth * team->size + rank];
        if (!row_comes_later(cohort, task, rank))
            team_tell_task(team, task, rank, now - start);
    }
}

/* --- Blocks ----------------------------------------------------------------------------------- */

static void end_phase_iteration(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct place *place = &cohort->place;
    if (!blocks_next_iteration(execution, &place->phase, &place->iteration)) {
        team_meet(cohort, STEP_BLOCK_END, true);
        return;
    }
    const struct block *phase = blocks_at(execution, place);
    if (point_is_before(execution, phase) || phase->barrier) {
        team_meet(cohort, STEP_BLOCK_END, true);
        return;
    }
    progress_pass(cohort);
    blocks_begin(cohort);
    cohort_make_runnable(cohort);
}

static void end_block(struct cohort *cohort)
{
    if (cohort->place.stage == STAGE_PHASES)
        end_phase_iteration(cohort);
    else
        team_meet(cohort, STEP_BLOCK_END, true);
}

/* --- Tasks ------------------------------------------------------------------------------------ */

static void leave_task(struct cohort *cohort, const struct block *block, const struct task *task)
{
    log_task_end(cohort, task);
    struct place *place = &cohort->place;
    if (task->checkpoint)
        progress_save_task(cohort, block, task->next);
    if (task->depth > 0) {
        size_t sequence = cohort->sequences[task->depth - 1];
        if (task->next == block->tasks[sequence].next) {
            place->task = sequence;
            place->step = STEP_SEQUENCE_END;
            return;
        }
    }
    place->task = task->next;
    place->step = STEP_ENTER;
}

/* Performs one iteration of a task. Returns whether the cohort goes on at once. */
static bool perform(struct cohort *cohort, const struct task *task)
{
    if (task->type == TASK_SEQUENCE) {
        cohort->sequences[task->depth] = cohort->place.task;
        cohort->place.task++;
        cohort->place.step = STEP_ENTER;
        return true;
    }
    cohort->counters[task->depth]++;
    cohort->place.step = STEP_ITERATE;
    work_perform(cohort, task);
    if (cohort->exchange_pending) {
        team_meet(cohort, STEP_EXCHANGE, false);
        return false;
    }
    if (cohort->num_in_parts == 0)
        return true;
    cohort->state = COHORT_WORKING;
    cohort_release(cohort);
    return false;
}

/* After the meeting before an exchange. */
static bool exchange(struct cohort *cohort, const struct task *task)
{
    cohort->place.step = STEP_ITERATE;
    exchange_start(cohort, task);
    cohort->state = COHORT_WORKING;
    if (!cohort->exchange_pending)
        cohort_release(cohort);
    return false;
}

/* Does the next step of a cohort. Returns whether it goes on at once. */
static bool step(struct cohort *cohort)
{
    struct place *place = &cohort->place;
    if (place->step == STEP_BLOCK_END) {
        blocks_after(cohort);
        return false;
    }
    if (place->step == STEP_BEGIN) {
        blocks_begin(cohort);
        return true;
    }
    const struct block *block = blocks_at(cohort->execution, place);
    if (place->task == block->num_tasks) {
        end_block(cohort);
        return false;
    }
    const struct task *task = &block->tasks[place->task];
    switch (place->step) {
    case STEP_ENTER:
        log_task_start(cohort, task);
        cohort->counters[task->depth] = 0;
        place->step = STEP_ITERATE;
        return true;
    case STEP_ITERATE:
        if (cohort->counters[task->depth] >= cohort->execution->values[task->id].iterations) {
            leave_task(cohort, block, task);
            return true;
        }
        if (task->synchronized) {
            team_meet(cohort, STEP_PERFORM, false);
            return false;
        }
        return perform(cohort, task);
    case STEP_PERFORM:
        return perform(cohort, task);
    case STEP_EXCHANGE:
        return exchange(cohort, task);
    case STEP_SEQUENCE_END:
        if (!async_pass_sequence_end(cohort, task->depth + 1))
            return false;
        cohort->counters[task->depth]++;
        place->step = STEP_ITERATE;
        return true;
    case STEP_BLOCK_END:
    case STEP_BEGIN:
        break; /* seen to above */
    }
    return false;
}

/* Moves a cohort on until it waits for something. */
static void walk(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    unsigned steps = 0;
    while (!execution_failed(execution) && step(cohort))
        if (++steps % STEPS_PER_INTERRUPT_CHECK == 0 && interrupt_check(execution->executor->err))
            return;
}

/* --- All that are runnable -------------------------------------------------------------------- */

static struct cohort *next_runnable(struct execution *execution)
{
    struct cohort *cohort = execution->first_runnable;
    execution->first_runnable = cohort->next_in_line;
    if (!execution->first_runnable)
        execution->last_runnable = NULL;
    cohort->next_in_line = NULL;
    return cohort;
}

void walk_run(struct execution *execution)
{
    unsigned walks = 0;
    while (execution->first_runnable && !execution_failed(execution)) {
        if (++walks % WALKS_PER_INTERRUPT_CHECK == 0 && interrupt_check(execution->executor->err))
            return;
        walk(next_runnable(execution));
    }
    struct executor *executor = execution->executor;
    if (executor->err->kind == ERROR_INPUT)
        error_prefix(executor->err, "job %u at %.15g s", execution->job->request->id,
                     executor->state->now);
}
