/* Promise: a look at a set costs O(1), the next member O(words between), a list its length. */
#include "system/node_set.h"

#include "base/bit_set.h"

#include <stdlib.h>
#include <string.h>

/* --- Lists --------------------------------------------------------------------------------- */

int node_list_copy(struct node_list *to, const uint32_t *ids, uint32_t count, struct error *err)
{
    *to = (struct node_list){0};
    if (count == 0)
        return 0;
    to->ids = malloc(count * sizeof *to->ids);
    if (!to->ids)
        return error_no_memory(err);
    memcpy(to->ids, ids, count * sizeof *ids);
    to->count = count;
    return 0;
}

void node_list_release(struct node_list *list)
{
    free(list->ids);
    *list = (struct node_list){0};
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void node_list_sort(struct node_list *list)
{
    if (list->count > 1)
        qsort(list->ids, list->count, sizeof *list->ids, compare_ids);
}

bool node_list_same(const struct node_list *a, const struct node_list *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->ids, b->ids, a->count * sizeof *a->ids) == 0);
}

/* --- Sets ---------------------------------------------------------------------------------- */

uint64_t *node_set_create(uint32_t num_nodes, const struct node_list *list, struct error *err)
{
    uint64_t *set = calloc(num_nodes / 64 + 1, sizeof *set);
    if (!set) {
        error_no_memory(err);
        return NULL;
    }
    for (uint32_t i = 0; i < list->count; i++)
        set[list->ids[i] / 64] |= UINT64_C(1) << (list->ids[i] % 64);
    return set;
}

bool node_set_has(const uint64_t *set, uint32_t id)
{
    return bit_set_has(set, id);
}

void node_set_toggle(uint64_t *set, uint32_t id)
{
    bit_set_toggle(set, id);
}

long node_set_next(const uint64_t *set, uint32_t num_nodes, uint32_t from)
{
    size_t next = bit_set_next(set, num_nodes, from);
    return next < num_nodes ? (long)next : -1;
}
