/* Promise: one message for a file, short however many keys there are. */
#include "base/unknown_keys.h"

#include <stdio.h>
#include <string.h>

/* Says where an editor finds the JSON Schema of the file (schemas/); known in every object. */
#define KEY_OF_EDITORS "$schema"

static bool is_one_of(const char *key, const char *const *known)
{
    for (; *known; known++)
        if (strcmp(key, *known) == 0)
            return true;
    return false;
}

static bool is_named(const struct unknown_keys *keys, const char *name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->named[i].name, name) == 0)
            return true;
    return false;
}

void unknown_keys_add(struct unknown_keys *keys, const struct json_at *object, const char *key,
                      const char *const *known)
{
    char name[QUOTE_TEXT];
    if (strcmp(key, KEY_OF_EDITORS) == 0 || is_named(keys, quote(key, name)))
        return;
    if (keys->count == MOST_UNKNOWN_KEYS) {
        keys->more = true;
        return;
    }
    const struct json_at member = {.parent = object, .key = key, .index = -1};
    struct unknown_key *added = &keys->named[keys->count++];
    memcpy(added->name, name, sizeof name);
    json_where(object, added->object, sizeof added->object);
    json_path(&member, added->path, sizeof added->path);
    added->nearest = json_nearest_name(key, known);
}

void unknown_keys_look(struct unknown_keys *keys, const struct json_at *at,
                       const char *const *known)
{
    if (!cJSON_IsObject(at->value))
        return;
    const cJSON *member;
    cJSON_ArrayForEach(member, at->value)
    {
        if (!is_one_of(member->string, known))
            unknown_keys_add(keys, at, member->string, known);
    }
}

/* --- The message --------------------------------------------------------------------------- */

/* Room for every key that is named, its place and its nearest. */
enum { KEYS_TEXT = MOST_UNKNOWN_KEYS * (UNKNOWN_KEY_PLACE + 128) };

/* "'a', 'b' (did you mean 'c'?)" */
static const char *list_keys(const struct unknown_keys *keys, char text[KEYS_TEXT])
{
    size_t length = 0;
    for (size_t i = 0; i < keys->count; i++) {
        const struct unknown_key *key = &keys->named[i];
        char hint[96] = "";
        if (key->nearest)
            snprintf(hint, sizeof hint, " (did you mean '%s'?)", key->nearest);
        length += (size_t)snprintf(text + length, KEYS_TEXT - length, "%s'%s'%s",
                                   i == 0 ? "" : ", ", key->path, hint);
    }
    return text;
}

static bool all_have_nearest(const struct unknown_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        if (!keys->named[i].nearest)
            return false;
    return true;
}

static int tell_one(const struct unknown_key *key, const char *see, struct warnings *warnings,
                    struct error *err)
{
    if (key->nearest)
        return warnings_add(warnings, err, "%s: unknown key '%s', did you mean '%s'?", key->object,
                            key->name, key->nearest);
    return warnings_add(warnings, err, "%s: unknown key '%s'%s", key->object, key->name, see);
}

int unknown_keys_tell(const struct unknown_keys *keys, struct warnings *warnings, struct error *err)
{
    if (keys->count == 0)
        return 0;
    if (warnings && warnings->strict && err->kind == ERROR_INPUT)
        *err = (struct error){0};
    char see[96] = "", text[KEYS_TEXT];
    if (keys->help && !all_have_nearest(keys))
        snprintf(see, sizeof see, "; %s lists the known ones", keys->help);
    if (keys->count == 1)
        return tell_one(&keys->named[0], see, warnings, err);
    return warnings_add(warnings, err, "%s: unknown keys %s%s%s", keys->file, list_keys(keys, text),
                        keys->more ? " and others" : "", see);
}
