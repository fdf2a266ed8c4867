/* The life of a part: a variable waits for its latency, then takes part in the sharing until it is
 * done; a disk I/O is on its disk until it is done. */
#include "resources/flow/parts.h"

#include "base/list.h"
#include "resources/flow/bottleneck.h"
#include "resources/flow/cells.h"
#include "resources/flow/groups.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Times this close, in steps of the clock, are one. */
#define CLOCK_STEPS 8

static void observe(struct flow *flow, double time)
{
    if (!flow->observed && flow->observe)
        flow->observe(flow->observer, time);
    flow->observed = true;
}

static void enter(struct flow *flow, struct agenda_entry *entry, double time)
{
    if (agenda_set(&flow->agenda, entry, time))
        flow->out_of_memory = true;
}

/* --- Variables ------------------------------------------------------------------------------- */

static void variable_ended(void *owner, double time)
{
    struct variable *variable = owner;
    struct flow_group *group = variable->owner;
    observe(group->flow, time);
    if (group->variables == variable)
        group->variables = variable->next_sibling;
    for (uint32_t i = 0; i < variable->num_members; i++)
        group_part_ended(group, variable->members ? variable->members[i] : 0);
    sharing_destroy(&group->flow->sharing, variable);
}

static void latency_ended(void *owner, double time)
{
    struct variable *variable = owner;
    struct flow *flow = ((struct flow_group *)variable->owner)->flow;
    observe(flow, time);
    agenda_remove(&flow->agenda, &variable->entry);
    variable->entry.handle = variable_ended;
    sharing_enable(&flow->sharing, variable, time);
}

/* Waits for the latency, then takes part. */
static void begin(struct flow *flow, struct variable *variable)
{
    if (variable->latency > 0) {
        variable->entry.handle = latency_ended;
        enter(flow, &variable->entry, flow->now + variable->latency);
        return;
    }
    variable->entry.handle = variable_ended;
    sharing_enable(&flow->sharing, variable, flow->now);
}

void variable_start(struct flow_group *group, struct variable *variable, double latency)
{
    struct flow *flow = group->flow;
    variable->owner = group;
    variable->latency = latency;
    variable->next_sibling = group->variables;
    if (group->variables)
        group->variables->previous_sibling = variable;
    group->variables = variable;
    flow->num_parts += variable->num_members;
    variable->entry.order = flow->num_entries++;
    begin(flow, variable);
}

static void variable_pause(struct flow *flow, struct variable *variable)
{
    flow->num_parts -= variable->num_members;
    sharing_disable(&flow->sharing, variable, flow->now);
}

static void variable_go_on(struct flow *flow, struct variable *variable)
{
    flow->num_parts += variable->num_members;
    if (variable->remaining < 1)
        sharing_enable(&flow->sharing, variable, flow->now);
    else
        begin(flow, variable);
}

double parts_tolerance(const struct flow *flow, const struct agenda_entry *entry, double time)
{
    double steps = CLOCK_STEPS * DBL_EPSILON * time;
    if (entry->handle == latency_ended)
        return larger(steps, flow->settings.time_precision);
    const struct variable *variable =
        entry->handle == variable_ended ? entry->owner : bottleneck_first(entry);
    if (!variable)
        return disk_same_instant(time) - time;
    double rate = variable_rate(variable);
    return rate > 0 ? larger(steps, flow->sharing.done / rate) : steps;
}

/* --- Disk I/Os ------------------------------------------------------------------------------- */

static void touch_disk(struct host_disk *disk)
{
    if (disk->touched)
        return;
    disk->touched = true;
    disk->next_touched = disk->flow->touched_disks;
    disk->flow->touched_disks = disk;
}

static void disk_io_ended(void *owner, double time)
{
    struct host_disk *disk = owner;
    observe(disk->flow, time);
    agenda_remove(&disk->flow->agenda, &disk->entry);
    touch_disk(disk);
    struct disk_io *io = disk_take_ended(&disk->disk, larger(time, disk->entry.time));
    while (io) {
        struct disk_part *part = io->owner;
        struct flow_group *group = part->group;
        io = io->next;
        list_remove(&group->disk_parts, part);
        group_part_ended(group, part->member);
        free(part);
    }
}

struct host_disk *host_disk_create(struct flow *flow, double read_bandwidth, double write_bandwidth)
{
    struct host_disk *disk = calloc(1, sizeof *disk);
    if (!disk)
        return NULL;
    disk->flow = flow;
    disk->disk = (struct disk){.read_bandwidth = read_bandwidth,
                               .write_bandwidth = write_bandwidth,
                               .time = flow->now,
                               .shares_are_known = true};
    disk->entry.owner = disk;
    disk->entry.handle = disk_io_ended;
    disk->entry.order = flow->num_entries++;
    return disk;
}

void disks_settle(struct flow *flow)
{
    struct host_disk *disk;
    while ((disk = flow->touched_disks)) {
        flow->touched_disks = disk->next_touched;
        disk->touched = false;
        enter(flow, &disk->entry, disk_next_end(&disk->disk));
    }
}

bool disk_part_start(struct flow_group *group, uint32_t member, uint32_t host, double bytes,
                     uint32_t weight, bool is_write)
{
    struct flow *flow = group->flow;
    struct host_disk *disk = flow->disks[host];
    struct disk_part *part = calloc(1, sizeof *part);
    if (!part) {
        flow->out_of_memory = true;
        return false;
    }
    part->group = group;
    part->member = member;
    part->host = host;
    part->io.owner = part;
    list_add_first(&group->disk_parts, part);
    flow->num_parts++;
    disk_start(&disk->disk, &part->io, is_write, bytes * weight, weight, flow->now);
    touch_disk(disk);
    return true;
}

static void disk_part_pause(struct disk_part *part)
{
    struct flow *flow = part->group->flow;
    struct host_disk *disk = flow->disks[part->host];
    disk_cancel(&disk->disk, &part->io, flow->now);
    touch_disk(disk);
    flow->num_parts--;
}

static void disk_part_go_on(struct disk_part *part)
{
    struct flow *flow = part->group->flow;
    struct host_disk *disk = flow->disks[part->host];
    struct disk_io *io = &part->io;
    disk_start(&disk->disk, io, io->is_write, io->left, io->weight, flow->now);
    touch_disk(disk);
    flow->num_parts++;
}

void disk_part_stop(struct disk_part *part)
{
    struct flow_group *group = part->group;
    if (!group->paused)
        disk_part_pause(part);
    list_remove(&group->disk_parts, part);
    free(part);
}

/* --- Groups ---------------------------------------------------------------------------------- */

void group_stop(struct flow_group *group)
{
    struct flow *flow = group->flow;
    while (group->variables) {
        struct variable *variable = group->variables;
        group->variables = variable->next_sibling;
        if (!group->paused)
            flow->num_parts -= variable->num_members;
        sharing_destroy(&flow->sharing, variable);
    }
    while (group->disk_parts)
        disk_part_stop(group->disk_parts);
}

void group_pause(struct flow_group *group)
{
    for (struct variable *variable = group->variables; variable; variable = variable->next_sibling)
        variable_pause(group->flow, variable);
    for (struct disk_part *part = group->disk_parts; part; part = part->next)
        disk_part_pause(part);
    group->paused = true;
}

/* In the order of their starts, which is the reverse of the lists'. A variable that splits has its
 * new siblings behind it. */
void group_go_on(struct flow_group *group)
{
    struct variable *variable = group->variables, *before;
    struct disk_part *part = group->disk_parts;
    while (variable && variable->next_sibling)
        variable = variable->next_sibling;
    for (; variable; variable = before) {
        before = variable->previous_sibling;
        variable_go_on(group->flow, variable);
    }
    while (part && part->next)
        part = part->next;
    for (; part; part = part->previous)
        disk_part_go_on(part);
    group->paused = false;
}

void group_destroy(struct flow_group *group)
{
    group_stop(group);
    list_remove(&group->flow->groups, group);
    free(group->parts_left);
    free(group);
}
