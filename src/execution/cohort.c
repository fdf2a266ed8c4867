/* Walks cohorts through the tasks of their application: entering, iterating and leaving tasks,
 * meetings, and splitting where ranks part.
 *
 * Promise: a rank is in exactly one cohort of its job, there either ready or in one part; all
 * cohorts that wait in a meeting of a team wait at the same place.
 */
#include "execution/execution.h"

#include "base/interrupt.h"
#include "system/lifecycle.h"

#include <stdlib.h>
#include <string.h>

/* Steps between two looks at whether the user wants the run to end: an application of countless
 * iterations that take no time must not make us deaf. */
#define STEPS_PER_INTERRUPT_CHECK 65536

/* --- Task times ---------------------------------------------------------------------------- */

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
           io_share(execution, task, rank, cohort->team->size) > 0;
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
            tell_task(team, task, rank, now - start);
    }
}

/* --- Meetings ------------------------------------------------------------------------------ */

static void leave_meeting(struct team *team)
{
    team->first_waiting = team->last_waiting = NULL;
    team->arrived = 0;
    team->awaits_io = false;
}

/* Moves the parts of one cohort to another. */
static void adopt_parts(struct cohort *to, struct cohort *from)
{
    while (from->parts) {
        struct part *part = from->parts;
        from->parts = part->next;
        if (from->parts)
            from->parts->previous = NULL;
        part->cohort = to;
        part->previous = NULL;
        part->next = to->parts;
        if (to->parts)
            to->parts->previous = part;
        to->parts = part;
    }
    to->num_in_parts += from->num_in_parts;
    from->num_in_parts = 0;
}

static bool reserve_ready(struct cohort *cohort, uint32_t capacity)
{
    if (capacity <= cohort->ready_capacity)
        return true;
    uint32_t *ready = realloc(cohort->ready, capacity * sizeof *ready);
    if (!ready) {
        error_no_memory(cohort->execution->executor->err);
        return false;
    }
    cohort->ready = ready;
    cohort->ready_capacity = capacity;
    return true;
}

/* Both lists are ascending: a merge from the back does it in place. */
void cohort_add_ready(struct cohort *cohort, const uint32_t *ranks, uint32_t count)
{
    uint32_t mine = cohort->num_ready, theirs = count;
    if (!reserve_ready(cohort, mine + theirs))
        return;
    cohort->num_ready += theirs;
    for (uint32_t at = cohort->num_ready; theirs > 0;)
        if (mine > 0 && cohort->ready[mine - 1] > ranks[theirs - 1])
            cohort->ready[--at] = cohort->ready[--mine];
        else
            cohort->ready[--at] = ranks[--theirs];
}

static struct cohort *join_waiting(struct team *team)
{
    struct cohort *joined = team->first_waiting;
    for (struct cohort *cohort = joined->next_in_line, *next; cohort; cohort = next) {
        next = cohort->next_in_line;
        cohort_add_ready(joined, cohort->ready, cohort->num_ready);
        adopt_parts(joined, cohort);
        cohort_destroy(cohort);
    }
    joined->next_in_line = NULL;
    return joined;
}

void team_check_meeting(struct team *team)
{
    if (team->arrived < team->size || (team->awaits_io && team->async_ranks > 0))
        return;
    struct cohort *joined = join_waiting(team);
    leave_meeting(team);
    make_runnable(joined);
}

void cohort_meet(struct cohort *cohort, enum step step, bool awaits_io)
{
    struct team *team = cohort->team;
    cohort->place.step = step;
    cohort->state = COHORT_MEETING;
    cohort->next_in_line = NULL;
    if (team->last_waiting)
        team->last_waiting->next_in_line = cohort;
    else
        team->first_waiting = cohort;
    team->last_waiting = cohort;
    team->arrived += cohort->num_ready + cohort->num_in_parts;
    team->awaits_io = awaits_io;
    team_check_meeting(team);
}

/* --- Splitting ----------------------------------------------------------------------------- */

/* The ready ranks of a cohort as a new one at the same place. */
static struct cohort *split_ready(struct cohort *cohort)
{
    struct cohort *split = cohort_create(cohort->team, &cohort->place, cohort->num_ready);
    if (!split)
        return NULL;
    size_t depths = cohort->execution->depths;
    memcpy(split->counters, cohort->counters, depths * sizeof *split->counters);
    memcpy(split->sequences, cohort->sequences, depths * sizeof *split->sequences);
    memcpy(split->ready, cohort->ready, cohort->num_ready * sizeof *split->ready);
    split->num_ready = cohort->num_ready;
    cohort->num_ready = 0;
    return split;
}

void cohort_release(struct cohort *cohort)
{
    if (cohort->exchange_pending || cohort->num_ready == 0)
        return;
    if (cohort->num_in_parts > 0)
        cohort = split_ready(cohort);
    if (cohort)
        make_runnable(cohort);
}

/* --- Async I/O in sequences ---------------------------------------------------------------- */

/* Whether a rank still has I/O under way in the sequence at a task's depth. */
static bool awaits(const struct team *team, size_t depth, uint32_t rank)
{
    return team->async_in_sequence && team->async_in_sequence[depth * team->size + rank] > 0;
}

/* Ranks without I/O under way go first; the others stay in the cohort and wait. Returns whether the
 * cohort goes on whole. */
static bool pass_sequence_end(struct cohort *cohort, size_t depth)
{
    struct team *team = cohort->team;
    uint32_t kept = 0, waiting = 0;
    uint32_t *waiting_ranks = cohort->execution->executor->ranks;
    for (uint32_t i = 0; i < cohort->num_ready; i++) {
        uint32_t rank = cohort->ready[i];
        if (awaits(team, depth, rank))
            waiting_ranks[waiting++] = rank;
        else
            cohort->ready[kept++] = rank;
    }
    if (waiting == 0)
        return true;
    cohort->num_ready = kept;
    struct cohort *going = kept > 0 ? split_ready(cohort) : NULL;
    memcpy(cohort->ready, waiting_ranks, waiting * sizeof *waiting_ranks);
    cohort->num_ready = waiting;
    cohort->state = COHORT_AWAITING;
    if (going)
        make_runnable(going);
    return false;
}

/* Some ranks of a sequence have no I/O left: whoever waits there may go on. */
static void wake_awaiting(struct team *team, size_t depth)
{
    struct cohort *next;
    for (struct cohort *cohort = team->execution->cohorts; cohort; cohort = next) {
        next = cohort->next;
        if (cohort->state != COHORT_AWAITING || cohort->team != team)
            continue;
        const struct block *block = block_of(team->execution, &cohort->place);
        if (block->tasks[cohort->place.task].depth + 1 != depth)
            continue;
        if (pass_sequence_end(cohort, depth))
            make_runnable(cohort);
    }
}

void async_ranks_ended(struct async_io *async, const uint32_t *indices, uint32_t count)
{
    struct team *team = async->team;
    size_t depth = async->task->depth;
    if (depth == 0) {
        team->async_ranks -= count;
        if (team->awaits_io)
            team_check_meeting(team);
        return;
    }
    bool some_done = false;
    for (uint32_t i = 0; i < count; i++)
        if (--team->async_in_sequence[depth * team->size + async->ranks[indices[i]]] == 0)
            some_done = true;
    if (some_done)
        wake_awaiting(team, depth);
}

/* --- Blocks -------------------------------------------------------------------------------- */

void note_iteration(const struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    const struct state *state = execution->executor->state;
    const struct place *place = &cohort->place;
    if (place->stage != STAGE_PHASES || !observers_want(state->observers, JOB_PROGRESSED))
        return;
    bool is_later =
        !execution->has_noted || place->phase > execution->noted_phase ||
        (place->phase == execution->noted_phase && place->iteration > execution->noted_iteration);
    if (!is_later)
        return;
    execution->has_noted = true;
    execution->noted_phase = place->phase;
    execution->noted_iteration = place->iteration;
    struct happening happening = {
        .kind = JOB_PROGRESSED,
        .state = state,
        .job = execution->job,
        .place = {place->phase, place->iteration, execution->phase_iterations[place->phase]}};
    observers_tell(state->observers, &happening, execution->executor->err);
}

void begin_block(struct cohort *cohort)
{
    note_iteration(cohort);
    cohort->place.task = 0;
    cohort->place.step = STEP_ENTER;
}

bool job_may_be_resized(const struct execution *execution)
{
    enum job_type type = execution->job->request->type;
    return type == JOB_MALLEABLE || type == JOB_ADAPTIVE;
}

bool job_may_ask(const struct execution *execution)
{
    enum job_type type = execution->job->request->type;
    return type == JOB_EVOLVING || type == JOB_ADAPTIVE;
}

/* Whether the simulation is asked before an iteration of a phase. */
bool is_point(const struct execution *execution, const struct block *phase)
{
    return (job_may_ask(execution) && phase->evolving_request.kind != PAYLOAD_NONE) ||
           (job_may_be_resized(execution) && phase->scheduling_point);
}

/* The last of the ranks that had passed the fewest iterations has gone on: who is last now? Returns
 * how many iterations these have passed. */
static uint64_t find_last_cohorts(struct execution *execution)
{
    uint64_t fewest = UINT64_MAX;
    for (const struct cohort *cohort = execution->cohorts; cohort; cohort = cohort->next) {
        if (cohort->place.passed < fewest) {
            fewest = cohort->place.passed;
            execution->last_cohorts = 0;
        }
        execution->last_cohorts += cohort->place.passed == fewest;
    }
    return fewest;
}

/* An iteration counts as finished as soon as it is: the scheduler that is asked at the scheduling
 * point or request after it is told so. */
void pass_iteration(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    uint64_t completed = execution->job->completed_phases;
    if (cohort->place.passed++ == completed && --execution->last_cohorts == 0)
        completed = find_last_cohorts(execution);
    lifecycle_progress(execution->executor->state, execution->job, completed,
                       execution->executor->err);
}

static void end_phase_iteration(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct place *place = &cohort->place;
    if (!next_iteration(execution, &place->phase, &place->iteration)) {
        cohort_meet(cohort, STEP_BLOCK_END, true);
        return;
    }
    const struct block *phase = block_of(execution, place);
    if (is_point(execution, phase) || phase->barrier) {
        cohort_meet(cohort, STEP_BLOCK_END, true);
        return;
    }
    pass_iteration(cohort);
    begin_block(cohort);
    make_runnable(cohort);
}

static void end_block(struct cohort *cohort)
{
    if (cohort->place.stage == STAGE_PHASES)
        end_phase_iteration(cohort);
    else
        cohort_meet(cohort, STEP_BLOCK_END, true);
}

/* --- Tasks --------------------------------------------------------------------------------- */

static void leave_task(struct cohort *cohort, const struct block *block, const struct task *task)
{
    log_task_end(cohort, task);
    struct place *place = &cohort->place;
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
    perform_task(cohort, task);
    if (cohort->exchange_pending) {
        cohort_meet(cohort, STEP_EXCHANGE, false);
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
    start_exchange(cohort, task);
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
        after_block(cohort);
        return false;
    }
    if (place->step == STEP_BEGIN) {
        begin_block(cohort);
        return true;
    }
    const struct block *block = block_of(cohort->execution, place);
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
            cohort_meet(cohort, STEP_PERFORM, false);
            return false;
        }
        return perform(cohort, task);
    case STEP_PERFORM:
        return perform(cohort, task);
    case STEP_EXCHANGE:
        return exchange(cohort, task);
    case STEP_SEQUENCE_END:
        if (!pass_sequence_end(cohort, task->depth + 1))
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

void cohort_walk(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    unsigned steps = 0;
    while (!execution_failed(execution) && step(cohort))
        if (++steps % STEPS_PER_INTERRUPT_CHECK == 0 && interrupt_check(execution->executor->err))
            return;
}
