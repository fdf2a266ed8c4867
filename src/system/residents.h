/* The jobs of a node, in order of arrival: those that run there, and those that are to. The first
 * stands in the node itself, the others in an array, so that one job needs no memory. */
#ifndef ELASTISIM_SYSTEM_RESIDENTS_H
#define ELASTISIM_SYSTEM_RESIDENTS_H

#include "system/state.h"

/* One of a node's two lists. */
struct resident_list {
    struct job **one;
    struct job ***more;
    uint32_t *num_more, *capacity;
};

struct resident_list residents_running(struct node *node);
struct resident_list residents_expected(struct node *node);

/* Returns 0, or -1 with err. */
int residents_add(struct resident_list list, struct job *job, struct error *err);
/* Nothing happens when the job is not in the list. */
void residents_remove(struct resident_list list, const struct job *job);
bool residents_have(struct resident_list list, const struct job *job);

#endif
