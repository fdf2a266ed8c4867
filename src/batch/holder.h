/* The process that holds a platform, and what is said between it and who started it. */
#ifndef ELASTISIM_BATCH_HOLDER_H
#define ELASTISIM_BATCH_HOLDER_H

#include "batch/run.h"

#include <sys/types.h>

/* A line may be this long: it goes to the holder as one message. */
#define LONGEST_LINE 65535

/* To the holder: carry this out. */
struct holder_order {
    unsigned slot;        /* comes back with each answer */
    unsigned long number; /* of the line */
    size_t length;
    char text[LONGEST_LINE + 1];
};

/* From the holder, or from the process of a run: first the outcome, unless it crashed, then that
 * it has ended. */
struct holder_answer {
    unsigned slot;
    bool has_ended;
    int wait_status; /* of waitpid, with has_ended */
    struct batch_outcome outcome;
};

struct holder {
    char *platform_file; /* owned */
    pid_t process;
    int socket;
    unsigned running;   /* runs that it has */
    unsigned long used; /* when it was last given one */
};

/* Starts a process that loads the platform and waits for orders. `others` (of holders before it)
 * are closed in it. Returns 0, or -1 with err. Takes the name. */
int holder_start(struct holder *holder, const struct batch_request *request, char *platform_file,
                 const struct holder *others, size_t num_others, struct error *err);
/* Returns 0, or -1 when it is gone. */
int holder_order(struct holder *holder, const struct holder_order *order);
/* Takes the next answer; waits for it. Returns 0, or -1 when the holder is gone. */
int holder_answer(struct holder *holder, struct holder_answer *answer);
/* Has it end its runs early. */
void holder_interrupt(const struct holder *holder);
/* Waits until it has ended. */
void holder_stop(struct holder *holder);

#endif
