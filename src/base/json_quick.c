/* Promise: what it reads, cJSON reads as the same; whatever it is not sure of it does not read. */
#include "base/json_quick.h"

#include "base/decimal.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY = 1 << 16, DEEPEST = 8, ALIGNMENT = 8 };

struct reader {
    const char *at, *end;
    char *memory;
    size_t room;
};

static cJSON *read_value(struct reader *reader, unsigned depth);

static void *take(struct reader *reader, size_t size)
{
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size > reader->room)
        return NULL;
    void *taken = reader->memory;
    reader->memory += size;
    reader->room -= size;
    return taken;
}

/* The next character that is not white space, or -1 at the end. */
static int peek(struct reader *reader)
{
    for (; reader->at < reader->end; reader->at++)
        if ((unsigned char)*reader->at > ' ')
            return (unsigned char)*reader->at;
    return -1;
}

static bool skip(struct reader *reader, char c)
{
    if (peek(reader) != c)
        return false;
    reader->at++;
    return true;
}

/* --- Scalars ------------------------------------------------------------------------------------
 */

/* Where a string's plain characters end: at a quote, a backslash or a control character. */
static const char *plain_end(const char *at, const char *end)
{
    static const bool special[256] = {1, 1, 1, 1, 1, 1, 1, 1, 1,         1,         1, 1,
                                      1, 1, 1, 1, 1, 1, 1, 1, 1,         1,         1, 1,
                                      1, 1, 1, 1, 1, 1, 1, 1, ['"'] = 1, ['\\'] = 1};
    while (at < end && !special[(unsigned char)*at])
        at++;
    return at;
}

static char *read_string(struct reader *reader)
{
    if (!skip(reader, '"'))
        return NULL;
    const char *begin = reader->at, *end = plain_end(begin, reader->end);
    if (end == reader->end || *end != '"')
        return NULL;
    size_t length = (size_t)(end - begin);
    char *copy = take(reader, length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, begin, length);
    copy[length] = '\0';
    reader->at = end + 1;
    return copy;
}

static bool read_text(struct reader *reader, cJSON *value)
{
    value->type = cJSON_String;
    value->valuestring = read_string(reader);
    return value->valuestring;
}

static bool read_number(struct reader *reader, cJSON *value)
{
    double number = 0;
    size_t length = decimal_read(reader->at, (size_t)(reader->end - reader->at), &number);
    reader->at += length;
    value->type = cJSON_Number;
    value->valuedouble = number;
    value->valueint = number >= INT_MAX ? INT_MAX : number <= INT_MIN ? INT_MIN : (int)number;
    return length > 0;
}

static bool read_word(struct reader *reader, cJSON *value)
{
    static const struct {
        const char *word;
        size_t length;
        int type, number;
    } words[] = {
        {"true", 4, cJSON_True, 1}, {"false", 5, cJSON_False, 0}, {"null", 4, cJSON_NULL, 0}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if ((size_t)(reader->end - reader->at) < words[i].length ||
            memcmp(reader->at, words[i].word, words[i].length) != 0)
            continue;
        reader->at += words[i].length;
        value->type = words[i].type;
        value->valueint = words[i].number;
        return true;
    }
    return false;
}

/* --- Objects and lists --------------------------------------------------------------------------
 */

static cJSON *read_member(struct reader *reader, unsigned depth)
{
    char *key = read_string(reader);
    if (!key || !skip(reader, ':'))
        return NULL;
    cJSON *member = read_value(reader, depth);
    if (member)
        member->string = key;
    return member;
}

/* What stands between brackets; `read` reads a part. */
static bool read_parts(struct reader *reader, cJSON *value, char close,
                       cJSON *(*read)(struct reader *reader, unsigned depth), unsigned depth)
{
    cJSON *last = NULL;
    reader->at++;
    if (skip(reader, close))
        return true;
    do {
        cJSON *part = read(reader, depth + 1);
        if (!part)
            return false;
        part->prev = last;
        *(last ? &last->next : &value->child) = part;
        last = part;
    } while (skip(reader, ','));
    value->child->prev = last; /* as cJSON has it */
    return skip(reader, close);
}

static cJSON *read_value(struct reader *reader, unsigned depth)
{
    int first = peek(reader);
    cJSON *value = depth < DEEPEST ? take(reader, sizeof *value) : NULL;
    if (!value)
        return NULL;
    *value = (cJSON){.type = first == '{' ? cJSON_Object : cJSON_Array};
    bool fine = first == '{'   ? read_parts(reader, value, '}', read_member, depth)
                : first == '[' ? read_parts(reader, value, ']', read_value, depth)
                : first == '"' ? read_text(reader, value)
                : first == '-' || (first >= '0' && first <= '9') ? read_number(reader, value)
                                                                 : read_word(reader, value);
    return fine ? value : NULL;
}

cJSON *json_quick_value(struct json_quick *quick, const char *text, size_t size, size_t *length)
{
    if (!quick->memory)
        quick->memory = malloc(MEMORY);
    struct reader reader = {text, text + size, quick->memory, quick->memory ? MEMORY : 0};
    cJSON *value = read_value(&reader, 0);
    *length = (size_t)(reader.at - text);
    return value;
}

void json_quick_release(struct json_quick *quick)
{
    free(quick->memory);
    *quick = (struct json_quick){0};
}
