/* A file that results are written to: buffered, with numbers formatted fast.
 *
 * Writing never fails at once: output_check tells, and output_close tells at the latest.
 */
#ifndef ELASTISIM_RESULTS_OUTPUT_H
#define ELASTISIM_RESULTS_OUTPUT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT_NUMBER_SIZE 32

/* A number that was written lately, with its text: rows that belong together repeat numbers. */
struct written_number {
    double value;
    size_t length; /* 0 for none */
    char text[OUTPUT_NUMBER_SIZE];
};

#define OUTPUT_KNOWN_NUMBERS 16

/* Zeroed when the file is not asked for: only output_is_open and output_close may then be called.
 */
struct output {
    const char *path; /* borrowed */
    char *buffer;     /* owned */
    size_t used;
    int descriptor;
    int failure; /* errno of the first write that failed */
    struct written_number known[OUTPUT_KNOWN_NUMBERS];
};

/* Creates the file, and the folders above it. `config` and `key` name in messages who asks for it.
 * Returns 0, or -1 with err (ERROR_INPUT). */
int output_open(struct output *output, const char *path, const char *config, const char *key,
                struct error *err);
bool output_is_open(const struct output *output);
/* Returns 0, or -1 with err when something could not be written. */
int output_check(const struct output *output, struct error *err);
/* Writes what is left and closes. Returns whether everything was written. */
bool output_close(struct output *output);

void output_bytes(struct output *output, const char *bytes, size_t count);
void output_text(struct output *output, const char *text);
void output_char(struct output *output, char character);
void output_count(struct output *output, uint64_t value);
/* No more digits than needed, 15 at most; "0" for minus zero. */
void output_number(struct output *output, double value);
/* A field of a CSV file, quoted where it must be; nothing for NULL. */
void output_field(struct output *output, const char *text);
/* A JSON string with its quotes. */
void output_json(struct output *output, const char *text);

/* What output_number writes, as text; returns its length. */
size_t format_number(char buffer[OUTPUT_NUMBER_SIZE], double value);

#endif
