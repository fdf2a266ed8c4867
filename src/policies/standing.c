#include "policies/standing.h"

typedef double standing_fn(const struct entry *entry, uint32_t size);

static double between(uint32_t value, uint32_t low, uint32_t high)
{
    return high > low ? ((double)value - low) / ((double)high - low) : 0;
}

static double above_minimum(const struct entry *entry, uint32_t size)
{
    return (double)size - entry->least;
}

static double between_bounds(const struct entry *entry, uint32_t size)
{
    return between(size, entry->least, entry->most);
}

/* From 0 at the minimum over 1 at the preferred size to 2 at the maximum. */
static double to_preferred(const struct entry *entry, uint32_t size)
{
    return size > entry->preferred ? 1 + between(size, entry->preferred, entry->most)
                                   : between(size, entry->least, entry->preferred);
}

static double nodes(const struct entry *entry, uint32_t size)
{
    (void)entry;
    return size;
}

static double above_preferred(const struct entry *entry, uint32_t size)
{
    return (double)size - entry->preferred;
}

static standing_fn *const by_towards[] = {
    [TOWARDS_MIN] = above_minimum,
    [TOWARDS_AVG] = between_bounds,
    [TOWARDS_PREF] = to_preferred,
};

/* With agreements as published. */
static standing_fn *const as_published[] = {
    [TOWARDS_MIN] = above_minimum,
    [TOWARDS_AVG] = between_bounds,
    [TOWARDS_PREF] = above_preferred,
};

/* By strategy; NULL where the option `towards` says. */
static standing_fn *const by_strategy[] = {
    [MALLEABLE_KEEP_PREFERRED] = to_preferred,
    [MALLEABLE_EQUIPARTITION] = nodes,
    [MALLEABLE_POOL_2023] = NULL,
};

double standing_at(const struct policy_options *options, const struct entry *entry, uint32_t size)
{
    standing_fn *own = by_strategy[options->malleable];
    standing_fn *const *others = standing_has_agreements(options) ? as_published : by_towards;
    return (own ? own : others[options->towards])(entry, size);
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
           (by_strategy[options->malleable] || options->towards != TOWARDS_MIN);
}
