/* Promise: each operation is O(1). */
#include "policies/idlers.h"

#include <stdlib.h>

int idlers_create(struct idlers *idlers, uint32_t num_nodes)
{
    *idlers = (struct idlers){
        .since = calloc(num_nodes, sizeof *idlers->since),
        .previous = calloc(num_nodes, sizeof *idlers->previous),
        .next = calloc(num_nodes, sizeof *idlers->next),
        .first = NO_IDLER,
        .last = NO_IDLER,
    };
    return idlers->since && idlers->previous && idlers->next ? 0 : -1;
}

void idlers_release(struct idlers *idlers)
{
    free(idlers->since);
    free(idlers->previous);
    free(idlers->next);
    *idlers = (struct idlers){.first = NO_IDLER, .last = NO_IDLER};
}

void idlers_add(struct idlers *idlers, uint32_t node, double now)
{
    idlers->since[node] = now;
    idlers->previous[node] = idlers->last;
    idlers->next[node] = NO_IDLER;
    *(idlers->last == NO_IDLER ? &idlers->first : &idlers->next[idlers->last]) = node;
    idlers->last = node;
}

void idlers_remove(struct idlers *idlers, uint32_t node)
{
    uint32_t before = idlers->previous[node], behind = idlers->next[node];
    *(before == NO_IDLER ? &idlers->first : &idlers->next[before]) = behind;
    *(behind == NO_IDLER ? &idlers->last : &idlers->previous[behind]) = before;
}
