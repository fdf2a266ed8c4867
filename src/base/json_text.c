/* Promise: regular files are mapped, so that memory follows what is parsed and not what is on disk;
 * pipes and devices are read. */
#include "base/json_text.h"

#include "base/json_syntax.h"
#include "base/vector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 65536 };

static const struct reason {
    int code;
    const char *text;
} reasons[] = {
    {ENOENT, "does not exist (paths are relative to the working directory)"},
    {ENOTDIR, "does not exist (a part of its path is no directory)"},
    {EISDIR, "is a directory, must be a file"},
    {EACCES, "may not be read; change its permissions"},
};

static int refuse_file(const char *path, int code, struct error *err)
{
    if (code == ENOMEM)
        return error_no_memory(err);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].code == code)
            return error_set(err, ERROR_INPUT, "%s: %s", path, reasons[i].text);
    return error_set(err, ERROR_INPUT, "%s: can't be read (%s)", path, strerror(code));
}

static int refuse_size(const char *path, size_t limit, struct error *err)
{
    return error_set(err, ERROR_INPUT, "%s: is larger than %zu MiB", path, limit >> 20);
}

/* cJSON may look one byte behind the end, where a mapping of whole pages has none. */
static bool can_map(size_t length)
{
    long page = sysconf(_SC_PAGESIZE);

    return length > 0 && page > 0 && length % (size_t)page != 0;
}

static int map_file(struct json_text *text, int file, size_t length, struct error *err)
{
    void *mapping = mmap(NULL, length, PROT_READ, MAP_PRIVATE, file, 0);

    if (mapping == MAP_FAILED)
        return refuse_file(text->name, errno, err);
    text->mapping = mapping;
    text->mapped = length;
    text->bytes = mapping;
    text->length = length;
    return 0;
}

/* Makes room for a chunk and the byte behind it. */
static int reserve_chunk(struct json_text *text, size_t *capacity, struct error *err)
{
    if (array_reserve(text->buffer, *capacity, text->length + CHUNK + 1))
        return error_no_memory(err);
    text->bytes = text->buffer;
    return 0;
}

static int read_file(struct json_text *text, int file, size_t limit, struct error *err)
{
    size_t capacity = 0;
    ssize_t count;

    do {
        if (reserve_chunk(text, &capacity, err))
            return -1;
        count = read(file, text->buffer + text->length, CHUNK);
        if (count < 0 && errno != EINTR)
            return refuse_file(text->name, errno, err);
        /* No JSON has a NUL byte, and a device like /dev/zero has no end. */
        if (count > 0 && memchr(text->buffer + text->length, '\0', (size_t)count)) {
            text->length += (size_t)count;
            return 0;
        }
        text->length += count > 0 ? (size_t)count : 0;
        if (limit > 0 && text->length > limit)
            return refuse_size(text->name, limit, err);
    } while (count != 0);
    text->buffer[text->length] = '\0';
    return 0;
}

static int load_file(struct json_text *text, int file, size_t limit, struct error *err)
{
    struct stat status;

    if (fstat(file, &status))
        return refuse_file(text->name, errno, err);
    if (S_ISREG(status.st_mode) && limit > 0 && (size_t)status.st_size > limit)
        return refuse_size(text->name, limit, err);
    return S_ISREG(status.st_mode) && can_map((size_t)status.st_size)
               ? map_file(text, file, (size_t)status.st_size, err)
               : read_file(text, file, limit, err);
}

static int check_text(struct json_text *text, struct error *err)
{
    if (text->length >= 3 && memcmp(text->bytes, "\xEF\xBB\xBF", 3) == 0) {
        text->bytes += 3;
        text->length -= 3;
    }
    return json_syntax_is_clean(text->bytes, text->length) ? 0 : json_text_error(text, err);
}

int json_text_open(struct json_text *text, const char *path, size_t limit, struct error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    int status;

    *text = (struct json_text){.name = path, .bytes = ""};
    if (file < 0)
        return refuse_file(path, errno, err);
    status = load_file(text, file, limit, err);
    close(file);
    return status == 0 ? check_text(text, err) : -1;
}

int json_text_borrow(struct json_text *text, const char *name, const char *bytes, size_t length,
                     struct error *err)
{
    *text = (struct json_text){.name = name, .bytes = bytes, .length = length};
    return check_text(text, err);
}

void json_text_close(struct json_text *text)
{
    if (text->mapping)
        munmap(text->mapping, text->mapped);
    free(text->buffer);
    *text = (struct json_text){.name = NULL};
}

int json_text_peek(struct json_text *text)
{
    while (text->at < text->length) {
        unsigned char c = (unsigned char)text->bytes[text->at];
        if (c > ' ')
            return c;
        text->at++;
    }
    return -1;
}

cJSON *json_text_value(struct json_text *text, struct error *err)
{
    const char *end = NULL;
    cJSON *value = NULL;

    if (json_text_peek(text) < 0x80) { /* cJSON would skip a byte order mark anywhere */
        value =
            cJSON_ParseWithLengthOpts(text->bytes + text->at, text->length - text->at, &end, false);
    }
    if (!value) {
        json_text_error(text, err);
        return NULL;
    }
    text->at = (size_t)(end - text->bytes);
    return value;
}

int json_text_error(const struct json_text *text, struct error *err)
{
    if (err->kind != ERROR_NONE)
        return -1;
    return json_syntax_error(text->name, text->bytes, text->length, err);
}
