/* Promise: nobody waits for ever. zmq_ctx_term does so at times, whatever the linger time, when a
 * peer leaves while a PAIR socket is closed (libzmq's issue 2586): it has a thread of its own.
 */
#include "base/context.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <zmq.h>

struct ending {
    void *context;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_over;
    bool is_left; /* by who waited: whoever comes last frees it */
};

static void end_context(void *context)
{
    while (zmq_ctx_term(context) && zmq_errno() == EINTR)
        continue;
}

static void release(struct ending *ending)
{
    pthread_cond_destroy(&ending->changed);
    pthread_mutex_destroy(&ending->mutex);
    free(ending);
}

static void *end_in_thread(void *argument)
{
    struct ending *ending = argument;
    end_context(ending->context);
    pthread_mutex_lock(&ending->mutex);
    ending->is_over = true;
    bool is_left = ending->is_left;
    pthread_cond_signal(&ending->changed);
    pthread_mutex_unlock(&ending->mutex);
    if (is_left)
        release(ending);
    return NULL;
}

static void await(struct ending *ending, int patience)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += patience / 1000;
    until.tv_nsec += patience % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&ending->mutex);
    int status = 0;
    while (!ending->is_over && status == 0)
        status = pthread_cond_timedwait(&ending->changed, &ending->mutex, &until);
    ending->is_left = !ending->is_over;
    bool is_over = ending->is_over;
    pthread_mutex_unlock(&ending->mutex);
    if (is_over)
        release(ending);
}

static struct ending *create(void *context)
{
    struct ending *ending = calloc(1, sizeof *ending);
    pthread_condattr_t attributes;
    if (!ending)
        return NULL;
    ending->context = context;
    pthread_mutex_init(&ending->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&ending->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return ending;
}

/* Signals are for the thread that waits. */
static int start(struct ending *ending)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&thread, NULL, end_in_thread, ending);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result == 0)
        pthread_detach(thread);
    return result;
}

void context_end(void *context, int patience)
{
    if (!context)
        return;
    struct ending *ending = create(context);
    if (ending && start(ending) == 0) {
        await(ending, patience);
        return;
    }
    if (ending)
        release(ending);
    end_context(context);
}
