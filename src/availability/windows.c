/* Windows: outages that come again after the same time.
 *
 * The next one is entered when the first event of the one before it has been given: so as many are
 * held as are announced or under way, and one. Their times are products, not sums: nothing adds up.
 */
#include "availability/sources.h"

#include <math.h>
#include <stdlib.h>

static occurrence_follow follow_window;

static int enter_next(struct plan *plan, struct window *window)
{
    double from = window->first + (double)window->number * window->every;
    double announced = window->lead < 0 ? INFINITY : fmax(0, from - window->lead);
    struct occurrence *occurrence;

    if (from >= window->until || from > LAST_TIME)
        return 0;
    occurrence = malloc(sizeof *occurrence);
    if (!occurrence)
        return -1;
    *occurrence = (struct occurrence){
        .outage = {.kind = window->kind,
                   .nodes = window->nodes.ids,
                   .num_nodes = window->nodes.count,
                   .from = from,
                   .until = from + window->duration,
                   .end_is_known = true,
                   .reason = window->reason},
        .place = occurrence_place(window->rank, window->number++),
        .follow = follow_window,
        .source = window,
        .is_single = true,
    };
    if (occurrence_enter(plan, occurrence, announced) == 0)
        return 0;
    free(occurrence);
    return -1;
}

static int follow_window(struct plan *plan, struct occurrence *occurrence, enum plan_change given)
{
    const struct window *window = occurrence->source;

    if (given == PLAN_ENDS)
        free(occurrence);
    else if (given == (window->lead < 0 ? PLAN_BEGINS : PLAN_ANNOUNCES))
        return enter_next(plan, occurrence->source);
    return 0;
}

int window_begin(struct plan *plan, struct window *window)
{
    return enter_next(plan, window);
}
