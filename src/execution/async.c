/* Promise: I/O that is under way is in the execution's list, and counted for its ranks wherever
 * they have to await it. */
#include "execution/async.h"

#include "base/list.h"
#include "execution/blocks.h"
#include "execution/cohort.h"
#include "execution/loads.h"
#include "execution/part.h"
#include "execution/team.h"
#include "execution/wake.h"

#include <stdlib.h>
#include <string.h>

/* --- Start ------------------------------------------------------------------------------------ */

static void async_add(struct cohort *cohort, const struct task *task, enum load_kind kind,
                      uint32_t count, double flops_per_byte)
{
    struct execution *execution = cohort->execution;
    struct executor *executor = execution->executor;
    struct team *team = cohort->team;
    struct async_io *async = calloc(1, sizeof *async + count * sizeof async->ranks[0]);
    if (!async) {
        error_no_memory(executor->err);
        return;
    }
    async->waiter = WAITER_ASYNC;
    async->team = team;
    async->task = task;
    async->left = count;
    memcpy(async->ranks, executor->ranks, count * sizeof async->ranks[0]);
    list_add_first(&execution->async, async);
    bool last = cohort->counters[task->depth] == execution->values[task->id].iterations;
    if (team->task_starts && last) {
        async->starts = malloc(count * sizeof *async->starts);
        if (!async->starts) {
            error_no_memory(executor->err);
            return;
        }
        for (uint32_t i = 0; i < count; i++)
            async->starts[i] = team->task_starts[task->depth * team->size + async->ranks[i]];
    }
    async->computes = loads_compute_everywhere(kind, flops_per_byte);
    if (async->computes)
        part_tell_team(team, 1);
    async->load = loads_start(cohort, kind, count, flops_per_byte, async);
}

/* Counts the I/O of the loaded ranks as under way, so that whoever must awaits it. */
static void async_count(struct cohort *cohort, const struct task *task, uint32_t count)
{
    struct executor *executor = cohort_executor(cohort);
    struct team *team = cohort->team;
    if (task->depth == 0) {
        team->async_ranks += count;
        return;
    }
    if (!team->async_in_sequence) {
        team->async_in_sequence =
            calloc(cohort->execution->depths * team->size, sizeof *team->async_in_sequence);
        if (!team->async_in_sequence) {
            error_no_memory(executor->err);
            return;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        team->async_in_sequence[task->depth * team->size + executor->ranks[i]]++;
}

void async_start(struct cohort *cohort, const struct task *task, enum load_kind kind,
                 uint32_t count, double flops_per_byte)
{
    async_count(cohort, task, count);
    struct executor *executor = cohort_executor(cohort);
    if (executor->err->kind)
        return;
    async_add(cohort, task, kind, count, flops_per_byte);
    cohort_add_ready(cohort, executor->ranks, count);
}

/* --- Ends of sequences ------------------------------------------------------------------------ */

/* Whether a rank still has I/O under way in the sequence at a task's depth. */
static bool awaits(const struct team *team, size_t depth, uint32_t rank)
{
    return team->async_in_sequence && team->async_in_sequence[depth * team->size + rank] > 0;
}

bool async_pass_sequence_end(struct cohort *cohort, size_t depth)
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
    struct cohort *going = kept > 0 ? cohort_split_ready(cohort) : NULL;
    memcpy(cohort->ready, waiting_ranks, waiting * sizeof *waiting_ranks);
    cohort->num_ready = waiting;
    cohort->state = COHORT_AWAITING;
    if (going)
        cohort_make_runnable(going);
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
        const struct block *block = blocks_at(team->execution, &cohort->place);
        if (block->tasks[cohort->place.task].depth + 1 != depth)
            continue;
        if (async_pass_sequence_end(cohort, depth))
            cohort_make_runnable(cohort);
    }
}

/* --- End -------------------------------------------------------------------------------------- */

/* Ranks of ended I/O, by team rank. */
static void ranks_ended(struct async_io *async, const uint32_t *indices, uint32_t count)
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

static void log_async_end(struct async_io *async, const struct completion *completion)
{
    double now = async->team->execution->executor->state->now;
    if (!async->starts)
        return;
    for (uint32_t i = 0; i < completion->count; i++) {
        uint32_t index = completion->indices[i];
        team_tell_task(async->team, async->task, async->ranks[index], now - async->starts[index]);
    }
}

void async_destroy(struct async_io *async)
{
    struct execution *execution = async->team->execution;
    if (async->load)
        resources_cancel(execution->executor->state->platform->resources, async->load);
    if (async->computes)
        part_tell_team(async->team, -1);
    list_remove(&execution->async, async);
    free(async->starts);
    free(async);
}

void async_ended(struct async_io *async, const struct completion *completion)
{
    struct execution *execution = async->team->execution;
    log_async_end(async, completion);
    ranks_ended(async, completion->indices, completion->count);
    async->left -= completion->count;
    if (completion->last) {
        async->load = NULL;
        async_destroy(async);
    }
    wake_now(execution);
}
