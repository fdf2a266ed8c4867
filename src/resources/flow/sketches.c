#include "resources/flow/sketches.h"

#include "base/vector.h"

#include <stdlib.h>

int sketches_need(struct sketches *sketches, uint32_t count, struct error *err)
{
    return vector_reserve(sketches, count) ? error_no_memory(err) : 0;
}

uint32_t sketches_class_end(const struct member_sketch *sketches, uint32_t first, uint32_t count)
{
    uint32_t end = first + 1;
    while (end < count && sketches[end].hash == sketches[first].hash)
        end++;
    return end;
}

static int compare_sketches(const void *first, const void *second)
{
    const struct member_sketch *a = first, *b = second;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

void sketches_sort(struct member_sketch *sketches, uint32_t count)
{
    if (count > 0 && sketches_class_end(sketches, 0, count) < count)
        qsort(sketches, count, sizeof *sketches, compare_sketches);
}

uint32_t sketches_num_classes(const struct member_sketch *sketches, uint32_t count)
{
    uint32_t num_classes = 0;
    for (uint32_t i = 0; i < count; i = sketches_class_end(sketches, i, count))
        num_classes++;
    return num_classes;
}

static int compare_links(const void *first, const void *second)
{
    const struct link_sketch *a = first, *b = second;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->link > b->link) - (a->link < b->link);
}

void sketches_sort_links(struct link_sketch *links, size_t count)
{
    if (count > 0)
        qsort(links, count, sizeof *links, compare_links);
}
