/* Promise: at any time one element, or one other member, is in memory. */
#include "base/json.h"
#include "base/json_quick.h"
#include "base/json_text.h"
#include "base/vector.h"

#include <stdlib.h>
#include <string.h>

/* The top-level object while it is read. */
struct stream {
    const struct json_stream *visitors;
    struct json_text text;
    struct json_quick quick;
    cJSON object; /* stands for the top level: an empty object */
    struct json_at root;
    char **keys; /* seen so far, owned */
    size_t num_keys;
    size_t capacity;
    bool found; /* the member that is streamed */
};

/* Whether the next character is this one, which is taken then. */
static bool take(struct stream *stream, char c)
{
    if (json_text_peek(&stream->text) != c)
        return false;
    stream->text.at++;
    return true;
}

static int syntax_error(struct stream *stream, struct error *err)
{
    return json_text_error(&stream->text, err);
}

static int add_key(struct stream *stream, char *key, struct error *err)
{
    if (array_reserve(stream->keys, stream->capacity, stream->num_keys + 1)) {
        cJSON_free(key);
        return error_no_memory(err);
    }
    stream->keys[stream->num_keys++] = key;
    return 0;
}

/* Reads `"KEY":`. The key, owned by the stream, or NULL with err. */
static char *read_key(struct stream *stream, struct error *err)
{
    cJSON *value =
        json_text_peek(&stream->text) == '"' ? json_text_value(&stream->text, err) : NULL;
    char *key;

    if (!value || !take(stream, ':')) {
        cJSON_Delete(value);
        syntax_error(stream, err);
        return NULL;
    }
    key = value->valuestring;
    value->valuestring = NULL;
    cJSON_Delete(value);
    return add_key(stream, key, err) == 0 ? key : NULL;
}

static int visit_value(const struct json_stream *visitors, const struct json_at *at,
                       int (*visit)(void *context, const struct json_at *at, struct error *err),
                       struct error *err)
{
    if (json_check_duplicates(at, err))
        return -1;
    return visit ? visit(visitors->context, at, err) : 0;
}

static int read_other(struct stream *stream, char *key, struct error *err)
{
    cJSON *value = json_text_value(&stream->text, err);
    struct json_at at = {.parent = &stream->root, .key = key, .index = -1, .value = value};
    int status;

    if (!value)
        return -1;
    value->string = key; /* as a member has it */
    status = visit_value(stream->visitors, &at, stream->visitors->other, err);
    value->string = NULL;
    cJSON_Delete(value);
    return status;
}

static int read_element(struct stream *stream, const struct json_at *list, long index,
                        struct error *err)
{
    size_t length;
    cJSON *quick = json_quick_value(&stream->quick, stream->text.bytes + stream->text.at,
                                    stream->text.length - stream->text.at, &length);
    cJSON *value = quick ? quick : json_text_value(&stream->text, err);
    struct json_at at;
    int status;

    if (!value)
        return -1;
    if (quick)
        stream->text.at += length;
    at = json_element(list, value, index);
    status = visit_value(stream->visitors, &at, stream->visitors->visit, err);
    if (!quick)
        cJSON_Delete(value);
    return status;
}

static int read_elements(struct stream *stream, const struct json_at *list, struct error *err)
{
    long index = 0;

    if (take(stream, ']'))
        return 0;
    do {
        if (read_element(stream, list, index++, err))
            return -1;
    } while (take(stream, ','));
    return take(stream, ']') ? 0 : syntax_error(stream, err);
}

static int read_list(struct stream *stream, char *key, struct error *err)
{
    cJSON list = {.type = cJSON_Array, .string = key};
    struct json_at at = {.parent = &stream->root, .key = key, .index = -1, .value = &list};
    cJSON *value;

    if (stream->found)
        return json_check_keys(&stream->root, stream->keys, stream->num_keys, err);
    stream->found = true;
    if (take(stream, '['))
        return read_elements(stream, &at, err);
    value = json_text_value(&stream->text, err);
    if (!value)
        return -1;
    at.value = value;
    json_array(&at, err);
    cJSON_Delete(value);
    return -1;
}

static int read_member(struct stream *stream, struct error *err)
{
    char *key = read_key(stream, err);

    if (!key)
        return -1;
    return strcmp(key, stream->visitors->key) == 0 ? read_list(stream, key, err)
                                                   : read_other(stream, key, err);
}

static int read_members(struct stream *stream, struct error *err)
{
    if (take(stream, '}'))
        return 0;
    do {
        if (read_member(stream, err))
            return -1;
    } while (take(stream, ','));
    return take(stream, '}') ? 0 : syntax_error(stream, err);
}

/* A top level that is not an object: says so if it is JSON at all. */
static int refuse_top_level(struct stream *stream, struct error *err)
{
    cJSON *value = json_text_value(&stream->text, err);

    if (!value)
        return -1;
    stream->root.value = value;
    json_object(&stream->root, err);
    cJSON_Delete(value);
    return -1;
}

static int read_top_level(struct stream *stream, struct error *err)
{
    if (!take(stream, '{'))
        return refuse_top_level(stream, err);
    if (read_members(stream, err))
        return -1;
    if (json_text_peek(&stream->text) >= 0)
        return syntax_error(stream, err);
    if (!stream->found)
        return json_error(&stream->root, err, "needs '%s', a list; add it", stream->visitors->key);
    return json_check_keys(&stream->root, stream->keys, stream->num_keys, err);
}

static void release(struct stream *stream)
{
    for (size_t i = 0; i < stream->num_keys; i++)
        cJSON_free(stream->keys[i]);
    free(stream->keys);
    json_quick_release(&stream->quick);
    json_text_close(&stream->text);
}

int json_read_stream(const char *path, const struct json_stream *visitors, struct error *err)
{
    struct stream stream = {.visitors = visitors, .object = {.type = cJSON_Object}};
    int status;

    stream.root = (struct json_at){.file = path, .index = -1, .value = &stream.object};
    status = json_text_open(&stream.text, path, 0, err);
    if (status == 0)
        status = read_top_level(&stream, err);
    release(&stream);
    return status;
}
