/* SimGrid answers what it can't accept with abort() or an exception. Whatever calls it goes through
 * attempt(), which makes an error of both.
 */
#ifndef ELASTISIM_RESOURCES_SIMGRID_GUARD_HPP
#define ELASTISIM_RESOURCES_SIMGRID_GUARD_HPP

#include <csetjmp>
#include <csignal>
#include <exception>
#include <string>

extern "C" {
#include "base/error.h"
}

namespace guard
{

extern sigjmp_buf way_out;
extern volatile std::sig_atomic_t guarded;

/* Has abort() lead to way_out while `guarded`, and as before. */
void install();
void remove();

/* Runs work(). Returns whether it came to its end; else `reason` holds the text of an exception,
 * or nothing when SimGrid called abort(): then it has written its reason to standard error. The
 * jump skips destructors of SimGrid's frames; the memory they leak is the least concern of a run
 * that is about to end. */
template <class Work> bool attempt(const Work &work, std::string &reason)
{
    reason.clear();
    if (sigsetjmp(way_out, 0) != 0)
        return false;
    guarded = 1;
    try {
        work();
        guarded = 0;
        return true;
    } catch (const std::exception &exception) {
        guarded = 0;
        reason = exception.what();
    } catch (...) {
        guarded = 0;
        reason = "unknown exception";
    }
    return false;
}

/* Ends what capture_begin began and returns what was written meanwhile. */
std::string captured();

/* Fills err with "WHERE: WHAT: REASON", the reason being in what SimGrid said. Returns -1. */
int refuse(struct error *err, const std::string &where, const char *what, std::string said);

/* SimGrid gave up in the middle of something: fills err with the reason that attempt() found.
 * Returns -1. */
int report_failure(struct error *err, const std::string &file, const std::string &reason);

} // namespace guard

#endif
