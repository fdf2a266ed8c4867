/* Reading payloads: numbers, performance models and lists. */
#include "application/reader.h"
#include "base/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Room for a path to the deepest value that a message names. */
enum { WHERE_TEXT = 4096 };

struct form {
    double minimum, maximum;
    bool list;
    const char *expected;
};

static const struct form forms[] = {
    [PAYLOAD_FORM_LOAD] = {0, MOST_LOAD, true,
                           "a number, a performance model (a string) or a list of numbers"},
    [PAYLOAD_FORM_COUNT] = {0, INFINITY, false, "a number or a performance model (a string)"},
    [PAYLOAD_FORM_REQUEST] = {-INFINITY, INFINITY, false,
                              "a number or a performance model (a string)"},
};

static bool knows_variable(const struct application *application, const char *name)
{
    for (size_t i = 0; i < application->num_variables; i++)
        if (strcmp(application->variables[i], name) == 0)
            return true;
    return false;
}

static int add_variable(struct application *application, const char *name, struct error *err)
{
    if (array_reserve(application->variables, application->variables_room,
                      application->num_variables + 1))
        return error_no_memory(err);
    application->variables[application->num_variables] = strdup(name);
    return !application->variables[application->num_variables++] ? error_no_memory(err) : 0;
}

static int read_model(struct application *application, const struct json_at *at,
                      struct payload *payload, struct error *err)
{
    const char *text;

    if (json_string(at, &text, err))
        return -1;
    payload->kind = PAYLOAD_MODEL;
    payload->model = expression_compile(text, err);
    if (!payload->model)
        return error_prefix(err, "%s", payload->where);
    for (size_t i = 0; i < expression_num_variables(payload->model); i++) {
        const char *name = expression_variable(payload->model, i);

        if (!knows_variable(application, name) && add_variable(application, name, err))
            return -1;
    }
    return 0;
}

static int read_list(struct application *application, const struct json_at *at,
                     struct payload *payload, struct error *err)
{
    size_t length = (size_t)cJSON_GetArraySize(at->value);
    const cJSON *value;

    if (length == 0)
        return json_error(at, err, "must have a number for each rank, is empty");
    payload->list = malloc(length * sizeof *payload->list);
    if (!payload->list)
        return error_no_memory(err);
    payload->kind = PAYLOAD_LIST;
    cJSON_ArrayForEach(value, at->value)
    {
        struct json_at element = json_element(at, value, (long)payload->length);

        if (json_number_in(&element, 0, MOST_LOAD, &payload->list[payload->length], err))
            return -1;
        payload->length++;
    }
    application->has_list = true;
    return 0;
}

int payload_read(struct reader *reader, const struct json_at *at, enum payload_form form,
                 struct payload *payload, struct error *err)
{
    char where[WHERE_TEXT];

    *payload = (struct payload){.where = strdup(json_where(at, where, sizeof where))};
    if (!payload->where)
        return error_no_memory(err);
    if (cJSON_IsNumber(at->value)) {
        payload->kind = PAYLOAD_NUMBER;
        return json_number_in(at, forms[form].minimum, forms[form].maximum, &payload->number, err);
    }
    if (cJSON_IsString(at->value))
        return read_model(reader->application, at, payload, err);
    if (cJSON_IsArray(at->value) && forms[form].list)
        return read_list(reader->application, at, payload, err);
    return json_error(at, err, "must be %s, is %s", forms[form].expected,
                      json_type_name(at->value));
}

void payload_free(struct payload *payload)
{
    expression_destroy(payload->model);
    free(payload->list);
    free(payload->where);
    *payload = (struct payload){.kind = PAYLOAD_NONE};
}
