/* The live stream (--events-url, key `events_url`): what the journal has, and each change of a
 * node, as messages to whoever listens. docs/events.md has the messages.
 *
 * The simulator never waits for a subscriber while it simulates. ZeroMQ's PUB drops messages
 * without a word when one does not keep up; an XPUB that may not drop refuses them instead, which
 * is counted. It also tells of subscriptions: without any, nothing is written at all. */
#include "base/clock.h"
#include "base/endpoint.h"
#include "base/interrupt.h"
#include "results/event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum {
    HIGH_WATER_MARK = 100000, /* messages kept for a subscriber */
    SLICE = 20,               /* ms between two looks at signals while waiting */
    END_PATIENCE = 5000       /* ms that subscribers have to take what is left at the end */
};

/* Seconds: */
static const double look_interval = 1e-3; /* between two looks at subscriptions */
static const double first_notice = 2.0;   /* until the user is told what is waited for */

struct stream {
    void *context, *socket;
    struct endpoint endpoint;
    struct output text; /* the object being sent */
    bool waits;         /* for a first subscriber */
    size_t subscriptions;
    double looked;      /* at subscriptions; wall clock */
    double end_seconds; /* that the last message took */
    bool full;          /* somebody had no room for a message since that look */
    uint64_t sent, dropped;
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
    stream->full = false;
    stream->looked = wall_seconds();
}

static bool has_subscribers(struct stream *stream)
{
    if (wall_seconds() - stream->looked >= look_interval)
        receive_subscriptions(stream);
    return stream->subscriptions > 0;
}

static int await_subscriber(struct stream *stream, struct error *err)
{
    double begin = wall_seconds();
    bool told = false;
    zmq_pollitem_t item = {.socket = stream->socket, .events = ZMQ_POLLIN};
    while (receive_subscriptions(stream), stream->subscriptions == 0) {
        if (interrupt_check(err))
            return -1;
        if (!told && wall_seconds() - begin >= first_notice) {
            fprintf(stderr, "elastisim: waiting for a subscriber at %s\n", stream->endpoint.url);
            told = true;
        }
        zmq_poll(&item, 1, SLICE);
    }
    return 0;
}

/* --- Messages ------------------------------------------------------------------------------ */

/* Whether there is room for a message about this; its object has to follow. */
static bool send_topic(struct stream *stream, const char *topic, int wait)
{
    bool fits = zmq_send(stream->socket, topic, strlen(topic), ZMQ_SNDMORE | wait) >= 0;
    stream->full = !fits;
    if (fits)
        stream->sent++;
    else
        stream->dropped++;
    return fits;
}

/* ZeroMQ takes all of a message or nothing. */
static void send_object(struct stream *stream)
{
    zmq_send(stream->socket, stream->text.buffer, stream->text.used, ZMQ_DONTWAIT);
    output_clear(&stream->text);
}

static void send_happening(struct stream *stream, const struct happening *happening, int wait)
{
    for (unsigned i = 0; i < event_count(happening); i++) {
        if (!send_topic(stream, event_topic(happening, i), wait))
            continue;
        event_write(&stream->text, happening, i);
        send_object(stream);
    }
}

/* Nothing comes behind the last message, so it may wait for room: who reads has to learn that the
 * run is over. */
static void send_end(struct stream *stream, const struct happening *happening)
{
    double begin = wall_seconds();
    send_happening(stream, happening, 0);
    stream->end_seconds = wall_seconds() - begin;
}

static int notice(void *self, const struct happening *happening, struct error *err)
{
    struct stream *stream = self;
    if (!has_subscribers(stream))
        return 0;
    if (happening->kind == RUN_ENDED)
        send_end(stream, happening);
    else if (stream->full)
        /* Who takes part of what is kept takes longer over it than until the next look. */
        stream->dropped += event_count(happening);
    else
        send_happening(stream, happening, ZMQ_DONTWAIT);
    return stream->text.failure ? error_no_memory(err) : 0;
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
    set_option(stream->socket, ZMQ_SNDHWM, HIGH_WATER_MARK);
    set_option(stream->socket, ZMQ_SNDTIMEO, END_PATIENCE);
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
    if (output_open_memory(&stream->text, err))
        return -1;
    return open_socket(stream, facts, err);
}

static int begin_stream(void *self, const struct run_facts *facts, struct error *err)
{
    struct stream *stream = self;
    if (stream->waits && await_subscriber(stream, err))
        return -1;
    if (has_subscribers(stream) && send_topic(stream, EVENT_HEAD_TOPIC, ZMQ_DONTWAIT)) {
        event_write_head(&stream->text, facts);
        send_object(stream);
    }
    return stream->text.failure ? error_no_memory(err) : 0;
}

/* What is queued leaves as long as somebody reads. Returns whether all has left in time. */
static bool close_socket(struct stream *stream)
{
    int left = END_PATIENCE - (int)(1e3 * stream->end_seconds);
    double begin = wall_seconds();
    if (stream->socket) {
        set_option(stream->socket, ZMQ_LINGER, left > 0 ? left : 0);
        zmq_close(stream->socket);
    }
    while (stream->context && zmq_ctx_term(stream->context) && zmq_errno() == EINTR)
        ;
    return 1e3 * (wall_seconds() - begin) < left;
}

static int close_stream(void *self, struct error *err)
{
    (void)err; /* a subscriber that does not keep up is no failure of the run */
    struct stream *stream = self;
    const char *url = stream->endpoint.url;
    if (stream->dropped > 0)
        fprintf(stderr,
                "elastisim: note: %llu of %llu events were dropped, as a subscriber at %s did not "
                "keep up\n",
                (unsigned long long)stream->dropped,
                (unsigned long long)(stream->dropped + stream->sent), url);
    if (!close_socket(stream))
        fprintf(stderr,
                "elastisim: note: a subscriber at %s did not take the last events within %g s\n",
                url, 1e-3 * END_PATIENCE);
    endpoint_release(&stream->endpoint);
    output_close_memory(&stream->text);
    free(stream);
    return 0;
}

const struct result_kind stream_result = {open_stream, begin_stream, close_stream};
