/* Promise: cohorts leave a block's iteration together where they met at its end, and only then is
 * the simulation told anything. */
#include "execution/blocks.h"

#include "execution/cohort.h"
#include "execution/evaluation.h"
#include "execution/point.h"
#include "execution/progress.h"
#include "execution/team.h"
#include "execution/wake.h"
#include "system/lifecycle.h"

/* --- Places ----------------------------------------------------------------------------------- */

const struct block *blocks_at(const struct execution *execution, const struct place *place)
{
    const struct application *application = execution->application;
    switch (place->stage) {
    case STAGE_INIT:
        return application->on_init;
    case STAGE_RESTART:
        return application->on_restart;
    case STAGE_RECONFIGURATION:
        return application->on_reconfiguration;
    case STAGE_EXPANSION:
        return application->on_expansion;
    case STAGE_PHASES:
        break;
    }
    return &application->phases[place->phase];
}

size_t blocks_first_phase(const struct execution *execution, size_t phase)
{
    while (phase < execution->application->num_phases && execution->phase_iterations[phase] == 0)
        phase++;
    return phase;
}

bool blocks_next_iteration(const struct execution *execution, size_t *phase, uint64_t *iteration)
{
    if (++*iteration < execution->phase_iterations[*phase])
        return true;
    *iteration = 0;
    *phase = blocks_first_phase(execution, *phase + 1);
    return *phase < execution->application->num_phases;
}

/* A place at the start of a block, or, when there is nothing to run before them, of the phases. */
static struct place phases_place(const struct execution *execution)
{
    return (struct place){.stage = STAGE_PHASES,
                          .phase = execution->next_phase,
                          .iteration = execution->next_iteration,
                          .task = execution->next_task,
                          .passed = execution->job->completed_phases};
}

void blocks_begin(struct cohort *cohort)
{
    progress_note(cohort);
    cohort->place.task = 0;
    cohort->place.step = STEP_ENTER;
}

/* --- Phases ----------------------------------------------------------------------------------- */

void blocks_enter_phases(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    cohort->place = phases_place(execution);
    execution->next_task = 0;
    if (execution->next_phase >= execution->application->num_phases) {
        wake_simulation(cohort, true);
        return;
    }
    progress_note(cohort);
    cohort_make_runnable(cohort);
}

static void after_phase_iteration(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct place *place = &cohort->place;
    execution->next_phase = place->phase;
    execution->next_iteration = place->iteration;
    progress_pass(cohort);
    bool over = place->phase == execution->application->num_phases;
    if (!over && !point_is_before(execution, &execution->application->phases[place->phase])) {
        blocks_begin(cohort);
        cohort_make_runnable(cohort);
        return;
    }
    wake_simulation(cohort, over);
}

/* --- Reconfigurations ------------------------------------------------------------------------- */

/* Kept nodes and newcomers go on with the phases one after the other; the barrier of the next
 * iteration, if it has one, brings them together. */
static void rejoin(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    cohort->place = phases_place(execution);
    if (execution->application->phases[execution->next_phase].barrier)
        team_meet(cohort, STEP_BEGIN, false);
    else
        cohort_make_runnable(cohort);
}

/* Sends the newcomers of a cohort of all ranks through on_expansion; the others go on. */
static void part_newcomers(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct team *newcomers = &execution->newcomers;
    struct place place = {.stage = STAGE_EXPANSION, .passed = execution->job->completed_phases};
    struct cohort *expanding = team_cohort(newcomers, &place);
    if (!expanding)
        return;
    cohort_make_runnable(expanding);
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

void blocks_after_reconfiguration(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct executor *executor = execution->executor;
    if (lifecycle_resume(executor->state, execution->job, executor->err))
        return;
    if (execution->newcomers.size > 0)
        part_newcomers(cohort);
    else
        blocks_enter_phases(cohort);
}

static void after_first_block(struct cohort *cohort)
{
    const struct execution *execution = cohort->execution;
    lifecycle_pass(execution->executor->state, execution->job);
    blocks_enter_phases(cohort);
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

/* --- The end of a block ----------------------------------------------------------------------- */

void blocks_after(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct place *place = &cohort->place;
    if (place->stage == STAGE_PHASES) {
        after_phase_iteration(cohort);
        return;
    }
    uint64_t iterations;
    if (evaluation_iterations(execution, blocks_at(execution, place), &iterations,
                              execution->executor->err))
        return;
    if (++place->iteration < iterations) {
        blocks_begin(cohort);
        cohort_make_runnable(cohort);
        return;
    }
    static void (*const after[])(struct cohort *) = {
        [STAGE_INIT] = after_first_block,
        [STAGE_RESTART] = after_first_block,
        [STAGE_RECONFIGURATION] = blocks_after_reconfiguration,
        [STAGE_EXPANSION] = after_expansion,
    };
    after[place->stage](cohort);
}
