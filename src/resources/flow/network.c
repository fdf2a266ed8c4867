#include "resources/flow/network.h"

#include "base/bit_set.h"
#include "base/vector.h"
#include "resources/flow/pairs.h"
#include "resources/flow/stars.h"

#include <stdlib.h>
#include <string.h>

/* Order in which links of one set stand together, by number inside. */
struct sorted_link {
    double units, capacity;
    uint32_t link;
    bool fatpipe;
    bool begins_set; /* it is of another set than the one before */
    uint8_t kind;    /* while they are sorted by kind */
};

/* Kinds of links up to which they need not be compared with each other. */
#define FEW_KINDS 8
/* Words of a set up to which looking through them is quicker than comparing links. */
#define WORDS_PER_LINK 8

struct network {
    struct topology *topology;
    const struct sharing *sharing;
    size_t num_links;
    /* What is being added up, by link. */
    double *units;
    uint32_t *touched;
    uint32_t num_touched;
    uint32_t num_apart; /* so many of the first ones are not put into sets with the others */
    uint64_t *in_order; /* a set of links; empty but while they are sorted */
    struct sorted_link *sorted; /* working memory */
    size_t sorted_room;
    double latency, latency_load;
    struct route route;
    struct stars *stars;
    const struct halves **halves; /* of hosts; working memory */
    size_t halves_room;
    struct pairs *pairs;
    struct plans *plans;
    uint32_t *key; /* of a plan; working memory */
    size_t key_room;
    struct load_plan *last_matrix;
};

/* --- Adding up ------------------------------------------------------------------------------- */

static void begin(struct network *network)
{
    for (uint32_t i = 0; i < network->num_touched; i++)
        network->units[network->touched[i]] = 0;
    network->num_touched = network->num_apart = 0;
    network->latency = network->latency_load = 0;
}

static void load_link(struct network *network, uint32_t link, double units)
{
    double *load = &network->units[link];
    if (*load == 0)
        network->touched[network->num_touched++] = link;
    *load = network->sharing->resources[link].fatpipe ? larger(*load, units) : *load + units;
}

/* The halves of both, when they are of one star. */
static bool find_halves(struct network *network, uint32_t from, uint32_t to,
                        const struct half_route **up, const struct half_route **down)
{
    long star;
    if (from == to || !stars_same(network->stars, from, to))
        return false;
    const struct halves *source = stars_halves(network->stars, from, &star);
    const struct halves *target = source ? stars_halves(network->stars, to, &star) : NULL;
    if (!target)
        return false;
    *up = &source->up;
    *down = &target->down;
    return true;
}

static void note_latency(struct network *network, double latency, double units)
{
    network->latency = larger(network->latency, latency);
    network->latency_load = larger(network->latency_load, latency * units);
}

/* Adds the route that is made of both. */
static void add_halves(struct network *network, const struct half_route *up,
                       const struct half_route *down, double units)
{
    double latency = up->latency;
    for (uint32_t i = 0; i < up->count; i++)
        load_link(network, up->links[i], units);
    for (uint32_t i = 0; i < down->count; i++)
        if (!half_contains(up, down->links[i])) {
            load_link(network, down->links[i], units);
            latency += topology_link_latency(network->topology, down->links[i]);
        }
    note_latency(network, latency, units);
}

static int add_flow(struct network *network, uint32_t from, uint32_t to, double units,
                    struct error *err)
{
    const struct half_route *up, *down;
    if (find_halves(network, from, to, &up, &down)) {
        add_halves(network, up, down, units);
        return 0;
    }
    if (topology_route(network->topology, from, to, &network->route, err))
        return -1;
    note_latency(network, network->route.latency, units);
    for (size_t i = 0; i < network->route.count; i++)
        load_link(network, network->route.links[i], units);
    return 0;
}

/* --- All to all ------------------------------------------------------------------------------ */

/* What has been counted becomes what has been added up. */
static void take_tally(struct network *network, const struct tally *tally)
{
    for (uint32_t i = 0; i < tally->num_links; i++) {
        uint32_t link = tally->links[i];
        int64_t count = tally->counts[link];
        if (count > 0)
            load_link(network, link, network->sharing->resources[link].fatpipe ? 1 : (double)count);
    }
    note_latency(network, tally->latency, 1);
}

static int add_all_to_all(struct network *network, const uint32_t *hosts, uint32_t n,
                          struct error *err)
{
    const struct tally *tally;
    if (pairs_count(network->pairs, hosts, n, &tally, err))
        return -1;
    if (tally)
        take_tally(network, tally);
    for (uint32_t i = 0; !tally && i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            if (j != i && add_flow(network, hosts[i], hosts[j], 1, err))
                return -1;
    return 0;
}

/* --- Rings of one star ----------------------------------------------------------------------- */

/* The halves of the hosts' routes, in working memory; NULL when they are not of one star, or out of
 * memory. */
static const struct halves *const *halves_of_star(struct network *network, const uint32_t *hosts,
                                                  uint32_t n)
{
    long star, first = -1;
    if (array_reserve(network->halves, network->halves_room, n))
        return NULL;
    for (uint32_t i = 0; i < n; i++) {
        network->halves[i] = stars_halves(network->stars, hosts[i], &star);
        if (!network->halves[i] || (i > 0 && star != first))
            return NULL;
        first = star;
    }
    return network->halves;
}

/* So many flows take each link of a half. */
static void load_half(struct network *network, const struct half_route *half, uint32_t flows)
{
    for (uint32_t i = 0; i < half->count; i++) {
        bool fatpipe = network->sharing->resources[half->links[i]].fatpipe;
        load_link(network, half->links[i], fatpipe ? 1 : flows);
    }
}

static double latency_through(const struct network *network, const struct half_route *up,
                              const struct half_route *down)
{
    double latency = up->latency;
    for (uint32_t i = 0; i < down->count; i++)
        latency += topology_link_latency(network->topology, down->links[i]);
    return latency;
}

/* Adds `flows` flows out of each host and into it. Returns false, with what has been added to be
 * dropped, when a link is of halves that lead up and of ones that lead down: it is counted once for
 * a flow. */
static bool load_all_halves(struct network *network, const struct halves *const *halves, uint32_t n,
                            uint32_t flows)
{
    for (uint32_t i = 0; i < n; i++)
        load_half(network, &halves[i]->up, flows);
    network->num_apart = network->num_touched;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < halves[i]->down.count; k++)
            if (network->units[halves[i]->down.links[k]] > 0)
                return false;
    for (uint32_t i = 0; i < n; i++)
        load_half(network, &halves[i]->down, flows);
    return true;
}

static void add_flows_of_ring(struct network *network, const struct halves *const *halves,
                              uint32_t n, bool right, bool left)
{
    const struct halves *host = halves[n - 1];
    for (uint32_t i = 0; i < n; host = halves[i++]) {
        if (right)
            add_halves(network, &host->up, &halves[i]->down, 1);
        if (left)
            add_halves(network, &halves[i]->up, &host->down, 1);
    }
}

static void note_latencies_of_ring(struct network *network, const struct halves *const *halves,
                                   uint32_t n, bool right, bool left)
{
    const struct halves *host = halves[n - 1];
    for (uint32_t i = 0; i < n; host = halves[i++]) {
        if (right)
            note_latency(network, latency_through(network, &host->up, &halves[i]->down), 1);
        if (left)
            note_latency(network, latency_through(network, &halves[i]->up, &host->down), 1);
    }
}

/* Adds the flows from each host to the next one or back, of three hosts at least. Returns false,
 * with nothing added, when they are not of one star. */
static bool add_star_ring(struct network *network, const uint32_t *hosts, uint32_t n, bool right,
                          bool left)
{
    const struct halves *const *halves = n < 3 ? NULL : halves_of_star(network, hosts, n);
    if (!halves)
        return false;
    if (load_all_halves(network, halves, n, (uint32_t)right + left)) {
        note_latencies_of_ring(network, halves, n, right, left);
    } else {
        begin(network);
        add_flows_of_ring(network, halves, n, right, left);
    }
    return true;
}

/* --- Shapes ---------------------------------------------------------------------------------- */

static int add_shape(struct network *network, enum transfer_shape shape, const uint32_t *hosts,
                     uint32_t n, uint32_t root, struct error *err)
{
    bool out = shape == TRANSFER_FROM_ROOT || shape == TRANSFER_ROOT_BOTH;
    bool in = shape == TRANSFER_TO_ROOT || shape == TRANSFER_ROOT_BOTH;
    bool right = shape == TRANSFER_RING || shape == TRANSFER_RING_RIGHT;
    bool left = shape == TRANSFER_RING || shape == TRANSFER_RING_LEFT;
    bool twice = shape == TRANSFER_RING && n == 2; /* both neighbours are one host: one flow */
    if (shape == TRANSFER_ALL_TO_ALL)
        return add_all_to_all(network, hosts, n, err);
    if ((right || left) && add_star_ring(network, hosts, n, right, left))
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        if (out && i != root && add_flow(network, hosts[root], hosts[i], 1, err))
            return -1;
        if (in && i != root && add_flow(network, hosts[i], hosts[root], 1, err))
            return -1;
        if (right && add_flow(network, hosts[i], hosts[(i + 1) % n], twice ? 2 : 1, err))
            return -1;
        if (left && !twice && add_flow(network, hosts[i], hosts[(i + n - 1) % n], 1, err))
            return -1;
    }
    return 0;
}

/* --- Sets of links --------------------------------------------------------------------------- */

static int compare_numbers(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_kinds(const struct sorted_link *a, const struct sorted_link *b)
{
    int order = compare_numbers(a->units, b->units);
    if (order == 0)
        order = compare_numbers(a->capacity, b->capacity);
    return order ? order : a->fatpipe - b->fatpipe;
}

static int compare_links(const void *first, const void *second)
{
    const struct sorted_link *a = first, *b = second;
    int order = compare_kinds(a, b);
    return order ? order : (a->link > b->link) - (a->link < b->link);
}

static bool is_like(const struct sorted_link *a, const struct sorted_link *b)
{
    return a->units == b->units && a->capacity == b->capacity && a->fatpipe == b->fatpipe;
}

/* Finds out where sets begin in the sorted links. Returns how many there are. */
static uint32_t begin_sets(struct network *network)
{
    struct sorted_link *sorted = network->sorted;
    uint32_t num_sets = 0;
    for (uint32_t i = 0; i < network->num_touched; i++) {
        sorted[i].begins_set =
            i == 0 || i == network->num_apart || !is_like(&sorted[i - 1], &sorted[i]);
        num_sets += sorted[i].begins_set;
    }
    return num_sets;
}

static void fill_sets(const struct network *network, struct transfer *transfer, uint32_t *links)
{
    transfer->num_sets = 0;
    for (uint32_t i = 0; i < network->num_touched; i++) {
        const struct sorted_link *link = &network->sorted[i];
        links[i] = link->link;
        if (link->begins_set)
            transfer->sets[transfer->num_sets++] = (struct link_set){.units = link->units,
                                                                     .known_unit = 1,
                                                                     .known_weight = link->units,
                                                                     .set.resources = &links[i]};
        transfer->sets[transfer->num_sets - 1].set.count++;
    }
}

/* Kinds of links, most often a handful. */
struct kinds {
    struct sorted_link like[FEW_KINDS];
    uint32_t counts[FEW_KINDS];
    uint32_t num;
};

/* The number of the link's kind, which is entered if need be; FEW_KINDS when there is no room. */
static uint32_t kind_of(struct kinds *kinds, const struct sorted_link *link)
{
    uint32_t kind = 0;
    while (kind < kinds->num && !is_like(&kinds->like[kind], link))
        kind++;
    if (kind == kinds->num && kind < FEW_KINDS) {
        kinds->like[kind] = *link;
        kinds->counts[kinds->num++] = 0;
    }
    return kind;
}

/* Where the links of each kind begin, kinds being in order. */
static void begin_kinds(const struct kinds *kinds, uint32_t *begin)
{
    for (uint32_t kind = 0; kind < kinds->num; kind++) {
        begin[kind] = 0;
        for (uint32_t other = 0; other < kinds->num; other++)
            if (compare_kinds(&kinds->like[other], &kinds->like[kind]) < 0)
                begin[kind] += kinds->counts[other];
    }
}

/* Sorts links that are in the order of their numbers; `scratch` is as long. Returns false, with
 * nothing done, when they are of too many kinds. */
static bool sort_few_kinds(struct sorted_link *links, uint32_t count, struct sorted_link *scratch)
{
    struct kinds kinds = {.num = 0};
    uint32_t begin[FEW_KINDS];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t kind = kind_of(&kinds, &links[i]);
        if (kind == FEW_KINDS)
            return false;
        kinds.counts[kind]++;
        links[i].kind = (uint8_t)kind;
    }
    if (kinds.num <= 1)
        return true;
    begin_kinds(&kinds, begin);
    for (uint32_t i = 0; i < count; i++)
        scratch[begin[links[i].kind]++] = links[i];
    memcpy(links, scratch, count * sizeof *links);
    return true;
}

static struct sorted_link sorted_link(const struct network *network, uint32_t link)
{
    const struct shared_resource *resource = &network->sharing->resources[link];
    return (struct sorted_link){.units = network->units[link],
                                .capacity = resource->capacity,
                                .link = link,
                                .fatpipe = resource->fatpipe};
}

/* Lists links that have been touched by number: by bits of a set, where that is quicker. The set is
 * empty again afterwards. */
static bool list_in_order(struct network *network, const uint32_t *touched, uint32_t count,
                          struct sorted_link *links)
{
    uint32_t least = UINT32_MAX, most = 0;
    for (uint32_t i = 0; i < count; i++) {
        least = touched[i] < least ? touched[i] : least;
        most = touched[i] > most ? touched[i] : most;
    }
    if ((most - least) / BITS_PER_WORD > WORDS_PER_LINK * count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        bit_set_add(network->in_order, touched[i]);
    for (uint32_t word = least / BITS_PER_WORD; word <= most / BITS_PER_WORD; word++) {
        for (uint64_t set = network->in_order[word]; set; set &= set - 1)
            *links++ = sorted_link(network, word * BITS_PER_WORD + bit_set_lowest(set));
        network->in_order[word] = 0;
    }
    return true;
}

/* Sorts the links touched from `first` on into as many places of network->sorted. */
static void sort_links(struct network *network, uint32_t first, uint32_t count)
{
    const uint32_t *touched = network->touched + first;
    struct sorted_link *sorted = network->sorted + first;
    struct sorted_link *scratch = network->sorted + network->num_touched;
    if (count == 0 ||
        (list_in_order(network, touched, count, sorted) && sort_few_kinds(sorted, count, scratch)))
        return;
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = sorted_link(network, touched[i]);
    qsort(sorted, count, sizeof *sorted, compare_links);
}

/* Makes a transfer of what has been added up. Returns 0, or -1 when out of memory. */
static int finish(struct network *network, struct transfer *transfer)
{
    uint32_t count = network->num_touched, apart = network->num_apart;
    if (array_reserve(network->sorted, network->sorted_room, 2 * (size_t)count + 1))
        return -1;
    sort_links(network, 0, apart);
    sort_links(network, apart, count - apart);
    uint32_t num_sets = begin_sets(network);
    transfer->latency = network->latency;
    transfer->latency_load = network->latency_load;
    transfer->memory = malloc(num_sets * sizeof *transfer->sets + (count + 1) * sizeof(uint32_t));
    transfer->sets = transfer->memory;
    if (transfer->sets)
        fill_sets(network, transfer, (uint32_t *)(void *)&transfer->sets[num_sets]);
    return transfer->sets ? 0 : -1;
}

/* --- The interface --------------------------------------------------------------------------- */

struct network *network_create(struct topology *topology, const struct sharing *sharing,
                               struct plans *plans)
{
    struct network *network = calloc(1, sizeof *network);
    if (!network)
        return NULL;
    network->topology = topology;
    network->sharing = sharing;
    network->plans = plans;
    network->num_links = topology_num_links(topology);
    network->units = calloc(network->num_links + 1, sizeof *network->units);
    network->touched = calloc(network->num_links + 1, sizeof *network->touched);
    network->in_order = bit_set_create(network->num_links);
    network->stars = stars_create(topology);
    network->pairs = network->stars ? pairs_create(topology, network->stars) : NULL;
    if (network->units && network->touched && network->in_order && network->pairs)
        return network;
    network_destroy(network);
    return NULL;
}

void network_destroy(struct network *network)
{
    if (!network)
        return;
    load_plan_release(network->last_matrix);
    free(network->key);
    free(network->units);
    free(network->touched);
    free(network->in_order);
    free(network->sorted);
    free(network->halves);
    pairs_destroy(network->pairs);
    stars_destroy(network->stars);
    topology_route_release(&network->route);
    free(network);
}

/* The key of a transfer, in network->key. Returns its length, 0 when out of memory. */
static uint32_t make_key(struct network *network, enum transfer_shape shape, const uint32_t *hosts,
                         uint32_t num_hosts, uint32_t root)
{
    uint32_t length = num_hosts + 2;
    if (array_reserve(network->key, network->key_room, length))
        return 0;
    network->key[0] = (uint32_t)shape;
    network->key[1] = root;
    memcpy(network->key + 2, hosts, num_hosts * sizeof *hosts);
    return length;
}

/* A plan of what has been added up, with one reference; NULL when out of memory. */
static struct load_plan *plan_of_sum(struct network *network)
{
    struct load_plan *plan = load_plan_create();
    if (!plan || finish(network, plan->transfers) == 0)
        return plan;
    load_plan_release(plan);
    return NULL;
}

static struct transfer *no_memory(struct load_plan *plan, struct error *err)
{
    load_plan_release(plan);
    error_no_memory(err);
    return NULL;
}

int network_sum(struct network *network, enum transfer_shape shape, const uint32_t *hosts,
                uint32_t num_hosts, uint32_t root, struct link_sum *sum, struct error *err)
{
    begin(network);
    if (add_shape(network, shape, hosts, num_hosts, root, err))
        return -1;
    *sum = (struct link_sum){.latency = network->latency,
                             .latency_load = network->latency_load,
                             .units = network->units,
                             .links = network->touched,
                             .num_links = network->num_touched};
    return 0;
}

struct transfer *network_transfer(struct network *network, enum transfer_shape shape,
                                  const uint32_t *hosts, uint32_t num_hosts, uint32_t root,
                                  struct error *err)
{
    uint32_t length = make_key(network, shape, hosts, num_hosts, root);
    if (length == 0)
        return no_memory(NULL, err);
    struct load_plan *plan = plans_find(network->plans, network->key, length);
    if (plan)
        return plan->transfers;
    begin(network);
    if (add_shape(network, shape, hosts, num_hosts, root, err))
        return NULL;
    plan = plan_of_sum(network);
    if (!plan || plans_keep(network->plans, plan, network->key, length))
        return no_memory(plan, err);
    load_plan_release(plan); /* the one that keeps it is left */
    return plan->transfers;
}

struct transfer *network_matrix(struct network *network, const uint32_t *hosts, uint32_t num_hosts,
                                const double *bytes, struct error *err)
{
    begin(network);
    for (uint32_t i = 0; i < num_hosts; i++)
        for (uint32_t j = 0; j < num_hosts; j++) {
            double amount = bytes[(size_t)i * num_hosts + j];
            if (amount > 0 && add_flow(network, hosts[i], hosts[j], amount, err))
                return NULL;
        }
    load_plan_release(network->last_matrix);
    network->last_matrix = plan_of_sum(network);
    return network->last_matrix ? network->last_matrix->transfers : no_memory(NULL, err);
}
