#include "resources/simgrid/options.hpp"
#include "resources/simgrid/topology.hpp"

#include <xbt/config.hpp>

extern "C" {
#include "resources/simgrid/settings.h"
}

const char *simgrid_settings(const struct topology *topology, struct simgrid_settings *settings)
{
    if (topology->has_profiles)
        return "the platform changes over time";
    if (simgrid::config::get_value<std::string>("host/model") != options::host_model ||
        simgrid::config::get_value<std::string>("host/solver") != "fairbottleneck")
        return "SimGrid is told to share the hosts by other rules";
    if (simgrid::config::get_value<int>("maxmin/concurrency-limit") >= 0)
        return "SimGrid is told to limit the number of flows";
    for (const s4u::Link *link : topology->links)
        if (link->get_sharing_policy() != s4u::Link::SharingPolicy::FATPIPE &&
            link->get_sharing_policy() != s4u::Link::SharingPolicy::SHARED)
            return "it has links that are neither shared nor fat pipes";
    settings->tcp_gamma = simgrid::config::get_value<double>("network/TCP-gamma");
    settings->precision = simgrid::config::get_value<double>("maxmin/precision");
    settings->time_precision = simgrid::config::get_value<double>("surf/precision");
    return nullptr;
}
