/* Queues: cells that alone hold all their users back, as a file system that many jobs write to.
 *
 * Each member of a user gets the same share then, so that users end in the order of what they have
 * left, whoever comes and goes. What a member has been served since the queue began is kept as one
 * number; a user ends when that reaches a number of its own. A change costs O(log users) instead of
 * a solution for all of them. As soon as something else could hold a user back, the queue breaks up
 * and its users are solved as any others.
 */
#include "resources/flow/sharing.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Users from which on a queue pays, and below which it no longer does. */
#define MIN_USERS 16
#define FEW_USERS 8
/* How far, relatively, a share has to be from what else limits a user; and how near to that of the
 * rounds, which leave the last bits to nobody. */
#define MARGIN 1e-9
/* Changes per user after which what was served is counted from 0 again, to keep it exact. */
#define CHANGES_PER_USER 8

static double served(const struct queue *queue, double now)
{
    return queue->served + queue->share * (now - queue->served_at);
}

/* Enters in the sharing's agenda when the next user ends. */
static void schedule(struct queue *queue)
{
    struct sharing *sharing = queue->sharing;
    const struct agenda_entry *first = agenda_first(&queue->ends);
    agenda_remove(sharing->agenda, &queue->entry);
    if (!first)
        return;
    queue->entry.order = first->order;
    double end = queue->served_at + (first->time - queue->served) / queue->share;
    if (agenda_set(sharing->agenda, &queue->entry, fmax(end, queue->served_at)))
        sharing->out_of_memory = true;
}

static void first_user_ended(void *owner, double time)
{
    struct queue *queue = owner;
    struct cell *cell = queue->cell;
    struct variable *variable = agenda_first(&queue->ends)->owner;
    variable->entry.handle(variable, time);
    if (cell->queue == queue) /* else that was its last user */
        schedule(queue);
}

const struct variable *queue_first(const struct agenda_entry *entry)
{
    if (entry->handle != first_user_ended)
        return NULL;
    const struct queue *queue = entry->owner;
    return agenda_first(&queue->ends)->owner;
}

double variable_rate(const struct variable *variable)
{
    return variable->queue ? variable->queue->share / variable->queue_weight : variable->rate;
}

/* --- Coming and going ------------------------------------------------------------------------ */

/* What limits a user beside the queue, as a share of the queue. Returns false if it is connected
 * with others in another way. */
static bool find_limit(const struct element *in_queue, double *limit)
{
    const struct variable *variable = in_queue->variable;
    double most = variable->bound > 0 ? variable->bound : DBL_MAX;
    for (const struct element *element = variable->elements; element;
         element = element->next_of_variable) {
        if (element == in_queue || !cell_takes_part(element->cell))
            continue;
        if (!cell_is_private(element->cell))
            return false;
        most = fmin(most, element->cell->capacity / element_weight(element));
    }
    *limit = most * in_queue->weight;
    return true;
}

static void enter(struct queue *queue, const struct element *element, double limit, double now)
{
    struct variable *variable = element->variable;
    struct sharing *sharing = queue->sharing;
    variable_update(sharing, variable, now);
    agenda_remove(sharing->agenda, &variable->entry);
    variable->queue = queue;
    variable->queue_weight = element->weight;
    variable->queue_times = element->times;
    queue->num_members += element->times;
    queue->least_limit = fmin(queue->least_limit, limit);
    if (agenda_set(&queue->ends, &variable->entry,
                   served(queue, now) + variable->remaining * element->weight))
        sharing->out_of_memory = true;
}

void queue_leave(struct variable *variable, double now)
{
    struct queue *queue = variable->queue;
    double left = (variable->entry.time - served(queue, now)) / variable->queue_weight;
    assert(left > -1e-6);
    variable->remaining = left < queue->sharing->done ? 0 : left;
    variable->rate = variable_rate(variable);
    variable->updated = now;
    variable->queue = NULL;
    queue->num_members -= variable->queue_times;
    agenda_remove(&queue->ends, &variable->entry);
}

void queue_break_up(struct queue *queue, double now)
{
    while (queue->ends.count > 0)
        queue_leave(queue->ends.entries[queue->ends.count - 1]->owner, now);
    agenda_remove(queue->sharing->agenda, &queue->entry);
    if (queue->cell->first)
        sharing_mark_changed(queue->sharing, queue->cell);
    queue->cell->queue = NULL;
    queue_free(queue);
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    agenda_release(&queue->ends);
    free(queue);
}

/* --- Changes --------------------------------------------------------------------------------- */

/* Counts what is served from 0 again. */
static void start_anew(struct queue *queue)
{
    for (size_t i = 0; i < queue->ends.count; i++)
        queue->ends.entries[i]->time -= queue->served; /* all alike: their order stays */
    queue->served = 0;
    queue->num_changes = 0;
}

/* Takes in users that have come; they are the first of the cell. Returns false when one of them is
 * not fit for a queue. */
static bool take_in(struct queue *queue, double now)
{
    double limit;
    for (const struct element *element = queue->cell->first;
         element && element->variable->queue != queue; element = element->next) {
        if (!find_limit(element, &limit))
            return false;
        enter(queue, element, limit, now);
    }
    return true;
}

bool queue_settle(struct queue *queue, double now)
{
    bool fit = take_in(queue, now) && queue->ends.count >= FEW_USERS;
    queue->served = served(queue, now);
    queue->served_at = now;
    double share = fit ? queue->cell->capacity / (double)queue->num_members : 0;
    if (!fit || share * (1 + MARGIN) > queue->least_limit) {
        queue_break_up(queue, now);
        return false;
    }
    queue->share = share;
    assert(share * (double)queue->num_members <= queue->cell->capacity * (1 + MARGIN));
    if (++queue->num_changes > CHANGES_PER_USER * queue->ends.count)
        start_anew(queue);
    schedule(queue);
    return true;
}

/* Whether the shares that the component has just been given are those of a queue. */
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

void queue_begin(struct sharing *sharing, double now)
{
    struct cell *cell = sharing->cells.count == 1 ? sharing->cells.items[0] : NULL;
    if (!cell || cell->fatpipe || !is_even(sharing, cell))
        return;
    struct queue *queue = calloc(1, sizeof *queue);
    if (!queue) {
        sharing->out_of_memory = true;
        return;
    }
    *queue = (struct queue){.sharing = sharing,
                            .cell = cell,
                            .served_at = now,
                            .least_limit = INFINITY,
                            .entry = {.owner = queue, .handle = first_user_ended}};
    cell->queue = queue;
    for (const struct element *element = cell->first; element; element = element->next)
        enter(queue, element, element->variable->limit * element->weight, now);
    queue->share = cell->capacity / (double)queue->num_members;
    schedule(queue);
}
