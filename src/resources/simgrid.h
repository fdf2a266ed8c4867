/* What SimGrid knows of the platform beyond resources.h, for a model of our own. Links and hosts
 * are numbered as there.
 */
#ifndef ELASTISIM_RESOURCES_SIMGRID_H
#define ELASTISIM_RESOURCES_SIMGRID_H

#include "resources/port.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct load_model simgrid_model;

struct port *simgrid_port(const struct resources *resources);
void simgrid_close(struct resources *resources);

/* A route; zeroed at first, its memory is used again by each query. */
struct route {
    uint32_t *links;
    size_t count, capacity;
    double latency; /* seconds */
};

/* The links from one host to another, or to itself, in their order; a link may stand there more
 * than once. Returns 0, or -1 with err when no link leads from one host to another. */
int simgrid_route(struct resources *resources, uint32_t from, uint32_t to, struct route *route,
                  struct error *err);
void simgrid_route_release(struct route *route);

/* Whether flows do not share the link: each may use all of it. */
bool simgrid_link_is_fatpipe(const struct resources *resources, size_t link);
double simgrid_link_latency(const struct resources *resources, size_t link); /* seconds */
uint32_t simgrid_host_cores(const struct resources *resources, size_t host);
/* What routes inside a zone of SimGrid are like. */
enum zone_kind {
    ZONE_OTHER,
    ZONE_STAR, /* each is what leads up from the source, then what leads down to the destination */
    ZONE_SWITCHED, /* a host's own links, then what depends on the switch it hangs on (and which of
                      several parallel cables it takes) and on the destination */
};

/* The number of the host's innermost zone, from 0, and its kind. */
uint32_t simgrid_host_zone(const struct resources *resources, size_t host, enum zone_kind *kind);

/* SimGrid's settings that bear on its figures. */
struct simgrid_settings {
    double tcp_gamma;      /* network/TCP-gamma */
    double precision;      /* maxmin/precision */
    double time_precision; /* surf/precision */
};
/* Fills the settings; returns NULL, or why no other model gives SimGrid's figures here. */
const char *simgrid_settings(const struct resources *resources, struct simgrid_settings *settings);

#ifdef __cplusplus
}
#endif

#endif
