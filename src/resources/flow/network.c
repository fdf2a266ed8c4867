#include "resources/flow/network.h"

#include "base/vector.h"
#include "resources/flow/stars.h"
#include "resources/flow/twins.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Hosts from which on it pays to look for twins. */
#define MANY_HOSTS 64

/* How many hosts of a transfer have a link in the half of their routes that leads up, down, in
 * both.
 */
struct link_users {
    uint32_t up, down, both;
};

struct network {
    struct topology *topology;
    const struct sharing *sharing;
    size_t num_links;
    /* What is being added up, by link. */
    double *units;
    uint32_t *touched;
    uint32_t num_touched;
    double latency, latency_load;
    struct route route;
    struct stars *stars;
    struct link_users *link_users; /* by link; working memory */
    uint32_t *owners; /* by link: 1 + the host whose routes begin with it; 0 for none */
    bool irregular;   /* a link that one host owns was met in another's route */
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
    network->num_touched = 0;
    network->latency = network->latency_load = 0;
}

static void load_link(struct network *network, uint32_t link, double units)
{
    double *load = &network->units[link];
    if (*load == 0)
        network->touched[network->num_touched++] = link;
    *load = network->sharing->resources[link].fatpipe ? fmax(*load, units) : *load + units;
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

static bool contains(const struct half_route *half, uint32_t link)
{
    for (uint32_t i = 0; i < half->count; i++)
        if (half->links[i] == link)
            return true;
    return false;
}

static void note_latency(struct network *network, double latency, double units)
{
    network->latency = fmax(network->latency, latency);
    network->latency_load = fmax(network->latency_load, latency * units);
}

static int add_flow(struct network *network, uint32_t from, uint32_t to, double units,
                    struct error *err)
{
    const struct half_route *up, *down;
    if (find_halves(network, from, to, &up, &down)) {
        double latency = up->latency;
        for (uint32_t i = 0; i < up->count; i++)
            load_link(network, up->links[i], units);
        for (uint32_t i = 0; i < down->count; i++)
            if (!contains(up, down->links[i])) {
                load_link(network, down->links[i], units);
                latency += topology_link_latency(network->topology, down->links[i]);
            }
        note_latency(network, latency, units);
        return 0;
    }
    if (topology_route(network->topology, from, to, &network->route, err))
        return -1;
    note_latency(network, network->route.latency, units);
    for (size_t i = 0; i < network->route.count; i++)
        load_link(network, network->route.links[i], units);
    return 0;
}

/* --- All to all in one star ------------------------------------------------------------------ */

/* The two largest of some values, one per host. */
struct top {
    double first, second;
    uint32_t host; /* of the first */
};

static void top_add(struct top *top, double value, uint32_t host)
{
    if (value > top->first) {
        top->second = top->first;
        top->first = value;
        top->host = host;
    } else if (value > top->second) {
        top->second = value;
    }
}

static void touch(struct network *network, uint32_t link)
{
    struct link_users *users = &network->link_users[link];
    if (users->up + users->down == 0)
        network->touched[network->num_touched++] = link;
}

/* Counts the links of a host's halves. */
static void count_halves(struct network *network, const struct halves *halves)
{
    for (uint32_t i = 0; i < halves->up.count; i++) {
        uint32_t link = halves->up.links[i];
        touch(network, link);
        network->link_users[link].up++;
        network->link_users[link].both += contains(&halves->down, link);
    }
    for (uint32_t i = 0; i < halves->down.count; i++) {
        touch(network, halves->down.links[i]);
        network->link_users[halves->down.links[i]].down++;
    }
}

/* Sets the load of each link from who uses it. Returns whether that is all there is to it: a link
 * in both halves has to be in all of them, or to be one host's own. *common is the latency of what
 * is in all. */
static bool load_from_users(struct network *network, uint32_t n, double *common)
{
    bool regular = true;
    *common = 0;
    for (uint32_t i = 0; i < network->num_touched; i++) {
        uint32_t link = network->touched[i];
        struct link_users *users = &network->link_users[link];
        double up = users->up, down = users->down, both = users->both;
        bool everywhere = users->up == n && users->down == n;
        if (users->up > 0 && users->down > 0 && !everywhere)
            regular = regular && users->up == 1 && users->down == 1 && users->both == 1;
        if (everywhere)
            *common += topology_link_latency(network->topology, link);
        network->units[link] = network->sharing->resources[link].fatpipe
                                   ? 1
                                   : (up + down) * (n - 1) - (up * down - both);
        *users = (struct link_users){0};
    }
    return regular;
}

/* Adds all flows among hosts of one star, without looking at each. Returns false, with nothing
 * added, when they are not. */
static bool add_star(struct network *network, const uint32_t *hosts, uint32_t n)
{
    struct top up = {.first = -1, .second = -1}, down = up;
    long star, first_star = -1;
    for (uint32_t i = 0; i < n; i++) {
        const struct halves *halves = stars_halves(network->stars, hosts[i], &star);
        if (!halves || (i > 0 && star != first_star))
            return false;
        first_star = star;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct halves *halves = stars_halves(network->stars, hosts[i], &star);
        count_halves(network, halves);
        top_add(&up, halves->up.latency, i);
        top_add(&down, halves->down.latency, i);
    }
    double common;
    if (!load_from_users(network, n, &common)) {
        begin(network);
        return false;
    }
    double latency = up.host != down.host ? up.first + down.first
                                          : fmax(up.first + down.second, up.second + down.first);
    note_latency(network, latency - common, 1);
    return true;
}

/* --- All to all among switches --------------------------------------------------------------- */

/* Adds `times` flows of one unit that take the same links. */
static void load_links(struct network *network, const uint32_t *links, size_t count, double times)
{
    for (size_t i = 0; i < count; i++)
        load_link(network, links[i], network->sharing->resources[links[i]].fatpipe ? 1 : times);
}

static double sum_latencies(const struct network *network, const uint32_t *links, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += topology_link_latency(network->topology, links[i]);
    return sum;
}

/* Enters each twin as the owner of the links that its routes begin with, or takes them out. */
static int own_links(struct network *network, const uint32_t *hosts, uint32_t n,
                     const struct twins *run, bool enter, struct error *err)
{
    uint32_t end = run->first + run->count, elsewhere = hosts[end < n ? end : 0];
    for (uint32_t i = run->first; run->prefix > 0 && run->count < n && i < end; i++) {
        if (topology_route(network->topology, hosts[i], elsewhere, &network->route, err))
            return -1;
        if (network->route.count <= run->prefix)
            network->irregular = true;
        for (size_t k = 0; k < run->prefix && k < network->route.count; k++)
            network->owners[network->route.links[k]] = enter ? hosts[i] + 1 : 0;
    }
    return 0;
}

/* Only its owner may send over a link, or somebody to its owner. */
static void check_owners(struct network *network, size_t first_link, uint32_t from, uint32_t to)
{
    for (size_t k = first_link; k < network->route.count; k++) {
        uint32_t owner = network->owners[network->route.links[k]];
        if (owner > 0 && owner != from + 1 && owner != to + 1)
            network->irregular = true;
    }
}

/* Adds what twins send among themselves, flow by flow, and the links of their own for what they
 * send elsewhere. *own is the largest latency of these, *own_of_first that of the first twin. */
static int add_own_flows(struct network *network, const uint32_t *hosts, uint32_t n,
                         const struct twins *run, double *own, double *own_of_first,
                         struct error *err)
{
    uint32_t end = run->first + run->count, elsewhere = hosts[end < n ? end : 0];
    for (uint32_t i = run->first; i < end; i++) {
        for (uint32_t j = run->first; j < end; j++) {
            if (i != j && add_flow(network, hosts[i], hosts[j], 1, err))
                return -1;
            if (i != j)
                check_owners(network, 0, hosts[i], hosts[j]);
        }
        if (run->count == n)
            continue;
        if (topology_route(network->topology, hosts[i], elsewhere, &network->route, err))
            return -1;
        load_links(network, network->route.links, run->prefix, n - run->count);
        double latency = sum_latencies(network, network->route.links, run->prefix);
        *own_of_first = i == run->first ? latency : *own_of_first;
        *own = fmax(*own, latency);
    }
    return 0;
}

/* Adds what twins send to all hosts: elsewhere, what the first one sends stands for all of them. */
static int add_twins(struct network *network, const uint32_t *hosts, uint32_t n,
                     const struct twins *run, struct error *err)
{
    double own = 0, own_of_first = 0;
    if (add_own_flows(network, hosts, n, run, &own, &own_of_first, err))
        return -1;
    for (uint32_t j = 0; j < n && !network->irregular; j++) {
        if (j >= run->first && j < run->first + run->count)
            continue;
        if (topology_route(network->topology, hosts[run->first], hosts[j], &network->route, err))
            return -1;
        if (network->route.count < run->prefix) {
            network->irregular = true;
            break;
        }
        check_owners(network, run->prefix, hosts[run->first], hosts[j]);
        load_links(network, network->route.links + run->prefix, network->route.count - run->prefix,
                   run->count);
        note_latency(network, network->route.latency - own_of_first + own, 1);
    }
    return 0;
}

/* Adds all that twins send. Returns 1, 0 when they turn out not to be twins, or -1 with err. */
static int add_runs(struct network *network, const uint32_t *hosts, uint32_t n,
                    const struct twins *runs, uint32_t num_runs, struct error *err)
{
    int result = 0;
    network->irregular = num_runs == 0;
    for (uint32_t i = 0; result == 0 && i < num_runs; i++)
        result = own_links(network, hosts, n, &runs[i], true, err);
    for (uint32_t i = 0; result == 0 && i < num_runs && !network->irregular; i++)
        result = add_twins(network, hosts, n, &runs[i], err);
    for (uint32_t i = 0; result == 0 && i < num_runs; i++)
        result = own_links(network, hosts, n, &runs[i], false, err);
    if (network->irregular)
        begin(network);
    return result ? -1 : !network->irregular;
}

static int compare_hosts(const void *first, const void *second)
{
    uint32_t a = *(const uint32_t *)first, b = *(const uint32_t *)second;
    return (a > b) - (a < b);
}

static bool all_in_one_switched_zone(const struct network *network, const uint32_t *hosts,
                                     uint32_t n)
{
    enum zone_kind kind;
    uint32_t zone = topology_host_zone(network->topology, hosts[0], &kind);
    for (uint32_t i = 0; i < n; i++)
        if (topology_host_zone(network->topology, hosts[i], &kind) != zone || kind != ZONE_SWITCHED)
            return false;
    return true;
}

/* Adds all flows among the hosts, looking at the routes of one host per switch. Returns 1, 0 with
 * nothing added when that is no use, or -1 with err. */
static int add_all_twins(struct network *network, const uint32_t *hosts, uint32_t n,
                         struct error *err)
{
    if (n < MANY_HOSTS || !all_in_one_switched_zone(network, hosts, n))
        return 0;
    uint32_t *sorted = malloc(n * sizeof *sorted);
    struct twins *runs = malloc(n * sizeof *runs);
    uint32_t num_runs = 0;
    if (sorted && runs) {
        memcpy(sorted, hosts, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, compare_hosts);
        num_runs = twins_find(network->topology, sorted, n, runs);
    }
    int result = add_runs(network, sorted, n, runs, num_runs, err);
    free(sorted);
    free(runs);
    return result;
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
    if (shape == TRANSFER_ALL_TO_ALL) {
        int result = add_star(network, hosts, n) ? 1 : add_all_twins(network, hosts, n, err);
        if (result)
            return result < 0 ? -1 : 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (out && i != root && add_flow(network, hosts[root], hosts[i], 1, err))
            return -1;
        if (in && i != root && add_flow(network, hosts[i], hosts[root], 1, err))
            return -1;
        if (right && add_flow(network, hosts[i], hosts[(i + 1) % n], twice ? 2 : 1, err))
            return -1;
        if (left && !twice && add_flow(network, hosts[i], hosts[(i + n - 1) % n], 1, err))
            return -1;
        for (uint32_t j = 0; shape == TRANSFER_ALL_TO_ALL && j < n; j++)
            if (j != i && add_flow(network, hosts[i], hosts[j], 1, err))
                return -1;
    }
    return 0;
}

/* --- Sets of links --------------------------------------------------------------------------- */

/* Order in which links of one set stand together, by number inside. */
struct sorted_link {
    double units, capacity;
    uint32_t link;
    bool fatpipe;
};

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

static void fill_sets(struct transfer *transfer, const struct sorted_link *sorted, uint32_t count,
                      uint32_t *links)
{
    transfer->num_sets = 0;
    for (uint32_t i = 0; i < count; i++) {
        links[i] = sorted[i].link;
        if (i == 0 || compare_kinds(&sorted[i - 1], &sorted[i]) != 0)
            transfer->sets[transfer->num_sets++] =
                (struct link_set){.units = sorted[i].units,
                                  .known_unit = 1,
                                  .known_weight = sorted[i].units,
                                  .set.resources = &links[i]};
        transfer->sets[transfer->num_sets - 1].set.count++;
    }
}

/* Makes a transfer of what has been added up. Returns 0, or -1 when out of memory. */
static int finish(struct network *network, struct transfer *transfer)
{
    uint32_t count = network->num_touched, num_sets = 0;
    struct sorted_link *sorted = malloc((count + 1) * sizeof *sorted);
    if (!sorted)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t link = network->touched[i];
        const struct shared_resource *resource = &network->sharing->resources[link];
        sorted[i] =
            (struct sorted_link){network->units[link], resource->capacity, link, resource->fatpipe};
    }
    qsort(sorted, count, sizeof *sorted, compare_links);
    for (uint32_t i = 0; i < count; i++)
        num_sets += i == 0 || compare_kinds(&sorted[i - 1], &sorted[i]) != 0;
    transfer->latency = network->latency;
    transfer->latency_load = network->latency_load;
    transfer->memory = malloc(num_sets * sizeof *transfer->sets + (count + 1) * sizeof(uint32_t));
    transfer->sets = transfer->memory;
    if (transfer->sets)
        fill_sets(transfer, sorted, count, (uint32_t *)(void *)&transfer->sets[num_sets]);
    free(sorted);
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
    network->link_users = calloc(network->num_links + 1, sizeof *network->link_users);
    network->owners = calloc(network->num_links + 1, sizeof *network->owners);
    network->stars = stars_create(topology);
    if (network->owners && network->units && network->touched && network->link_users &&
        network->stars)
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
    free(network->link_users);
    free(network->owners);
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
