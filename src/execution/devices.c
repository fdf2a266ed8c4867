/* Promise: a device serves the first of its queue, and the end of that use is an event. At the
 * instant in which a use ends its device counts as free until whoever waited for it has gone on,
 * which it does after the event (devices_serve): a task that follows at once may queue there again,
 * behind those who wait, as in ElastiSim. */
#include "execution/devices.h"

#include <math.h>
#include <stdlib.h>

struct device {
    struct devices *devices;
    uint32_t node;
    bool is_gpu; /* or else the node's GPU link */
    struct device_use *first, *last;
    bool serving; /* the first */
};

int devices_create(struct devices *devices, const struct state *state, struct event_heap *heap,
                   struct error *err)
{
    const struct platform *platform = state->platform;
    *devices = (struct devices){.heap = heap, .state = state, .err = err};
    devices->first = calloc(platform->num_nodes, sizeof *devices->first);
    if (!devices->first)
        return error_no_memory(err);
    size_t count = 0;
    for (uint32_t i = 0; i < platform->num_nodes; i++) {
        devices->first[i] = count;
        count += platform->nodes[i].num_gpus + 1;
    }
    devices->all = calloc(count, sizeof *devices->all);
    if (!devices->all) {
        devices_release(devices);
        return error_no_memory(err);
    }
    struct device *device = devices->all;
    for (uint32_t node = 0; node < platform->num_nodes; node++)
        for (uint32_t i = 0; i <= platform->nodes[node].num_gpus; i++)
            *device++ = (struct device){
                .devices = devices, .node = node, .is_gpu = i < platform->nodes[node].num_gpus};
    return 0;
}

void devices_release(struct devices *devices)
{
    free(devices->all);
    free(devices->first);
    *devices = (struct devices){0};
}

static void use_ended(void *owner);

static void set_serving(struct device *device, bool serving)
{
    device->serving = serving;
    if (!device->is_gpu)
        return;
    const struct state *state = device->devices->state;
    struct happening happening = {
        .kind = GPUS_BUSY,
        .state = state,
        .busy = {.node = device->node, .change = serving ? 1 : -1, .until = INFINITY}};
    observers_tell(state->observers, &happening, device->devices->err);
}

static void serve_first(struct device *device)
{
    struct device_use *use = device->first;
    if (!use || device->serving)
        return;
    set_serving(device, true);
    use->end = (struct event){.handle = use_ended, .owner = use};
    use->end.time = device->devices->state->now + use->duration;
    if (event_heap_add(device->devices->heap, &use->end))
        error_no_memory(device->devices->err);
}

static void enqueue(struct device *device, struct device_use *use)
{
    use->device = device;
    use->next = NULL;
    *(device->last ? &device->last->next : &device->first) = use;
    device->last = use;
    if (device->first == use)
        serve_first(device);
}

static void dequeue(struct device *device, struct device_use *use)
{
    struct device_use *previous = NULL;
    for (struct device_use *at = device->first; at != use; at = at->next)
        previous = at;
    if (previous)
        previous->next = use->next;
    else
        device->first = use->next;
    if (device->last == use)
        device->last = previous;
    use->device = NULL;
}

static void use_ended(void *owner)
{
    struct device_use *use = owner;
    struct device *device = use->device;
    devices_serve(device->devices);
    dequeue(device, use);
    set_serving(device, false);
    device->devices->freed = device;
    use->done(use->owner);
}

void devices_serve(struct devices *devices)
{
    struct device *device = devices->freed;
    devices->freed = NULL;
    if (device)
        serve_first(device);
}

static bool among(const struct device_use *uses, uint32_t count, const struct device *device)
{
    for (uint32_t i = 0; i < count; i++)
        if (uses[i].device == device)
            return true;
    return false;
}

void devices_use_gpus(struct devices *devices, uint32_t node, struct device_use *uses,
                      uint32_t count)
{
    struct device *gpus = &devices->all[devices->first[node]];
    uint32_t num_gpus = devices->state->platform->nodes[node].num_gpus;
    uint32_t used = 0;
    for (uint32_t i = 0; i < num_gpus && used < count; i++)
        if (!gpus[i].serving)
            enqueue(&gpus[i], &uses[used++]);
    for (uint32_t i = 0; i < num_gpus && used < count; i++)
        if (!among(uses, used, &gpus[i]))
            enqueue(&gpus[i], &uses[used++]);
}

void devices_use_link(struct devices *devices, uint32_t node, struct device_use *use)
{
    enqueue(&devices->all[devices->first[node] + devices->state->platform->nodes[node].num_gpus],
            use);
}

static void take_out(struct devices *devices, struct device_use *use)
{
    struct device *device = use->device;
    bool served = use->end.slot > 0;
    event_heap_remove(devices->heap, &use->end);
    dequeue(device, use);
    if (served) {
        set_serving(device, false);
        serve_first(device);
    }
}

void devices_cancel(struct devices *devices, struct device_use *use)
{
    if (use->device)
        take_out(devices, use);
}

void devices_pause(struct devices *devices, struct device_use *use)
{
    if (!use->device)
        return;
    use->paused = use->device;
    if (use->end.slot > 0)
        use->duration = use->end.time - devices->state->now;
    take_out(devices, use);
}

void devices_go_on(struct device_use *use)
{
    struct device *device = use->paused;
    use->paused = NULL;
    if (device)
        enqueue(device, use);
}
