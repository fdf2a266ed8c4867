/* Promise: a cohort is in the list of its execution, and in that of the runnable ones if it is one;
 * its ready ranks are in ascending order. */
#include "execution/cohort.h"

#include "base/list.h"
#include "execution/part.h"
#include "execution/wake.h"

#include <stdlib.h>
#include <string.h>

/* --- Creation --------------------------------------------------------------------------------- */

struct cohort *cohort_create(struct team *team, const struct place *place, uint32_t capacity)
{
    struct execution *execution = team->execution;
    size_t levels = execution->depths * (sizeof(uint64_t) + sizeof(size_t));
    struct cohort *cohort = malloc(sizeof *cohort + levels);
    uint32_t *ready = malloc(capacity * sizeof *ready);
    if (!cohort || !ready) {
        free(cohort);
        free(ready);
        error_no_memory(execution->executor->err);
        return NULL;
    }
    *cohort = (struct cohort){
        .waiter = WAITER_EXCHANGE, .execution = execution, .team = team, .place = *place};
    memset(cohort + 1, 0, levels);
    cohort->counters = (uint64_t *)(cohort + 1);
    cohort->sequences = (size_t *)(cohort->counters + execution->depths);
    cohort->ready = ready;
    cohort->ready_capacity = capacity;
    list_add_first(&execution->cohorts, cohort);
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
    if (cohort->exchange_computes)
        part_tell_team(cohort->team, -1);
    execution->last_cohorts -= cohort->place.passed == execution->job->completed_phases;
    list_remove(&execution->cohorts, cohort);
    free(cohort->ready);
    free(cohort);
}

/* --- Ranks ------------------------------------------------------------------------------------ */

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
    if (mine == 0) {
        memcpy(cohort->ready, ranks, theirs * sizeof *ranks);
        return;
    }
    for (uint32_t at = cohort->num_ready; theirs > 0;)
        if (mine > 0 && cohort->ready[mine - 1] > ranks[theirs - 1])
            cohort->ready[--at] = cohort->ready[--mine];
        else
            cohort->ready[--at] = ranks[--theirs];
}

void cohort_adopt_parts(struct cohort *to, struct cohort *from)
{
    while (from->parts) {
        struct part *part = from->parts;
        list_remove(&from->parts, part);
        part->cohort = to;
        list_add_first(&to->parts, part);
    }
    to->num_in_parts += from->num_in_parts;
    from->num_in_parts = 0;
}

struct cohort *cohort_split_ready(struct cohort *cohort)
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

/* --- Going on --------------------------------------------------------------------------------- */

void cohort_make_runnable(struct cohort *cohort)
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

void cohort_release(struct cohort *cohort)
{
    if (cohort->exchange_pending || cohort->num_ready == 0)
        return;
    if (cohort->num_in_parts > 0)
        cohort = cohort_split_ready(cohort);
    if (cohort)
        cohort_make_runnable(cohort);
}

void cohort_part_ended(struct part *part, const uint32_t *ranks, uint32_t count)
{
    struct cohort *cohort = part->cohort;
    part->left -= count;
    cohort->num_in_parts -= count;
    cohort_add_ready(cohort, ranks, count);
    if (part->left == 0)
        part_destroy(part);
    cohort_release(cohort);
    wake_now(cohort->execution);
}
