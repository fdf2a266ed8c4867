/* I/Os on the disks of hosts. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_DISKS_HPP
#define ELASTISIM_RESOURCES_SIMGRID_DISKS_HPP

#include "resources/simgrid/shapes.hpp"

/* Starts an I/O of `count` equal shares of `bytes` on the host's disk. Returns false when there is
 * nothing to do. */
bool start_disk_io(load_group *group, uint32_t member, uint32_t host, double bytes, uint32_t count);
void cancel_disk_io(l07 *model, l07_io *part);
void pause_disk_io(l07 *model, l07_io *part);
void go_on_disk_io(l07 *model, l07_io *part);

/* When the next I/O ends; INFINITY if none does. */
double next_disk_end(l07 *model);
/* Ends what is due now. */
void end_due_disk_ios(l07 *model);

#endif
