/* Promise: a URL that is bound is one that another process can connect to, and nothing of another
 * program is in the way or gets lost. */
#include "base/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

static const char ipc[] = "ipc://", tcp[] = "tcp://";

/* What follows the scheme, or NULL when the URL has another one. */
static const char *after_scheme(const char *url, const char *scheme)
{
    size_t length = strlen(scheme);
    return strncmp(url, scheme, length) == 0 ? url + length : NULL;
}

/* What is asked for. */
struct request {
    const char *url;
    const struct endpoint_use *use;
};

static int refuse(struct error *err, const struct request *request, const char *reason)
{
    return error_set(err, ERROR_INPUT, "can't %s at '%s': %s", request->use->purpose, request->url,
                     reason);
}

/* Whether a program listens at the socket file. */
static bool is_served(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return false;
    strcpy(address.sun_path, path);
    int probe = socket(AF_UNIX, SOCK_STREAM, 0);
    if (probe < 0)
        return false;
    bool served = connect(probe, (struct sockaddr *)&address, sizeof address) == 0;
    close(probe);
    return served;
}

static int check_ipc(const struct request *request, const char *path, struct error *err)
{
    struct stat status;
    if (*path == '\0' || strcmp(path, "*") == 0)
        return refuse(err, request, "a path is missing; use ipc://PATH");
    if (*path == '@' || lstat(path, &status))
        return 0; /* an abstract name, or nothing there yet */
    if (!S_ISSOCK(status.st_mode))
        return refuse(err, request,
                      "there is already a file that is not a socket; use another path");
    if (is_served(path))
        return refuse(err, request,
                      "another program waits there, maybe another simulation; end it or use "
                      "another path");
    return 0; /* left by a program that was killed: ZeroMQ takes its place */
}

static int check_tcp(const struct request *request, const char *address, struct error *err)
{
    const char *colon = strrchr(address, ':');
    char *end = NULL;
    long port = colon && colon > address ? strtol(colon + 1, &end, 10) : 0;
    if (port < 1 || port > 65535 || *end || strspn(colon + 1, "0123456789") == 0)
        return refuse(err, request, "use tcp://HOST:PORT with a port from 1 to 65535");
    return 0;
}

static int explain(const struct request *request, int reason, struct error *err)
{
    switch (reason) {
    case EADDRINUSE:
        return refuse(err, request,
                      "the address is in use, maybe by another simulation; end it or use another "
                      "address");
    case ENODEV:
    case EADDRNOTAVAIL:
        return error_set(err, ERROR_INPUT,
                         "can't %s at '%s': this machine has no such address or interface; use "
                         "tcp://127.0.0.1:PORT for %s on this machine or tcp://*:PORT for all",
                         request->use->purpose, request->url, request->use->peers);
    case ENOENT:
        return refuse(err, request, "its folder does not exist; create it or use another path");
    case ENAMETOOLONG:
        return refuse(err, request, "the path is longer than the 107 characters a socket may have");
    default:
        return refuse(err, request, zmq_strerror(reason));
    }
}

static void note_file(struct endpoint *endpoint)
{
    struct stat status;
    const char *path = after_scheme(endpoint->url, ipc);
    if (!path || *path == '@' || lstat(path, &status))
        return;
    endpoint->has_file = true;
    endpoint->device = status.st_dev;
    endpoint->inode = status.st_ino;
}

int endpoint_bind(struct endpoint *endpoint, void *socket, const char *url,
                  const struct endpoint_use *use, struct error *err)
{
    const struct request request = {url, use};
    const char *path = after_scheme(url, ipc), *address = after_scheme(url, tcp);
    *endpoint = (struct endpoint){0};
    if (!path && !address)
        return refuse(err, &request, "use ipc://PATH or tcp://HOST:PORT");
    if (path ? check_ipc(&request, path, err) : check_tcp(&request, address, err))
        return -1;
    char *copy = strdup(url);
    if (!copy)
        return error_no_memory(err);
    if (zmq_bind(socket, url)) {
        free(copy);
        return explain(&request, zmq_errno(), err);
    }
    endpoint->url = copy;
    note_file(endpoint);
    return 0;
}

void endpoint_release(struct endpoint *endpoint)
{
    struct stat status;
    /* ZeroMQ leaves the file behind. */
    if (endpoint->has_file) {
        const char *path = after_scheme(endpoint->url, ipc);
        if (lstat(path, &status) == 0 && status.st_dev == endpoint->device &&
            status.st_ino == endpoint->inode)
            unlink(path);
    }
    free(endpoint->url);
    *endpoint = (struct endpoint){0};
}
