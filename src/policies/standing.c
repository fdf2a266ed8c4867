#include "policies/standing.h"

#include <math.h>

/* How high a job of a size stands, and about at which size it comes to stand so high. */
struct measure {
    double (*at)(const struct entry *entry, uint32_t size);
    double (*size)(const struct entry *entry, double standing);
};

static double between(uint32_t value, uint32_t low, uint32_t high)
{
    return high > low ? ((double)value - low) / ((double)high - low) : 0;
}

static double part_of(double standing, uint32_t low, uint32_t high)
{
    return low + standing * ((double)high - low);
}

static double above_minimum(const struct entry *entry, uint32_t size)
{
    return (double)size - entry->least;
}

static double size_above_minimum(const struct entry *entry, double standing)
{
    return entry->least + standing;
}

static double between_bounds(const struct entry *entry, uint32_t size)
{
    return between(size, entry->least, entry->most);
}

static double size_between_bounds(const struct entry *entry, double standing)
{
    return part_of(standing, entry->least, entry->most);
}

/* From 0 at the minimum over 1 at the preferred size to 2 at the maximum. */
static double to_preferred(const struct entry *entry, uint32_t size)
{
    return size > entry->preferred ? 1 + between(size, entry->preferred, entry->most)
                                   : between(size, entry->least, entry->preferred);
}

static double size_to_preferred(const struct entry *entry, double standing)
{
    return standing > 1 ? part_of(standing - 1, entry->preferred, entry->most)
                        : part_of(standing, entry->least, entry->preferred);
}

static double nodes(const struct entry *entry, uint32_t size)
{
    (void)entry;
    return size;
}

static double size_by_nodes(const struct entry *entry, double standing)
{
    (void)entry;
    return standing;
}

static double above_preferred(const struct entry *entry, uint32_t size)
{
    return (double)size - entry->preferred;
}

static double size_above_preferred(const struct entry *entry, double standing)
{
    return entry->preferred + standing;
}

static const struct measure by_towards[] = {
    [TOWARDS_MIN] = {above_minimum, size_above_minimum},
    [TOWARDS_AVG] = {between_bounds, size_between_bounds},
    [TOWARDS_PREF] = {to_preferred, size_to_preferred},
};

/* With agreements as published. */
static const struct measure as_published[] = {
    [TOWARDS_MIN] = {above_minimum, size_above_minimum},
    [TOWARDS_AVG] = {between_bounds, size_between_bounds},
    [TOWARDS_PREF] = {above_preferred, size_above_preferred},
};

/* By strategy; none where the option `towards` says. */
static const struct measure by_strategy[] = {
    [MALLEABLE_KEEP_PREFERRED] = {to_preferred, size_to_preferred},
    [MALLEABLE_EQUIPARTITION] = {nodes, size_by_nodes},
    [MALLEABLE_POOL_2023] = {NULL, NULL},
};

static const struct measure *measure_of(const struct policy_options *options)
{
    const struct measure *own = &by_strategy[options->malleable];
    const struct measure *others = standing_has_agreements(options) ? as_published : by_towards;
    return own->at ? own : &others[options->towards];
}

double standing_at(const struct policy_options *options, const struct entry *entry, uint32_t size)
{
    return measure_of(options)->at(entry, size);
}

/* The measure's own inverse is near, and put right by what the measure says itself. */
uint32_t standing_size(const struct policy_options *options, const struct entry *entry,
                       double standing, uint32_t least, uint32_t most)
{
    const struct measure *measure = measure_of(options);
    double near = measure->size(entry, standing);
    uint32_t size = near > least ? near < most ? (uint32_t)near : most : least;
    while (size > least && measure->at(entry, size - 1) >= standing)
        size--;
    while (size < most && measure->at(entry, size) < standing)
        size++;
    return size;
}

enum bound standing_bound(const struct policy_options *options)
{
    return options->malleable == MALLEABLE_KEEP_PREFERRED ? BOUND_PREFERRED : BOUND_LEAST;
}

uint32_t standing_smallest(const struct policy_options *options, const struct entry *entry)
{
    return entry_bound(entry, standing_bound(options));
}

uint32_t standing_largest(const struct policy_options *options, const struct entry *entry,
                          bool others_wait)
{
    bool keeps = options->malleable == MALLEABLE_KEEP_PREFERRED && others_wait;
    return keeps ? entry->preferred : entry->most;
}

struct standing standing_around(const struct policy_options *options, const struct entry *entry,
                                uint32_t size)
{
    bool shrinks = size > 1 && size > standing_smallest(options, entry);
    bool grows = size < standing_largest(options, entry, false);
    return (struct standing){
        .now = standing_at(options, entry, size),
        .less = shrinks ? standing_at(options, entry, size - 1) : -INFINITY,
        .more = grows ? standing_at(options, entry, size + 1) : INFINITY,
    };
}

bool standing_matters(const struct policy_options *options)
{
    return options->malleable != MALLEABLE_NONE && options->malleable != MALLEABLE_GROW;
}

bool standing_has_agreements(const struct policy_options *options)
{
    return options->malleable == MALLEABLE_AGREEMENT_2023 ||
           options->malleable == MALLEABLE_STEAL_2023 || options->malleable == MALLEABLE_POOL_2023;
}

bool standing_is_shared(const struct policy_options *options)
{
    return standing_matters(options) && !standing_has_agreements(options) &&
           (by_strategy[options->malleable].at || options->towards != TOWARDS_MIN);
}
