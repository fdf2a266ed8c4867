/* Makes variables of parallel tasks: what they put on links and hosts, and what bounds them. */
#include "resources/flow/tasks.h"

#include "resources/flow/cells.h"
#include "resources/flow/groups.h"
#include "resources/flow/hash.h"
#include "resources/flow/members.h"
#include "resources/flow/parts.h"

#include <float.h>
#include <stdlib.h>

/* --- Uses and bounds ------------------------------------------------------------------------- */

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

void task_bound_by_host(struct variable *variable, const struct host_figures *host, double flops)
{
    double cores = host->cores;
    bound_by(variable, host->speed / cores / (flops / cores));
}

static void add_use(struct variable *variable, double weight, bool each, struct resource_set *set)
{
    variable->uses[variable->num_uses++] =
        (struct use){.weight = weight, .times = 1, .each = each, .set = set};
}

void task_add_host_use(struct variable *variable, const struct host_figures *host, double flops,
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
    struct use *use = &variable->uses[variable->num_uses - 1];
    use->times = set->users;
    use->total = true;
    use->dominator = set->dominator;
}

void task_add_transfer(struct variable *variable, const struct flow *flow,
                       struct transfer *transfer, double unit)
{
    for (uint32_t s = 0; s < transfer->num_sets; s++)
        add_link_use(variable, &transfer->sets[s], unit);
    bound_by_latency(variable, flow, transfer->latency_load * unit);
    variable->plan = load_plan_retain(transfer->plan);
}

int task_launch(struct flow_group *group, struct variable *variable, double latency,
                struct error *err)
{
    if (variable->num_uses > 0) {
        variable_start(group, variable, latency);
        return flow_check_memory(group->flow, err);
    }
    group->flow->num_parts += variable->num_members;
    for (uint32_t i = 0; i < variable->num_members; i++)
        group_part_ended(group, variable->members ? variable->members[i] : 0);
    variable->owner = group;
    sharing_destroy(&group->flow->sharing, variable);
    return 0;
}

int task_drop(struct flow_group *group, struct variable *variable, struct error *err)
{
    if (variable)
        sharing_destroy(&group->flow->sharing, variable);
    return error_no_memory(err);
}

/* --- Tasks ----------------------------------------------------------------------------------- */

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
        task_add_host_use(variable, &flow->hosts[hosts[ranks[i].index]], ranks[i].amount, false,
                          set);
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
            flow->ranks.items[count++] =
                (struct member_sketch){.hash = hash_mix(hash_double(0, host->speed), host->cores),
                                       .index = i,
                                       .amount = amount};
    }
    return count;
}

struct variable *task_create(struct flow_group *group, const struct load *load,
                             const struct task_parts *parts, struct error *err)
{
    struct flow *flow = group->flow;
    if (sketches_need(&flow->ranks, load->num_hosts, err))
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
        task_drop(group, variable, err);
        return NULL;
    }
    variable->only_member = parts->member;
    variable->members = &variable->only_member;
    if (transfer)
        task_add_transfer(variable, flow, transfer, parts->unit);
    for (uint32_t i = 0; i < num_computing; i++)
        task_bound_by_host(variable, &flow->hosts[load->hosts[flow->ranks.items[i].index]],
                           flow->ranks.items[i].amount);
    if (num_computing > 0)
        add_flops(variable, flow, load->hosts, num_computing, memory);
    return variable;
}

int task_start(struct flow_group *group, const struct load *load, const struct task_parts *parts,
               struct error *err)
{
    struct variable *variable = task_create(group, load, parts, err);
    if (!variable)
        return -1;
    return task_launch(group, variable, parts->transfer ? parts->transfer->latency : 0, err);
}

struct variable *task_untie(const struct bundle *bundle, struct variable *variable,
                            make_member_fn *make)
{
    struct flow_group *group = variable->owner;
    struct variable *first = NULL;
    for (uint32_t m = variable->num_members; m-- > 0;) {
        struct variable *part = make(bundle, variable, m);
        if (!part) {
            first = NULL; /* what there is belongs to the group by now */
            break;
        }
        variable_join(part, variable);
        part->owner = group;
        part->next_displaced = first;
        first = part;
    }
    if (group->variables == variable)
        group->variables = variable->next_sibling;
    return first;
}
