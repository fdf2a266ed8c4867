/* Promise: every order is answered by one message that says that its run has ended, however that
 * was, as long as the holder itself is there. */
#include "batch/holder.h"

#include "base/interrupt.h"
#include "batch/line.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- In the holder ------------------------------------------------------------------------- */

struct run_process {
    struct run_process *next;
    pid_t process;
    unsigned slot;
};

struct hold {
    const struct batch_request *request;
    struct resources *resources; /* NULL when they could not be loaded */
    struct error err;            /* then */
    int socket;
    struct run_process *runs;
    sigset_t mask; /* while it waits */
    bool interrupted;
};

static void answer(const struct hold *hold, const struct holder_answer *answer)
{
    ssize_t sent;
    do
        sent = send(hold->socket, answer, sizeof *answer, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
}

/* In the process of the run. What its scheduler prints is no part of our answers. */
static void carry_out(const struct hold *hold, const struct holder_order *order)
{
    struct holder_answer told = {.slot = order->slot};
    struct batch_line line;
    const struct batch_request *request = hold->request;
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, &hold->mask, NULL);
    if (batch_line_read(&line, order->number, order->text, order->length, &told.outcome.err) == 0)
        request->carry_out(request->context, &line.run, hold->resources, &told.outcome);
    batch_line_release(&line);
    fflush(stderr);
    answer(hold, &told);
    _exit(0);
}

static void refuse(const struct hold *hold, const struct holder_order *order,
                   const struct error *err)
{
    struct holder_answer told = {.slot = order->slot, .outcome = {.err = *err}};
    answer(hold, &told);
    told.has_ended = true;
    answer(hold, &told);
}

static void start_run(struct hold *hold, const struct holder_order *order)
{
    struct error err = {0};
    struct run_process *run = hold->resources ? malloc(sizeof *run) : NULL;
    if (hold->resources && !run)
        error_no_memory(&err);
    pid_t process = run ? fork() : -1;
    if (process == 0)
        carry_out(hold, order);
    if (run && process < 0)
        error_set(&err, ERROR_FAILURE, "cannot start a process for the run: %s", strerror(errno));
    if (process < 0) {
        free(run);
        refuse(hold, order, hold->resources ? &err : &hold->err);
        return;
    }
    *run = (struct run_process){hold->runs, process, order->slot};
    hold->runs = run;
}

static void tell_end(struct hold *hold, pid_t process, int status)
{
    struct run_process **link = &hold->runs;
    while (*link && (*link)->process != process)
        link = &(*link)->next;
    if (!*link)
        return;
    struct run_process *run = *link;
    struct holder_answer ended = {.slot = run->slot, .has_ended = true, .wait_status = status};
    *link = run->next;
    free(run);
    answer(hold, &ended);
}

static void look_for_ends(struct hold *hold)
{
    int status;
    for (pid_t process; (process = waitpid(-1, &status, WNOHANG)) > 0;)
        tell_end(hold, process, status);
}

static void pass_interrupt_on(struct hold *hold)
{
    if (hold->interrupted || !interrupt_signal())
        return;
    hold->interrupted = true;
    for (const struct run_process *run = hold->runs; run; run = run->next)
        kill(run->process, SIGTERM);
}

/* Returns false once there will be no more orders. */
static bool take_order(struct hold *hold)
{
    static struct holder_order order;
    ssize_t got = recv(hold->socket, &order, sizeof order, MSG_DONTWAIT);
    if (got > 0)
        start_run(hold, &order);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void hold_until_no_orders(struct hold *hold)
{
    bool open = true;
    while (open || hold->runs) {
        fd_set readable;
        FD_ZERO(&readable);
        if (open)
            FD_SET(hold->socket, &readable);
        int count = pselect(hold->socket + 1, &readable, NULL, NULL, NULL, &hold->mask);
        look_for_ends(hold);
        pass_interrupt_on(hold);
        if (count > 0 && FD_ISSET(hold->socket, &readable))
            open = take_order(hold);
    }
}

static void note_child(int number)
{
    (void)number;
}

/* The end of a run has to end the wait, and nothing else. */
static void watch_children(struct hold *hold)
{
    struct sigaction action = {.sa_handler = note_child};
    sigset_t blocked;
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, &hold->mask);
    sigdelset(&hold->mask, SIGCHLD);
}

static void hold_platform(const struct batch_request *request, const char *platform_file,
                          int socket)
{
    static struct hold hold;
    hold = (struct hold){.request = request, .socket = socket};
    dup2(STDERR_FILENO, STDOUT_FILENO);
    hold.resources =
        resources_open(platform_file, request->num_simgrid, request->simgrid, &hold.err);
    struct error ignored = {0}; /* a run meets it again, and says so */
    if (hold.resources)
        resources_prepare_flow(hold.resources, &ignored);
    watch_children(&hold);
    hold_until_no_orders(&hold);
    _exit(0);
}

/* --- In who started it ---------------------------------------------------------------------- */

static int no_holder(struct error *err)
{
    return error_set(err, ERROR_FAILURE, "cannot start a process for a platform: %s",
                     strerror(errno));
}

static void give_room(int socket)
{
    int size = 4 * (int)sizeof(struct holder_order);
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    fcntl(socket, F_SETFD, FD_CLOEXEC);
}

int holder_start(struct holder *holder, const struct batch_request *request, char *platform_file,
                 const struct holder *others, size_t num_others, struct error *err)
{
    int ends[2];
    *holder = (struct holder){.platform_file = platform_file, .socket = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
        return no_holder(err);
    give_room(ends[0]);
    give_room(ends[1]);
    fflush(NULL);
    holder->process = fork();
    if (holder->process == 0) {
        for (size_t i = 0; i < num_others; i++)
            close(others[i].socket);
        close(ends[0]);
        close(STDIN_FILENO);
        open("/dev/null", O_RDONLY);
        hold_platform(request, platform_file, ends[1]);
    }
    close(ends[1]);
    holder->socket = ends[0];
    return holder->process < 0 ? no_holder(err) : 0;
}

int holder_order(struct holder *holder, const struct holder_order *order)
{
    size_t size = offsetof(struct holder_order, text) + order->length;
    ssize_t sent;
    do
        sent = send(holder->socket, order, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

int holder_answer(struct holder *holder, struct holder_answer *result)
{
    ssize_t got;
    do
        got = recv(holder->socket, result, sizeof *result, 0);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof *result ? 0 : -1;
}

void holder_interrupt(const struct holder *holder)
{
    kill(holder->process, SIGTERM);
}

void holder_stop(struct holder *holder)
{
    if (holder->socket >= 0)
        close(holder->socket);
    while (holder->process > 0 && waitpid(holder->process, NULL, 0) < 0 && errno == EINTR)
        ;
    free(holder->platform_file);
    *holder = (struct holder){.socket = -1};
}
