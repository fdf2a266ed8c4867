/* The ZeroMQ end of the scheduling protocol, for zeromq_backend_open and for schedulers that the
 * simulator starts itself, between binding and waiting. */
#ifndef ELASTISIM_SCHEDULER_ZEROMQ_H
#define ELASTISIM_SCHEDULER_ZEROMQ_H

#include "scheduler/backend.h"

struct zeromq;

/* The process that is to connect, where the simulator starts it; outlives the connection. */
struct zeromq_process {
    const char *command;
    /* Whether it has ended, and then how ("ended with exit status 1"). */
    bool (*has_ended)(void *context, char *how, size_t size);
    void *context;
};

/* Binds URL. `process` may be NULL: then somebody else starts the scheduler. `timeout` is in
 * seconds of wall clock, for the connection and for each answer; 0 for none. Returns NULL with err.
 */
struct zeromq *zeromq_open(const char *url, double timeout, const struct zeromq_process *process,
                           struct error *err);
/* Waits until the scheduler has connected. Returns 0, or -1 with err. */
int zeromq_connect(struct zeromq *zeromq, struct error *err);
/* As scheduler_backend.invoke; self is a struct zeromq. */
int zeromq_invoke(void *self, const struct state *state, const struct invocation *invocation,
                  struct decisions *decisions, struct error *err);
/* Tells a scheduler that is still there that the run is over. */
void zeromq_finish(struct zeromq *zeromq);
/* Closes the connection once the last message has left, within a second. NULL is fine. */
void zeromq_close(struct zeromq *zeromq);

#endif
