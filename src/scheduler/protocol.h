/* The messages of the scheduling protocol (docs/protocol.md): JSON texts, told apart by a code. */
#ifndef ELASTISIM_SCHEDULER_PROTOCOL_H
#define ELASTISIM_SCHEDULER_PROTOCOL_H

#include "scheduler/backend.h"

#include <stddef.h>

/* Simulator to scheduler: what changed and why it is asked. Codes are plain JSON numbers. */
#define PROTOCOL_INVOCATION 0xFFEC4400U
/* Scheduler to simulator: what it decided. */
#define PROTOCOL_ANSWER 0xFFEC4401U
/* Scheduler to simulator, in place of an answer: what it raised. */
#define PROTOCOL_FAILURE 0xFFEC44EEU
/* Scheduler to simulator, before anything else, where it connects directly: how it wants to be
 * told. */
#define PROTOCOL_HELLO 0xFFEC4402U
/* Simulator to scheduler: there will be no further invocation. */
#define PROTOCOL_END 0xFFEC44FFU

/* A message being written. A zeroed one is empty; its memory serves one message after another. */
struct message {
    char *text; /* length bytes, not terminated; owned */
    size_t length;
    size_t capacity;
    bool failed;     /* memory ran out */
    bool introduced; /* an invocation was written: what never changes is told in the first one */
    bool grouped;    /* nodes that have changed alike are told together, from the second one on */
    bool *told;      /* scratch: which of the changed nodes are written; owned */
    size_t told_room;
};

/* Writes an invocation in place of what the message held. Costs what it tells, not what is there.
 * Returns 0, or -1 with err when out of memory. */
int message_write_invocation(struct message *message, const struct state *state,
                             const struct invocation *invocation, struct error *err);
/* Writes the end; the same. */
int message_write_end(struct message *message, struct error *err);
void message_release(struct message *message);

/* Reads what the scheduler sent into decisions (empty at the call). `name` stands for it in
 * messages. Returns 0, or -1 with err (ERROR_SCHEDULER) when it is malformed or says that the
 * scheduler raised an exception; decisions are empty then. */
int protocol_read_answer(const char *name, const char *text, size_t length,
                         struct decisions *decisions, struct error *err);

/* Reads how a scheduler introduces itself, and whether it wants nodes in groups. Returns 0, or -1
 * with err (ERROR_SCHEDULER). */
int protocol_read_hello(const char *name, const char *text, size_t length, bool *grouped,
                        struct error *err);

/* When and why the scheduler is asked, for messages: "at 12.5 s (job submit of job 3)" into buffer
 * (cut when too long); returns buffer. */
const char *invocation_text(const struct state *state, const struct invocation *invocation,
                            char *buffer, size_t size);

#endif
