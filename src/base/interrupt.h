/* SIGINT and SIGTERM end a run cleanly: handlers note the signal, loops and waits look at it. */
#ifndef ELASTISIM_BASE_INTERRUPT_H
#define ELASTISIM_BASE_INTERRUPT_H

#include "base/error.h"

/* Installs the handlers (without SA_RESTART, so that a wait ends with EINTR). A second signal of
 * the same kind kills the process as it would without us.
 * SIGPIPE is ignored: a reader of our messages that goes away must not cost the results. */
void interrupt_install(void);
/* The signal that arrived, 0 when none did. */
int interrupt_signal(void);
/* Fills err with "interrupted by SIGINT" (ERROR_FAILURE) when a signal arrived; returns -1 then,
 * else 0. */
int interrupt_check(struct error *err);

#endif
