/* An external scheduler, from the first message to the last, for zeromq_backend_open and for
 * schedulers that the simulator starts itself, between binding and waiting. */
#ifndef ELASTISIM_SCHEDULER_EXTERNAL_H
#define ELASTISIM_SCHEDULER_EXTERNAL_H

#include "scheduler/backend.h"

struct external;

/* The process that is to connect, where the simulator starts it; outlives the connection. */
struct external_process {
    const char *command;
    /* Whether it has ended, and then how ("ended with exit status 1"). */
    bool (*has_ended)(void *context, char *how, size_t size);
    void *context;
    /* The file of the socket for schedulers that need no ZeroMQ, in a folder of ours. */
    const char *direct;
};

/* Binds URL, and the direct socket of `process`. `process` may be NULL: then somebody else starts
 * the scheduler. `timeout` is in seconds of wall clock, for the connection and for each answer; 0
 * for none. Returns NULL with err. */
struct external *external_open(const char *url, double timeout,
                               const struct external_process *process, struct error *err);
/* Waits until the scheduler has connected. Returns 0, or -1 with err. */
int external_connect(struct external *external, struct error *err);
/* As scheduler_backend.invoke; self is a struct external. */
int external_invoke(void *self, const struct state *state, const struct invocation *invocation,
                    struct decisions *decisions, struct error *err);
/* Tells a scheduler that is still there that the run is over. */
void external_finish(struct external *external);
/* Closes the connection once the last message has left, within some seconds. NULL is fine. */
void external_close(struct external *external);

#endif
