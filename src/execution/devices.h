/* GPUs and GPU links of nodes that several jobs may share: each serves one use at a time, first
 * come first served (docs/application_model.md). Nodes that belong to one job need none of this: a
 * rank has one GPU task at a time. */
#ifndef ELASTISIM_EXECUTION_DEVICES_H
#define ELASTISIM_EXECUTION_DEVICES_H

#include "base/heap.h"
#include "system/state.h"

struct device;

/* One use of a device, embedded in whoever waits for it. */
struct device_use {
    struct device *device; /* NULL while not queued */
    struct device *paused; /* where it is queued again when it goes on; else NULL */
    struct device_use *next;
    double duration;  /* seconds */
    struct event end; /* queued while the device serves this use */
    void (*done)(void *owner);
    void *owner;
};

struct devices {
    struct event_heap *heap;
    const struct state *state;
    struct device *all;   /* per node: its GPUs, then its link */
    size_t *first;        /* [node]: index of its first device */
    struct device *freed; /* the use that it served has ended at this event; NULL */
    struct error *err;
};

/* The state tells the time and the nodes; its observers hear of busy GPUs. Returns 0, or -1 with
 * err. */
int devices_create(struct devices *devices, const struct state *state, struct event_heap *heap,
                   struct error *err);
void devices_release(struct devices *devices); /* fine on a zeroed one */

/* Queues `count` kernels (uses[0..count), with duration, done and owner set) on that many different
 * GPUs of a node, free ones first, each group in order of their index. count <= number of GPUs. */
void devices_use_gpus(struct devices *devices, uint32_t node, struct device_use *uses,
                      uint32_t count);
/* Queues an exchange on the node's GPU link. */
void devices_use_link(struct devices *devices, uint32_t node, struct device_use *use);
/* A device that was freed serves the next in its line. To be called after each event, when whoever
 * waited for what has ended has gone on. */
void devices_serve(struct devices *devices);
/* A use, queued or being served, makes way for others, and is queued again, last in line, for what
 * is left of it. Nothing when it ended. */
void devices_pause(struct devices *devices, struct device_use *use);
void devices_go_on(struct device_use *use);
/* Takes a use out, queued or being served; the next in line starts at once. Nothing when it ended.
 */
void devices_cancel(struct devices *devices, struct device_use *use);

#endif
