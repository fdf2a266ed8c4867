/* Promise: every wait ends, with a message, or with an error as soon as the scheduler is gone, is
 * late, or a signal arrives; and what the scheduler sent before it went is read.
 *
 * A ZeroMQ PAIR socket talks to the first peer that shakes hands with it; later ones are connected
 * but mute. It can be written to exactly while it has a peer: that tells when one has come and when
 * it has gone, and strangers that come and go do not show. What a peer sent can still be read when
 * it has gone.
 */
#include "scheduler/zeromq.h"

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/interrupt.h"
#include "scheduler/protocol.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum {
    SLICE = 20,   /* ms between two looks at peer, process, clock and signals */
    LINGER = 5000 /* ms that the last message may take to leave */
};

/* Seconds: */
static const double last_words = 1.0;   /* that a process that has ended said may be on its way */
static const double last_breath = 5.0;  /* of a process that has disconnected, on a busy machine */
static const double first_notice = 2.0; /* until the user is told what is waited for */
static const double second_notice = 10.0; /* until the user is told what may be wrong with it */

struct zeromq {
    void *context, *socket;
    struct endpoint endpoint;
    char *name;                           /* of the scheduler, for messages; owned */
    const struct zeromq_process *process; /* NULL when somebody else starts it */
    double timeout;                       /* seconds; 0 for none */
    struct message message;               /* the one sent last */
    bool gone;                            /* was connected, and is no longer */
    bool told;                            /* that the run is over */
    char how[64];                         /* the process ended; "" while it runs */
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
    if (open_socket(zeromq, url, err)) {
        zeromq_close(zeromq);
        return NULL;
    }
    return zeromq;
}

void zeromq_close(struct zeromq *zeromq)
{
    if (!zeromq)
        return;
    if (zeromq->socket) {
        set_option(zeromq->socket, ZMQ_LINGER, zeromq->told ? LINGER : 0);
        zmq_close(zeromq->socket);
    }
    while (zeromq->context && zmq_ctx_term(zeromq->context) && zmq_errno() == EINTR)
        ;
    endpoint_release(&zeromq->endpoint);
    message_release(&zeromq->message);
    free(zeromq->name);
    free(zeromq);
}

/* --- Waiting -------------------------------------------------------------------------------- */

/* What is waited for. */
enum stage { TO_CONNECT, TO_ANSWER };

struct wait {
    enum stage stage;
    double begin;
    double lost_since; /* 0 while it is not */
    int notices;       /* that the user was given */
};

static int fail_late(const struct zeromq *zeromq, enum stage stage, struct error *err)
{
    if (stage == TO_ANSWER)
        return error_set(err, ERROR_SCHEDULER,
                         "%s did not answer within %.15g s; raise scheduler_timeout if it needs "
                         "longer",
                         zeromq->name, zeromq->timeout);
    if (zeromq->process)
        return error_set(err, ERROR_SCHEDULER,
                         "%s did not connect within %.15g s; it has to connect to the URL in its "
                         "environment variable ELASTISIM_URL",
                         zeromq->name, zeromq->timeout);
    return error_set(err, ERROR_SCHEDULER,
                     "no scheduler connected to %s within %.15g s; start one that connects there "
                     "with a ZeroMQ PAIR socket, or raise scheduler_timeout",
                     zeromq->endpoint.url, zeromq->timeout);
}

static int fail_lost(const struct zeromq *zeromq, enum stage stage, struct error *err)
{
    return error_set(err, ERROR_SCHEDULER, "%s %s before it %s; its own output may say why",
                     zeromq->name, zeromq->how[0] ? zeromq->how : "disconnected",
                     stage == TO_CONNECT ? "connected" : "answered");
}

static int peer_events(const struct zeromq *zeromq)
{
    int events = 0;
    size_t size = sizeof events;
    zmq_getsockopt(zeromq->socket, ZMQ_EVENTS, &events, &size);
    return events;
}

static bool process_has_ended(struct zeromq *zeromq)
{
    const struct zeromq_process *process = zeromq->process;
    if (process && !zeromq->how[0])
        process->has_ended(process->context, zeromq->how, sizeof zeromq->how);
    return zeromq->how[0];
}

/* Whether nothing more is to come. The end of the connection and that of the process show in any
 * order; both are waited for a little: for the last message, and to tell how the process ended. */
static bool is_lost(struct zeromq *zeromq, struct wait *wait)
{
    bool ended = process_has_ended(zeromq);
    if (!zeromq->gone && !ended)
        return false;
    if (zeromq->gone && (ended || !zeromq->process))
        return true;
    if (wait->lost_since <= 0)
        wait->lost_since = wall_seconds();
    return wall_seconds() - wait->lost_since >= (ended ? last_words : last_breath);
}

static void tell_what_for(const struct zeromq *zeromq)
{
    if (zeromq->process)
        fprintf(stderr, "elastisim: waiting for %s to connect\n", zeromq->name);
    else
        fprintf(stderr, "elastisim: waiting for a scheduler to connect at %s\n",
                zeromq->endpoint.url);
}

/* Schedulers written for ElastiSim name a URL of their own, and wait there for ever with a package
 * that takes it. */
static void tell_what_may_be_wrong(const struct zeromq *zeromq)
{
    fprintf(
        stderr,
        "elastisim: %s runs but has not connected for %g s; it has to connect to the URL in its "
        "environment variable ELASTISIM_URL (%s). The elastisim_python of this simulator does, "
        "whatever URL the script names; another one may be in its way (PYTHONPATH)\n",
        zeromq->name, second_notice, zeromq->endpoint.url);
}

static void tell_user(const struct zeromq *zeromq, struct wait *wait, double elapsed)
{
    if (wait->stage != TO_CONNECT)
        return;
    if (wait->notices == 0 && elapsed >= first_notice)
        tell_what_for(zeromq);
    else if (wait->notices == 1 && elapsed >= second_notice && zeromq->process)
        tell_what_may_be_wrong(zeromq);
    else
        return;
    wait->notices++;
}

static void sleep_until_event(const struct zeromq *zeromq, const struct wait *wait, double elapsed)
{
    short events = wait->stage == TO_CONNECT ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN;
    double left = 1e3 * (zeromq->timeout - elapsed);
    zmq_pollitem_t item = {.socket = zeromq->socket, .events = events};
    zmq_poll(&item, 1, zeromq->timeout > 0 && left < SLICE ? (long)left + 1 : SLICE);
}

static bool receive(struct zeromq *zeromq, zmq_msg_t *message)
{
    return zmq_msg_recv(message, zeromq->socket, ZMQ_DONTWAIT) >= 0;
}

/* Whether what is waited for has come: a peer (or what one left behind), or its message. */
static bool has_come(struct zeromq *zeromq, enum stage stage, zmq_msg_t *message)
{
    return stage == TO_CONNECT ? peer_events(zeromq) != 0 : receive(zeromq, message);
}

static int await(struct zeromq *zeromq, enum stage stage, zmq_msg_t *message, struct error *err)
{
    struct wait wait = {.stage = stage, .begin = wall_seconds()};
    while (!has_come(zeromq, stage, message)) {
        if (interrupt_check(err))
            return -1;
        if (stage == TO_ANSWER && !(peer_events(zeromq) & ZMQ_POLLOUT))
            zeromq->gone = true;
        if (is_lost(zeromq, &wait))
            /* All that was sent has arrived by now. */
            return has_come(zeromq, stage, message) ? 0 : fail_lost(zeromq, stage, err);
        double elapsed = wall_seconds() - wait.begin;
        if (zeromq->timeout > 0 && elapsed >= zeromq->timeout)
            return fail_late(zeromq, stage, err);
        tell_user(zeromq, &wait, elapsed);
        sleep_until_event(zeromq, &wait, elapsed);
    }
    return 0;
}

int zeromq_connect(struct zeromq *zeromq, struct error *err)
{
    return await(zeromq, TO_CONNECT, NULL, err);
}

/* --- Invoking ------------------------------------------------------------------------------- */

/* Sends the message written last; nothing happens when there is no peer. */
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
    if (!send_message(zeromq))
        zeromq->gone = true;
    return await(zeromq, TO_ANSWER, answer, err);
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
                     "the scheduler sent an answer before it was asked; it must send one answer "
                     "per invocation");
}

/* What it says unasked is the story of its end, or would be taken for the answer. */
static int converse(struct zeromq *zeromq, const struct state *state,
                    const struct invocation *invocation, struct decisions *decisions,
                    zmq_msg_t *answer, struct error *err)
{
    bool unasked = receive(zeromq, answer);
    if (!unasked && ask(zeromq, state, invocation, answer, err))
        return -1;
    return read_answer(answer, !unasked, decisions, err);
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

void zeromq_finish(struct zeromq *zeromq)
{
    struct error ignored = {0};
    if (!zeromq->gone && message_write_end(&zeromq->message, &ignored) == 0)
        zeromq->told = send_message(zeromq);
}

/* --- The backend ---------------------------------------------------------------------------- */

static void finalize(void *self, bool failed)
{
    (void)failed; /* it is to end either way */
    zeromq_finish(self);
}

static void destroy(void *self)
{
    zeromq_close(self);
}

int zeromq_backend_open(struct scheduler_backend *backend, const char *url, double timeout,
                        struct error *err)
{
    struct zeromq *zeromq = zeromq_open(url, timeout, NULL, err);
    if (!zeromq || zeromq_connect(zeromq, err)) {
        zeromq_close(zeromq);
        return -1;
    }
    *backend = (struct scheduler_backend){
        .self = zeromq, .invoke = zeromq_invoke, .finalize = finalize, .destroy = destroy};
    return 0;
}
