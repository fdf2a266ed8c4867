/* Growing arrays of any type.
 *
 * A vector is a struct with the members `items` (to be freed by its owner), `count` and `room` (of
 * type size_t), all zero at first; arrays that go by other names have array_reserve:
 *
 *     VECTOR(uint32_t) ids = {0};
 *     if (vector_add(&ids, 7))
 *         return error_no_memory(err);
 *     free(ids.items);
 *
 * The room doubles, so that adding n items costs O(n). When memory runs out everything stays as it
 * was. The macros evaluate the vector more than once.
 */
#ifndef ELASTISIM_BASE_VECTOR_H
#define ELASTISIM_BASE_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define VECTOR(type)                                                                               \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count, room;                                                                        \
    }

/* Has room for `needed` items in an array that has room for `room`; both are variables, `room` of
 * type size_t. Returns 0, or -1 when out of memory. */
#define array_reserve(items, room, needed)                                                         \
    (array_fits(&(room), needed)                                                                   \
         ? 0                                                                                       \
         : ((items) = array_grown(items, &(room), needed, sizeof *(items)),                        \
            array_fits(&(room), needed) ? 0 : -1))

/* The same for a vector. */
#define vector_reserve(vector, needed) array_reserve((vector)->items, (vector)->room, needed)

/* Appends an item. Returns 0, or -1 when out of memory. */
#define vector_add(vector, ...)                                                                    \
    (vector_reserve(vector, (vector)->count + 1)                                                   \
         ? -1                                                                                      \
         : ((vector)->items[(vector)->count++] = (__VA_ARGS__), 0))

/* --- For the macros ------------------------------------------------------------------------- */

static inline bool array_fits(const size_t *room, size_t needed)
{
    return needed <= *room;
}

/* The items in more memory, with the new room; as they were, when there is none. */
static inline void *array_grown(void *items, size_t *room, size_t needed, size_t size)
{
    size_t wanted = 2 * *room;
    if (wanted < needed)
        wanted = needed;
    void *grown = wanted > SIZE_MAX / size ? NULL : realloc(items, wanted * size);
    if (!grown)
        return items;
    *room = wanted;
    return grown;
}

#endif
