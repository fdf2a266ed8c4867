#include "system/residents.h"

#include <stdlib.h>

struct resident_list residents_running(struct node *node)
{
    return (struct resident_list){&node->running_one, &node->running_more, &node->num_running,
                                  &node->running_capacity};
}

struct resident_list residents_expected(struct node *node)
{
    return (struct resident_list){&node->expected_one, &node->expected_more, &node->num_expected,
                                  &node->expected_capacity};
}

int residents_add(struct resident_list list, struct job *job, struct error *err)
{
    if (*list.count == 0) {
        *list.one = job;
    } else {
        uint32_t index = *list.count - 1;
        if (index == *list.capacity) {
            uint32_t capacity = *list.capacity ? 2 * *list.capacity : 4;
            struct job **more = realloc(*list.more, capacity * sizeof(struct job *));
            if (!more)
                return error_no_memory(err);
            *list.more = more;
            *list.capacity = capacity;
        }
        (*list.more)[index] = job;
    }
    ++*list.count;
    return 0;
}

void residents_remove(struct resident_list list, const struct job *job)
{
    uint32_t index = 0;
    while (index < *list.count && (index ? (*list.more)[index - 1] : *list.one) != job)
        index++;
    if (index == *list.count)
        return;
    for (; index + 1 < *list.count; index++) {
        struct job *next = (*list.more)[index];
        *(index ? &(*list.more)[index - 1] : list.one) = next;
    }
    --*list.count;
    if (*list.count == 0)
        *list.one = NULL;
}

bool residents_have(struct resident_list list, const struct job *job)
{
    for (uint32_t i = 0; i < *list.count; i++)
        if ((i ? (*list.more)[i - 1] : *list.one) == job)
            return true;
    return false;
}
