/* Sketches the members of a load: what each does on its own, from which classes are made. */
#include "resources/flow/members.h"

#include "base/vector.h"
#include "resources/flow/classes.h"
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

/* --- What a member does on its own ----------------------------------------------------------- */

static void count_users(struct flow *flow, const struct member_sketch *sketch, bool forget)
{
    for (uint32_t i = 0; i < sketch->route.num_links; i++) {
        uint32_t *users = &flow->users[sketch->route.links[i]];
        *users = forget ? 0 : *users + 1;
    }
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
    bool all_there = true;
    for (uint32_t i = 0; result == 0 && i < load->num_members; i++) {
        struct pfs_routes *before = routes;
        if (i == 0 || !pfs_targets_same(load->targets[i], load->targets[i - 1]))
            routes =
                pfs_routes_of(&flow->pfs_routes, load->kind, load->targets[i], flow->num_hosts);
        all_there = all_there && (i == 0 || routes == before);
        result = sketch_member(flow, routes, load, i, plan, &count, err);
    }
    const struct class_maker maker = {.flow = flow,
                                      .members = flow->members.items,
                                      .count = count,
                                      .routes = all_there ? routes : NULL};
    if (result == 0)
        result = classes_make(&maker, plan, err);
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
