/* Promise: whatever is drawn is counted once, in one part, and for those who ran there meanwhile.
 */
#include "results/meter.h"

#include "base/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define JOULES_PER_KWH 3.6e6

void meter_open(struct meter *meter, const struct node_description *node)
{
    *meter = (struct meter){.node = node, .gpus_until = INFINITY};
}

void meter_close(struct meter *meter)
{
    free(meter->more);
}

/* --- Counting -------------------------------------------------------------------------------- */

void meter_count(struct energy_use *use, double watts, const struct meter_time *from,
                 const struct meter_time *to)
{
    sum_add(&use->joules, watts * (to->seconds - from->seconds));
    if (to->price != from->price)
        sum_add(&use->cost, watts / JOULES_PER_KWH * (to->price - from->price));
    if (to->carbon != from->carbon)
        sum_add(&use->grams, watts / JOULES_PER_KWH * (to->carbon - from->carbon));
}

static void count_jobs(const struct meter *meter, const struct meter_time *now,
                       struct energy_totals *totals)
{
    double watts = meter->total / meter->num_jobs;
    for (uint32_t i = 0; i < meter->num_jobs; i++) {
        uint32_t job = i == 0 ? meter->job : meter->more[i - 1];
        meter_count(&totals->jobs[job], watts, &meter->since, now);
    }
    meter_count(&totals->of_jobs, meter->total, &meter->since, now);
}

static bool is_up(const struct meter *meter)
{
    return meter->availability == NODE_UP || meter->availability == NODE_DRAINING;
}

void meter_charge(struct meter *meter, const struct meter_time *now, struct energy_totals *totals)
{
    if (now->seconds <= meter->since.seconds)
        return;
    if (meter->total > 0) {
        meter_count(&meter->use, meter->total, &meter->since, now);
        for (size_t i = 0; i < NUM_NODE_PARTS; i++)
            if (meter->watts[i] != 0)
                meter_count(&totals->parts[i], meter->watts[i], &meter->since, now);
        if (meter->num_jobs > 0)
            count_jobs(meter, now, totals);
        else if (is_up(meter))
            meter_count(&totals->unused, meter->total, &meter->since, now);
    }
    meter->since = *now;
}

/* --- Watts ----------------------------------------------------------------------------------- */

/* SimGrid's formula: what has next to nothing to do is not what has nothing to do. */
static double cpu_watts(const struct node_power *power, double load)
{
    return load > 0 ? power->epsilon + (power->all - power->epsilon) * load : power->idle;
}

static void settle_up(struct meter *meter, double now)
{
    const struct node_description *node = meter->node;
    const struct node_power *power = &node->power;
    double load = fmin(1, meter->computing + meter->share);
    uint32_t busy = meter->gpus_until > now ? meter->gpus_busy : 0;
    if (busy > node->num_gpus)
        busy = node->num_gpus;
    meter->watts[ENERGY_BASE] = power->idle + node->num_gpus * power->gpu_idle;
    meter->watts[ENERGY_CPUS] = cpu_watts(power, load) - power->idle;
    meter->watts[ENERGY_GPUS] = busy * (power->gpu_busy - power->gpu_idle);
}

void meter_settle(struct meter *meter, double now)
{
    const struct node_power *power = &meter->node->power;
    memset(meter->watts, 0, sizeof meter->watts);
    switch (meter->availability) {
    case NODE_UP:
    case NODE_DRAINING:
        settle_up(meter, now);
        break;
    case NODE_DOWN:
    case NODE_OFF:
        meter->watts[ENERGY_OFF] = power->off;
        break;
    case NODE_BOOTING:
        meter->watts[ENERGY_BOOTING] = power->boot;
        break;
    case NODE_STOPPING:
        meter->watts[ENERGY_STOPPING] = power->stop;
        break;
    }
    meter->total = 0;
    for (size_t i = 0; i < NUM_NODE_PARTS; i++)
        meter->total += meter->watts[i];
}

/* --- Jobs ------------------------------------------------------------------------------------ */

int meter_note_jobs(struct meter *meter, const struct node *node, struct error *err)
{
    meter->num_jobs = node_num_running(node);
    if (node_num_running(node) == 0)
        return 0;
    meter->job = node_running_job(node, 0)->request->id;
    if (node_num_running(node) == 1)
        return 0;
    if (array_reserve(meter->more, meter->capacity, node_num_running(node) - 1))
        return error_no_memory(err);
    for (uint32_t i = 1; i < node_num_running(node); i++)
        meter->more[i - 1] = node_running_job(node, i)->request->id;
    return 0;
}
