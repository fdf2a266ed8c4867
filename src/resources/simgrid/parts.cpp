/* Groups and their parts: what has ended, and what has been reported. */
#include "resources/simgrid/parts.hpp"

#include <algorithm>
#include <cstdio>

extern "C" {
#include "base/list.h"
}

/* --- Ends ----------------------------------------------------------------------------------- */

void member_ended(load_group *group, uint32_t member)
{
    group->ended.push_back(member);
    group->members_left--;
    if (!group->queued) {
        group->queued = true;
        group->model->ended.push_back(group);
    }
}

namespace
{

void shared_part_ended(load_group *group)
{
    if (--group->shared_left > 0)
        return;
    for (uint32_t i = 0; i < group->parts_left.size(); i++)
        if (group->parts_left[i] == 0)
            member_ended(group, i);
}

} // namespace

void part_ended(l07_part *part)
{
    load_group *group = part->group;
    part->running = false;
    group->model->num_running--;
    if (part->member == every_member)
        shared_part_ended(group);
    else if (group->parts_left.empty() ||
             (--group->parts_left[part->member] == 0 && group->shared_left == 0))
        member_ended(group, part->member);
}

void observe(l07 *model, double time)
{
    if (!model->observe || time <= model->observed)
        return;
    model->observed = time;
    model->observe(model->observer, time);
}

void watch_time(l07 *model)
{
    static l07 *watched;
    static bool connected;
    watched = model;
    if (model && !connected)
        s4u::Engine::on_time_advance_cb([](double) {
            double clock = s4u::Engine::get_clock();
            if (watched && clock > watched->now && clock < watched->until)
                observe(watched, clock);
        });
    connected = connected || model;
}

namespace
{

const char *kind_name(load_kind kind)
{
    static const char *const names[] = {
        "a computation", "an exchange",  "a PFS read",          "a PFS write",
        "a disk read",   "a disk write", "a striped disk read", "a striped disk write",
    };
    return names[kind];
}

/* The first host of the group, or else the first link of all, that is off. */
std::string what_is_off(const load_group *group)
{
    for (uint32_t index : group->hosts)
        if (!group->model->topology->hosts[index].simgrid->is_on())
            return "host '" +
                   std::string(group->model->topology->hosts[index].simgrid->get_cname()) + "'";
    for (const s4u::Link *link : group->model->topology->links)
        if (!link->is_on())
            return "link '" + std::string(link->get_cname()) + "'";
    return "a host or link";
}

void part_failed(const l07_part *part)
{
    l07 *model = part->group->model;
    if (!model->failure.empty())
        return;
    char time[32];
    std::snprintf(time, sizeof time, "%.15g", s4u::Engine::get_clock());
    model->failure = what_is_off(part->group) + " is off at " + time + " s, where " +
                     kind_name(part->group->kind) +
                     " needs it; a load does not survive that, so its state "
                     "profile must keep it on";
}

/* Called by SimGrid, for each activity once. */
template <class Activity> void on_completion(const Activity &activity)
{
    l07_task *part = activity.template get_data<l07_task>();
    if (!part || !part->running)
        return; /* cancelled */
    l07 *model = part->group->model;
    double clock = s4u::Engine::get_clock();
    bool failed = activity.get_state() == s4u::Activity::State::FAILED;
    if (failed)
        part_failed(part);
    else
        observe(model, std::max(model->now, std::min(clock, model->until)));
    model->last_end = clock;
    model->num_tasks--;
    part_ended(part);
    if (failed || !model->ended.empty())
        model->veto.insert(part->activity.exec.get());
}

} // namespace

void watch_activities()
{
    s4u::Exec::on_completion_cb([](const auto &activity) { on_completion(activity); });
}

/* --- Groups --------------------------------------------------------------------------------- */

void recycle(l07 *model, const activity &activity)
{
    if (reuse_activities)
        model->idle[activity.kind].push_back(activity.exec);
}

load_group *create_group(l07 *model, const struct load *load, void *owner)
{
    load_group *group = new load_group();
    group->model = model;
    group->owner = owner;
    group->order = model->num_started++;
    group->kind = load->kind;
    group->members_left = load->kind == LOAD_EXCHANGE ? 1 : load->num_members;
    group->hosts.assign(load->hosts, load->hosts + load->num_hosts);
    if (load->targets)
        group->hosts.insert(group->hosts.end(), load->targets[0]->hosts,
                            load->targets[0]->hosts + load->targets[0]->count);
    list_add_first(&model->groups, group);
    return group;
}

void destroy_group(load_group *group)
{
    l07 *model = group->model;
    list_remove(&model->groups, group);
    for (const l07_task &part : group->tasks)
        if (part.activity.exec)
            recycle(model, part.activity);
    delete group;
}

void report_ended(l07 *model)
{
    auto started_before = [](const load_group *a, const load_group *b) {
        return a->order < b->order;
    };
    model->reporting.erase(model->reporting.begin(),
                           model->reporting.begin() + static_cast<long>(model->num_reported));
    model->num_reported = 0;
    model->reporting.insert(model->reporting.end(), model->ended.begin(), model->ended.end());
    model->ended.clear();
    if (!std::is_sorted(model->reporting.begin(), model->reporting.end(), started_before))
        std::sort(model->reporting.begin(), model->reporting.end(), started_before);
}

bool has_to_report(const l07 *model)
{
    return !model->ended.empty() || model->num_reported < model->reporting.size();
}
