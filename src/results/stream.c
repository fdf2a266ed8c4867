/* The live stream (--events-url, key `events_url`): what the journal has, and each change of a
 * node, as messages to whoever listens. docs/events.md has the messages.
 *
 * The simulator never waits for a subscriber while it simulates. ZeroMQ's PUB drops messages
 * without a word when one does not keep up; an XPUB that may not drop refuses them instead. It also
 * tells of subscriptions: without any, nothing is written at all. What is refused is kept here, in
 * a backlog, and offered again every now and then; that costs less than ZeroMQ's own queue, and
 * shows whether somebody reads at all. When the backlog is full, what happens is dropped, and
 * counted. */
#include "base/clock.h"
#include "base/context.h"
#include "base/endpoint.h"
#include "base/interrupt.h"
#include "base/vector.h"
#include "results/event.h"
#include "system/state.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum {
    MOST_QUEUED = 1000, /* messages that ZeroMQ keeps for a subscriber */
    MOST_KEPT = 100000, /* in the backlog */
    SLICE = 20,         /* ms between two looks at signals while waiting */
    /* ms without a message taken at the end until nobody reads any more, and those of them that
     * have to pass after the end */
    END_PATIENCE = 1000,
    LEAST_PATIENCE = 50
};

/* Seconds: */
static const double look_interval = 1e-3; /* between two looks at subscriptions and backlog */
static const double first_notice = 2.0;   /* until the user is told what is waited for */
static const double end_limit = 5.0;      /* that readers have at the end, however slow */

/* A message; its object ends there in the text. */
struct message {
    const char *topic;
    size_t end;
};

/* What becomes of changes of nodes. */
enum attention {
    HEARD,
    MISSED, /* as there is no room */
    IGNORED /* nobody wants them */
};

struct stream {
    void *context, *socket;
    struct endpoint endpoint;
    bool waits; /* for a first subscriber */
    size_t subscriptions;
    double looked; /* at subscriptions and backlog; wall clock */
    double taken;  /* when ZeroMQ last took a message */
    /* The backlog: messages whose objects stand one behind another in the text. */
    struct output text;
    VECTOR(struct message) messages;
    size_t first; /* not sent yet */
    uint64_t sent, dropped;
    /* Changes of nodes are most of what happens, so the stream hears of them only while somebody
     * does and there is room. */
    struct observers *observers;
    enum attention nodes;
    uint64_t heard; /* changes of nodes, when that became so */
};

/* --- Subscriptions ------------------------------------------------------------------------- */

/* ZeroMQ hands over the first subscription to a topic and the end of the last one. */
static void receive_subscriptions(struct stream *stream)
{
    unsigned char message[1];
    while (zmq_recv(stream->socket, message, sizeof message, ZMQ_DONTWAIT) >= 0)
        if (message[0] == 1)
            stream->subscriptions++;
        else if (message[0] == 0 && stream->subscriptions > 0)
            stream->subscriptions--;
}

static int await_subscriber(struct stream *stream, struct error *err)
{
    double begin = clock_wall_seconds();
    bool told = false;
    zmq_pollitem_t item = {.socket = stream->socket, .events = ZMQ_POLLIN};
    while (receive_subscriptions(stream), stream->subscriptions == 0) {
        if (interrupt_check(err))
            return -1;
        if (!told && clock_wall_seconds() - begin >= first_notice) {
            fprintf(stderr, "elastisim: waiting for a subscriber at %s\n", stream->endpoint.url);
            told = true;
        }
        zmq_poll(&item, 1, SLICE);
    }
    return 0;
}

/* --- The backlog --------------------------------------------------------------------------- */

/* ZeroMQ takes all of a message or nothing. */
static bool send_message(struct stream *stream, const struct message *message, size_t begin)
{
    if (zmq_send(stream->socket, message->topic, strlen(message->topic),
                 ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return false;
    zmq_send(stream->socket, stream->text.buffer + begin, message->end - begin, ZMQ_DONTWAIT);
    stream->sent++;
    return true;
}

static size_t num_kept(const struct stream *stream)
{
    return stream->messages.count - stream->first;
}

/* Moves what is kept to the front once that is less than what is not. */
static void close_ranks(struct stream *stream)
{
    size_t kept = num_kept(stream), gone = stream->first;
    if (gone == 0 || gone < kept)
        return;
    struct message *messages = stream->messages.items;
    size_t begin = messages[gone - 1].end;
    memmove(messages, messages + gone, kept * sizeof *messages);
    for (size_t i = 0; i < kept; i++)
        messages[i].end -= begin;
    output_remove_front(&stream->text, begin);
    stream->messages.count = kept;
    stream->first = 0;
}

/* Returns whether all is sent. */
static bool send_backlog(struct stream *stream)
{
    const struct message *messages = stream->messages.items;
    size_t next = stream->first;
    while (next < stream->messages.count &&
           send_message(stream, &messages[next], next > 0 ? messages[next - 1].end : 0))
        next++;
    if (next > stream->first)
        stream->taken = clock_wall_seconds();
    stream->first = next;
    close_ranks(stream);
    return num_kept(stream) == 0;
}

/* Keeps what has been written to the text as a message. */
static int keep(struct stream *stream, const char *topic, struct error *err)
{
    struct message message = {topic, stream->text.used};
    if (stream->text.failure || vector_add(&stream->messages, message))
        return error_no_memory(err);
    return 0;
}

static int keep_happening(struct stream *stream, const struct happening *happening,
                          struct error *err)
{
    for (unsigned i = 0, count = event_count(happening); i < count; i++)
        if (keep(stream, event_write(&stream->text, happening, i), err))
            return -1;
    return 0;
}

/* --- Messages ------------------------------------------------------------------------------ */

/* Looks now and then only: an event that nobody hears of, or that has to wait, costs no more than
 * looking at the clock and writing it down; a change of a node, of which an event of a job may
 * bring thousands, not even the clock. */
static void look(struct stream *stream)
{
    double now = clock_wall_seconds();
    if (now - stream->looked < look_interval)
        return;
    stream->looked = now;
    receive_subscriptions(stream);
    send_backlog(stream);
}

/* The last message always has. */
static bool has_room(const struct stream *stream, const struct happening *happening)
{
    return num_kept(stream) < MOST_KEPT || happening->kind == RUN_ENDED;
}

/* Counts what it missed until now, and decides anew what it hears. */
static void listen(struct stream *stream, const struct state *state, bool over)
{
    enum attention nodes = stream->subscriptions == 0      ? IGNORED
                           : num_kept(stream) >= MOST_KEPT ? MISSED
                                                           : HEARD;
    if (nodes == stream->nodes && !over)
        return;
    if (stream->nodes == MISSED)
        stream->dropped += state->num_node_changes - stream->heard;
    stream->heard = state->num_node_changes;
    stream->nodes = nodes;
    observers_listen(stream->observers, stream, NODE_CHANGED, nodes == HEARD);
}

static int notice(void *self, const struct happening *happening, struct error *err)
{
    struct stream *stream = self;
    if (happening->kind != NODE_CHANGED)
        look(stream);
    listen(stream, happening->state, happening->kind == RUN_ENDED);
    if (stream->subscriptions == 0)
        return 0;
    if (!has_room(stream, happening)) {
        stream->dropped += event_count(happening);
        return 0;
    }
    bool waits = num_kept(stream) > 0;
    if (keep_happening(stream, happening, err))
        return -1;
    if (!waits)
        send_backlog(stream);
    return 0;
}

/* --- Opening and closing ------------------------------------------------------------------- */

static const struct endpoint_use use = {"send events", "subscribers"};

static void set_option(void *socket, int option, int value)
{
    zmq_setsockopt(socket, option, &value, sizeof value);
}

static int open_socket(struct stream *stream, const struct run_facts *facts, struct error *err)
{
    stream->context = zmq_ctx_new();
    stream->socket = stream->context ? zmq_socket(stream->context, ZMQ_XPUB) : NULL;
    if (!stream->socket)
        return error_set(err, ERROR_FAILURE, "ZeroMQ can't create a socket: %s",
                         zmq_strerror(zmq_errno()));
    set_option(stream->socket, ZMQ_SNDHWM, MOST_QUEUED);
    set_option(stream->socket, ZMQ_XPUB_NODROP, 1);
    if (endpoint_bind(&stream->endpoint, stream->socket, facts->events_url, &use, err))
        return error_prefix(err, "%s", facts->events_source);
    return 0;
}

static int open_stream(struct observer *observer, const struct run_facts *facts, struct error *err)
{
    if (!facts->events_url)
        return 0;
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return error_no_memory(err);
    *observer = (struct observer){.hears = event_kinds(), .notice = notice, .self = stream};
    stream->waits = facts->events_wait;
    stream->observers = facts->observers;
    if (output_open_memory(&stream->text, err))
        return -1;
    return open_socket(stream, facts, err);
}

static int begin_stream(void *self, const struct run_facts *facts, struct error *err)
{
    struct stream *stream = self;
    if (stream->waits && await_subscriber(stream, err))
        return -1;
    look(stream);
    if (stream->subscriptions == 0)
        return 0;
    event_write_head(&stream->text, facts);
    if (keep(stream, EVENT_HEAD_TOPIC, err))
        return -1;
    send_backlog(stream);
    return 0;
}

/* When nobody reads any more, as far as one can tell since the run ended. */
static double end_of_patience(const struct stream *stream, double ended)
{
    double late = fmax(stream->taken + END_PATIENCE * 1e-3, ended + LEAST_PATIENCE * 1e-3);
    return fmin(late, ended + end_limit);
}

/* An XPUB counts as ready to send at any time; that a subscriber made room wakes what the socket
 * has beneath, and asking for its events is what makes ZeroMQ see it. */
static void await_room(struct stream *stream)
{
    struct pollfd item = {.fd = -1, .events = POLLIN};
    int events;
    size_t size = sizeof item.fd;
    zmq_getsockopt(stream->socket, ZMQ_FD, &item.fd, &size);
    poll(&item, 1, SLICE);
    size = sizeof events;
    zmq_getsockopt(stream->socket, ZMQ_EVENTS, &events, &size);
}

/* Nothing comes behind the last messages, so they wait for room as long as somebody reads. */
static void drain(struct stream *stream)
{
    double ended = clock_wall_seconds(), now = ended;
    while (!send_backlog(stream) && now < end_of_patience(stream, ended)) {
        await_room(stream);
        now = clock_wall_seconds();
    }
    stream->dropped += num_kept(stream);
}

/* What ZeroMQ still has leaves as long as somebody reads. Returns whether all has left in time. */
static bool close_socket(struct stream *stream)
{
    int left = num_kept(stream) > 0 ? LEAST_PATIENCE : END_PATIENCE;
    double begin = clock_wall_seconds();
    if (stream->socket) {
        set_option(stream->socket, ZMQ_LINGER, left);
        zmq_close(stream->socket);
    }
    context_end(stream->context, left + END_PATIENCE);
    return 1e3 * (clock_wall_seconds() - begin) < left;
}

static int close_stream(void *self, struct error *err)
{
    (void)err; /* a subscriber that does not keep up does not fail the run */
    struct stream *stream = self;
    const char *url = stream->endpoint.url;
    if (stream->socket)
        drain(stream);
    if (stream->dropped > 0)
        fprintf(stderr,
                "elastisim: note: %llu of %llu events were dropped, as a subscriber at %s did not "
                "keep up\n",
                (unsigned long long)stream->dropped,
                (unsigned long long)stream->dropped + stream->sent, url);
    if (!close_socket(stream))
        fprintf(stderr,
                "elastisim: note: a subscriber at %s did not take the last events within %g s\n",
                url, 1e-3 * END_PATIENCE);
    endpoint_release(&stream->endpoint);
    output_close_memory(&stream->text);
    free(stream->messages.items);
    free(stream);
    return 0;
}

const struct result_kind stream_result = {open_stream, begin_stream, close_stream};
