/* Promise: strangers that come and go do not show.
 *
 * A ZeroMQ PAIR socket talks to the first peer that shakes hands with it; later ones are connected
 * but mute. It can be written to exactly while it has a peer: that tells when one has come and when
 * it has gone. What a peer sent can still be read when it has gone.
 */
#include "base/context.h"
#include "base/endpoint.h"
#include "scheduler/transport.h"

#include <errno.h>
#include <stdlib.h>

/* Milliseconds that the last message may take to leave, and ZeroMQ to end. */
enum { LINGER = 5000, PATIENCE = 2000 };

struct zeromq {
    void *context, *socket;
    struct endpoint endpoint;
    zmq_msg_t message; /* the one received last */
    bool lost;         /* it could not be sent to */
};

/* --- Opening and closing -------------------------------------------------------------------- */

static void set_option(void *socket, int option, int value)
{
    zmq_setsockopt(socket, option, &value, sizeof value);
}

/* Over TCP a machine can vanish without a word. The kernel's own probes, unlike ZeroMQ's
 * heartbeats, are answered by a scheduler that is halted in a debugger, too. */
static void keep_alive(void *socket)
{
    set_option(socket, ZMQ_TCP_KEEPALIVE, 1);
    set_option(socket, ZMQ_TCP_KEEPALIVE_IDLE, 60);
    set_option(socket, ZMQ_TCP_KEEPALIVE_INTVL, 10);
    set_option(socket, ZMQ_TCP_KEEPALIVE_CNT, 6);
}

static const struct endpoint_use use = {"wait for a scheduler", "schedulers"};

static int open_socket(struct zeromq *zeromq, const char *url, struct error *err)
{
    zeromq->context = zmq_ctx_new();
    zeromq->socket = zeromq->context ? zmq_socket(zeromq->context, ZMQ_PAIR) : NULL;
    if (!zeromq->socket)
        return error_set(err, ERROR_FAILURE, "ZeroMQ can't create a socket: %s",
                         zmq_strerror(zmq_errno()));
    keep_alive(zeromq->socket);
    return endpoint_bind(&zeromq->endpoint, zeromq->socket, url, &use, err);
}

static void zeromq_close(void *self, bool told)
{
    struct zeromq *zeromq = self;
    zmq_msg_close(&zeromq->message);
    if (zeromq->socket) {
        set_option(zeromq->socket, ZMQ_LINGER, told ? LINGER : 0);
        zmq_close(zeromq->socket);
    }
    context_end(zeromq->context, (told ? LINGER : 0) + PATIENCE);
    endpoint_release(&zeromq->endpoint);
    free(zeromq);
}

/* --- Messages ------------------------------------------------------------------------------- */

static int peer_events(const struct zeromq *zeromq)
{
    int events = 0;
    size_t size = sizeof events;
    zmq_getsockopt(zeromq->socket, ZMQ_EVENTS, &events, &size);
    return events;
}

static int look_for_peer(void *self, bool *found, struct error *err)
{
    (void)err;
    *found = peer_events(self) != 0;
    return 0;
}

/* Who connects so is told everything as it ever was. */
static bool wants_groups(const void *self)
{
    (void)self;
    return false;
}

static bool is_gone(void *self)
{
    struct zeromq *zeromq = self;
    if (!zeromq->lost && !(peer_events(zeromq) & ZMQ_POLLOUT))
        zeromq->lost = true;
    return zeromq->lost;
}

static bool send_text(void *self, struct text text)
{
    struct zeromq *zeromq = self;
    int sent;
    while ((sent = zmq_send(zeromq->socket, text.bytes, text.length, ZMQ_DONTWAIT)) < 0 &&
           zmq_errno() == EINTR)
        ;
    zeromq->lost = zeromq->lost || sent < 0;
    return sent >= 0;
}

static bool receive(void *self, struct text *text)
{
    struct zeromq *zeromq = self;
    if (zmq_msg_recv(&zeromq->message, zeromq->socket, ZMQ_DONTWAIT) < 0)
        return false;
    *text = (struct text){zmq_msg_data(&zeromq->message), zmq_msg_size(&zeromq->message)};
    return true;
}

static zmq_pollitem_t to_wait_for(void *self, bool connecting)
{
    struct zeromq *zeromq = self;
    return (zmq_pollitem_t){.socket = zeromq->socket,
                            .events = connecting ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN};
}

int zeromq_open(struct transport *transport, const char *url, const char **bound, struct error *err)
{
    struct zeromq *zeromq = calloc(1, sizeof *zeromq);
    if (!zeromq)
        return error_no_memory(err);
    zmq_msg_init(&zeromq->message);
    if (open_socket(zeromq, url, err)) {
        zeromq_close(zeromq, false);
        return -1;
    }
    *bound = zeromq->endpoint.url;
    *transport = (struct transport){zeromq,  look_for_peer, wants_groups, send_text,
                                    receive, is_gone,       to_wait_for,  zeromq_close};
    return 0;
}
