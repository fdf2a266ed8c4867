/* The rates of the variables in changed components.
 *
 * In each round, every resource that is not exhausted offers an equal share of what it has left to
 * each of its variables that still grow (a fat pipe offers all it has left to each). A variable
 * grows by the least it is offered over its weight, or up to its bound. It stops growing at its
 * bound, or when one of its resources is exhausted.
 *
 * That much is the model. SimGrid's solver has two habits on top, which are kept because the times
 * have to be the same:
 * - A variable that has stopped growing keeps its last increment, and resources that are not
 *   exhausted are charged for it again in each further round.
 * - A fat pipe is charged the least of its variables' increments.
 * Sums are formed in SimGrid's order, one member after the other: whether a resource is exhausted
 * in this round or the next can hang on the last bit.
 */
#include "resources/flow/solver.h"

#include "resources/flow/bottleneck.h"

#include <assert.h>
#include <float.h>
#include <math.h>

/* Rounds beyond which something is wrong; each round exhausts a resource or stops a variable, save
 * for rounding. */
#define MAX_IDLE_ROUNDS 1000

/* --- Components ------------------------------------------------------------------------------ */

static void visit_variable(struct sharing *sharing, struct variable *variable, uint64_t mark)
{
    if (variable->mark == mark || variable->bottleneck)
        return;
    variable->mark = mark;
    sharing_push(sharing, &sharing->variables, variable);
}

static void visit_cell(struct sharing *sharing, struct cell *cell, uint64_t mark)
{
    if (cell->mark == mark || cell_is_private(cell) || !cell_takes_part(cell))
        return;
    if (cell->bottleneck)
        bottleneck_give_up(cell->bottleneck, sharing->now);
    cell->mark = mark;
    sharing_push(sharing, &sharing->cells, cell);
    for (struct element *element = cell->first; element; element = element->next)
        visit_variable(sharing, element->variable, mark);
}

/* Collects the component of a cell. */
static void collect(struct sharing *sharing, struct cell *cell, uint64_t mark)
{
    sharing->cells.count = sharing->variables.count = 0;
    if (!cell_is_private(cell) && cell_takes_part(cell))
        visit_cell(sharing, cell, mark);
    else /* the users of a cell that connects nobody may be new all the same */
        for (struct element *element = cell->first; element; element = element->next)
            visit_variable(sharing, element->variable, mark);
    for (size_t i = 0; i < sharing->variables.count; i++) {
        const struct variable *variable = sharing->variables.items[i];
        for (struct element *element = variable->elements; element;
             element = element->next_of_variable)
            visit_cell(sharing, element->cell, mark);
    }
}

/* --- Rounds ---------------------------------------------------------------------------------- */

static void begin(struct sharing *sharing)
{
    sharing->growing.count = sharing->open.count = 0;
    for (size_t i = 0; i < sharing->variables.count; i++) {
        struct variable *variable = sharing->variables.items[i];
        variable->value = variable->increment = 0;
        variable->saturated = false;
        variable_find_limit(variable, sharing->precision);
        sharing_push(sharing, &sharing->growing, variable);
    }
    for (size_t i = 0; i < sharing->cells.count; i++) {
        struct cell *cell = sharing->cells.items[i];
        cell->remaining = cell->capacity;
        cell->num_growing = 0;
        for (const struct element *element = cell->first; element; element = element->next)
            cell->num_growing += element->times;
        sharing_push(sharing, &sharing->open, cell);
    }
}

static void saturate(struct variable *variable)
{
    variable->saturated = true;
    for (struct element *element = variable->elements; element; element = element->next_of_variable)
        element->cell->num_growing -= element->times;
}

static void offer_shares(struct list *cells)
{
    size_t kept = 0;
    for (size_t i = 0; i < cells->count; i++) {
        struct cell *cell = cells->items[i];
        if (cell->num_growing == 0)
            continue;
        cell->share = cell->remaining / (cell->fatpipe ? 1 : (double)cell->num_growing);
        cells->items[kept++] = cell;
    }
    cells->count = kept;
}

static double least_offer(const struct variable *variable, uint64_t mark)
{
    double least = variable->limit - variable->value;
    for (const struct element *element = variable->elements; element;
         element = element->next_of_variable)
        if (element->cell->mark == mark)
            least = smaller(least, element->cell->share / element->weight);
    return least;
}

static void grow(struct list *variables, uint64_t mark)
{
    for (size_t i = 0; i < variables->count; i++) {
        struct variable *variable = variables->items[i];
        variable->increment = least_offer(variable, mark);
        variable->value += variable->increment;
        if ((variable->bound > 0 && variable->value == variable->bound) ||
            variable->value >= variable->enough)
            saturate(variable);
    }
}

static double charge(double remaining, double amount, double precision)
{
    remaining -= amount;
    return remaining < precision ? 0 : remaining;
}

static void charge_cell(struct cell *cell, double precision)
{
    double least = cell->share;
    for (const struct element *element = cell->first; element; element = element->next) {
        double amount = element->weight * element->variable->increment;
        if (cell->fatpipe)
            least = smaller(least, amount);
        else
            for (uint32_t i = 0; i < element->times; i++)
                cell->remaining = charge(cell->remaining, amount, precision);
    }
    if (cell->fatpipe)
        cell->remaining = charge(cell->remaining, least, precision);
}

/* Returns whether any resource was exhausted. */
static bool charge_cells(struct list *cells, double precision)
{
    size_t kept = 0, count = cells->count;
    for (size_t i = 0; i < count; i++) {
        struct cell *cell = cells->items[i];
        charge_cell(cell, precision);
        if (cell->remaining > 0) {
            cells->items[kept++] = cell;
            continue;
        }
        for (struct element *element = cell->first; element; element = element->next)
            if (!element->variable->saturated)
                saturate(element->variable);
    }
    cells->count = kept;
    return kept < count;
}

static bool drop_saturated(struct list *variables)
{
    size_t kept = 0, count = variables->count;
    for (size_t i = 0; i < count; i++) {
        struct variable *variable = variables->items[i];
        if (!variable->saturated)
            variables->items[kept++] = variable;
    }
    variables->count = kept;
    return kept < count;
}

/* Finds the values of the variables of the component in sharing->variables and ->cells. */
static void share_out(struct sharing *sharing, uint64_t mark)
{
    unsigned idle_rounds = 0;
    begin(sharing);
    while (sharing->growing.count > 0 && idle_rounds < MAX_IDLE_ROUNDS) {
        offer_shares(&sharing->open);
        grow(&sharing->growing, mark);
        bool exhausted = charge_cells(&sharing->open, sharing->precision);
        bool stopped = drop_saturated(&sharing->growing);
        idle_rounds = exhausted || stopped ? 0 : idle_rounds + 1;
        sharing->num_rounds++;
    }
}

/* --- What follows ---------------------------------------------------------------------------- */

static void set_rate(struct sharing *sharing, struct variable *variable, double now)
{
    bool known = variable->entry.slot > 0;
    if (variable->value == variable->rate && (known || variable->rate == 0))
        return;
    variable_update(sharing, variable, now);
    variable->rate = variable->value;
    double end = variable->remaining == 0 ? now
                 : variable->rate > 0     ? now + variable->remaining / variable->rate
                                          : INFINITY;
    if (agenda_set(sharing->agenda, &variable->entry, end))
        sharing->out_of_memory = true;
}

/* What must be true whatever the figures. */
static void check_cell(const struct cell *cell)
{
    double used = 0;
    for (const struct element *element = cell->first; element; element = element->next) {
        assert(element->variable->value >= 0 && element->variable->remaining >= 0);
        used += element->times * element->weight * element->variable->value;
    }
    assert(cell->fatpipe || used <= cell->capacity * (1 + 1e-9) + 1e-3);
    (void)used;
}

static void check_component(const struct sharing *sharing)
{
#ifdef NDEBUG
    (void)sharing;
    (void)check_cell;
#else
    for (size_t i = 0; i < sharing->cells.count; i++)
        check_cell(sharing->cells.items[i]);
#endif
}

/* Bottlenecks take in newcomers first: once they are in there, they connect with nobody else. */
static void settle_bottlenecks(struct sharing *sharing, uint64_t mark)
{
    for (size_t i = 0; i < sharing->changed.count; i++) {
        const struct shared_resource *resource = sharing->changed.items[i];
        struct cell *cell = resource->cell;
        if (cell && cell->bottleneck && cell->mark != mark &&
            bottleneck_settle(cell->bottleneck, sharing->now))
            cell->mark = mark;
    }
}

static void solve_component(struct sharing *sharing, struct cell *cell, uint64_t mark)
{
    double now = sharing->now;
    collect(sharing, cell, mark);
    if (sharing->variables.count == 0 || sharing->out_of_memory)
        return;
    sharing->num_solved++;
    share_out(sharing, mark);
    check_component(sharing);
    bottleneck_form(sharing, now);
    for (size_t i = 0; i < sharing->variables.count; i++) {
        struct variable *variable = sharing->variables.items[i];
        if (!variable->bottleneck)
            set_rate(sharing, variable, now);
    }
}

void sharing_solve(struct sharing *sharing, double now)
{
    uint64_t mark = ++sharing->num_marks;
    sharing->now = now;
    sharing->num_changes += sharing->changed.count > 0;
    settle_bottlenecks(sharing, mark);
    for (size_t i = 0; i < sharing->changed.count; i++) {
        struct shared_resource *resource = sharing->changed.items[i];
        resource->changed = false;
        struct cell *cell = resource->cell;
        if (cell && cell->first && cell->mark != mark)
            solve_component(sharing, cell, mark);
    }
    sharing->changed.count = 0;
}
