/* Promise: an execution is in the list of those that are due once or not at all, and has one event
 * queued at the most; one of a suspended job has neither. */
#include "execution/wake.h"

#include "base/list.h"

void wake_now(struct execution *execution)
{
    struct executor *executor = execution->executor;
    if (execution->is_due || execution->suspended)
        return;
    execution->is_due = true;
    list_add_last(&executor->first_due, &executor->last_due, execution);
}

static void has_turn(void *owner)
{
    wake_now(owner);
}

static void is_at_point(void *owner)
{
    struct execution *execution = owner;
    execution->executor->at_point(execution->executor->context, execution->job);
}

static void is_at_end(void *owner)
{
    struct execution *execution = owner;
    execution->executor->at_end(execution->executor->context, execution->job);
}

static void queue(struct execution *execution, void (*handle)(void *owner))
{
    struct executor *executor = execution->executor;
    double now = executor->state->now;
    execution->wake = (struct event){.time = now, .handle = handle, .owner = execution};
    execution->holds_wake = execution->suspended;
    if (execution->suspended)
        return;
    if (event_heap_add(executor->heap, &execution->wake))
        error_no_memory(executor->err);
}

void wake_in_turn(struct execution *execution)
{
    queue(execution, has_turn);
}

void wake_simulation(struct cohort *cohort, bool at_end)
{
    struct execution *execution = cohort->execution;
    cohort->state = COHORT_POINT;
    execution->at_point = cohort;
    queue(execution, at_end ? is_at_end : is_at_point);
}

static void take_out(struct executor *executor, struct execution *execution)
{
    list_take_out(&executor->first_due, &executor->last_due, execution);
    execution->is_due = false;
}

struct execution *wake_next(struct executor *executor)
{
    struct execution *execution = executor->first_due;
    if (execution)
        take_out(executor, execution);
    return execution;
}

bool wake_is_expected(const struct execution *execution)
{
    return execution->wake.slot > 0 || execution->holds_wake;
}

void wake_hold(struct execution *execution)
{
    struct executor *executor = execution->executor;
    execution->holds_wake = execution->wake.slot > 0;
    event_heap_remove(executor->heap, &execution->wake);
    if (execution->is_due)
        take_out(executor, execution);
    execution->suspended = true;
}

void wake_let_go(struct execution *execution)
{
    execution->suspended = false;
    if (execution->holds_wake)
        queue(execution, execution->wake.handle);
    else if (execution->first_runnable)
        wake_in_turn(execution);
}

void wake_never(struct execution *execution)
{
    struct executor *executor = execution->executor;
    event_heap_remove(executor->heap, &execution->wake);
    if (execution->is_due)
        take_out(executor, execution);
}
