/* The end of a ZeroMQ context. */
#ifndef ELASTISIM_BASE_CONTEXT_H
#define ELASTISIM_BASE_CONTEXT_H

/* Ends a context (NULL is fine) whose sockets are closed: waits until what they had to say has been
 * sent, or their linger time is over, but no longer than `patience` milliseconds. It is then left
 * to itself until the process ends. */
void context_end(void *context, int patience);

#endif
