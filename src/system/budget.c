/* Promise: a change of a node costs O(1), a look at the cap O(log of its steps). */
#include "system/budget.h"

#include "system/state.h"

#include <math.h>
#include <stdlib.h>

double budget_idle_watts(const struct node_description *node)
{
    return node->power.idle + node->num_gpus * node->power.gpu_idle;
}

double budget_full_watts(const struct node_description *node, uint32_t gpus)
{
    const struct node_power *power = &node->power;
    uint32_t busy = gpus < node->num_gpus ? gpus : node->num_gpus;
    double cpus = fmax(power->idle, fmax(power->epsilon, power->all));
    return cpus + node->num_gpus * power->gpu_idle +
           busy * fmax(0, power->gpu_busy - power->gpu_idle);
}

static double watts_of(const struct node *node)
{
    const struct node_power *power = &node->description->power;
    switch (node->availability) {
    case NODE_DOWN:
    case NODE_OFF:
        return power->off;
    case NODE_BOOTING:
        return power->boot;
    case NODE_STOPPING:
        return power->stop;
    default:
        break;
    }
    bool has_jobs = node_num_running(node) > 0 || node_num_expected(node) > 0;
    return has_jobs ? budget_full_watts(node->description, node->gpus_allocated)
                    : budget_idle_watts(node->description);
}

struct budget *budget_create(struct series cap, const struct platform *platform, double constant,
                             struct error *err)
{
    struct budget *budget = calloc(1, sizeof *budget);
    if (budget)
        *budget = (struct budget){.cap = cap};
    else
        series_release(&cap);
    if (!budget || !(budget->watts = calloc(platform->num_nodes + 1, sizeof *budget->watts))) {
        budget_release(budget);
        error_no_memory(err);
        return NULL;
    }
    sum_add(&budget->committed, constant);
    for (uint32_t i = 0; i < platform->num_nodes; i++) {
        budget->watts[i] = budget_idle_watts(&platform->nodes[i]);
        sum_add(&budget->committed, budget->watts[i]);
    }
    return budget;
}

void budget_release(struct budget *budget)
{
    if (!budget)
        return;
    series_release(&budget->cap);
    free(budget->watts);
    free(budget);
}

void budget_note(struct budget *budget, const struct node *node)
{
    double watts = watts_of(node), *before = &budget->watts[node->id];
    if (watts == *before)
        return;
    sum_add(&budget->committed, -*before);
    sum_add(&budget->committed, watts);
    *before = watts;
}

double budget_cap_at(const struct budget *budget, double time)
{
    size_t low = 0, high = budget->cap.count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (budget->cap.items[middle].time <= time)
            low = middle;
        else
            high = middle;
    }
    return budget->cap.items[low].value;
}

double budget_committed(const struct budget *budget)
{
    return sum_value(&budget->committed);
}
