/* Failures: units of nodes that fail at random, are repaired, and fail again.
 *
 * Every unit draws from three streams of its own, for the times between failures, for repairs and
 * for bursts: what one unit does, or whether there are bursts, moves nothing else.
 */
#include "availability/sources.h"

#include "base/heap.h"

#include <math.h>
#include <stdlib.h>

enum purpose { PURPOSE_TIMES, PURPOSE_REPAIRS, PURPOSE_BURSTS, NUM_PURPOSES };

static occurrence_follow follow_unit, follow_victim;

/* --- Bursts ---------------------------------------------------------------------------------- */

static int follow_victim(struct plan *plan, struct occurrence *occurrence, enum plan_change given)
{
    (void)plan;
    if (given == PLAN_ENDS)
        free(occurrence);
    return 0;
}

static int enter_victim(struct plan *plan, struct unit *unit, uint32_t node)
{
    struct failures *failures = unit->occurrence.source;
    double delay = failures->burst.within * random_fraction(&unit->bursts);
    double repair = duration_draw(&failures->repair, &unit->bursts);
    struct occurrence *victim = malloc(sizeof *victim);

    if (!victim)
        return -1;
    *victim = (struct occurrence){
        .outage = unit->occurrence.outage,
        .place = occurrence_place(unit->rank, ++unit->num_victims),
        .follow = follow_victim,
        .node = node,
        .is_single = true,
    };
    victim->outage.nodes = &victim->node;
    victim->outage.num_nodes = 1;
    victim->outage.from += nearbyint(delay / EVENT_INSTANT) * EVENT_INSTANT;
    victim->outage.until = victim->outage.from + repair;
    if (occurrence_enter(plan, victim, INFINITY) == 0)
        return 0;
    free(victim);
    return -1;
}

/* The i-th of the source's nodes that are not the unit's: where it stands in the pool. */
static uint32_t *other_node(const struct failures *failures, const struct unit *unit, uint32_t i)
{
    return &failures->pool[i < unit->first ? i : i + unit->count];
}

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t kept = *a;

    *a = *b;
    *b = kept;
}

/* Draws nodes without putting them back (the first steps of a Fisher-Yates shuffle), and then takes
 * the steps back: what is drawn depends on this unit's stream alone. */
static int enter_burst(struct plan *plan, struct unit *unit)
{
    struct failures *failures = unit->occurrence.source;
    uint32_t num_others = failures->nodes.count - unit->count;
    uint32_t wanted = failures->burst.num_nodes, i = 0;
    int status = 0;

    for (; i < wanted && status == 0; i++) {
        failures->drawn[i] = i + random_below(&unit->bursts, num_others - i);
        swap(other_node(failures, unit, i), other_node(failures, unit, failures->drawn[i]));
        status = enter_victim(plan, unit, *other_node(failures, unit, i));
    }
    while (i-- > 0)
        swap(other_node(failures, unit, i), other_node(failures, unit, failures->drawn[i]));
    return status;
}

/* --- Units ----------------------------------------------------------------------------------- */

/* The unit's next failure, if there is one: so long after that time. */
static int enter_failure(struct plan *plan, struct unit *unit, double after)
{
    const struct failures *failures = unit->occurrence.source;
    struct outage *outage = &unit->occurrence.outage;

    outage->from = after + duration_draw(&failures->between, &unit->times);
    outage->until = outage->from + duration_draw(&failures->repair, &unit->repairs);
    if (outage->from >= failures->until || outage->from > LAST_TIME)
        return 0;
    return occurrence_enter(plan, &unit->occurrence, INFINITY);
}

static int follow_unit(struct plan *plan, struct occurrence *occurrence, enum plan_change given)
{
    struct failures *failures = occurrence->source;
    struct unit *unit = &failures->units[occurrence->number];

    if (given == PLAN_ENDS)
        return enter_failure(plan, unit, occurrence->outage.until);
    if (random_fraction(&unit->bursts) > failures->burst.probability)
        return 0;
    return enter_burst(plan, unit);
}

static int begin_unit(struct plan *plan, struct failures *failures, uint32_t number)
{
    struct unit *unit = &failures->units[number];
    struct random *const streams[NUM_PURPOSES] = {
        [PURPOSE_TIMES] = &unit->times,
        [PURPOSE_REPAIRS] = &unit->repairs,
        [PURPOSE_BURSTS] = &unit->bursts,
    };

    for (uint64_t purpose = 0; purpose < NUM_PURPOSES; purpose++)
        *streams[purpose] = random_stream((uint64_t)failures->seed, unit->name,
                                          failures->ordinal * NUM_PURPOSES + purpose);
    unit->rank = failures->rank + number;
    unit->occurrence = (struct occurrence){
        .outage = {.kind = OUTAGE_DOWN,
                   .nodes = &failures->nodes.ids[unit->first],
                   .num_nodes = unit->count,
                   .end_is_known = failures->repair_known,
                   .reason = failures->reason},
        .place = occurrence_place(unit->rank, 0),
        .follow = follow_unit,
        .source = failures,
        .number = number,
    };
    return enter_failure(plan, unit, failures->from);
}

int failures_begin(struct plan *plan, struct failures *failures)
{
    for (uint32_t number = 0; number < failures->num_units; number++)
        if (begin_unit(plan, failures, number))
            return -1;
    return 0;
}

void failures_release(struct failures *failures)
{
    free(failures->units);
    free(failures->pool);
    free(failures->drawn);
    free(failures);
}
