/* Groups and their parts: what has ended, and what has been reported. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_PARTS_HPP
#define ELASTISIM_RESOURCES_SIMGRID_PARTS_HPP

#include "resources/simgrid/shapes.hpp"

load_group *create_group(l07 *model, const struct load *load, void *owner);
/* Its activities are kept to be used again. */
void destroy_group(load_group *group);

void member_ended(load_group *group, uint32_t member);
void part_ended(l07_part *part);

/* Something is about to end at this time. */
void observe(l07 *model, double time);
/* Has SimGrid tell when activities end; once per process. */
void watch_activities();
/* From here on the model's observer is told of each step of SimGrid's clock on the way of an
 * advance: latencies may be over, and speeds change, where no activity ends. NULL for no model. */
void watch_time(l07 *model);

/* Keeps an activity that SimGrid will not touch any more. */
void recycle(l07 *model, const activity &activity);

/* Whether completions wait to be reported. */
bool has_to_report(const l07 *model);
/* What ended becomes what next_completion reports, after what it still has to. */
void report_ended(l07 *model);

#endif
