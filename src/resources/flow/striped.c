/* Striped I/O: each member's bytes go to, or come from, the disks of all hosts of the load, over
 * the network from one host or to it, and cost computation on every host. Members alike by symmetry
 * (symmetry.c) are one variable.
 */
#include "resources/flow/striped.h"

#include "resources/flow/groups.h"
#include "resources/flow/members.h"
#include "resources/flow/parts.h"
#include "resources/flow/symmetry.h"
#include "resources/flow/tasks.h"

#include <stdlib.h>
#include <string.h>

/* --- Disks ----------------------------------------------------------------------------------- */

/* On each disk, equal shares of all members are one I/O. */
static void start_striped_disks(struct flow_group *group, const struct load *load)
{
    double n = load->num_hosts;
    bool uniform = load_is_uniform(load), is_write = load->kind == LOAD_STRIPED_WRITE;
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

/* --- Striped I/O of one member --------------------------------------------------------------- */

/* Who sends to whom in the I/O of one member. */
static enum transfer_shape striped_shape(const struct load *load)
{
    return load->kind == LOAD_STRIPED_WRITE ? TRANSFER_FROM_ROOT : TRANSFER_TO_ROOT;
}

static bool moves_anything(const struct load *load, double share)
{
    return share >= NEGLIGIBLE &&
           (load->num_hosts > 1 || load->flops_per_byte * share >= NEGLIGIBLE);
}

/* What a member moves, and computes on each host. Returns 0, or -1 with err. */
static int striped_parts(struct flow *flow, const struct load *load, uint32_t i,
                         struct task_parts *parts, struct error *err)
{
    double share = load->amounts[i] / load->num_hosts;
    *parts =
        (struct task_parts){.member = i, .unit = share, .same_flops = load->flops_per_byte * share};
    if (load->num_hosts > 1)
        parts->transfer = network_transfer(flow->network, striped_shape(load), load->hosts,
                                           load->num_hosts, load->members[i], err);
    return load->num_hosts > 1 && !parts->transfer ? -1 : 0;
}

static int start_striped_task(struct flow_group *group, const struct load *load, uint32_t i,
                              struct error *err)
{
    struct task_parts parts;
    if (!moves_anything(load, load->amounts[i] / load->num_hosts))
        return 0;
    if (striped_parts(group->flow, load, i, &parts, err))
        return -1;
    group->parts_left[i]++;
    return task_start(group, load, &parts, err);
}

/* --- Striped I/O of members alike ------------------------------------------------------------ */

/* A copy of the load, to make variables of its members later. */
struct striped_bundle {
    struct bundle bundle;
    struct flow_group *group;
    struct load load;
    uint32_t numbers[]; /* hosts, members */
};

static void free_striped(struct bundle *bundle)
{
    struct striped_bundle *striped = (struct striped_bundle *)(void *)bundle;
    free((void *)(uintptr_t)striped->load.amounts);
    free(striped);
}

static struct variable *make_member(const struct bundle *bundle, const struct variable *whole,
                                    uint32_t m)
{
    const struct striped_bundle *striped = (const struct striped_bundle *)(const void *)bundle;
    struct task_parts parts;
    struct error ignored = {.kind = ERROR_NONE};
    if (striped_parts(striped->group->flow, &striped->load, whole->members[m], &parts, &ignored))
        return NULL;
    return task_create(striped->group, &striped->load, &parts, &ignored);
}

static struct variable *untie_striped(struct bundle *bundle, struct variable *variable)
{
    return task_untie(bundle, variable, make_member);
}

static struct bundle *new_striped_bundle(struct flow_group *group, const struct load *load)
{
    uint32_t n = load->num_hosts, m = load->num_members;
    struct striped_bundle *striped = malloc(sizeof *striped + ((size_t)n + m) * sizeof(uint32_t));
    double *amounts = malloc(m * sizeof *amounts);
    if (!striped || !amounts) {
        free(striped);
        free(amounts);
        return NULL;
    }
    *striped = (struct striped_bundle){
        .bundle = {.untie = untie_striped, .free = free_striped}, .group = group, .load = *load};
    memcpy(striped->numbers, load->hosts, n * sizeof *load->hosts);
    memcpy(striped->numbers + n, load->members, m * sizeof *load->members);
    memcpy(amounts, load->amounts, m * sizeof *amounts);
    striped->load.hosts = striped->numbers;
    striped->load.members = striped->numbers + n;
    striped->load.amounts = amounts;
    return &striped->bundle;
}

/* Makes the variable one of all members of the transfer; their uses of hosts are alike. */
static int make_bundle(struct flow_group *group, const struct load *load, struct variable *variable,
                       const struct transfer *transfer, struct error *err)
{
    for (uint32_t u = transfer->num_sets; u < variable->num_uses; u++) {
        variable->uses[u].times *= transfer->num_members;
        variable->uses[u].total = true;
    }
    variable->num_members = transfer->num_members;
    variable->members = transfer->members;
    variable->bundle = new_striped_bundle(group, load);
    return variable->bundle ? 0 : error_no_memory(err);
}

static int start_bundle(struct flow_group *group, const struct load *load,
                        struct transfer *transfer, struct error *err)
{
    double share = load->amounts[0] / load->num_hosts;
    const struct task_parts parts = {
        .transfer = transfer, .unit = share, .same_flops = load->flops_per_byte * share};
    struct variable *variable = task_create(group, load, &parts, err);
    if (!variable)
        return -1;
    if (make_bundle(group, load, variable, transfer, err))
        return task_drop(group, variable, err);
    for (uint32_t m = 0; m < transfer->num_members; m++)
        group->parts_left[transfer->members[m]]++;
    return task_launch(group, variable, transfer->latency, err);
}

static int start_bundles(struct flow_group *group, const struct load *load, struct load_plan *plan,
                         struct error *err)
{
    for (uint32_t i = 0; i < plan->num_transfers; i++)
        if (start_bundle(group, load, &plan->transfers[i], err))
            return -1;
    return 0;
}

/* Starts what members move and compute: class by class if they are alike, else one by one. */
static int start_striped_tasks(struct flow_group *group, const struct load *load, struct error *err)
{
    if (load->num_members > 1 && load_is_uniform(load) &&
        moves_anything(load, load->amounts[0] / load->num_hosts)) {
        struct load_plan *plan = symmetry_plan(group->flow, load, striped_shape(load), err);
        int result = plan ? start_bundles(group, load, plan, err) : err->kind ? -1 : 1;
        load_plan_release(plan);
        if (result <= 0)
            return result;
    }
    for (uint32_t i = 0; i < load->num_members; i++)
        if (start_striped_task(group, load, i, err))
            return -1;
    return 0;
}

int striped_start(struct flow_group *group, const struct load *load, struct error *err)
{
    group->parts_left = calloc(load->num_members + 1, sizeof *group->parts_left);
    if (!group->parts_left)
        return error_no_memory(err);
    start_striped_disks(group, load);
    if (start_striped_tasks(group, load, err))
        return -1;
    for (uint32_t i = 0; group->shared_left == 0 && i < load->num_members; i++)
        if (group->parts_left[i] == 0)
            group_member_ended(group, i);
    return flow_check_memory(group->flow, err);
}
