/* Promise: a line is refused, or means exactly what the same words on a command line would. */
#include "batch/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const known_keys[] = {"id",        "configuration", "set", "output",
                                         "scheduler", "check",         NULL};

static bool is_given(const struct json_at *member)
{
    return member->value && !cJSON_IsNull(member->value);
}

static int read_text(const struct json_at *root, const char *key, const char **result,
                     struct error *err)
{
    struct json_at member = json_member(root, key);
    if (!is_given(&member))
        return 0;
    if (json_string(&member, result, err))
        return -1;
    return **result ? 0 : json_error(&member, err, "must not be empty");
}

static int check_keys(const struct json_at *root, struct error *err)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, root->value)
    {
        size_t i = 0;
        while (known_keys[i] && strcmp(known_keys[i], member->string) != 0)
            i++;
        struct json_at at = json_member(root, member->string);
        if (!known_keys[i])
            return json_error(&at, err,
                              "unknown key; known are id, configuration, set, output, scheduler "
                              "and check");
    }
    return 0;
}

/* "KEY=VALUE"; NULL when out of memory. */
static char *setting_text(const cJSON *value)
{
    char *printed = cJSON_IsString(value) ? NULL : cJSON_PrintUnformatted(value);
    const char *text = cJSON_IsString(value) ? value->valuestring : printed;
    size_t size = text ? strlen(value->string) + strlen("=") + strlen(text) + 1 : 0;
    char *setting = text ? malloc(size) : NULL;
    if (setting)
        snprintf(setting, size, "%s=%s", value->string, text);
    cJSON_free(printed);
    return setting;
}

static int read_settings(struct batch_line *line, const struct json_at *root, struct error *err)
{
    struct json_at set = json_member(root, "set");
    const cJSON *value;
    if (!is_given(&set))
        return 0;
    if (json_object(&set, err))
        return -1;
    line->settings = calloc((size_t)cJSON_GetArraySize(set.value) + 1, sizeof *line->settings);
    if (!line->settings)
        return error_no_memory(err);
    line->run.settings = (const char *const *)line->settings;
    cJSON_ArrayForEach(value, set.value)
    {
        if (!(line->settings[line->run.num_settings] = setting_text(value)))
            return error_no_memory(err);
        line->run.num_settings++;
    }
    return 0;
}

static int read_run(struct batch_line *line, const struct json_at *root, struct error *err)
{
    struct batch_run *run = &line->run;
    struct json_at check = json_member(root, "check");
    struct json_at configuration = json_member(root, "configuration");
    if (check_keys(root, err) || read_text(root, "configuration", &run->configuration, err) ||
        read_text(root, "output", &run->output, err) ||
        read_text(root, "scheduler", &run->scheduler, err) || read_settings(line, root, err) ||
        (is_given(&check) && json_bool(&check, &run->check, err)))
        return -1;
    return run->configuration
               ? 0
               : json_error(&configuration, err, "is missing; name a configuration file");
}

static int read_id(struct batch_line *line, const struct json_at *root, struct error *err)
{
    const char *given = NULL;
    if (read_text(root, "id", &given, err))
        return -1;
    char *id = given ? strdup(given) : NULL;
    if (given && !id)
        return error_no_memory(err);
    if (id) {
        free(line->id);
        line->id = id;
    }
    return 0;
}

int batch_line_read(struct batch_line *line, unsigned long number, const char *text, size_t length,
                    struct error *err)
{
    char name[32];
    *line = (struct batch_line){0};
    snprintf(name, sizeof name, "%lu", number);
    line->id = strdup(name);
    snprintf(name, sizeof name, "line %lu", number);
    if (!line->id)
        return error_no_memory(err);
    if (json_parse(&line->document, name, text, length, err))
        return -1;
    struct json_at root = json_root(&line->document);
    return json_object(&root, err) || read_id(line, &root, err) || read_run(line, &root, err) ? -1
                                                                                              : 0;
}

void batch_line_release(struct batch_line *line)
{
    for (size_t i = 0; i < line->run.num_settings; i++)
        free(line->settings[i]);
    free(line->settings);
    free(line->id);
    json_close(&line->document);
    *line = (struct batch_line){0};
}
