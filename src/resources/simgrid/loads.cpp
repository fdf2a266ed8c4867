/* Loads as activities of SimGrid's, and I/Os on disks. */
#include "resources/simgrid/loads.hpp"

#include "resources/simgrid/disks.hpp"
#include "resources/simgrid/guard.hpp"
#include "resources/simgrid/parts.hpp"
#include "resources/simgrid/steps.hpp"

#include <simgrid/kernel/resource/Model.hpp>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>

namespace
{

/* As many new activities go through their first life, without anything to do, together. */
constexpr size_t lot = 128;

/* No link leads from one host to another. */
struct missing_route : std::runtime_error {
    missing_route() : std::runtime_error("there is no route")
    {
    }
};

/* Sends activities through a life without work: see reuse_activities. */
void exercise(l07 *model, activity_kind kind, size_t count)
{
    s4u::Host *host = model->topology->hosts[0].simgrid;
    for (size_t i = 0; i < count; i++) {
        s4u::ExecPtr exec = s4u::Exec::init();
        if (kind == TRANSFER) {
            exec->set_flops_amounts({0, 0});
            exec->set_bytes_amounts({0, 0, 0, 0});
            exec->set_hosts({host, host});
        } else {
            exec->set_flops_amount(0);
            exec->set_host(host);
        }
        model->cancelled.push_back({exec, kind, false});
        exec->start();
    }
}

/* Makes sure that that many activities can be used again. */
int stock_up(l07 *model, activity_kind kind, size_t count, struct error *err)
{
    std::string reason;
    while (reuse_activities && model->idle[kind].size() < count) {
        if (!guard::attempt([&] { exercise(model, kind, lot); }, reason))
            return give_up(model, reason, err);
        if (drop_cancelled(model, err))
            return -1;
    }
    return 0;
}

} // namespace

int prepare(l07 *model, const struct load *load, struct error *err)
{
    size_t members = load->kind == LOAD_EXCHANGE ? 1 : load->num_members;
    bool computes = load->kind == LOAD_COMPUTE || load->kind == LOAD_EXCHANGE;
    if (load->kind == LOAD_DISK_READ || load->kind == LOAD_DISK_WRITE)
        return 0;
    if (model->num_tasks == 0 && follow(model, err))
        return -1;
    if (computes && stock_up(model, COMPUTATION, members, err))
        return -1;
    return load->kind == LOAD_COMPUTE ? 0 : stock_up(model, TRANSFER, members, err);
}

namespace
{

s4u::ExecPtr new_exec(l07 *model, activity_kind kind)
{
    std::vector<s4u::ExecPtr> &idle = model->idle[kind];
    if (idle.empty())
        return s4u::Exec::init();
    s4u::ExecPtr exec = idle.back();
    idle.pop_back();
    exec->set_state(s4u::Activity::State::INITED);
    return exec;
}

/* SimGrid lets data pass at once where no link leads. */
void require_route(l07 *model, uint32_t from, uint32_t to)
{
    std::vector<bool> &reachable = model->reachable[from];
    if (from == to || (!reachable.empty() && reachable[to]))
        return;
    std::vector<s4u::Link *> links;
    double latency = 0;
    find_route(model->topology, from, to, links, latency);
    if (links.empty())
        throw missing_route();
    reachable.resize(model->reachable.size());
    reachable[to] = true;
}

void require_routes(l07 *model)
{
    const struct draft &draft = model->draft;
    const double *bytes = draft.bytes;
    for (size_t from = 0; from < draft.size; from++)
        for (size_t to = 0; to < draft.size; to++)
            if (*bytes++ > 0)
                require_route(model, draft.hosts[from], draft.hosts[to]);
}

/* Makes the drafted task out of an activity. */
void carry_out(l07 *model, const s4u::ExecPtr &exec)
{
    const struct draft &draft = model->draft;
    if (draft.size == 1) {
        exec->set_flops_amount(draft.flops[0]);
        exec->set_host(model->topology->hosts[draft.hosts[0]].simgrid);
        return;
    }
    model->draft_hosts.clear();
    for (size_t i = 0; i < draft.size; i++)
        model->draft_hosts.push_back(model->topology->hosts[draft.hosts[i]].simgrid);
    exec->set_flops_amounts(std::vector<double>(draft.flops, draft.flops + draft.size));
    if (draft.sends)
        exec->set_bytes_amounts(
            std::vector<double>(draft.bytes, draft.bytes + draft.size * draft.size));
    exec->set_hosts(model->draft_hosts);
}

/* Starts the drafted task as a part of the group; returns false when there is nothing to do. */
bool start_task(load_group *group, uint32_t member)
{
    l07 *model = group->model;
    if (!model->draft.computes && !model->draft.sends)
        return false;
    if (model->draft.sends)
        require_routes(model);
    activity_kind kind = model->draft.sends ? TRANSFER : COMPUTATION;
    s4u::ExecPtr exec = new_exec(model, kind);
    group->tasks.push_back({{group, member, true}, {exec, kind, false}, nullptr});
    model->num_running++;
    model->num_tasks++;
    model->stale = true;
    carry_out(model, exec);
    exec->set_data(&group->tasks.back());
    exec->start();
    return true;
}

/* Drafting has failed, and err says why. */
void require(int status)
{
    if (status)
        throw std::runtime_error("");
}

void start_compute(load_group *group, const struct load *load, struct error *err)
{
    l07 *model = group->model;
    group->tasks.reserve(load->num_members);
    for (uint32_t i = 0; i < load->num_members; i++) {
        require(draft_computation(&model->draft, load, i, model->cores.data(), err));
        if (!start_task(group, i))
            member_ended(group, i);
    }
}

void start_exchange(load_group *group, const struct load *load, struct error *err)
{
    l07 *model = group->model;
    group->tasks.reserve(1);
    require(draft_exchange(&model->draft, load, model->cores.data(), err));
    if (!start_task(group, 0))
        member_ended(group, 0);
}

void start_pfs_io(load_group *group, const struct load *load, struct error *err)
{
    group->tasks.reserve(load->num_members);
    for (uint32_t i = 0; i < load->num_members; i++) {
        require(draft_pfs_io(&group->model->draft, load, i, err));
        if (!start_task(group, i))
            member_ended(group, i);
    }
}

void start_disk_ios(load_group *group, const struct load *load, struct error *)
{
    group->disk_ios.reserve(load->num_members);
    for (uint32_t i = 0; i < load->num_members; i++)
        if (!start_disk_io(group, i, load->hosts[load->members[i]], load->amounts[i], 1))
            member_ended(group, i);
}

/* Members mostly do the same amount of I/O. What they do on a disk is then one activity, not one
 * for each of them: the number of activities is that of the disks, not its square. */
bool is_uniform(const struct load *load)
{
    return std::all_of(
        load->amounts, load->amounts + load->num_members,
        [load](double amount) { return amount == load->amounts[0]; });
}

/* What the members do on one disk of the team. */
void start_on_stripe(load_group *group, const struct load *load, uint32_t host, bool uniform)
{
    double n = load->num_hosts;
    if (uniform) {
        group->shared_left +=
            start_disk_io(group, every_member, host, load->amounts[0] / n, load->num_members);
        return;
    }
    for (uint32_t i = 0; i < load->num_members; i++)
        group->parts_left[i] += start_disk_io(group, i, host, load->amounts[i] / n, 1);
}

void start_striped_io(load_group *group, const struct load *load, struct error *err)
{
    l07 *model = group->model;
    bool uniform = is_uniform(load);
    group->disk_ios.reserve(size_t{load->num_hosts} * (uniform ? 1 : load->num_members));
    group->tasks.reserve(load->num_members);
    group->parts_left.assign(load->num_members, 0);
    for (uint32_t k = 0; k < load->num_hosts; k++)
        start_on_stripe(group, load, load->hosts[k], uniform);
    for (uint32_t i = 0; i < load->num_members; i++) {
        require(draft_striped_io(&model->draft, load, i, model->cores.data(), err));
        group->parts_left[i] += start_task(group, i);
    }
    for (uint32_t i = 0; group->shared_left == 0 && i < load->num_members; i++)
        if (group->parts_left[i] == 0)
            member_ended(group, i);
}

} // namespace

void start_parts(load_group *group, const struct load *load, struct error *err)
{
    static void (*const starters[])(load_group *, const struct load *, struct error *) = {
        start_compute,  start_exchange, start_pfs_io,     start_pfs_io,
        start_disk_ios, start_disk_ios, start_striped_io, start_striped_io,
    };
    starters[load->kind](group, load, err);
}

int explain_refusal(l07 *model, const std::string &reason, struct error *err)
{
    const struct draft &draft = model->draft;
    if (err->kind != ERROR_NONE)
        return error_prefix(err, "%s", model->topology->file.c_str());
    if (route_is_broken(model->topology, err))
        return -1;
    for (size_t k = 0; draft.sends && k < draft.size * draft.size; k++)
        if (draft.bytes[k] > 0 && topology_check_route(model->topology, draft.hosts[k / draft.size],
                                                       draft.hosts[k % draft.size], err))
            return -1;
    return give_up(model, reason, err);
}

namespace
{

void count_task(l07 *model, bool runs)
{
    model->num_running += runs;
    model->num_running -= !runs;
    model->num_tasks += runs;
    model->num_tasks -= !runs;
    model->stale = true;
}

void make_cancelled(l07 *model, l07_task *part, bool kept)
{
    part->activity.exec->set_data(nullptr);
    if (!model->broken)
        part->activity.exec->cancel();
    model->cancelled.push_back(part->activity);
    model->cancelled.back().kept = kept;
}

} // namespace

void cancel_task(l07 *model, l07_task *part)
{
    part->running = false;
    if (!part->group->paused)
        count_task(model, false);
    make_cancelled(model, part, false);
    part->activity.exec = nullptr;
}

namespace
{

/* An activity that was suspended and resumed can't be suspended again in SimGrid 3.32, and starts
 * suspended when it is used again; the action inside knows nothing of that. */
void find_actions(load_group *group)
{
    std::unordered_map<const void *, l07_task *> tasks;
    for (l07_task &part : group->tasks)
        if (part.running)
            tasks[part.activity.exec->get_impl()] = &part;
    for (simgrid::kernel::resource::Model *other : group->model->topology->engine->get_all_models())
        for (simgrid::kernel::resource::Action &action : *other->get_started_action_set()) {
            auto found = tasks.find(action.get_activity());
            if (found != tasks.end())
                found->second->action = &action;
        }
}

/* SimGrid lets the latency of a suspended action pass, and resumes it as one whose latency is over
 * and that nothing bounds. So a task of which nothing is done yet is cancelled, and started again
 * when it goes on. */
void pause_task(l07 *model, l07_task *part)
{
    count_task(model, false);
    if (part->activity.exec->get_remaining_ratio() < 1) {
        part->action->suspend();
        return;
    }
    part->action = nullptr;
    make_cancelled(model, part, true);
}

void go_on_task(l07 *model, l07_task *part)
{
    count_task(model, true);
    if (part->action) {
        part->action->resume();
        return;
    }
    part->activity.exec->set_state(s4u::Activity::State::INITED);
    part->activity.exec->set_data(part);
    part->activity.exec->start();
}

} // namespace

void pause_tasks(load_group *group)
{
    find_actions(group);
    for (l07_task &part : group->tasks)
        if (part.running)
            pause_task(group->model, &part);
}

void go_on_tasks(load_group *group)
{
    for (l07_task &part : group->tasks)
        if (part.running)
            go_on_task(group->model, &part);
}
