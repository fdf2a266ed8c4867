/* Promise: a part has one event, and no rank of it another duration. */
#include "execution/timers.h"

#include "execution/cohort.h"
#include "execution/evaluation.h"
#include "execution/part.h"
#include "execution/team.h"

#include <stdlib.h>
#include <string.h>

/* --- One part --------------------------------------------------------------------------------- */

static void timer_ended(void *owner)
{
    struct part *part = owner;
    cohort_part_ended(part, part->ranks, part->count);
}

static void start_timer(struct part *part, double duration, enum busy busy)
{
    struct executor *executor = cohort_executor(part->cohort);
    part->busy = busy;
    part_tell_busy(part, 1);
    double end = executor->state->now + duration;
    part->end = (struct event){.time = end, .handle = timer_ended, .owner = part};
    if (event_heap_add(executor->heap, &part->end))
        error_no_memory(executor->err);
}

void timers_pause(struct part *part)
{
    struct executor *executor = cohort_executor(part->cohort);
    if (part->end.slot == 0)
        return;
    event_heap_remove(executor->heap, &part->end);
    part->end.time -= executor->state->now;
}

void timers_go_on(struct part *part)
{
    struct executor *executor = cohort_executor(part->cohort);
    if (!part->end.handle)
        return;
    part->end.time += executor->state->now;
    if (event_heap_add(executor->heap, &part->end))
        error_no_memory(executor->err);
}

/* --- Parts by duration ------------------------------------------------------------------------ */

static int compare_timed(const void *a, const void *b)
{
    const struct timed_rank *x = a, *y = b;
    if (x->duration != y->duration)
        return x->duration < y->duration ? -1 : 1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

void timers_start_each(struct cohort *cohort, struct timed_rank *timed, enum busy busy)
{
    uint32_t count = cohort->num_ready;
    qsort(timed, count, sizeof *timed, compare_timed);
    uint32_t done = 0;
    while (done < count && timed[done].duration <= 0)
        done++;
    cohort->num_ready = done;
    for (uint32_t i = 0; i < done; i++)
        cohort->ready[i] = timed[i].rank;
    for (uint32_t from = done, to; from < count; from = to) {
        for (to = from; to < count && timed[to].duration == timed[from].duration; to++)
            ;
        struct part *part = part_create(cohort, to - from);
        if (!part)
            return;
        for (uint32_t i = from; i < to; i++)
            part->ranks[i - from] = timed[i].rank;
        start_timer(part, timed[from].duration, busy);
    }
}

/* --- Shares of a task ------------------------------------------------------------------------- */

/* All ready ranks take the same time. */
static void start_one_timer(struct cohort *cohort, double duration, enum busy busy)
{
    if (duration <= 0)
        return;
    struct part *part = part_create(cohort, cohort->num_ready);
    if (!part)
        return;
    memcpy(part->ranks, cohort->ready, cohort->num_ready * sizeof *cohort->ready);
    cohort->num_ready = 0;
    start_timer(part, duration, busy);
}

static bool same_for_all(const struct task *task)
{
    return task->compute_pattern == VECTOR_UNIFORM || task->compute_pattern == VECTOR_ALL_RANKS;
}

void timers_start_shares(struct cohort *cohort, const struct task *task, bool by_speed,
                         enum busy busy)
{
    const struct execution *execution = cohort->execution;
    struct team *team = cohort->team;
    if (same_for_all(task) && (!by_speed || team_speed(team) > 0)) {
        double share = evaluation_compute(execution, task, 0, team->size);
        start_one_timer(cohort, by_speed ? share / team_speed(team) : share, busy);
        return;
    }
    struct timed_rank *timed = malloc(cohort->num_ready * sizeof *timed);
    if (!timed) {
        error_no_memory(cohort_executor(cohort)->err);
        return;
    }
    for (uint32_t i = 0; i < cohort->num_ready; i++) {
        uint32_t rank = cohort->ready[i];
        double share = evaluation_compute(execution, task, rank, team->size);
        timed[i] =
            (struct timed_rank){by_speed ? share / team_node(team, rank)->speed : share, rank};
    }
    timers_start_each(cohort, timed, busy);
    free(timed);
}
