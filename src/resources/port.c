/* Asks the topology, and hands the loads to the model that was chosen. */
#include "resources/resources.h"

#include "resources/flow/flow.h"
#include "resources/load_model.h"
#include "resources/simgrid/l07.h"
#include "resources/simgrid/settings.h"
#include "resources/topology.h"

#include <stdlib.h>

struct resources {
    struct topology *topology;
    const struct load_model *model;
    void *state;    /* of the model */
    void *prepared; /* a flow model that is not used yet; NULL for none */
};

/* --- Creation -------------------------------------------------------------------------------- */

static void use_model(struct resources *resources, const struct load_model *model, void *state)
{
    if (resources->model)
        resources->model->destroy(resources->state);
    resources->model = model;
    resources->state = state;
}

struct resources *resources_open(const char *platform_file, size_t num_options,
                                 const char *const *options, struct error *err)
{
    struct resources *resources = calloc(1, sizeof *resources);
    if (!resources) {
        error_no_memory(err);
        return NULL;
    }
    resources->topology = topology_open(platform_file, num_options, options, err);
    struct l07 *l07 = resources->topology ? l07_create(resources->topology) : NULL;
    if (resources->topology && !l07)
        error_no_memory(err);
    use_model(resources, &l07_model, l07);
    if (l07)
        return resources;
    resources_close(resources);
    return NULL;
}

const char *resources_prepare_flow(struct resources *resources, struct error *err)
{
    if (resources->prepared)
        return NULL;
    struct simgrid_settings settings;
    const char *obstacle = simgrid_settings(resources->topology, &settings);
    if (obstacle)
        return obstacle;
    resources->prepared = flow_create(resources->topology, &settings);
    if (!resources->prepared)
        error_no_memory(err);
    return NULL;
}

const char *resources_use_flow(struct resources *resources, struct error *err)
{
    const char *obstacle = resources_prepare_flow(resources, err);
    if (obstacle || !resources->prepared)
        return obstacle;
    use_model(resources, &flow_model, resources->prepared);
    resources->prepared = NULL;
    return NULL;
}

void resources_close(struct resources *resources)
{
    if (!resources)
        return;
    use_model(resources, NULL, NULL);
    if (resources->prepared)
        flow_model.destroy(resources->prepared);
    topology_close(resources->topology);
    free(resources);
}

/* --- The platform ---------------------------------------------------------------------------- */

size_t resources_num_hosts(const struct resources *resources)
{
    return topology_num_hosts(resources->topology);
}

const char *resources_host_name(const struct resources *resources, size_t host)
{
    return topology_host_name(resources->topology, host);
}

double resources_host_speed(const struct resources *resources, size_t host)
{
    return topology_host_speed(resources->topology, host);
}

size_t resources_num_host_states(const struct resources *resources, size_t host)
{
    return topology_num_host_states(resources->topology, host);
}

size_t resources_host_state(const struct resources *resources, size_t host)
{
    return topology_host_state(resources->topology, host);
}

const char *resources_host_property(const struct resources *resources, size_t host, const char *key)
{
    return topology_host_property(resources->topology, host, key);
}

size_t resources_num_host_properties(const struct resources *resources, size_t host)
{
    return topology_num_host_properties(resources->topology, host);
}

const char *resources_host_property_key(const struct resources *resources, size_t host, size_t i)
{
    return topology_host_property_key(resources->topology, host, i);
}

bool resources_have_profiles(const struct resources *resources)
{
    return topology_has_profiles(resources->topology);
}

size_t resources_num_links(const struct resources *resources)
{
    return topology_num_links(resources->topology);
}

const char *resources_link_name(const struct resources *resources, size_t link)
{
    return topology_link_name(resources->topology, link);
}

long resources_find_link(const struct resources *resources, const char *name)
{
    return topology_find_link(resources->topology, name);
}

long resources_route_links(const struct resources *resources, size_t from, size_t to)
{
    return topology_route_links(resources->topology, (uint32_t)from, (uint32_t)to);
}

int resources_check_route(const struct resources *resources, size_t from, size_t to,
                          struct error *err)
{
    return topology_check_route(resources->topology, (uint32_t)from, (uint32_t)to, err);
}

/* --- Loads ----------------------------------------------------------------------------------- */

struct load_group *resources_start(struct resources *resources, const struct load *load,
                                   void *owner, struct error *err)
{
    return resources->model->start(resources->state, load, owner, err);
}

void resources_cancel(struct resources *resources, struct load_group *group)
{
    resources->model->cancel(resources->state, group);
}

void resources_pause(struct resources *resources, struct load_group *group)
{
    resources->model->pause(resources->state, group);
}

int resources_go_on(struct resources *resources, struct load_group *group, struct error *err)
{
    return resources->model->go_on(resources->state, group, err);
}

bool resources_busy(const struct resources *resources)
{
    return resources->model->busy(resources->state);
}

int resources_advance(struct resources *resources, double until, double *reached, struct error *err)
{
    return resources->model->advance(resources->state, until, reached, err);
}

bool resources_next_completion(struct resources *resources, struct completion *completion)
{
    return resources->model->next_completion(resources->state, completion);
}

void resources_observe(struct resources *resources, void (*observe)(void *context, double time),
                       void *context)
{
    resources->model->observe(resources->state, observe, context);
}

double resources_link_bandwidth(const struct resources *resources, size_t link)
{
    return resources->model->link_bandwidth(resources->state, link);
}

double resources_link_load(const struct resources *resources, size_t link)
{
    return resources->model->link_load(resources->state, link);
}

double resources_host_load(const struct resources *resources, size_t host)
{
    return resources->model->host_load(resources->state, host);
}

uint64_t resources_loads_number(const struct resources *resources)
{
    return resources->model->loads_number(resources->state);
}

void resources_add_disk(struct resources *resources, size_t host, double read_bandwidth,
                        double write_bandwidth)
{
    resources->model->add_disk(resources->state, host, read_bandwidth, write_bandwidth);
}

const char *resources_model(const struct resources *resources)
{
    return resources->model->name;
}

void resources_measure(struct resources *resources)
{
    resources->model->measure(resources->state);
}

double resources_seconds(const struct resources *resources)
{
    return resources->model->seconds(resources->state);
}
