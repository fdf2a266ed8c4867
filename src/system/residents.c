#include "system/residents.h"

#include <stdlib.h>

struct resident_list residents_running(struct node *node)
{
    return (struct resident_list){node->runner, &node->running_more, &node->num_running_more,
                                  &node->running_capacity};
}

struct resident_list residents_expected(struct node *node)
{
    return (struct resident_list){&node->expected_one, &node->expected_more,
                                  &node->num_expected_more, &node->expected_capacity};
}

static uint32_t count_of(struct resident_list list)
{
    return *list.one ? 1 + *list.num_more : 0;
}

int residents_add(struct resident_list list, struct job *job, struct error *err)
{
    if (!*list.one) {
        *list.one = job;
        return 0;
    }
    if (*list.num_more == *list.capacity) {
        uint32_t capacity = *list.capacity ? 2 * *list.capacity : 4;
        struct job **more = realloc(*list.more, capacity * sizeof(struct job *));
        if (!more)
            return error_no_memory(err);
        *list.more = more;
        *list.capacity = capacity;
    }
    (*list.more)[(*list.num_more)++] = job;
    return 0;
}

static struct job **resident(struct resident_list list, uint32_t index)
{
    return index ? &(*list.more)[index - 1] : list.one;
}

/* Where the job is in the list; the length when it is not. */
static uint32_t place_of(struct resident_list list, const struct job *job)
{
    uint32_t index = 0, count = count_of(list);
    while (index < count && *resident(list, index) != job)
        index++;
    return index;
}

void residents_remove(struct resident_list list, const struct job *job)
{
    uint32_t count = count_of(list), index = place_of(list, job);
    if (index == count)
        return;
    for (; index + 1 < count; index++)
        *resident(list, index) = *resident(list, index + 1);
    if (count == 1)
        *list.one = NULL;
    else
        --*list.num_more;
}

bool residents_have(struct resident_list list, const struct job *job)
{
    return place_of(list, job) < count_of(list);
}
