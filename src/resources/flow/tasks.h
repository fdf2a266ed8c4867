/* Parallel tasks as variables. */
#ifndef ELASTISIM_RESOURCES_FLOW_TASKS_H
#define ELASTISIM_RESOURCES_FLOW_TASKS_H

#include "resources/flow/model.h"

/* Adds what a transfer puts on its links, with that many bytes as unit. */
void task_add_transfer(struct variable *variable, const struct flow *flow,
                       struct transfer *transfer, double unit);
/* Adds the use of hosts alike: an equal part of the flops on each of their cores. With `each`,
 * there is a host for each member. */
void task_add_host_use(struct variable *variable, const struct host_figures *host, double flops,
                       bool each, struct resource_set *set);
/* No core computes faster than it can. */
void task_bound_by_host(struct variable *variable, const struct host_figures *host, double flops);

/* What a parallel task of all hosts of a load is made of. */
struct task_parts {
    uint32_t member;
    struct transfer *transfer; /* or NULL */
    double unit;
    const double *flops; /* by rank; NULL when all have the same */
    double same_flops;   /* of each */
};

/* A variable for the task; NULL with err. */
struct variable *task_create(struct flow_group *group, const struct load *load,
                             const struct task_parts *parts, struct error *err);
int task_start(struct flow_group *group, const struct load *load, const struct task_parts *parts,
               struct error *err);
/* Starts the variable, which nothing may hold up if it uses nothing. */
int task_launch(struct flow_group *group, struct variable *variable, double latency,
                struct error *err);
/* Makes a variable of the m-th member of a bundle's variable; NULL when out of memory. */
typedef struct variable *make_member_fn(const struct bundle *bundle,
                                        const struct variable *variable, uint32_t m);
/* Has variables of its members take the place of a bundle's variable in its group, as struct bundle
 * wants it of untie. */
struct variable *task_untie(const struct bundle *bundle, struct variable *variable,
                            make_member_fn *make);
/* Drops a variable that has not been started, for want of memory. */
int task_drop(struct flow_group *group, struct variable *variable, struct error *err);

#endif
