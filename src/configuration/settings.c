/* Promise: each value has the type its text is of, so that it is checked like one of a file. */
#include "configuration/settings.h"

#include "base/json_syntax.h"
#include "base/quote.h"

#include <stdlib.h>
#include <string.h>

static const char place[] = "command line: --set";

/* --- Values -------------------------------------------------------------------------------- */

/* "a,b" as a list; NULL when out of memory. */
static cJSON *split(const char *text)
{
    cJSON *list = cJSON_CreateArray();
    char *copy = strdup(text), *rest = copy;
    bool fine = list && copy;
    while (fine && rest && *text) {
        char *comma = strchr(rest, ',');
        if (comma)
            *comma = '\0';
        fine = cJSON_AddItemToArray(list, cJSON_CreateString(rest));
        rest = comma ? comma + 1 : NULL;
    }
    free(copy);
    if (fine)
        return list;
    cJSON_Delete(list);
    return NULL;
}

static cJSON *value_of(enum setting_form form, const char *text)
{
    if (strcmp(text, "null") == 0)
        return cJSON_CreateNull();
    bool is_json = form == SETTING_JSON || (form == SETTING_LIST && text[0] == '[');
    cJSON *value = is_json ? cJSON_ParseWithOpts(text, NULL, 1) : NULL;
    if (value)
        return value;
    return form == SETTING_LIST && !is_json ? split(text) : cJSON_CreateString(text);
}

struct known_keys {
    const char *const *keys;
    const enum setting_form *forms;
};

/* --- Keys ---------------------------------------------------------------------------------- */

static int unknown_key(const char *key, const char *const *keys, struct error *err)
{
    const char *nearest = json_nearest_name(key, keys);
    char quoted[QUOTE_TEXT];
    if (nearest)
        return error_set(err, ERROR_INPUT, "%s: unknown key '%s', did you mean '%s'?", place,
                         quote(key, quoted), nearest);
    return error_set(err, ERROR_INPUT,
                     "%s: unknown key '%s'; elastisim --help-configuration lists the known ones",
                     place, quote(key, quoted));
}

/* Takes the value. */
static int put(cJSON *object, const char *key, cJSON *value, struct error *err)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    if (value && cJSON_AddItemToObject(object, key, value))
        return 0;
    cJSON_Delete(value);
    return error_no_memory(err);
}

static int read_known(cJSON *object, const char *key, const char *text,
                      const struct known_keys *known, struct error *err)
{
    size_t i = 0;
    while (known->keys[i] && strcmp(known->keys[i], key) != 0)
        i++;
    if (!known->keys[i])
        return unknown_key(key, known->keys, err);
    if (!json_syntax_is_clean(text, strlen(text)))
        return error_set(err, ERROR_INPUT, "%s: %s: must be in UTF-8; encode it so", place, key);
    return put(object, key, value_of(known->forms[i], text), err);
}

static int read_setting(cJSON *object, const char *setting, const struct known_keys *known,
                        struct error *err)
{
    const char *equals = strchr(setting, '=');
    char quoted[QUOTE_TEXT];
    if (!equals)
        return error_set(err, ERROR_INPUT, "%s: must be KEY=VALUE, is '%s'", place,
                         quote(setting, quoted));
    char *key = strndup(setting, (size_t)(equals - setting));
    if (!key)
        return error_no_memory(err);
    int status = read_known(object, key, equals + 1, known, err);
    free(key);
    return status;
}

int settings_read(struct json_document *document, const char *const *settings, size_t count,
                  const char *const *keys, const enum setting_form *forms, struct error *err)
{
    const struct known_keys known = {keys, forms};
    *document = (struct json_document){.file = strdup(place), .root = cJSON_CreateObject()};
    if (!document->file || !document->root)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        if (read_setting(document->root, settings[i], &known, err))
            return -1;
    return 0;
}
