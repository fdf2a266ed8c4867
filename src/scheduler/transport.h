/* How messages go to an external scheduler and come back: over ZeroMQ, or directly over a socket of
 * the system's. external.c does the waiting; what is here never waits. */
#ifndef ELASTISIM_SCHEDULER_TRANSPORT_H
#define ELASTISIM_SCHEDULER_TRANSPORT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

/* A message that came; valid until the next look for one. */
struct text {
    const char *bytes; /* not terminated; borrowed */
    size_t length;
};

struct transport {
    void *self;
    /* Whether a scheduler is connected, or was and left something to read. Returns -1 with err
     * when one came that does not speak the protocol, else 0. */
    int (*look_for_peer)(void *self, bool *found, struct error *err);
    /* Whether it wants the nodes of an invocation in groups; once it is found. */
    bool (*wants_groups)(const void *self);
    /* Begins to send; the text is the caller's, and stays as it is until an answer has come.
     * Returns whether there is anybody to read it. */
    bool (*send)(void *self, struct text text);
    /* Whether a message has come: then *text is it. Goes on with sending, too. */
    bool (*receive)(void *self, struct text *text);
    /* Whether the peer has gone; what it sent before may still be there to be received. */
    bool (*is_gone)(void *self);
    /* What to wait for until there may be something to receive, or a peer if `connecting`. */
    zmq_pollitem_t (*to_wait_for)(void *self, bool connecting);
    /* Lets go of everything; `told` when the last message is to arrive. */
    void (*close)(void *self, bool told);
};

/* zeromq.c: binds a PAIR socket. *bound is the URL, as it is to be told; borrowed. Returns 0, or -1
 * with err. */
int zeromq_open(struct transport *transport, const char *url, const char **bound,
                struct error *err);
/* direct.c: waits at a socket file, in a folder of ours. Returns 0, or -1 with err. */
int direct_open(struct transport *transport, const char *path, struct error *err);

#endif
