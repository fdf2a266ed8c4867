/* Makes variables and disk I/Os of loads.
 *
 * Members that do the same on resources alike become one variable: those links that several members
 * of the load use have to be the very same for them, those that one member has for itself have to
 * be of the same capacity.
 */
#include "resources/flow/state.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Amounts below this are none, as in simgrid.cpp. */
#define NEGLIGIBLE 1e-100

/* --- Variables ------------------------------------------------------------------------------- */

/* A variable with room for that many uses; NULL with err. */
static struct variable *new_variable(struct flow_group *group, uint32_t num_uses, struct error *err)
{
    struct variable *variable = variable_create(NULL);
    if (variable && (variable->uses = calloc(num_uses + 1, sizeof *variable->uses)))
        return variable;
    (void)group;
    free(variable);
    error_no_memory(err);
    return NULL;
}

/* The resources of a new use, to be filled in. */
static uint32_t *add_use(struct variable *variable, double weight, uint32_t count, bool each,
                         struct error *err)
{
    struct use *use = &variable->uses[variable->num_uses];
    *use = (struct use){.weight = weight, .times = 1, .count = count, .each = each};
    use->resources = malloc(count * sizeof *use->resources);
    if (!use->resources)
        error_no_memory(err);
    else
        variable->num_uses++;
    return use->resources;
}

static int copy_use(struct variable *variable, double weight, const uint32_t *resources,
                    uint32_t count, struct error *err)
{
    uint32_t *copy = add_use(variable, weight, count, false, err);
    if (copy)
        memcpy(copy, resources, count * sizeof *copy);
    return copy ? 0 : -1;
}

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

/* The last use is of hosts with that many cores: an equal part of the flops on each. */
static void spread_over_cores(struct variable *variable, const struct host_figures *host)
{
    struct use *use = &variable->uses[variable->num_uses - 1];
    use->times = host->cores;
    use->weight /= host->cores;
}

static int add_transfer(struct variable *variable, const struct flow *flow,
                        const struct transfer *transfer, double unit, struct error *err)
{
    for (uint32_t i = 0; i < transfer->num_sets; i++)
        if (copy_use(variable, set_weight(&transfer->sets[i], unit), transfer->sets[i].links,
                     transfer->sets[i].count, err))
            return -1;
    bound_by_latency(variable, flow, transfer->latency_load * unit);
    return 0;
}

static int check_memory(const struct flow *flow, struct error *err)
{
    return flow->out_of_memory || flow->sharing.out_of_memory ? error_no_memory(err) : 0;
}

/* Starts the variable, which nothing may hold up if it uses nothing. */
static int launch(struct flow_group *group, struct variable *variable, double latency,
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

static int name_member(struct variable *variable, uint32_t member, struct error *err)
{
    variable->members = malloc(sizeof *variable->members);
    if (!variable->members)
        return error_no_memory(err);
    variable->members[0] = member;
    return 0;
}

/* --- Classes of members ---------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static uint64_t mix_double(uint64_t hash, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return mix(hash, bits);
}

static bool is_private(const struct flow *flow, uint32_t link)
{
    return flow->users[link] == 1;
}

static void count_users(struct flow *flow, const struct member_sketch *sketch, bool forget)
{
    const struct transfer *transfer = sketch->transfer;
    for (uint32_t s = 0; s < transfer->num_sets; s++)
        for (uint32_t i = 0; i < transfer->sets[s].count; i++) {
            uint32_t *users = &flow->users[transfer->sets[s].links[i]];
            *users = forget ? 0 : *users + 1;
        }
}

/* What makes members alike, as a number; the capacities are those of the links' sets. */
static uint64_t hash_member(const struct flow *flow, const struct member_sketch *sketch)
{
    uint64_t hash = mix_double(0, sketch->amount);
    const struct transfer *transfer = sketch->transfer;
    hash = mix_double(hash, transfer->latency);
    hash = mix_double(hash, transfer->latency_load);
    for (uint32_t s = 0; s < transfer->num_sets; s++) {
        const struct link_set *set = &transfer->sets[s];
        hash = mix_double(hash, set->units);
        hash = mix_double(hash, flow->sharing.resources[set->links[0]].capacity);
        hash = mix(hash, flow->sharing.resources[set->links[0]].fatpipe);
        uint32_t num_private = 0;
        for (uint32_t i = 0; i < set->count; i++)
            if (is_private(flow, set->links[i]))
                num_private++;
            else
                hash = mix(hash, set->links[i]);
        hash = mix(hash, num_private);
    }
    return hash;
}

static int compare_sketches(const void *first, const void *second)
{
    const struct member_sketch *a = first, *b = second;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* The i-th private link of a set. */
static uint32_t private_link(const struct flow *flow, const struct link_set *set, uint32_t i)
{
    uint32_t at = 0;
    for (;; at++)
        if (is_private(flow, set->links[at]) && i-- == 0)
            return set->links[at];
}

/* Adds the uses of one set for all members of a class. */
static int add_class_set(struct variable *variable, const struct flow *flow,
                         const struct member_sketch *members, uint32_t count, uint32_t s,
                         double unit, struct error *err)
{
    struct link_set *set = &members[0].transfer->sets[s];
    uint32_t num_private = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        bool alone = is_private(flow, set->links[i]);
        uint32_t *resources =
            add_use(variable, set_weight(set, unit), alone ? count : 1, alone, err);
        if (!resources)
            return -1;
        if (!alone)
            resources[0] = set->links[i];
        for (uint32_t m = 0; alone && m < count; m++)
            resources[m] = private_link(flow, &members[m].transfer->sets[s], num_private);
        num_private += alone;
    }
    return 0;
}

static int start_transfer_class(struct flow_group *group, const struct member_sketch *members,
                                uint32_t count, double unit, struct error *err)
{
    const struct flow *flow = group->flow;
    const struct transfer *transfer = members[0].transfer;
    uint32_t num_links = 0;
    for (uint32_t s = 0; s < transfer->num_sets; s++)
        num_links += transfer->sets[s].count;
    struct variable *variable = new_variable(group, num_links, err);
    if (!variable)
        return -1;
    variable->num_members = count;
    variable->members = malloc(count * sizeof *variable->members);
    if (!variable->members)
        return error_no_memory(err);
    for (uint32_t m = 0; m < count; m++)
        variable->members[m] = members[m].index;
    bound_by_latency(variable, flow, transfer->latency_load * unit);
    for (uint32_t s = 0; s < transfer->num_sets; s++)
        if (add_class_set(variable, flow, members, count, s, unit, err))
            return -1;
    return launch(group, variable, transfer->latency, err);
}

static int need_sketches(struct flow *flow, uint32_t count, struct error *err)
{
    if (count <= flow->sketches_room)
        return 0;
    struct member_sketch *grown = realloc(flow->sketches, count * sizeof *grown);
    if (!grown)
        return error_no_memory(err);
    flow->sketches = grown;
    flow->sketches_room = count;
    return 0;
}

/* Where the run of equal hashes that begins at `first` ends. */
static uint32_t class_end(const struct member_sketch *sketches, uint32_t first, uint32_t count)
{
    uint32_t end = first + 1;
    while (end < count && sketches[end].hash == sketches[first].hash)
        end++;
    return end;
}

static void sort_sketches(struct member_sketch *sketches, uint32_t count)
{
    if (count > 0 && class_end(sketches, 0, count) < count)
        qsort(sketches, count, sizeof *sketches, compare_sketches);
}

/* --- Compute --------------------------------------------------------------------------------- */

static int start_compute_class(struct flow_group *group, const struct load *load,
                               const struct member_sketch *members, uint32_t count,
                               struct error *err)
{
    const struct flow *flow = group->flow;
    struct variable *variable = new_variable(group, 1, err);
    if (!variable)
        return -1;
    variable->num_members = count;
    variable->members = malloc(count * sizeof *variable->members);
    uint32_t *hosts = add_use(variable, members[0].amount, count, true, err);
    if (!variable->members || !hosts)
        return error_no_memory(err);
    for (uint32_t m = 0; m < count; m++) {
        variable->members[m] = members[m].index;
        hosts[m] = flow->num_links + load->hosts[load->members[members[m].index]];
    }
    spread_over_cores(variable, &flow->hosts[hosts[0] - flow->num_links]);
    bound_by_host(variable, &flow->hosts[hosts[0] - flow->num_links], members[0].amount);
    return launch(group, variable, 0, err);
}

static int start_compute(struct flow_group *group, const struct load *load, struct error *err)
{
    struct flow *flow = group->flow;
    uint32_t count = 0;
    if (need_sketches(flow, load->num_members, err))
        return -1;
    for (uint32_t i = 0; i < load->num_members; i++) {
        const struct host_figures *host = &flow->hosts[load->hosts[load->members[i]]];
        double amount = load->amounts[i];
        if (amount / host->cores < NEGLIGIBLE) {
            member_ended(group, i);
            continue;
        }
        uint64_t hash = mix(mix_double(mix_double(0, amount), host->speed), host->cores);
        flow->sketches[count++] =
            (struct member_sketch){.hash = hash, .index = i, .amount = amount};
    }
    sort_sketches(flow->sketches, count);
    for (uint32_t i = 0, end; i < count; i = end) {
        end = class_end(flow->sketches, i, count);
        if (start_compute_class(group, load, &flow->sketches[i], end - i, err))
            return -1;
    }
    return 0;
}

/* --- PFS I/O --------------------------------------------------------------------------------- */

/* The member's host and then its PFS hosts, itself excepted. Returns how many, 0 with err. */
static uint32_t list_hosts(struct flow *flow, uint32_t host, const struct pfs_targets *targets,
                           struct error *err)
{
    if (targets->count + 1 > flow->hosts_room) {
        uint32_t *grown = realloc(flow->hosts_of_transfer, (targets->count + 1) * sizeof *grown);
        if (!grown) {
            error_no_memory(err);
            return 0;
        }
        flow->hosts_of_transfer = grown;
        flow->hosts_room = targets->count + 1;
    }
    uint32_t count = 0;
    flow->hosts_of_transfer[count++] = host;
    for (size_t i = 0; i < targets->count; i++)
        if (targets->hosts[i] != host)
            flow->hosts_of_transfer[count++] = targets->hosts[i];
    return count;
}

static int sketch_pfs_member(struct flow_group *group, const struct load *load, uint32_t i,
                             uint32_t *count, struct error *err)
{
    struct flow *flow = group->flow;
    const struct pfs_targets *targets = load->targets[i];
    double unit = load->amounts[i] / (double)targets->count;
    uint32_t num_hosts = list_hosts(flow, load->hosts[load->members[i]], targets, err);
    if (num_hosts == 0)
        return -1;
    if (num_hosts == 1 || unit < NEGLIGIBLE) {
        member_ended(group, i);
        return 0;
    }
    enum transfer_shape shape =
        load->kind == LOAD_PFS_WRITE ? TRANSFER_FROM_ROOT : TRANSFER_TO_ROOT;
    const struct transfer *transfer =
        network_transfer(flow->network, shape, flow->hosts_of_transfer, num_hosts, 0, err);
    if (!transfer)
        return -1;
    flow->sketches[(*count)++] =
        (struct member_sketch){.index = i, .amount = unit, .transfer = transfer};
    count_users(flow, &flow->sketches[*count - 1], false);
    return 0;
}

static int start_pfs_io(struct flow_group *group, const struct load *load, struct error *err)
{
    struct flow *flow = group->flow;
    uint32_t count = 0;
    int result = 0;
    if (need_sketches(flow, load->num_members, err))
        return -1;
    for (uint32_t i = 0; i < load->num_members; i++)
        if (sketch_pfs_member(group, load, i, &count, err))
            return -1;
    for (uint32_t i = 0; i < count; i++)
        flow->sketches[i].hash = hash_member(flow, &flow->sketches[i]);
    sort_sketches(flow->sketches, count);
    for (uint32_t i = 0, end; result == 0 && i < count; i = end) {
        end = class_end(flow->sketches, i, count);
        result =
            start_transfer_class(group, &flow->sketches[i], end - i, flow->sketches[i].amount, err);
    }
    for (uint32_t i = 0; i < count; i++)
        count_users(flow, &flow->sketches[i], true);
    return result;
}

/* --- Exchanges ------------------------------------------------------------------------------- */

/* The transfer of the exchange and how many bytes its unit is. NULL with err. */
static const struct transfer *exchange_transfer(struct flow *flow, const struct load *load,
                                                double *unit, struct error *err)
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
static int add_flops(struct variable *variable, struct flow *flow, const uint32_t *hosts,
                     uint32_t count, struct error *err)
{
    struct member_sketch *ranks = flow->sketches;
    qsort(ranks, count, sizeof *ranks, compare_flops);
    for (uint32_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && ranks[end].amount == ranks[i].amount &&
                          ranks[end].hash == ranks[i].hash;)
            end++;
        uint32_t *resources = add_use(variable, ranks[i].amount, end - i, false, err);
        if (!resources)
            return -1;
        for (uint32_t k = i; k < end; k++)
            resources[k - i] = flow->num_links + hosts[ranks[k].index];
        spread_over_cores(variable, &flow->hosts[hosts[ranks[i].index]]);
    }
    return 0;
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
            flow->sketches[count++] = (struct member_sketch){
                .hash = mix(mix_double(0, host->speed), host->cores), .index = i, .amount = amount};
    }
    return count;
}

/* One parallel task of all hosts of the load: a transfer (or none), and flops of each (or the same
 * of all). */
static int start_task(struct flow_group *group, const struct load *load, uint32_t member,
                      const struct transfer *transfer, double unit, const double *flops,
                      double same_flops, struct error *err)
{
    struct flow *flow = group->flow;
    if (need_sketches(flow, load->num_hosts, err))
        return -1;
    uint32_t num_computing =
        flops || same_flops > 0 ? list_flops(flow, load, flops, same_flops) : 0;
    struct variable *variable =
        new_variable(group, (transfer ? transfer->num_sets : 0) + num_computing, err);
    if (!variable || name_member(variable, member, err))
        return -1;
    for (uint32_t i = 0; i < num_computing; i++)
        bound_by_host(variable, &flow->hosts[load->hosts[flow->sketches[i].index]],
                      flow->sketches[i].amount);
    if ((transfer && add_transfer(variable, flow, transfer, unit, err)) ||
        add_flops(variable, flow, load->hosts, num_computing, err))
        return -1;
    return launch(group, variable, transfer ? transfer->latency : 0, err);
}

static int start_exchange(struct flow_group *group, const struct load *load, struct error *err)
{
    bool sends = load->num_hosts > 1 &&
                 (load->pattern == MATRIX_LIST ? load->matrix != NULL : load->bytes >= NEGLIGIBLE);
    const struct transfer *transfer = NULL;
    double unit = 0;
    if (sends && !(transfer = exchange_transfer(group->flow, load, &unit, err)))
        return -1;
    return start_task(group, load, 0, transfer, unit, load->flops, 0, err);
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

static bool is_uniform(const struct load *load)
{
    for (uint32_t i = 1; i < load->num_members; i++)
        if (load->amounts[i] != load->amounts[0])
            return false;
    return true;
}

/* On each disk, equal shares of all members are one I/O. */
static void start_striped_disks(struct flow_group *group, const struct load *load)
{
    double n = load->num_hosts;
    bool uniform = is_uniform(load), is_write = load->kind == LOAD_STRIPED_WRITE;
    for (uint32_t host = 0; host < load->num_hosts; host++)
        for (uint32_t i = 0; i < (uniform ? 1 : load->num_members); i++) {
            double share = load->amounts[i] / n;
            if (share < NEGLIGIBLE)
                continue;
            if (uniform)
                group->shared_left += disk_part_start(group, EVERY_MEMBER, load->hosts[host], share,
                                                      load->num_members, is_write);
            else
                group->parts_left[i] +=
                    disk_part_start(group, i, load->hosts[host], share, 1, is_write);
        }
}

/* The transfer of a member's striped I/O and its computation. */
static int start_striped_task(struct flow_group *group, const struct load *load, uint32_t i,
                              struct error *err)
{
    enum transfer_shape shape =
        load->kind == LOAD_STRIPED_WRITE ? TRANSFER_FROM_ROOT : TRANSFER_TO_ROOT;
    double share = load->amounts[i] / load->num_hosts;
    const struct transfer *transfer = NULL;
    if (share < NEGLIGIBLE)
        return 0;
    if (load->num_hosts == 1 && load->flops_per_byte * share < NEGLIGIBLE)
        return 0;
    if (load->num_hosts > 1) {
        transfer = network_transfer(group->flow->network, shape, load->hosts, load->num_hosts,
                                    load->members[i], err);
        if (!transfer)
            return -1;
    }
    group->parts_left[i]++;
    return start_task(group, load, i, transfer, share, NULL, load->flops_per_byte * share, err);
}

static int start_striped_io(struct flow_group *group, const struct load *load, struct error *err)
{
    group->parts_left = calloc(load->num_members + 1, sizeof *group->parts_left);
    if (!group->parts_left)
        return error_no_memory(err);
    start_striped_disks(group, load);
    for (uint32_t i = 0; i < load->num_members; i++)
        if (start_striped_task(group, load, i, err))
            return -1;
    for (uint32_t i = 0; group->shared_left == 0 && i < load->num_members; i++)
        if (group->parts_left[i] == 0)
            member_ended(group, i);
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
    network_trim(group->flow->network);
    return starters[load->kind](group, load, err);
}
