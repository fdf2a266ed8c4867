/* I/O with PFS hosts: a variable for each class of members alike. */
#include "resources/flow/pfs_io.h"

#include "resources/flow/members.h"
#include "resources/flow/parts.h"
#include "resources/flow/tasks.h"

#include <stdlib.h>

/* --- Members that are told apart ------------------------------------------------------------- */

/* What variables of the members of a class would be made of; its plan is the variable's. */
struct class_bundle {
    struct bundle bundle;
    const struct flow *flow;
    const struct transfer *class;
    double unit; /* bytes */
};

static void free_class(struct bundle *bundle)
{
    free(bundle);
}

static struct variable *make_member(const struct bundle *bundle, const struct variable *whole,
                                    uint32_t m)
{
    const struct class_bundle *class = (const struct class_bundle *)(const void *)bundle;
    /* Sets remember the cells of their links, which is the only thing that changes in them. */
    struct transfer *transfer = (struct transfer *)(uintptr_t) class->class->each[m];
    struct variable *variable = variable_create(transfer->num_sets);
    if (!variable)
        return NULL;
    variable->only_member = whole->members[m];
    variable->members = &variable->only_member;
    task_add_transfer(variable, class->flow, transfer, class->unit);
    return variable;
}

static struct variable *untie_class(struct bundle *bundle, struct variable *variable)
{
    return task_untie(bundle, variable, make_member);
}

static int make_bundle(struct variable *variable, const struct flow *flow,
                       const struct transfer *class, double unit)
{
    struct class_bundle *bundle = malloc(sizeof *bundle);
    if (!bundle)
        return -1;
    *bundle = (struct class_bundle){.bundle = {.untie = untie_class, .free = free_class},
                                    .flow = flow,
                                    .class = class,
                                    .unit = unit};
    variable->bundle = &bundle->bundle;
    return 0;
}

/* --- Starting -------------------------------------------------------------------------------- */

static int start_class(struct flow_group *group, const struct load *load, struct transfer *class,
                       struct error *err)
{
    double unit = load->amounts[class->members[0]] / class->num_flows;
    struct variable *variable = variable_create(class->num_sets);
    if (!variable)
        return error_no_memory(err);
    variable->num_members = class->num_members;
    variable->members = class->members;
    task_add_transfer(variable, group->flow, class, unit);
    if (class->each && make_bundle(variable, group->flow, class, unit))
        return task_drop(group, variable, err);
    return task_launch(group, variable, class->latency, err);
}

int pfs_io_start(struct flow_group *group, const struct load *load, struct error *err)
{
    struct load_plan *plan = members_pfs_plan(group->flow, load, err);
    int result = plan ? 0 : -1;
    for (uint32_t i = 0; plan && i < plan->num_idle; i++)
        group_member_ended(group, plan->idle[i]);
    for (uint32_t i = 0; result == 0 && i < plan->num_transfers; i++)
        result = start_class(group, load, &plan->transfers[i], err);
    load_plan_release(plan);
    return result;
}
