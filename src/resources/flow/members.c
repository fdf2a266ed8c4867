/* Sorts the members of a load into classes that do the same on resources alike: those links that
 * several members of the load use have to be the very same for them, those that one member has for
 * itself have to be of the same capacity.
 */
#include "resources/flow/members.h"

#include "base/vector.h"
#include "resources/flow/hash.h"
#include "resources/flow/model.h"

#include <stdlib.h>
#include <string.h>

/* Tells keys of PFS I/O from those of other transfers. */
#define PFS_KEY UINT32_MAX
/* Bytes from which on a member's share for each of its PFS hosts is not negligible, however many
 * there are. */
#define NOT_NEGLIGIBLE (UINT32_MAX * NEGLIGIBLE)

bool load_is_uniform(const struct load *load)
{
    for (uint32_t i = 1; i < load->num_members; i++)
        if (load->amounts[i] != load->amounts[0])
            return false;
    return true;
}

/* --- Sketches -------------------------------------------------------------------------------- */

int sketches_need(struct sketches *sketches, uint32_t count, struct error *err)
{
    return vector_reserve(sketches, count) ? error_no_memory(err) : 0;
}

uint32_t sketches_class_end(const struct member_sketch *sketches, uint32_t first, uint32_t count)
{
    uint32_t end = first + 1;
    while (end < count && sketches[end].hash == sketches[first].hash)
        end++;
    return end;
}

static int compare_sketches(const void *first, const void *second)
{
    const struct member_sketch *a = first, *b = second;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

void sketches_sort(struct member_sketch *sketches, uint32_t count)
{
    if (count > 0 && sketches_class_end(sketches, 0, count) < count)
        qsort(sketches, count, sizeof *sketches, compare_sketches);
}

/* --- Links of one member and of several ------------------------------------------------------ */

static bool is_private(const struct flow *flow, uint32_t link)
{
    return flow->users[link] == 1;
}

static void count_users(struct flow *flow, const struct member_sketch *sketch, bool forget)
{
    for (uint32_t i = 0; i < sketch->route.num_links; i++) {
        uint32_t *users = &flow->users[sketch->route.links[i]];
        *users = forget ? 0 : *users + 1;
    }
}

static uint32_t count_private(const struct flow *flow, const uint32_t *links, uint32_t count)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += is_private(flow, links[i]);
    return sum;
}

/* What makes members alike, as a number. `like` is a transfer of the same kind: it has as many
 * links in each set. */
static uint64_t hash_member(const struct flow *flow, const struct member_sketch *sketch,
                            const struct transfer *like)
{
    const uint32_t *links = sketch->route.links;
    uint64_t hash = hash_mix(hash_double(sketch->route.kind, sketch->amount), sketch->num_flows);
    for (uint32_t s = 0; s < like->num_sets; s++) {
        uint32_t count = like->sets[s].set.count, num_private = 0;
        for (uint32_t i = 0; i < count; i++)
            if (is_private(flow, links[i]))
                num_private++;
            else
                hash = hash_mix(hash, links[i]);
        hash = hash_mix(hash, num_private);
        links += count;
    }
    return hash;
}

/* --- The transfer of a class ----------------------------------------------------------------- */

/* What a class needs of memory: sets, and resources in them. */
struct class_size {
    uint32_t num_sets;
    size_t num_resources;
};

static struct class_size class_size(const struct flow *flow, const struct transfer *transfer,
                                    uint32_t num_members)
{
    struct class_size size = {0};
    for (uint32_t s = 0; s < transfer->num_sets; s++) {
        const struct resource_set *set = &transfer->sets[s].set;
        uint32_t num_private = count_private(flow, set->resources, set->count);
        size.num_sets += num_private + (num_private < set->count);
        size.num_resources += set->count - num_private + (size_t)num_private * num_members;
    }
    return size;
}

static void add_set(struct transfer *transfer, const struct link_set *like, bool each,
                    const uint32_t *resources, uint32_t count)
{
    struct link_set *set = &transfer->sets[transfer->num_sets++];
    *set = *like;
    set->each = each;
    set->set = (struct resource_set){.resources = resources, .count = count};
}

/* The i-th private link from there on. */
static uint32_t private_link(const struct flow *flow, const uint32_t *links, uint32_t i)
{
    for (;; links++)
        if (is_private(flow, *links) && i-- == 0)
            return *links;
}

/* Makes of the s-th set of the members' transfers one set of the links that they share, and one for
 * each link that they have for themselves. Returns where further resources go. */
static uint32_t *add_sets(struct transfer *class, const struct flow *flow,
                          const struct member_sketch *members, uint32_t s, uint32_t *resources)
{
    const struct link_set *like = &members[0].route.transfer->sets[s];
    size_t offset = (size_t)(like->set.resources - members[0].route.links);
    uint32_t num_private = count_private(flow, like->set.resources, like->set.count);
    uint32_t num_shared = 0;
    for (uint32_t i = 0; i < like->set.count; i++)
        if (!is_private(flow, like->set.resources[i]))
            resources[num_shared++] = like->set.resources[i];
    if (num_shared > 0)
        add_set(class, like, false, resources, num_shared);
    resources += num_shared;
    for (uint32_t i = 0; i < num_private; i++) {
        for (uint32_t m = 0; m < class->num_members; m++)
            resources[m] = private_link(flow, members[m].route.links + offset, i);
        add_set(class, like, true, resources, class->num_members);
        resources += class->num_members;
    }
    return resources;
}

static int fill_class(struct transfer *class, const struct flow *flow,
                      const struct member_sketch *members, uint32_t count, struct error *err)
{
    const struct transfer *like = members[0].route.transfer;
    struct class_size size = class_size(flow, like, count);
    class->memory = calloc(1, size.num_sets * sizeof(struct link_set) +
                                  (size.num_resources + count) * sizeof(uint32_t));
    if (!class->memory)
        return error_no_memory(err);
    class->sets = class->memory;
    class->latency = like->latency;
    class->latency_load = like->latency_load;
    class->num_members = count;
    class->num_flows = members[0].num_flows;
    uint32_t *numbers = (void *)(class->sets + size.num_sets);
    class->members = numbers;
    for (uint32_t m = 0; m < count; m++)
        *numbers++ = members[m].index;
    for (uint32_t s = 0; s < like->num_sets; s++)
        numbers = add_sets(class, flow, members, s, numbers);
    return 0;
}

/* --- Plans of PFS I/O ------------------------------------------------------------------------ */

int numbers_add(struct numbers *numbers, uint32_t number, struct error *err)
{
    return vector_add(numbers, number) ? error_no_memory(err) : 0;
}

static int add_targets(struct numbers *numbers, const struct pfs_targets *targets, uint32_t but,
                       struct error *err)
{
    for (size_t i = 0; i < targets->count; i++)
        if (targets->hosts[i] != but && numbers_add(numbers, targets->hosts[i], err))
            return -1;
    return 0;
}

/* Finds out what a host sends to its PFS hosts or gets from them: no transfer, without err, when
 * there is no other host than itself. */
static int find_route(struct flow *flow, struct pfs_routes *routes, const struct load *load,
                      uint32_t i, struct pfs_route *route, struct error *err)
{
    struct numbers *hosts = &flow->hosts_of_transfer;
    uint32_t host = load->hosts[load->members[i]];
    if (routes)
        *route = routes->of_host[host];
    if (route->transfer)
        return 0;
    hosts->count = 0;
    if (numbers_add(hosts, host, err) || add_targets(hosts, load->targets[i], host, err))
        return -1;
    if (hosts->count == 1)
        return 0;
    enum transfer_shape shape =
        load->kind == LOAD_PFS_WRITE ? TRANSFER_FROM_ROOT : TRANSFER_TO_ROOT;
    const struct transfer *transfer =
        network_transfer(flow->network, shape, hosts->items, (uint32_t)hosts->count, 0, err);
    if (!transfer)
        return -1;
    *route = pfs_route_of(transfer, flow->sharing.resources);
    pfs_routes_keep(routes, host, route);
    return 0;
}

/* Sketches a member by its transfer; one that is its only PFS host itself is idle. */
static int sketch_member(struct flow *flow, struct pfs_routes *routes, const struct load *load,
                         uint32_t i, struct load_plan *plan, uint32_t *count, struct error *err)
{
    const struct pfs_targets *targets = load->targets[i];
    struct pfs_route route = {.transfer = NULL};
    bool negligible = load->amounts[i] / (double)targets->count < NEGLIGIBLE;
    if (!negligible && find_route(flow, routes, load, i, &route, err))
        return -1;
    if (!route.transfer) {
        plan->idle[plan->num_idle++] = i;
        return 0;
    }
    struct member_sketch *sketch = &flow->members.items[(*count)++];
    *sketch = (struct member_sketch){.index = i,
                                     .num_flows = (uint32_t)targets->count,
                                     .amount = load->amounts[i],
                                     .route = route};
    count_users(flow, sketch, false);
    return 0;
}

static int compare_classes(const void *first, const void *second)
{
    uint32_t a = ((const struct transfer *)first)->members[0];
    uint32_t b = ((const struct transfer *)second)->members[0];
    return (a > b) - (a < b);
}

static uint32_t count_classes(const struct member_sketch *sketches, uint32_t count)
{
    uint32_t classes = 0;
    for (uint32_t i = 0; i < count; i = sketches_class_end(sketches, i, count))
        classes++;
    return classes;
}

/* A new plan has room for one transfer. */
static int make_room(struct load_plan *plan, uint32_t num_transfers, struct error *err)
{
    if (num_transfers <= 1)
        return 0;
    free(plan->transfers);
    plan->transfers = calloc(num_transfers, sizeof *plan->transfers);
    return plan->transfers ? 0 : error_no_memory(err);
}

/* Makes the classes, in the order of their first members. */
static int make_classes(struct flow *flow, struct load_plan *plan, uint32_t count,
                        struct error *err)
{
    struct member_sketch *sketches = flow->members.items;
    for (uint32_t i = 0, like = 0; i < count; i++) {
        like = sketches[i].route.kind == sketches[like].route.kind ? like : i;
        sketches[i].hash = hash_member(flow, &sketches[i], sketches[like].route.transfer);
    }
    sketches_sort(sketches, count);
    if (make_room(plan, count_classes(sketches, count), err))
        return -1;
    for (uint32_t i = 0, end; i < count; i = end) {
        struct transfer *class = &plan->transfers[plan->num_transfers];
        end = sketches_class_end(sketches, i, count);
        if (fill_class(class, flow, &sketches[i], end - i, err))
            return -1;
        class->plan = plan;
        plan->num_transfers++;
    }
    if (plan->num_transfers > 1)
        qsort(plan->transfers, plan->num_transfers, sizeof *plan->transfers, compare_classes);
    return 0;
}

static int fill_plan(struct flow *flow, const struct load *load, struct load_plan *plan,
                     struct error *err)
{
    uint32_t count = 0, room = load->num_members + 1;
    int result = 0;
    plan->num_transfers = 0;
    plan->idle = malloc(room * sizeof *plan->idle);
    if (!plan->idle)
        return error_no_memory(err);
    if (sketches_need(&flow->members, load->num_members, err))
        return -1;
    struct pfs_routes *routes = NULL;
    for (uint32_t i = 0; result == 0 && i < load->num_members; i++) {
        if (i == 0 || !pfs_targets_same(load->targets[i], load->targets[i - 1]))
            routes =
                pfs_routes_of(&flow->pfs_routes, load->kind, load->targets[i], flow->num_hosts);
        result = sketch_member(flow, routes, load, i, plan, &count, err);
    }
    if (result == 0)
        result = make_classes(flow, plan, count, err);
    for (uint32_t i = 0; i < count; i++)
        count_users(flow, &flow->members.items[i], true);
    return result;
}

/* What a PFS I/O with equal amounts is for: its hosts, each after its PFS hosts unless these are
 * the same as those of the one before. */
static int make_key(struct flow *flow, const struct load *load, struct error *err)
{
    struct numbers *key = &flow->key;
    key->count = 0;
    if (numbers_add(key, PFS_KEY, err) || numbers_add(key, load->kind, err))
        return -1;
    for (uint32_t i = 0, end; i < load->num_members; i = end) {
        const struct pfs_targets *targets = load->targets[i];
        for (end = i + 1; end < load->num_members && pfs_targets_same(targets, load->targets[end]);)
            end++;
        if (numbers_add(key, PFS_KEY, err) || numbers_add(key, (uint32_t)targets->count, err) ||
            add_targets(key, targets, PFS_KEY, err) || vector_reserve(key, key->count + end - i))
            return error_no_memory(err);
        for (uint32_t k = i; k < end; k++)
            key->items[key->count++] = load->hosts[load->members[k]];
    }
    return 0;
}

static struct load_plan *new_plan(struct flow *flow, const struct load *load, struct error *err)
{
    struct load_plan *plan = load_plan_create();
    if (!plan)
        error_no_memory(err);
    else if (fill_plan(flow, load, plan, err) == 0)
        return plan;
    load_plan_release(plan);
    return NULL;
}

struct load_plan *members_pfs_plan(struct flow *flow, const struct load *load, struct error *err)
{
    if (!load_is_uniform(load) || load->num_members == 0 || load->amounts[0] < NOT_NEGLIGIBLE)
        return new_plan(flow, load, err);
    if (make_key(flow, load, err))
        return NULL;
    const struct numbers *key = &flow->key;
    struct load_plan *plan = plans_find(&flow->plans, key->items, (uint32_t)key->count);
    if (plan)
        return load_plan_retain(plan);
    plan = new_plan(flow, load, err);
    if (!plan || plans_keep(&flow->plans, plan, key->items, (uint32_t)key->count) == 0)
        return plan;
    error_no_memory(err);
    load_plan_release(plan);
    return NULL;
}
