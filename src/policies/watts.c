/* Promise: an invocation costs the steps of the plan that change. */
#include "policies/watts.h"

#include <math.h>
#include <string.h>

/* Counts stay within what the profile can hold. */
#define MOST_UNITS 1e9
/* Rounding of sums, in units. */
#define SLACK 1e-3

static uint32_t units_of(const struct watts *watts, double power)
{
    return power > 0 ? (uint32_t)ceil(power / watts->unit - SLACK) : 0;
}

/* --- Creation ------------------------------------------------------------------------------ */

static double most_watts(const struct elastisim_view *view)
{
    double sum = elastisim_power_committed(view);
    for (size_t id = 0; id < elastisim_num_nodes(view); id++) {
        const struct elastisim_node *node = elastisim_node(view, id);
        sum += elastisim_node_full_watts(node, elastisim_node_num_gpus(node));
    }
    return sum;
}

static void measure_classes(struct watts *watts, const struct elastisim_view *view,
                            const struct node_pool *pool)
{
    watts->num_classes = pool->num_classes;
    for (uint32_t id = 0; id < pool->num_nodes; id++) {
        const struct elastisim_node *node = elastisim_node(view, id);
        size_t kind = pool->class_of[id];
        double idle = elastisim_node_idle_watts(node), full = elastisim_node_full_watts(node, 0);
        uint32_t cpus = units_of(watts, full - idle);
        uint32_t gpus = units_of(watts, elastisim_node_full_watts(node, 1) - full);
        watts->cpus[kind] = cpus > watts->cpus[kind] ? cpus : watts->cpus[kind];
        watts->gpus[kind] = gpus > watts->gpus[kind] ? gpus : watts->gpus[kind];
    }
}

/* More than all that can be drawn is as good as no cap. */
static uint32_t cap_units(const struct watts *watts, double cap)
{
    return (uint32_t)fmin(floor(cap / watts->unit + SLACK), MOST_UNITS);
}

static int add_units(struct watts *watts, double from, double to, int64_t units)
{
    uint32_t count = (uint32_t)(units < 0 ? -units : units);
    return count > 0 ? profile_add(&watts->profile, from, to, &count, units < 0 ? -1 : 1) : 0;
}

static int add_steps(struct watts *watts, const struct elastisim_view *view)
{
    double time, cap;
    uint32_t before = 0;
    for (size_t i = 0; elastisim_power_cap_step(view, i, &time, &cap); i++) {
        uint32_t units = cap_units(watts, cap);
        int64_t change = (int64_t)units - before;
        if (i == 0 ? profile_create(&watts->profile, 1, &units)
                   : add_units(watts, time, INFINITY, change))
            return -1;
        before = units;
    }
    return 0;
}

int watts_create(struct watts *watts, const struct elastisim_view *view,
                 const struct node_pool *pool)
{
    *watts = (struct watts){.next_step = INFINITY};
    double most = most_watts(view);
    /* External schedulers don't know what nodes draw. */
    if (isinf(elastisim_power_cap(view)) || !(most < INFINITY))
        return 0;
    watts->is_capped = true;
    watts->unit = exp2(ceil(log2(fmax(most, 1) / MOST_UNITS)));
    watts->next_step = -INFINITY;
    measure_classes(watts, view, pool);
    return add_steps(watts, view);
}

void watts_release(struct watts *watts)
{
    profile_discard(&watts->profile);
    *watts = (struct watts){.is_capped = false};
}

/* --- What is left -------------------------------------------------------------------------- */

static void look_ahead(struct watts *watts, const struct elastisim_view *view)
{
    double time, cap;
    if (watts->next_step > watts->now)
        return;
    watts->next_step = INFINITY;
    watts->cap = cap_units(watts, elastisim_power_cap(view));
    for (size_t i = 0; isinf(watts->next_step) && elastisim_power_cap_step(view, i, &time, &cap);
         i++)
        if (time > watts->now)
            watts->next_step = time;
}

int watts_begin(struct watts *watts, const struct elastisim_view *view, bool *more)
{
    *more = false;
    if (!watts->is_capped)
        return 0;
    watts->now = elastisim_time(view);
    *more = watts->now >= watts->next_step;
    profile_advance(&watts->profile, watts->now);
    look_ahead(watts, view);
    int64_t committed = (int64_t)ceil(elastisim_power_committed(view) / watts->unit - SLACK);
    int64_t base = committed - watts->running, change = watts->base - base;
    *more = *more || change > 0;
    watts->base = base;
    return add_units(watts, watts->now, INFINITY, change);
}

static uint32_t of_node(const struct watts *watts, size_t kind, uint32_t gpus)
{
    return watts->cpus[kind] + gpus * watts->gpus[kind];
}

static uint32_t of_nodes(const struct watts *watts, const uint32_t *nodes, uint32_t gpus)
{
    uint32_t units = 0;
    for (size_t kind = 0; kind < watts->num_classes; kind++)
        units += nodes[kind] * of_node(watts, kind, gpus);
    return units;
}

int watts_plan(struct watts *watts, const struct profile_stay *stay, uint32_t gpus, int sign)
{
    if (!watts->is_capped)
        return 0;
    return add_units(watts, fmax(stay->from, watts->now), stay->to,
                     sign * (int64_t)of_nodes(watts, stay->nodes, gpus));
}

void watts_run(struct watts *watts, const uint32_t *nodes, uint32_t gpus, int sign)
{
    if (watts->is_capped)
        watts->running += sign * (int64_t)of_nodes(watts, nodes, gpus);
}

bool watts_take(struct watts *watts, double power, double until, bool *failed)
{
    uint32_t units = units_of(watts, power), left;
    *failed = false;
    if (!watts->is_capped)
        return true;
    profile_least(&watts->profile, watts->now, until, NULL, &left);
    if (left < units)
        return false;
    watts->base += units;
    *failed = add_units(watts, watts->now, INFINITY, -(int64_t)units) != 0;
    return !*failed;
}

/* The most that a node of the classes needs. */
static uint32_t most_of(const struct watts *watts, uint64_t classes, uint32_t gpus)
{
    uint32_t most = 0;
    for (size_t kind = 0; kind < watts->num_classes; kind++)
        if ((classes >> kind & 1) && of_node(watts, kind, gpus) > most)
            most = of_node(watts, kind, gpus);
    return most;
}

uint32_t watts_room(const struct watts *watts, uint64_t classes, uint32_t gpus, double from,
                    double to, const struct profile_stay *own)
{
    if (!watts->is_capped)
        return UINT32_MAX;
    uint32_t each = most_of(watts, classes, gpus), units, left;
    struct profile_stay stay = {&units, 0, 0};
    if (each == 0)
        return UINT32_MAX;
    if (own) {
        units = of_nodes(watts, own->nodes, gpus);
        stay.from = own->from;
        stay.to = own->to;
    }
    profile_least(&watts->profile, from, to, own ? &stay : NULL, &left);
    return left / each;
}

uint32_t watts_room_now(const struct watts *watts, uint64_t classes, uint32_t gpus)
{
    int64_t left = watts->cap - watts->base - watts->running;
    uint32_t each = watts->is_capped ? most_of(watts, classes, gpus) : 0;
    return each == 0 ? UINT32_MAX : left > 0 ? (uint32_t)(left / each) : 0;
}

double watts_find(const struct watts *watts, uint64_t classes, uint32_t gpus,
                  const struct profile_search *search)
{
    uint32_t need = search->need * most_of(watts, classes, gpus), units, least;
    struct profile_stay stay = {&units, 0, 0};
    struct profile_search mine = *search;
    if (!watts->is_capped || need == 0)
        return search->from;
    if (search->own) {
        units = of_nodes(watts, search->own->nodes, gpus);
        stay.from = search->own->from;
        stay.to = search->own->to;
        mine.own = &stay;
    }
    mine.classes = 1;
    mine.need = need;
    return profile_find(&watts->profile, &mine, &least);
}
