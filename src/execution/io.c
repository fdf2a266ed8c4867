/* Promise: ranks whose burst buffers are of one kind make one load. */
#include "execution/io.h"

#include "execution/async.h"
#include "execution/evaluation.h"
#include "execution/loads.h"
#include "execution/team.h"

#include <string.h>

static double bytes_of_rank(const struct cohort *cohort, const struct task *task, uint32_t rank)
{
    return evaluation_io(cohort->execution, task, rank, cohort->team->size);
}

/* Starts the I/O of the ranks in working memory; their I/O, if async, does not hold them. */
static void start_io(struct cohort *cohort, const struct task *task, enum load_kind kind,
                     uint32_t count, double flops_per_byte)
{
    if (count == 0)
        return;
    if (task->async)
        async_start(cohort, task, kind, count, flops_per_byte);
    else
        loads_wait(cohort, kind, count, flops_per_byte);
}

void io_pfs(struct cohort *cohort, const struct task *task)
{
    enum load_kind kind = task->type == TASK_PFS_READ ? LOAD_PFS_READ : LOAD_PFS_WRITE;
    start_io(cohort, task, kind, loads_take(cohort, bytes_of_rank, task), 0);
}

static bool same_buffer(const struct node_description *a, const struct node_description *b)
{
    return a->type == b->type &&
           (a->type != NODE_STRIPED_BURST_BUFFER || a->flops_per_byte == b->flops_per_byte);
}

/* Ranks on nodes with the same kind of burst buffer form a group; usually that is all of them. */
void io_burst_buffer(struct cohort *cohort, const struct task *task)
{
    bool reads = task->type == TASK_BB_READ;
    struct executor *executor = cohort_executor(cohort);
    uint32_t left = loads_take(cohort, bytes_of_rank, task);
    while (left > 0 && !executor->err->kind) {
        const struct node_description *buffer = team_node(cohort->team, executor->ranks[0]);
        uint32_t group = 0;
        while (group < left && same_buffer(buffer, team_node(cohort->team, executor->ranks[group])))
            group++;
        bool striped = buffer->type == NODE_STRIPED_BURST_BUFFER;
        enum load_kind kind = striped ? (reads ? LOAD_STRIPED_READ : LOAD_STRIPED_WRITE)
                                      : (reads ? LOAD_DISK_READ : LOAD_DISK_WRITE);
        start_io(cohort, task, kind, group, buffer->flops_per_byte);
        left -= group;
        memmove(executor->ranks, executor->ranks + group, left * sizeof *executor->ranks);
        memmove(executor->amounts, executor->amounts + group, left * sizeof *executor->amounts);
    }
}
