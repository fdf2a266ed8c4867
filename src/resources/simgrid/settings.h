/* SimGrid's settings that bear on its figures, for a model of our own that is to give them, too. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_SETTINGS_H
#define ELASTISIM_RESOURCES_SIMGRID_SETTINGS_H

#include "resources/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

struct simgrid_settings {
    double tcp_gamma;      /* network/TCP-gamma */
    double precision;      /* maxmin/precision */
    double time_precision; /* surf/precision */
};

/* Fills the settings; returns NULL, or why no other model gives SimGrid's figures here. */
const char *simgrid_settings(const struct topology *topology, struct simgrid_settings *settings);

#ifdef __cplusplus
}
#endif

#endif
