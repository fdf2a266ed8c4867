/* The machine: compute nodes with their GPUs and burst buffers, and the parallel file system
 * (docs/platform.md), read from the host properties of a SimGrid platform. Read-only afterwards. */
#ifndef ELASTISIM_PLATFORM_PLATFORM_H
#define ELASTISIM_PLATFORM_PLATFORM_H

#include "base/error.h"
#include "configuration/configuration.h"
#include "resources/resources.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The values are those of the protocol. */
enum node_type { NODE_PLAIN, NODE_BURST_BUFFER, NODE_STRIPED_BURST_BUFFER };

/* What a node draws, in watts (docs/energy.md). */
struct node_power {
    double idle;               /* up, with nothing to do; without its GPUs */
    double epsilon;            /* with CPUs that have next to nothing to do, but something */
    double all;                /* with CPUs that are busy */
    double off;                /* off, or down */
    double gpu_idle, gpu_busy; /* one GPU of a node that is up */
    double boot, stop;         /* while it boots, or stops; with its GPUs */
};

struct node_description {
    uint32_t host;    /* number at the resource port */
    const char *name; /* borrowed from the port */
    enum node_type type;
    double speed;          /* flops/s, all cores together */
    double flops_per_byte; /* compute cost of striped burst-buffer I/O */
    uint32_t num_gpus;
    double gpu_speed;       /* flops/s of one GPU */
    double gpu_bandwidth;   /* bytes/s between two GPUs of the node */
    struct pfs_targets pfs; /* shared between nodes; owned by the platform */
    struct node_power power;
    double boot_seconds, stop_seconds; /* what it takes to switch it on, or off */
};

/* A set of links that together make up a PFS bandwidth. */
struct link_set {
    uint32_t *links; /* numbers at the resource port */
    size_t count;
    double bandwidth; /* sum, bytes/s */
};

struct platform {
    struct resources *resources;    /* borrowed */
    struct node_description *nodes; /* IDs 0 .. num_nodes - 1 */
    uint32_t num_nodes;
    uint32_t max_gpus;         /* of any node */
    uint32_t *nodes_with_gpus; /* [g]: nodes with at least g GPUs, g = 0 .. max_gpus */
    uint32_t *pfs_hosts;       /* owned; in order of their numbers */
    size_t num_pfs_hosts;
    bool has_burst_buffer;
    bool has_compute_on_io; /* some striped burst buffer costs flops: I/O then shares the CPUs */
    struct link_set pfs_read, pfs_write;
    uint32_t **target_lists; /* owned; one per distinct pfs_targets property */
    size_t num_target_lists;
};

/* Works out the machine and gives hosts their disks. `file` names the platform in messages. Returns
 * 0, or -1 with err (and nothing to release): a property that says no sensible value, a missing
 * mandatory one, two batch systems, no compute node, a PFS link that does not exist, ... Unknown
 * properties are no warning: SimGrid's plugins and users keep their own there, but one that is a
 * letter away from ours is. */
int platform_create(struct platform *platform, const char *file, struct resources *resources,
                    const struct configuration *configuration, struct warnings *warnings,
                    struct error *err);
/* The ID of the node of that name, or -1. */
long platform_find_node(const struct platform *platform, const char *name);
/* Any property of the node's host, ours or the user's own; NULL when it has none. */
const char *platform_node_property(const struct platform *platform, uint32_t node, const char *key);
/* What goes over a set of links at the moment, bytes/s. */
double platform_load(const struct platform *platform, const struct link_set *set);
void platform_release(struct platform *platform); /* fine on a zeroed one */

/* Reads a value with SimGrid's units: "4GBps", "10Gbps", "1.5GiBps" (bandwidth, into bytes/s),
 * "100Gf", "5f" (speed or work, into flops). A bare number is in the basic unit. Returns 0, or -1
 * when text says no such value; the result is finite and >= 0. */
int units_bandwidth(const char *text, double *result);
int units_flops(const char *text, double *result);
/* The same for a number alone. */
int units_number(const char *text, double *result);

#endif
