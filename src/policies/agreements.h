/* Agreements as they were published [Posner, Hupfeld, Finnerty 2023], from what the published
 * schedulers do: https://github.com/projectwagomu/MalleableJobScheduling. docs/policies.md has what
 * is otherwise here. Functions return 0, or -1 as the books do.
 *
 * Running jobs hand over to a waiting one as many nodes as it needs, whatever is idle. It starts
 * when so many of them are idle; only jobs without an agreement start on others. Running jobs that
 * have a change ahead of them are left alone. All do nothing under other strategies.
 */
#ifndef ELASTISIM_POLICIES_AGREEMENTS_H
#define ELASTISIM_POLICIES_AGREEMENTS_H

#include "policies/books.h"

/* Starts the jobs whose nodes have come, in the order of the queue. */
int agreements_start(struct books *books);
/* Makes an agreement for each waiting job that has none and that others can help, in the order of
 * the queue. */
int agreements_make(struct books *books);
/* Has running jobs grow into what is idle. */
int agreements_grow(struct books *books);

#endif
