/* Which hosts hang on one switch is not told by SimGrid, but seen from routes to some other hosts,
 * spread over all: the same switch, and the same of several parallel cables where there are any,
 * make the same routes but for their beginning.
 */
#include "resources/flow/twins.h"

#include <stdlib.h>
#include <string.h>

#define NUM_SAMPLES 24

struct probe {
    struct resources *resources;
    const uint32_t *hosts;
    uint32_t num_samples;
    uint32_t samples[NUM_SAMPLES];    /* hosts */
    struct route routes[NUM_SAMPLES]; /* of the first of the run under way, to the samples */
    struct route route;
    struct error ignored;
};

static bool get_routes_of_first(struct probe *probe, uint32_t host)
{
    for (uint32_t i = 0; i < probe->num_samples; i++)
        if (simgrid_route(probe->resources, host, probe->samples[i], &probe->routes[i],
                          &probe->ignored))
            return false;
    return true;
}

/* How many links at the beginning tell two routes of one length apart; SIZE_MAX if they differ in
 * length, or in a link further on. */
static size_t prefix_of(const struct route *a, const struct route *b)
{
    size_t differing = a->count;
    if (a->count != b->count)
        return SIZE_MAX;
    while (differing > 0 && a->links[differing - 1] == b->links[differing - 1])
        differing--;
    return differing;
}

/* Whether the host's routes to the samples are those of the first of the run but for the same
 * number of links at the beginning, which are the same in all its routes. */
static bool is_twin(struct probe *probe, uint32_t first, uint32_t host, size_t *prefix)
{
    bool found = false;
    for (uint32_t i = 0; i < probe->num_samples; i++) {
        if (probe->samples[i] == first || probe->samples[i] == host)
            continue;
        if (simgrid_route(probe->resources, host, probe->samples[i], &probe->route,
                          &probe->ignored))
            return false;
        size_t length = prefix_of(&probe->routes[i], &probe->route);
        if (length == SIZE_MAX || (found && length != *prefix))
            return false;
        *prefix = length;
        found = true;
    }
    return found && *prefix > 0;
}

static void choose_samples(struct probe *probe, uint32_t num_hosts)
{
    uint32_t step = num_hosts / NUM_SAMPLES + 1;
    for (uint32_t i = 0; i < num_hosts && probe->num_samples < NUM_SAMPLES; i += step)
        probe->samples[probe->num_samples++] = probe->hosts[i];
}

uint32_t twins_find(struct resources *resources, const uint32_t *hosts, uint32_t num_hosts,
                    struct twins *runs)
{
    struct probe *probe = calloc(1, sizeof *probe);
    uint32_t count = 0;
    bool fine = probe != NULL;
    if (fine) {
        probe->resources = resources;
        probe->hosts = hosts;
        choose_samples(probe, num_hosts);
    }
    for (uint32_t i = 0; fine && i < num_hosts; i++) {
        struct twins *run = count > 0 ? &runs[count - 1] : NULL;
        size_t prefix = 0;
        if (run && is_twin(probe, hosts[run->first], hosts[i], &prefix) &&
            (run->count == 1 || prefix == run->prefix)) {
            run->prefix = prefix;
            run->count++;
            continue;
        }
        runs[count++] = (struct twins){.first = i, .count = 1};
        fine = get_routes_of_first(probe, hosts[i]);
    }
    for (uint32_t i = 0; probe && i < NUM_SAMPLES; i++)
        simgrid_route_release(&probe->routes[i]);
    if (probe)
        simgrid_route_release(&probe->route);
    free(probe);
    return fine ? count : 0;
}
