/* The resource port on our own model: time, completions and what is asked of resources. */
#include "resources/flow/flow.h"

#include "resources/flow/bottleneck.h"
#include "resources/flow/cells.h"
#include "resources/flow/groups.h"
#include "resources/flow/loads.h"
#include "resources/flow/model.h"
#include "resources/flow/parts.h"
#include "resources/flow/solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- Creation -------------------------------------------------------------------------------- */

static void describe_resources(struct flow *flow)
{
    struct shared_resource *resource = flow->sharing.resources;
    for (uint32_t link = 0; link < flow->num_links; link++, resource++) {
        resource->capacity = topology_link_bandwidth(flow->topology, link);
        resource->fatpipe = topology_link_is_fatpipe(flow->topology, link);
    }
    for (uint32_t host = 0; host < flow->num_hosts; host++, resource++) {
        resource->capacity = topology_host_speed(flow->topology, host);
        flow->hosts[host] = (struct host_figures){
            .cores = topology_host_cores(flow->topology, host), .speed = resource->capacity};
    }
}

static void flow_destroy(void *model)
{
    struct flow *flow = model;
    if (!flow)
        return;
    while (flow->groups)
        group_destroy(flow->groups);
    for (uint32_t i = 0; flow->disks && i < flow->num_hosts; i++)
        free(flow->disks[i]);
    network_destroy(flow->network);
    pfs_routes_release(&flow->pfs_routes);
    plans_release(&flow->plans);
    sharing_release(&flow->sharing);
    agenda_release(&flow->agenda);
    free(flow->disks);
    free(flow->hosts);
    free(flow->users);
    free(flow->members.items);
    free(flow->ranks.items);
    free(flow->hosts_of_transfer.items);
    free(flow->key.items);
    free(flow->ended.items);
    free(flow->reporting.items);
    free(flow);
}

struct flow *flow_create(struct topology *topology, const struct simgrid_settings *settings)
{
    struct flow *flow = calloc(1, sizeof *flow);
    if (!flow)
        return NULL;
    flow->topology = topology;
    flow->settings = *settings;
    flow->num_links = (uint32_t)topology_num_links(topology);
    flow->num_hosts = (uint32_t)topology_num_hosts(topology);
    flow->hosts = calloc(flow->num_hosts, sizeof *flow->hosts);
    flow->disks = calloc(flow->num_hosts, sizeof(struct host_disk *));
    flow->users = calloc(flow->num_links + 1, sizeof *flow->users);
    if (flow->hosts && flow->disks && flow->users &&
        sharing_init(&flow->sharing, flow->num_links + flow->num_hosts, settings->precision,
                     settings->precision * settings->time_precision, &flow->agenda) == 0) {
        describe_resources(flow);
        flow->network = network_create(topology, &flow->sharing, &flow->plans);
    }
    if (flow->network)
        return flow;
    flow_destroy(flow);
    return NULL;
}

static void flow_add_disk(void *model, size_t host, double read_bandwidth, double write_bandwidth)
{
    struct flow *flow = model;
    struct host_disk *disk = host_disk_create(flow, read_bandwidth, write_bandwidth);
    if (!disk) {
        flow->out_of_memory = true;
        return;
    }
    free(flow->disks[host]);
    flow->disks[host] = disk;
}

/* --- Loads ----------------------------------------------------------------------------------- */

static int fail_if_broken(const struct flow *flow, struct error *err)
{
    if (flow_check_memory(flow, err))
        return -1;
    return flow->broken ? error_set(err, ERROR_FAILURE, "a load could not be started before") : 0;
}

static struct load_group *flow_start(void *model, const struct load *load, void *owner,
                                     struct error *err)
{
    struct flow *flow = model;
    double start = stopwatch_begin(&flow->stopwatch);
    uint32_t num_members = load->kind == LOAD_EXCHANGE ? 1 : load->num_members;
    struct flow_group *group = group_create(flow, num_members, owner);
    if (!group)
        error_no_memory(err);
    else if (load_start(group, load, err) || fail_if_broken(flow, err))
        flow->broken = true; /* flow_destroy frees what there is */
    stopwatch_end(&flow->stopwatch, start);
    return flow->broken ? NULL : (struct load_group *)(void *)group;
}

static void flow_cancel(void *model, struct load_group *load_group)
{
    struct flow_group *group = (struct flow_group *)(void *)load_group;
    (void)model;
    group_stop(group);
    group->cancelled = true;
    if (!group->queued && group != group->flow->reported)
        group_destroy(group);
}

static void flow_pause(void *model, struct load_group *load_group)
{
    (void)model;
    group_pause((struct flow_group *)(void *)load_group);
}

static int flow_go_on(void *model, struct load_group *load_group, struct error *err)
{
    group_go_on((struct flow_group *)(void *)load_group);
    return fail_if_broken(model, err);
}

static bool has_reports(const struct flow *flow)
{
    return flow->ended.count > 0 || flow->num_reported < flow->reporting.count;
}

static bool flow_busy(const void *model)
{
    const struct flow *flow = model;
    return flow->num_parts > 0 || has_reports(flow);
}

/* --- Time ------------------------------------------------------------------------------------ */

/* Handles all entries of the instant. */
static void pass_instant(struct flow *flow, double time)
{
    struct agenda_entry *entry;
    flow->inside = true;
    flow->observed = false;
    while ((entry = agenda_first(&flow->agenda)) &&
           entry->time <= time + parts_tolerance(flow, entry, time))
        entry->handle(entry->owner, time);
    flow->now = time;
    flow->inside = false;
}

/* Moves time to the next ends, or to `until`. */
static void run(struct flow *flow, double until)
{
    while (flow->ended.count == 0 && !flow->sharing.out_of_memory) {
        sharing_solve(&flow->sharing, flow->now);
        disks_settle(flow);
        const struct agenda_entry *first = agenda_first(&flow->agenda);
        if (!first ||
            first->time > until + (isinf(until) ? 0 : parts_tolerance(flow, first, until)))
            return;
        pass_instant(flow, larger(flow->now, smaller(first->time, until)));
    }
}

static int compare_groups(const void *first, const void *second)
{
    const struct flow_group *a = *(struct flow_group *const *)first;
    const struct flow_group *b = *(struct flow_group *const *)second;
    return (a->order > b->order) - (a->order < b->order);
}

/* What ended becomes what next_completion reports, after what it still has to. */
static void report_ended(struct flow *flow)
{
    struct group_list *reporting = &flow->reporting;
    reporting->count -= flow->num_reported;
    if (reporting->count > 0)
        memmove(reporting->items, reporting->items + flow->num_reported,
                reporting->count * sizeof(struct flow_group *));
    flow->num_reported = 0;
    for (size_t i = 0; i < flow->ended.count; i++)
        group_list_add(flow, reporting, flow->ended.items[i]);
    flow->ended.count = 0;
    if (reporting->count > 0)
        qsort(reporting->items, reporting->count, sizeof(struct flow_group *), compare_groups);
}

static int flow_advance(void *model, double until, double *reached, struct error *err)
{
    struct flow *flow = model;
    until = larger(until, flow->now);
    if (fail_if_broken(flow, err))
        return -1;
    if (flow->num_parts > 0 && !has_reports(flow)) {
        double start = stopwatch_begin(&flow->stopwatch);
        run(flow, until);
        stopwatch_end(&flow->stopwatch, start);
        if (fail_if_broken(flow, err))
            return -1;
    }
    if (has_reports(flow)) {
        report_ended(flow);
        if (fail_if_broken(flow, err))
            return -1;
        *reached = flow->now;
        return 0;
    }
    if (!isinf(until))
        flow->now = until;
    *reached = until;
    return 0;
}

static int compare_indices(const void *first, const void *second)
{
    uint32_t a = *(const uint32_t *)first, b = *(const uint32_t *)second;
    return (a > b) - (a < b);
}

static void sort_indices(uint32_t *indices, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (indices[i - 1] > indices[i]) {
            qsort(indices, count, sizeof *indices, compare_indices);
            return;
        }
}

/* Frees the group whose indices were handed out last, if nothing more is to come of it. */
static void free_reported(struct flow *flow)
{
    struct flow_group *group = flow->reported;
    flow->reported = NULL;
    if (group && (group->members_left == 0 || (group->cancelled && !group->queued)))
        group_destroy(group);
}

/* What has ended of the group since it was reported last. */
static struct completion completion_of(struct flow_group *group)
{
    uint32_t *indices = group->ended + group->num_reported;
    uint32_t count = group->num_ended - group->num_reported;
    sort_indices(indices, count);
    group->num_reported = group->num_ended;
    return (struct completion){.owner = group->owner,
                               .indices = indices,
                               .count = count,
                               .last = group->members_left == 0};
}

static bool flow_next_completion(void *model, struct completion *completion)
{
    struct flow *flow = model;
    free_reported(flow);
    while (flow->num_reported < flow->reporting.count) {
        struct flow_group *group = flow->reporting.items[flow->num_reported++];
        group->queued = false;
        if (group->cancelled) {
            group_destroy(group);
            continue;
        }
        *completion = completion_of(group);
        flow->reported = group;
        return true;
    }
    return false;
}

static void flow_observe(void *model, void (*observe)(void *context, double time), void *context)
{
    struct flow *flow = model;
    flow->observe = observe;
    flow->observer = context;
}

/* --- What is asked --------------------------------------------------------------------------- */

static double load_of(struct flow *flow, uint32_t resource)
{
    if (!flow->inside)
        sharing_solve(&flow->sharing, flow->now);
    return sharing_load(&flow->sharing, resource);
}

static double flow_link_bandwidth(void *model, size_t link)
{
    const struct flow *flow = model;
    return topology_link_bandwidth(flow->topology, link);
}

static double flow_link_load(void *model, size_t link)
{
    return load_of(model, (uint32_t)link);
}

static double flow_host_load(void *model, size_t host)
{
    struct flow *flow = model;
    return load_of(flow, flow->num_links + (uint32_t)host);
}

static uint64_t flow_loads_number(void *model)
{
    struct flow *flow = model;
    if (!flow->inside)
        sharing_solve(&flow->sharing, flow->now);
    return flow->sharing.num_changes;
}

static void flow_measure(void *model)
{
    struct flow *flow = model;
    flow->stopwatch.on = true;
}

static double flow_seconds(const void *model)
{
    const struct flow *flow = model;
    return flow->stopwatch.seconds;
}

const struct load_model flow_model = {
    .name = "flow",
    .destroy = flow_destroy,
    .start = flow_start,
    .cancel = flow_cancel,
    .pause = flow_pause,
    .go_on = flow_go_on,
    .busy = flow_busy,
    .advance = flow_advance,
    .next_completion = flow_next_completion,
    .observe = flow_observe,
    .link_bandwidth = flow_link_bandwidth,
    .link_load = flow_link_load,
    .host_load = flow_host_load,
    .loads_number = flow_loads_number,
    .add_disk = flow_add_disk,
    .measure = flow_measure,
    .seconds = flow_seconds,
};
