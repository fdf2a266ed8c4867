/* Reading JSON with errors that say where.
 *
 * cJSON knows no positions, so a reader carries its own: every value is reached through a
 * `struct json_at`, a chain of stack frames from the document down (file, key or index), which is
 * turned into a path ("jobs.json: jobs[3].arguments.x") only when a message needs it. Syntax errors
 * are located as FILE:LINE:COLUMN. Keys are matched case-sensitively; a key given twice is an
 * error.
 */
#ifndef ELASTISIM_BASE_JSON_H
#define ELASTISIM_BASE_JSON_H

#include "base/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

struct json_at {
    const struct json_at *parent; /* NULL at the root; parents outlive their children */
    const char *file;             /* at the root: the file's name as the user wrote it */
    const char *key;              /* the member of the parent object; NULL for an array element */
    long index;                   /* the element of the parent array, -1 for a member */
    const cJSON *value;           /* never NULL */
};

/* A whole document; owns the tree and the name. */
struct json_document {
    char *file;
    cJSON *root;
};

/* Reads and parses a file (at most 1 GiB). Returns 0, or -1 with err (missing file, directory,
 * syntax with line and column, data after the end, a key given twice in one object). */
int json_read(struct json_document *document, const char *path, struct error *err);
/* Parses text; `name` stands for the file in messages. Need not be terminated. */
int json_parse(struct json_document *document, const char *name, const char *text, size_t length,
               struct error *err);
/* Frees what the document owns; fine on a zeroed one. */
void json_close(struct json_document *document);

struct json_at json_root(const struct json_document *document);
/* The member `key` of an object, or one whose value is NULL when the object lacks it. */
struct json_at json_member(const struct json_at *at, const char *key);
struct json_at json_element(const struct json_at *at, const cJSON *value, long index);

/* Writes "FILE: PATH" ("FILE" for the root) into buffer (cut when too long); returns buffer. */
const char *json_where(const struct json_at *at, char *buffer, size_t size);
/* The same without the file: "PATH", "" for the root. */
const char *json_path(const struct json_at *at, char *buffer, size_t size);

/* Fills err (ERROR_INPUT) with "WHERE: MESSAGE"; returns -1. */
int json_error(const struct json_at *at, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What a value must be. Each returns 0 and sets *result, or -1 with an error that names the place,
 * the type wanted and the type found. Numbers are finite; integers have no fractional part (3.0 is
 * one) and lie within [minimum, maximum]. Strings are borrowed from the document. */
int json_string(const struct json_at *at, const char **result, struct error *err);
int json_number(const struct json_at *at, double *result, struct error *err);
int json_number_in(const struct json_at *at, double minimum, double maximum, double *result,
                   struct error *err);
int json_integer(const struct json_at *at, long long minimum, long long maximum, long long *result,
                 struct error *err);
int json_bool(const struct json_at *at, bool *result, struct error *err);
int json_object(const struct json_at *at, struct error *err);
int json_array(const struct json_at *at, struct error *err);

/* The nearest of the names (NULL-terminated) to a word, ignoring case; NULL when none is near. */
const char *json_nearest_name(const char *word, const char *const *names);

/* Streaming: visits the elements of one array of a large top-level object without holding the whole
 * tree (a million jobs take the memory of one). `visit` gets each element of member `key`, in
 * order, located as KEY[INDEX]; the other members of the top-level object are given to `other` (may
 * be NULL) as members of the root. A visitor returns 0 or -1 with err. Fails when the top level is
 * no object, the member is missing or no array, or the syntax is wrong (with line and column). */
struct json_stream {
    const char *key;
    int (*visit)(void *context, const struct json_at *element, struct error *err);
    int (*other)(void *context, const struct json_at *member, struct error *err);
    void *context;
};
int json_read_stream(const char *path, const struct json_stream *stream, struct error *err);

/* The name of a value's JSON type for messages: "a string", "an object"... */
const char *json_type_name(const cJSON *value);

/* --- For those that read documents in parts ------------------------------------------------- */

/* Refuses a key that is given twice in one object, anywhere below. Returns 0, or -1 with err. */
int json_check_duplicates(const struct json_at *at, struct error *err);
/* Refuses a key given twice, for the keys of the object at `at` (sorts them). */
int json_check_keys(const struct json_at *at, char **keys, size_t count, struct error *err);

#endif
