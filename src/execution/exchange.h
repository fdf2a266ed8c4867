/* Exchanges between all ranks of a team: they meet first, and nobody goes on before it is done. */
#ifndef ELASTISIM_EXECUTION_EXCHANGE_H
#define ELASTISIM_EXECUTION_EXCHANGE_H

#include "execution/shapes.h"

/* Whether ranks exchange something: the payload counts, whatever it evaluates to, so that where
 * ranks meet does not depend on figures. */
bool exchange_is_due(const struct cohort *cohort, const struct task *task);
/* Starts the exchange after the meeting; clears exchange_pending when there is nothing to exchange.
 */
void exchange_start(struct cohort *cohort, const struct task *task);
/* It has ended: the ranks go on when the execution has its turn. */
void exchange_ended(struct cohort *cohort);

#endif
