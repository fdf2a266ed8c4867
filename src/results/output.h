/* A file that results are written to: buffered, with numbers formatted fast.
 *
 * Writing never fails at once: output_check tells, and output_close tells at the latest. A file
 * that can't take all that is written to it ends with its last whole row.
 */
#ifndef ELASTISIM_RESULTS_OUTPUT_H
#define ELASTISIM_RESULTS_OUTPUT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
    const char *path;        /* borrowed */
    char *buffer;            /* owned */
    size_t used, size;       /* of the buffer */
    unsigned char *row_ends; /* owned: a bit for each byte of the buffer that ends a row */
    uint64_t written;        /* bytes in the file */
    uint64_t whole;          /* of these, up to the end of the last whole row */
    int descriptor;
    int failure;  /* errno of the first write that failed */
    bool cut;     /* to its last whole row, after that */
    bool told;    /* in an error */
    char *part;   /* owned; name of the file until it is complete; NULL: written in place */
    char *target; /* owned, with part: what the path leads to */
    struct written_number known[OUTPUT_KNOWN_NUMBERS];
};

/* Creates the file in a folder that is there. `config` and `key` name in messages who asks for it.
 * Returns 0, or -1 with err (ERROR_INPUT). */
int output_open(struct output *output, const char *path, const char *config, const char *key,
                struct error *err);
bool output_is_open(const struct output *output);
/* From now on the file is written beside its path, where no file is until output_close moves the
 * complete one there; if not all of it can be written, there will be none. Before anything is
 * written. `bytes` are kept free for it on the disk. What is not a regular file is written as
 * usual, and so is one beside which no other may be made. Returns 0, or -1 with err (ERROR_FAILURE)
 * when there is no room. */
int output_set_aside(struct output *output, uint64_t bytes, struct error *err);
/* Returns 0, or -1 when something could not be written: added to err once. */
int output_check(struct output *output, struct error *err);
/* Writes what is left and closes. Returns as output_check does. */
int output_close(struct output *output, struct error *err);

/* Text that stays in memory, in buffer[0] to buffer[used - 1], until it is removed; failure is set
 * when there was no memory for all of it. Rows don't end in it. Returns 0, or -1 with err. */
int output_open_memory(struct output *output, struct error *err);
/* Removes the first bytes; there are that many. */
void output_remove_front(struct output *output, size_t bytes);
/* Fine on a zeroed one. */
void output_close_memory(struct output *output);

/* For output_bytes: what has no room in the buffer. */
void output_make_room(struct output *output, const char *bytes, size_t count);

static inline void output_bytes(struct output *output, const char *bytes, size_t count)
{
    if (count > output->size - output->used) {
        output_make_room(output, bytes, count);
        return;
    }
    memcpy(output->buffer + output->used, bytes, count);
    output->used += count;
}

static inline void output_text(struct output *output, const char *text)
{
    output_bytes(output, text, strlen(text));
}

static inline void output_char(struct output *output, char character)
{
    output_bytes(output, &character, 1);
}

/* A line feed that ends a row: what is cut is cut there. */
void output_end_row(struct output *output);
void output_count(struct output *output, uint64_t value);
/* No more digits than needed, 15 at most; "0" for minus zero. */
void output_number(struct output *output, double value);
/* A field of a CSV file, quoted where it must be; nothing for NULL. */
void output_field(struct output *output, const char *text);
/* A JSON string with its quotes. */
void output_json(struct output *output, const char *text);

/* What output_number writes, as text; returns its length. */
size_t output_format_number(char buffer[OUTPUT_NUMBER_SIZE], double value);

#endif
