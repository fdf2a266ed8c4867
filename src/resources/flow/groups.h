/* Groups of loads: which members have ended, and whether that has been reported. */
#ifndef ELASTISIM_RESOURCES_FLOW_GROUPS_H
#define ELASTISIM_RESOURCES_FLOW_GROUPS_H

#include "resources/flow/shapes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flow;

/* Stands for a member: all members of the group wait for this part. */
#define EVERY_MEMBER UINT32_MAX

/* A group of loads. What it has under way are its parts: variables and disk I/Os. */
struct flow_group {
    struct flow *flow;
    void *owner;
    uint64_t order; /* of start */
    uint32_t num_members;
    uint32_t members_left;
    uint32_t *parts_left; /* by member: own parts under way; NULL if it is one each */
    uint32_t shared_left; /* parts under way that all members wait for */
    uint32_t num_ended, num_reported;
    struct variable *variables; /* linked as siblings */
    struct disk_part *disk_parts;
    bool queued; /* in flow->ended or flow->reporting */
    bool paused;
    bool cancelled; /* while queued or reported: to be freed next */
    struct flow_group *previous, *next;
    uint32_t ended[]; /* members in the order of their ends */
};

struct flow_group *group_create(struct flow *flow, uint32_t num_members, void *owner);
void group_member_ended(struct flow_group *group, uint32_t member);
/* A part of that member, or of EVERY_MEMBER, has ended. */
void group_part_ended(struct flow_group *group, uint32_t member);
void group_list_add(struct flow *flow, struct group_list *list, struct flow_group *group);

#endif
