/* Starts I/O with PFS hosts. */
#ifndef ELASTISIM_RESOURCES_FLOW_PFS_IO_H
#define ELASTISIM_RESOURCES_FLOW_PFS_IO_H

#include "base/error.h"
#include "resources/flow/groups.h"
#include "resources/resources.h"

/* Returns 0, or -1 with err. */
int pfs_io_start(struct flow_group *group, const struct load *load, struct error *err);

#endif
