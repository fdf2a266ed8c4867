#include "resources/flow/pfs_routes.h"

#include "resources/flow/hash.h"

#include <stdlib.h>
#include <string.h>

/* Nodes usually have all PFS hosts, or a few groups of them. */
#define MAX_LISTS 16

static bool is_for(const struct pfs_routes *routes, enum load_kind kind,
                   const struct pfs_targets *targets)
{
    return routes->kind == kind && routes->num_targets == targets->count &&
           memcmp(routes->targets, targets->hosts, targets->count * sizeof *targets->hosts) == 0;
}

static struct pfs_routes *create(enum load_kind kind, const struct pfs_targets *targets,
                                 uint32_t num_hosts)
{
    size_t size = targets->count * sizeof *targets->hosts;
    struct pfs_routes *routes = malloc(sizeof *routes + size);
    struct pfs_route *of_host = calloc(num_hosts, sizeof *of_host);
    if (!routes || !of_host) {
        free(routes);
        free(of_host);
        return NULL;
    }
    *routes = (struct pfs_routes){
        .kind = kind, .num_hosts = num_hosts, .of_host = of_host, .num_targets = targets->count};
    memcpy(routes->targets, targets->hosts, size);
    return routes;
}

struct pfs_routes *pfs_routes_of(struct pfs_routes **lists, enum load_kind kind,
                                 const struct pfs_targets *targets, uint32_t num_hosts)
{
    uint32_t count = 0;
    for (struct pfs_routes *routes = *lists; routes; routes = routes->next, count++)
        if (is_for(routes, kind, targets))
            return routes;
    struct pfs_routes *routes =
        count < MAX_LISTS && targets->count > 0 ? create(kind, targets, num_hosts) : NULL;
    if (routes) {
        routes->next = *lists;
        *lists = routes;
    }
    return routes;
}

struct pfs_route pfs_route_of(const struct transfer *transfer,
                              const struct shared_resource *resources)
{
    struct pfs_route route = {.transfer = transfer,
                              .links = transfer->num_sets ? transfer->sets[0].set.resources : NULL};
    uint64_t hash = hash_double(hash_double(0, transfer->latency), transfer->latency_load);
    for (uint32_t s = 0; s < transfer->num_sets; s++) {
        const struct resource_set *set = &transfer->sets[s].set;
        const struct shared_resource *first = &resources[set->resources[0]];
        hash = hash_double(hash_double(hash, transfer->sets[s].units), first->capacity);
        hash = hash_mix(hash_mix(hash, first->fatpipe), set->count);
        route.num_links += set->count;
    }
    route.kind = hash;
    return route;
}

void pfs_routes_keep(struct pfs_routes *routes, uint32_t host, const struct pfs_route *route)
{
    if (!routes)
        return;
    load_plan_retain(route->transfer->plan);
    routes->of_host[host] = *route;
    routes->num_known++;
}

void pfs_routes_release(struct pfs_routes **lists)
{
    for (struct pfs_routes *routes = *lists, *next; routes; routes = next) {
        next = routes->next;
        for (uint32_t host = 0; host < routes->num_hosts; host++)
            if (routes->of_host[host].transfer)
                load_plan_release(routes->of_host[host].transfer->plan);
        free(routes->of_host);
        free(routes->dominators);
        free(routes->depths);
        free(routes);
    }
    *lists = NULL;
}
