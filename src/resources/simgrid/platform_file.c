/* SimGrid can't be asked whether a platform has profiles, but the attributes that name them can be
 * found; nor does it say of a cluster that it will not find a way through it. */
#include "resources/simgrid/platform_file.h"

#include "base/number.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_NESTING = 200 };

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
        open_error(path, S_ISDIR(status.st_mode) ? "it is a directory" : "it is not a regular file",
                   err);
        return NULL;
    }
    stream = fopen(path, "rb");
    if (!stream) {
        open_error(path,
                   errno == ENOENT
                       ? "it does not exist (paths are relative to the working directory)"
                       : strerror(errno),
                   err);
        return NULL;
    }
    char *text = read_stream(stream, path, err);
    fclose(stream);
    return text;
}

/* Makes blanks of comments; lines stay where they are. */
static void blank_comments(char *xml)
{
    while ((xml = strstr(xml, "<!--"))) {
        char *end = strstr(xml + strlen("<!--"), "-->");
        char *behind = end ? end + strlen("-->") : xml + strlen(xml);
        for (; xml < behind; xml++)
            if (*xml != '\n')
                *xml = ' ';
    }
}

/* A value as it stands between its quotes. */
struct value {
    const char *text; /* NULL when the attribute is not there */
    size_t length;
};

/* The first attribute of that name between the two places. */
static struct value find_attribute(const char *xml, const char *end, const char *name)
{
    for (const char *at = xml; (at = strstr(at, name)) && at < end; at++) {
        const char *equals = at + strlen(name) + strspn(at + strlen(name), blanks);
        if (at == xml || !strchr(blanks, at[-1]) || *equals != '=')
            continue;
        const char *quote = equals + 1 + strspn(equals + 1, blanks);
        const char *close = *quote ? strchr(quote + 1, *quote) : NULL;
        if (close)
            return (struct value){quote + 1, (size_t)(close - quote - 1)};
    }
    return (struct value){NULL, 0};
}

/* The '>' that ends a tag, which may have others in its values; NULL when there is none. */
static const char *tag_end(const char *tag)
{
    char quote = '\0';
    for (; *tag; tag++) {
        if (quote == '\0' && *tag == '>')
            return tag;
        if (quote == '\0' && (*tag == '"' || *tag == '\''))
            quote = *tag;
        else if (*tag == quote)
            quote = '\0';
    }
    return NULL;
}

static long line_of(const char *xml, const char *at)
{
    long line = 1;
    for (; xml < at; xml++)
        line += *xml == '\n';
    return line;
}

/* --- Nesting ------------------------------------------------------------------------------- */

/* SimGrid's parser has room for some 250 elements within each other and does not look whether that
 * is enough. */
static int check_nesting(const char *path, const char *xml, struct error *err)
{
    size_t depth = 0;
    const char *end;
    for (const char *at = xml; (at = strchr(at, '<')) && (end = tag_end(at)); at = end) {
        bool closes = at[1] == '/', is_element = closes || !strchr("!?", at[1]);
        if (!is_element || end[-1] == '/')
            continue;
        if (closes)
            depth -= depth > 0;
        else if (++depth > MAX_NESTING)
            return error_set(err, ERROR_INPUT,
                             "%s:%ld: elements are nested more than %d deep, which is too much for "
                             "SimGrid; put zones beside each other",
                             path, line_of(xml, at), MAX_NESTING);
    }
    return 0;
}

/* --- Profiles ------------------------------------------------------------------------------ */

/* Whether the attribute is given with a value that is not empty. */
static bool has_attribute(const char *xml, const char *name)
{
    const char *end = xml + strlen(xml);
    for (struct value value; (value = find_attribute(xml, end, name)).text; xml = value.text)
        if (value.length > 0)
            return true;
    return false;
}

static bool mentions_profiles(const char *xml)
{
    for (const char *const *name = profile_attributes; *name; name++)
        if (has_attribute(xml, *name))
            return true;
    return strstr(xml, "<trace");
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && !strcmp(text + length - end_length, end);
}

/* --- Dragonflies --------------------------------------------------------------------------- */

static bool equals(struct value value, const char *text)
{
    return value.text && value.length == strlen(text) && !strncmp(value.text, text, value.length);
}

/* SimGrid (3.32 at least) looks for the link to group g at blade g of the router's own chassis,
 * whether there is such a blade or not, and what it finds beyond the last one ends the program.
 * The parameters are "GROUPS,LINKS;CHASSIS,LINKS;BLADES,LINKS;NODES"; others are refused by
 * SimGrid. */
static int check_dragonfly(const char *path, long line, struct value id, struct value parameters,
                           struct error *err)
{
    long groups, blades;
    if (!parameters.text ||
        sscanf(parameters.text, "%ld ,%*d ;%*d ,%*d ;%ld ,", &groups, &blades) != 2 ||
        groups <= blades || blades < 1)
        return 0;
    return error_set(err, ERROR_INPUT,
                     "%s:%ld: cluster '%.*s': its dragonfly has %ld groups, but %ld blade%s per "
                     "chassis; SimGrid finds the way to a group by the blade of the same number, "
                     "so raise the blades in topo_parameters to %ld or lower the groups to %ld",
                     path, line, (int)id.length, id.text ? id.text : "", groups, blades,
                     number_plural((unsigned long long)blades), groups, blades);
}

static int check_clusters(const char *path, const char *xml, struct error *err)
{
    static const char tag[] = "<cluster";
    for (const char *at = xml; (at = strstr(at, tag)); at += strlen(tag)) {
        const char *end = tag_end(at);
        if (!end || !equals(find_attribute(at, end, "topology"), "DRAGONFLY"))
            continue;
        if (check_dragonfly(path, line_of(xml, at), find_attribute(at, end, "id"),
                            find_attribute(at, end, "topo_parameters"), err))
            return -1;
    }
    return 0;
}

/* --- All of it ----------------------------------------------------------------------------- */

int platform_file_look(const char *path, bool *has_profiles, struct error *err)
{
    char *text = read_text(path, err);
    if (!text)
        return -1;
    bool is_empty = text[strspn(text, blanks)] == '\0';
    bool is_program = ends_with(path, ".so") || ends_with(path, ".dylib");
    blank_comments(text);
    /* Platforms that are programs may do anything. */
    *has_profiles = is_program || mentions_profiles(text);
    int status = is_program || (!check_nesting(path, text, err) && !check_clusters(path, text, err))
                     ? 0
                     : -1;
    free(text);
    if (is_empty)
        return error_set(err, ERROR_INPUT, "%s: the platform file is empty", path);
    return status;
}
