/* Loads shared out by SimGrid's L07 model. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_L07_H
#define ELASTISIM_RESOURCES_SIMGRID_L07_H

#include "resources/load_model.h"
#include "resources/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

struct l07;

extern const struct load_model l07_model;

/* One at a time; the topology has to outlive it. Returns NULL when out of memory. */
struct l07 *l07_create(struct topology *topology);

#ifdef __cplusplus
}
#endif

#endif
