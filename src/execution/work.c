/* Promise: every rank of the cohort is either ready or in exactly one part afterwards, and I/O that
 * is async in the execution's list. */
#include "execution/work.h"

#include "execution/exchange.h"
#include "execution/gpus.h"
#include "execution/io.h"
#include "execution/loads.h"
#include "execution/team.h"
#include "execution/timers.h"

static void start_compute(struct cohort *cohort, const struct task *task)
{
    if (task->compute.kind == PAYLOAD_NONE)
        return;
    if (cohort->execution->shares_cpus)
        loads_wait(cohort, LOAD_COMPUTE, loads_take(cohort, loads_flops, task), 0);
    else
        timers_start_shares(cohort, task, true, BUSY_CPU);
}

static void perform_cpu(struct cohort *cohort, const struct task *task)
{
    bool one_task = task->coupled && task->compute.kind != PAYLOAD_NONE &&
                    task->transfer.kind != PAYLOAD_NONE && cohort->team->size > 1;
    cohort->exchange_pending = exchange_is_due(cohort, task);
    if (!one_task)
        start_compute(cohort, task);
}

static double busy_flops_of_rank(const struct cohort *cohort, const struct task *task,
                                 uint32_t rank)
{
    return loads_flops(cohort, task, rank) * team_node(cohort->team, rank)->speed;
}

static void perform_busy_wait(struct cohort *cohort, const struct task *task)
{
    if (cohort->execution->shares_cpus)
        loads_wait(cohort, LOAD_COMPUTE, loads_take(cohort, busy_flops_of_rank, task), 0);
    else
        timers_start_shares(cohort, task, false, BUSY_CPU);
}

static void perform_idle(struct cohort *cohort, const struct task *task)
{
    timers_start_shares(cohort, task, false, BUSY_NOTHING);
}

void work_perform(struct cohort *cohort, const struct task *task)
{
    static void (*const perform[NUM_TASK_TYPES])(struct cohort *, const struct task *) = {
        [TASK_CPU] = perform_cpu,
        [TASK_GPU] = gpus_perform,
        [TASK_PFS_READ] = io_pfs,
        [TASK_PFS_WRITE] = io_pfs,
        [TASK_BB_READ] = io_burst_buffer,
        [TASK_BB_WRITE] = io_burst_buffer,
        [TASK_BUSY_WAIT] = perform_busy_wait,
        [TASK_IDLE] = perform_idle,
    };
    perform[task->type](cohort, task);
}
