/* Promise: every wait ends, with a message, or with an error as soon as the scheduler is gone, is
 * late, or a signal arrives; and what the scheduler sent before it went is read.
 *
 * A scheduler that the simulator starts may come in two ways, as it likes: over ZeroMQ, or
 * directly. Whichever it comes by first counts.
 */
#include "scheduler/external.h"

#include "base/clock.h"
#include "base/interrupt.h"
#include "scheduler/protocol.h"
#include "scheduler/transport.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLICE = 20, /* ms between two looks at peer, process, clock and signals */
    WAYS = 2    /* ZeroMQ, and directly */
};

/* Seconds: */
static const double last_words = 1.0; /* of a process that has ended before it was heard of */
static const double last_breath =
    5.0; /* of one that has ended or disconnected, on a busy machine */
static const double first_notice = 2.0;   /* until the user is told what is waited for */
static const double second_notice = 10.0; /* until the user is told what may be wrong with it */

struct external {
    struct transport ways[WAYS]; /* that are open */
    size_t num_ways;
    struct transport *way;                  /* by which it came; NULL before */
    const char *url;                        /* as it was bound; borrowed */
    char *name;                             /* of the scheduler, for messages; owned */
    const struct external_process *process; /* NULL when somebody else starts it */
    double timeout;                         /* seconds; 0 for none */
    struct message message;                 /* the one sent last */
    bool deaf;                              /* what was sent last found nobody */
    bool told;                              /* that the run is over */
    char how[64];                           /* the process ended; "" while it runs */
};

/* --- Opening and closing -------------------------------------------------------------------- */

static int open_ways(struct external *external, const char *url, struct error *err)
{
    if (zeromq_open(&external->ways[0], url, &external->url, err))
        return -1;
    external->num_ways = 1;
    if (!external->process)
        return 0;
    if (direct_open(&external->ways[1], external->process->direct, err))
        return -1;
    external->num_ways = 2;
    return 0;
}

static char *name_of(const char *url, const struct external_process *process)
{
    const char *format = process ? "the scheduler command '%s'" : "the scheduler at %s";
    const char *which = process ? process->command : url;
    size_t size = strlen(format) + strlen(which);
    char *name = malloc(size);
    if (name)
        snprintf(name, size, format, which);
    return name;
}

struct external *external_open(const char *url, double timeout,
                               const struct external_process *process, struct error *err)
{
    struct external *external = calloc(1, sizeof *external);
    if (!external || !(external->name = name_of(url, process))) {
        free(external);
        error_no_memory(err);
        return NULL;
    }
    external->timeout = timeout;
    external->process = process;
    if (open_ways(external, url, err)) {
        external_close(external);
        return NULL;
    }
    return external;
}

void external_close(struct external *external)
{
    if (!external)
        return;
    for (size_t i = 0; i < external->num_ways; i++)
        external->ways[i].close(external->ways[i].self,
                                external->told && external->way == &external->ways[i]);
    message_release(&external->message);
    free(external->name);
    free(external);
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

static int fail_late(const struct external *external, enum stage stage, struct error *err)
{
    if (stage == TO_ANSWER)
        return error_set(err, ERROR_SCHEDULER,
                         "%s did not answer within %.15g s; raise scheduler_timeout if it needs "
                         "longer",
                         external->name, external->timeout);
    if (external->process)
        return error_set(err, ERROR_SCHEDULER,
                         "%s did not connect within %.15g s; it has to connect to the URL in its "
                         "environment variable ELASTISIM_URL",
                         external->name, external->timeout);
    return error_set(err, ERROR_SCHEDULER,
                     "no scheduler connected to %s within %.15g s; start one that connects there "
                     "with a ZeroMQ PAIR socket, or raise scheduler_timeout",
                     external->url, external->timeout);
}

static int fail_lost(const struct external *external, enum stage stage, struct error *err)
{
    return error_set(err, ERROR_SCHEDULER, "%s %s before it %s; its own output may say why",
                     external->name, external->how[0] ? external->how : "disconnected",
                     stage == TO_CONNECT ? "connected" : "answered");
}

static bool process_has_ended(struct external *external)
{
    const struct external_process *process = external->process;
    if (process && !external->how[0])
        process->has_ended(process->context, external->how, sizeof external->how);
    return external->how[0];
}

static bool is_gone(const struct external *external)
{
    return external->way && (external->deaf || external->way->is_gone(external->way->self));
}

/* Whether nothing more is to come. The end of the connection and that of the process show in any
 * order; both are waited for a little: for the last message, and to tell how the process ended. */
static bool is_lost(struct external *external, struct wait *wait)
{
    bool ended = process_has_ended(external), gone = is_gone(external);
    if (!gone && !ended)
        return false;
    if (gone && (ended || !external->process))
        return true;
    if (wait->lost_since <= 0)
        wait->lost_since = clock_wall_seconds();
    return clock_wall_seconds() - wait->lost_since >= (external->way ? last_breath : last_words);
}

static void tell_what_for(const struct external *external)
{
    if (external->process)
        fprintf(stderr, "elastisim: waiting for %s to connect\n", external->name);
    else
        fprintf(stderr, "elastisim: waiting for a scheduler to connect at %s\n", external->url);
}

/* Schedulers written for ElastiSim name a URL of their own, and wait there for ever with a package
 * that takes it. */
static void tell_what_may_be_wrong(const struct external *external)
{
    fprintf(
        stderr,
        "elastisim: %s runs but has not connected for %g s; it has to connect to the URL in its "
        "environment variable ELASTISIM_URL (%s). The elastisim_python of this simulator does, "
        "whatever URL the script names; another one may be in its way (PYTHONPATH)\n",
        external->name, second_notice, external->url);
}

static void tell_user(const struct external *external, struct wait *wait, double elapsed)
{
    if (wait->stage != TO_CONNECT)
        return;
    if (wait->notices == 0 && elapsed >= first_notice)
        tell_what_for(external);
    else if (wait->notices == 1 && elapsed >= second_notice && external->process)
        tell_what_may_be_wrong(external);
    else
        return;
    wait->notices++;
}

/* On the direct way alone ZeroMQ need not be asked, which costs more than the message does. */
static void sleep_for(zmq_pollitem_t *items, size_t count, int milliseconds)
{
    if (count > 1 || items[0].socket) {
        zmq_poll(items, (int)count, milliseconds);
        return;
    }
    struct pollfd waited = {.fd = items[0].events ? items[0].fd : -1,
                            .events = (short)((items[0].events & ZMQ_POLLIN ? POLLIN : 0) |
                                              (items[0].events & ZMQ_POLLOUT ? POLLOUT : 0))};
    poll(&waited, 1, milliseconds);
}

static void sleep_until_event(const struct external *external, double elapsed)
{
    double left = 1e3 * (external->timeout - elapsed);
    int slice = external->timeout > 0 && left < SLICE ? (int)left + 1 : SLICE;
    zmq_pollitem_t items[WAYS];
    size_t count = 0;
    for (size_t i = 0; i < external->num_ways; i++) {
        const struct transport *way = &external->ways[i];
        if (!external->way || external->way == way)
            items[count++] = way->to_wait_for(way->self, !external->way);
    }
    sleep_for(items, count, slice);
}

static bool receive(const struct external *external, struct text *message)
{
    return external->way->receive(external->way->self, message);
}

/* Nobody is to wait where nobody listens any more. ZeroMQ's end stays: a client that finds it gone
 * would look for it for ever, one that finds it mute ends with it. */
static void close_direct_way(struct external *external)
{
    if (external->num_ways == WAYS && external->way == &external->ways[0])
        external->ways[--external->num_ways].close(external->ways[WAYS - 1].self, false);
}

/* Looks whether a scheduler has come, and by which way: by that one it is talked to. */
static int look_for_peer(struct external *external, bool *found, struct error *err)
{
    *found = false;
    for (size_t i = 0; i < external->num_ways && !*found; i++) {
        struct transport *way = &external->ways[i];
        if (way->look_for_peer(way->self, found, err))
            return -1;
        if (*found)
            external->way = way;
    }
    if (!*found)
        return 0;
    external->message.grouped = external->way->wants_groups(external->way->self);
    close_direct_way(external);
    return 0;
}

/* Whether what is waited for has come: a peer (or what one left behind), or its message. */
static int look(struct external *external, enum stage stage, struct text *message, bool *come,
                struct error *err)
{
    if (stage == TO_CONNECT)
        return look_for_peer(external, come, err);
    *come = receive(external, message);
    return 0;
}

/* One look around while what is waited for has not come. */
static int go_on_waiting(struct external *external, struct wait *wait, bool *lost,
                         struct error *err)
{
    if (interrupt_check(err))
        return -1;
    *lost = is_lost(external, wait);
    if (*lost)
        return 0;
    double elapsed = clock_wall_seconds() - wait->begin;
    if (external->timeout > 0 && elapsed >= external->timeout)
        return fail_late(external, wait->stage, err);
    tell_user(external, wait, elapsed);
    sleep_until_event(external, elapsed);
    return 0;
}

static int await(struct external *external, enum stage stage, struct text *message,
                 struct error *err)
{
    struct wait wait = {.stage = stage, .begin = clock_wall_seconds()};
    bool come = false, lost = false;
    for (;;) {
        if (look(external, stage, message, &come, err))
            return -1;
        /* All that was sent has arrived when nothing more is to come. */
        if (come || lost)
            return come ? 0 : fail_lost(external, stage, err);
        if (go_on_waiting(external, &wait, &lost, err))
            return -1;
    }
}

int external_connect(struct external *external, struct error *err)
{
    return await(external, TO_CONNECT, NULL, err);
}

/* --- Invoking ------------------------------------------------------------------------------- */

/* Sends the message written last; nothing happens when there is no peer. */
static bool send_message(struct external *external)
{
    const struct message *message = &external->message;
    return external->way->send(external->way->self, (struct text){message->text, message->length});
}

static int ask(struct external *external, const struct state *state,
               const struct invocation *invocation, struct text *answer, struct error *err)
{
    if (message_write_invocation(&external->message, state, invocation, err))
        return -1;
    if (!send_message(external))
        external->deaf = true;
    else
        sleep_until_event(external, 0); /* it takes a while: no need to look around before */
    return await(external, TO_ANSWER, answer, err);
}

static int read_answer(const struct text *answer, bool asked, struct decisions *decisions,
                       struct error *err)
{
    if (protocol_read_answer("the scheduler's answer", answer->bytes, answer->length, decisions,
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
static int converse(struct external *external, const struct state *state,
                    const struct invocation *invocation, struct decisions *decisions,
                    struct error *err)
{
    struct text answer;
    bool unasked = receive(external, &answer);
    if (!unasked && ask(external, state, invocation, &answer, err))
        return -1;
    return read_answer(&answer, !unasked, decisions, err);
}

int external_invoke(void *self, const struct state *state, const struct invocation *invocation,
                    struct decisions *decisions, struct error *err)
{
    char when[96];
    int result = converse(self, state, invocation, decisions, err);
    if (result && err->kind == ERROR_SCHEDULER)
        error_prefix(err, "%s", invocation_text(state, invocation, when, sizeof when));
    return result;
}

void external_finish(struct external *external)
{
    struct error ignored = {0};
    if (external->way && !is_gone(external) && message_write_end(&external->message, &ignored) == 0)
        external->told = send_message(external);
}

/* --- The backend ---------------------------------------------------------------------------- */

static void finalize(void *self, bool failed)
{
    (void)failed; /* it is to end either way */
    external_finish(self);
}

static void destroy(void *self)
{
    external_close(self);
}

int zeromq_backend_open(struct scheduler_backend *backend, const char *url, double timeout,
                        struct error *err)
{
    struct external *external = external_open(url, timeout, NULL, err);
    if (!external || external_connect(external, err)) {
        external_close(external);
        return -1;
    }
    *backend = (struct scheduler_backend){
        .self = external, .invoke = external_invoke, .finalize = finalize, .destroy = destroy};
    return 0;
}
