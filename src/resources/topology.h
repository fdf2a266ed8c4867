/* The platform as SimGrid read it: hosts, links, and the routes between them.
 *
 * Hosts and links are numbered 0.. in the lexicographic order of their names. One topology in the
 * life of a process: SimGrid's engine is global. Units: bytes, flops, seconds.
 */
#ifndef ELASTISIM_RESOURCES_TOPOLOGY_H
#define ELASTISIM_RESOURCES_TOPOLOGY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct topology;

/* Loads the platform; see resources_open. From here on SimGrid's abort() is caught. */
struct topology *topology_open(const char *platform_file, size_t num_options,
                               const char *const *options, struct error *err);
void topology_close(struct topology *topology); /* NULL is fine */

/* Whether the platform changes over time (speed, bandwidth, latency or state profiles). */
bool topology_has_profiles(const struct topology *topology);

/* --- Hosts --------------------------------------------------------------------------------- */
size_t topology_num_hosts(const struct topology *topology);
const char *topology_host_name(const struct topology *topology, size_t host);
/* Flops per second of all cores together, without external load. */
double topology_host_speed(const struct topology *topology, size_t host);
uint32_t topology_host_cores(const struct topology *topology, size_t host);
/* How many speeds (pstates) the host was given, and which of them it has, from 0. */
size_t topology_num_host_states(const struct topology *topology, size_t host);
size_t topology_host_state(const struct topology *topology, size_t host);
/* A property of the host, or NULL. */
const char *topology_host_property(const struct topology *topology, size_t host, const char *key);
/* Number of properties and the i-th key, in lexicographic order. */
size_t topology_num_host_properties(const struct topology *topology, size_t host);
const char *topology_host_property_key(const struct topology *topology, size_t host, size_t i);

/* What routes inside a zone of SimGrid are like. */
enum zone_kind {
    ZONE_OTHER,
    ZONE_STAR, /* each is what leads up from the source, then what leads down to the destination */
    ZONE_TORUS,
    ZONE_FAT_TREE,
    ZONE_DRAGONFLY,
};

#define MAX_ZONE_LEVELS 8

/* How the hosts of a torus, fat tree or dragonfly are arranged, as the platform file has it. */
struct zone_shape {
    uint32_t num_levels; /* 0 where it is not known */
    /* Torus: hosts along each dimension. Fat tree: children of a switch, from the lowest level up.
     * Dragonfly: groups, chassis of a group, blades of a chassis, hosts of a blade. */
    uint32_t sizes[MAX_ZONE_LEVELS];
    uint32_t parents[MAX_ZONE_LEVELS]; /* fat tree: switches above a child of that level's switch */
    uint32_t cables[MAX_ZONE_LEVELS];  /* fat tree: between such a child and each of them */
};

/* The number of the host's innermost zone, from 0 in the order in which they are asked for, and
 * its kind. */
uint32_t topology_host_zone(struct topology *topology, size_t host, enum zone_kind *kind);
/* The host's place among what is in its innermost zone, from 0; and how that is arranged. */
uint32_t topology_host_rank(const struct topology *topology, size_t host);
const struct zone_shape *topology_host_shape(const struct topology *topology, size_t host);
/* Whether some routes between zones are replaced by others (bypassRoute and its like). */
bool topology_has_bypasses(const struct topology *topology);

/* --- Links --------------------------------------------------------------------------------- */
size_t topology_num_links(const struct topology *topology);
const char *topology_link_name(const struct topology *topology, size_t link);
/* Both without profiles. */
double topology_link_bandwidth(const struct topology *topology, size_t link);
double topology_link_latency(const struct topology *topology, size_t link);
/* Whether flows do not share the link: each may use all of it. */
bool topology_link_is_fatpipe(const struct topology *topology, size_t link);
/* The link of that name, or -1. */
long topology_find_link(const struct topology *topology, const char *name);

/* --- Routes -------------------------------------------------------------------------------- */
/* A route; zeroed at first, its memory is used again by each query. */
struct route {
    uint32_t *links;
    size_t count, capacity;
    double latency;
};

/* The links from one host to another, or to itself, in their order; one link may come more than
 * once. Returns 0, or -1 with err when no link leads from one host to another. */
int topology_route(struct topology *topology, uint32_t from, uint32_t to, struct route *route,
                   struct error *err);
void topology_route_release(struct route *route);

/* Whether a route with at least one link leads from one host to the other, without an abort of
 * SimGrid. Returns 0, or -1 with err (ERROR_INPUT) that names both hosts. */
int topology_check_route(const struct topology *topology, uint32_t from, uint32_t to,
                         struct error *err);
/* Number of links on the route from one host to another; -1 when there is none. */
long topology_route_links(const struct topology *topology, uint32_t from, uint32_t to);

#ifdef __cplusplus
}
#endif

#endif
