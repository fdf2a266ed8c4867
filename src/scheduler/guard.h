/* Calls of code that is not ours, inside our process: what crashes, exits or does not come back is
 * left by a long jump to the call.
 *
 * There is one guard, since signal handlers and exit know nothing of who runs; calls may be nested.
 * What was left is never to be called again: nobody knows what is left of it.
 */
#ifndef ELASTISIM_SCHEDULER_GUARD_H
#define ELASTISIM_SCHEDULER_GUARD_H

#include <stdbool.h>

/* Beside the number of a signal: why a call was left. */
enum { GUARD_EXITED = -1, GUARD_LATE = -2, GUARD_HURRIED = -3 };

/* How long a call may take. */
struct guard_limit {
    double seconds; /* of wall clock; 0 for any */
    /* Asks the code to come back by itself; it is left a grace later. Called in a signal handler.
     * NULL: it is left at once. */
    void (*soften)(void);
};

/* Signals are handled between these two. */
void guard_install(void);
void guard_remove(void);

/* Calls the function; *result is what it returned. Returns 0, or why it was left. */
int guard_call(int (*function)(void *), void *context, struct guard_limit limit, int *result);
/* Whether the limit of the last call was reached, though the code came back. */
bool guard_was_late(void);
/* Of a call under way: it may take no longer than a grace from now. In a signal handler, too. */
void guard_hurry(void);

/* Code of ours that is called back by guarded code is not guarded: between these two. The limit of
 * the call is over with the first one. */
void guard_pause(void);
void guard_resume(void);
/* Leaves the innermost call that is under way, from code of ours that it called back. */
void guard_leave(int reason) __attribute__((noreturn));

/* The results are written after a call was left; if that hangs, because the code held a lock, the
 * process ends. */
void guard_last_gasp(void);

#endif
