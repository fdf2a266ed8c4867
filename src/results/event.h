/* What happens, as JSON objects: those of the journal (docs/journal.md), which the live stream
 * sends, too. */
#ifndef ELASTISIM_RESULTS_EVENT_H
#define ELASTISIM_RESULTS_EVENT_H

#include "results/output.h"
#include "results/result.h"

/* The kinds of happenings that have objects, for struct observer. What changes at nodes follows
 * from what happens to jobs: the journal leaves NODE_CHANGED out. */
uint32_t event_kinds(void);

/* How many objects a happening has: one, or two where a phase begins with its first iteration. */
unsigned event_count(const struct happening *happening);
/* Writes one of them, without a line feed. Returns what it is about, for those who subscribe:
 * "job.start", "scheduler.invocation", "run.end": the object's kind after what it concerns. */
const char *event_write(struct output *out, const struct happening *happening, unsigned index);

/* The first object: configuration, scheduler and names of the nodes. */
void event_write_head(struct output *out, const struct run_facts *facts);
#define EVENT_HEAD_TOPIC "run.begin"

#endif
