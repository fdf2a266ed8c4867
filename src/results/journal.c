/* The journal (configuration key `events`): a JSON object per line for each thing that happens,
 * with simulated time, kind, job and nodes. docs/journal.md has the fields; replaying the lines
 * gives the state of every job and node at any time. */
#include "results/event.h"
#include "results/table.h"

#include <stdlib.h>

static int notice(void *self, const struct happening *happening, struct error *err)
{
    for (unsigned i = 0, count = event_count(happening); i < count; i++) {
        event_write(self, happening, i);
        output_end_row(self);
    }
    return output_check(self, err);
}

static int open_journal(struct observer *observer, const struct run_facts *facts, struct error *err)
{
    const struct configuration *configuration = facts->configuration;
    if (!configuration->events)
        return 0;
    struct output *file = calloc(1, sizeof *file);
    if (!file)
        return error_no_memory(err);
    *observer = (struct observer){
        .hears = event_kinds() & ~HEARS(NODE_CHANGED), .notice = notice, .self = file};
    if (output_open(file, configuration->events, configuration->file, "events", err))
        return -1;
    event_write_head(file, facts);
    output_end_row(file);
    return 0;
}

const struct result_kind journal_result = {open_journal, NULL, table_close};
