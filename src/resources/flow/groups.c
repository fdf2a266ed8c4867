/* Groups: which members have ended, and whether they have been reported. */
#include "resources/flow/state.h"

#include <stdlib.h>

void group_list_add(struct flow *flow, struct group_list *list, struct flow_group *group)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        struct flow_group **grown = realloc(list->groups, room * sizeof(struct flow_group *));
        if (!grown) {
            flow->out_of_memory = true;
            return;
        }
        list->groups = grown;
        list->room = room;
    }
    list->groups[list->count++] = group;
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
    group->next = flow->groups;
    if (group->next)
        group->next->previous = group;
    flow->groups = group;
    return group;
}

void group_stop(struct flow_group *group)
{
    struct flow *flow = group->flow;
    while (group->variables) {
        struct variable *variable = group->variables;
        group->variables = variable->next_sibling;
        flow->num_parts -= variable->num_members;
        sharing_destroy(&flow->sharing, variable);
    }
    while (group->disk_parts)
        disk_part_stop(group->disk_parts);
}

void group_destroy(struct flow_group *group)
{
    group_stop(group);
    *(group->previous ? &group->previous->next : &group->flow->groups) = group->next;
    if (group->next)
        group->next->previous = group->previous;
    free(group->parts_left);
    free(group);
}

void member_ended(struct flow_group *group, uint32_t member)
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
            member_ended(group, i);
}

void part_ended(struct flow_group *group, uint32_t member)
{
    group->flow->num_parts--;
    if (member == EVERY_MEMBER)
        shared_part_ended(group);
    else if (!group->parts_left || (--group->parts_left[member] == 0 && group->shared_left == 0))
        member_ended(group, member);
}
