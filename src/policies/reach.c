/* Promise: steps are few, as each is longer than those before; taking in and asking go through them
 * once at most. */
#include "policies/reach.h"

#include "base/vector.h"

#include <stdlib.h>
#include <string.h>

int reach_add(struct reach *reach, double from, double length, bool *is_longer)
{
    size_t at = reach->count, behind;
    while (at > 0 && reach->steps[at - 1].from > from)
        at--;
    *is_longer = at == 0 || reach->steps[at - 1].length < length;
    if (!*is_longer)
        return 0;
    if (array_reserve(reach->steps, reach->room, reach->count + 1))
        return -1;
    /* Those that are no longer and begin no earlier do not count any more. */
    for (behind = at; behind < reach->count && reach->steps[behind].length <= length;)
        behind++;
    while (at > 0 && reach->steps[at - 1].from >= from)
        at--;
    memmove(reach->steps + at + 1, reach->steps + behind,
            (reach->count - behind) * sizeof *reach->steps);
    reach->count += at + 1 - behind;
    reach->steps[at] = (struct reach_step){from, length};
    return 0;
}

void reach_release(struct reach *reach)
{
    free(reach->steps);
    *reach = (struct reach){0};
}
