/* Makes variables and disk I/Os of loads. */
#include "resources/flow/state.h"

#include <float.h>
#include <stdlib.h>

/* Numbers in all plans that are kept together; beyond it all are forgotten. */
#define MAX_KEPT ((size_t)1 << 22)

/* --- Variables ------------------------------------------------------------------------------- */

static void bound_by(struct variable *variable, double bound)
{
    if (bound < DBL_MAX && (variable->bound == 0 || bound < variable->bound))
        variable->bound = bound;
}

/* A flow that has to wait long for what it sent to be acknowledged is slow. */
static void bound_by_latency(struct variable *variable, const struct flow *flow,
                             double latency_load)
{
    if (latency_load > 0)
        bound_by(variable, flow->settings.tcp_gamma / (2.0 * latency_load));
}

static void bound_by_host(struct variable *variable, const struct host_figures *host, double flops)
{
    double cores = host->cores;
    bound_by(variable, host->speed / cores / (flops / cores));
}

static void add_use(struct variable *variable, double weight, bool each, struct resource_set *set)
{
    variable->uses[variable->num_uses++] =
        (struct use){.weight = weight, .times = 1, .each = each, .set = set};
}

/* Adds the use of hosts alike: an equal part of the flops on each of their cores. */
static void add_host_use(struct variable *variable, const struct host_figures *host, double flops,
                         bool each, struct resource_set *set)
{
    add_use(variable, flops / host->cores, each, set);
    variable->uses[variable->num_uses - 1].times = host->cores;
}

static void add_link_use(struct variable *variable, struct link_set *set, double unit)
{
    add_use(variable, link_set_weight(set, unit), set->each, &set->set);
    if (set->users == 0)
        return;
    variable->uses[variable->num_uses - 1].times = set->users;
    variable->uses[variable->num_uses - 1].total = true;
}

/* Adds what a transfer puts on its links, with that many bytes as unit. */
static void add_transfer(struct variable *variable, const struct flow *flow,
                         struct transfer *transfer, double unit)
{
    for (uint32_t s = 0; s < transfer->num_sets; s++)
        add_link_use(variable, &transfer->sets[s], unit);
    bound_by_latency(variable, flow, transfer->latency_load * unit);
    variable->plan = plan_retain(transfer->plan);
}

int check_memory(const struct flow *flow, struct error *err)
{
    return flow->out_of_memory || flow->sharing.out_of_memory ? error_no_memory(err) : 0;
}

int flow_launch(struct flow_group *group, struct variable *variable, double latency,
                struct error *err)
{
    if (variable->num_uses > 0) {
        variable_start(group, variable, latency);
        return check_memory(group->flow, err);
    }
    group->flow->num_parts += variable->num_members;
    for (uint32_t i = 0; i < variable->num_members; i++)
        part_ended(group, variable->members ? variable->members[i] : 0);
    variable->owner = group;
    sharing_destroy(&group->flow->sharing, variable);
    return 0;
}

int flow_drop(struct flow_group *group, struct variable *variable, struct error *err)
{
    if (variable)
        sharing_destroy(&group->flow->sharing, variable);
    return error_no_memory(err);
}

/* --- Compute --------------------------------------------------------------------------------- */

static int start_compute_class(struct flow_group *group, const struct load *load,
                               const struct member_sketch *members, uint32_t count,
                               struct error *err)
{
    const struct flow *flow = group->flow;
    struct variable *variable = variable_create(1);
    struct variable_memory memory;
    if (!variable || variable_own(variable, 1, count, count, &memory))
        return flow_drop(group, variable, err);
    for (uint32_t m = 0; m < count; m++) {
        memory.members[m] = members[m].index;
        memory.resources[m] = flow->num_links + load->hosts[load->members[members[m].index]];
    }
    *memory.sets = (struct resource_set){.resources = memory.resources, .count = count};
    variable->num_members = count;
    variable->members = memory.members;
    const struct host_figures *host = &flow->hosts[memory.resources[0] - flow->num_links];
    add_host_use(variable, host, members[0].amount, true, memory.sets);
    bound_by_host(variable, host, members[0].amount);
    return flow_launch(group, variable, 0, err);
}

static int start_compute(struct flow_group *group, const struct load *load, struct error *err)
{
    struct flow *flow = group->flow;
    uint32_t count = 0;
    if (need_sketches(&flow->members, load->num_members, err))
        return -1;
    for (uint32_t i = 0; i < load->num_members; i++) {
        const struct host_figures *host = &flow->hosts[load->hosts[load->members[i]]];
        double amount = load->amounts[i];
        if (amount / host->cores < NEGLIGIBLE) {
            member_ended(group, i);
            continue;
        }
        uint64_t hash = mix(mix_double(mix_double(0, amount), host->speed), host->cores);
        flow->members.items[count++] =
            (struct member_sketch){.hash = hash, .index = i, .amount = amount};
    }
    sort_sketches(flow->members.items, count);
    for (uint32_t i = 0, end; i < count; i = end) {
        end = class_end(flow->members.items, i, count);
        if (start_compute_class(group, load, &flow->members.items[i], end - i, err))
            return -1;
    }
    return 0;
}

/* --- PFS I/O --------------------------------------------------------------------------------- */

static int start_class(struct flow_group *group, const struct load *load, struct transfer *class,
                       struct error *err)
{
    struct variable *variable = variable_create(class->num_sets);
    if (!variable)
        return error_no_memory(err);
    variable->num_members = class->num_members;
    variable->members = class->members;
    add_transfer(variable, group->flow, class, load->amounts[class->members[0]] / class->num_flows);
    return flow_launch(group, variable, class->latency, err);
}

static int start_pfs_io(struct flow_group *group, const struct load *load, struct error *err)
{
    struct plan *plan = pfs_plan(group->flow, load, err);
    int result = plan ? 0 : -1;
    for (uint32_t i = 0; plan && i < plan->num_idle; i++)
        member_ended(group, plan->idle[i]);
    for (uint32_t i = 0; result == 0 && i < plan->num_transfers; i++)
        result = start_class(group, load, &plan->transfers[i], err);
    plan_release(plan);
    return result;
}

/* --- Exchanges ------------------------------------------------------------------------------- */

/* The transfer of the exchange and how many bytes its unit is. NULL with err. */
static struct transfer *exchange_transfer(struct flow *flow, const struct load *load, double *unit,
                                          struct error *err)
{
    static const enum transfer_shape shapes[NUM_MATRIX_PATTERNS] = {
        [MATRIX_ALL_TO_ALL] = TRANSFER_ALL_TO_ALL,
        [MATRIX_GATHER] = TRANSFER_TO_ROOT,
        [MATRIX_SCATTER] = TRANSFER_FROM_ROOT,
        [MATRIX_MASTER_WORKER] = TRANSFER_ROOT_BOTH,
        [MATRIX_RING] = TRANSFER_RING,
        [MATRIX_RING_CLOCKWISE] = TRANSFER_RING_RIGHT,
        [MATRIX_RING_COUNTER_CLOCKWISE] = TRANSFER_RING_LEFT,
    };
    double n = load->num_hosts, share = load->bytes / n;
    *unit = 1;
    switch (load->pattern) {
    case MATRIX_LIST:
        return network_matrix(flow->network, load->hosts, load->num_hosts, load->matrix, err);
    case MATRIX_ALL_TO_ALL:
        *unit = share / (n - 1);
        break;
    case MATRIX_MASTER_WORKER:
        *unit = load->bytes / (2 * (n - 1));
        break;
    case MATRIX_RING:
        *unit = share / 2;
        break;
    default:
        *unit = share;
        break;
    }
    return network_transfer(flow->network, shapes[load->pattern], load->hosts, load->num_hosts, 0,
                            err);
}

/* A rank's computation while ranks are sorted into those that compute the same. */
static int compare_flops(const void *first, const void *second)
{
    const struct member_sketch *a = first, *b = second;
    if (a->amount != b->amount)
        return a->amount < b->amount ? -1 : 1;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Adds a use for each run of ranks with the same flops on hosts of the same speed. */
static void add_flops(struct variable *variable, struct flow *flow, const uint32_t *hosts,
                      uint32_t count, struct variable_memory memory)
{
    struct member_sketch *ranks = flow->ranks.items;
    qsort(ranks, count, sizeof *ranks, compare_flops);
    for (uint32_t i = 0, end; i < count; i = end) {
        struct resource_set *set = memory.sets++;
        set->resources = memory.resources;
        for (end = i; end < count && ranks[end].amount == ranks[i].amount &&
                      ranks[end].hash == ranks[i].hash;
             end++)
            *memory.resources++ = flow->num_links + hosts[ranks[end].index];
        set->count = end - i;
        add_host_use(variable, &flow->hosts[hosts[ranks[i].index]], ranks[i].amount, false, set);
    }
}

/* Lists the ranks that compute, with their host's figures as hash. Returns how many. */
static uint32_t list_flops(struct flow *flow, const struct load *load, const double *flops,
                           double same_flops)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < load->num_hosts; i++) {
        const struct host_figures *host = &flow->hosts[load->hosts[i]];
        double amount = flops ? flops[i] : same_flops;
        if (amount / host->cores >= NEGLIGIBLE)
            flow->ranks.items[count++] = (struct member_sketch){
                .hash = mix(mix_double(0, host->speed), host->cores), .index = i, .amount = amount};
    }
    return count;
}

struct variable *new_task(struct flow_group *group, const struct load *load,
                          const struct task_parts *parts, struct error *err)
{
    struct flow *flow = group->flow;
    if (need_sketches(&flow->ranks, load->num_hosts, err))
        return NULL;
    uint32_t num_computing = parts->flops || parts->same_flops > 0
                                 ? list_flops(flow, load, parts->flops, parts->same_flops)
                                 : 0;
    struct transfer *transfer = parts->transfer;
    struct variable *variable =
        variable_create((transfer ? transfer->num_sets : 0) + num_computing);
    struct variable_memory memory;
    if (!variable ||
        (num_computing > 0 && variable_own(variable, num_computing, num_computing, 0, &memory))) {
        flow_drop(group, variable, err);
        return NULL;
    }
    variable->only_member = parts->member;
    variable->members = &variable->only_member;
    if (transfer)
        add_transfer(variable, flow, transfer, parts->unit);
    for (uint32_t i = 0; i < num_computing; i++)
        bound_by_host(variable, &flow->hosts[load->hosts[flow->ranks.items[i].index]],
                      flow->ranks.items[i].amount);
    if (num_computing > 0)
        add_flops(variable, flow, load->hosts, num_computing, memory);
    return variable;
}

int start_task(struct flow_group *group, const struct load *load, const struct task_parts *parts,
               struct error *err)
{
    struct variable *variable = new_task(group, load, parts, err);
    if (!variable)
        return -1;
    return flow_launch(group, variable, parts->transfer ? parts->transfer->latency : 0, err);
}

static int start_exchange(struct flow_group *group, const struct load *load, struct error *err)
{
    bool sends = load->num_hosts > 1 &&
                 (load->pattern == MATRIX_LIST ? load->matrix != NULL : load->bytes >= NEGLIGIBLE);
    struct transfer *transfer = NULL;
    double unit = 0;
    if (sends && !(transfer = exchange_transfer(group->flow, load, &unit, err)))
        return -1;
    const struct task_parts parts = {.transfer = transfer, .unit = unit, .flops = load->flops};
    return start_task(group, load, &parts, err);
}

/* --- Disks ----------------------------------------------------------------------------------- */

static int start_disk_ios(struct flow_group *group, const struct load *load, struct error *err)
{
    for (uint32_t i = 0; i < load->num_members; i++) {
        uint32_t host = load->hosts[load->members[i]];
        if (load->amounts[i] < NEGLIGIBLE)
            member_ended(group, i);
        else
            disk_part_start(group, i, host, load->amounts[i], 1, load->kind == LOAD_DISK_WRITE);
    }
    return check_memory(group->flow, err);
}

int load_start(struct flow_group *group, const struct load *load, struct error *err)
{
    static int (*const starters[])(struct flow_group *, const struct load *, struct error *) = {
        [LOAD_COMPUTE] = start_compute,         [LOAD_EXCHANGE] = start_exchange,
        [LOAD_PFS_READ] = start_pfs_io,         [LOAD_PFS_WRITE] = start_pfs_io,
        [LOAD_DISK_READ] = start_disk_ios,      [LOAD_DISK_WRITE] = start_disk_ios,
        [LOAD_STRIPED_READ] = start_striped_io, [LOAD_STRIPED_WRITE] = start_striped_io,
    };
    if (group->flow->plans.size > MAX_KEPT)
        plans_forget(&group->flow->plans);
    return starters[load->kind](group, load, err);
}
