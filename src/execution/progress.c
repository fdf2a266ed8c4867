/* Promise: the job counts an iteration as completed as soon as the last of its ranks has passed it.
 */
#include "execution/progress.h"

#include "system/lifecycle.h"
#include "system/observers.h"

void progress_note(const struct cohort *cohort)
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

/* The phase that the last of so many iterations belongs to; there is one at least. */
static const struct block *phase_of_last(const struct execution *execution, uint64_t completed)
{
    size_t phase = 0;
    uint64_t before = 0;
    while (before + execution->phase_iterations[phase] < completed)
        before += execution->phase_iterations[phase++];
    return &execution->application->phases[phase];
}

/* An iteration counts as finished as soon as it is: the scheduler that is asked at the scheduling
 * point or request after it is told so. */
void progress_pass(struct cohort *cohort)
{
    struct execution *execution = cohort->execution;
    struct executor *executor = execution->executor;
    uint64_t before = execution->job->completed_phases, completed = before;
    if (cohort->place.passed++ == completed && --execution->last_cohorts == 0)
        completed = find_last_cohorts(execution);
    if (lifecycle_progress(executor->state, execution->job, completed, executor->err))
        return;
    if (completed > before && execution->application->has_checkpoint &&
        phase_of_last(execution, completed)->checkpoint)
        lifecycle_save(executor->state, execution->job, completed, 0, executor->err);
}

void progress_save_task(const struct cohort *cohort, const struct block *block, size_t next)
{
    const struct execution *execution = cohort->execution;
    const struct place *place = &cohort->place;
    for (const struct cohort *other = execution->cohorts; other; other = other->next) {
        bool is_behind = other->place.passed < place->passed ||
                         (other->place.passed == place->passed && other->place.task < next);
        if (other != cohort && is_behind)
            return;
    }
    /* At the end of an iteration, the next one is where to go on. */
    bool is_last = next == block->num_tasks;
    lifecycle_save(execution->executor->state, execution->job, place->passed + is_last,
                   is_last ? 0 : next, execution->executor->err);
}
