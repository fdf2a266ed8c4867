/* Values of configuration keys on the command line. */
#ifndef ELASTISIM_CONFIGURATION_SETTINGS_H
#define ELASTISIM_CONFIGURATION_SETTINGS_H

#include "base/json.h"

/* How the text of a value is understood; "null" is null in any case. */
enum setting_form {
    SETTING_TEXT, /* as it stands */
    SETTING_JSON, /* a number, true or false; what is not JSON becomes a string */
    SETTING_LIST, /* a JSON list, or strings with commas between them */
};

/* Reads settings KEY=VALUE into a document, an object whose place in messages is the command line
 * (free with json_close, on failure too). The last setting of a key counts. `keys` are those there
 * are (NULL-terminated), each with its form. Returns 0, or -1 with err: no '=', an unknown key with
 * the nearest one, no UTF-8. */
int settings_read(struct json_document *document, const char *const *settings, size_t count,
                  const char *const *keys, const enum setting_form *forms, struct error *err);

#endif
