#include "connection.h"

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
#include <zmq.h>

/* What the file of the direct socket is called beside that of the URL. */
#define DIRECT ".direct"
#define HELLO "{\"code\":4293673986,\"node_groups\":true}"

enum {
    PIECE = 1 << 16, /* bytes that are read at a time, at least */
    LINGER = 5000    /* ms that the last message may take to leave */
};

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "elastisim scheduler: %s: %s\n", what, why);
    return -1;
}

/* --- Directly ------------------------------------------------------------------------------- */

static bool find_direct(const char *url, struct sockaddr_un *address)
{
    static const char scheme[] = "ipc://";
    if (strncmp(url, scheme, sizeof scheme - 1) != 0)
        return false;
    address->sun_family = AF_UNIX;
    int length =
        snprintf(address->sun_path, sizeof address->sun_path, "%s" DIRECT, url + sizeof scheme - 1);
    return length > 0 && (size_t)length < sizeof address->sun_path;
}

/* Returns whether the simulator waits there. */
static bool connect_directly(struct elastisim_connection *connection, const char *url)
{
    struct sockaddr_un address = {0};
    if (!find_direct(url, &address))
        return false;
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (descriptor < 0)
        return false;
    if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) ||
        connect(descriptor, (struct sockaddr *)&address, sizeof address)) {
        close(descriptor);
        return false;
    }
    connection->direct = true;
    connection->descriptor = descriptor;
    return true;
}

static int read_piece(struct elastisim_connection *connection)
{
    if (array_reserve(connection->bytes, connection->room, connection->length + PIECE))
        return complain("can't receive", "out of memory");
    for (;;) {
        ssize_t count = read(connection->descriptor, connection->bytes + connection->length,
                             connection->room - connection->length);
        if (count == 0)
            return complain("can't receive", "the simulator has gone");
        if (count < 0 && errno != EINTR)
            return complain("can't receive", strerror(errno));
        if (count < 0)
            continue;
        connection->length += (size_t)count;
        return 0;
    }
}

/* Lets go of the message before. */
static void drop_read(struct elastisim_connection *connection)
{
    connection->length -= connection->begin;
    if (connection->length > 0)
        memmove(connection->bytes, connection->bytes + connection->begin, connection->length);
    connection->begin = 0;
}

static int receive_line(struct elastisim_connection *connection, const char **bytes, size_t *length)
{
    drop_read(connection);
    for (size_t seen = 0;;) {
        size_t left = connection->length - seen;
        const char *end = left > 0 ? memchr(connection->bytes + seen, '\n', left) : NULL;
        if (end) {
            *bytes = connection->bytes;
            *length = (size_t)(end - connection->bytes);
            connection->begin = *length + 1;
            return 0;
        }
        seen = connection->length;
        if (read_piece(connection))
            return -1;
    }
}

static int send_line(const struct elastisim_connection *connection, const char *text)
{
    size_t length = strlen(text);
    for (size_t sent = 0; sent <= length;) {
        struct iovec pieces[] = {{(void *)(uintptr_t)(text + sent), length - sent},
                                 {(char[]){'\n'}, 1}};
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
        ssize_t count = sendmsg(connection->descriptor, &message, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR)
            return complain("can't send", strerror(errno));
        sent += count > 0 ? (size_t)count : 0;
    }
    return 0;
}

/* --- Over ZeroMQ ---------------------------------------------------------------------------- */

static int complain_of_zeromq(const char *what)
{
    return complain(what, zmq_strerror(zmq_errno()));
}

static int connect_by_zeromq(struct elastisim_connection *connection, const char *url)
{
    connection->context = zmq_ctx_new();
    connection->message = calloc(1, sizeof(zmq_msg_t));
    if (!connection->context || !connection->message)
        return complain_of_zeromq("can't begin");
    zmq_msg_init(connection->message);
    connection->socket = zmq_socket(connection->context, ZMQ_PAIR);
    if (!connection->socket)
        return complain_of_zeromq("can't create a socket");
    return zmq_connect(connection->socket, url) ? complain_of_zeromq(url) : 0;
}

static void close_zeromq(struct elastisim_connection *connection)
{
    int linger = LINGER;
    if (connection->message)
        zmq_msg_close(connection->message);
    free(connection->message);
    if (connection->socket) {
        zmq_setsockopt(connection->socket, ZMQ_LINGER, &linger, sizeof linger);
        zmq_close(connection->socket);
    }
    if (connection->context)
        zmq_ctx_term(connection->context);
}

/* --- Either way ----------------------------------------------------------------------------- */

int elastisim_connection_open(struct elastisim_connection *connection, const char *url, bool told)
{
    *connection = (struct elastisim_connection){.descriptor = -1};
    if (told && connect_directly(connection, url))
        return send_line(connection, HELLO);
    return connect_by_zeromq(connection, url);
}

int elastisim_connection_receive(struct elastisim_connection *connection, const char **bytes,
                                 size_t *length)
{
    if (connection->direct)
        return receive_line(connection, bytes, length);
    if (zmq_msg_recv(connection->message, connection->socket, 0) < 0)
        return complain_of_zeromq("can't receive");
    *bytes = zmq_msg_data(connection->message);
    *length = zmq_msg_size(connection->message);
    return 0;
}

int elastisim_connection_send(struct elastisim_connection *connection, const char *text)
{
    if (connection->direct)
        return send_line(connection, text);
    if (zmq_send(connection->socket, text, strlen(text), 0) < 0)
        return complain_of_zeromq("can't send");
    return 0;
}

void elastisim_connection_close(struct elastisim_connection *connection)
{
    if (connection->descriptor >= 0)
        close(connection->descriptor);
    free(connection->bytes);
    close_zeromq(connection);
}
