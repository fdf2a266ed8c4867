/* The topology as those see it that know SimGrid. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_TOPOLOGY_HPP
#define ELASTISIM_RESOURCES_SIMGRID_TOPOLOGY_HPP

#include <simgrid/s4u.hpp>

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "resources/simgrid/guard.hpp"

extern "C" {
#include "resources/topology.h"
}

namespace s4u = simgrid::s4u;

struct topology_host {
    s4u::Host *simgrid;
    double speed; /* all cores together */
    uint32_t cores;
    size_t num_states, state;       /* pstates: how many, and the one it has */
    std::vector<const char *> keys; /* of its properties, sorted */
};

struct topology {
    std::string file;
    bool has_profiles, has_bypasses;
    std::map<std::string, zone_shape> shapes; /* by the name of the zone */
    s4u::Engine *engine;                      /* SimGrid's: it lives until the process ends */
    std::vector<topology_host> hosts;
    std::vector<s4u::Link *> links;
    std::vector<double> bandwidths, latencies; /* of the links, without profiles */
    std::unordered_map<const s4u::Link *, uint32_t> link_numbers;
    std::unordered_map<const void *, uint32_t> zones; /* of SimGrid's, by the order of questions */
    /* The route that was asked for last, and whether SimGrid did not come back from it: then
     * nobody knows what is left of its memory, and it is not asked for another one. */
    mutable uint32_t from, to;
    mutable guard::ending broken; /* CRASHED or ENDLESS, else THROWN */
};

/* SimGrid's route from one host to another; no link where there is none. To be attempted;
 * ask route_is_broken when that fails. */
void find_route(const topology *topology, uint32_t from, uint32_t to,
                std::vector<s4u::Link *> &links, double &latency);

/* After an attempt that failed: whether SimGrid did not come back from find_route. Then err names
 * the hosts. */
bool route_is_broken(const topology *topology, struct error *err);

#endif
