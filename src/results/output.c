/* Promise: what is written arrives in order and whole rows of it survive whatever ends the run, as
 * long as output_close is called. */
#include "results/output.h"

#include "base/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE (1U << 18)

/* Numbers with no more decimals than this are formatted without printf. */
#define FEW_DECIMALS 6
#define DECIMAL_SCALE 1000000
/* Beyond this not every multiple of a decimal has its own double of 15 digits. */
#define LARGEST_EXACT 1e15

/* --- Opening ------------------------------------------------------------------------------- */

/* Creates the folders above a path. Failing is no error here: opening the file tells. */
static void create_parents(const char *path)
{
    char *copy = strdup(path);
    if (!copy)
        return;
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0777);
        *slash = '/';
    }
    free(copy);
}

int output_open(struct output *output, const char *path, const char *config, const char *key,
                struct error *err)
{
    *output = (struct output){0};
    create_parents(path);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    char quoted[QUOTE_TEXT];
    if (descriptor < 0)
        return error_set(err, ERROR_INPUT, "%s: %s: cannot write '%s': %s", config, key,
                         quote(path, quoted), strerror(errno));
    char *buffer = malloc(BUFFER_SIZE);
    if (!buffer) {
        close(descriptor);
        return error_no_memory(err);
    }
    *output = (struct output){.path = path, .buffer = buffer, .descriptor = descriptor};
    return 0;
}

bool output_is_open(const struct output *output)
{
    return output->buffer != NULL;
}

int output_check(const struct output *output, struct error *err)
{
    if (!output->failure)
        return 0;
    return error_set(err, ERROR_FAILURE, "%s: cannot write: %s", output->path,
                     strerror(output->failure));
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
        }
    }
}

static void flush(struct output *output)
{
    write_out(output, output->buffer, output->used);
    output->used = 0;
}

bool output_close(struct output *output)
{
    if (!output->buffer)
        return true;
    flush(output);
    bool fine = close(output->descriptor) == 0 && !output->failure;
    free(output->buffer);
    *output = (struct output){0};
    return fine;
}

void output_bytes(struct output *output, const char *bytes, size_t count)
{
    if (count > BUFFER_SIZE - output->used)
        flush(output);
    if (count > BUFFER_SIZE) {
        write_out(output, bytes, count);
        return;
    }
    memcpy(output->buffer + output->used, bytes, count);
    output->used += count;
}

void output_text(struct output *output, const char *text)
{
    output_bytes(output, text, strlen(text));
}

void output_char(struct output *output, char character)
{
    output_bytes(output, &character, 1);
}

/* --- Numbers ------------------------------------------------------------------------------- */

/* Writes the digits of a value, at least `width` of them. */
static size_t format_digits(char *buffer, uint64_t value, size_t width)
{
    char reversed[20];
    size_t length = 0;
    do {
        reversed[length++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (length < width)
        reversed[length++] = '0';
    for (size_t i = 0; i < length; i++)
        buffer[i] = reversed[length - 1 - i];
    return length;
}

/* A value that is the double next to a number of few decimals is that number to 15 digits, too. */
static size_t format_decimal(char *buffer, uint64_t scaled)
{
    size_t length = format_digits(buffer, scaled / DECIMAL_SCALE, 1);
    uint64_t decimals = scaled % DECIMAL_SCALE;
    if (decimals == 0)
        return length;
    buffer[length++] = '.';
    length += format_digits(buffer + length, decimals, FEW_DECIMALS);
    while (buffer[length - 1] == '0')
        length--;
    return length;
}

/* printf leaves the notation without an exponent below 1e-4. */
#define SMALLEST_PLAIN 1e-4

size_t format_number(char buffer[OUTPUT_NUMBER_SIZE], double value)
{
    double size = fabs(value);
    if (size == 0) {
        buffer[0] = '0';
        return 1;
    }
    if (size >= SMALLEST_PLAIN && size * DECIMAL_SCALE < LARGEST_EXACT) {
        double scaled = nearbyint(size * DECIMAL_SCALE);
        if (scaled / DECIMAL_SCALE == size) {
            buffer[0] = '-';
            size_t sign = value < 0;
            return sign + format_decimal(buffer + sign, (uint64_t)scaled);
        }
    }
    return (size_t)snprintf(buffer, OUTPUT_NUMBER_SIZE, "%.15g", value);
}

void output_number(struct output *output, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    struct written_number *known =
        &output->known[bits * UINT64_C(0x9E3779B97F4A7C15) >> 32 & (OUTPUT_KNOWN_NUMBERS - 1)];
    if (known->length == 0 || memcmp(&known->value, &value, sizeof value) != 0) {
        known->value = value;
        known->length = format_number(known->text, value);
    }
    output_bytes(output, known->text, known->length);
}

void output_count(struct output *output, uint64_t value)
{
    char text[20];
    output_bytes(output, text, format_digits(text, value, 1));
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
