#include "base/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t received;

static void note(int number)
{
    received = number;
}

void interrupt_install(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A reader of our messages that goes away must not cost the results. */
    signal(SIGPIPE, SIG_IGN);
}

int interrupt_signal(void)
{
    return received;
}

int interrupt_check(struct error *err)
{
    if (!received)
        return 0;
    return error_set(err, ERROR_FAILURE, "interrupted by %s; the results so far are written",
                     received == SIGINT ? "SIGINT" : "SIGTERM");
}
