/* SimGrid's clock: it follows the port's time, and runs towards the next ends. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_STEPS_HPP
#define ELASTISIM_RESOURCES_SIMGRID_STEPS_HPP

#include "resources/simgrid/shapes.hpp"

/* SimGrid failed in what was attempted: nothing can be done any more. Fills err; returns -1. */
int give_up(l07 *model, const std::string &reason, struct error *err);
/* Returns 0, or -1 with err when it has given up before or a load has failed. */
int fail_if_broken(const l07 *model, struct error *err);

/* Makes SimGrid forget cancelled activities. Returns 0, or -1 with err, as all below. */
int drop_cancelled(l07 *model, struct error *err);
/* Brings SimGrid's clock up to the port's time, before loads start or are looked at. */
int follow(l07 *model, struct error *err);
/* Makes loads be what they are from now on. What can't be done is said by the next advance. */
void settle(l07 *model);
/* The same for what profiles change while no load is under way. */
void catch_up(l07 *model);
/* Lets SimGrid run until members end or `until`, whichever comes first. *reached is INFINITY
 * when neither will. */
int run_tasks(l07 *model, double until, double *reached, struct error *err);

#endif
