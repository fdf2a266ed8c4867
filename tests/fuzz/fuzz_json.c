/* Any bytes as JSON: a document or an error with a place, never a crash; a stream agrees. */
#include "base/json.h"
#include "base/unknown_keys.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file that each input goes to: one per process. */
static const char *input_path(void)
{
    static char path[64];

    if (path[0] == '\0')
        snprintf(path, sizeof path, "/tmp/fuzz-json-%ld.json", (long)getpid());
    return path;
}

static void write_input(const uint8_t *data, size_t size)
{
    FILE *file = fopen(input_path(), "w");

    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
}

/* An error says that the input is wrong, and nothing else. */
static void check_error(int status, const struct error *err)
{
    if (err->kind != (status == 0 ? ERROR_NONE : ERROR_INPUT))
        abort();
}

/* Tries every reader at every place: each succeeds or fills an error. */
static int visit(void *context, const struct json_at *at, struct error *ignored)
{
    static const char *const known[] = {"type", "walltime", "jobs", NULL};
    struct warnings strict = {.strict = true};
    struct unknown_keys unknown = {.file = "fuzz.json"};
    struct error err[7];
    const char *text;
    double number;
    long long integer;
    bool flag;

    (void)context;
    (void)ignored;
    memset(err, 0, sizeof err);
    check_error(json_string(at, &text, &err[0]), &err[0]);
    check_error(json_number_in(at, -1, 1, &number, &err[1]), &err[1]);
    check_error(json_integer(at, -1, 1, &integer, &err[2]), &err[2]);
    check_error(json_bool(at, &flag, &err[3]), &err[3]);
    check_error(json_object(at, &err[4]), &err[4]);
    check_error(json_array(at, &err[5]), &err[5]);
    unknown_keys_look(&unknown, at, known);
    check_error(unknown_keys_tell(&unknown, &strict, &err[6]), &err[6]);
    return 0;
}

static void visit_all(const struct json_at *at)
{
    const cJSON *child;
    long index = 0;

    visit(NULL, at, NULL);
    cJSON_ArrayForEach(child, at->value)
    {
        struct json_at below = cJSON_IsObject(at->value) ? json_member(at, child->string)
                                                         : json_element(at, child, index++);
        if (below.value != child)
            abort();
        visit_all(&below);
    }
}

static int parse(const uint8_t *data, size_t size, struct error *err)
{
    struct json_document document;
    int status = json_parse(&document, "input", (const char *)data, size, err);

    check_error(status, err);
    if (status == 0) {
        struct json_at root = json_root(&document);
        visit_all(&root);
        json_close(&document);
    }
    return status;
}

static int stream(const uint8_t *data, size_t size)
{
    static const struct json_stream visitors = {.key = "jobs", .visit = visit, .other = visit};
    struct error err = {.kind = ERROR_NONE};
    int status;

    write_input(data, size);
    status = json_read_stream(input_path(), &visitors, &err);
    unlink(input_path());
    check_error(status, &err);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {.kind = ERROR_NONE};
    int parsed = parse(data, size, &err);

    /* A stream counts nesting from its elements. */
    if (stream(data, size) == 0 && parsed != 0 && !strstr(err.message, "nested"))
        abort();
    return 0;
}
