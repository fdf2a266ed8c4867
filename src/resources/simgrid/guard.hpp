/* SimGrid answers what it can't accept with abort(), an exception, a crash, or not at all. Whatever
 * calls it goes through attempt(), which makes an error of each of them.
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

/* How an attempt came to its end. */
enum ending {
    THROWN,  /* by an exception */
    ABORTED, /* SimGrid wrote its reason to standard error */
    CRASHED,
    ENDLESS, /* what should be brief was not */
};

extern sigjmp_buf way_out;
extern volatile std::sig_atomic_t guarded;

/* Has the signals of abort() and of crashes lead to way_out while `guarded`, and as before. */
void install();
void remove();

/* What a jump to way_out says; fills reason for a crash. */
ending left_by(int jump, std::string &reason);
/* Of the last attempt that failed. */
extern ending last_ending;

/* Lives while something is done that never ends if it takes seconds of computing. */
struct brief {
    static volatile std::sig_atomic_t lives; /* after a jump: whether it came from in there */
    brief();
    ~brief();
};

/* Runs work(). Returns whether it came to its end; else `reason` holds the text of an exception or
 * the name of a crash, or nothing when SimGrid called abort(). The jump skips destructors of
 * SimGrid's frames; the memory they leak is the least concern of a run that is about to end. */
template <class Work> bool attempt(const Work &work, std::string &reason)
{
    reason.clear();
    int jump = sigsetjmp(way_out, 0);
    if (jump != 0) {
        last_ending = left_by(jump, reason);
        return false;
    }
    brief::lives = 0;
    last_ending = THROWN;
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
