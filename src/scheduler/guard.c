/* Promise: a guarded call ends within its limit and a grace, and nothing but a jump happens in
 * signal handlers. */
#define _XOPEN_SOURCE 700 /* sigaltstack */

#include "scheduler/guard.h"

#include "base/error.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Wall-clock seconds: that code asked to come back has for it, and that closing results may take
 * after a call was left: it may have held a lock that they need. */
static const double grace = 2.0, last_gasp = 30.0;

enum { NUM_SIGNALS = 6 };

struct frame {
    sigjmp_buf back;
    struct frame *outer;
};

static struct {
    volatile sig_atomic_t active; /* foreign code runs, in `thread` */
    volatile sig_atomic_t reason; /* why the last call was left */
    volatile sig_atomic_t late, ends, timed;
    void (*volatile soften)(void);
    pthread_t thread;
    struct frame *top;
    int numbers[NUM_SIGNALS]; /* the last one is the timer's */
    struct sigaction before[NUM_SIGNALS];
    timer_t timer;
    bool has_timer, knows_exit;
} guard;

/* One that neither plugins nor scripts use for alarms of their own. */
static int timer_signal(void)
{
    return SIGRTMAX - 1;
}

/* In a signal handler, too. */
static void set_timer(double seconds)
{
    struct itimerspec time = {{0, 0}, {0, 0}};
    time.it_value.tv_sec = (time_t)seconds;
    time.it_value.tv_nsec = (long)(1e9 * (seconds - (double)time.it_value.tv_sec));
    if (guard.has_timer)
        timer_settime(guard.timer, 0, &time, NULL);
    guard.timed = seconds > 0;
}

void guard_leave(int reason)
{
    guard.active = 0;
    guard.reason = reason;
    siglongjmp(guard.top->back, 1);
}

static bool is_guarded(void)
{
    return guard.active && pthread_equal(guard.thread, pthread_self());
}

/* The timer's signal may reach another thread of foreign code. */
static void on_time(void)
{
    if (guard.ends)
        _exit(ERROR_SCHEDULER); /* the last gasp is over */
    if (!guard.active)
        return;
    if (!is_guarded()) {
        pthread_kill(guard.thread, timer_signal());
        return;
    }
    bool first = !guard.late;
    guard.late = 1;
    if (!first || !guard.soften)
        guard_leave(GUARD_LATE);
    guard.soften();
    set_timer(grace);
}

/* What is not the foreign code's is for whoever handled it before. */
static void pass_on(int number)
{
    for (size_t i = 0; i < NUM_SIGNALS; i++)
        if (guard.numbers[i] == number)
            sigaction(number, &guard.before[i], NULL);
    raise(number);
}

static void on_signal(int number)
{
    if (number == timer_signal()) {
        on_time();
        return;
    }
    if (is_guarded())
        guard_leave(number);
    pass_on(number);
}

/* Leaving exit by a jump is not in the C standard; the C libraries of Linux allow it. */
static void on_exit_of_process(void)
{
    if (guard.active)
        guard_leave(GUARD_EXITED);
}

void guard_install(void)
{
    /* The code may have used up its own stack. */
    static char stack[1 << 16];
    const int numbers[NUM_SIGNALS] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, timer_signal()};
    const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternative, NULL);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    memcpy(guard.numbers, numbers, sizeof numbers);
    for (size_t i = 0; i < NUM_SIGNALS; i++)
        sigaction(numbers[i], &action, &guard.before[i]);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = timer_signal()};
    guard.has_timer = timer_create(CLOCK_MONOTONIC, &event, &guard.timer) == 0;
    if (!guard.knows_exit)
        guard.knows_exit = atexit(on_exit_of_process) == 0;
}

void guard_remove(void)
{
    if (guard.ends)
        return; /* the last gasp is still under way */
    if (guard.has_timer)
        timer_delete(guard.timer);
    guard.has_timer = false;
    for (size_t i = 0; i < NUM_SIGNALS; i++)
        sigaction(guard.numbers[i], &guard.before[i], NULL);
}

int guard_call(int (*function)(void *), void *context, struct guard_limit limit, int *result)
{
    struct frame frame;
    frame.outer = guard.top;
    guard.late = 0;
    if (sigsetjmp(frame.back, 1)) {
        guard.top = frame.outer;
        return guard.reason;
    }
    guard.thread = pthread_self();
    guard.top = &frame;
    guard.soften = limit.soften;
    if (limit.seconds > 0)
        set_timer(limit.seconds);
    guard.active = 1;
    *result = function(context);
    guard_pause();
    guard.top = frame.outer;
    return 0;
}

bool guard_was_late(void)
{
    return guard.late;
}

void guard_hurry(void)
{
    if (guard.active)
        set_timer(grace);
}

void guard_pause(void)
{
    guard.active = 0;
    if (guard.timed)
        set_timer(0);
}

void guard_resume(void)
{
    guard.late = 0;
    guard.active = 1;
}

void guard_last_gasp(void)
{
    guard.ends = 1;
    set_timer(last_gasp);
}
