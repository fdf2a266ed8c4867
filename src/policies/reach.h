/* How far openings reach: of the openings at a level (forward.h), those that count when the longest
 * one is asked for that begins before a time. Another is as long or longer and begins no later than
 * each that does not count.
 */
#ifndef ELASTISIM_POLICIES_REACH_H
#define ELASTISIM_POLICIES_REACH_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

struct reach_step {
    double from, length; /* seconds; both rise from one step to the next */
};

struct reach {
    struct reach_step *steps; /* owned */
    size_t count, room;
};

/* Takes in an opening. *is_longer is whether it counts. Returns 0, or -1 when out of memory. */
int reach_add(struct reach *reach, double from, double length, bool *is_longer);
/* Whether one of at least that length begins before a time. */
static inline bool reach_covers(const struct reach *reach, double length, double before)
{
    for (const struct reach_step *step = reach->steps; step < reach->steps + reach->count; step++)
        if (step->from >= before || step->length >= length)
            return step->from < before;
    return false;
}
/* All openings begin no earlier and are no longer. */
static inline struct reach_step reach_bounds(const struct reach *reach)
{
    return reach->count > 0
               ? (struct reach_step){reach->steps[0].from, reach->steps[reach->count - 1].length}
               : (struct reach_step){INFINITY, -INFINITY};
}

void reach_release(struct reach *reach);

#endif
