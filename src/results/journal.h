/* The journal (configuration key `events`): a JSON object per line for each thing that happens,
 * with simulated time, kind, job and nodes. docs/journal.md has the fields; replaying the lines
 * gives the state of every job and node at any time. The same events, in words, are what
 * --log=elastisim.thresh:info shows.
 *
 * Functions take a NULL journal, which means that nobody wants to know, and then do nothing. Nodes
 * are IDs.
 */
#ifndef ELASTISIM_RESULTS_JOURNAL_H
#define ELASTISIM_RESULTS_JOURNAL_H

#include "base/error.h"
#include "configuration/configuration.h"
#include "platform/platform.h"

#include <stdint.h>

struct job;
struct journal;
struct state;

/* Creates the file and writes its first line: configuration, scheduler and names of the nodes.
 * *journal is NULL when neither file nor messages are asked for. Returns 0, or -1 with err. */
int journal_open(struct journal **journal, const struct configuration *configuration,
                 const struct platform *platform, const char *scheduler, struct error *err);
/* The last line: how the run stands when it ends. */
void journal_end(struct journal *journal, const struct state *state);
/* Returns 0, or -1 with the file added to err when it could not be written whole. */
int journal_close(struct journal *journal, struct error *err);
/* Returns 0, or -1 with err when something could not be written. */
int journal_check(struct journal *journal, struct error *err);

/* All at the state's present time. */
void journal_submit(struct journal *journal, const struct state *state, const struct job *job);
void journal_start(struct journal *journal, const struct state *state, const struct job *job);
/* A change waits; `nodes` are those reserved for it. */
void journal_reserve(struct journal *journal, const struct state *state, const struct job *job,
                     const uint32_t *nodes, uint32_t count);
/* The change that waited is dropped. */
void journal_withdraw(struct journal *journal, const struct state *state, const struct job *job);
/* A change is applied: the nodes that the job leaves and takes (each kind if any), then it runs its
 * reconfiguration on job->executing. */
void journal_shrink(struct journal *journal, const struct state *state, const struct job *job,
                    const uint32_t *nodes, uint32_t count);
void journal_grow(struct journal *journal, const struct state *state, const struct job *job,
                  const uint32_t *nodes, uint32_t count);
void journal_reconfiguration(struct journal *journal, const struct state *state,
                             const struct job *job);
void journal_resume(struct journal *journal, const struct state *state, const struct job *job);
void journal_complete(struct journal *journal, const struct state *state, const struct job *job);
/* `reason` is "walltime" or "scheduler". */
void journal_kill(struct journal *journal, const struct state *state, const struct job *job,
                  const char *reason);

/* The first ranks of a job begin an iteration of a phase (of `iterations`). */
void journal_iteration(struct journal *journal, const struct state *state, const struct job *job,
                       uint64_t phase, uint64_t iteration, uint64_t iterations);
/* The job stands before an iteration of a phase, and may be resized there. */
void journal_point(struct journal *journal, const struct state *state, const struct job *job,
                   uint64_t phase, uint64_t iteration);
void journal_request(struct journal *journal, const struct state *state, const struct job *job,
                     uint32_t nodes);
/* What became of the request: the job has as many nodes as it asked for, or it has not. */
void journal_answer(struct journal *journal, const struct state *state, const struct job *job,
                    uint32_t nodes);

/* An invocation of the scheduler (enum elastisim_invocation) for a job or for none. */
void journal_invocation(struct journal *journal, const struct state *state, int type,
                        const struct job *job, size_t decisions, double wall_seconds);

#endif
