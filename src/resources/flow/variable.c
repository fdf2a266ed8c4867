/* Variables by themselves, and the lists that the sharing works through. */
#include "resources/flow/variable.h"

#include "base/vector.h"

#include <float.h>
#include <stdlib.h>

/* --- Creation -------------------------------------------------------------------------------- */

struct variable *variable_create(uint32_t num_uses)
{
    struct variable *variable = malloc(sizeof *variable + num_uses * sizeof variable->uses[0]);
    if (!variable)
        return NULL;
    *variable = (struct variable){.num_members = 1, .remaining = 1, .entry.owner = variable};
    return variable;
}

int variable_own(struct variable *variable, uint32_t num_sets, size_t num_resources,
                 uint32_t num_members, struct variable_memory *memory)
{
    size_t size =
        num_sets * sizeof(struct resource_set) + (num_resources + num_members) * sizeof(uint32_t);
    variable->memory = calloc(1, size ? size : 1);
    memory->sets = variable->memory;
    memory->resources = memory->sets ? (void *)(memory->sets + num_sets) : NULL;
    memory->members = memory->sets ? memory->resources + num_resources : NULL;
    return variable->memory ? 0 : -1;
}

void variable_join(struct variable *variable, struct variable *sibling)
{
    variable->previous_sibling = sibling;
    variable->next_sibling = sibling->next_sibling;
    if (sibling->next_sibling)
        sibling->next_sibling->previous_sibling = variable;
    sibling->next_sibling = variable;
}

/* --- What holds it back, and how far it has come --------------------------------------------- */

void variable_find_limit(struct variable *variable, double precision)
{
    variable->limit = variable->bound > 0 ? variable->bound : DBL_MAX;
    variable->enough = DBL_MAX;
    for (const struct element *element = variable->elements; element;
         element = element->next_of_variable) {
        const struct cell *cell = element->cell;
        if (!cell_is_private(cell) || !cell_takes_part(cell))
            continue;
        double weight = element_weight(element);
        variable->limit = smaller(variable->limit, cell->capacity / weight);
        variable->enough = smaller(variable->enough, (cell->capacity - precision) / weight);
    }
}

void variable_update(const struct sharing *sharing, struct variable *variable, double now)
{
    variable->remaining -= variable->rate * (now - variable->updated);
    if (variable->remaining < sharing->done)
        variable->remaining = 0;
    variable->updated = now;
}

/* --- Lists ----------------------------------------------------------------------------------- */

void sharing_push(struct sharing *sharing, struct list *list, void *item)
{
    if (vector_add(list, item))
        sharing->out_of_memory = true;
}

void sharing_mark_changed(struct sharing *sharing, const struct cell *cell)
{
    struct shared_resource *resource = &sharing->resources[cell->resources[0]];
    if (resource->changed)
        return;
    resource->changed = true;
    sharing_push(sharing, &sharing->changed, resource);
}
