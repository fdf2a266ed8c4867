#include "base/interrupt.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* A second one of these is somebody who has lost patience. A terminal that is closed may send
 * SIGHUP twice, and SIGXCPU comes again every second. */
static const struct {
    int number;
    const char *name;
    int flags;
} endings[] = {
    {SIGINT, "SIGINT", (int)SA_RESETHAND},
    {SIGTERM, "SIGTERM", (int)SA_RESETHAND},
    {SIGHUP, "SIGHUP", 0},
    {SIGXCPU, "SIGXCPU", 0},
};
#define NUM_ENDINGS (sizeof endings / sizeof *endings)

static volatile sig_atomic_t received;
static void (*volatile also)(void);

static void note(int number)
{
    received = number;
    if (also)
        also();
}

void interrupt_tell(void (*tell)(void))
{
    also = tell;
}

/* Who runs us under nohup wants us to outlive the terminal. */
static bool stays_ignored(int number)
{
    struct sigaction former;
    return number == SIGHUP && sigaction(number, NULL, &former) == 0 &&
           former.sa_handler == SIG_IGN;
}

void interrupt_install(void)
{
    for (size_t i = 0; i < NUM_ENDINGS; i++) {
        struct sigaction action = {.sa_handler = note, .sa_flags = endings[i].flags};
        sigemptyset(&action.sa_mask);
        if (!stays_ignored(endings[i].number))
            sigaction(endings[i].number, &action, NULL);
    }
    /* Neither a reader of our messages that goes away nor a file that may not grow must cost the
     * results. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

int interrupt_signal(void)
{
    return received;
}

static const char *name_of(int number)
{
    for (size_t i = 0; i < NUM_ENDINGS; i++)
        if (endings[i].number == number)
            return endings[i].name;
    return "a signal";
}

int interrupt_check(struct error *err)
{
    if (!received)
        return 0;
    return error_set(err, ERROR_FAILURE, "interrupted by %s; the results so far are written",
                     name_of(received));
}

int interrupt_check_reading(struct error *err)
{
    if (!received)
        return 0;
    return error_set(err, ERROR_FAILURE, "interrupted by %s while the inputs were read",
                     name_of(received));
}
