/* The simulator's messages as they are read: JSON whose values stand where they came and are looked
 * at when they are asked for. A tree would cost more than the scheduler. */
#ifndef LIBELASTISIM_READER_H
#define LIBELASTISIM_READER_H

#include <stdbool.h>
#include <stddef.h>

/* A value within a message; nothing where `begin` is NULL. */
struct value {
    const char *begin, *end;
};

enum { MOST_MEMBERS = 64 };

struct object {
    struct {
        const char *key; /* as it stands, escapes and all */
        size_t length;
        struct value value;
    } members[MOST_MEMBERS];
    size_t count;
    size_t next; /* where the next look-up begins: keys are mostly asked for in their order */
};

/* The value that a text is, without the space around it. Returns 0, or -1 when it is none; so do
 * the others. */
int elastisim_read_text(const char *text, size_t length, struct value *value);
int elastisim_read_object(struct value value, struct object *object);
/* The elements of a list one by one: *rest is the list at first. Returns 1 with an element, 0 at
 * the end (and for nothing), -1 when it is no list. */
int elastisim_read_element(struct value *rest, struct value *element);
/* Nothing when there is no such member. */
struct value elastisim_member(struct object *object, const char *key);
/* A number, or the fallback where the value is none. */
double elastisim_read_number(struct value value, double fallback);
/* A string, to be freed; NULL where the value is none, or memory ran out. */
char *elastisim_read_string(struct value value);

#endif
