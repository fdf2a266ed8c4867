/* Doubly linked lists of what has its links inside.
 *
 * An item is any struct with the members `previous` and `next`, pointers to the same struct. A list
 * is a pointer to its first item, or one to the first and one to the last: NULL when there is none.
 * An item is in one list at most, and its links mean nothing while it is in none. The macros
 * evaluate their arguments more than once.
 */
#ifndef ELASTISIM_BASE_LIST_H
#define ELASTISIM_BASE_LIST_H

#include <stddef.h>

/* Puts an item at the head of a list with a first item: list_add_first(&group->parts, part). */
#define list_add_first(first, item)                                                                \
    ((item)->previous = NULL, (item)->next = *(first),                                             \
     (void)(*(first) ? (*(first))->previous = (item) : NULL), (void)(*(first) = (item)))

/* Takes an item out of such a list. */
#define list_remove(first, item)                                                                   \
    ((void)(*((item)->previous ? &(item)->previous->next : (first)) = (item)->next),               \
     (void)((item)->next ? (item)->next->previous = (item)->previous : NULL))

/* Puts an item at the end of a list with a first and a last one. */
#define list_add_last(first, last, item)                                                           \
    ((item)->next = NULL, (item)->previous = *(last),                                              \
     (void)(*(*(last) ? &(*(last))->next : (first)) = (item)), (void)(*(last) = (item)))

/* Takes an item out of such a list. */
#define list_take_out(first, last, item)                                                           \
    ((void)(*((item)->previous ? &(item)->previous->next : (first)) = (item)->next),               \
     (void)(*((item)->next ? &(item)->next->previous : (last)) = (item)->previous))

#endif
