/* The resource port on SimGrid's L07 model. */
#include "resources/simgrid/disks.hpp"
#include "resources/simgrid/guard.hpp"
#include "resources/simgrid/loads.hpp"
#include "resources/simgrid/parts.hpp"
#include "resources/simgrid/shapes.hpp"
#include "resources/simgrid/steps.hpp"

extern "C" {
#include "resources/simgrid/l07.h"
}

#include <algorithm>
#include <cmath>

namespace
{

l07 *self(void *model)
{
    return static_cast<l07 *>(model);
}

const l07 *self(const void *model)
{
    return static_cast<const l07 *>(model);
}

/* --- Loads ---------------------------------------------------------------------------------- */

struct load_group *l07_start(void *opaque, const struct load *load, void *owner, struct error *err)
{
    l07 *model = self(opaque);
    if (fail_if_broken(model, err) || prepare(model, load, err))
        return nullptr;
    std::string reason;
    load_group *group = nullptr;
    double start = stopwatch_begin(&model->stopwatch);
    bool fine = guard::attempt(
        [&] {
            group = create_group(model, load, owner);
            start_parts(group, load, err);
        },
        reason);
    stopwatch_end(&model->stopwatch, start);
    if (fine)
        return group;
    explain_refusal(model, reason, err);
    model->broken = true; /* SimGrid may be in the middle of anything */
    return nullptr;
}

void l07_cancel(void *opaque, struct load_group *group)
{
    l07 *model = self(opaque);
    double start = stopwatch_begin(&model->stopwatch);
    for (l07_task &part : group->tasks)
        if (part.running)
            cancel_task(model, &part);
    for (l07_io &part : group->disk_ios)
        if (part.running)
            cancel_disk_io(model, &part);
    stopwatch_end(&model->stopwatch, start);
    group->cancelled = true;
    if (!group->queued)
        destroy_group(group);
}

void l07_pause(void *opaque, struct load_group *group)
{
    l07 *model = self(opaque);
    double start = stopwatch_begin(&model->stopwatch);
    pause_tasks(group);
    for (l07_io &part : group->disk_ios)
        if (part.running)
            pause_disk_io(model, &part);
    stopwatch_end(&model->stopwatch, start);
    group->paused = true;
}

void go_on(l07 *model, load_group *group)
{
    go_on_tasks(group);
    for (l07_io &part : group->disk_ios)
        if (part.running)
            go_on_disk_io(model, &part);
    group->paused = false;
}

int l07_go_on(void *opaque, struct load_group *group, struct error *err)
{
    l07 *model = self(opaque);
    std::string reason;
    if (fail_if_broken(model, err) || follow(model, err))
        return -1;
    double start = stopwatch_begin(&model->stopwatch);
    bool fine = guard::attempt([&] { go_on(model, group); }, reason);
    stopwatch_end(&model->stopwatch, start);
    return fine ? 0 : give_up(model, reason, err);
}

bool l07_busy(const void *model)
{
    return self(model)->num_running > 0 || has_to_report(self(model));
}

/* --- Time ----------------------------------------------------------------------------------- */

/* Goes to the next instant at which SimGrid or a disk stops, or to `until`. */
int step(l07 *model, double until, double *reached, struct error *err)
{
    *reached = std::min(until, next_disk_end(model));
    if (model->num_tasks > 0 && run_tasks(model, *reached, reached, err))
        return -1;
    if (std::isinf(*reached))
        return 0;
    model->now = std::max(model->now, *reached);
    end_due_disk_ios(model);
    return 0;
}

int l07_advance(void *opaque, double until, double *reached, struct error *err)
{
    l07 *model = self(opaque);
    if (fail_if_broken(model, err))
        return -1;
    double date = until = std::max(until, model->now);
    model->until = until;
    if (!has_to_report(model) && model->num_running > 0)
        do {
            if (step(model, until, &date, err))
                return -1;
        } while (!has_to_report(model) && date < until);
    if (has_to_report(model)) {
        report_ended(model);
        *reached = model->now;
        return 0;
    }
    if (!std::isinf(until))
        model->now = until;
    *reached = until;
    return 0;
}

bool l07_next_completion(void *opaque, struct completion *completion)
{
    l07 *model = self(opaque);
    while (model->num_reported < model->reporting.size()) {
        load_group *group = model->reporting[model->num_reported++];
        group->queued = false;
        if (group->cancelled) {
            destroy_group(group);
            continue;
        }
        model->indices.swap(group->ended);
        group->ended.clear();
        std::sort(model->indices.begin(), model->indices.end());
        completion->owner = group->owner;
        completion->indices = model->indices.data();
        completion->count = static_cast<uint32_t>(model->indices.size());
        completion->last = group->members_left == 0;
        if (completion->last)
            destroy_group(group);
        return true;
    }
    return false;
}

void l07_observe(void *opaque, void (*observe)(void *context, double time), void *context)
{
    self(opaque)->observe = observe;
    self(opaque)->observer = context;
    watch_time(observe ? self(opaque) : nullptr);
}

/* --- What is asked -------------------------------------------------------------------------- */

/* Up to SimGrid 3.33 a link's load is called its usage. */
template <class Link> auto load_of(const Link *link, int) -> decltype(link->get_load())
{
    return link->get_load();
}
template <class Link> auto load_of(const Link *link, long) -> decltype(link->get_usage())
{
    return link->get_usage();
}

double l07_link_bandwidth(void *opaque, size_t link)
{
    l07 *model = self(opaque);
    if (!model->topology->has_profiles)
        return topology_link_bandwidth(model->topology, link);
    catch_up(model);
    return model->topology->links[link]->get_bandwidth();
}

double l07_link_load(void *opaque, size_t link)
{
    l07 *model = self(opaque);
    settle(model);
    return load_of(model->topology->links[link], 0);
}

double l07_host_load(void *opaque, size_t host)
{
    l07 *model = self(opaque);
    settle(model);
    return model->topology->hosts[host].simgrid->get_load();
}

/* SimGrid does not say when shares change. */
uint64_t l07_loads_number(void *opaque)
{
    return ++self(opaque)->num_asked;
}

void l07_add_disk(void *opaque, size_t host, double read_bandwidth, double write_bandwidth)
{
    l07 *model = self(opaque);
    l07_disk &added = model->disks[host];
    added.exists = true;
    added.disk = {read_bandwidth, write_bandwidth, model->now, true, nullptr, nullptr};
}

void l07_measure(void *opaque)
{
    self(opaque)->stopwatch.on = true;
}

double l07_seconds(const void *model)
{
    return self(model)->stopwatch.seconds;
}

/* --- Creation ------------------------------------------------------------------------------- */

void set_up(l07 *model, struct topology *topology)
{
    size_t num_hosts = topology->hosts.size();
    model->topology = topology;
    model->observed = -1;
    for (const topology_host &host : topology->hosts)
        model->cores.push_back(host.cores);
    model->reachable.resize(num_hosts);
    model->disks.resize(num_hosts);
    for (l07_disk &disk : model->disks)
        disk.end = INFINITY;
    topology->engine->track_vetoed_activities(&model->veto);
    watch_activities();
}

void l07_destroy(void *opaque)
{
    [[maybe_unused]] static l07
        *abandoned; /* what SimGrid was about to do something with has to stay */
    l07 *model = self(opaque);
    if (model && model->broken)
        abandoned = model;
    watch_time(nullptr);
    if (!model || model->broken)
        return;
    while (model->groups) {
        load_group *group = model->groups;
        group->queued = false;
        l07_cancel(model, group);
    }
    model->topology->engine->track_vetoed_activities(nullptr);
    draft_release(&model->draft);
    delete model;
}

} // namespace

struct l07 *l07_create(struct topology *topology)
{
    std::string reason;
    l07 *model = nullptr;
    bool fine = guard::attempt(
        [&] {
            model = new l07();
            set_up(model, topology);
        },
        reason);
    if (fine)
        return model;
    delete model;
    return nullptr;
}

const struct load_model l07_model = {
    "simgrid",          l07_destroy,   l07_start,     l07_cancel,          l07_pause,
    l07_go_on,          l07_busy,      l07_advance,   l07_next_completion, l07_observe,
    l07_link_bandwidth, l07_link_load, l07_host_load, l07_loads_number,    l07_add_disk,
    l07_measure,        l07_seconds,
};
