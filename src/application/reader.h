/* Between the files that read application models; nobody else includes this.
 *
 * names.c turns names into enums, payload.c reads loads and counts, task.c reads tasks, and
 * application.c reads blocks and the document.
 */
#ifndef ELASTISIM_APPLICATION_READER_H
#define ELASTISIM_APPLICATION_READER_H

#include "application/application.h"
#include "base/json.h"
#include "base/unknown_keys.h"

/* What a reader needs beside the value at hand. */
struct reader {
    struct application *application; /* totals and variables grow while reading */
    struct warnings *warnings;
    struct unknown_keys *unknown;
};

/* Reads a name (any letter case) and sets *result to the enum's value. Returns 0, or -1 with err:
 * not a string, or an unknown name with the nearest known one. */
int task_type_read(const struct json_at *at, enum task_type *result, struct error *err);
int vector_pattern_read(const struct json_at *at, enum vector_pattern *result, struct error *err);
int matrix_pattern_read(const struct json_at *at, enum matrix_pattern *result, struct error *err);

/* Whether an object has the member and it is not null; sets *member either way. */
bool reader_member(const struct json_at *at, const char *key, struct json_at *member);

/* Reads the boolean member `key` into *result, which stays as it is when the member is absent. */
int reader_bool(const struct json_at *at, const char *key, bool *result, struct error *err);

/* What a payload may be, beside a performance model. */
enum payload_form {
    PAYLOAD_FORM_LOAD,    /* a number, not negative, or a list of them */
    PAYLOAD_FORM_COUNT,   /* a number, not negative */
    PAYLOAD_FORM_REQUEST, /* any number */
};

/* Reads the value at `at` into *payload, compiles its model and notes the model's variables in the
 * application. *payload is zeroed before, and is to be freed with payload_free in every case. */
int payload_read(struct reader *reader, const struct json_at *at, enum payload_form form,
                 struct payload *payload, struct error *err);
void payload_free(struct payload *payload);

/* Reads the list of tasks at `at`, and those nested in them, to the end of the block. */
int tasks_read(struct reader *reader, struct block *block, const struct json_at *at, size_t depth,
               struct error *err);
/* Frees what a task owns. */
void task_free(struct task *task);

#endif
