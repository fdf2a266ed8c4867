#include "policies/names.h"

#include <string.h>

static size_t place_of(const struct names *names, const char *text)
{
    size_t low = 0, high = names->sorted.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(names->sorted.items[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool names_find(const struct names *names, const char *text, size_t *number)
{
    size_t place = place_of(names, text);
    if (place == names->sorted.count || strcmp(names->sorted.items[place].text, text) != 0)
        return false;
    *number = names->sorted.items[place].number;
    return true;
}

int names_add(struct names *names, const char *text, size_t *number)
{
    size_t place = place_of(names, text), count = names->sorted.count;
    if (vector_reserve(&names->sorted, count + 1))
        return -1;
    struct name added = {.text = strdup(text), .number = count};
    if (!added.text)
        return -1;
    memmove(names->sorted.items + place + 1, names->sorted.items + place,
            (count - place) * sizeof *names->sorted.items);
    names->sorted.items[place] = added;
    names->sorted.count++;
    *number = count;
    return 0;
}

void names_release(struct names *names)
{
    for (size_t i = 0; i < names->sorted.count; i++)
        free(names->sorted.items[i].text);
    free(names->sorted.items);
    *names = (struct names){0};
}
