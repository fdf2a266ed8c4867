/* Promise: what ranks compute in a task that couples both is part of the same load. */
#include "execution/exchange.h"

#include "execution/cohort.h"
#include "execution/loads.h"
#include "execution/part.h"
#include "execution/patterns.h"
#include "execution/team.h"
#include "execution/wake.h"

bool exchange_is_due(const struct cohort *cohort, const struct task *task)
{
    return task->transfer.kind != PAYLOAD_NONE && cohort->team->size > 1;
}

static void done_with(struct cohort *cohort)
{
    if (cohort->exchange_computes)
        part_tell_team(cohort->team, -1);
    cohort->exchange_computes = false;
    cohort->exchange = NULL;
    cohort->exchange_pending = false;
}

/* Fills the executor's amounts with the flops of all ranks for a coupled task. */
static const double *coupled_flops(const struct cohort *cohort, const struct task *task)
{
    if (!task->coupled || task->compute.kind == PAYLOAD_NONE)
        return NULL;
    double *amounts = cohort_executor(cohort)->amounts;
    for (uint32_t rank = 0; rank < cohort->team->size; rank++)
        amounts[rank] = loads_flops(cohort, task, rank);
    return amounts;
}

static bool any_positive(const double *values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        if (values[i] > 0)
            return true;
    return false;
}

void exchange_start(struct cohort *cohort, const struct task *task)
{
    struct executor *executor = cohort_executor(cohort);
    struct team *team = cohort->team;
    const uint32_t *hosts = team_hosts(team);
    if (!hosts)
        return;
    double payload = cohort->execution->values[task->id].transfer;
    if (task->type == TASK_GPU)
        payload = patterns_gpu_network_payload(task->transfer_pattern, payload, team->size,
                                               cohort->execution->job->executing_gpus);
    size_t cells = (size_t)team->size * team->size;
    struct load load = {
        .kind = LOAD_EXCHANGE,
        .hosts = hosts,
        .num_hosts = team->size,
        .flops = task->type == TASK_CPU ? coupled_flops(cohort, task) : NULL,
        .pattern = task->transfer_pattern,
        .bytes = payload,
        .matrix = task->transfer.list,
    };
    bool listed = task->transfer_pattern == MATRIX_LIST;
    bool computes = any_positive(load.flops, team->size);
    if (!computes && !(listed ? any_positive(load.matrix, cells) : payload > 0)) {
        done_with(cohort);
        return;
    }
    cohort->exchange_computes = computes;
    if (computes)
        part_tell_team(team, 1);
    cohort->exchange = resources_start(cohort_port(cohort), &load, cohort, executor->err);
}

void exchange_ended(struct cohort *cohort)
{
    done_with(cohort);
    cohort_release(cohort);
    wake_now(cohort->execution);
}
