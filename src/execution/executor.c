/* Promise: after executor_run nothing is due, and no device that somebody waits for is free. */
#include "execution/executor.h"

#include "execution/async.h"
#include "execution/devices.h"
#include "execution/exchange.h"
#include "execution/loads.h"
#include "execution/wake.h"
#include "execution/walk.h"

#include <stdlib.h>

int executor_create(struct executor *executor, struct state *state, struct event_heap *heap,
                    struct devices *devices, struct error *err)
{
    size_t nodes = state->platform->num_nodes;
    *executor = (struct executor){.state = state, .heap = heap, .devices = devices, .err = err};
    executor->ranks = malloc(nodes * sizeof *executor->ranks);
    executor->amounts = malloc(nodes * sizeof *executor->amounts);
    executor->targets = malloc(nodes * sizeof *executor->targets);
    executor->executions = calloc(state->num_jobs + 1, sizeof(struct execution *));
    if (executor->ranks && executor->amounts && executor->targets && executor->executions)
        return 0;
    executor_release(executor);
    return error_no_memory(err);
}

void executor_release(struct executor *executor)
{
    free(executor->ranks);
    free(executor->amounts);
    free(executor->targets);
    free(executor->executions);
    executor->executions = NULL;
    executor->ranks = NULL;
    executor->amounts = NULL;
    executor->targets = NULL;
}

struct execution *executor_find(const struct executor *executor, const struct job *job)
{
    return executor->executions[job->request->id];
}

void executor_complete(const struct completion *completion)
{
    switch (*(enum waiter *)completion->owner) {
    case WAITER_PART:
        loads_ended(completion->owner, completion);
        break;
    case WAITER_EXCHANGE:
        exchange_ended(completion->owner);
        break;
    case WAITER_ASYNC:
        async_ended(completion->owner, completion);
        break;
    }
}

void executor_run(struct executor *executor)
{
    struct execution *execution;
    while (executor->err->kind == ERROR_NONE && (execution = wake_next(executor)))
        walk_run(execution);
    devices_serve(executor->devices);
}
