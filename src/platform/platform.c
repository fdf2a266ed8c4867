/* The machine out of the hosts' properties (SPEC section 3).
 *
 * Hosts come in the order of their names and so do nodes and PFS hosts. Nothing here is quadratic
 * in the number of hosts: lists of PFS targets are read once per distinct text, and what is said of
 * many hosts is said once.
 */
#include "platform/platform.h"

#include "base/json.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* More GPUs than that in a node are a slip. */
enum { MAX_GPUS = 100000 };

static const char *const property_names[] = {
    "batch_system", "pfs_host",      "pfs_targets",   "node_local_bb",
    "bb_read_bw",   "bb_write_bw",   "wide_striping", "flops_per_byte",
    "num_gpus",     "flops_per_gpu", "gpu_to_gpu_bw", NULL,
};

enum role { ROLE_NODE, ROLE_BATCH_SYSTEM, ROLE_PFS_HOST };

/* Something to warn of that may hold for many hosts. */
struct remark {
    const char *key;        /* the property */
    const char *suggestion; /* the property that is meant; NULL: it has no effect */
    size_t host;            /* the first one */
    size_t count;
};

/* What the functions below share. */
struct reader {
    struct platform *platform;
    const char *file;
    const struct configuration *configuration;
    struct warnings *warnings;
    struct error *err;
    enum role *roles; /* by host */
    struct remark *remarks;
    size_t num_remarks, remarks_capacity;
};

static size_t num_hosts(const struct reader *reader)
{
    return resources_num_hosts(reader->platform->resources);
}

static const char *host_name(const struct reader *reader, size_t host)
{
    return resources_host_name(reader->platform->resources, host);
}

static const char *property(const struct reader *reader, size_t host, const char *key)
{
    return resources_host_property(reader->platform->resources, host, key);
}

/* "FILE: host 'NAME': property 'KEY': ..." Returns -1. */
static int property_error(struct reader *reader, size_t host, const char *key, const char *format,
                          ...) __attribute__((format(printf, 4, 5)));

static int property_error(struct reader *reader, size_t host, const char *key, const char *format,
                          ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_vset(reader->err, ERROR_INPUT, format, arguments);
    va_end(arguments);
    return error_prefix(reader->err, "%s: host '%s': property '%s'", reader->file,
                        host_name(reader, host), key);
}

/* --- Values of properties -------------------------------------------------------------------- */

/* False when the host lacks the property. */
static int read_bool(struct reader *reader, size_t host, const char *key, bool *result)
{
    const char *text = property(reader, host, key);
    *result = text && (!strcasecmp(text, "true") || !strcmp(text, "1"));
    if (!text || *result || !strcasecmp(text, "false") || !strcmp(text, "0"))
        return 0;
    return property_error(reader, host, key, "must be 'true' or 'false', is '%s'", text);
}

/* A property that must be there and be positive. */
struct wanted {
    const char *key;
    int (*read)(const char *text, double *result);
    const char *what;  /* "a bandwidth, like '4GBps'" */
    const char *cause; /* what makes it mandatory */
};

static int read_wanted(struct reader *reader, size_t host, const struct wanted *wanted,
                       double *result)
{
    const char *text = property(reader, host, wanted->key);
    if (!text)
        return property_error(reader, host, wanted->key, "is missing; %s needs %s", wanted->cause,
                              wanted->what);
    if (wanted->read(text, result) || *result <= 0)
        return property_error(reader, host, wanted->key, "must be %s, above 0, is '%s'",
                              wanted->what, text);
    return 0;
}

static int read_flops_per_byte(struct reader *reader, size_t host, double *result)
{
    const char *text = property(reader, host, "flops_per_byte");
    *result = 0;
    if (!text || !units_flops(text, result))
        return 0;
    return property_error(reader, host, "flops_per_byte",
                          "must be a number of flops, like '5f', of at least 0, is '%s'", text);
}

static int read_num_gpus(struct reader *reader, size_t host, uint32_t *result)
{
    const char *text = property(reader, host, "num_gpus");
    char *end;
    *result = 0;
    if (!text)
        return 0;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno || number > MAX_GPUS)
        return property_error(reader, host, "num_gpus",
                              "must be a whole number from 0 to %d, is '%s'", MAX_GPUS, text);
    *result = (uint32_t)number;
    return 0;
}

/* --- Slips ----------------------------------------------------------------------------------- */

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static bool same_word(const char *a, const char *b)
{
    return !strcasecmp(a, b);
}

/* Whether one letter too many, too few, wrong or in its neighbour's place, or the case of letters,
 * is all that sets the words apart. */
static bool is_slip(const char *word, const char *name)
{
    while (*word && same_letter(*word, *name))
        word++, name++;
    if (!*word || !*name)
        return strlen(word) + strlen(name) <= 1;
    return same_word(word + 1, name) || same_word(word, name + 1) ||
           same_word(word + 1, name + 1) ||
           (same_letter(word[0], name[1]) && same_letter(word[1], name[0]) &&
            same_word(word + 2, name + 2));
}

/* The property that is meant by a key that is none; NULL when it is one or like none. */
static const char *meant_property(const char *key)
{
    const char *meant = NULL;
    for (const char *const *name = property_names; *name; name++) {
        if (!strcmp(key, *name))
            return NULL;
        if (is_slip(key, *name))
            meant = *name;
    }
    return meant;
}

static int remark(struct reader *reader, size_t host, const char *key, const char *suggestion)
{
    for (size_t i = 0; i < reader->num_remarks; i++)
        if (!strcmp(reader->remarks[i].key, key)) {
            reader->remarks[i].count++;
            return 0;
        }
    if (reader->num_remarks == reader->remarks_capacity) {
        size_t capacity = 2 * reader->remarks_capacity + 4;
        struct remark *remarks = realloc(reader->remarks, capacity * sizeof remarks[0]);
        if (!remarks)
            return error_no_memory(reader->err);
        reader->remarks = remarks;
        reader->remarks_capacity = capacity;
    }
    reader->remarks[reader->num_remarks++] = (struct remark){key, suggestion, host, 1};
    return 0;
}

static int look_for_slips(struct reader *reader, size_t host)
{
    struct resources *port = reader->platform->resources;
    size_t count = resources_num_host_properties(port, host);
    for (size_t i = 0; i < count; i++) {
        const char *key = resources_host_property_key(port, host, i);
        const char *meant = meant_property(key);
        if (meant && remark(reader, host, key, meant))
            return -1;
    }
    return 0;
}

static int say_remark(struct reader *reader, const struct remark *remark)
{
    char others[64] = "";
    if (remark->count > 1)
        snprintf(others, sizeof others, " (and %zu more)", remark->count - 1);
    if (!remark->suggestion)
        return warn(reader->warnings, reader->err,
                    "%s: host '%s'%s: property '%s' has no effect without 'node_local_bb'",
                    reader->file, host_name(reader, remark->host), others, remark->key);
    return warn(reader->warnings, reader->err,
                "%s: host '%s'%s: unknown property '%s', did you mean '%s'?", reader->file,
                host_name(reader, remark->host), others, remark->key, remark->suggestion);
}

static int say_remarks(struct reader *reader)
{
    for (size_t i = 0; i < reader->num_remarks; i++)
        if (say_remark(reader, &reader->remarks[i]))
            return -1;
    return 0;
}

/* --- What each host is ----------------------------------------------------------------------- */

static int read_role(struct reader *reader, size_t host)
{
    bool is_batch_system, is_pfs_host;
    if (read_bool(reader, host, "batch_system", &is_batch_system) ||
        read_bool(reader, host, "pfs_host", &is_pfs_host))
        return -1;
    if (is_batch_system && is_pfs_host)
        return property_error(reader, host, "pfs_host",
                              "must not be true beside 'batch_system'; a host is one of both");
    reader->roles[host] = is_batch_system ? ROLE_BATCH_SYSTEM
                          : is_pfs_host   ? ROLE_PFS_HOST
                                          : ROLE_NODE;
    return look_for_slips(reader, host);
}

static size_t count_role(const struct reader *reader, enum role role)
{
    size_t count = 0;
    for (size_t host = 0; host < num_hosts(reader); host++)
        count += reader->roles[host] == role;
    return count;
}

static size_t next_of_role(const struct reader *reader, enum role role, size_t from)
{
    while (from < num_hosts(reader) && reader->roles[from] != role)
        from++;
    return from;
}

static int check_roles(struct reader *reader)
{
    if (count_role(reader, ROLE_BATCH_SYSTEM) > 1) {
        size_t first = next_of_role(reader, ROLE_BATCH_SYSTEM, 0);
        size_t second = next_of_role(reader, ROLE_BATCH_SYSTEM, first + 1);
        return property_error(reader, second, "batch_system",
                              "must be true for one host only, and is for '%s' already",
                              host_name(reader, first));
    }
    if (count_role(reader, ROLE_NODE) == 0)
        return error_set(
            reader->err, ERROR_INPUT,
            "%s: there is no compute node: each host is the batch system or a PFS host",
            reader->file);
    if (num_hosts(reader) > UINT32_MAX)
        return error_set(reader->err, ERROR_INPUT, "%s: there are too many hosts", reader->file);
    return 0;
}

static int read_roles(struct reader *reader)
{
    reader->roles = calloc(num_hosts(reader) + 1, sizeof reader->roles[0]);
    if (!reader->roles)
        return error_no_memory(reader->err);
    for (size_t host = 0; host < num_hosts(reader); host++)
        if (read_role(reader, host))
            return -1;
    return check_roles(reader);
}

static int list_pfs_hosts(struct reader *reader)
{
    struct platform *platform = reader->platform;
    platform->pfs_hosts =
        malloc((count_role(reader, ROLE_PFS_HOST) + 1) * sizeof platform->pfs_hosts[0]);
    if (!platform->pfs_hosts)
        return error_no_memory(reader->err);
    for (size_t host = 0; host < num_hosts(reader); host++)
        if (reader->roles[host] == ROLE_PFS_HOST)
            platform->pfs_hosts[platform->num_pfs_hosts++] = (uint32_t)host;
    return 0;
}

/* --- Nodes ----------------------------------------------------------------------------------- */

static int read_burst_buffer(struct reader *reader, struct node_description *node)
{
    static const struct wanted read = {"bb_read_bw", units_bandwidth, "a bandwidth, like '4GBps'",
                                       "a burst buffer ('node_local_bb')"};
    static const struct wanted write = {"bb_write_bw", units_bandwidth, "a bandwidth, like '4GBps'",
                                        "a burst buffer ('node_local_bb')"};
    double read_bandwidth, write_bandwidth;
    bool has_buffer, striped;
    if (read_bool(reader, node->host, "node_local_bb", &has_buffer) ||
        read_bool(reader, node->host, "wide_striping", &striped) ||
        read_flops_per_byte(reader, node->host, &node->flops_per_byte))
        return -1;
    node->type = !has_buffer ? NODE_PLAIN : striped ? NODE_STRIPED_BURST_BUFFER : NODE_BURST_BUFFER;
    if (node->type != NODE_STRIPED_BURST_BUFFER)
        node->flops_per_byte = 0;
    if (!has_buffer)
        return striped ? remark(reader, node->host, "wide_striping", NULL) : 0;
    if (read_wanted(reader, node->host, &read, &read_bandwidth) ||
        read_wanted(reader, node->host, &write, &write_bandwidth))
        return -1;
    resources_add_disk(reader->platform->resources, node->host, read_bandwidth, write_bandwidth);
    reader->platform->has_burst_buffer = true;
    reader->platform->has_compute_on_io |= node->flops_per_byte > 0;
    return 0;
}

static int read_gpus(struct reader *reader, struct node_description *node)
{
    static const struct wanted speed = {"flops_per_gpu", units_flops, "a speed, like '20Tf'",
                                        "a node with GPUs ('num_gpus')"};
    static const struct wanted bandwidth = {"gpu_to_gpu_bw", units_bandwidth,
                                            "a bandwidth, like '50GBps'",
                                            "a node with several GPUs ('num_gpus')"};
    if (read_num_gpus(reader, node->host, &node->num_gpus))
        return -1;
    if (node->num_gpus > 0 && read_wanted(reader, node->host, &speed, &node->gpu_speed))
        return -1;
    if (node->num_gpus > 1 && read_wanted(reader, node->host, &bandwidth, &node->gpu_bandwidth))
        return -1;
    if (reader->platform->max_gpus < node->num_gpus)
        reader->platform->max_gpus = node->num_gpus;
    return 0;
}

static int read_node(struct reader *reader, size_t host)
{
    struct platform *platform = reader->platform;
    struct node_description *node = &platform->nodes[platform->num_nodes++];
    node->host = (uint32_t)host;
    node->name = host_name(reader, host);
    node->speed = resources_host_speed(platform->resources, host);
    node->pfs = (struct pfs_targets){platform->pfs_hosts, platform->num_pfs_hosts};
    if (!(node->speed > 0))
        return error_set(
            reader->err, ERROR_INPUT,
            "%s: host '%s': a compute node needs a speed above 0; what is no compute node has "
            "the property 'batch_system' or 'pfs_host'",
            reader->file, node->name);
    return read_burst_buffer(reader, node) || read_gpus(reader, node) ? -1 : 0;
}

static int read_nodes(struct reader *reader)
{
    struct platform *platform = reader->platform;
    platform->nodes = calloc(count_role(reader, ROLE_NODE), sizeof platform->nodes[0]);
    if (!platform->nodes)
        return error_no_memory(reader->err);
    for (size_t host = 0; host < num_hosts(reader); host++)
        if (reader->roles[host] == ROLE_NODE && read_node(reader, host))
            return -1;
    return 0;
}

static int count_nodes_with_gpus(struct reader *reader)
{
    struct platform *platform = reader->platform;
    uint32_t *counts = calloc((size_t)platform->max_gpus + 1, sizeof counts[0]);
    if (!counts)
        return error_no_memory(reader->err);
    for (uint32_t id = 0; id < platform->num_nodes; id++)
        counts[platform->nodes[id].num_gpus]++;
    for (uint32_t gpus = platform->max_gpus; gpus > 0; gpus--)
        counts[gpus - 1] += counts[gpus];
    platform->nodes_with_gpus = counts;
    return 0;
}

/* --- PFS targets ----------------------------------------------------------------------------- */

/* Property of a node, to bring equal ones together. */
struct targets_text {
    const char *text;
    struct node_description *node;
};

static int compare_texts(const void *left, const void *right)
{
    const struct targets_text *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    return order ? order : (a->node > b->node) - (a->node < b->node);
}

/* The next name in a list, without blanks around it; NULL at the end. Cuts the list up. */
static char *next_name(char **rest)
{
    static const char separators[] = ";,", blanks[] = " \t\r\n";
    *rest += strspn(*rest, ";, \t\r\n");
    if (!**rest)
        return NULL;
    char *name = *rest, *end = name + strcspn(name, separators);
    *rest = *end ? end + 1 : end;
    while (end > name && strchr(blanks, end[-1]))
        end--;
    *end = '\0';
    return name;
}

static int compare_pfs_host(const void *key, const void *element, const struct resources *port)
{
    return strcmp(key, resources_host_name(port, *(const uint32_t *)element));
}

/* The number of the PFS host of that name, or -1. */
static long find_pfs_host(const struct platform *platform, const char *name)
{
    size_t low = 0, high = platform->num_pfs_hosts;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_pfs_host(name, &platform->pfs_hosts[middle], platform->resources);
        if (order == 0)
            return (long)platform->pfs_hosts[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

static int no_pfs_host(struct reader *reader, uint32_t host, const char *name)
{
    const struct platform *platform = reader->platform;
    const char **names = calloc(platform->num_pfs_hosts + 1, sizeof names[0]);
    const char *nearest;
    if (!names)
        return error_no_memory(reader->err);
    for (size_t i = 0; i < platform->num_pfs_hosts; i++)
        names[i] = host_name(reader, platform->pfs_hosts[i]);
    nearest = nearest_name(name, names);
    free(names);
    if (nearest)
        return property_error(reader, host, "pfs_targets",
                              "'%s' is no host with the property 'pfs_host', did you mean '%s'?",
                              name, nearest);
    return property_error(reader, host, "pfs_targets",
                          "'%s' is no host with the property 'pfs_host'", name);
}

static int add_target(struct reader *reader, uint32_t host, const char *name, uint32_t *list,
                      size_t count)
{
    long target = find_pfs_host(reader->platform, name);
    if (target < 0)
        return no_pfs_host(reader, host, name);
    for (size_t i = 0; i < count; i++)
        if (list[i] == (uint32_t)target)
            return property_error(reader, host, "pfs_targets", "names '%s' twice", name);
    list[count] = (uint32_t)target;
    return 0;
}

/* Reads the list `names`, cutting it up, into a new list of the platform's. */
static int read_target_list(struct reader *reader, uint32_t host, char *names,
                            struct pfs_targets *targets)
{
    struct platform *platform = reader->platform;
    uint32_t *list = malloc((platform->num_pfs_hosts + 1) * sizeof list[0]);
    if (!list)
        return error_no_memory(reader->err);
    platform->target_lists[platform->num_target_lists++] = list;
    *targets = (struct pfs_targets){list, 0};
    for (const char *name; (name = next_name(&names)); targets->count++)
        if (add_target(reader, host, name, list, targets->count))
            return -1;
    if (targets->count == 0)
        return property_error(reader, host, "pfs_targets", "names no host");
    return 0;
}

static int read_targets(struct reader *reader, const struct targets_text *first,
                        struct pfs_targets *targets)
{
    char *copy = malloc(strlen(first->text) + 1);
    if (!copy)
        return error_no_memory(reader->err);
    strcpy(copy, first->text);
    int status = read_target_list(reader, first->node->host, copy, targets);
    free(copy);
    return status;
}

/* Gives nodes with equal texts one list. */
static int share_targets(struct reader *reader, struct targets_text *texts, size_t count)
{
    struct pfs_targets targets = {NULL, 0};
    qsort(texts, count, sizeof texts[0], compare_texts);
    for (size_t i = 0; i < count; i++) {
        bool is_new = i == 0 || strcmp(texts[i].text, texts[i - 1].text) != 0;
        if (is_new && read_targets(reader, &texts[i], &targets))
            return -1;
        texts[i].node->pfs = targets;
    }
    return 0;
}

static int read_all_targets(struct reader *reader)
{
    struct platform *platform = reader->platform;
    size_t count = 0;
    struct targets_text *texts = malloc(platform->num_nodes * sizeof texts[0]);
    platform->target_lists = malloc(platform->num_nodes * sizeof platform->target_lists[0]);
    if (!texts || !platform->target_lists) {
        free(texts);
        return error_no_memory(reader->err);
    }
    for (uint32_t id = 0; id < platform->num_nodes; id++) {
        const char *text = property(reader, platform->nodes[id].host, "pfs_targets");
        if (text)
            texts[count++] = (struct targets_text){text, &platform->nodes[id]};
    }
    int status = share_targets(reader, texts, count);
    free(texts);
    return status;
}

/* --- PFS links ------------------------------------------------------------------------------- */

static int no_link(struct reader *reader, const char *key, size_t index, const char *name)
{
    const struct resources *port = reader->platform->resources;
    size_t count = resources_num_links(port);
    const char **names = calloc(count + 1, sizeof names[0]);
    const char *nearest;
    if (!names)
        return error_no_memory(reader->err);
    for (size_t i = 0; i < count; i++)
        names[i] = resources_link_name(port, i);
    nearest = nearest_name(name, names);
    free(names);
    if (nearest)
        return error_set(reader->err, ERROR_INPUT,
                         "%s: %s[%zu]: %s has no link '%s', did you mean '%s'?",
                         reader->configuration->file, key, index, reader->file, name, nearest);
    return error_set(reader->err, ERROR_INPUT, "%s: %s[%zu]: %s has no link '%s'",
                     reader->configuration->file, key, index, reader->file, name);
}

static int add_link(struct reader *reader, const char *key, size_t index, const char *name,
                    struct link_set *set)
{
    const struct resources *port = reader->platform->resources;
    long link = resources_find_link(port, name);
    if (link < 0)
        return no_link(reader, key, index, name);
    for (size_t i = 0; i < set->count; i++)
        if (set->links[i] == (uint32_t)link)
            return error_set(reader->err, ERROR_INPUT, "%s: %s[%zu]: link '%s' stands there twice",
                             reader->configuration->file, key, index, name);
    set->links[set->count++] = (uint32_t)link;
    set->bandwidth += resources_link_bandwidth(port, (size_t)link);
    return 0;
}

static int read_links(struct reader *reader, const char *key, const struct string_list *names,
                      struct link_set *set)
{
    set->links = malloc((names->count + 1) * sizeof set->links[0]);
    if (!set->links)
        return error_no_memory(reader->err);
    for (size_t i = 0; i < names->count; i++)
        if (add_link(reader, key, i, names->items[i], set))
            return -1;
    return 0;
}

/* --------------------------------------------------------------------------------------------- */

static int read_platform(struct reader *reader)
{
    const struct configuration *configuration = reader->configuration;
    struct platform *platform = reader->platform;
    if (read_roles(reader) || list_pfs_hosts(reader) || read_nodes(reader) ||
        count_nodes_with_gpus(reader) || read_all_targets(reader) ||
        read_links(reader, "pfs_read_links", &configuration->pfs_read_links, &platform->pfs_read) ||
        read_links(reader, "pfs_write_links", &configuration->pfs_write_links,
                   &platform->pfs_write))
        return -1;
    return say_remarks(reader);
}

int platform_create(struct platform *platform, const char *file, struct resources *resources,
                    const struct configuration *configuration, struct warnings *warnings,
                    struct error *err)
{
    *platform = (struct platform){.resources = resources};
    struct reader reader = {.platform = platform,
                            .file = file,
                            .configuration = configuration,
                            .warnings = warnings,
                            .err = err};
    int status = read_platform(&reader);
    free(reader.roles);
    free(reader.remarks);
    if (status)
        platform_release(platform);
    return status;
}

void platform_release(struct platform *platform)
{
    for (size_t i = 0; i < platform->num_target_lists; i++)
        free(platform->target_lists[i]);
    free(platform->target_lists);
    free(platform->nodes);
    free(platform->nodes_with_gpus);
    free(platform->pfs_hosts);
    free(platform->pfs_read.links);
    free(platform->pfs_write.links);
    *platform = (struct platform){.resources = NULL};
}
