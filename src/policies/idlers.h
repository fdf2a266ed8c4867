/* The idle nodes in the order in which they became idle. */
#ifndef ELASTISIM_POLICIES_IDLERS_H
#define ELASTISIM_POLICIES_IDLERS_H

#include <stdbool.h>
#include <stdint.h>

#define NO_IDLER UINT32_MAX

struct idlers {
    /* [node]: since when it is idle (seconds), and its neighbours (NO_IDLER: none). Owned; NULL
     * where nobody asks. */
    double *since;
    uint32_t *previous, *next;
    uint32_t first, last;
};

int idlers_create(struct idlers *idlers, uint32_t num_nodes); /* -1 when memory ran out */
void idlers_release(struct idlers *idlers);                   /* fine on a zeroed one */
/* A node is idle from now on, or no longer. */
void idlers_add(struct idlers *idlers, uint32_t node, double now);
void idlers_remove(struct idlers *idlers, uint32_t node);

#endif
