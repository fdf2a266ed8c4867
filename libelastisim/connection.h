/* The connection to the simulator: over ZeroMQ, or directly where it started this process. */
#ifndef LIBELASTISIM_CONNECTION_H
#define LIBELASTISIM_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

struct elastisim_connection {
    bool direct; /* lines over the descriptor; else ZeroMQ */
    int descriptor;
    char *bytes; /* that came: `begin` of them are done with; owned */
    size_t begin, length, room;
    void *context, *socket;
    void *message; /* the one that came last; owned */
};

/* Connects to the simulator at a ZeroMQ URL; directly, if `told` by it and it waits for that. All
 * functions return 0, or -1 once they have complained on standard error. */
int elastisim_connection_open(struct elastisim_connection *connection, const char *url, bool told);
/* Waits for a message; *bytes is valid until the next call. */
int elastisim_connection_receive(struct elastisim_connection *connection, const char **bytes,
                                 size_t *length);
int elastisim_connection_send(struct elastisim_connection *connection, const char *text);
void elastisim_connection_close(struct elastisim_connection *connection);

#endif
