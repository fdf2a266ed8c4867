/* The bytes of a JSON file, and the values in them.
 *
 * Internal to the JSON reader: what whole documents and streams share.
 */
#ifndef ELASTISIM_BASE_JSON_TEXT_H
#define ELASTISIM_BASE_JSON_TEXT_H

#include "base/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

/* A text without byte order mark. */
struct json_text {
    const char *name; /* of the file, for messages; borrowed */
    const char *bytes;
    size_t length;
    size_t at;     /* the next byte to read */
    void *mapping; /* the file in memory, mapped... */
    size_t mapped; /* ...this long, or */
    char *buffer;  /* read, when it can't be mapped */
};

/* Opens a file of at most `limit` bytes (0 for any); free with json_text_close, on failure too.
 * Returns 0, or -1 with err. */
int json_text_open(struct json_text *text, const char *path, size_t limit, struct error *err);
/* Borrows a text. Returns 0, or -1 with err. */
int json_text_borrow(struct json_text *text, const char *name, const char *bytes, size_t length,
                     struct error *err);
void json_text_close(struct json_text *text);

/* Skips white space; the next character then, or -1 at the end. */
int json_text_peek(struct json_text *text);

/* Reads one value and goes behind it. Returns it (free with cJSON_Delete), or NULL with err. */
cJSON *json_text_value(struct json_text *text, struct error *err);

/* Fills err, unless it is, with what is wrong with the text. Returns -1. */
int json_text_error(const struct json_text *text, struct error *err);

#endif
