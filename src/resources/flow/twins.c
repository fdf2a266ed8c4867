/* Which hosts hang on one switch is not told by SimGrid, but seen from routes to some other hosts,
 * spread over all: the same switch, and the same of several parallel cables where there are any,
 * make the same routes but for their beginning.
 */
#include "resources/flow/twins.h"

#include <stdlib.h>
#include <string.h>

#define NUM_SAMPLES 24
#define MAX_PREFIX 8

struct probe {
    struct topology *topology;
    const uint32_t *hosts;
    uint32_t num_samples;
    uint32_t samples[NUM_SAMPLES];    /* hosts */
    struct route routes[NUM_SAMPLES]; /* of the first of the run under way, to the samples */
    struct route route, nearby;
    uint32_t own[MAX_PREFIX]; /* links of the host that is looked at */
    struct error ignored;
};

static bool get_routes_of_first(struct probe *probe, uint32_t host)
{
    for (uint32_t i = 0; i < probe->num_samples; i++)
        if (topology_route(probe->topology, host, probe->samples[i], &probe->routes[i],
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

/* Compares the routes of the first of the run and of the host to a third one. Returns false when
 * they do not show twins with the same own links as in the routes before, if any (*prefix is 0 at
 * first).
 */
static bool agrees(struct probe *probe, const struct route *of_first, const struct route *of_host,
                   size_t *prefix)
{
    size_t length = prefix_of(of_first, of_host);
    if (length == 0 || length > MAX_PREFIX || (*prefix > 0 && length != *prefix))
        return false;
    if (*prefix == 0)
        memcpy(probe->own, of_host->links, length * sizeof *probe->own);
    *prefix = length;
    return memcmp(probe->own, of_host->links, length * sizeof *probe->own) == 0;
}

static bool get_route(struct probe *probe, uint32_t from, uint32_t to, struct route *route)
{
    return topology_route(probe->topology, from, to, route, &probe->ignored) == 0;
}

/* Whether the host's routes to the samples are those of the first of the run but for its own links
 * at the beginning. */
static bool is_twin(struct probe *probe, uint32_t first, uint32_t host, size_t *prefix)
{
    for (uint32_t i = 0; i < probe->num_samples; i++) {
        uint32_t sample = probe->samples[i];
        if (sample != first && sample != host &&
            (!get_route(probe, host, sample, &probe->route) ||
             !agrees(probe, &probe->routes[i], &probe->route, prefix)))
            return false;
    }
    return *prefix > 0;
}

/* The same with a neighbour, which is likely to hang on the switch of one of them. */
static bool agrees_nearby(struct probe *probe, uint32_t first, uint32_t host, uint32_t neighbour,
                          size_t *prefix)
{
    return neighbour == first || neighbour == host ||
           (get_route(probe, first, neighbour, &probe->nearby) &&
            get_route(probe, host, neighbour, &probe->route) &&
            agrees(probe, &probe->nearby, &probe->route, prefix));
}

static void choose_samples(struct probe *probe, uint32_t num_hosts)
{
    uint32_t step = num_hosts / NUM_SAMPLES + 1;
    for (uint32_t i = 0; i < num_hosts && probe->num_samples < NUM_SAMPLES; i += step)
        probe->samples[probe->num_samples++] = probe->hosts[i];
}

uint32_t twins_find(struct topology *topology, const uint32_t *hosts, uint32_t num_hosts,
                    struct twins *runs)
{
    struct probe *probe = calloc(1, sizeof *probe);
    uint32_t count = 0;
    bool fine = probe != NULL;
    if (fine) {
        probe->topology = topology;
        probe->hosts = hosts;
        choose_samples(probe, num_hosts);
    }
    for (uint32_t i = 0; fine && i < num_hosts; i++) {
        struct twins *run = count > 0 ? &runs[count - 1] : NULL;
        size_t prefix = 0;
        uint32_t next = i + 1 < num_hosts ? i + 1 : i;
        if (run && is_twin(probe, hosts[run->first], hosts[i], &prefix) &&
            agrees_nearby(probe, hosts[run->first], hosts[i], hosts[next], &prefix) &&
            agrees_nearby(probe, hosts[run->first], hosts[i], hosts[run->first + 1], &prefix) &&
            (run->count == 1 || prefix == run->prefix)) {
            run->prefix = prefix;
            run->count++;
            continue;
        }
        runs[count++] = (struct twins){.first = i, .count = 1};
        fine = get_routes_of_first(probe, hosts[i]);
    }
    for (uint32_t i = 0; probe && i < NUM_SAMPLES; i++)
        topology_route_release(&probe->routes[i]);
    if (probe)
        topology_route_release(&probe->route);
    if (probe)
        topology_route_release(&probe->nearby);
    free(probe);
    return fine ? count : 0;
}
