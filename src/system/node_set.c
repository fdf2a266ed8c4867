/* Promise: a look at a set costs O(1), the next member O(words between), a list its length. */
#include "system/node_set.h"

#include "base/bit_set.h"

#include <stdlib.h>
#include <string.h>

/* Of bits, up to which a list is sorted by them. */
enum { MOST_WORDS = 256 };

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

static bool is_sorted(const struct node_list *list)
{
    uint32_t i = 1;
    while (i < list->count && list->ids[i - 1] < list->ids[i])
        i++;
    return i >= list->count;
}

/* Puts the IDs into words of bits, those from `first` on. Returns whether none came twice. */
static bool put_into_words(const struct node_list *list, size_t first, uint64_t *words)
{
    bool are_different = true;
    for (uint32_t i = 0; i < list->count; i++) {
        uint64_t *word = &words[list->ids[i] / BITS_PER_WORD - first];
        are_different = are_different && !(*word & bit_set_bit(list->ids[i]));
        *word |= bit_set_bit(list->ids[i]);
    }
    return are_different;
}

/* Sorts by bits of a set where there are few words of them. Returns whether it did. */
static bool sort_by_bits(struct node_list *list)
{
    uint64_t words[MOST_WORDS] = {0};
    uint32_t least = UINT32_MAX, most = 0, count = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        least = list->ids[i] < least ? list->ids[i] : least;
        most = list->ids[i] > most ? list->ids[i] : most;
    }
    size_t first = least / BITS_PER_WORD, num_words = most / BITS_PER_WORD - first + 1;
    if (num_words > MOST_WORDS || !put_into_words(list, first, words))
        return false;
    for (size_t i = 0; i < num_words; i++)
        for (uint64_t word = words[i]; word; word &= word - 1)
            list->ids[count++] = (uint32_t)((first + i) * BITS_PER_WORD + bit_set_lowest(word));
    return true;
}

void node_list_sort(struct node_list *list)
{
    if (!is_sorted(list) && !sort_by_bits(list))
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
