/* Promise: what is written arrives in order and whole rows of it survive whatever ends the run, as
 * long as output_close is called. A file that can't take more is cut to its last whole row at once,
 * which leaves room for the others. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "results/output.h"

#include "base/decimal.h"
#include "base/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE (1U << 18)
/* Of the name of a file that is not complete yet; mkstemp fills in the last six. */
#define PART_SUFFIX ".part-XXXXXX"

/* Decimal digits that a double keeps in any case: numbers such as 0.1 show no more of themselves.
 */
enum { MOST_EXACT_DIGITS = 15 };

/* --- Opening ------------------------------------------------------------------------------- */

static bool has_buffers(const struct output *output)
{
    return output->buffer && output->row_ends;
}

static int start_writing(struct output *output, const char *path, int descriptor, struct error *err)
{
    *output = (struct output){.path = path,
                              .buffer = malloc(BUFFER_SIZE),
                              .size = BUFFER_SIZE,
                              .row_ends = calloc(1, BUFFER_SIZE / CHAR_BIT),
                              .descriptor = descriptor};
    if (has_buffers(output))
        return 0;
    close(descriptor);
    free(output->buffer);
    free(output->row_ends);
    *output = (struct output){0};
    return error_no_memory(err);
}

int output_open(struct output *output, const char *path, const char *config, const char *key,
                struct error *err)
{
    *output = (struct output){0};
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    char quoted[QUOTE_TEXT];
    if (descriptor < 0)
        return error_set(err, ERROR_INPUT, "%s: %s: cannot write '%s': %s", config, key,
                         quote(path, quoted), strerror(errno));
    return start_writing(output, path, descriptor, err);
}

/* --- Text in memory ------------------------------------------------------------------------ */

enum { MEMORY_SIZE = 4096 };

static bool is_in_memory(const struct output *output)
{
    return output->descriptor < 0;
}

int output_open_memory(struct output *output, struct error *err)
{
    *output = (struct output){.buffer = malloc(MEMORY_SIZE), .size = MEMORY_SIZE, .descriptor = -1};
    return output->buffer ? 0 : error_no_memory(err);
}

void output_remove_front(struct output *output, size_t bytes)
{
    output->used -= bytes;
    memmove(output->buffer, output->buffer + bytes, output->used);
}

void output_close_memory(struct output *output)
{
    free(output->buffer);
    *output = (struct output){0};
}

/* --- Files that are complete or absent ----------------------------------------------------- */

/* Opens a file beside `target`, which may be accessed alike; -1 when that can't be. */
static int open_beside(char *name, const char *target, mode_t mode)
{
    sprintf(name, "%s%s", target, PART_SUFFIX);
    int descriptor = mkstemp(name);
    if (descriptor < 0)
        return -1;
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    fchmod(descriptor, mode);
    return descriptor;
}

/* Where no file can be made beside it, it is written in place. */
static void move_aside(struct output *output)
{
    struct stat status;
    char *target = realpath(output->path, NULL);
    char *part = target ? malloc(strlen(target) + sizeof PART_SUFFIX) : NULL;
    bool regular = fstat(output->descriptor, &status) == 0 && S_ISREG(status.st_mode);
    int descriptor = part && regular ? open_beside(part, target, status.st_mode & 0777) : -1;
    if (descriptor < 0) {
        free(target);
        free(part);
        return;
    }
    close(output->descriptor);
    unlink(target);
    output->descriptor = descriptor;
    output->target = target;
    output->part = part;
}

/* Room that no other file takes. Returns an errno; 0 also where there is no such thing. */
static int keep_room(int descriptor, uint64_t bytes)
{
    int failed;
    do
        failed = posix_fallocate(descriptor, 0, (off_t)bytes);
    while (failed == EINTR);
    return failed == ENOSPC || failed == EDQUOT || failed == EFBIG ? failed : 0;
}

int output_set_aside(struct output *output, uint64_t bytes, struct error *err)
{
    move_aside(output);
    int failed = output->part ? keep_room(output->descriptor, bytes) : 0;
    if (!failed)
        return 0;
    output->failure = failed;
    output->told = true;
    return error_set(err, ERROR_FAILURE,
                     "%s: there is no room for the %llu bytes that it may take: %s; make room, or "
                     "name a file elsewhere",
                     output->path, (unsigned long long)bytes, strerror(failed));
}

/* Puts the file where it belongs, or removes what there is of it. */
static void finish_part(struct output *output, bool fine)
{
    if (fine && rename(output->part, output->target))
        output->failure = errno;
    if (!fine || output->failure)
        unlink(output->part);
    free(output->part);
    free(output->target);
}

/* --- Failures ------------------------------------------------------------------------------ */

bool output_is_open(const struct output *output)
{
    return output->buffer;
}

int output_check(struct output *output, struct error *err)
{
    if (!output->failure)
        return 0;
    if (output->told)
        return -1;
    output->told = true;
    const char *rest = output->part  ? "; it is left out"
                       : output->cut ? "; it ends with a whole row"
                                     : "";
    return error_append(err, "%s: cannot write all of it: %s%s", output->path,
                        strerror(output->failure), rest);
}

/* --- Bytes --------------------------------------------------------------------------------- */

static void write_out(struct output *output, const char *bytes, size_t count)
{
    while (count > 0 && !output->failure) {
        ssize_t written = write(output->descriptor, bytes, count);
        if (written < 0 && errno != EINTR)
            output->failure = errno;
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
            output->written += (uint64_t)written;
        }
    }
}

static bool row_ends_at(const struct output *output, size_t place)
{
    return output->row_ends[place / CHAR_BIT] >> place % CHAR_BIT & 1;
}

/* That many bytes of the buffer have arrived in the file, which had `before` until then. */
static void note_whole_rows(struct output *output, uint64_t before, size_t arrived)
{
    while (arrived > 0 && !row_ends_at(output, arrived - 1))
        arrived--;
    if (arrived > 0)
        output->whole = before + arrived;
    memset(output->row_ends, 0, (output->used + CHAR_BIT - 1) / CHAR_BIT);
}

/* What is not a file can't be cut, and need not be. */
static void cut_to_whole_rows(struct output *output)
{
    output->cut = ftruncate(output->descriptor, (off_t)output->whole) == 0;
    if (output->cut)
        output->written = output->whole;
}

static void flush(struct output *output)
{
    uint64_t before = output->written;
    bool was_fine = !output->failure;
    write_out(output, output->buffer, output->used);
    note_whole_rows(output, before, (size_t)(output->written - before));
    output->used = 0;
    if (was_fine && output->failure)
        cut_to_whole_rows(output);
}

/* What was kept free and is not needed goes back. */
static void give_room_back(struct output *output)
{
    if (output->part && ftruncate(output->descriptor, (off_t)output->written))
        output->failure = errno;
}

int output_close(struct output *output, struct error *err)
{
    if (!output->buffer)
        return 0;
    flush(output);
    give_room_back(output);
    if (close(output->descriptor) && !output->failure)
        output->failure = errno;
    int status = output_check(output, err);
    if (output->part)
        finish_part(output, status == 0);
    status = output_check(output, err);
    free(output->buffer);
    free(output->row_ends);
    *output = (struct output){0};
    return status;
}

static void write_past_buffer(struct output *output, const char *bytes, size_t count)
{
    bool was_fine = !output->failure;
    write_out(output, bytes, count);
    if (was_fine && output->failure)
        cut_to_whole_rows(output);
}

static void grow(struct output *output, size_t count)
{
    size_t size = 2 * (output->used + count);
    char *buffer = realloc(output->buffer, size);
    if (!buffer) {
        output->failure = ENOMEM;
        return;
    }
    output->buffer = buffer;
    output->size = size;
}

void output_make_room(struct output *output, const char *bytes, size_t count)
{
    if (is_in_memory(output))
        grow(output, count);
    else
        flush(output);
    if (count <= output->size - output->used)
        output_bytes(output, bytes, count);
    else if (!is_in_memory(output))
        write_past_buffer(output, bytes, count);
}

void output_end_row(struct output *output)
{
    output_char(output, '\n');
    size_t place = output->used - 1;
    output->row_ends[place / CHAR_BIT] |= (unsigned char)(1U << place % CHAR_BIT);
}

/* --- Numbers ------------------------------------------------------------------------------- */

size_t output_format_number(char buffer[OUTPUT_NUMBER_SIZE], double value)
{
    return decimal_write(buffer, value == 0 ? 0 : value, MOST_EXACT_DIGITS);
}

void output_number(struct output *output, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    struct written_number *known =
        &output->known[bits * UINT64_C(0x9E3779B97F4A7C15) >> 32 & (OUTPUT_KNOWN_NUMBERS - 1)];
    /* By its bits, as -0 is written in another way than 0. */
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
    if (known->length == 0 || memcmp(&known->value, &value, sizeof value) != 0) {
        known->value = value;
        known->length = output_format_number(known->text, value);
    }
    output_bytes(output, known->text, known->length);
}

void output_count(struct output *output, uint64_t value)
{
    char text[DECIMAL_WHOLE_TEXT];
    if (output->size - output->used >= DECIMAL_WHOLE_TEXT)
        output->used += decimal_write_whole(output->buffer + output->used, value);
    else
        output_bytes(output, text, decimal_write_whole(text, value));
}

/* --- Text ---------------------------------------------------------------------------------- */

void output_field(struct output *output, const char *text)
{
    if (!text)
        return;
    if (!strpbrk(text, ",\"\r\n")) {
        output_text(output, text);
        return;
    }
    output_char(output, '"');
    for (; *text; text++) {
        if (*text == '"')
            output_char(output, '"');
        output_char(output, *text);
    }
    output_char(output, '"');
}

void output_json(struct output *output, const char *text)
{
    output_char(output, '"');
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        char escaped[8];
        if (byte == '"' || byte == '\\') {
            output_char(output, '\\');
            output_char(output, *text);
        } else if (byte < ' ') {
            output_bytes(output, escaped,
                         (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", byte));
        } else {
            output_char(output, *text);
        }
    }
    output_char(output, '"');
}
