/* Async I/O: it does not hold the ranks that start it; the end of the sequence, or else of the
 * block, does until it is done. */
#ifndef ELASTISIM_EXECUTION_ASYNC_H
#define ELASTISIM_EXECUTION_ASYNC_H

#include "execution/shapes.h"

/* Starts I/O of the first `count` ranks and amounts of the executor's working memory, which the
 * caller has taken out of the ready ones: they are ready again. */
void async_start(struct cohort *cohort, const struct task *task, enum load_kind kind,
                 uint32_t count, double flops_per_byte);
/* Some of it has ended: whoever awaited it goes on when the execution has its turn. */
void async_ended(struct async_io *async, const struct completion *completion);
/* Ranks without I/O under way in the sequence at `depth` go first; the others stay in the cohort
 * and wait. Returns whether the cohort goes on whole. */
bool async_pass_sequence_end(struct cohort *cohort, size_t depth);
/* Ends what it has under way and frees it. */
void async_destroy(struct async_io *async);

#endif
