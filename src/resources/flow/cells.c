/* Cells, and how they and the variables in them split.
 *
 * Running out of memory is remembered in sharing->out_of_memory and reported by the owner: a
 * half-done split has no way back.
 */
#include "resources/flow/cells.h"

#include "base/list.h"
#include "base/vector.h"
#include "resources/flow/bottleneck.h"
#include "resources/flow/plans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 256 /* elements or cells allocated at a time */
/* How much, relative and in units of capacity, a fat pipe has to exceed what a variable could ever
 * use of it. */
#define INERT_MARGIN 1e-9
#define INERT_SLACK 1e-3

/* --- Memory ---------------------------------------------------------------------------------- */

/* A block begins with a pointer to the one before. */
static void *new_block(struct sharing *sharing, size_t size)
{
    void **block = calloc(1, sizeof(max_align_t) + BLOCK * size);
    if (!block) {
        sharing->out_of_memory = true;
        return NULL;
    }
    *block = sharing->blocks;
    sharing->blocks = block;
    return (char *)block + sizeof(max_align_t);
}

static struct element *new_element(struct sharing *sharing)
{
    if (!sharing->spare_elements) {
        struct element *block = new_block(sharing, sizeof *block);
        for (size_t i = 0; block && i < BLOCK; i++) {
            block[i].next_of_variable = sharing->spare_elements;
            sharing->spare_elements = &block[i];
        }
    }
    struct element *element = sharing->spare_elements;
    if (element)
        sharing->spare_elements = element->next_of_variable;
    return element;
}

/* Spare cells are linked through `first`, which is not an element then. */
static struct cell *new_cell(struct sharing *sharing, double capacity, bool fatpipe)
{
    if (!sharing->spare_cells) {
        struct cell *block = new_block(sharing, sizeof *block);
        for (size_t i = 0; block && i < BLOCK; i++) {
            block[i].first = (void *)sharing->spare_cells;
            sharing->spare_cells = &block[i];
        }
    }
    struct cell *cell = sharing->spare_cells;
    if (!cell)
        return NULL;
    sharing->spare_cells = (void *)cell->first;
    *cell = (struct cell){.capacity = capacity,
                          .fatpipe = fatpipe,
                          .resources = cell->resources,
                          .room = cell->room,
                          .shape = ++sharing->num_shapes};
    return cell;
}

/* Puts an empty cell aside. */
static void free_cell(struct sharing *sharing, struct cell *cell)
{
    if (cell->room > 16) { /* a few large ones must not pin much memory */
        free(cell->resources);
        cell->resources = NULL;
        cell->room = 0;
    }
    cell->first = (void *)sharing->spare_cells;
    sharing->spare_cells = cell;
}

/* Frees what cells own; they live in blocks themselves. */
static void free_cells(struct sharing *sharing)
{
    for (uint32_t i = 0; sharing->resources && i < sharing->num_resources; i++) {
        struct cell *cell = sharing->resources[i].cell;
        if (!cell)
            continue;
        bottleneck_free(cell->bottleneck);
        cell->bottleneck = NULL;
        free(cell->resources);
        cell->resources = NULL;
    }
    for (struct cell *cell = sharing->spare_cells; cell; cell = (void *)cell->first)
        free(cell->resources);
}

int sharing_init(struct sharing *sharing, uint32_t num_resources, double precision, double done,
                 struct agenda *agenda)
{
    *sharing = (struct sharing){
        .num_resources = num_resources, .precision = precision, .done = done, .agenda = agenda};
    sharing->resources = calloc(num_resources ? num_resources : 1, sizeof *sharing->resources);
    return sharing->resources ? 0 : -1;
}

void sharing_release(struct sharing *sharing)
{
    free_cells(sharing);
    while (sharing->blocks) {
        void *block = sharing->blocks;
        sharing->blocks = *(void **)block;
        free(block);
    }
    free(sharing->changed.items);
    free(sharing->cells.items);
    free(sharing->variables.items);
    free(sharing->open.items);
    free(sharing->growing.items);
    free(sharing->resources);
    *sharing = (struct sharing){0};
}

/* --- Elements -------------------------------------------------------------------------------- */

static bool is_binding(const struct element *element)
{
    return !element->inert && !element->dominated;
}

static void enter_list(struct cell *cell, struct element *element)
{
    struct element *after = NULL, *at = cell->first;
    /* Users of a cell that was split come here in their order. */
    if (at && cell->last->variable->order > element->variable->order) {
        after = cell->last;
        at = NULL;
    }
    while (at && at->variable->order > element->variable->order) {
        after = at;
        at = at->next;
    }
    element->previous = after;
    element->next = at;
    *(after ? &after->next : &cell->first) = element;
    *(at ? &at->previous : &cell->last) = element;
    cell->num_binding += is_binding(element);
}

/* Users of a cell that was private, or a fat pipe that held nobody back, may belong to bottlenecks:
 * no longer once somebody is connected with them there. */
static void give_up_bottlenecks(struct sharing *sharing, const struct cell *cell, bool will_bind)
{
    bool connects_now = cell->num_binding == 0 && will_bind;
    if (!cell->first || !(cell_is_private(cell) || connects_now))
        return;
    for (struct element *element = cell->first; element; element = element->next) {
        struct bottleneck *bottleneck = element->variable->bottleneck;
        if (bottleneck && bottleneck->cell != cell)
            bottleneck_give_up(bottleneck, sharing->now);
    }
}

/* Whether the resources of the use have to be in one cell, since each is that of other members. */
static bool tells_members_apart(const struct variable *variable, const struct use *use)
{
    return variable->num_members > 1 && use->dominator == 0 && (use->each || use->total);
}

/* How often the members together use each resource. */
static uint32_t times_of(const struct use *use, const struct variable *variable)
{
    return use->times * (use->each || use->total ? 1 : variable->num_members);
}

static void displace(struct sharing *sharing, struct variable *variable);
static void untie(struct sharing *sharing, struct variable *variable);

/* The cell holds its users back from now on: those that it was dominated for are told apart. */
static void displace_dominated(struct sharing *sharing, const struct cell *cell)
{
    struct element *element = cell->first;
    while (element) {
        struct variable *variable = element->variable;
        if (!element->dominated) {
            element = element->next;
            continue;
        }
        if (variable->bottleneck)
            bottleneck_give_up(variable->bottleneck, sharing->now);
        variable->told_apart = true;
        untie(sharing, variable);
        displace(sharing, variable);
        element = cell->first;
    }
}

/* A copy of that element, which is in no list, ties the variable to the cell. */
static void tie_element(struct sharing *sharing, const struct element *like)
{
    struct element *element = new_element(sharing);
    if (!element)
        return;
    struct variable *variable = like->variable;
    struct element **list = like->dominated ? &variable->dominated : &variable->elements;
    sharing->num_changes++;
    *element = *like;
    element->next_of_variable = *list;
    *list = element;
    enter_list(element->cell, element);
    if (!element->dominated)
        sharing_mark_changed(sharing, element->cell);
}

static void tie(struct sharing *sharing, struct variable *variable, struct cell *cell,
                const struct use *use)
{
    if (!cell->first)
        cell->dominator = use->dominator;
    const struct element like = {.cell = cell,
                                 .variable = variable,
                                 .weight = use->weight,
                                 .times = times_of(use, variable),
                                 .inert = use->inert,
                                 .apart = tells_members_apart(variable, use),
                                 .dominated = use->dominator > 0 && cell->num_binding == 0 &&
                                              cell->dominator == use->dominator};
    variable->told_apart = variable->told_apart || (use->dominator > 0 && !like.dominated);
    if (!like.dominated)
        give_up_bottlenecks(sharing, cell, !use->inert);
    if (!like.dominated && cell->dominator > 0 && cell->num_binding == 0)
        displace_dominated(sharing, cell);
    tie_element(sharing, &like);
}

/* Takes an element out of its cell, and puts it aside. Returns the next one of its list. */
static struct element *untie_element(struct sharing *sharing, struct element *element)
{
    struct element *next = element->next_of_variable;
    struct cell *cell = element->cell;
    list_take_out(&cell->first, &cell->last, element);
    cell->num_binding -= is_binding(element);
    if (!cell->first && cell->bottleneck)
        bottleneck_give_up(cell->bottleneck, sharing->now);
    else if (cell->first && !element->dominated)
        sharing_mark_changed(sharing, cell);
    element->next_of_variable = sharing->spare_elements;
    sharing->spare_elements = element;
    return next;
}

/* Takes the variable out of its cells. */
static void untie(struct sharing *sharing, struct variable *variable)
{
    if (variable->bottleneck)
        bottleneck_leave(variable, sharing->now);
    sharing->num_changes++;
    for (struct element *element = variable->elements; element;)
        element = untie_element(sharing, element);
    for (struct element *element = variable->dominated; element;)
        element = untie_element(sharing, element);
    variable->elements = variable->dominated = NULL;
}

/* --- Splitting variables --------------------------------------------------------------------- */

/* How many resources the sets of a variable hold together when it has that many members. */
static size_t count_resources(const struct variable *variable, uint32_t num_members)
{
    size_t count = 0;
    for (uint32_t u = 0; u < variable->num_uses; u++)
        count += variable->uses[u].each ? num_members : variable->uses[u].set->count;
    return count;
}

static struct use use_of_members(const struct use *use, const uint32_t *which, uint32_t count,
                                 struct resource_set *set, uint32_t *resources)
{
    struct use copy = *use;
    set->count = use->each ? count : use->set->count;
    set->resources = resources;
    copy.set = set;
    for (uint32_t i = 0; i < set->count; i++)
        resources[i] = use->set->resources[use->each ? which[i] : i];
    return copy;
}

/* Has `to`, which may be the variable itself, stand for some of the variable's members, with
 * memory of its own. */
static void take_members(struct sharing *sharing, const struct variable *from, struct variable *to,
                         const uint32_t *which, uint32_t count)
{
    void *old_memory = to->memory;
    struct load_plan *old_plan = to->plan;
    struct variable_memory memory;
    if (variable_own(to, from->num_uses, count_resources(from, count), count, &memory)) {
        to->memory = old_memory;
        sharing->out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        memory.members[i] = from->members[which[i]];
    for (uint32_t u = 0; u < from->num_uses; u++) {
        to->uses[u] =
            use_of_members(&from->uses[u], which, count, &memory.sets[u], memory.resources);
        memory.resources += memory.sets[u].count;
    }
    to->num_uses = from->num_uses;
    to->num_members = count;
    to->members = memory.members;
    to->plan = NULL;
    free(old_memory);
    load_plan_release(old_plan);
}

/* Takes over how far a variable has come. */
static void take_over(struct sharing *sharing, struct variable *part,
                      const struct variable *variable)
{
    part->owner = variable->owner;
    part->bound = variable->bound;
    part->latency = variable->latency;
    part->remaining = variable->remaining;
    part->updated = variable->updated;
    part->rate = variable->rate;
    part->value = variable->value;
    part->order = variable->order;
    part->entry.handle = variable->entry.handle;
    part->entry.order = variable->entry.order;
    if (variable->entry.slot && agenda_set(sharing->agenda, &part->entry, variable->entry.time))
        sharing->out_of_memory = true;
}

/* A new sibling with these members of the variable, which keeps them until told otherwise. */
static struct variable *split_off(struct sharing *sharing, struct variable *variable,
                                  const uint32_t *which, uint32_t count)
{
    struct variable *part = variable_create(variable->num_uses);
    if (!part) {
        sharing->out_of_memory = true;
        return NULL;
    }
    variable_join(part, variable);
    take_members(sharing, variable, part, which, count);
    take_over(sharing, part, variable);
    return part;
}

static void displace(struct sharing *sharing, struct variable *variable)
{
    variable->next_displaced = sharing->displaced;
    sharing->displaced = variable;
}

static bool is_idle(const struct cell *cell)
{
    return !cell->first;
}

/* The cell of a resource, if it is used. */
static const struct cell *cell_of(const struct sharing *sharing, const struct use *use, uint32_t i)
{
    const struct cell *cell = sharing->resources[use->set->resources[i]].cell;
    return cell && !is_idle(cell) ? cell : NULL;
}

/* Whether it is known which cells hold just these resources. */
static bool is_known(const struct resource_set *set)
{
    for (uint32_t i = 0; i < set->num_known; i++)
        if (set->known[i].cell->shape != set->known[i].shape)
            return false;
    return set->num_known > 0;
}

/* What is known of a set is of no use where its members have to be in one cell, and are not. */
static bool must_carve(const struct use *use, bool of_several_members)
{
    return !is_known(use->set) || (of_several_members && use->set->num_known > 1);
}

/* Whether two members have their own resources in the same cells. */
static bool stand_alike(const struct sharing *sharing, const struct variable *variable, uint32_t a,
                        uint32_t b)
{
    for (uint32_t u = 0; u < variable->num_uses; u++)
        if (variable->uses[u].each && must_carve(&variable->uses[u], true) &&
            cell_of(sharing, &variable->uses[u], a) != cell_of(sharing, &variable->uses[u], b))
            return false;
    return true;
}

/* The first member that does not stand like the first one; the number of members when all do. */
static uint32_t find_unlike(const struct sharing *sharing, const struct variable *variable)
{
    uint32_t first = variable->num_members;
    for (uint32_t u = 0; u < variable->num_uses; u++) {
        const struct use *use = &variable->uses[u];
        if (!use->each || !must_carve(use, true))
            continue;
        const struct cell *cell = cell_of(sharing, use, 0);
        for (uint32_t i = 1; i < first; i++)
            if (cell_of(sharing, use, i) != cell)
                first = i;
    }
    return first;
}

/* Keeps the first member and those alike; the others become a sibling that is displaced. */
static void part_unlike_members(struct sharing *sharing, struct variable *variable)
{
    uint32_t first_unlike = find_unlike(sharing, variable);
    if (first_unlike == variable->num_members)
        return;
    uint32_t *which = malloc(2 * (size_t)variable->num_members * sizeof *which);
    if (!which) {
        sharing->out_of_memory = true;
        return;
    }
    uint32_t *others = which + variable->num_members, num_alike = 0, num_others = 0;
    for (uint32_t i = 0; i < variable->num_members; i++)
        if (i < first_unlike || stand_alike(sharing, variable, 0, i))
            which[num_alike++] = i;
        else
            others[num_others++] = i;
    struct variable *part = split_off(sharing, variable, others, num_others);
    if (!sharing->out_of_memory) {
        take_members(sharing, variable, variable, which, num_alike);
        displace(sharing, part);
    }
    free(which);
}

/* --- Fat pipes that limit nobody ------------------------------------------------------------- */

/* No variable can get more than each resource of its own would give it alone. A fat pipe that
 * exceeds that limits nothing. */
static void find_inert_uses(const struct sharing *sharing, struct variable *variable)
{
    double most = variable->bound > 0 ? variable->bound : INFINITY;
    for (uint32_t u = 0; u < variable->num_uses; u++) {
        const struct use *use = &variable->uses[u];
        const struct shared_resource *resource = &sharing->resources[use->set->resources[0]];
        if (!resource->fatpipe)
            most = smaller(most, resource->capacity / (use->weight * use->times));
    }
    for (uint32_t u = 0; u < variable->num_uses; u++) {
        struct use *use = &variable->uses[u];
        const struct shared_resource *resource = &sharing->resources[use->set->resources[0]];
        use->inert = resource->fatpipe &&
                     use->weight * most * (1 + INERT_MARGIN) + INERT_SLACK < resource->capacity;
    }
}

/* --- Bundles --------------------------------------------------------------------------------- */

/* Whether the resources of each set are in one cell, or nobody else uses them. */
static bool holds_together(const struct sharing *sharing, const struct variable *variable)
{
    for (uint32_t u = 0; u < variable->num_uses; u++) {
        const struct use *use = &variable->uses[u];
        bool matters = tells_members_apart(variable, use) && must_carve(use, true);
        uint32_t count = matters ? use->set->count : 0;
        for (uint32_t i = 1; i < count; i++)
            if (cell_of(sharing, use, i) != cell_of(sharing, use, 0))
                return false;
    }
    return true;
}

/* Puts a variable for each member in the place of a bundle that is in no cell. */
static void untie_bundle(struct sharing *sharing, struct variable *variable)
{
    struct variable *part = variable->bundle->untie(variable->bundle, variable);
    if (!part)
        sharing->out_of_memory = true;
    while (part) {
        struct variable *next = part->next_displaced;
        take_over(sharing, part, variable);
        find_inert_uses(sharing, part);
        displace(sharing, part);
        part = next;
    }
    sharing_destroy(sharing, variable);
}

/* --- Splitting cells ------------------------------------------------------------------------- */

static void join_cell(struct sharing *sharing, struct cell *cell, uint32_t resource)
{
    if (array_reserve(cell->resources, cell->room, (size_t)cell->count + 1)) {
        sharing->out_of_memory = true;
        return;
    }
    sharing->resources[resource].cell = cell;
    sharing->resources[resource].slot = cell->count;
    cell->resources[cell->count++] = resource;
    cell->shape = ++sharing->num_shapes;
}

static void leave_cell(struct sharing *sharing, uint32_t resource)
{
    struct shared_resource *leaving = &sharing->resources[resource];
    struct cell *cell = leaving->cell;
    uint32_t last = cell->resources[--cell->count];
    cell->resources[leaving->slot] = last;
    sharing->resources[last].slot = leaving->slot;
    leaving->cell = NULL;
    cell->shape = ++sharing->num_shapes;
    if (cell->count == 0)
        free_cell(sharing, cell);
}

/* The users of a cell that has just been split use the new cell, too. Variables whose members do
 * not all use all of its resources are displaced: they are told apart now. */
static void share_users(struct sharing *sharing, struct cell *from, struct cell *to)
{
    struct element *next;
    to->dominator = from->dominator;
    if (from->bottleneck)
        bottleneck_give_up(from->bottleneck, sharing->now);
    for (struct element *element = from->first; element; element = next) {
        next = element->next;
        struct variable *variable = element->variable;
        while (next && next->variable == variable) /* a bundle may use a cell in two ways */
            next = next->next;
        if (element->apart) {
            if (variable->bottleneck)
                bottleneck_give_up(variable->bottleneck, sharing->now);
            untie(sharing, variable);
            displace(sharing, variable);
            continue;
        }
        struct element like = *element;
        like.cell = to;
        if (!like.dominated)
            give_up_bottlenecks(sharing, to, !like.inert);
        tie_element(sharing, &like);
    }
}

/* Counts how many resources of the set each cell holds, and returns how many cells these are; what
 * is in no cell yet counts as one. *largest is the largest cell that holds nothing else and that
 * nobody uses, or NULL. */
static uint32_t count_by_cell(const struct sharing *sharing, const struct resource_set *set,
                              uint64_t mark, struct cell **largest)
{
    *largest = NULL;
    uint32_t num_cells = 0;
    bool some_in_none = false;
    for (uint32_t i = 0; i < set->count; i++) {
        struct cell *cell = sharing->resources[set->resources[i]].cell;
        if (!cell) {
            some_in_none = true;
            continue;
        }
        if (cell->mark != mark) {
            cell->mark = mark;
            cell->num_carved = cell->num_kept = 0;
            cell->part = NULL;
            num_cells++;
        }
        if (++cell->num_carved == cell->count && is_idle(cell) &&
            (!*largest || cell->count > (*largest)->count))
            *largest = cell;
    }
    return num_cells + some_in_none;
}

/* Whether a cell may stay as it is: it holds nothing else than resources of the set. Those that
 * nobody uses become one when there are too many. */
static bool fits(const struct cell *cell, bool too_many)
{
    return !cell->part && cell->num_carved == cell->count && !(too_many && is_idle(cell));
}

/* A new cell for some of the resources of a set; NULL when out of memory. */
static struct cell *new_part(struct sharing *sharing, const struct shared_resource *resource,
                             struct cell *origin, uint32_t most)
{
    struct cell *part = new_cell(sharing, resource->capacity, resource->fatpipe);
    if (!part)
        return NULL;
    part->origin = origin;
    if (array_reserve(part->resources, part->room, most))
        sharing->out_of_memory = true;
    return part;
}

/* A cell for what is carved out of this one; *fresh is the one for what nobody uses, where too many
 * cells would be left otherwise. */
static struct cell *part_of(struct sharing *sharing, struct cell *cell,
                            const struct shared_resource *resource, uint32_t set_size,
                            bool too_many, struct cell **fresh)
{
    bool used = cell && !is_idle(cell), has_own = used || (cell && !too_many);
    struct cell **part = has_own ? &cell->part : fresh;
    if (!*part)
        *part =
            new_part(sharing, resource, used ? cell : NULL, has_own ? cell->num_carved : set_size);
    if (cell)
        cell->part = *part;
    return *part;
}

/* Remembers the cells that hold just the set, if they are few. */
static void remember_cells(struct sharing *sharing, struct resource_set *set)
{
    uint64_t mark = ++sharing->num_marks;
    set->num_known = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        struct cell *cell = sharing->resources[set->resources[i]].cell;
        if (cell->mark == mark)
            continue;
        if (set->num_known == MAX_KNOWN_CELLS) {
            set->num_known = 0;
            return;
        }
        cell->mark = mark;
        set->known[set->num_known++] = (struct known_cell){.cell = cell, .shape = cell->shape};
    }
}

/* Whether what the set has of a cell stays and the rest leaves, which is less. */
static bool keeps_most(const struct cell *cell, bool too_many)
{
    return is_idle(cell) && !too_many && !cell->part && cell->num_carved < cell->count &&
           cell->count - cell->num_carved < cell->num_carved;
}

/* The resources behind those that stay leave the cell, for one of their own. */
static void leave_rest(struct sharing *sharing, struct cell *cell,
                       const struct shared_resource *like)
{
    struct cell *rest = new_part(sharing, like, NULL, cell->count - cell->num_kept);
    if (!rest)
        return;
    for (uint32_t i = cell->num_kept; i < cell->count; i++)
        join_cell(sharing, rest, cell->resources[i]);
    cell->count = cell->num_kept;
    cell->shape = ++sharing->num_shapes;
}

/* A resource stays in its cell: it goes to the front. With the last one, the rest leaves. */
static void keep(struct sharing *sharing, uint32_t resource)
{
    struct shared_resource *kept = &sharing->resources[resource];
    struct cell *cell = kept->cell;
    uint32_t slot = cell->num_kept++, other = cell->resources[slot];
    cell->resources[kept->slot] = other;
    sharing->resources[other].slot = kept->slot;
    cell->resources[slot] = resource;
    kept->slot = slot;
    if (cell->num_kept == cell->num_carved)
        leave_rest(sharing, cell, kept);
}

/* The users of cells that were split use the cells split off, too. */
static void share_users_of_set(struct sharing *sharing, const struct resource_set *set)
{
    for (uint32_t i = 0; i < set->count && !sharing->out_of_memory; i++) {
        struct cell *cell = sharing->resources[set->resources[i]].cell;
        if (!cell->origin)
            continue;
        share_users(sharing, cell->origin, cell);
        cell->origin = NULL;
    }
}

/* Has each resource of the set belong to a cell that holds nothing else than some of them. Those of
 * several members have to be in one cell as far as nobody else uses them: only then is seen that
 * what uses some of them later tells the members apart. */
static void carve(struct sharing *sharing, struct resource_set *set, bool of_several_members)
{
    struct cell *largest;
    uint64_t mark = ++sharing->num_marks;
    uint32_t num_cells = count_by_cell(sharing, set, mark, &largest);
    bool too_many = num_cells > (of_several_members ? 1 : MAX_KNOWN_CELLS);
    struct cell *fresh = too_many ? largest : NULL;
    bool splits_used = false;
    for (uint32_t i = 0; i < set->count; i++) {
        struct shared_resource *resource = &sharing->resources[set->resources[i]];
        struct cell *cell = resource->cell;
        if (cell && (cell == fresh || fits(cell, too_many)))
            continue;
        if (cell && keeps_most(cell, too_many)) {
            keep(sharing, set->resources[i]);
            continue;
        }
        struct cell *part = part_of(sharing, cell, resource, set->count, too_many, &fresh);
        if (!part)
            return;
        splits_used = splits_used || part->origin;
        if (cell)
            leave_cell(sharing, set->resources[i]);
        join_cell(sharing, part, set->resources[i]);
    }
    if (splits_used)
        share_users_of_set(sharing, set);
    if (!sharing->out_of_memory)
        remember_cells(sharing, set);
}

/* Ties the variable to each cell of the use. */
static void tie_use(struct sharing *sharing, struct variable *variable, const struct use *use)
{
    if (is_known(use->set)) {
        for (uint32_t i = 0; i < use->set->num_known; i++)
            tie(sharing, variable, use->set->known[i].cell, use);
        return;
    }
    uint64_t mark = ++sharing->num_marks;
    for (uint32_t i = 0; i < use->set->count; i++) {
        struct cell *cell = sharing->resources[use->set->resources[i]].cell;
        if (cell->mark == mark)
            continue;
        cell->mark = mark;
        tie(sharing, variable, cell, use);
    }
}

/* --- Enabling -------------------------------------------------------------------------------- */

/* Enters the variable into the cells of its resources, split as need be. */
static void enter(struct sharing *sharing, struct variable *variable)
{
    if (variable->bundle && (variable->told_apart || !holds_together(sharing, variable))) {
        untie_bundle(sharing, variable);
        return;
    }
    if (variable->num_members > 1 && !variable->bundle)
        part_unlike_members(sharing, variable);
    for (uint32_t u = 0; u < variable->num_uses && !sharing->out_of_memory; u++) {
        const struct use *use = &variable->uses[u];
        bool of_several_members = tells_members_apart(variable, use);
        if (must_carve(use, of_several_members))
            carve(sharing, use->set, of_several_members);
    }
    for (uint32_t u = 0; u < variable->num_uses && !sharing->out_of_memory; u++)
        tie_use(sharing, variable, &variable->uses[u]);
    if (variable->told_apart && !sharing->out_of_memory) {
        untie(sharing, variable);
        untie_bundle(sharing, variable);
    }
}

void sharing_enable(struct sharing *sharing, struct variable *variable, double now)
{
    sharing->now = now;
    variable->updated = now;
    variable->rate = 0;
    variable->order = ++sharing->num_enabled;
    find_inert_uses(sharing, variable);
    displace(sharing, variable);
    while (sharing->displaced && !sharing->out_of_memory) {
        struct variable *next = sharing->displaced;
        sharing->displaced = next->next_displaced;
        enter(sharing, next);
    }
}

void sharing_disable(struct sharing *sharing, struct variable *variable, double now)
{
    sharing->now = now;
    if (variable->bottleneck)
        bottleneck_leave(variable, now);
    else
        variable_update(sharing, variable, now);
    variable->rate = 0;
    untie(sharing, variable);
    agenda_remove(sharing->agenda, &variable->entry);
}

void sharing_destroy(struct sharing *sharing, struct variable *variable)
{
    untie(sharing, variable);
    agenda_remove(sharing->agenda, &variable->entry);
    if (variable->previous_sibling)
        variable->previous_sibling->next_sibling = variable->next_sibling;
    if (variable->next_sibling)
        variable->next_sibling->previous_sibling = variable->previous_sibling;
    load_plan_release(variable->plan);
    free(variable->memory);
    if (variable->bundle)
        variable->bundle->free(variable->bundle);
    free(variable);
}

double sharing_load(const struct sharing *sharing, uint32_t resource)
{
    const struct cell *cell = sharing->resources[resource].cell;
    double load = 0;
    for (const struct element *element = cell ? cell->first : NULL; element;
         element = element->next) {
        double used = element->weight * variable_rate(element->variable);
        load = cell->fatpipe ? larger(load, used) : load + element->times * used;
    }
    return load;
}
