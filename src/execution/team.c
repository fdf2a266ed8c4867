/* Promise: all cohorts that wait in the meeting of a team wait at the same place, and are one
 * afterwards.
 */
#include "execution/team.h"

#include "execution/cohort.h"
#include "system/observers.h"

#include <stdlib.h>
#include <string.h>

/* --- Creation --------------------------------------------------------------------------------- */

void team_release(struct team *team)
{
    free(team->nodes);
    free(team->hosts);
    free(team->async_in_sequence);
    free(team->task_starts);
    *team = (struct team){0};
}

int team_create(struct team *team, struct execution *execution, const uint32_t *nodes,
                uint32_t size, struct error *err)
{
    struct state *state = execution->executor->state;
    *team = (struct team){.execution = execution, .size = size, .uniform_speed = -1};
    team->nodes = malloc(size * sizeof *team->nodes);
    bool logs = observers_want(state->observers, TASK_ENDED);
    if (logs)
        team->task_starts = calloc(execution->depths * size, sizeof *team->task_starts);
    if (!team->nodes || (logs && !team->task_starts)) {
        team_release(team);
        return error_no_memory(err);
    }
    memcpy(team->nodes, nodes, size * sizeof *nodes);
    return 0;
}

/* --- What some tasks ask for ------------------------------------------------------------------ */

const uint32_t *team_hosts(struct team *team)
{
    if (team->hosts)
        return team->hosts;
    team->hosts = malloc(team->size * sizeof *team->hosts);
    if (!team->hosts)
        error_no_memory(team->execution->executor->err);
    for (uint32_t rank = 0; team->hosts && rank < team->size; rank++)
        team->hosts[rank] = team_node(team, rank)->host;
    return team->hosts;
}

double team_speed(struct team *team)
{
    if (team->uniform_speed >= 0)
        return team->uniform_speed;
    team->uniform_speed = team->size ? team_node(team, 0)->speed : 0;
    for (uint32_t rank = 1; rank < team->size; rank++)
        if (team_node(team, rank)->speed != team->uniform_speed)
            team->uniform_speed = 0;
    return team->uniform_speed;
}

struct cohort *team_cohort(struct team *team, const struct place *place)
{
    struct cohort *cohort = cohort_create(team, place, team->size);
    if (!cohort)
        return NULL;
    for (uint32_t rank = 0; rank < team->size; rank++)
        cohort->ready[rank] = rank;
    cohort->num_ready = team->size;
    return cohort;
}

/* --- Meetings --------------------------------------------------------------------------------- */

static void leave_meeting(struct team *team)
{
    team->first_waiting = team->last_waiting = NULL;
    team->arrived = 0;
    team->awaits_io = false;
}

static struct cohort *join_waiting(struct team *team)
{
    struct cohort *joined = team->first_waiting;
    for (struct cohort *cohort = joined->next_in_line, *next; cohort; cohort = next) {
        next = cohort->next_in_line;
        cohort_add_ready(joined, cohort->ready, cohort->num_ready);
        cohort_adopt_parts(joined, cohort);
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
    cohort_make_runnable(joined);
}

void team_meet(struct cohort *cohort, enum step step, bool awaits_io)
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

/* --- Task times ------------------------------------------------------------------------------- */

void team_tell_task(const struct team *team, const struct task *task, uint32_t rank,
                    double duration)
{
    const struct executor *executor = team->execution->executor;
    struct happening happening = {
        .kind = TASK_ENDED,
        .state = executor->state,
        .job = team->execution->job,
        .task = {.task = task, .node = team->nodes[rank], .duration = duration}};
    observers_tell(executor->state->observers, &happening, executor->err);
}
