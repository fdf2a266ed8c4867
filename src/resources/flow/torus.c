/* Flows that are still to move along dimension k have the coordinates of their target in the
 * dimensions before it, and those of their source in k and those after it. So the flows that go
 * from place p to place q of one ring are as many as there are sources with the ring's later
 * coordinates and p, times targets with its earlier coordinates and q. Sums over stretches of the
 * ring then give what passes each of its links.
 */
#include "resources/flow/torus.h"

#include <stdlib.h>
#include <string.h>

#define NO_LINK UINT32_MAX
/* Routes that are compared with what we make of them. */
#define NUM_PROBES 64

struct torus {
    uint32_t num_hosts, num_dimensions;
    uint32_t sizes[MAX_ZONE_LEVELS], strides[MAX_ZONE_LEVELS + 1]; /* in ranks */
    uint32_t longest;                                              /* size */
    const uint32_t *hosts;                                         /* by rank; its owner's */
    /* By rank * num_dimensions + dimension: the link to the next host of the ring, the one from
     * there. */
    uint32_t *up, *down;
    uint32_t *limiters; /* by rank: a link that whatever passes the host takes; NULL for none */
    /* Working memory, by rank. */
    int64_t *sources; /* of dimension k: by rank / strides[k] */
    int64_t *targets; /* of dimension k: by rank % strides[k + 1] */
    int32_t *distances;
    int32_t *ring_distances;  /* of one ring, twice around */
    uint32_t *queue;          /* the same */
    int64_t *up_to, *from_up; /* of one ring, twice around: sums of sources, of targets */
};

/* --- The way --------------------------------------------------------------------------------- */

/* How many places further up a flow from that place of a ring goes at most. */
static uint32_t reach_up(uint32_t place, uint32_t size)
{
    return size % 2 == 0 && place == size / 2 ? size / 2 - 1 : size / 2;
}

static uint32_t place_of(const struct torus *torus, uint32_t rank, uint32_t k)
{
    return rank / torus->strides[k] % torus->sizes[k];
}

/* The neighbour on the ring of dimension k. */
static uint32_t next_up(const struct torus *torus, uint32_t rank, uint32_t k)
{
    uint32_t stride = torus->strides[k], size = torus->sizes[k];
    return place_of(torus, rank, k) == size - 1 ? rank - (size - 1) * stride : rank + stride;
}

static uint32_t next_down(const struct torus *torus, uint32_t rank, uint32_t k)
{
    uint32_t stride = torus->strides[k], size = torus->sizes[k];
    return place_of(torus, rank, k) == 0 ? rank + (size - 1) * stride : rank - stride;
}

/* --- Links ----------------------------------------------------------------------------------- */

/* The one link between two neighbours, and the limiter of the first where there is one. */
static int find_link(struct torus *torus, struct tally *tally, uint32_t from, uint32_t to,
                     uint32_t *link, struct error *err)
{
    if (tally_ask(tally, torus->hosts[from], torus->hosts[to], err))
        return -1;
    const struct route *route = &tally->route;
    size_t expected = torus->limiters ? 3 : 1;
    if (route->count != expected) {
        tally->irregular = true;
        return 0;
    }
    *link = route->links[expected / 2];
    if (torus->limiters) {
        torus->limiters[from] = route->links[0];
        torus->limiters[to] = route->links[2];
    }
    return 0;
}

/* Two neighbours have one link only where their ring has no others. */
static int find_links(struct torus *torus, struct tally *tally, struct error *err)
{
    for (uint32_t rank = 0; rank < torus->num_hosts && !tally->irregular; rank++)
        for (uint32_t k = 0; k < torus->num_dimensions && !tally->irregular; k++) {
            uint32_t at = rank * torus->num_dimensions + k, next = next_up(torus, rank, k);
            if (next == rank || (torus->sizes[k] == 2 && next < rank))
                continue;
            if (find_link(torus, tally, rank, next, &torus->up[at], err) ||
                find_link(torus, tally, next, rank, &torus->down[at], err))
                return -1;
        }
    return 0;
}

/* Compares a route with what we make of it. */
static int probe(struct torus *torus, struct tally *tally, uint32_t from, uint32_t to,
                 struct error *err)
{
    if (tally_ask(tally, torus->hosts[from], torus->hosts[to], err))
        return -1;
    const struct route *route = &tally->route;
    size_t at = 0, step = torus->limiters ? 2 : 1;
    for (uint32_t k = 0; k < torus->num_dimensions; k++) {
        uint32_t size = torus->sizes[k], start = place_of(torus, from, k);
        uint32_t further = (place_of(torus, to, k) + size - start) % size;
        bool goes_up = further <= reach_up(start, size);
        for (uint32_t hops = goes_up ? further : size - further; hops > 0 && further > 0; hops--) {
            uint32_t next = goes_up ? next_up(torus, from, k) : next_down(torus, from, k);
            uint32_t link = goes_up ? torus->up[from * torus->num_dimensions + k]
                                    : torus->down[next * torus->num_dimensions + k];
            at += step;
            if (at > route->count || route->links[at - 1] != link)
                tally->irregular = true;
            from = next;
        }
    }
    tally->irregular = tally->irregular || route->count != at + step - 1;
    return 0;
}

static int probe_some(struct torus *torus, struct tally *tally, struct error *err)
{
    uint64_t n = torus->num_hosts;
    for (uint64_t i = 0; i < NUM_PROBES && !tally->irregular; i++) {
        uint32_t from = (uint32_t)(i * n / NUM_PROBES), to = (uint32_t)(i * i * 7919 % n);
        if (from != to && probe(torus, tally, from, to, err))
            return -1;
    }
    return 0;
}

/* --- Creation -------------------------------------------------------------------------------- */

/* Whether the sizes make that many hosts. */
static bool arrange(struct torus *torus, const struct zone_shape *shape)
{
    uint64_t stride = 1;
    for (uint32_t k = 0; k < shape->num_levels; k++) {
        torus->sizes[k] = shape->sizes[k];
        torus->strides[k] = (uint32_t)stride;
        torus->longest = torus->longest > shape->sizes[k] ? torus->longest : shape->sizes[k];
        stride *= shape->sizes[k];
        if (stride > torus->num_hosts)
            return false;
    }
    torus->strides[shape->num_levels] = (uint32_t)stride;
    torus->num_dimensions = shape->num_levels;
    return stride == torus->num_hosts;
}

static bool allocate(struct torus *torus)
{
    size_t n = torus->num_hosts, links = n * torus->num_dimensions, twice = 2 * torus->longest + 1;
    torus->up = malloc(links * sizeof *torus->up);
    torus->down = malloc(links * sizeof *torus->down);
    torus->sources = calloc(n, sizeof *torus->sources);
    torus->targets = calloc(n, sizeof *torus->targets);
    torus->distances = calloc(n, sizeof *torus->distances);
    torus->ring_distances = calloc(twice, sizeof *torus->ring_distances);
    torus->queue = calloc(twice, sizeof *torus->queue);
    torus->up_to = calloc(twice, sizeof *torus->up_to);
    torus->from_up = calloc(twice, sizeof *torus->from_up);
    return torus->up && torus->down && torus->sources && torus->targets && torus->distances &&
           torus->ring_distances && torus->queue && torus->up_to && torus->from_up;
}

/* Whether there are limiters is seen from the first two hosts, which are neighbours. */
static int find_limiters(struct torus *torus, struct tally *tally, struct error *err)
{
    if (tally_ask(tally, torus->hosts[0], torus->hosts[1], err))
        return -1;
    if (tally->route.count == 3)
        torus->limiters = calloc(torus->num_hosts, sizeof *torus->limiters);
    return tally->route.count == 3 && !torus->limiters ? error_no_memory(err) : 0;
}

struct torus *torus_create(struct tally *tally, const struct zone_shape *shape,
                           const uint32_t *hosts, uint32_t num_hosts, struct error *err)
{
    struct torus *torus = calloc(1, sizeof *torus);
    if (!torus) {
        error_no_memory(err);
        return NULL;
    }
    torus->hosts = hosts;
    torus->num_hosts = num_hosts;
    int result = 0;
    if (num_hosts < 2 || !arrange(torus, shape))
        tally->irregular = true;
    else if (!allocate(torus))
        result = error_no_memory(err);
    else if (find_limiters(torus, tally, err) || find_links(torus, tally, err) ||
             probe_some(torus, tally, err))
        result = -1;
    if (result == 0)
        return torus;
    torus_destroy(torus);
    return NULL;
}

void torus_destroy(struct torus *torus)
{
    if (!torus)
        return;
    free(torus->up);
    free(torus->down);
    free(torus->limiters);
    free(torus->sources);
    free(torus->targets);
    free(torus->distances);
    free(torus->ring_distances);
    free(torus->queue);
    free(torus->up_to);
    free(torus->from_up);
    free(torus);
}

/* --- What passes the links of a ring --------------------------------------------------------- */

/* A ring of dimension k with the sources and targets of its places. */
struct ring {
    struct torus *torus;
    uint32_t k, size, first; /* rank at place 0 */
    const int64_t *sources;  /* by place */
    const int64_t *targets;  /* by place * stride */
    uint32_t stride;
};

/* The sum over `count` places from that one on, around the ring. */
static int64_t stretch(const int64_t *sums, uint32_t place, uint32_t count)
{
    return sums[place + count] - sums[place];
}

static void sum_up(const struct ring *ring)
{
    int64_t *sources = ring->torus->up_to, *targets = ring->torus->from_up;
    sources[0] = targets[0] = 0;
    for (uint32_t i = 0; i < 2 * ring->size; i++) {
        uint32_t place = i < ring->size ? i : i - ring->size;
        sources[i + 1] = sources[i] + ring->sources[place];
        targets[i + 1] = targets[i] + ring->targets[(size_t)place * ring->stride];
    }
}

static int64_t sources_at(const struct ring *ring, uint32_t place)
{
    return ring->sources[place];
}

static int64_t targets_at(const struct ring *ring, uint32_t place)
{
    return ring->targets[(size_t)place * ring->stride];
}

/* Flows of the one pair of places for which half-way round is not upwards. */
static int64_t exception(const struct ring *ring)
{
    return ring->size % 2 == 0 ? sources_at(ring, ring->size / 2) * targets_at(ring, 0) : 0;
}

static void pass(const struct ring *ring, uint32_t place, uint32_t link, int64_t flows,
                 struct tally *tally)
{
    const struct torus *torus = ring->torus;
    if (flows == 0)
        return;
    tally_add(tally, link, flows);
    if (torus->limiters)
        tally_add(tally, torus->limiters[ring->first + place * ring->stride], flows);
}

static void add_upwards(const struct ring *ring, struct tally *tally)
{
    const struct torus *torus = ring->torus;
    uint32_t size = ring->size, half = size / 2;
    int64_t flows = 0; /* that leave the place upwards */
    /* Those from places before 0, and 0 itself, that pass the last link, the one to place 0. */
    for (uint32_t back = 1; back <= half; back++) {
        uint32_t place = size - back, reach = reach_up(place, size);
        if (reach >= back)
            flows += sources_at(ring, place) * stretch(torus->from_up, 0, reach - back + 1);
    }
    for (uint32_t place = 0; place < size; place++) {
        flows -=
            targets_at(ring, place) * stretch(torus->up_to, (place + size - half) % size, half);
        flows += sources_at(ring, place) * stretch(torus->from_up, (place + 1) % size, half);
        if (place == 0)
            flows += exception(ring);
        if (place == half)
            flows -= exception(ring);
        pass(ring, place,
             torus->up[(ring->first + place * ring->stride) * torus->num_dimensions + ring->k],
             flows, tally);
    }
}

static void add_downwards(const struct ring *ring, struct tally *tally)
{
    const struct torus *torus = ring->torus;
    uint32_t size = ring->size, half = size / 2, reach = size - 1 - half;
    int64_t flows = 0; /* that leave the place downwards */
    /* Those that pass the link from place 0 to the last one, but for those that start at 0. */
    for (uint32_t place = 1; place <= half; place++) {
        uint32_t far = size - 1 - reach_up(place, size);
        if (far > place)
            flows += sources_at(ring, place) *
                     stretch(torus->from_up, size - (far - place), far - place);
    }
    flows += sources_at(ring, 0) * stretch(torus->from_up, size - reach, reach);
    for (uint32_t i = 0; i < size; i++) {
        uint32_t place = (size - i) % size, below = (place + size - 1) % size;
        if (i > 0) {
            flows -= targets_at(ring, place) * stretch(torus->up_to, (place + 1) % size, reach);
            flows += sources_at(ring, place) *
                     stretch(torus->from_up, (place + size - reach) % size, reach);
            if (place == half)
                flows += exception(ring);
        }
        pass(ring, place,
             torus->down[(ring->first + below * ring->stride) * torus->num_dimensions + ring->k],
             flows, tally);
    }
}

static void add_ring(const struct ring *ring, struct tally *tally)
{
    const struct torus *torus = ring->torus;
    sum_up(ring);
    if (torus->up_to[ring->size] == 0 || torus->from_up[ring->size] == 0)
        return;
    add_upwards(ring, tally);
    add_downwards(ring, tally);
}

static void count_ends(struct torus *torus, uint32_t k, const struct member *members,
                       uint32_t count)
{
    memset(torus->sources, 0, torus->num_hosts / torus->strides[k] * sizeof *torus->sources);
    memset(torus->targets, 0, torus->strides[k + 1] * sizeof *torus->targets);
    for (uint32_t i = 0; i < count; i++) {
        torus->sources[members[i].rank / torus->strides[k]]++;
        torus->targets[members[i].rank % torus->strides[k + 1]]++;
    }
}

static void add_dimension(struct torus *torus, uint32_t k, struct tally *tally)
{
    uint32_t stride = torus->strides[k], size = torus->sizes[k], span = torus->strides[k + 1];
    for (uint32_t outer = 0; outer < torus->num_hosts / span; outer++)
        for (uint32_t inner = 0; inner < stride; inner++) {
            const struct ring ring = {.torus = torus,
                                      .k = k,
                                      .size = size,
                                      .first = outer * span + inner,
                                      .sources = torus->sources + (size_t)outer * size,
                                      .targets = torus->targets + inner,
                                      .stride = stride};
            add_ring(&ring, tally);
        }
}

/* --- The longest route ----------------------------------------------------------------------- */

/* Of each place of a ring, the most of a distance that is known so far and the way on from there:
 * the largest of values in a window that moves around. With `step` -1 the window lies behind. */
static void extend_one_way(struct torus *torus, uint32_t first, uint32_t k, bool upwards)
{
    uint32_t size = torus->sizes[k], stride = torus->strides[k], half = size / 2;
    uint32_t head = 0, tail = 0;
    int32_t *known = torus->ring_distances;
    for (uint32_t i = 0; i < 2 * size; i++) {
        uint32_t turn = i % size, place = upwards ? turn : size - 1 - turn;
        /* A distance counts for as much more as the window has moved on. */
        while (tail > head &&
               known[torus->queue[tail - 1] % size] - (int32_t)torus->queue[tail - 1] <=
                   known[turn] - (int32_t)i)
            tail--;
        torus->queue[tail++] = i;
        while (torus->queue[head] + half < i)
            head++;
        if (i < size)
            continue;
        int32_t most = known[torus->queue[head] % size] + (int32_t)(i - torus->queue[head]);
        int32_t *distance = &torus->distances[first + place * stride];
        *distance = most > *distance ? most : *distance;
    }
}

/* Distances that are known become those with the way along dimension k. */
static void extend(struct torus *torus, uint32_t first, uint32_t k)
{
    uint32_t size = torus->sizes[k], stride = torus->strides[k];
    int32_t *known = torus->ring_distances;
    for (uint32_t turn = 0; turn < size; turn++)
        known[turn] = torus->distances[first + turn * stride];
    extend_one_way(torus, first, k, true);
    for (uint32_t turn = 0; turn < size / 2; turn++) {
        int32_t other = known[size - 1 - turn];
        known[size - 1 - turn] = known[turn];
        known[turn] = other;
    }
    extend_one_way(torus, first, k, false);
}

static uint32_t distance(const struct torus *torus, uint32_t from, uint32_t to)
{
    uint32_t sum = 0;
    for (uint32_t k = 0; k < torus->num_dimensions; k++) {
        uint32_t size = torus->sizes[k];
        uint32_t further = (place_of(torus, to, k) + size - place_of(torus, from, k)) % size;
        sum += further < size - further ? further : size - further;
    }
    return sum;
}

/* All links have one latency: the route with the most of them takes longest. */
static int note_longest(struct torus *torus, struct tally *tally, const struct member *members,
                        uint32_t count, struct error *err)
{
    const int32_t nowhere = INT32_MIN / 2;
    for (uint32_t rank = 0; rank < torus->num_hosts; rank++)
        torus->distances[rank] = nowhere;
    for (uint32_t i = 0; i < count; i++)
        torus->distances[members[i].rank] = 0;
    for (uint32_t k = 0; k < torus->num_dimensions; k++)
        for (uint32_t rank = 0; rank < torus->num_hosts; rank++)
            if (place_of(torus, rank, k) == 0)
                extend(torus, rank, k);
    uint32_t last = 0, first = 0;
    for (uint32_t i = 0; i < count; i++)
        if (torus->distances[members[i].rank] > torus->distances[members[last].rank])
            last = i;
    while (distance(torus, members[first].rank, members[last].rank) !=
           (uint32_t)torus->distances[members[last].rank])
        first++;
    if (tally_ask(tally, members[first].host, members[last].host, err))
        return -1;
    tally_note_latency(tally, tally->route.latency);
    return 0;
}

/* --- The interface --------------------------------------------------------------------------- */

int torus_add_pairs(struct torus *torus, struct tally *tally, const struct member *members,
                    uint32_t count, struct error *err)
{
    if (count < 2)
        return 0;
    for (uint32_t k = 0; k < torus->num_dimensions; k++) {
        count_ends(torus, k, members, count);
        if (torus->sizes[k] > 1)
            add_dimension(torus, k, tally);
    }
    for (uint32_t i = 0; torus->limiters && i < count; i++)
        tally_add(tally, torus->limiters[members[i].rank], count - 1);
    return note_longest(torus, tally, members, count, err);
}
