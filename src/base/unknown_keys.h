/* The keys of one file that nobody knows: gathered while it is read, told in one message. */
#ifndef ELASTISIM_BASE_UNKNOWN_KEYS_H
#define ELASTISIM_BASE_UNKNOWN_KEYS_H

#include "base/json.h"
#include "base/quote.h"

/* This many are named; nobody would read a message with more of them. */
enum { MOST_UNKNOWN_KEYS = 6, UNKNOWN_KEY_PLACE = 256 };

struct unknown_key {
    char name[QUOTE_TEXT];
    char object[UNKNOWN_KEY_PLACE]; /* "FILE: PATH" of what it is a key of */
    char path[UNKNOWN_KEY_PLACE];   /* of the key itself */
    const char *nearest;            /* known one, or NULL; borrowed */
};

struct unknown_keys {
    const char *file; /* as the user wrote it; borrowed */
    const char *help; /* what to run to see the known keys; NULL where no option prints them */
    struct unknown_key named[MOST_UNKNOWN_KEYS];
    size_t count; /* of those named */
    bool more;
};

/* Notes a key of the object at `object` that is none of `known` (NULL-terminated, outlives the
 * keys). One that has been noted in another place of the file is not noted again, and "$schema",
 * which is for editors, never. */
void unknown_keys_add(struct unknown_keys *keys, const struct json_at *object, const char *key,
                      const char *const *known);

/* Notes every member of an object whose key is none of `known`; does nothing with other values. */
void unknown_keys_look(struct unknown_keys *keys, const struct json_at *at,
                       const char *const *known);

/* Once the file has been read, or could not be: warns of what was noted. Returns 0, or -1 with err
 * when warnings are strict: then the keys are the error, as they came before one that err may have
 * of this file, and may have caused it. */
int unknown_keys_tell(const struct unknown_keys *keys, struct warnings *warnings,
                      struct error *err);

#endif
