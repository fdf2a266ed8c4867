/* SIGINT, SIGTERM, SIGHUP (the terminal is gone) and SIGXCPU (the limit of CPU time is near) end a
 * run cleanly: handlers note the signal, loops and waits look at it. */
#ifndef ELASTISIM_BASE_INTERRUPT_H
#define ELASTISIM_BASE_INTERRUPT_H

#include "base/error.h"

/* Installs the handlers (without SA_RESTART, so that a wait ends with EINTR). A second SIGINT
 * or SIGTERM kills the process as it would without us. SIGHUP stays ignored where it was (nohup).
 * SIGPIPE and SIGXFSZ are ignored: writing fails with an errno instead. */
void interrupt_install(void);
/* Has the handlers call a function, too, which may do what a handler may; NULL for none. */
void interrupt_tell(void (*tell)(void));
/* The signal that arrived, 0 when none did. */
int interrupt_signal(void);
/* Fills err with "interrupted by SIGINT" (ERROR_FAILURE) when a signal arrived; returns -1 then,
 * else 0. */
int interrupt_check(struct error *err);
/* The same before there are results: "interrupted by SIGINT while the inputs were read". */
int interrupt_check_reading(struct error *err);

#endif
