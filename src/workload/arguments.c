/* Reads the arguments and attributes of jobs.
 *
 * Jobs share the copies of their keys, and string arguments with equal texts share one compiled
 * model.
 */
#include "base/number.h"
#include "workload/environment.h"
#include "workload/reader.h"

#include <math.h>

enum { WHERE_TEXT = 512 };

char *reader_share_text(struct workload_reader *reader, struct table *table, const char *text,
                        bool *is_new, struct error *err)
{
    char *copy = table_find(table, text);

    if (is_new)
        *is_new = copy == NULL;
    if (!copy) {
        copy = store_text(&reader->workload->store, text);
        if (!copy || table_add(table, copy, copy)) {
            error_no_memory(err);
            return NULL;
        }
    }
    return copy;
}

/* A text that compiles as little as it is a number is an error only once a model uses it: what
 * ElastiSim's users put into arguments is sometimes for the scheduler alone. */
static int make_text(struct shared_text *shared, struct error *err)
{
    struct error ignored = {.kind = ERROR_NONE};

    if (number_parse(shared->text, &shared->number))
        return 0;
    shared->model = expression_compile(shared->text, &ignored);
    shared->number = NAN;
    return !shared->model && ignored.kind != ERROR_INPUT ? error_no_memory(err) : 0;
}

static const struct shared_text *find_text(struct workload_reader *reader, const char *text,
                                           struct error *err)
{
    struct workload *workload = reader->workload;
    struct shared_text *shared = table_find(&reader->texts, text);

    if (shared)
        return shared;
    shared = store_allocate(&workload->store, sizeof *shared);
    if (shared)
        shared->text = store_text(&workload->store, text);
    if (!shared || !shared->text || table_add(&reader->texts, shared->text, shared)) {
        error_no_memory(err);
        return NULL;
    }
    /* From here on the workload frees the model. */
    shared->next = workload->texts;
    workload->texts = shared;
    return make_text(shared, err) == 0 ? shared : NULL;
}

static int read_argument_key(struct workload_reader *reader, const struct json_at *at, char **key,
                             struct error *err)
{
    char where[WHERE_TEXT];
    bool is_new;

    *key = reader_share_text(reader, &reader->argument_keys, at->key, &is_new, err);
    if (*key == NULL)
        return -1;
    if (!is_new || !environment_is_builtin(*key))
        return 0;
    return warnings_add(
        reader->warnings, err,
        "%s: has no effect where the built-in variable of this name exists; rename it",
        json_where(at, where, sizeof where));
}

static int number_copy(struct workload_reader *reader, double number, char **text,
                       struct error *err)
{
    char buffer[NUMBER_TEXT];

    *text = store_text(&reader->workload->store, number_text(number, buffer));
    return *text != NULL ? 0 : error_no_memory(err);
}

static int read_argument(struct workload_reader *reader, const struct json_at *at,
                         struct argument *argument, struct error *err)
{
    const struct shared_text *shared;

    if (read_argument_key(reader, at, &argument->key, err))
        return -1;
    if (cJSON_IsNumber(at->value)) {
        return json_number(at, &argument->number, err) != 0
                   ? -1
                   : number_copy(reader, argument->number, &argument->text, err);
    }
    if (!cJSON_IsString(at->value)) {
        return json_error(at, err, "must be a number or a string, is %s",
                          json_type_name(at->value));
    }
    shared = find_text(reader, at->value->valuestring, err);
    if (!shared)
        return -1;
    argument->text = shared->text;
    argument->number = shared->number;
    argument->model = shared->model;
    return 0;
}

static int read_attribute(struct workload_reader *reader, const struct json_at *at,
                          struct attribute *attribute, struct error *err)
{
    double number;

    attribute->key = reader_share_text(reader, &reader->attribute_keys, at->key, NULL, err);
    if (!attribute->key)
        return -1;
    if (cJSON_IsNumber(at->value)) {
        return json_number(at, &number, err) != 0
                   ? -1
                   : number_copy(reader, number, &attribute->text, err);
    }
    if (cJSON_IsString(at->value)) {
        attribute->text = store_text(&reader->workload->store, at->value->valuestring);
    } else if (cJSON_IsBool(at->value)) {
        attribute->text =
            store_text(&reader->workload->store, cJSON_IsTrue(at->value) ? "true" : "false");
    } else {
        return json_error(at, err, "must be a number, a string or a boolean, is %s",
                          json_type_name(at->value));
    }
    return attribute->text ? 0 : error_no_memory(err);
}

/* Allocates room for the members of an object; *items stays NULL when there are none. */
static int allocate_items(struct workload_reader *reader, const struct json_at *at, size_t size,
                          void **items, struct error *err)
{
    size_t count;

    *items = NULL;
    if (json_object(at, err))
        return -1;
    count = (size_t)cJSON_GetArraySize(at->value);
    if (count == 0)
        return 0;
    *items = store_allocate(&reader->workload->store, count * size);
    return *items != NULL ? 0 : error_no_memory(err);
}

int arguments_read(struct workload_reader *reader, const struct json_at *at,
                   struct arguments *arguments, struct error *err)
{
    const cJSON *value;
    void *items;

    if (allocate_items(reader, at, sizeof *arguments->items, &items, err))
        return -1;
    arguments->items = items;
    cJSON_ArrayForEach(value, at->value)
    {
        struct json_at member = {at, NULL, value->string, -1, value};

        if (read_argument(reader, &member, &arguments->items[arguments->count++], err))
            return -1;
    }
    return 0;
}

int attributes_read(struct workload_reader *reader, const struct json_at *at,
                    struct attributes *attributes, struct error *err)
{
    const cJSON *value;
    void *items;

    if (allocate_items(reader, at, sizeof *attributes->items, &items, err))
        return -1;
    attributes->items = items;
    cJSON_ArrayForEach(value, at->value)
    {
        struct json_at member = {at, NULL, value->string, -1, value};

        if (read_attribute(reader, &member, &attributes->items[attributes->count++], err))
            return -1;
    }
    return 0;
}
