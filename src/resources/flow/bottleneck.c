/* Bottlenecks: cells that alone hold all their users back, as a file system that many jobs write
 * to.
 *
 * Each member of a user gets the same share then, so that users end in the order of what they have
 * left, whoever comes and goes. What a member has been served since it became one is kept as one
 * number; a user ends when that reaches a number of its own. A change costs O(log users) instead of
 * a solution for all of them. As soon as something else could hold a user back, it is given up:
 * its users are solved as any others.
 */
#include "resources/flow/bottleneck.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Users from which on this pays, and below which it no longer does. */
#define MIN_USERS 16
#define FEW_USERS 8
/* How far, relatively, a share has to be from what else limits a user; and how near to that of the
 * rounds, which leave the last bits to nobody. */
#define MARGIN 1e-9
/* Changes per user after which what was served is counted from 0 again, to keep it exact. */
#define CHANGES_PER_USER 8

static double served(const struct bottleneck *bottleneck, double now)
{
    return bottleneck->served + bottleneck->share * (now - bottleneck->served_at);
}

/* Enters in the sharing's agenda when the next user ends. */
static void schedule(struct bottleneck *bottleneck)
{
    struct sharing *sharing = bottleneck->sharing;
    const struct agenda_entry *first = agenda_first(&bottleneck->ends);
    agenda_remove(sharing->agenda, &bottleneck->entry);
    if (!first)
        return;
    bottleneck->entry.order = first->order;
    double end = bottleneck->served_at + (first->time - bottleneck->served) / bottleneck->share;
    if (agenda_set(sharing->agenda, &bottleneck->entry, larger(end, bottleneck->served_at)))
        sharing->out_of_memory = true;
}

static void first_user_ended(void *owner, double time)
{
    struct bottleneck *bottleneck = owner;
    struct cell *cell = bottleneck->cell;
    struct variable *variable = agenda_first(&bottleneck->ends)->owner;
    variable->entry.handle(variable, time);
    if (cell->bottleneck == bottleneck) /* else that was its last user */
        schedule(bottleneck);
}

const struct variable *bottleneck_first(const struct agenda_entry *entry)
{
    if (entry->handle != first_user_ended)
        return NULL;
    const struct bottleneck *bottleneck = entry->owner;
    return agenda_first(&bottleneck->ends)->owner;
}

double variable_rate(const struct variable *variable)
{
    return variable->bottleneck ? variable->bottleneck->share / variable->bottleneck_weight
                                : variable->rate;
}

/* --- Coming and going ------------------------------------------------------------------------ */

/* Whether nothing else connects a user with others. */
static bool is_only_tie(const struct element *in_bottleneck)
{
    for (const struct element *element = in_bottleneck->variable->elements; element;
         element = element->next_of_variable)
        if (element != in_bottleneck && cell_takes_part(element->cell) &&
            !cell_is_private(element->cell))
            return false;
    return true;
}

/* The variable's limit is known. */
static void enter(struct bottleneck *bottleneck, const struct element *element, double now)
{
    struct variable *variable = element->variable;
    struct sharing *sharing = bottleneck->sharing;
    variable_update(sharing, variable, now);
    agenda_remove(sharing->agenda, &variable->entry);
    if (agenda_set(&bottleneck->ends, &variable->entry,
                   served(bottleneck, now) + variable->remaining * element->weight)) {
        sharing->out_of_memory = true;
        return;
    }
    variable->bottleneck = bottleneck;
    variable->bottleneck_weight = element->weight;
    variable->bottleneck_times = element->times;
    bottleneck->num_members += element->times;
    bottleneck->least_limit = smaller(bottleneck->least_limit, variable->limit * element->weight);
}

void bottleneck_leave(struct variable *variable, double now)
{
    struct bottleneck *bottleneck = variable->bottleneck;
    double left = (variable->entry.time - served(bottleneck, now)) / variable->bottleneck_weight;
    assert(left > -1e-6 - 4 * DBL_EPSILON * variable->entry.time / variable->bottleneck_weight);
    variable->remaining = left < bottleneck->sharing->done ? 0 : left;
    variable->rate = variable_rate(variable);
    variable->updated = now;
    variable->bottleneck = NULL;
    bottleneck->num_members -= variable->bottleneck_times;
    agenda_remove(&bottleneck->ends, &variable->entry);
}

void bottleneck_give_up(struct bottleneck *bottleneck, double now)
{
    while (bottleneck->ends.count > 0)
        bottleneck_leave(bottleneck->ends.entries[bottleneck->ends.count - 1]->owner, now);
    agenda_remove(bottleneck->sharing->agenda, &bottleneck->entry);
    if (bottleneck->cell->first)
        sharing_mark_changed(bottleneck->sharing, bottleneck->cell);
    bottleneck->cell->bottleneck = NULL;
    bottleneck_free(bottleneck);
}

void bottleneck_free(struct bottleneck *bottleneck)
{
    if (!bottleneck)
        return;
    agenda_release(&bottleneck->ends);
    free(bottleneck);
}

/* --- Changes --------------------------------------------------------------------------------- */

/* Counts what is served from 0 again. */
static void start_anew(struct bottleneck *bottleneck)
{
    for (size_t i = 0; i < bottleneck->ends.count; i++)
        bottleneck->ends.entries[i]->time -= bottleneck->served; /* all alike: their order stays */
    bottleneck->served = 0;
    bottleneck->num_changes = 0;
}

/* Takes in users that have come; they are the first of the cell. Returns false when one of them is
 * held back elsewhere, too. */
static bool take_in(struct bottleneck *bottleneck, double now)
{
    for (const struct element *element = bottleneck->cell->first;
         element && element->variable->bottleneck != bottleneck; element = element->next) {
        if (!is_only_tie(element))
            return false;
        variable_find_limit(element->variable, bottleneck->sharing->precision);
        enter(bottleneck, element, now);
    }
    return true;
}

bool bottleneck_settle(struct bottleneck *bottleneck, double now)
{
    bool fit = take_in(bottleneck, now) && bottleneck->ends.count >= FEW_USERS;
    bottleneck->served = served(bottleneck, now);
    bottleneck->served_at = now;
    double share = fit ? bottleneck->cell->capacity / (double)bottleneck->num_members : 0;
    if (!fit || share * (1 + MARGIN) > bottleneck->least_limit) {
        bottleneck_give_up(bottleneck, now);
        return false;
    }
    bottleneck->share = share;
    assert(share * (double)bottleneck->num_members <= bottleneck->cell->capacity * (1 + MARGIN));
    if (++bottleneck->num_changes > CHANGES_PER_USER * bottleneck->ends.count)
        start_anew(bottleneck);
    schedule(bottleneck);
    return true;
}

/* Whether the shares that the component has just been given are those of a bottleneck. */
static bool is_even(const struct sharing *sharing, const struct cell *cell)
{
    uint64_t num_members = 0, num_users = 0;
    for (const struct element *element = cell->first; element; element = element->next) {
        num_members += element->times;
        num_users++;
    }
    if (num_users < MIN_USERS)
        return false;
    double share = cell->capacity / (double)num_members;
    for (const struct element *element = cell->first; element; element = element->next) {
        const struct variable *variable = element->variable;
        if (fabs(variable->value * element->weight - share) > share * MARGIN ||
            share * (1 + MARGIN) > variable->limit * element->weight)
            return false;
    }
    return !sharing->out_of_memory;
}

void bottleneck_form(struct sharing *sharing, double now)
{
    struct cell *cell = sharing->cells.count == 1 ? sharing->cells.items[0] : NULL;
    if (!cell || cell->fatpipe || !is_even(sharing, cell))
        return;
    struct bottleneck *bottleneck = calloc(1, sizeof *bottleneck);
    if (!bottleneck) {
        sharing->out_of_memory = true;
        return;
    }
    *bottleneck = (struct bottleneck){.sharing = sharing,
                                      .cell = cell,
                                      .served_at = now,
                                      .least_limit = INFINITY,
                                      .entry = {.owner = bottleneck, .handle = first_user_ended}};
    cell->bottleneck = bottleneck;
    for (const struct element *element = cell->first; element; element = element->next)
        enter(bottleneck, element, now);
    bottleneck->share = cell->capacity / (double)bottleneck->num_members;
    schedule(bottleneck);
}
