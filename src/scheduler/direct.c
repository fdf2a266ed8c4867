/* Promise: a message that came whole is received, in whatever pieces it came, and also when its
 * sender is gone; a message that is sent leaves as fast as the peer reads, and what the peer says
 * meanwhile is read, so that the two never wait for each other.
 *
 * A scheduler connects to a socket file. Each message is a line of JSON. The first one introduces
 * the scheduler; who goes before that, without a word, was none. Then the file is gone: there is
 * one scheduler.
 */
#include "scheduler/protocol.h"
#include "scheduler/transport.h"

#include "base/vector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { PIECE = 1 << 16 /* bytes that are read at a time, at least */ };

struct direct {
    struct sockaddr_un address; /* of the file */
    int waits;                  /* where schedulers connect; -1 once one has */
    int peer;                   /* -1 while there is none */
    bool introduced, groups;    /* it said who it is; and that it wants groups of nodes */
    bool gone, deaf;            /* it sends no more; it reads no more */
    /* What came: `begin` bytes that were handed out, then what was looked at without finding the
     * end of a line, up to `seen`, then the rest. */
    char *bytes; /* owned */
    size_t begin, seen, length, room;
    struct text leaving; /* what is left to be sent of a message */
    bool leaves;         /* and of its end */
};

/* --- Sockets -------------------------------------------------------------------------------- */

static int unblocked(int descriptor)
{
    if (descriptor >= 0 &&
        (fcntl(descriptor, F_SETFD, FD_CLOEXEC) || fcntl(descriptor, F_SETFL, O_NONBLOCK))) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static int set_address(struct direct *direct, const char *path)
{
    struct sockaddr_un *address = &direct->address;
    address->sun_family = AF_UNIX;
    int length = snprintf(address->sun_path, sizeof address->sun_path, "%s", path);
    if (length > 0 && (size_t)length < sizeof address->sun_path)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

/* A socket that schedulers can connect to; -1 with errno. */
static int listen_at(const struct sockaddr_un *address)
{
    int waits = unblocked(socket(AF_UNIX, SOCK_STREAM, 0));
    if (waits < 0 || (bind(waits, (const struct sockaddr *)address, sizeof *address) == 0 &&
                      listen(waits, 8) == 0))
        return waits;
    int why = errno;
    close(waits); /* and the file is left alone: it is somebody else's */
    errno = why;
    return -1;
}

static int wait_at(struct direct *direct, const char *path, struct error *err)
{
    direct->waits = set_address(direct, path) ? -1 : listen_at(&direct->address);
    if (direct->waits >= 0)
        return 0;
    return error_set(err, ERROR_FAILURE, "can't create the scheduler's socket %s: %s", path,
                     strerror(errno));
}

static void wait_no_more(struct direct *direct)
{
    if (direct->waits < 0)
        return;
    close(direct->waits);
    direct->waits = -1;
    unlink(direct->address.sun_path);
}

static void let_go(struct direct *direct)
{
    if (direct->peer >= 0)
        close(direct->peer);
    direct->peer = -1;
    direct->begin = direct->seen = direct->length = 0;
    direct->gone = direct->deaf = false;
}

static void close_direct(void *self, bool told)
{
    struct direct *direct = self;
    (void)told; /* what was written can be read after the end */
    wait_no_more(direct);
    let_go(direct);
    free(direct->bytes);
    free(direct);
}

/* --- Receiving ------------------------------------------------------------------------------ */

/* Makes room behind what came: in place of what was handed out, or in more memory. */
static int make_room(struct direct *direct)
{
    if (direct->begin > 0) {
        direct->length -= direct->begin;
        direct->seen -= direct->begin;
        memmove(direct->bytes, direct->bytes + direct->begin, direct->length);
        direct->begin = 0;
    }
    return array_reserve(direct->bytes, direct->room, direct->length + PIECE);
}

/* Reads what has come; returns whether it was anything. */
static bool read_piece(struct direct *direct)
{
    if (direct->peer < 0 || direct->gone)
        return false;
    if (make_room(direct)) {
        direct->gone = true; /* there is no going on */
        return false;
    }
    ssize_t count =
        read(direct->peer, direct->bytes + direct->length, direct->room - direct->length);
    if (count > 0)
        direct->length += (size_t)count;
    else if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        direct->gone = true;
    return count > 0;
}

/* The first line that came whole, without its end. */
static bool take_line(struct direct *direct, struct text *text)
{
    if (direct->length == direct->seen)
        return false;
    const char *end = memchr(direct->bytes + direct->seen, '\n', direct->length - direct->seen);
    if (!end) {
        direct->seen = direct->length;
        return false;
    }
    const char *begin = direct->bytes + direct->begin;
    *text = (struct text){begin, (size_t)(end - begin)};
    direct->begin = direct->seen = (size_t)(end - direct->bytes) + 1;
    return true;
}

/* --- Sending -------------------------------------------------------------------------------- */

static void count_as_sent(struct direct *direct, size_t count)
{
    size_t bytes = count < direct->leaving.length ? count : direct->leaving.length;
    direct->leaving.bytes += bytes;
    direct->leaving.length -= bytes;
    direct->leaves = count == bytes;
}

/* Sends what the peer has room for. */
static void go_on_sending(struct direct *direct)
{
    while (direct->leaves && !direct->deaf) {
        struct iovec pieces[] = {{(void *)(uintptr_t)direct->leaving.bytes, direct->leaving.length},
                                 {(char[]){'\n'}, 1}};
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
        ssize_t count = sendmsg(direct->peer, &message, MSG_NOSIGNAL);
        if (count >= 0)
            count_as_sent(direct, (size_t)count);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        else if (errno != EINTR)
            direct->deaf = true;
    }
}

static bool send_text(void *self, struct text text)
{
    struct direct *direct = self;
    /* One that never read the message before it can't be told more. */
    direct->deaf = direct->deaf || direct->leaves;
    if (direct->peer < 0 || direct->gone || direct->deaf)
        return false;
    direct->leaving = text;
    direct->leaves = true;
    go_on_sending(direct);
    return !direct->deaf;
}

static bool receive(void *self, struct text *text)
{
    struct direct *direct = self;
    if (take_line(direct, text))
        return true;
    go_on_sending(direct);
    while (read_piece(direct))
        if (take_line(direct, text))
            return true;
    return false;
}

/* --- The transport -------------------------------------------------------------------------- */

static int look_for_peer(void *self, bool *found, struct error *err)
{
    struct direct *direct = self;
    struct text text;
    if (direct->peer < 0)
        direct->peer = unblocked(accept(direct->waits, NULL, NULL));
    *found = direct->peer >= 0 && receive(direct, &text);
    if (!*found) {
        if (direct->gone)
            let_go(direct);
        return 0;
    }
    wait_no_more(direct);
    return protocol_read_hello("the scheduler's first message", text.bytes, text.length,
                               &direct->groups, err);
}

static bool wants_groups(const void *self)
{
    const struct direct *direct = self;
    return direct->groups;
}

static bool is_gone(void *self)
{
    struct direct *direct = self;
    return direct->gone;
}

/* Nothing where it is gone: the end of a connection would be there again and again. */
static zmq_pollitem_t to_wait_for(void *self, bool connecting)
{
    struct direct *direct = self;
    (void)connecting;
    int waits = direct->peer >= 0 ? direct->peer : direct->waits;
    bool sends = direct->leaves && !direct->deaf;
    return (zmq_pollitem_t){.fd = waits,
                            .events = direct->gone ? 0 : ZMQ_POLLIN | (sends ? ZMQ_POLLOUT : 0)};
}

int direct_open(struct transport *transport, const char *path, struct error *err)
{
    struct direct *direct = calloc(1, sizeof *direct);
    if (!direct)
        return error_no_memory(err);
    direct->waits = direct->peer = -1;
    if (wait_at(direct, path, err)) {
        close_direct(direct, false);
        return -1;
    }
    *transport = (struct transport){direct,  look_for_peer, wants_groups, send_text,
                                    receive, is_gone,       to_wait_for,  close_direct};
    return 0;
}
