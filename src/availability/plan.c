/* Promise: events come in the order that plan.h says, and each outage's address stays while it has
 * events left and until the call after its last one.
 *
 * Every outage that is announced, under way or next of its source is an occurrence, and stands in
 * the agenda for its next event. What follows from an event, such as the next window or the nodes
 * of a burst, is entered when the event is given; so a plan holds no more than that.
 */
#include "availability/sources.h"

#include <math.h>
#include <stdlib.h>

static const char *const outage_kinds[] = {
    [OUTAGE_DOWN] = "down", [OUTAGE_DRAIN] = "drain", [OUTAGE_OFF] = "off"};

const char *outage_kind_name(enum outage_kind kind)
{
    return outage_kinds[kind];
}

/* --- Order ----------------------------------------------------------------------------------- */

/* Bits of an entry's order, from the top: change, rank of the source, number of the occurrence. */
enum { CHANGE_BIT = 62, RANK_BIT = 24 };

uint64_t occurrence_place(uint64_t rank, uint64_t number)
{
    return rank << RANK_BIT | (number & ((UINT64_C(1) << RANK_BIT) - 1));
}

static int set_next(struct plan *plan, struct occurrence *occurrence, enum plan_change change,
                    double time)
{
    static const uint64_t turns[] = {[PLAN_ENDS] = 0, [PLAN_ANNOUNCES] = 1, [PLAN_BEGINS] = 2};

    occurrence->next = change;
    occurrence->entry.owner = occurrence;
    occurrence->entry.order = turns[change] << CHANGE_BIT | occurrence->place;
    return agenda_set(&plan->agenda, &occurrence->entry, time);
}

int occurrence_enter(struct plan *plan, struct occurrence *occurrence, double announced)
{
    if (isfinite(announced))
        return set_next(plan, occurrence, PLAN_ANNOUNCES, announced);
    return set_next(plan, occurrence, PLAN_BEGINS, occurrence->outage.from);
}

/* --- Events ---------------------------------------------------------------------------------- */

static void move_on(struct plan *plan, struct occurrence *occurrence)
{
    switch (occurrence->next) {
    case PLAN_ANNOUNCES:
        set_next(plan, occurrence, PLAN_BEGINS, occurrence->outage.from);
        break;
    case PLAN_BEGINS:
        set_next(plan, occurrence, PLAN_ENDS, occurrence->outage.until);
        break;
    case PLAN_ENDS:
        agenda_remove(&plan->agenda, &occurrence->entry);
        plan->ended = occurrence;
    }
}

static int follow(struct plan *plan, struct occurrence *occurrence, enum plan_change given)
{
    return occurrence->follow ? occurrence->follow(plan, occurrence, given) : 0;
}

static int clear_ended(struct plan *plan)
{
    struct occurrence *ended = plan->ended;

    plan->ended = NULL;
    return ended ? follow(plan, ended, PLAN_ENDS) : 0;
}

static int give_next(struct plan *plan, struct plan_event *event, bool *given)
{
    struct agenda_entry *first;
    struct occurrence *occurrence;

    *given = false;
    if (clear_ended(plan))
        return -1;
    first = agenda_first(&plan->agenda);
    if (!first)
        return 0;
    occurrence = first->owner;
    *event = (struct plan_event){first->time, occurrence->next, &occurrence->outage};
    *given = true;
    move_on(plan, occurrence);
    return event->change == PLAN_ENDS ? 0 : follow(plan, occurrence, event->change);
}

bool plan_next(struct plan *plan, struct plan_event *event)
{
    bool given = false;

    if (!plan->is_out_of_memory && give_next(plan, event, &given))
        plan->is_out_of_memory = true;
    return given && !plan->is_out_of_memory;
}

int plan_check(const struct plan *plan, struct error *err)
{
    return plan->is_out_of_memory ? error_no_memory(err) : 0;
}

/* --- Memory ---------------------------------------------------------------------------------- */

int plan_keep(struct plan *plan, void *memory)
{
    if (vector_add(&plan->memory, memory) == 0)
        return 0;
    free(memory);
    return -1;
}

static void free_single(struct occurrence *occurrence)
{
    if (occurrence && occurrence->is_single)
        free(occurrence);
}

void plan_release(struct plan *plan)
{
    if (!plan)
        return;
    free_single(plan->ended);
    for (size_t i = 0; i < plan->agenda.count; i++)
        free_single(plan->agenda.entries[i]->owner);
    agenda_release(&plan->agenda);
    for (size_t i = 0; i < plan->outages.count; i++)
        free(plan->outages.items[i]);
    for (size_t i = 0; i < plan->failures.count; i++)
        failures_release(plan->failures.items[i]);
    for (size_t i = 0; i < plan->windows.count; i++)
        free(plan->windows.items[i]);
    for (size_t i = 0; i < plan->memory.count; i++)
        free(plan->memory.items[i]);
    free(plan->outages.items);
    free(plan->failures.items);
    free(plan->windows.items);
    free(plan->memory.items);
    free(plan);
}
