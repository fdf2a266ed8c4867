/* The URL that other programs connect to. It is checked before ZeroMQ sees it, which has few words
 * for what is wrong, takes ports modulo 65536, and removes whatever file stands where its socket is
 * to be, be it that of another simulation. */
#ifndef ELASTISIM_BASE_ENDPOINT_H
#define ELASTISIM_BASE_ENDPOINT_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct endpoint {
    char *url; /* owned */
    /* The file of an ipc:// URL, so that no other one is removed at the end. */
    bool has_file;
    dev_t device;
    ino_t inode;
};

/* Who is to connect, for messages. */
struct endpoint_use {
    const char *purpose; /* "wait for a scheduler": what can't be done otherwise */
    const char *peers;   /* "schedulers" */
};

/* Binds a ZeroMQ socket. Returns 0, or -1 with err (ERROR_INPUT) and nothing to release. */
int endpoint_bind(struct endpoint *endpoint, void *socket, const char *url,
                  const struct endpoint_use *use, struct error *err);
/* Removes the socket's file; fine on a zeroed endpoint. Once the socket is closed. */
void endpoint_release(struct endpoint *endpoint);

#endif
