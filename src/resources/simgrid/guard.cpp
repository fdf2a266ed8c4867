/* Signals and what SimGrid says are global, and so is what catches them. */
#include "resources/simgrid/guard.hpp"

#include <cstdlib>
#include <cstring>
#include <new>
#include <pthread.h>
#include <sys/time.h>

extern "C" {
#include "resources/simgrid/capture.h"
#include "resources/simgrid/reason.h"
}

namespace guard
{

sigjmp_buf way_out;
volatile std::sig_atomic_t guarded = 0;
ending last_ending = THROWN;

namespace
{

/* SIGVTALRM comes every second of computing. */
const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGVTALRM};
constexpr size_t num_signals = sizeof signals / sizeof *signals;
/* What should be brief never ends when it has seen so many of them. */
constexpr int patience = 3;

struct sigaction former_actions[num_signals];
struct itimerval former_timer;
stack_t former_stack;
char own_stack[1 << 16]; /* the usual one may be used up */
pthread_t thread;        /* SimGrid's */
volatile std::sig_atomic_t ticks = 0;

void leave(int number)
{
    if (!guarded || !pthread_equal(thread, pthread_self()))
        return;
    guarded = 0;
    siglongjmp(way_out, number);
}

/* Returning lets abort() end the process. */
extern "C" void leave_abort(int number)
{
    leave(number);
}

/* A crash of somebody else's happens again after the return, now without this handler; one that
 * was only sent does not. */
extern "C" void leave_crash(int number, siginfo_t *info, void *)
{
    leave(number);
    for (size_t i = 0; i < num_signals; i++)
        if (signals[i] == number)
            sigaction(number, &former_actions[i], nullptr);
    if (info->si_code <= 0)
        raise(number);
}

extern "C" void count_tick(int number)
{
    if (brief::lives && ++ticks >= patience)
        leave(number);
}

void handle(size_t i)
{
    struct sigaction action = {};
    action.sa_flags = SA_NODEFER | SA_ONSTACK | SA_RESTART; /* deliverable after the jump */
    sigemptyset(&action.sa_mask);
    if (signals[i] == SIGABRT || signals[i] == SIGVTALRM) {
        action.sa_handler = signals[i] == SIGABRT ? leave_abort : count_tick;
    } else {
        action.sa_sigaction = leave_crash;
        action.sa_flags |= SA_SIGINFO;
    }
    sigaction(signals[i], &action, &former_actions[i]);
}

} // namespace

void install()
{
    const struct itimerval second = {{1, 0}, {1, 0}};
    stack_t stack = {};
    stack.ss_sp = own_stack;
    stack.ss_size = sizeof own_stack;
    sigaltstack(&stack, &former_stack);
    thread = pthread_self();
    for (size_t i = 0; i < num_signals; i++)
        handle(i);
    setitimer(ITIMER_VIRTUAL, &second, &former_timer);
}

void remove()
{
    setitimer(ITIMER_VIRTUAL, &former_timer, nullptr);
    for (size_t i = 0; i < num_signals; i++)
        sigaction(signals[i], &former_actions[i], nullptr);
    sigaltstack(&former_stack, nullptr);
}

volatile std::sig_atomic_t brief::lives = 0;

brief::brief()
{
    ticks = 0;
    lives = 1;
}

brief::~brief()
{
    lives = 0;
}

ending left_by(int jump, std::string &reason)
{
    if (jump == SIGABRT)
        return ABORTED;
    reason = jump == SIGVTALRM ? "it does not come back"
                               : std::string("it crashes (") + strsignal(jump) + ")";
    return jump == SIGVTALRM ? ENDLESS : CRASHED;
}

std::string captured()
{
    char *text = capture_end();
    std::string copy = text ? text : "";
    std::free(text);
    return copy;
}

int refuse(struct error *err, const std::string &where, const char *what, std::string said)
{
    long line = reason_extract(&said[0], where.c_str());
    const char *reason = reason_in_words(said.c_str());
    if (line > 0)
        return error_set(err, ERROR_INPUT, "%s:%ld: %s: %s", where.c_str(), line, what, reason);
    return error_set(err, ERROR_INPUT, "%s: %s: %s", where.c_str(), what, reason);
}

int report_failure(struct error *err, const std::string &file, const std::string &reason)
{
    if (reason == std::bad_alloc().what())
        return error_no_memory(err);
    if (!reason.empty())
        return refuse(err, file, "SimGrid can't go on", reason);
    // For what it throws or leaves without a word; no platform that does so is known.
    return error_set(err, ERROR_FAILURE, "%s: SimGrid can't go on; what it says is above",
                     file.c_str());
}

} // namespace guard
