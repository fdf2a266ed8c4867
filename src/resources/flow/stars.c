/* SimGrid does not tell the halves of a route. What the routes of a host to two others have in
 * common is the half that leads up, and likewise down. Whether that is all there is to it is
 * checked with the route to a third host. */
#include "resources/flow/stars.h"

#include <stdlib.h>

#define NUM_REFERENCES STAR_HOSTS

struct star {
    uint32_t references[NUM_REFERENCES]; /* hosts */
    uint32_t num_hosts;
    bool irregular; /* its routes are not made of halves */
};

struct stars {
    struct topology *topology;
    size_t num_hosts, num_stars;
    long *star_of; /* by host */
    struct star *stars;
    struct halves *halves; /* by host */
    struct route first, second;
    struct error ignored;
};

struct stars *stars_create(struct topology *topology)
{
    struct stars *stars = calloc(1, sizeof *stars);
    if (!stars)
        return NULL;
    stars->topology = topology;
    stars->num_hosts = topology_num_hosts(topology);
    stars->star_of = calloc(stars->num_hosts, sizeof *stars->star_of);
    stars->stars = calloc(stars->num_hosts, sizeof *stars->stars);
    stars->halves = calloc(stars->num_hosts, sizeof *stars->halves);
    if (!stars->star_of || !stars->stars || !stars->halves) {
        stars_destroy(stars);
        return NULL;
    }
    for (uint32_t host = 0; host < stars->num_hosts; host++) {
        enum zone_kind kind;
        uint32_t number = topology_host_zone(topology, host, &kind);
        stars->star_of[host] = kind == ZONE_STAR ? (long)number : -1;
        if (kind != ZONE_STAR)
            continue;
        struct star *star = &stars->stars[number];
        if (star->num_hosts < NUM_REFERENCES)
            star->references[star->num_hosts] = host;
        star->num_hosts++;
    }
    return stars;
}

static void release_half(struct half_route *half, const uint32_t *few)
{
    if (half->links != few)
        free(half->links);
}

void stars_destroy(struct stars *stars)
{
    if (!stars)
        return;
    for (size_t i = 0; stars->halves && i < stars->num_hosts; i++) {
        release_half(&stars->halves[i].up, stars->halves[i].few[0]);
        release_half(&stars->halves[i].down, stars->halves[i].few[1]);
    }
    topology_route_release(&stars->first);
    topology_route_release(&stars->second);
    free(stars->halves);
    free(stars->stars);
    free(stars->star_of);
    free(stars);
}

static bool contains(const uint32_t *links, size_t count, uint32_t link)
{
    for (size_t i = 0; i < count; i++)
        if (links[i] == link)
            return true;
    return false;
}

static bool get_route(struct stars *stars, uint32_t from, uint32_t to, struct route *route)
{
    return topology_route(stars->topology, from, to, route, &stars->ignored) == 0;
}

/* What the two routes found last have in common. */
static bool intersect(struct stars *stars, struct half_route *half, uint32_t *few)
{
    const struct route *route = &stars->first;
    half->links =
        route->count <= FEW_LINKS ? few : malloc((route->count + 1) * sizeof *half->links);
    for (size_t i = 0; half->links && i < route->count; i++)
        if (contains(stars->second.links, stars->second.count, route->links[i])) {
            half->links[half->count++] = route->links[i];
            half->latency += topology_link_latency(stars->topology, route->links[i]);
        }
    return half->links;
}

/* The i-th of the star's references when this host is left out. */
static uint32_t reference(const struct star *star, uint32_t host, uint32_t i)
{
    for (uint32_t k = 0;; k++)
        if (star->references[k] != host && i-- == 0)
            return star->references[k];
}

static bool find_halves(struct stars *stars, const struct star *star, uint32_t host)
{
    struct halves *halves = &stars->halves[host];
    uint32_t a = reference(star, host, 0), b = reference(star, host, 1);
    halves->known = true;
    return get_route(stars, host, a, &stars->first) && get_route(stars, host, b, &stars->second) &&
           intersect(stars, &halves->up, halves->few[0]) &&
           get_route(stars, a, host, &stars->first) && get_route(stars, b, host, &stars->second) &&
           intersect(stars, &halves->down, halves->few[1]);
}

/* Whether the route is the halves and nothing else. */
static bool is_made_of(struct stars *stars, uint32_t from, uint32_t to)
{
    const struct half_route *up = &stars->halves[from].up, *down = &stars->halves[to].down;
    const struct route *route = &stars->first;
    if (!get_route(stars, from, to, &stars->first))
        return false;
    size_t count = up->count;
    for (uint32_t i = 0; i < down->count; i++)
        count += !contains(up->links, up->count, down->links[i]);
    for (size_t i = 0; i < route->count; i++)
        if (!contains(up->links, up->count, route->links[i]) &&
            !contains(down->links, down->count, route->links[i]))
            return false;
    return count == route->count;
}

static bool know(struct stars *stars, const struct star *star, uint32_t host)
{
    return stars->halves[host].known || find_halves(stars, star, host);
}

/* Finds the halves of a host and checks them against those of the references. */
static bool learn(struct stars *stars, const struct star *star, uint32_t host)
{
    if (!find_halves(stars, star, host))
        return false;
    for (uint32_t i = 0; i < NUM_REFERENCES; i++) {
        uint32_t other = star->references[i];
        if (other != host && (!know(stars, star, other) || !is_made_of(stars, host, other) ||
                              !is_made_of(stars, other, host)))
            return false;
    }
    return true;
}

bool stars_same(const struct stars *stars, uint32_t host, uint32_t other)
{
    return stars->star_of[host] >= 0 && stars->star_of[host] == stars->star_of[other];
}

const struct halves *stars_halves(struct stars *stars, uint32_t host, long *number)
{
    *number = stars->star_of[host];
    struct star *star = *number < 0 ? NULL : &stars->stars[*number];
    if (!star || star->irregular || star->num_hosts < NUM_REFERENCES)
        return NULL;
    if (!stars->halves[host].known && !learn(stars, star, host))
        star->irregular = true;
    return star->irregular ? NULL : &stars->halves[host];
}
