/* Nodes by their names, and what the platform file says of them beyond what the machine needs. */
#include "platform/platform.h"

#include <string.h>

/* Nodes stand in the order of their names. */
long platform_find_node(const struct platform *platform, const char *name)
{
    size_t low = 0, high = platform->num_nodes;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(platform->nodes[middle].name, name);

        if (order == 0)
            return (long)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

const char *platform_node_property(const struct platform *platform, uint32_t node, const char *key)
{
    return resources_host_property(platform->resources, platform->nodes[node].host, key);
}
