/* SimGrid's clock: it follows the port's time, and runs towards the next ends. */
#include "resources/simgrid/steps.hpp"

#include "resources/simgrid/guard.hpp"
#include "resources/simgrid/parts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace
{

/* SimGrid's clock and the port's agree when they are this close, in seconds... */
constexpr double clock_tolerance = 1e-9;
/* ... or, late in a long simulation, in steps of the clock. */
constexpr double clock_steps = 4;
/* How far to look, in seconds, for a profile that wakes up loads that stand still. */
constexpr double max_standstill = 1e8;

bool has_reached(double clock, double date)
{
    double step = std::numeric_limits<double>::epsilon() * std::fabs(date);
    return clock >= date - std::max(clock_tolerance, clock_steps * step);
}

void recycle_cancelled(l07 *model)
{
    for (const activity &activity : model->cancelled)
        if (!activity.kept)
            recycle(model, activity);
    model->cancelled.clear();
}

} // namespace

int give_up(l07 *model, const std::string &reason, struct error *err)
{
    model->broken = true;
    return guard::report_failure(err, model->topology->file, reason);
}

int fail_if_broken(const l07 *model, struct error *err)
{
    if (!model->failure.empty())
        return error_set(err, ERROR_INPUT, "%s: %s", model->topology->file.c_str(),
                         model->failure.c_str());
    if (model->broken)
        return error_set(err, ERROR_FAILURE, "%s: SimGrid has given up before",
                         model->topology->file.c_str());
    return 0;
}

namespace
{

/* Lets SimGrid run up to `date` (-1: until nothing is left to happen), or to the next instant at
 * which activities end. */
int run_simgrid(l07 *model, double date, struct error *err)
{
    bool had_cancelled = !model->cancelled.empty();
    std::string reason;
    model->veto.clear();
    model->last_end = -1;
    model->inside = true;
    double start = stopwatch_begin(&model->stopwatch);
    bool fine = guard::attempt([&] { model->topology->engine->run_until(date); }, reason);
    stopwatch_end(&model->stopwatch, start);
    model->inside = false;
    if (!fine)
        return give_up(model, reason, err);
    recycle_cancelled(model);
    model->stale = had_cancelled || model->last_end == s4u::Engine::get_clock();
    return fail_if_broken(model, err);
}

} // namespace

/* Makes SimGrid forget cancelled activities. It does so at the end of a step, with the length of
 * the step worked out as if they went on: a step of no length comes before any other. */
int drop_cancelled(l07 *model, struct error *err)
{
    return model->cancelled.empty() ? 0 : run_simgrid(model, s4u::Engine::get_clock(), err);
}

/* Brings SimGrid's clock up to the model's time, before loads start or are looked at. */
int follow(l07 *model, struct error *err)
{
    if (drop_cancelled(model, err))
        return -1;
    while (!has_reached(s4u::Engine::get_clock(), model->now))
        if (run_simgrid(model, model->now, err))
            return -1;
    return 0;
}

void settle(l07 *model)
{
    if (!model->stale || model->inside)
        return; /* before the error below is cleared: this is asked for every link */
    struct error ignored = {};
    while (model->stale && !model->inside && !model->broken && model->failure.empty())
        if (run_simgrid(model, s4u::Engine::get_clock(), &ignored))
            return;
}

void catch_up(l07 *model)
{
    struct error ignored = {};
    if (model->num_tasks == 0 && !model->inside && !model->broken)
        follow(model, &ignored);
}

namespace
{

/* With no end in sight SimGrid stops at once, even if a profile will speed up later what stands
 * still now. */
int await_profiles(l07 *model, struct error *err)
{
    double start = s4u::Engine::get_clock();
    for (double ahead = 1; ahead <= max_standstill && model->ended.empty(); ahead *= 2)
        while (model->ended.empty() && !has_reached(s4u::Engine::get_clock(), start + ahead))
            if (run_simgrid(model, start + ahead, err))
                return -1;
    return 0;
}

} // namespace

int run_tasks(l07 *model, double until, double *reached, struct error *err)
{
    *reached = until;
    if (drop_cancelled(model, err))
        return -1;
    if (std::isinf(until) && model->ended.empty()) {
        if (run_simgrid(model, -1, err) ||
            (model->ended.empty() && model->topology->has_profiles && await_profiles(model, err)))
            return -1;
    } else if (model->ended.empty()) {
        do {
            if (run_simgrid(model, std::max(until, s4u::Engine::get_clock()), err))
                return -1;
        } while (model->ended.empty() && !has_reached(s4u::Engine::get_clock(), until));
    }
    if (!model->ended.empty())
        *reached = std::min(s4u::Engine::get_clock(), until);
    return 0;
}
