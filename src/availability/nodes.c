/* Which nodes a plan means: by name, in Slurm's spelling of many names, or by a property.
 *
 * Promise: a name that no compute node has is an error, whatever it was spelled out of, and found
 * before more than the machine's nodes have been spelled out of one text.
 */
#include "availability/sources.h"
#include "base/quote.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names are shorter, and so are numbers in them. */
enum { MOST_NAME = 256, MOST_DIGITS = 18 };

typedef VECTOR(uint32_t) node_vector;

/* --- All ------------------------------------------------------------------------------------- */

int nodes_read_all(struct reader *reader, struct node_list *nodes, struct error *err)
{
    uint32_t count = reader->platform->num_nodes;

    if (!reader->all.ids) {
        uint32_t *ids = malloc((count + (size_t)1) * sizeof *ids);

        for (uint32_t id = 0; ids && id < count; id++)
            ids[id] = id;
        if (!ids || plan_keep(reader->plan, ids))
            return error_no_memory(err);
        reader->all = (struct node_list){ids, count};
    }
    *nodes = reader->all;
    return 0;
}

/* --- Names ----------------------------------------------------------------------------------- */

/* A text that is being spelled out. */
struct spelling {
    struct reader *reader;
    const struct json_at *at;
    node_vector *nodes;
    char name[MOST_NAME]; /* as far as it is known */
};

/* The error for something that is not there, with the nearest of `count` names (may hold NULL). */
static int refuse_word(const struct json_at *at, const char *what, const char *word,
                       const char **names, struct error *err)
{
    char quoted[QUOTE_TEXT], meant[QUOTE_TEXT];
    const char *nearest = json_nearest_name(word, names);

    if (nearest)
        return json_error(at, err, "%s '%s', did you mean '%s'?", what, quote(word, quoted),
                          quote(nearest, meant));
    return json_error(at, err, "%s '%s'", what, quote(word, quoted));
}

static int refuse_name(const struct spelling *spelling, const char *name, struct error *err)
{
    const struct platform *platform = spelling->reader->platform;
    const char **names = calloc((size_t)platform->num_nodes + 1, sizeof *names);

    if (!names)
        return error_no_memory(err);
    for (uint32_t id = 0; id < platform->num_nodes; id++)
        names[id] = platform->nodes[id].name;
    refuse_word(spelling->at, "there is no compute node", name, names, err);
    free(names);
    return -1;
}

static int refuse_range(const struct spelling *spelling, struct error *err)
{
    char quoted[QUOTE_TEXT];

    return json_error(spelling->at, err,
                      "'%s' is no range of names; between brackets there are numbers and spans of "
                      "them, the smaller one first, like 'n[0-3,7]'",
                      quote(spelling->at->value->valuestring, quoted));
}

static int add_name(const struct spelling *spelling, struct error *err)
{
    long id = platform_find_node(spelling->reader->platform, spelling->name);

    if (id < 0)
        return refuse_name(spelling, spelling->name, err);
    return vector_add(spelling->nodes, (uint32_t)id) ? error_no_memory(err) : 0;
}

/* Reads a number and moves *text behind it; false when there is none, or one that is too long. */
static bool read_number(const char **text, unsigned long long *number)
{
    size_t digits = strspn(*text, "0123456789");

    if (digits == 0 || digits > MOST_DIGITS)
        return false;
    *number = strtoull(*text, NULL, 10);
    *text += digits;
    return true;
}

static int spell(struct spelling *spelling, size_t length, const char *rest, const char *end,
                 struct error *err);

/* The names with each of the numbers of a span, such as "08-12": as wide as the first one. */
static int spell_span(struct spelling *spelling, size_t length, const char **text, const char *rest,
                      const char *end, struct error *err)
{
    const char *begin = *text;
    unsigned long long first, last;

    if (!read_number(text, &first))
        return refuse_range(spelling, err);
    int width = (int)(*text - begin);
    last = first;
    if (**text == '-' && (++*text, !read_number(text, &last) || last < first))
        return refuse_range(spelling, err);
    for (unsigned long long number = first; number <= last; number++) {
        int added = snprintf(spelling->name + length, MOST_NAME - length, "%0*llu", width, number);

        if (spell(spelling, length + (size_t)added, rest, end, err))
            return -1;
    }
    return 0;
}

/* Goes on behind an opening bracket. */
static int spell_bracket(struct spelling *spelling, size_t length, const char *text,
                         const char *end, struct error *err)
{
    const char *close = memchr(text, ']', (size_t)(end - text));

    if (!close)
        return refuse_range(spelling, err);
    do {
        if (spell_span(spelling, length, &text, close + 1, end, err))
            return -1;
    } while (*text++ == ',');
    return text == close + 1 ? 0 : refuse_range(spelling, err);
}

/* Adds all nodes whose names begin with the first `length` letters of spelling->name and go on with
 * the text from `rest` to `end`. */
static int spell(struct spelling *spelling, size_t length, const char *rest, const char *end,
                 struct error *err)
{
    for (; rest < end && *rest != '[' && length < MOST_NAME; rest++)
        spelling->name[length++] = *rest;
    if (length >= MOST_NAME)
        return refuse_name(spelling, spelling->at->value->valuestring, err);
    if (rest < end)
        return spell_bracket(spelling, length, rest + 1, end, err);
    spelling->name[length] = '\0';
    return add_name(spelling, err);
}

/* Where the first name or range of a list ends: at a comma outside of brackets. */
static const char *end_of_first(const char *text)
{
    bool in_brackets = false;

    for (; *text && (*text != ',' || in_brackets); text++)
        in_brackets = *text == '[' || (in_brackets && *text != ']');
    return text;
}

static int add_names(struct reader *reader, const struct json_at *at, node_vector *nodes,
                     struct error *err)
{
    struct spelling spelling = {.reader = reader, .at = at, .nodes = nodes};
    const char *text = at->value->valuestring;
    long whole = platform_find_node(reader->platform, text);

    /* A host may have a name that looks like a range. */
    if (whole >= 0)
        return vector_add(nodes, (uint32_t)whole) ? error_no_memory(err) : 0;
    for (;;) {
        const char *end = end_of_first(text);

        if (spell(&spelling, 0, text, end, err))
            return -1;
        if (*end == '\0')
            return 0;
        text = end + 1;
    }
}

/* --- Properties ------------------------------------------------------------------------------ */

struct tagged {
    const char *value;
    uint32_t id;
};

static int compare_tagged(const void *left, const void *right)
{
    const struct tagged *a = left, *b = right;
    int order = strcmp(a->value, b->value);

    return order ? order : (a->id > b->id) - (a->id < b->id);
}

/* Takes apart the sorted nodes. */
static int fill_index(struct property_index *index, const struct tagged *tagged, uint32_t count)
{
    index->nodes.ids = malloc((count + (size_t)1) * sizeof *index->nodes.ids);
    index->values = malloc((count + (size_t)1) * sizeof *index->values);
    if (!index->nodes.ids || !index->values) {
        free(index->nodes.ids);
        free(index->values);
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        index->nodes.ids[i] = tagged[i].id;
        index->values[i] = tagged[i].value;
    }
    index->nodes.count = count;
    return 0;
}

/* `needed`: where an error is for a node that lacks the property; without it, the node is left
 * out. */
static int make_index(const struct reader *reader, const struct json_at *needed, const char *key,
                      const struct node_list *nodes, struct property_index *index,
                      struct error *err)
{
    struct tagged *tagged = malloc((nodes->count + (size_t)1) * sizeof *tagged);
    char quoted[QUOTE_TEXT];
    uint32_t count = 0;
    int status = tagged ? 0 : error_no_memory(err);

    *index = (struct property_index){.key = key};
    for (uint32_t i = 0; i < nodes->count && status == 0; i++) {
        const char *value = platform_node_property(reader->platform, nodes->ids[i], key);

        if (value)
            tagged[count++] = (struct tagged){value, nodes->ids[i]};
        else if (needed)
            status = json_error(needed, err,
                                "host '%s' has no property '%s'; name those that have it in "
                                "'nodes', or give it one",
                                reader->platform->nodes[nodes->ids[i]].name, quote(key, quoted));
    }
    if (status == 0) {
        qsort(tagged, count, sizeof *tagged, compare_tagged);
        if (fill_index(index, tagged, count))
            status = error_no_memory(err);
    }
    free(tagged);
    return status;
}

int nodes_by_property(struct reader *reader, const struct json_at *at, const char *key,
                      const struct node_list *nodes, struct property_index *index,
                      struct error *err)
{
    return make_index(reader, at, key, nodes, index, err);
}

/* All nodes by a property, made once. */
static const struct property_index *find_index(struct reader *reader, const char *key,
                                               struct error *err)
{
    struct property_index index;
    struct node_list all;

    for (size_t i = 0; i < reader->indices.count; i++)
        if (strcmp(reader->indices.items[i].key, key) == 0)
            return &reader->indices.items[i];
    if (nodes_read_all(reader, &all, err) || make_index(reader, NULL, key, &all, &index, err))
        return NULL;
    if (plan_keep(reader->plan, index.nodes.ids) || vector_add(&reader->indices, index)) {
        free(index.values);
        error_no_memory(err);
        return NULL;
    }
    return &reader->indices.items[reader->indices.count - 1];
}

/* The first of the sorted values that is not below the value, or is above it. */
static uint32_t find_bound(const struct property_index *index, const char *value, bool above)
{
    uint32_t low = 0, high = index->nodes.count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(index->values[middle], value);

        if (order < 0 || (order == 0 && above))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int refuse_key(const struct reader *reader, const struct json_at *at, const char *key,
                      struct error *err)
{
    struct resources *port = reader->platform->resources;
    uint32_t host = reader->platform->nodes[0].host;
    size_t count = resources_num_host_properties(port, host);
    const char **keys = calloc(count + 1, sizeof *keys);

    if (!keys)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        keys[i] = resources_host_property_key(port, host, i);
    refuse_word(at, "no compute node has a property", key, keys, err);
    free(keys);
    return -1;
}

static int refuse_value(const struct property_index *index, const struct json_at *at,
                        const char *value, struct error *err)
{
    const char **values = calloc((size_t)index->nodes.count + 1, sizeof *values);
    char what[QUOTE_TEXT + 64], quoted[QUOTE_TEXT];

    if (!values)
        return error_no_memory(err);
    memcpy(values, index->values, index->nodes.count * sizeof *values);
    snprintf(what, sizeof what, "no compute node has the property '%s' with the value",
             quote(index->key, quoted));
    refuse_word(at, what, value, values, err);
    free(values);
    return -1;
}

static int find_property(struct reader *reader, const struct json_at *at, struct node_list *nodes,
                         struct error *err)
{
    static const char *const known_keys[] = {"property", "value", NULL};
    struct json_at key_at = json_member(at, "property"), value_at = json_member(at, "value");
    const struct property_index *index;
    const char *key, *value;

    unknown_keys_look(&reader->unknown, at, known_keys);
    if (json_string(&key_at, &key, err) || json_string(&value_at, &value, err))
        return -1;
    index = find_index(reader, key, err);
    if (!index)
        return -1;
    if (index->nodes.count == 0)
        return refuse_key(reader, &key_at, key, err);
    uint32_t first = find_bound(index, value, false);
    *nodes = (struct node_list){&index->nodes.ids[first], find_bound(index, value, true) - first};
    return nodes->count > 0 ? 0 : refuse_value(index, &value_at, value, err);
}

/* --- What may stand in a file ---------------------------------------------------------------- */

static int refuse_type(const struct json_at *at, struct error *err)
{
    return json_error(at, err,
                      "must be a host's name, a range like 'n[0-3,7]', \"all\", an object with "
                      "'property' and 'value', or a list of these, is %s",
                      json_type_name(at->value));
}

/* Nodes that are there as a list already: all, or those with a property; no IDs otherwise. */
static int read_shared(struct reader *reader, const struct json_at *at, struct node_list *nodes,
                       struct error *err)
{
    *nodes = (struct node_list){.ids = NULL};
    if (cJSON_IsObject(at->value))
        return find_property(reader, at, nodes, err);
    if (cJSON_IsString(at->value) && strcmp(at->value->valuestring, "all") == 0)
        return nodes_read_all(reader, nodes, err);
    return 0;
}

static int add_nodes(struct reader *reader, const struct json_at *at, node_vector *nodes,
                     struct error *err)
{
    struct node_list shared;

    if (!cJSON_IsObject(at->value) && !cJSON_IsString(at->value))
        return refuse_type(at, err);
    if (read_shared(reader, at, &shared, err))
        return -1;
    if (!shared.ids)
        return add_names(reader, at, nodes, err);
    for (uint32_t i = 0; i < shared.count; i++)
        if (vector_add(nodes, shared.ids[i]))
            return error_no_memory(err);
    return 0;
}

static int add_elements(struct reader *reader, const struct json_at *at, node_vector *nodes,
                        struct error *err)
{
    const cJSON *value;
    long index = 0;

    if (!cJSON_IsArray(at->value))
        return add_nodes(reader, at, nodes, err);
    cJSON_ArrayForEach(value, at->value)
    {
        struct json_at element = json_element(at, value, index++);

        if (add_nodes(reader, &element, nodes, err))
            return -1;
    }
    return nodes->count > 0 ? 0 : json_error(at, err, "must name a node at least, is empty");
}

static int compare_ids(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* Sorts, and drops what is there twice. */
static void tidy(node_vector *nodes)
{
    size_t count = 0;

    qsort(nodes->items, nodes->count, sizeof *nodes->items, compare_ids);
    for (size_t i = 0; i < nodes->count; i++)
        if (count == 0 || nodes->items[i] != nodes->items[count - 1])
            nodes->items[count++] = nodes->items[i];
    nodes->count = count;
}

int nodes_read(struct reader *reader, const struct json_at *at, struct node_list *nodes,
               struct error *err)
{
    node_vector found = {0};

    if (read_shared(reader, at, nodes, err))
        return -1;
    if (nodes->ids)
        return 0;
    if (add_elements(reader, at, &found, err)) {
        free(found.items);
        return -1;
    }
    tidy(&found);
    *nodes = (struct node_list){found.items, (uint32_t)found.count};
    return plan_keep(reader->plan, found.items) ? error_no_memory(err) : 0;
}
