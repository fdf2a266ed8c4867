/* Catches what a library writes to standard error. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_CAPTURE_H
#define ELASTISIM_RESOURCES_SIMGRID_CAPTURE_H

#include <stdbool.h>

/* Catches from now on; one at a time. Where that is impossible, the library is heard as usual. */
void capture_begin(void);
/* Gives standard error back. Returns what was written meanwhile, to be freed; NULL when nothing was
 * or could be caught. */
char *capture_end(void);
/* The descriptor that standard error has while it is not caught. */
int capture_real_stderr(void);

/* Some libraries end the process. From now on, if this happens while standard error is caught, what
 * was caught is shown, and unless it was `expected` (help was asked for) the exit status is that of
 * bad input. */
void capture_watch_exit(bool expected);

#endif
