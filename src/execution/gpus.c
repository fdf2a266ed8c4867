/* Promise: on GPUs of the job's own a rank waits for an end that is known; on those that others
 * use, too, it queues (devices.h). */
#include "execution/gpus.h"

#include "execution/blocks.h"
#include "execution/cohort.h"
#include "execution/evaluation.h"
#include "execution/exchange.h"
#include "execution/part.h"
#include "execution/patterns.h"
#include "execution/team.h"
#include "execution/timers.h"
#include "system/observers.h"

#include <math.h>
#include <stdlib.h>

/* Seconds that a rank's kernels take on each of its GPUs, and its exchange on the GPU link. */
static void gpu_durations(const struct cohort *cohort, const struct task *task, uint32_t rank,
                          double *kernel, double *link)
{
    const struct execution *execution = cohort->execution;
    const struct node_description *node = team_node(cohort->team, rank);
    uint32_t n = cohort->team->size, gpus = execution->job->executing_gpus;
    *kernel = task->compute.kind == PAYLOAD_NONE
                  ? 0
                  : evaluation_compute(execution, task, rank, n) / gpus / node->gpu_speed;
    double bytes =
        task->transfer.kind == PAYLOAD_NONE
            ? 0
            : patterns_gpu_link_bytes(task->transfer_pattern, execution->values[task->id].transfer,
                                      rank, n, gpus);
    *link = bytes > 0 ? bytes / node->gpu_bandwidth : 0;
}

/* --- GPUs of its own -------------------------------------------------------------------------- */

/* A rank's kernels keep its GPUs busy, for a shorter time than its part lasts when the exchange on
 * the GPU link takes longer. */
static void tell_kernels(const struct cohort *cohort, uint32_t rank, double kernel)
{
    const struct executor *executor = cohort_executor(cohort);
    int gpus = (int)cohort->execution->job->executing_gpus;
    double until = kernel > 0 ? executor->state->now + kernel : -1;
    part_tell_node(cohort, GPUS_BUSY, rank, gpus, until);
}

void gpus_tell_again(const struct part *part)
{
    const struct cohort *cohort = part->cohort;
    const struct place *place = &cohort->place;
    const struct task *task = &blocks_at(cohort->execution, place)->tasks[place->task];
    double left = part->end.time - cohort_executor(cohort)->state->now;
    for (uint32_t i = 0; i < part->count; i++) {
        double kernel, link;
        gpu_durations(cohort, task, part->ranks[i], &kernel, &link);
        tell_kernels(cohort, part->ranks[i], kernel - (fmax(kernel, link) - left));
    }
}

/* GPUs of the job's own: both durations are known, the rank waits for the longer. */
static void use_own_gpus(struct cohort *cohort, const struct task *task)
{
    struct timed_rank *timed = malloc(cohort->num_ready * sizeof *timed);
    if (!timed) {
        error_no_memory(cohort_executor(cohort)->err);
        return;
    }
    for (uint32_t i = 0; i < cohort->num_ready; i++) {
        double kernel, link;
        gpu_durations(cohort, task, cohort->ready[i], &kernel, &link);
        timed[i] = (struct timed_rank){kernel > link ? kernel : link, cohort->ready[i]};
        if (timed[i].duration > 0)
            tell_kernels(cohort, cohort->ready[i], kernel);
    }
    timers_start_each(cohort, timed, BUSY_GPUS);
    free(timed);
}

/* --- Shared GPUs ------------------------------------------------------------------------------ */

static void use_done(void *owner)
{
    struct part *part = owner;
    if (--part->uses_left == 0)
        cohort_part_ended(part, part->ranks, part->count);
}

static void queue_rank(struct cohort *cohort, uint32_t rank, double kernel, double link)
{
    struct executor *executor = cohort_executor(cohort);
    uint32_t gpus = kernel > 0 ? cohort->execution->job->executing_gpus : 0;
    struct part *part = part_create(cohort, 1);
    if (!part)
        return;
    part->ranks[0] = rank;
    part->uses = calloc(gpus + 1, sizeof *part->uses);
    if (!part->uses) {
        error_no_memory(executor->err);
        return;
    }
    part->num_uses = part->uses_left = gpus + (link > 0);
    for (uint32_t i = 0; i < part->num_uses; i++)
        part->uses[i] = (struct device_use){
            .duration = i < gpus ? kernel : link, .done = use_done, .owner = part};
    uint32_t node = cohort->team->nodes[rank];
    devices_use_gpus(executor->devices, node, part->uses, gpus);
    if (link > 0)
        devices_use_link(executor->devices, node, &part->uses[gpus]);
}

/* GPUs that other jobs use, too: each rank queues for its own. */
static void queue_for_gpus(struct cohort *cohort, const struct task *task)
{
    uint32_t kept = 0, count = cohort->num_ready;
    for (uint32_t i = 0; i < count && !cohort_executor(cohort)->err->kind; i++) {
        uint32_t rank = cohort->ready[i];
        double kernel, link;
        gpu_durations(cohort, task, rank, &kernel, &link);
        if (kernel > 0 || link > 0)
            queue_rank(cohort, rank, kernel, link);
        else
            cohort->ready[kept++] = rank;
    }
    cohort->num_ready = kept;
}

/* --- The task --------------------------------------------------------------------------------- */

/* Nothing shares out a load among no GPUs: it would last for ever. */
static void refuse_no_gpus(const struct cohort *cohort, const struct task *task)
{
    const struct payload *load = task->compute.where ? &task->compute : &task->transfer;
    error_set(cohort_executor(cohort)->err, ERROR_INPUT,
              "%s: the task is for GPUs, but the job was given 0 per node, on which the load is "
              "infinite; the scheduler has to assign some, which a 'num_gpus_per_node_min' of 1 or "
              "more enforces",
              load->where);
}

void gpus_perform(struct cohort *cohort, const struct task *task)
{
    if (cohort->execution->job->executing_gpus == 0) {
        refuse_no_gpus(cohort, task);
        return;
    }
    cohort->exchange_pending = exchange_is_due(cohort, task);
    if (cohort_executor(cohort)->state->oversubscription)
        queue_for_gpus(cohort, task);
    else
        use_own_gpus(cohort, task);
}
