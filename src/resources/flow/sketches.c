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
