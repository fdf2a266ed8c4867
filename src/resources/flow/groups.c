/* Groups: which members have ended, and whether they have been reported. */
#include "resources/flow/groups.h"

#include "base/list.h"
#include "base/vector.h"
#include "resources/flow/model.h"

#include <stdlib.h>

void group_list_add(struct flow *flow, struct group_list *list, struct flow_group *group)
{
    if (vector_add(list, group))
        flow->out_of_memory = true;
}

struct flow_group *group_create(struct flow *flow, uint32_t num_members, void *owner)
{
    struct flow_group *group = malloc(sizeof *group + num_members * sizeof *group->ended);
    if (!group)
        return NULL;
    *group = (struct flow_group){.flow = flow,
                                 .owner = owner,
                                 .order = flow->num_started++,
                                 .num_members = num_members,
                                 .members_left = num_members};
    list_add_first(&flow->groups, group);
    return group;
}

void group_member_ended(struct flow_group *group, uint32_t member)
{
    group->ended[group->num_ended++] = member;
    group->members_left--;
    if (!group->queued) {
        group->queued = true;
        group_list_add(group->flow, &group->flow->ended, group);
    }
}

static void shared_part_ended(struct flow_group *group)
{
    if (--group->shared_left > 0)
        return;
    for (uint32_t i = 0; i < group->num_members; i++)
        if (group->parts_left[i] == 0)
            group_member_ended(group, i);
}

void group_part_ended(struct flow_group *group, uint32_t member)
{
    group->flow->num_parts--;
    if (member == EVERY_MEMBER)
        shared_part_ended(group);
    else if (!group->parts_left || (--group->parts_left[member] == 0 && group->shared_left == 0))
        group_member_ended(group, member);
}

int flow_check_memory(const struct flow *flow, struct error *err)
{
    return flow->out_of_memory || flow->sharing.out_of_memory ? error_no_memory(err) : 0;
}
