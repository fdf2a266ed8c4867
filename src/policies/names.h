/* Names that were met so far, numbered from 0 as they came. */
#ifndef ELASTISIM_POLICIES_NAMES_H
#define ELASTISIM_POLICIES_NAMES_H

#include "base/vector.h"

#include <stdbool.h>
#include <stddef.h>

struct names {
    VECTOR(struct name {
        char *text; /* owned */
        size_t number;
    })
    sorted; /* by text */
};

/* Whether the name is known, and its number. Costs O(log names). */
bool names_find(const struct names *names, const char *text, size_t *number);
/* Adds a name that is not known. Returns 0, or -1 when memory ran out. */
int names_add(struct names *names, const char *text, size_t *number);
void names_release(struct names *names);

#endif
