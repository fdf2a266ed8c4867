/* Lists of PFS hosts. Many nodes have the same text as property: it is read once and its list
 * shared. */
#include "platform/reader.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

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

/* The number of the PFS host of that name, or -1. */
static long find_pfs_host(const struct platform *platform, const char *name)
{
    size_t low = 0, high = platform->num_pfs_hosts;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order =
            strcmp(name, resources_host_name(platform->resources, platform->pfs_hosts[middle]));
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
        names[i] = property_host_name(reader, platform->pfs_hosts[i]);
    nearest = json_nearest_name(name, names);
    free(names);
    if (nearest)
        return property_error(reader, host, "pfs_targets",
                              "'%s' is not a host with the property 'pfs_host', did you mean '%s'?",
                              name, nearest);
    return property_error(reader, host, "pfs_targets",
                          "'%s' is not a host with the property 'pfs_host'", name);
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

int targets_read_all(struct reader *reader)
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
        const char *text = property_of_host(reader, platform->nodes[id].host, "pfs_targets");
        if (text)
            texts[count++] = (struct targets_text){text, &platform->nodes[id]};
    }
    int status = share_targets(reader, texts, count);
    free(texts);
    return status;
}
