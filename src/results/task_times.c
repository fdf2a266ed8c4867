/* Promise: a row for each task that ended on a node. */
#include "results/table.h"
#include "system/state.h"

static int notice(void *self, const struct happening *happening, struct error *err)
{
    struct output *file = self;
    const struct state *state = happening->state;
    output_number(file, state->now);
    output_char(file, ',');
    output_count(file, happening->job->request->id);
    output_char(file, ',');
    output_field(file, state->platform->nodes[happening->task.node].name);
    output_char(file, ',');
    output_field(file, happening->task.task->name);
    output_char(file, ',');
    output_number(file, happening->task.duration);
    output_end_row(file);
    return output_check(file, err);
}

static int open_times(struct observer *observer, const struct run_facts *facts, struct error *err)
{
    const struct configuration *configuration = facts->configuration;
    if (!configuration->log_task_times || !configuration->task_times)
        return 0;
    observer->hears = HEARS(TASK_ENDED);
    observer->notice = notice;
    return table_open(observer, configuration->task_times, facts, "task_times",
                      "Time,Job,Node,Task,Duration", err);
}

const struct result_kind task_times_result = {open_times, NULL, table_close};
