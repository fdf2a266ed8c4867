/* Between hosts' own links, a route depends on their blades alone. From one group to another it is
 * what leads from the source's blade to the link between the groups, then what leads from there to
 * the target's. Inside a group it goes to the blade of the target's number first, then to the
 * target's chassis: the first part depends on the source's blade and that number, the second on the
 * source's chassis and the target's blade. Both are products of what leads away and what leads
 * there (tally_add_product).
 */
#include "resources/flow/dragonfly.h"

#include <stdlib.h>

enum { GROUPS, CHASSIS, BLADES, HOSTS, LEVELS };

struct dragonfly {
    struct tally *tally;
    const uint32_t *sizes;
    const struct member *members;
    uint32_t count;
    size_t own;                           /* links at each end of a route that are its host's own */
    struct host_class *blades;            /* all, by number: one member of each, and how many */
    struct host_class *sources, *targets; /* of a product; working memory */
};

/* --- Links of the hosts' own ----------------------------------------------------------------- */

/* The first two hosts have at most one link between their own. With limiters, a host has another
 * one of its own, and there are more between. */
static int find_own(struct dragonfly *fly, const uint32_t *hosts, struct error *err)
{
    if (tally_ask(fly->tally, hosts[0], hosts[1], err))
        return -1;
    fly->own = fly->tally->route.count <= 3 ? 1 : 2;
    return 0;
}

/* Each host sends to all others and is sent to by them. */
static int add_own(struct dragonfly *fly, struct error *err)
{
    struct tally *tally = fly->tally;
    for (uint32_t i = 0; i < fly->count; i++) {
        uint32_t host = fly->members[i].host, other = fly->members[i == 0 ? 1 : 0].host;
        if (tally_ask(tally, host, other, err))
            return -1;
        if (tally->route.count < 2 * fly->own) {
            tally->irregular = true;
            return 0;
        }
        tally_add_part(tally, 0, fly->own, fly->count - 1);
        if (tally_ask(tally, other, host, err))
            return -1;
        tally_add_part(tally, tally->route.count - fly->own, fly->own, fly->count - 1);
    }
    return 0;
}

/* --- Between blades -------------------------------------------------------------------------- */

/* Adds a blade to one side of a product, if it has members. */
static void add_class(struct host_class *classes, uint32_t *count, const struct host_class *blade)
{
    if (blade->count > 0)
        classes[(*count)++] = *blade;
}

static int add_product(struct dragonfly *fly, uint32_t num_sources, uint32_t num_targets,
                       struct error *err)
{
    const struct route_product product = {.sources = fly->sources,
                                          .targets = fly->targets,
                                          .num_sources = num_sources,
                                          .num_targets = num_targets,
                                          .ends = fly->own};
    if (num_sources == 0 || num_targets == 0 || fly->tally->irregular)
        return 0;
    return tally_add_product(fly->tally, &product, err);
}

static int add_between_groups(struct dragonfly *fly, uint32_t from, uint32_t to, struct error *err)
{
    uint32_t num_blades = fly->sizes[CHASSIS] * fly->sizes[BLADES], sources = 0, targets = 0;
    for (uint32_t i = 0; i < num_blades; i++) {
        add_class(fly->sources, &sources, &fly->blades[from * num_blades + i]);
        add_class(fly->targets, &targets, &fly->blades[to * num_blades + i]);
    }
    return add_product(fly, sources, targets, err);
}

/* From one chassis of a group to all blades of that number in it, but for the one of the same
 * number, which has other ways. */
static int add_to_number(struct dragonfly *fly, uint32_t group, uint32_t chassis, uint32_t number,
                         struct error *err)
{
    uint32_t num_chassis = fly->sizes[CHASSIS], num_blades = fly->sizes[BLADES];
    const struct host_class *blades = &fly->blades[(size_t)group * num_chassis * num_blades];
    uint32_t sources = 0, targets = 0;
    for (uint32_t i = 0; i < num_blades; i++)
        if (i != number)
            add_class(fly->sources, &sources, &blades[chassis * num_blades + i]);
    for (uint32_t i = 0; i < num_chassis; i++)
        add_class(fly->targets, &targets, &blades[i * num_blades + number]);
    if (add_product(fly, sources, targets, err))
        return -1;
    sources = targets = 0;
    add_class(fly->sources, &sources, &blades[chassis * num_blades + number]);
    for (uint32_t i = 0; sources > 0 && i < num_chassis; i++) {
        targets = 0;
        if (i != chassis)
            add_class(fly->targets, &targets, &blades[i * num_blades + number]);
        if (add_product(fly, sources, targets, err))
            return -1;
    }
    return 0;
}

static int add_inside_group(struct dragonfly *fly, uint32_t group, struct error *err)
{
    for (uint32_t chassis = 0; chassis < fly->sizes[CHASSIS]; chassis++)
        for (uint32_t number = 0; number < fly->sizes[BLADES]; number++)
            if (add_to_number(fly, group, chassis, number, err))
                return -1;
    return 0;
}

/* Among the hosts of each blade there is at most its limiter. */
static int add_inside_blades(struct dragonfly *fly, struct error *err)
{
    struct tally *tally = fly->tally;
    for (uint32_t i = 1; i < fly->count; i++) {
        const struct member *a = &fly->members[i - 1], *b = &fly->members[i];
        uint32_t number = b->rank / fly->sizes[HOSTS];
        if (a->rank / fly->sizes[HOSTS] != number || fly->blades[number].host != a->host)
            continue;
        if (tally_ask(tally, a->host, b->host, err))
            return -1;
        int64_t members = fly->blades[number].count;
        tally_add_part(tally, fly->own, tally->route.count - 2 * fly->own, members * (members - 1));
        tally_note_latency(tally, tally->route.latency);
    }
    return 0;
}

static int add_groups(struct dragonfly *fly, struct error *err)
{
    for (uint32_t from = 0; from < fly->sizes[GROUPS] && !fly->tally->irregular; from++)
        for (uint32_t to = 0; to < fly->sizes[GROUPS]; to++)
            if (from == to ? add_inside_group(fly, from, err)
                           : add_between_groups(fly, from, to, err))
                return -1;
    return 0;
}

/* --- The interface --------------------------------------------------------------------------- */

static void sort_into_blades(struct dragonfly *fly)
{
    for (uint32_t i = 0; i < fly->count; i++) {
        struct host_class *blade = &fly->blades[fly->members[i].rank / fly->sizes[HOSTS]];
        if (blade->count++ == 0)
            blade->host = fly->members[i].host;
    }
}

static bool fits(const struct zone_shape *shape, uint32_t num_hosts)
{
    uint64_t product = 1;
    for (uint32_t i = 0; i < shape->num_levels && product <= num_hosts; i++)
        product *= shape->sizes[i];
    return shape->num_levels == LEVELS && product == num_hosts && num_hosts > 1 &&
           shape->sizes[GROUPS] <= shape->sizes[BLADES];
}

int dragonfly_add_pairs(struct tally *tally, const struct zone_shape *shape, const uint32_t *hosts,
                        uint32_t num_hosts, const struct member *members, uint32_t count,
                        struct error *err)
{
    struct dragonfly fly = {
        .tally = tally, .sizes = shape->sizes, .members = members, .count = count};
    if (!fits(shape, num_hosts)) {
        tally->irregular = true;
        return 0;
    }
    uint32_t num_blades = num_hosts / shape->sizes[HOSTS];
    fly.blades = calloc(num_blades, sizeof *fly.blades);
    fly.sources = calloc(num_blades, sizeof *fly.sources);
    fly.targets = calloc(num_blades, sizeof *fly.targets);
    int result = 0;
    if (!fly.blades || !fly.sources || !fly.targets)
        result = error_no_memory(err);
    else if (count > 1) {
        sort_into_blades(&fly);
        if (find_own(&fly, hosts, err) || add_own(&fly, err) || add_inside_blades(&fly, err) ||
            add_groups(&fly, err))
            result = -1;
    }
    free(fly.blades);
    free(fly.sources);
    free(fly.targets);
    return result;
}
