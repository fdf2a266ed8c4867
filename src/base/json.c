/* Promise: a value is read as what it must be, or refused with its place, what it must be and what
 * it is. */
#include "base/json.h"

#include "base/json_text.h"
#include "base/letters.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WHERE_TEXT = 1024,
    FEW_KEYS = 16, /* up to here, comparing all pairs is faster than sorting */
    LONGEST_NEAR_NAME = 64,
};

static const size_t largest_document = (size_t)1 << 30;

/* --- Documents -------------------------------------------------------------------------------- */

static int read_document(struct json_document *document, struct json_text *text, struct error *err)
{
    struct json_at root;

    document->file = strdup(text->name);
    if (!document->file)
        return error_no_memory(err);
    document->root = json_text_value(text, err);
    if (!document->root)
        return -1;
    if (json_text_peek(text) >= 0)
        return json_text_error(text, err);
    root = json_root(document);
    return json_check_duplicates(&root, err);
}

/* Takes the text, whether it could be opened or not. */
static int finish_document(struct json_document *document, struct json_text *text, int status,
                           struct error *err)
{
    *document = (struct json_document){.file = NULL};
    if (status == 0)
        status = read_document(document, text, err);
    json_text_close(text);
    if (status != 0)
        json_close(document);
    return status;
}

int json_read(struct json_document *document, const char *path, struct error *err)
{
    struct json_text text;
    int status = json_text_open(&text, path, largest_document, err);

    return finish_document(document, &text, status, err);
}

int json_parse(struct json_document *document, const char *name, const char *bytes, size_t length,
               struct error *err)
{
    struct json_text text;
    int status = json_text_borrow(&text, name, bytes, length, err);

    return finish_document(document, &text, status, err);
}

void json_close(struct json_document *document)
{
    free(document->file);
    cJSON_Delete(document->root);
    *document = (struct json_document){.file = NULL};
}

/* --- Places ----------------------------------------------------------------------------------- */

struct json_at json_root(const struct json_document *document)
{
    return (struct json_at){.file = document->file, .index = -1, .value = document->root};
}

struct json_at json_member(const struct json_at *at, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(at->value, key);

    return (struct json_at){.parent = at, .key = key, .index = -1, .value = value};
}

struct json_at json_element(const struct json_at *at, const cJSON *value, long index)
{
    return (struct json_at){.parent = at, .index = index, .value = value};
}

/* Text that is cut where the buffer ends. */
struct writer {
    char *buffer;
    size_t size;
    size_t length;
};

static void put(struct writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct writer *writer, const char *format, ...)
{
    size_t room = writer->size - writer->length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(writer->buffer + writer->length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        writer->length += (size_t)length < room ? (size_t)length : room - 1;
}

/* Whether a key can be part of a path as it is. */
static bool is_plain(const char *key)
{
    return *key != '\0' && strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789_-") == strlen(key);
}

/* The path below the root. */
static void put_path(struct writer *writer, const struct json_at *at)
{
    if (!at->parent)
        return;
    put_path(writer, at->parent);
    if (!at->key)
        put(writer, "[%ld]", at->index);
    else if (is_plain(at->key))
        put(writer, "%s%s", !at->parent->parent ? "" : ".", at->key);
    else
        put(writer, "[\"%s\"]", at->key);
}

const char *json_path(const struct json_at *at, char *buffer, size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size};

    if (size > 0) {
        buffer[0] = '\0';
        put_path(&writer, at);
    }
    return buffer;
}

static const char *file_of(const struct json_at *at)
{
    while (at->parent)
        at = at->parent;
    return at->file;
}

const char *json_where(const struct json_at *at, char *buffer, size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size};

    if (size > 0) {
        buffer[0] = '\0';
        put(&writer, "%s%s", file_of(at), !at->parent ? "" : ": ");
        put_path(&writer, at);
    }
    return buffer;
}

int json_error(const struct json_at *at, struct error *err, const char *format, ...)
{
    char where[WHERE_TEXT];
    va_list arguments;

    if (err->kind != ERROR_NONE)
        return -1;
    va_start(arguments, format);
    error_vset(err, ERROR_INPUT, format, arguments);
    va_end(arguments);
    return error_prefix(err, "%s", json_where(at, where, sizeof where));
}

/* --- Values ----------------------------------------------------------------------------------- */

const char *json_type_name(const cJSON *value)
{
    static const struct {
        int type;
        const char *name;
    } names[] = {
        {cJSON_String, "a string"}, {cJSON_Number, "a number"}, {cJSON_Object, "an object"},
        {cJSON_Array, "a list"},    {cJSON_True, "a boolean"},  {cJSON_False, "a boolean"},
        {cJSON_NULL, "null"},
    };

    for (size_t i = 0; value && i < sizeof names / sizeof *names; i++)
        if ((value->type & 0xFF) == names[i].type)
            return names[i].name;
    return "missing";
}

static int check_type(const struct json_at *at, cJSON_bool is, const char *wanted,
                      struct error *err)
{
    return is ? 0 : json_error(at, err, "must be %s, is %s", wanted, json_type_name(at->value));
}

static int check_finite(const struct json_at *at, struct error *err)
{
    return isfinite(at->value->valuedouble)
               ? 0
               : json_error(at, err, "must be a finite number, is beyond 1.8e308");
}

static int check_range(const struct json_at *at, double number, double minimum, double maximum,
                       struct error *err)
{
    char bound[NUMBER_TEXT], found[NUMBER_TEXT];

    if (number < minimum) {
        return json_error(at, err, "must be at least %s, is %s", number_text(minimum, bound),
                          number_text(number, found));
    }
    if (number > maximum) {
        return json_error(at, err, "must be at most %s, is %s", number_text(maximum, bound),
                          number_text(number, found));
    }
    return 0;
}

static int check_integer(const struct json_at *at, double number, long long minimum,
                         long long maximum, struct error *err)
{
    static const double two_to_63 = 9223372036854775808.0;
    char found[NUMBER_TEXT];

    if (number != floor(number))
        return json_error(at, err, "must be an integer, is %s", number_text(number, found));
    if (number < -two_to_63 || (number < two_to_63 && (long long)number < minimum)) {
        return json_error(at, err, "must be at least %lld, is %s", minimum,
                          number_text(number, found));
    }
    if (number >= two_to_63 || (long long)number > maximum) {
        return json_error(at, err, "must be at most %lld, is %s", maximum,
                          number_text(number, found));
    }
    return 0;
}

/* They return a plain -1, so that where they are inlined, compilers see that *result is set
 * otherwise. */

int json_string(const struct json_at *at, const char **result, struct error *err)
{
    if (check_type(at, cJSON_IsString(at->value), "a string", err))
        return -1;
    *result = at->value->valuestring;
    return 0;
}

int json_number(const struct json_at *at, double *result, struct error *err)
{
    if (check_type(at, cJSON_IsNumber(at->value), "a number", err) || check_finite(at, err))
        return -1;
    *result = at->value->valuedouble;
    return 0;
}

int json_number_in(const struct json_at *at, double minimum, double maximum, double *result,
                   struct error *err)
{
    double number;

    if (json_number(at, &number, err) || check_range(at, number, minimum, maximum, err))
        return -1;
    *result = number;
    return 0;
}

int json_integer(const struct json_at *at, long long minimum, long long maximum, long long *result,
                 struct error *err)
{
    double number;

    if (json_number(at, &number, err) || check_integer(at, number, minimum, maximum, err))
        return -1;
    *result = (long long)number;
    return 0;
}

int json_bool(const struct json_at *at, bool *result, struct error *err)
{
    if (check_type(at, cJSON_IsBool(at->value), "true or false", err))
        return -1;
    *result = cJSON_IsTrue(at->value);
    return 0;
}

int json_object(const struct json_at *at, struct error *err)
{
    return check_type(at, cJSON_IsObject(at->value), "an object", err);
}

int json_array(const struct json_at *at, struct error *err)
{
    return check_type(at, cJSON_IsArray(at->value), "a list", err);
}

/* --- Keys ------------------------------------------------------------------------------------- */

static int refuse_twice(const struct json_at *at, const char *key, struct error *err)
{
    return json_error(at, err, "key '%s' is given twice; take one out", key);
}

static int compare_keys(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

int json_check_keys(const struct json_at *at, char **keys, size_t count, struct error *err)
{
    if (count > 1)
        qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            return refuse_twice(at, keys[i], err);
    return 0;
}

static int check_many_keys(const struct json_at *at, size_t count, struct error *err)
{
    char **keys = malloc(count * sizeof *keys);
    const cJSON *member;
    int status;

    if (!keys)
        return error_no_memory(err);
    count = 0;
    cJSON_ArrayForEach(member, at->value)
    {
        keys[count++] = member->string;
    }
    status = json_check_keys(at, keys, count, err);
    free(keys);
    return status;
}

static int check_few_keys(const struct json_at *at, struct error *err)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, at->value)
    {
        for (const cJSON *other = member->next; other; other = other->next)
            if (strcmp(member->string, other->string) == 0)
                return refuse_twice(at, member->string, err);
    }
    return 0;
}

/* Whether no two keys can be the same, as those of one object mostly differ in their lengths, or
 * where they begin and end. */
static bool differ(const struct json_at *at)
{
    const cJSON *member;
    uint64_t seen = 0;

    cJSON_ArrayForEach(member, at->value)
    {
        size_t length = strlen(member->string);
        size_t first = (unsigned char)member->string[0];
        size_t last = length > 0 ? (unsigned char)member->string[length - 1] : 0;
        uint64_t bit = UINT64_C(1) << ((5 * length + last + 3 * first) & 63);
        if (seen & bit)
            return false;
        seen |= bit;
    }
    return true;
}

static int check_own_keys(const struct json_at *at, struct error *err)
{
    size_t count = 0;
    const cJSON *member;

    if (differ(at))
        return 0;
    cJSON_ArrayForEach(member, at->value)
    {
        count++;
    }
    return count <= FEW_KEYS ? check_few_keys(at, err) : check_many_keys(at, count, err);
}

/* The depth is cJSON's limit on nesting at most. */
int json_check_duplicates(const struct json_at *at, struct error *err)
{
    bool is_object = cJSON_IsObject(at->value);
    const cJSON *child;
    long index = 0;

    if (is_object && check_own_keys(at, err))
        return -1;
    cJSON_ArrayForEach(child, at->value)
    {
        struct json_at below = {.parent = at, .index = is_object ? -1 : index++, .value = child};
        below.key = is_object ? child->string : NULL;
        if (child->child && json_check_duplicates(&below, err))
            return -1;
    }
    return 0;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, taken out, replaced, or swapped with their neighbour to turn one
 * word into the other (optimal string alignment). Both are at most LONGEST_NEAR_NAME long. */
static size_t distance(const char *a, size_t length_a, const char *b, size_t length_b)
{
    size_t rows[3][LONGEST_NEAR_NAME + 1]; /* row i in rows[i % 3] */

    for (size_t j = 0; j <= length_b; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            char c = letters_lower(a[i - 1]), d = letters_lower(b[j - 1]);
            row[j] = smaller(above[j - 1] + (c != d), smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && c == letters_lower(b[j - 2]) && d == letters_lower(a[i - 2]))
                row[j] = smaller(row[j], second[j - 2] + 1);
        }
    }
    return rows[length_a % 3][length_b];
}

const char *json_nearest_name(const char *word, const char *const *names)
{
    size_t length = strlen(word);
    const char *nearest = NULL;
    size_t least = LONGEST_NEAR_NAME;

    for (; length <= LONGEST_NEAR_NAME && *names != NULL; names++) {
        size_t name_length = strlen(*names);
        size_t found;
        if (name_length > LONGEST_NEAR_NAME)
            continue;
        found = distance(word, length, *names, name_length);
        if (found < least && found <= (length > name_length ? length : name_length) / 3) {
            least = found;
            nearest = *names;
        }
    }
    return nearest;
}
