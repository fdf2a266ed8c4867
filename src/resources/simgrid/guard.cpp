/* Signals and what SimGrid says are global, and so is what catches them. */
#include "resources/simgrid/guard.hpp"

#include <cstdlib>
#include <new>

extern "C" {
#include "resources/simgrid/capture.h"
#include "resources/simgrid/reason.h"
}

namespace guard
{

sigjmp_buf way_out;
volatile std::sig_atomic_t guarded = 0;

namespace
{

struct sigaction former_abort_action;

extern "C" void leave_abort(int)
{
    if (guarded) {
        guarded = 0;
        siglongjmp(way_out, 1);
    }
    /* Returning lets abort() end the process. */
}

} // namespace

void install()
{
    struct sigaction action = {};
    action.sa_handler = leave_abort;
    action.sa_flags = SA_NODEFER; /* the signal stays deliverable after the jump */
    sigemptyset(&action.sa_mask);
    sigaction(SIGABRT, &action, &former_abort_action);
}

void remove()
{
    sigaction(SIGABRT, &former_abort_action, nullptr);
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
    return error_set(err, ERROR_FAILURE, "%s: SimGrid can't go on; what it says is above",
                     file.c_str());
}

} // namespace guard
