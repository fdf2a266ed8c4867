/* Errors as values: what went wrong, where, and what to do about it.
 *
 * Every function that can fail takes a `struct error *` as its last parameter, fills it and returns
 * a failure value (-1 or NULL). Only main prints an error and turns its kind into an exit status.
 * Messages start with the location (file:line, or file and JSON path), in lower case, and end
 * without a full stop: "jobs.json: jobs[3].num_nodes: must be at least 1, is 0; ...".
 */
#ifndef ELASTISIM_BASE_ERROR_H
#define ELASTISIM_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

/* The values are the exit statuses. */
enum error_kind {
    ERROR_NONE = 0,
    ERROR_FAILURE = 1,   /* anything else: out of memory, a full disk, an interrupt */
    ERROR_INPUT = 2,     /* configuration, platform, workload, application model, command line */
    ERROR_SCHEDULER = 3, /* protocol broken, impossible decision, scheduler died or timed out */
    ERROR_STUCK = 4,     /* nothing left to happen while jobs wait */
};

struct error {
    enum error_kind kind;
    char message[4096]; /* always terminated; a longer message is cut and ends in "..." */
};

/* Fills err (the first error stays: a later one is ignored while err->kind is set). Returns -1 so
 * that callers can write `return error_set(err, ...)`. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

int error_vset(struct error *err, enum error_kind kind, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* Fills err (ERROR_FAILURE), or adds "; " and the text to the error that is there. Returns -1. */
int error_append(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fills err with "out of memory". Returns -1. */
int error_no_memory(struct error *err);

/* Puts "PREFIX: " before the message, to add a location that the callee could not know. Returns -1.
 */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Warnings go to standard error as "elastisim: warning: MESSAGE"; with strict set they are errors.
 */
struct warnings {
    bool strict;
    unsigned count; /* printed so far */
};

/* Prints a warning and returns 0, or, when warnings->strict, fills err (ERROR_INPUT) and returns
 * -1. A NULL warnings drops the warning. */
int warnings_add(struct warnings *warnings, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
