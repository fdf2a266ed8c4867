/* What a group has under way: variables and disk I/Os. */
#ifndef ELASTISIM_RESOURCES_FLOW_PARTS_H
#define ELASTISIM_RESOURCES_FLOW_PARTS_H

#include "resources/disk.h"
#include "resources/flow/model.h"

/* An I/O on a host's disk. */
struct disk_part {
    struct disk_io io;
    struct flow_group *group;
    uint32_t member, host;
    struct disk_part *previous, *next; /* of the group */
};

struct host_disk {
    struct flow *flow;
    struct disk disk;
    struct agenda_entry entry; /* when the next I/O ends; its owner is this */
    bool touched;              /* since the entry was made; in flow->touched_disks */
    struct host_disk *next_touched;
};

/* Ends all its parts and frees it; it must not be queued. */
void group_destroy(struct flow_group *group);
void group_stop(struct flow_group *group); /* its parts */
/* Its parts stand still from now on; they go on. */
void group_pause(struct flow_group *group);
void group_go_on(struct flow_group *group);

/* Starts a variable that is complete but for its owner; it first waits for the latency. */
void variable_start(struct flow_group *group, struct variable *variable, double latency);
/* Starts an I/O of `weight` equal shares of `bytes`; returns whether there is anything to do. */
bool disk_part_start(struct flow_group *group, uint32_t member, uint32_t host, double bytes,
                     uint32_t weight, bool is_write);
void disk_part_stop(struct disk_part *part);
/* NULL when out of memory. */
struct host_disk *host_disk_create(struct flow *flow, double read_bandwidth,
                                   double write_bandwidth);
/* Works out when I/Os end next on disks where something has changed. */
void disks_settle(struct flow *flow);
/* How much later than `time` an entry may be due and still belong to that instant, in seconds. */
double parts_tolerance(const struct flow *flow, const struct agenda_entry *entry, double time);

#endif
