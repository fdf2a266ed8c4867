/* Hands the loads to the model that was chosen. */
#include "resources/port.h"

#include "resources/flow/flow.h"
#include "resources/simgrid.h"

static const struct load_model *model_of(const struct resources *resources)
{
    return simgrid_port(resources)->model;
}

const char *resources_use_flow(struct resources *resources, struct error *err)
{
    struct port *port = simgrid_port(resources);
    struct simgrid_settings settings;
    const char *obstacle = simgrid_settings(resources, &settings);
    if (obstacle)
        return obstacle;
    port->flow = flow_create(resources, &settings);
    if (!port->flow)
        error_no_memory(err);
    else
        port->model = &flow_model;
    return NULL;
}

void resources_close(struct resources *resources)
{
    if (!resources)
        return;
    flow_destroy(simgrid_port(resources)->flow);
    simgrid_close(resources);
}

struct load_group *resources_start(struct resources *resources, const struct load *load,
                                   void *owner, struct error *err)
{
    return model_of(resources)->start(resources, load, owner, err);
}

void resources_cancel(struct resources *resources, struct load_group *group)
{
    model_of(resources)->cancel(resources, group);
}

bool resources_busy(const struct resources *resources)
{
    return model_of(resources)->busy(resources);
}

int resources_advance(struct resources *resources, double until, double *reached, struct error *err)
{
    return model_of(resources)->advance(resources, until, reached, err);
}

bool resources_next_completion(struct resources *resources, struct completion *completion)
{
    return model_of(resources)->next_completion(resources, completion);
}

void resources_observe(struct resources *resources, void (*observe)(void *context, double time),
                       void *context)
{
    model_of(resources)->observe(resources, observe, context);
}

double resources_link_load(const struct resources *resources, size_t link)
{
    return model_of(resources)->link_load(resources, link);
}

double resources_host_load(const struct resources *resources, size_t host)
{
    return model_of(resources)->host_load(resources, host);
}

void resources_add_disk(struct resources *resources, size_t host, double read_bandwidth,
                        double write_bandwidth)
{
    model_of(resources)->add_disk(resources, host, read_bandwidth, write_bandwidth);
}

const char *resources_model(const struct resources *resources)
{
    return simgrid_port(resources)->flow ? "flow" : "simgrid";
}

void resources_measure(struct resources *resources)
{
    simgrid_port(resources)->measured = true;
}

double resources_seconds(const struct resources *resources)
{
    return model_of(resources)->seconds(resources);
}
