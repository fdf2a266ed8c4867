/* Promise: whatever the text, nothing beyond its end is looked at. */
#include "reader.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* Behind a string that begins here; NULL when it has no end. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++)
        if (*at == '"')
            return at + 1;
        else if (*at == '\\')
            at++;
    return NULL;
}

/* Behind the list or object that begins here: where its bracket is closed. */
static const char *skip_nested(const char *at, const char *end)
{
    size_t depth = 0;
    while (at && at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        depth += *at == '{' || *at == '[';
        if ((*at == '}' || *at == ']') && --depth == 0)
            return at + 1;
        at++;
    }
    return NULL;
}

/* Behind a number, or one of JSON's words. */
static const char *skip_plain(const char *at, const char *end)
{
    const char *begin = at;
    while (at < end && *at != ',' && *at != '}' && *at != ']' && *at != ' ' && *at != '\n' &&
           *at != '\r' && *at != '\t')
        at++;
    return at > begin ? at : NULL;
}

static int take_value(const char **at, const char *end, struct value *value)
{
    *at = skip_space(*at, end);
    value->begin = *at;
    if (*at >= end)
        return -1;
    if (**at == '"')
        *at = skip_string(*at, end);
    else
        *at = **at == '{' || **at == '[' ? skip_nested(*at, end) : skip_plain(*at, end);
    value->end = *at;
    return *at ? 0 : -1;
}

int elastisim_read_text(const char *text, size_t length, struct value *value)
{
    const char *at = text, *end = text + length;
    return take_value(&at, end, value) || skip_space(at, end) != end ? -1 : 0;
}

/* The next of the values of a list or object, behind `at`: behind its bracket or a comma. Returns 1
 * when there is one, 0 at the end, -1 when it is neither. */
static int go_to_next(const char **at, const char *end, char opens, char closes)
{
    const char *here = skip_space(*at, end);
    if (here >= end)
        return -1;
    bool first = *here == opens;
    if (*here == closes)
        return 0;
    if (!first && *here != ',')
        return -1;
    *at = skip_space(here + 1, end);
    return first && *at < end && **at == closes ? 0 : 1;
}

/* --- Objects and lists ---------------------------------------------------------------------- */

static int take_member(struct object *object, const char **at, const char *end)
{
    struct value key;
    if (object->count == MOST_MEMBERS || *at >= end || **at != '"' || take_value(at, end, &key))
        return -1;
    *at = skip_space(*at, end);
    if (*at >= end || *(*at)++ != ':')
        return -1;
    object->members[object->count].key = key.begin + 1;
    object->members[object->count].length = (size_t)(key.end - key.begin) - 2;
    return take_value(at, end, &object->members[object->count++].value);
}

int elastisim_read_object(struct value value, struct object *object)
{
    const char *at = value.begin;
    int more;
    object->count = object->next = 0;
    if (!at || *at != '{')
        return -1;
    while ((more = go_to_next(&at, value.end, '{', '}')) > 0)
        if (take_member(object, &at, value.end))
            return -1;
    return more;
}

int elastisim_read_element(struct value *rest, struct value *element)
{
    if (!rest->begin)
        return 0;
    int more = go_to_next(&rest->begin, rest->end, '[', ']');
    return more > 0 && take_value(&rest->begin, rest->end, element) ? -1 : more;
}

struct value elastisim_member(struct object *object, const char *key)
{
    size_t length = strlen(key);
    for (size_t tried = 0; tried < object->count; tried++) {
        size_t i = (object->next + tried) % object->count;
        if (object->members[i].length == length &&
            memcmp(object->members[i].key, key, length) == 0) {
            object->next = i + 1;
            return object->members[i].value;
        }
    }
    return (struct value){NULL, NULL};
}

/* --- Numbers and strings -------------------------------------------------------------------- */

enum { MOST_PLACES = 22 /* up to here, powers of ten are doubles */ };

static const double powers[MOST_PLACES + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* A number whose digits without the point are a double, which one division makes right to the last
 * bit; others are none here. */
static bool read_short_number(struct value value, double *number)
{
    const char *at = value.begin;
    bool negative = *at == '-', broken = false;
    uint64_t digits = 0;
    size_t count = 0, places = 0;
    for (at += negative; at < value.end; at++) {
        if (*at == '.' && !broken) {
            broken = true;
            continue;
        }
        if (*at < '0' || *at > '9' || ++count > 15)
            return false;
        digits = 10 * digits + (uint64_t)(*at - '0');
        places += broken;
    }
    if (count == 0)
        return false;
    *number = (negative ? -1 : 1) * ((double)digits / powers[places]);
    return true;
}

double elastisim_read_number(struct value value, double fallback)
{
    double number;
    if (!value.begin)
        return fallback;
    if (read_short_number(value, &number))
        return number;
    cJSON *item = cJSON_ParseWithLength(value.begin, (size_t)(value.end - value.begin));
    number = cJSON_IsNumber(item) ? item->valuedouble : fallback;
    cJSON_Delete(item);
    return number;
}

/* A string without escapes, as most are. */
static char *copy(struct value value)
{
    return strndup(value.begin + 1, (size_t)(value.end - value.begin) - 2);
}

char *elastisim_read_string(struct value value)
{
    if (!value.begin || *value.begin != '"')
        return NULL;
    if (!memchr(value.begin, '\\', (size_t)(value.end - value.begin)))
        return copy(value);
    cJSON *item = cJSON_ParseWithLength(value.begin, (size_t)(value.end - value.begin));
    const char *text = cJSON_GetStringValue(item);
    char *string = text ? strdup(text) : NULL;
    cJSON_Delete(item);
    return string;
}
