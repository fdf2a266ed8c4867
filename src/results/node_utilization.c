/* Promise: a row for each change of a node: what the node is at that instant. */
#include "results/table.h"
#include "system/state.h"

static void put_jobs(struct output *file, struct job *(*get)(const struct node *, uint32_t),
                     const struct node *node, uint32_t count)
{
    if (count == 0)
        output_text(file, "none");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            output_char(file, ';');
        output_count(file, get(node, i)->request->id);
    }
}

static int notice(void *self, const struct happening *happening, struct error *err)
{
    struct output *file = self;
    const struct node *node = happening->node;
    output_number(file, happening->state->now);
    output_char(file, ',');
    output_field(file, node->description->name);
    output_char(file, ',');
    output_text(file, node_condition_name(node));
    output_char(file, ',');
    put_jobs(file, node_running_job, node, node_num_running(node));
    output_char(file, ',');
    put_jobs(file, node_expected_job, node, node_num_expected(node));
    output_end_row(file);
    return output_check(file, err);
}

static int open_utilization(struct observer *observer, const struct run_facts *facts,
                            struct error *err)
{
    const char *path = facts->configuration->node_utilization;
    if (!path)
        return 0;
    observer->hears = HEARS(NODE_CHANGED);
    observer->notice = notice;
    return table_open(observer, path, facts, "node_utilization",
                      "Time,Node,State,Running jobs,Expected jobs", err);
}

const struct result_kind node_utilization_result = {open_utilization, NULL, table_close};
