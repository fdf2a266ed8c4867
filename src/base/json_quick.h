/* Values as nearly all of a large file are: read several times as fast as cJSON does, without an
 * allocation for each part.
 *
 * Internal to the JSON reader, which has cJSON read what is left.
 */
#ifndef ELASTISIM_BASE_JSON_QUICK_H
#define ELASTISIM_BASE_JSON_QUICK_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* Memory for one value at a time; zeroed at first. */
struct json_quick {
    char *memory; /* owned */
};

/* Reads the value that a text begins with: *length is how long it is. It is what cJSON makes of the
 * text, lives until the next call, and is not to be deleted. NULL for what is out of the ordinary:
 * escapes, values of some hundred parts, more than a few levels; what is not JSON; no memory. */
cJSON *json_quick_value(struct json_quick *quick, const char *text, size_t size, size_t *length);
void json_quick_release(struct json_quick *quick);

#endif
