/* Lists of nodes in rank order, and sets of nodes, which have a bit per node ID. */
#ifndef ELASTISIM_SYSTEM_NODE_SET_H
#define ELASTISIM_SYSTEM_NODE_SET_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Nodes in rank order. */
struct node_list {
    uint32_t *ids; /* owned */
    uint32_t count;
};

/* Copies a list. Returns 0, or -1 with err. */
int node_list_copy(struct node_list *to, const uint32_t *ids, uint32_t count, struct error *err);
void node_list_release(struct node_list *list);
/* Sorts a list by ID. */
void node_list_sort(struct node_list *list);
/* Whether two lists hold the same nodes in the same order. */
bool node_list_same(const struct node_list *a, const struct node_list *b);

/* The nodes of a list as a set for `num_nodes` nodes, to be freed; NULL with err without memory. */
uint64_t *node_set_create(uint32_t num_nodes, const struct node_list *list, struct error *err);
bool node_set_has(const uint64_t *set, uint32_t id);
/* Puts a node in when it is not a member, or else takes it out. */
void node_set_toggle(uint64_t *set, uint32_t id);
/* The first member with an ID >= from; -1 when there is none. */
long node_set_next(const uint64_t *set, uint32_t num_nodes, uint32_t from);

#endif
