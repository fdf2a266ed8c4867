/* Loads the platform with SimGrid, and answers what is asked of it. */
#include "resources/simgrid/topology.hpp"

#include "resources/simgrid/crash.hpp"
#include "resources/simgrid/guard.hpp"
#include "resources/simgrid/options.hpp"

#include <simgrid/kernel/routing/NetPoint.hpp>
#include <simgrid/kernel/routing/NetZoneImpl.hpp>
#include <xbt/config.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <typeinfo>

extern "C" {
#include "resources/simgrid/capture.h"
#include "resources/simgrid/platform_file.h"
}

using guard::attempt;

namespace
{

/* Of a speed, a bandwidth, a latency: products of figures stay finite. */
constexpr double most_figure = 1e100;

/* --- Loading the platform ------------------------------------------------------------------- */

/* SimGrid installs handlers of its own, for messages that are not for our users. */
void create_engine(topology *topology, size_t count, const char *const *options)
{
    static std::vector<char *> arguments;
    const int numbers[] = {SIGINT, SIGSEGV, SIGBUS};
    struct sigaction former[3];
    for (size_t i = 0; i < 3; i++)
        sigaction(numbers[i], nullptr, &former[i]);
    arguments = options::arguments(count, options);
    int num_arguments = static_cast<int>(arguments.size()) - 1;
    topology->engine = new s4u::Engine(&num_arguments, arguments.data());
    for (size_t i = 0; i < 3; i++)
        sigaction(numbers[i], &former[i], nullptr);
    if (simgrid::config::get_value<std::string>("host/model") != options::host_model)
        throw std::invalid_argument("of all host models only " + std::string(options::host_model) +
                                    " has parallel tasks");
}

/* SimGrid checks neither signs nor that a number is one. */
void check_figure(const char *kind, const std::string &name, const char *figure, double value)
{
    if (!(value >= 0))
        throw std::invalid_argument(std::string(kind) + " '" + name + "': its " + figure + " is " +
                                    (std::isnan(value) ? "not a number" : "negative"));
    if (value > most_figure)
        throw std::invalid_argument(std::string(kind) + " '" + name + "': its " + figure +
                                    " is more than 1e100");
}

void check_link(const s4u::Link *link)
{
    check_figure("link", link->get_name(), "bandwidth", link->get_bandwidth());
    check_figure("link", link->get_name(), "latency", link->get_latency());
}

void list_hosts(topology *topology)
{
    std::vector<s4u::Host *> all = topology->engine->get_all_hosts();
    std::sort(all.begin(), all.end(),
              [](const s4u::Host *a, const s4u::Host *b) { return a->get_name() < b->get_name(); });
    for (s4u::Host *simgrid : all) {
        topology_host host = {};
        host.simgrid = simgrid;
        host.cores = static_cast<uint32_t>(simgrid->get_core_count());
        host.num_states = static_cast<size_t>(simgrid->get_pstate_count());
        host.state = static_cast<size_t>(simgrid->get_pstate());
        host.speed = simgrid->get_speed() * simgrid->get_core_count();
        check_figure("host", simgrid->get_name(), "speed", host.speed);
        for (const auto &property : *simgrid->get_properties())
            host.keys.push_back(property.first.c_str());
        std::sort(host.keys.begin(), host.keys.end(),
                  [](const char *a, const char *b) { return std::strcmp(a, b) < 0; });
        topology->hosts.push_back(host);
    }
}

void list_links(topology *topology)
{
    topology->links = topology->engine->get_all_links();
    std::sort(topology->links.begin(), topology->links.end(),
              [](const s4u::Link *a, const s4u::Link *b) { return a->get_name() < b->get_name(); });
    for (const s4u::Link *link : topology->links) {
        check_link(link);
        topology->link_numbers.emplace(link, static_cast<uint32_t>(topology->bandwidths.size()));
        topology->bandwidths.push_back(link->get_bandwidth());
        topology->latencies.push_back(link->get_latency());
    }
}

void load_platform(topology *topology)
{
    topology->engine->load_platform(topology->file);
    list_hosts(topology);
    if (topology->hosts.empty())
        throw std::invalid_argument("there is no host in it");
    list_links(topology);
}

/* Creates the engine and loads the platform, with what SimGrid says caught. */
int load(topology *topology, size_t count, const char *const *options, struct error *err)
{
    std::string reason;
    capture_watch_exit(options::want_help(count, options));
    capture_begin();
    bool has_engine = attempt([&] { create_engine(topology, count, options); }, reason);
    crash::watch(topology->file);
    bool loaded = has_engine && attempt([&] { load_platform(topology); }, reason);
    crash::unwatch();
    std::string log = guard::captured();
    if (loaded) {
        std::fputs(log.c_str(), stderr);
        return 0;
    }
    if (reason.empty())
        reason = log;
    if (!has_engine)
        return guard::refuse(err, options::blamed(count, options), "SimGrid refuses the option",
                             reason);
    return guard::refuse(err, topology->file, "SimGrid refuses the platform", reason);
}

void take_text(topology *topology, const platform_text &found)
{
    topology->has_profiles = found.has_profiles;
    topology->has_bypasses = found.has_bypasses;
    for (size_t i = 0; i < found.num_shapes; i++)
        topology->shapes[found.shapes[i].id] = found.shapes[i].shape;
}

/* The innermost zone of a host. */
simgrid::kernel::routing::NetZoneImpl *zone_of(const topology *topology, size_t host)
{
    return topology->hosts[host].simgrid->get_netpoint()->get_englobing_zone();
}

/* What SimGrid says of routes that don't exist is not shown. */
size_t count_links(const topology *topology, uint32_t from, uint32_t to)
{
    if (topology->broken != guard::THROWN)
        return 0;
    std::vector<s4u::Link *> links;
    std::string reason;
    double latency = 0;
    capture_begin();
    bool found = attempt([&] { find_route(topology, from, to, links, latency); }, reason);
    std::free(capture_end());
    return found ? links.size() : 0;
}

} // namespace

/* SimGrid looks up routes in tables that it completes when the platform is sealed, before its first
 * step at the latest. */
void find_route(const topology *topology, uint32_t from, uint32_t to,
                std::vector<s4u::Link *> &links, double &latency)
{
    topology->engine->seal_platform();
    topology->from = from;
    topology->to = to;
    guard::brief brief;
    topology->hosts[from].simgrid->route_to(topology->hosts[to].simgrid, links, &latency);
}

bool route_is_broken(const topology *topology, struct error *err)
{
    if (topology->broken == guard::THROWN && guard::last_ending >= guard::CRASHED &&
        guard::brief::lives)
        topology->broken = guard::last_ending;
    if (topology->broken == guard::THROWN)
        return false;
    bool crashed = topology->broken == guard::CRASHED;
    error_set(
        err, ERROR_INPUT,
        "%s: SimGrid %s while it looks for the route from host '%s' to host '%s'; %s",
        topology->file.c_str(), crashed ? "crashes" : "gets lost",
        topology_host_name(topology, topology->from), topology_host_name(topology, topology->to),
        crashed
            ? "look for a route, a zone or a gateway between them that is not where the file says"
            : "look for a route between them that leads one way only");
    return true;
}

struct topology *topology_open(const char *platform_file, size_t num_options,
                               const char *const *options, struct error *err)
{
    static bool used = false;
    platform_text found;
    if (used) {
        error_set(err, ERROR_FAILURE, "%s: SimGrid loads only one platform per process",
                  platform_file);
        return nullptr;
    }
    if (options::check(num_options, options, err))
        return nullptr;
    if (platform_file_look(platform_file, &found, err)) {
        platform_text_release(&found);
        return nullptr;
    }
    used = true;
    topology *opened = new topology();
    opened->file = platform_file;
    take_text(opened, found);
    platform_text_release(&found);
    guard::install();
    if (load(opened, num_options, options, err) == 0)
        return opened;
    topology_close(opened);
    return nullptr;
}

void topology_close(struct topology *topology)
{
    if (!topology)
        return;
    guard::remove();
    delete topology;
}

bool topology_has_profiles(const struct topology *topology)
{
    return topology->has_profiles;
}

/* --- Hosts ---------------------------------------------------------------------------------- */

size_t topology_num_hosts(const struct topology *topology)
{
    return topology->hosts.size();
}

const char *topology_host_name(const struct topology *topology, size_t host)
{
    return topology->hosts[host].simgrid->get_cname();
}

double topology_host_speed(const struct topology *topology, size_t host)
{
    return topology->hosts[host].speed;
}

uint32_t topology_host_cores(const struct topology *topology, size_t host)
{
    return topology->hosts[host].cores;
}

size_t topology_num_host_states(const struct topology *topology, size_t host)
{
    return topology->hosts[host].num_states;
}

size_t topology_host_state(const struct topology *topology, size_t host)
{
    return topology->hosts[host].state;
}

const char *topology_host_property(const struct topology *topology, size_t host, const char *key)
{
    return topology->hosts[host].simgrid->get_property(key);
}

size_t topology_num_host_properties(const struct topology *topology, size_t host)
{
    return topology->hosts[host].keys.size();
}

const char *topology_host_property_key(const struct topology *topology, size_t host, size_t i)
{
    return topology->hosts[host].keys[i];
}

uint32_t topology_host_zone(struct topology *topology, size_t host, enum zone_kind *kind)
{
    static const struct {
        const char *name;
        zone_kind kind;
    } kinds[] = {
        {"StarZone", ZONE_STAR},
        {"TorusZone", ZONE_TORUS},
        {"FatTreeZone", ZONE_FAT_TREE},
        {"DragonflyZone", ZONE_DRAGONFLY},
    };
    auto *zone = zone_of(topology, host);
    /* SimGrid does not export the classes' type information for a dynamic_cast. */
    const char *name = typeid(*zone).name();
    *kind = ZONE_OTHER;
    for (const auto &known : kinds)
        if (std::strstr(name, known.name))
            *kind = known.kind;
    uint32_t next = static_cast<uint32_t>(topology->zones.size());
    return topology->zones.emplace(zone, next).first->second;
}

uint32_t topology_host_rank(const struct topology *topology, size_t host)
{
    return static_cast<uint32_t>(topology->hosts[host].simgrid->get_netpoint()->id());
}

const struct zone_shape *topology_host_shape(const struct topology *topology, size_t host)
{
    static const zone_shape unknown = {};
    auto found = topology->shapes.find(zone_of(topology, host)->get_name());
    return found == topology->shapes.end() ? &unknown : &found->second;
}

bool topology_has_bypasses(const struct topology *topology)
{
    return topology->has_bypasses;
}

/* --- Links ---------------------------------------------------------------------------------- */

size_t topology_num_links(const struct topology *topology)
{
    return topology->links.size();
}

const char *topology_link_name(const struct topology *topology, size_t link)
{
    return topology->links[link]->get_cname();
}

double topology_link_bandwidth(const struct topology *topology, size_t link)
{
    return topology->bandwidths[link];
}

double topology_link_latency(const struct topology *topology, size_t link)
{
    return topology->latencies[link];
}

bool topology_link_is_fatpipe(const struct topology *topology, size_t link)
{
    return topology->links[link]->get_sharing_policy() == s4u::Link::SharingPolicy::FATPIPE;
}

long topology_find_link(const struct topology *topology, const char *name)
{
    auto first = topology->links.begin(), last = topology->links.end();
    auto found = std::lower_bound(first, last, name, [](const s4u::Link *link, const char *wanted) {
        return std::strcmp(link->get_cname(), wanted) < 0;
    });
    return found != last && (*found)->get_name() == name ? found - first : -1;
}

/* --- Routes --------------------------------------------------------------------------------- */

int topology_check_route(const struct topology *topology, uint32_t from, uint32_t to,
                         struct error *err)
{
    if (from == to || count_links(topology, from, to) > 0)
        return 0;
    if (route_is_broken(topology, err))
        return -1;
    return error_set(err, ERROR_INPUT, "%s: no route leads from host '%s' to host '%s'",
                     topology->file.c_str(), topology_host_name(topology, from),
                     topology_host_name(topology, to));
}

long topology_route_links(const struct topology *topology, uint32_t from, uint32_t to)
{
    size_t count = count_links(topology, from, to);
    return count > 0 ? static_cast<long>(count) : -1;
}

int topology_route(struct topology *topology, uint32_t from, uint32_t to, struct route *route,
                   struct error *err)
{
    static std::vector<s4u::Link *> links;
    std::string reason;
    links.clear();
    route->count = 0;
    route->latency = 0;
    if (topology->broken != guard::THROWN)
        return route_is_broken(topology, err), -1;
    bool fine = attempt([&] { find_route(topology, from, to, links, route->latency); }, reason);
    if (!fine && route_is_broken(topology, err))
        return -1;
    if (!fine || (links.empty() && from != to))
        return topology_check_route(topology, from, to, err)
                   ? -1
                   : guard::report_failure(err, topology->file, reason);
    if (links.size() > route->capacity) {
        auto *grown =
            static_cast<uint32_t *>(std::realloc(route->links, links.size() * sizeof(uint32_t)));
        if (!grown)
            return error_no_memory(err);
        route->links = grown;
        route->capacity = links.size();
    }
    for (const s4u::Link *link : links)
        route->links[route->count++] = topology->link_numbers.at(link);
    return 0;
}

void topology_route_release(struct route *route)
{
    std::free(route->links);
    *route = {};
}
