/* Makes variables and disk I/Os of loads. */
#include "resources/flow/loads.h"

#include "resources/flow/groups.h"
#include "resources/flow/hash.h"
#include "resources/flow/members.h"
#include "resources/flow/parts.h"
#include "resources/flow/pfs_io.h"
#include "resources/flow/striped.h"
#include "resources/flow/tasks.h"

/* Numbers in all plans that are kept together; beyond it all are forgotten. */
#define MAX_KEPT ((size_t)1 << 22)

/* --- Compute --------------------------------------------------------------------------------- */

static int start_compute_class(struct flow_group *group, const struct load *load,
                               const struct member_sketch *members, uint32_t count,
                               struct error *err)
{
    const struct flow *flow = group->flow;
    struct variable *variable = variable_create(1);
    struct variable_memory memory;
    if (!variable || variable_own(variable, 1, count, count, &memory))
        return task_drop(group, variable, err);
    for (uint32_t m = 0; m < count; m++) {
        memory.members[m] = members[m].index;
        memory.resources[m] = flow->num_links + load->hosts[load->members[members[m].index]];
    }
    *memory.sets = (struct resource_set){.resources = memory.resources, .count = count};
    variable->num_members = count;
    variable->members = memory.members;
    const struct host_figures *host = &flow->hosts[memory.resources[0] - flow->num_links];
    task_add_host_use(variable, host, members[0].amount, true, memory.sets);
    task_bound_by_host(variable, host, members[0].amount);
    return task_launch(group, variable, 0, err);
}

static int start_compute(struct flow_group *group, const struct load *load, struct error *err)
{
    struct flow *flow = group->flow;
    uint32_t count = 0;
    if (sketches_need(&flow->members, load->num_members, err))
        return -1;
    for (uint32_t i = 0; i < load->num_members; i++) {
        const struct host_figures *host = &flow->hosts[load->hosts[load->members[i]]];
        double amount = load->amounts[i];
        if (amount / host->cores < NEGLIGIBLE) {
            group_member_ended(group, i);
            continue;
        }
        uint64_t hash = hash_mix(hash_double(hash_double(0, amount), host->speed), host->cores);
        flow->members.items[count++] =
            (struct member_sketch){.hash = hash, .index = i, .amount = amount};
    }
    sketches_sort(flow->members.items, count);
    for (uint32_t i = 0, end; i < count; i = end) {
        end = sketches_class_end(flow->members.items, i, count);
        if (start_compute_class(group, load, &flow->members.items[i], end - i, err))
            return -1;
    }
    return 0;
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

static int start_exchange(struct flow_group *group, const struct load *load, struct error *err)
{
    bool sends = load->num_hosts > 1 &&
                 (load->pattern == MATRIX_LIST ? load->matrix != NULL : load->bytes >= NEGLIGIBLE);
    struct transfer *transfer = NULL;
    double unit = 0;
    if (sends && !(transfer = exchange_transfer(group->flow, load, &unit, err)))
        return -1;
    const struct task_parts parts = {.transfer = transfer, .unit = unit, .flops = load->flops};
    return task_start(group, load, &parts, err);
}

/* --- Disks ----------------------------------------------------------------------------------- */

static int start_disk_ios(struct flow_group *group, const struct load *load, struct error *err)
{
    for (uint32_t i = 0; i < load->num_members; i++) {
        uint32_t host = load->hosts[load->members[i]];
        if (load->amounts[i] < NEGLIGIBLE)
            group_member_ended(group, i);
        else
            disk_part_start(group, i, host, load->amounts[i], 1, load->kind == LOAD_DISK_WRITE);
    }
    return flow_check_memory(group->flow, err);
}

int load_start(struct flow_group *group, const struct load *load, struct error *err)
{
    static int (*const starters[])(struct flow_group *, const struct load *, struct error *) = {
        [LOAD_COMPUTE] = start_compute,      [LOAD_EXCHANGE] = start_exchange,
        [LOAD_PFS_READ] = pfs_io_start,      [LOAD_PFS_WRITE] = pfs_io_start,
        [LOAD_DISK_READ] = start_disk_ios,   [LOAD_DISK_WRITE] = start_disk_ios,
        [LOAD_STRIPED_READ] = striped_start, [LOAD_STRIPED_WRITE] = striped_start,
    };
    if (group->flow->plans.size > MAX_KEPT)
        plans_forget(&group->flow->plans);
    return starters[load->kind](group, load, err);
}
