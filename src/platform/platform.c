/* The machine out of the hosts' properties (docs/platform.md).
 *
 * Hosts come in the order of their names and so do nodes and PFS hosts. Nothing here is quadratic
 * in the number of hosts: lists of PFS targets are read once per distinct text, and what is said of
 * many hosts is said once.
 */
#include "platform/reader.h"

#include "base/json.h"

#include <stdlib.h>

static size_t num_hosts(const struct reader *reader)
{
    return resources_num_hosts(reader->platform->resources);
}

/* --- What each host is ----------------------------------------------------------------------- */

static int read_role(struct reader *reader, size_t host)
{
    bool is_batch_system, is_pfs_host;
    if (property_read_bool(reader, host, "batch_system", &is_batch_system) ||
        property_read_bool(reader, host, "pfs_host", &is_pfs_host))
        return -1;
    if (is_batch_system && is_pfs_host)
        return property_error(
            reader, host, "pfs_host",
            "must not be true together with 'batch_system'; a host can only be one of them");
    reader->roles[host] = is_batch_system ? ROLE_BATCH_SYSTEM
                          : is_pfs_host   ? ROLE_PFS_HOST
                                          : ROLE_NODE;
    return property_look_for_slips(reader, host);
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
                              "must be true for one host only, and already is for '%s'",
                              property_host_name(reader, first));
    }
    if (count_role(reader, ROLE_NODE) == 0)
        return error_set(
            reader->err, ERROR_INPUT,
            "%s: there is no compute node: each host is the batch system or a PFS host",
            reader->file);
    if (num_hosts(reader) > UINT32_MAX) /* more than fits any memory */
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
    if (property_read_bool(reader, node->host, "node_local_bb", &has_buffer) ||
        property_read_bool(reader, node->host, "wide_striping", &striped) ||
        property_read_flops_per_byte(reader, node->host, &node->flops_per_byte))
        return -1;
    node->type = !has_buffer ? NODE_PLAIN : striped ? NODE_STRIPED_BURST_BUFFER : NODE_BURST_BUFFER;
    if (node->type != NODE_STRIPED_BURST_BUFFER)
        node->flops_per_byte = 0;
    if (!has_buffer)
        return striped ? remark(reader, node->host, "wide_striping", NULL) : 0;
    if (property_read_wanted(reader, node->host, &read, &read_bandwidth) ||
        property_read_wanted(reader, node->host, &write, &write_bandwidth))
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
    if (property_read_num_gpus(reader, node->host, &node->num_gpus))
        return -1;
    if (node->num_gpus > 0 && property_read_wanted(reader, node->host, &speed, &node->gpu_speed))
        return -1;
    if (node->num_gpus > 1 &&
        property_read_wanted(reader, node->host, &bandwidth, &node->gpu_bandwidth))
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
    node->name = property_host_name(reader, host);
    node->speed = resources_host_speed(platform->resources, host);
    node->pfs = (struct pfs_targets){platform->pfs_hosts, platform->num_pfs_hosts};
    if (!(node->speed > 0))
        return error_set(
            reader->err, ERROR_INPUT,
            "%s: host '%s': a compute node needs a speed above 0; give a host that isn't one "
            "the property 'batch_system' or 'pfs_host'",
            reader->file, node->name);
    return read_burst_buffer(reader, node) || read_gpus(reader, node) || power_read(reader, node)
               ? -1
               : 0;
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
    nearest = json_nearest_name(name, names);
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
            return error_set(reader->err, ERROR_INPUT, "%s: %s[%zu]: link '%s' is listed twice",
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
        count_nodes_with_gpus(reader) || targets_read_all(reader) ||
        read_links(reader, "pfs_read_links", &configuration->pfs_read_links, &platform->pfs_read) ||
        read_links(reader, "pfs_write_links", &configuration->pfs_write_links,
                   &platform->pfs_write))
        return -1;
    return remarks_say(reader);
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

double platform_load(const struct platform *platform, const struct link_set *set)
{
    double load = 0;
    for (size_t i = 0; i < set->count; i++)
        load += resources_link_load(platform->resources, set->links[i]);
    return load;
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
