/* SimGrid can't be asked whether a platform has profiles, but the attributes that name them can be
 * found; nor does it say of a cluster that it will not find a way through it. */
#include "resources/simgrid/platform_file.h"

#include "base/number.h"
#include "base/vector.h"

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

/* --- Shapes of clusters -------------------------------------------------------------------- */

/* Positive whole numbers with commas between them, up to a ';' or the end. Returns how many, 0 when
 * there is something else or there are too many. *rest is what comes behind. */
static uint32_t read_sizes(const char *text, uint32_t *sizes, const char **rest)
{
    uint32_t count = 0;
    for (;; text++) {
        char *end;
        long size = strtol(text, &end, 10);
        if (end == text || size <= 0 || size > INT32_MAX || count == MAX_ZONE_LEVELS)
            return 0;
        sizes[count++] = (uint32_t)size;
        text = end + strspn(end, blanks);
        if (*text != ',')
            break;
    }
    *rest = *text == ';' ? text + 1 : text;
    return *text == ';' || *text == '\0' ? count : 0;
}

/* "X,Y,Z" */
static uint32_t read_torus(const char *text, struct zone_shape *shape)
{
    uint32_t count = read_sizes(text, shape->sizes, &text);
    return *text == '\0' ? count : 0;
}

/* "LEVELS;CHILDREN,...;PARENTS,...;CABLES,..." */
static uint32_t read_fat_tree(const char *text, struct zone_shape *shape)
{
    uint32_t levels[MAX_ZONE_LEVELS];
    if (read_sizes(text, levels, &text) != 1 ||
        read_sizes(text, shape->sizes, &text) != levels[0] ||
        read_sizes(text, shape->parents, &text) != levels[0] ||
        read_sizes(text, shape->cables, &text) != levels[0])
        return 0;
    return *text == '\0' ? levels[0] : 0;
}

/* "GROUPS,LINKS;CHASSIS,LINKS;BLADES,LINKS;HOSTS" */
static uint32_t read_dragonfly(const char *text, struct zone_shape *shape)
{
    enum { LEVELS = 4 };
    uint32_t pair[MAX_ZONE_LEVELS];
    for (uint32_t i = 0; i < LEVELS; i++) {
        if (read_sizes(text, pair, &text) != (i + 1 < LEVELS ? 2 : 1))
            return 0;
        shape->sizes[i] = pair[0];
    }
    return *text == '\0' ? LEVELS : 0;
}

static const struct {
    const char *topology;
    uint32_t (*read)(const char *text, struct zone_shape *shape);
} shapes[] = {
    {"TORUS", read_torus},
    {"FAT_TREE", read_fat_tree},
    {"DRAGONFLY", read_dragonfly},
};

static char *copy_value(struct value value)
{
    return strndup(value.text ? value.text : "", value.length);
}

/* Notes how a cluster is arranged; none where its parameters are not as we know them. */
static int note_shape(struct platform_text *found, struct value id, struct value topology,
                      struct value parameters, struct error *err)
{
    struct cluster_shape cluster = {.shape = {.num_levels = 0}};
    char *text = copy_value(parameters);
    for (size_t i = 0; text && i < sizeof shapes / sizeof *shapes; i++)
        if (equals(topology, shapes[i].topology))
            cluster.shape.num_levels = shapes[i].read(text, &cluster.shape);
    bool known = text && cluster.shape.num_levels > 0;
    free(text);
    if (text && !known)
        return 0;
    cluster.id = copy_value(id);
    if (text && cluster.id &&
        array_reserve(found->shapes, found->shape_room, found->num_shapes + 1) == 0) {
        found->shapes[found->num_shapes++] = cluster;
        return 0;
    }
    free(cluster.id);
    return error_no_memory(err);
}

static int look_at_clusters(const char *path, const char *xml, struct platform_text *found,
                            struct error *err)
{
    static const char tag[] = "<cluster";
    for (const char *at = xml; (at = strstr(at, tag)); at += strlen(tag)) {
        const char *end = tag_end(at);
        struct value topology = end ? find_attribute(at, end, "topology") : (struct value){NULL, 0};
        if (!topology.text)
            continue;
        struct value id = find_attribute(at, end, "id");
        struct value parameters = find_attribute(at, end, "topo_parameters");
        if ((equals(topology, "DRAGONFLY") &&
             check_dragonfly(path, line_of(xml, at), id, parameters, err)) ||
            note_shape(found, id, topology, parameters, err))
            return -1;
    }
    return 0;
}

/* --- All of it ----------------------------------------------------------------------------- */

void platform_text_release(struct platform_text *found)
{
    for (size_t i = 0; i < found->num_shapes; i++)
        free(found->shapes[i].id);
    free(found->shapes);
    *found = (struct platform_text){.has_profiles = false};
}

int platform_file_look(const char *path, struct platform_text *found, struct error *err)
{
    *found = (struct platform_text){.has_profiles = false};
    char *text = read_text(path, err);
    if (!text)
        return -1;
    bool is_empty = text[strspn(text, blanks)] == '\0';
    bool is_program = ends_with(path, ".so") || ends_with(path, ".dylib");
    blank_comments(text);
    /* Platforms that are programs may do anything. */
    found->has_profiles = is_program || mentions_profiles(text);
    found->has_bypasses = is_program || strstr(text, "<bypass");
    int status =
        is_program || (!check_nesting(path, text, err) && !look_at_clusters(path, text, found, err))
            ? 0
            : -1;
    free(text);
    if (is_empty)
        return error_set(err, ERROR_INPUT, "%s: the platform file is empty", path);
    return status;
}
