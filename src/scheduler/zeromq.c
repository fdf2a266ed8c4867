/* Promise: every wait ends, with a message, or with an error as soon as the scheduler is gone, is
 * late, or a signal arrives; and what the scheduler sent before it went is read.
 *
 * A ZeroMQ PAIR socket talks to the first peer that shakes hands with it; later ones are connected
 * but mute. It can be written to exactly while it has a peer, which tells when one has come and
 * when it has gone; what the peer sent before can still be read then. The monitor's events wake us
 * at both, and tell of a peer that went and was replaced by another one between two looks.
 */
#include "scheduler/zeromq.h"

#include "base/interrupt.h"
#include "scheduler/endpoint.h"
#include "scheduler/protocol.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum {
    SLICE = 20,   /* ms between two looks at clock, signals and process */
    LINGER = 1000 /* ms that the last message may take to leave */
};

/* Seconds: */
static const double grace = 0.2;    /* for the last words of a process that has ended */
static const double patience = 1.0; /* for a scheduler that is told of the end only */
static const double notice = 2.0;   /* until the user is told what is waited for */

struct zeromq {
    void *context, *socket, *monitor;
    struct endpoint endpoint;
    char *name;                           /* of the scheduler, for messages; owned */
    const struct zeromq_process *process; /* NULL when somebody else starts it */
    double timeout;                       /* seconds; 0 for none */
    struct message message;               /* the one sent last */
    size_t open;                          /* connections, those of strangers included */
    int latest;                           /* file descriptor of the connection that came last */
    int peer; /* ... of the scheduler's; -1 when there were several to choose from */
    bool connected;
    bool gone;    /* was connected, and is no longer */
    bool told;    /* that the run is over */
    char how[64]; /* the process ended; "" while it runs */
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* --- Opening and closing -------------------------------------------------------------------- */

static int fail(struct error *err, const char *action)
{
    return error_set(err, ERROR_FAILURE, "ZeroMQ can't %s: %s", action, zmq_strerror(zmq_errno()));
}

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

static int open_monitor(struct zeromq *zeromq, struct error *err)
{
    static const char url[] = "inproc://connections";
    const int events = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    zeromq->monitor = zmq_socket(zeromq->context, ZMQ_PAIR);
    if (!zeromq->monitor)
        return fail(err, "create a socket");
    /* Whoever connects and leaves while nobody looks must not fill the queue: ZeroMQ would wait. */
    set_option(zeromq->monitor, ZMQ_RCVHWM, 0);
    if (zmq_socket_monitor(zeromq->socket, url, events) || zmq_connect(zeromq->monitor, url))
        return fail(err, "monitor its connections");
    return 0;
}

static int open_socket(struct zeromq *zeromq, const char *url, struct error *err)
{
    zeromq->context = zmq_ctx_new();
    zeromq->socket = zeromq->context ? zmq_socket(zeromq->context, ZMQ_PAIR) : NULL;
    if (!zeromq->socket)
        return fail(err, "create a socket");
    keep_alive(zeromq->socket);
    if (open_monitor(zeromq, err))
        return -1;
    return endpoint_bind(&zeromq->endpoint, zeromq->socket, url, err);
}

static char *name_of(const char *url, const struct zeromq_process *process)
{
    const char *format = process ? "the scheduler command '%s'" : "the scheduler at %s";
    const char *which = process ? process->command : url;
    size_t size = strlen(format) + strlen(which);
    char *name = malloc(size);
    if (name)
        snprintf(name, size, format, which);
    return name;
}

struct zeromq *zeromq_open(const char *url, double timeout, const struct zeromq_process *process,
                           struct error *err)
{
    struct zeromq *zeromq = calloc(1, sizeof *zeromq);
    if (!zeromq || !(zeromq->name = name_of(url, process))) {
        free(zeromq);
        error_no_memory(err);
        return NULL;
    }
    zeromq->timeout = timeout;
    zeromq->process = process;
    zeromq->peer = -1;
    if (open_socket(zeromq, url, err)) {
        zeromq_close(zeromq);
        return NULL;
    }
    return zeromq;
}

static void close_socket(void *socket, int linger)
{
    if (!socket)
        return;
    set_option(socket, ZMQ_LINGER, linger);
    zmq_close(socket);
}

void zeromq_close(struct zeromq *zeromq)
{
    if (!zeromq)
        return;
    if (zeromq->socket)
        zmq_socket_monitor(zeromq->socket, NULL, 0);
    close_socket(zeromq->monitor, 0);
    close_socket(zeromq->socket, zeromq->told ? LINGER : 0);
    while (zeromq->context && zmq_ctx_term(zeromq->context) && zmq_errno() == EINTR)
        ;
    endpoint_release(&zeromq->endpoint);
    message_release(&zeromq->message);
    free(zeromq->name);
    free(zeromq);
}

/* --- Who is there --------------------------------------------------------------------------- */

/* Takes the next event of the monitor: two frames, of which the first one holds number and value.
 */
static bool next_event(void *monitor, uint16_t *event, int32_t *value)
{
    unsigned char frame[sizeof *event + sizeof *value];
    char address[256];
    if (zmq_recv(monitor, frame, sizeof frame, ZMQ_DONTWAIT) != (int)sizeof frame)
        return false;
    memcpy(event, frame, sizeof *event);
    memcpy(value, frame + sizeof *event, sizeof *value);
    zmq_recv(monitor, address, sizeof address, ZMQ_DONTWAIT);
    return true;
}

static void note_events(struct zeromq *zeromq)
{
    uint16_t event;
    int32_t value;
    while (next_event(zeromq->monitor, &event, &value)) {
        if (event == ZMQ_EVENT_ACCEPTED) {
            zeromq->open++;
            zeromq->latest = value;
        } else if (event == ZMQ_EVENT_DISCONNECTED) {
            zeromq->open--;
            if (value == zeromq->peer)
                zeromq->gone = true;
        }
    }
}

static bool has_peer(const struct zeromq *zeromq)
{
    int events = 0;
    size_t size = sizeof events;
    zmq_getsockopt(zeromq->socket, ZMQ_EVENTS, &events, &size);
    return events & ZMQ_POLLOUT;
}

static void look(struct zeromq *zeromq)
{
    /* In this order: the events of a peer that is there have been sent. */
    bool peer = has_peer(zeromq);
    note_events(zeromq);
    if (peer && !zeromq->connected) {
        zeromq->connected = true;
        zeromq->peer = zeromq->open == 1 ? zeromq->latest : -1;
    } else if (!peer && zeromq->connected) {
        zeromq->gone = true;
    }
}

static bool process_has_ended(struct zeromq *zeromq)
{
    const struct zeromq_process *process = zeromq->process;
    if (process && !zeromq->how[0])
        process->has_ended(process->context, zeromq->how, sizeof zeromq->how);
    return zeromq->how[0];
}

/* --- Waiting -------------------------------------------------------------------------------- */

/* What is waited for. */
enum stage { TO_CONNECT, TO_ANSWER };

struct wait {
    enum stage stage;
    double begin;
    double limit;      /* seconds; 0 for none */
    double lost_since; /* 0 while it is not */
    bool noticed;      /* the user was told */
};

static int fail_late(const struct zeromq *zeromq, const struct wait *wait, struct error *err)
{
    if (wait->stage == TO_ANSWER)
        return error_set(err, ERROR_SCHEDULER,
                         "%s did not answer within %.15g s; raise scheduler_timeout if it needs "
                         "longer",
                         zeromq->name, wait->limit);
    if (zeromq->process)
        return error_set(err, ERROR_SCHEDULER,
                         "%s did not connect within %.15g s; it has to connect to the URL in its "
                         "environment variable ELASTISIM_URL",
                         zeromq->name, wait->limit);
    return error_set(err, ERROR_SCHEDULER,
                     "no scheduler connected to %s within %.15g s; start one that connects there "
                     "with a ZeroMQ PAIR socket, or raise scheduler_timeout",
                     zeromq->endpoint.url, wait->limit);
}

static int fail_lost(const struct zeromq *zeromq, const struct wait *wait, struct error *err)
{
    return error_set(err, ERROR_SCHEDULER, "%s %s before it %s; its own output may say why",
                     zeromq->name, zeromq->how[0] ? zeromq->how : "disconnected",
                     wait->stage == TO_CONNECT ? "connected" : "answered");
}

/* Whether nothing more is to come. The end of the connection and that of the process show in
 * any order; both are waited for a little: for the last message, and to tell how the process ended.
 */
static bool is_lost(struct zeromq *zeromq, struct wait *wait)
{
    bool ended = process_has_ended(zeromq);
    if (!zeromq->gone && !ended)
        return false;
    if (zeromq->gone && (ended || !zeromq->process))
        return true;
    if (wait->lost_since <= 0)
        wait->lost_since = now();
    return now() - wait->lost_since >= grace;
}

static void tell_user(const struct zeromq *zeromq, struct wait *wait, double elapsed)
{
    if (wait->noticed || wait->stage != TO_CONNECT || elapsed < notice)
        return;
    wait->noticed = true;
    if (zeromq->process)
        fprintf(stderr, "elastisim: waiting for %s to connect\n", zeromq->name);
    else
        fprintf(stderr, "elastisim: waiting for a scheduler to connect to %s\n",
                zeromq->endpoint.url);
}

static bool receive(struct zeromq *zeromq, zmq_msg_t *message)
{
    return zmq_msg_recv(message, zeromq->socket, ZMQ_DONTWAIT) >= 0;
}

static void sleep_until_event(const struct zeromq *zeromq, const struct wait *wait, double elapsed)
{
    zmq_pollitem_t items[] = {{.socket = zeromq->socket, .events = ZMQ_POLLIN},
                              {.socket = zeromq->monitor, .events = ZMQ_POLLIN}};
    double left = 1e3 * (wait->limit - elapsed);
    zmq_poll(items, 2, wait->limit > 0 && left < SLICE ? (long)left + 1 : SLICE);
}

/* Waits until the scheduler is there (returns 0) or a message of it (returns 1). Returns -1 with
 * err when it is gone, is late or a signal arrived. */
static int await(struct zeromq *zeromq, enum stage stage, double limit, zmq_msg_t *message,
                 struct error *err)
{
    struct wait wait = {.stage = stage, .begin = now(), .limit = limit};
    for (;;) {
        if (receive(zeromq, message))
            return 1;
        look(zeromq);
        if (stage == TO_CONNECT && zeromq->connected)
            return 0;
        if (interrupt_check(err))
            return -1;
        if (is_lost(zeromq, &wait))
            /* All that was sent has arrived by now. */
            return receive(zeromq, message) ? 1 : fail_lost(zeromq, &wait, err);
        double elapsed = now() - wait.begin;
        if (limit > 0 && elapsed >= limit)
            return fail_late(zeromq, &wait, err);
        tell_user(zeromq, &wait, elapsed);
        sleep_until_event(zeromq, &wait, elapsed);
    }
}

/* --- Invoking ------------------------------------------------------------------------------- */

/* Sends the message written last; false when there is no peer. */
static bool send_message(struct zeromq *zeromq)
{
    const struct message *message = &zeromq->message;
    int sent;
    while ((sent = zmq_send(zeromq->socket, message->text, message->length, ZMQ_DONTWAIT)) < 0 &&
           zmq_errno() == EINTR)
        ;
    return sent >= 0;
}

static int ask(struct zeromq *zeromq, const struct state *state,
               const struct invocation *invocation, zmq_msg_t *answer, struct error *err)
{
    if (message_write_invocation(&zeromq->message, state, invocation, err))
        return -1;
    look(zeromq); /* the invocation is not for a peer that has taken another one's place */
    if (!zeromq->gone && !send_message(zeromq))
        zeromq->gone = true;
    return await(zeromq, TO_ANSWER, zeromq->timeout, answer, err) < 0 ? -1 : 0;
}

static int read_answer(zmq_msg_t *answer, bool asked, struct decisions *decisions,
                       struct error *err)
{
    if (answer_read("the scheduler's answer", zmq_msg_data(answer), zmq_msg_size(answer), decisions,
                    err))
        return -1;
    if (asked)
        return 0;
    decisions_clear(decisions);
    return error_set(err, ERROR_SCHEDULER,
                     "the scheduler sent an answer before it was asked; it is to send one answer "
                     "per invocation");
}

/* Asks once the scheduler is there, and reads its answer. */
static int converse(struct zeromq *zeromq, const struct state *state,
                    const struct invocation *invocation, struct decisions *decisions,
                    zmq_msg_t *answer, struct error *err)
{
    int early = zeromq->connected ? receive(zeromq, answer)
                                  : await(zeromq, TO_CONNECT, zeromq->timeout, answer, err);
    if (early < 0)
        return -1;
    if (!early && ask(zeromq, state, invocation, answer, err))
        return -1;
    return read_answer(answer, !early, decisions, err);
}

int zeromq_invoke(void *self, const struct state *state, const struct invocation *invocation,
                  struct decisions *decisions, struct error *err)
{
    char when[96];
    zmq_msg_t answer;
    zmq_msg_init(&answer);
    int result = converse(self, state, invocation, decisions, &answer, err);
    zmq_msg_close(&answer);
    if (result && err->kind == ERROR_SCHEDULER)
        error_prefix(err, "%s", invocation_text(state, invocation, when, sizeof when));
    return result;
}

/* --- The end -------------------------------------------------------------------------------- */

bool zeromq_finish(struct zeromq *zeromq, bool failed)
{
    struct error ignored = {0};
    look(zeromq);
    if (!zeromq->connected && !failed) {
        zmq_msg_t message;
        zmq_msg_init(&message);
        await(zeromq, TO_CONNECT, patience, &message, &ignored);
        zmq_msg_close(&message);
    }
    if (zeromq->connected && !zeromq->gone && message_write_end(&zeromq->message, &ignored) == 0)
        zeromq->told = send_message(zeromq);
    return zeromq->connected;
}

/* --- The backend ---------------------------------------------------------------------------- */

static void finalize(void *self, bool failed)
{
    zeromq_finish(self, failed);
}

static void destroy(void *self)
{
    zeromq_close(self);
}

int zeromq_backend_open(struct scheduler_backend *backend, const char *url, double timeout,
                        struct error *err)
{
    struct zeromq *zeromq = zeromq_open(url, timeout, NULL, err);
    if (!zeromq)
        return -1;
    *backend = (struct scheduler_backend){
        .self = zeromq, .invoke = zeromq_invoke, .finalize = finalize, .destroy = destroy};
    return 0;
}
