/* SimGrid can't be asked whether a platform has profiles, but the attributes that name them can be
 * found. */
#include "resources/platform_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char blanks[] = " \t\r\n";

/* Attributes that name the file of a profile. */
static const char *const profile_attributes[] = {
    "speed_file", "availability_file", "bandwidth_file", "latency_file", "state_file", NULL,
};

static int open_error(const char *path, const char *reason, struct error *err)
{
    return error_set(err, ERROR_INPUT, "%s: can't open the platform file: %s", path, reason);
}

/* Reads an open file to its end; NULL with err. */
static char *read_stream(FILE *stream, const char *path, struct error *err)
{
    size_t capacity = 1 << 16, length = 0;
    char *text = malloc(capacity);
    while (text &&
           (length += fread(text + length, 1, capacity - length - 1, stream)) == capacity - 1) {
        char *larger = realloc(text, capacity *= 2);
        if (!larger)
            free(text);
        text = larger;
    }
    if (!text) {
        error_no_memory(err);
        return NULL;
    }
    if (ferror(stream)) {
        open_error(path, strerror(errno), err);
        free(text);
        return NULL;
    }
    text[length] = '\0';
    return text;
}

static char *read_text(const char *path, struct error *err)
{
    struct stat status;
    FILE *stream = NULL;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        open_error(path, S_ISDIR(status.st_mode) ? "it is a directory" : "it is no regular file",
                   err);
        return NULL;
    }
    stream = fopen(path, "rb");
    if (!stream) {
        open_error(path, strerror(errno), err);
        return NULL;
    }
    char *text = read_stream(stream, path, err);
    fclose(stream);
    return text;
}

/* Makes blanks of comments. */
static void blank_comments(char *xml)
{
    while ((xml = strstr(xml, "<!--"))) {
        char *end = strstr(xml + strlen("<!--"), "-->");
        size_t length = end ? (size_t)(end - xml) + strlen("-->") : strlen(xml);
        memset(xml, ' ', length);
        xml += length;
    }
}

/* Whether the attribute stands there with a value that is not empty. */
static bool has_attribute(const char *xml, const char *name)
{
    for (const char *at = xml; (at = strstr(at, name)); at++) {
        const char *equals = at + strlen(name) + strspn(at + strlen(name), blanks);
        if (at == xml || !strchr(blanks, at[-1]) || *equals != '=')
            continue;
        const char *quote = equals + 1 + strspn(equals + 1, blanks);
        if (*quote && quote[1] && quote[1] != *quote)
            return true;
    }
    return false;
}

static bool mentions_profiles(const char *xml)
{
    for (const char *const *name = profile_attributes; *name; name++)
        if (has_attribute(xml, *name))
            return true;
    return strstr(xml, "<trace") != NULL;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && !strcmp(text + length - end_length, end);
}

int platform_file_look(const char *path, bool *has_profiles, struct error *err)
{
    char *text = read_text(path, err);
    if (!text)
        return -1;
    bool empty = text[strspn(text, blanks)] == '\0';
    blank_comments(text);
    /* Platforms that are programs may do anything. */
    *has_profiles = ends_with(path, ".so") || ends_with(path, ".dylib") || mentions_profiles(text);
    free(text);
    if (empty)
        return error_set(err, ERROR_INPUT, "%s: the platform file is empty", path);
    return 0;
}
