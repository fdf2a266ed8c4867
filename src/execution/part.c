/* Promise: a part is in the list of its cohort, and its ranks that wait are in the cohort's count.
 */
#include "execution/part.h"

#include "base/list.h"
#include "system/observers.h"

#include <math.h>
#include <stdlib.h>

void part_tell_node(const struct cohort *cohort, enum happening_kind kind, uint32_t rank,
                    int change, double until)
{
    const struct executor *executor = cohort_executor(cohort);
    struct happening happening = {
        .kind = kind,
        .state = executor->state,
        .busy = {.node = cohort->team->nodes[rank], .change = change, .until = until}};
    observers_tell(executor->state->observers, &happening, executor->err);
}

void part_tell_team(const struct team *team, int change)
{
    const struct executor *executor = team->execution->executor;
    struct happening happening = {.kind = CPUS_LOADED,
                                  .state = executor->state,
                                  .busy = {.change = change, .until = INFINITY}};
    if (team->execution->suspended || !observers_want(executor->state->observers, CPUS_LOADED))
        return;
    for (uint32_t rank = 0; rank < team->size; rank++) {
        happening.busy.node = team->nodes[rank];
        observers_tell(executor->state->observers, &happening, executor->err);
    }
}

void part_tell_busy(const struct part *part, int change)
{
    const struct cohort *cohort = part->cohort;
    enum happening_kind kind = part->busy == BUSY_CPU    ? CPUS_BUSY
                               : part->busy == BUSY_GPUS ? GPUS_BUSY
                                                         : CPUS_LOADED;
    if (part->busy == BUSY_TEAM)
        part_tell_team(cohort->team, change);
    if (part->busy == BUSY_NOTHING || part->busy == BUSY_TEAM || cohort->execution->suspended ||
        (kind == GPUS_BUSY && change > 0) ||
        !observers_want(cohort_executor(cohort)->state->observers, kind))
        return;
    int gpus = (int)cohort->execution->job->executing_gpus;
    for (uint32_t i = 0; i < part->count; i++)
        part_tell_node(cohort, kind, part->ranks[i], kind == GPUS_BUSY ? -gpus : change, INFINITY);
}

struct part *part_create(struct cohort *cohort, uint32_t count)
{
    struct part *part = malloc(sizeof *part + count * sizeof part->ranks[0]);
    if (!part) {
        error_no_memory(cohort_executor(cohort)->err);
        return NULL;
    }
    *part = (struct part){.waiter = WAITER_PART, .cohort = cohort, .count = count, .left = count};
    list_add_first(&cohort->parts, part);
    cohort->num_in_parts += count;
    return part;
}

void part_destroy(struct part *part)
{
    struct cohort *cohort = part->cohort;
    struct executor *executor = cohort_executor(cohort);
    part_tell_busy(part, -1);
    event_heap_remove(executor->heap, &part->end);
    if (part->load)
        resources_cancel(executor->state->platform->resources, part->load);
    for (uint32_t i = 0; i < part->num_uses; i++)
        devices_cancel(executor->devices, &part->uses[i]);
    list_remove(&cohort->parts, part);
    cohort->num_in_parts -= part->left;
    free(part->uses);
    free(part);
}
