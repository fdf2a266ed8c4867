/* Loads as activities of SimGrid's, and I/Os on disks. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_LOADS_HPP
#define ELASTISIM_RESOURCES_SIMGRID_LOADS_HPP

#include "resources/simgrid/shapes.hpp"

/* Has SimGrid ready for what a load starts. Returns 0, or -1 with err. */
int prepare(l07 *model, const struct load *load, struct error *err);
/* Starts all parts of a load; throws, with or without err, or aborts when SimGrid can't. */
void start_parts(load_group *group, const struct load *load, struct error *err);
/* Why a load could not be started: mostly a missing route of the drafted task. Returns -1. */
int explain_refusal(l07 *model, const std::string &reason, struct error *err);
void cancel_task(l07 *model, l07_task *part);
/* Those of a group stand still, and go on: SimGrid's clock is at the port's time then. */
void pause_tasks(load_group *group);
void go_on_tasks(load_group *group); /* throws or aborts when SimGrid can't */

#endif
