/* The resource port on SimGrid's L07 model: the only file that knows SimGrid.
 *
 * - There are no SimGrid actors. Loads are activities started from SimGrid's main context; their
 *   ends come through a completion callback, which also makes SimGrid's run_until return (a
 *   "vetoed" activity does) at the end of that instant. All that ended in it is known by then.
 * - SimGrid's clock follows the port's lazily: it is not called while no activity is under way.
 * - SimGrid answers what it can't accept with abort() or an exception. Whatever calls it goes
 *   through attempt(), which makes an error of both.
 * - Disks are not SimGrid's (disk.h).
 */
#include <simgrid/kernel/routing/NetPoint.hpp>
#include <simgrid/kernel/routing/NetZoneImpl.hpp>
#include <simgrid/s4u.hpp>
#include <simgrid/version.h>
#include <xbt/config.hpp>
#include <xbt/log.h>

#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <unordered_map>
#include <vector>

extern "C" {
#include "base/clock.h"
#include "base/error.h"
#include "resources/capture.h"
#include "resources/disk.h"
#include "resources/draft.h"
#include "resources/platform_file.h"
#include "resources/reason.h"
#include "resources/resources.h"
#include "resources/simgrid.h"
}

XBT_LOG_NEW_CATEGORY(elastisim, "What jobs do");

namespace s4u = simgrid::s4u;

namespace
{

/* SimGrid's clock and the port's agree when they are this close, in seconds... */
constexpr double clock_tolerance = 1e-9;
/* ... or, late in a long simulation, in steps of the clock. */
constexpr double clock_steps = 4;
constexpr const char *host_model = "ptask_L07";
/* How far to look, in seconds, for a profile that wakes up loads that stand still. */
constexpr double max_standstill = 1e8;
/* SimGrid 3.32 keeps an activity in a list until it ends, and walks through the whole list at
 * each end. An activity that has ended can be started again, though, and is not in that list
 * then: with many loads this is the difference between linear and quadratic. */
constexpr bool reuse_activities = SIMGRID_VERSION < 33300;
/* As many new activities go through their first life, without anything to do, together. */
constexpr size_t lot = 128;
/* Stands for a member's index: all members of the group wait for this part. */
constexpr uint32_t every_member = UINT32_MAX;

struct host {
    s4u::Host *simgrid;
    double speed;                   /* all cores together */
    std::vector<const char *> keys; /* of its properties, sorted */
    std::vector<bool> reachable;    /* by host: known to have a route there; empty while none is */
    bool has_disk;
    struct disk disk;
    double disk_end; /* key in port->disk_ends; INFINITY while not in there */
    bool touched;    /* the disk is in port->touched_disks */
};

/* What an activity can be used for again. One that has sent bytes always does: SimGrid would not
 * see that a matrix is empty where there was one before. */
enum activity_kind { COMPUTATION, TRANSFER, NUM_ACTIVITY_KINDS };

struct activity {
    s4u::ExecPtr exec;
    activity_kind kind;
};

/* What a group waits for. */
struct part {
    load_group *group;
    uint32_t member; /* index into load.members, or every_member */
    bool running;
};

struct task_part : part {
    struct activity activity;
};

struct disk_part : part {
    uint32_t host;
    struct disk_io io;
};

/* No link leads from one host to another. */
struct missing_route : std::runtime_error {
    missing_route() : std::runtime_error("there is no route")
    {
    }
};

} // namespace

struct load_group {
    resources *port;
    void *owner;
    uint64_t order; /* of start */
    load_kind kind;
    std::vector<task_part> tasks; /* these never grow once others know addresses in them */
    std::vector<disk_part> disk_ios;
    std::vector<uint32_t> parts_left; /* by member: its own parts under way; empty if one each */
    uint32_t shared_left;             /* parts under way that all members wait for */
    uint32_t members_left;
    std::vector<uint32_t> ended; /* members, not reported yet */
    std::vector<uint32_t> hosts; /* of the team and its PFS, for a message when one is turned off */
    bool queued;                 /* in port->ended or port->reporting */
    bool cancelled;              /* while queued: to be freed instead of reported */
    load_group *previous, *next; /* all groups of the port */
};

struct resources {
    struct port port;
    std::string file;
    s4u::Engine *engine;
    std::vector<host> hosts;
    std::vector<uint32_t> cores; /* by host */
    std::vector<s4u::Link *> links;
    std::unordered_map<const s4u::Link *, uint32_t> link_numbers;
    std::vector<double> bandwidths; /* of the links, without profiles */
    bool have_profiles;
    double now; /* the port's time */
    uint64_t num_started;
    size_t num_running; /* parts */
    size_t num_tasks;   /* of these: activities of SimGrid's */
    load_group *groups;
    std::vector<load_group *>
        ended; /* groups with ended members, to be reported by the next advance */
    std::vector<load_group *> reporting; /* those of the instant that the last advance reached */
    size_t num_reported;                 /* of these */
    std::vector<uint32_t> indices;       /* of the completion handed out last */
    std::vector<activity> cancelled;     /* to be kept until SimGrid has run once more */
    std::vector<s4u::ExecPtr> idle[NUM_ACTIVITY_KINDS]; /* to be started again */
    std::set<std::pair<double, uint32_t>> disk_ends;    /* with the host; of untouched disks */
    std::vector<uint32_t> touched_disks;                /* whose next end has to be worked out */
    std::set<s4u::Activity *> veto; /* not empty: run_until returns; members have ended */
    bool inside;                    /* SimGrid is running */
    bool stale;                     /* loads have changed since SimGrid worked out the shares */
    bool broken;                    /* SimGrid gave up in the middle of something */
    std::string failure;            /* a load failed: what happened to it */
    double until;                   /* of the advance under way */
    double last_end;                /* SimGrid's clock when an activity ended last in this run of
                                       it; -1: none */
    void (*observe)(void *context, double time);
    void *observer;
    double observed; /* the last instant that it was called at; -1 before */
    struct draft draft;
    std::vector<s4u::Host *> draft_hosts;
    double seconds;
};

namespace
{

/* SimGrid's engine and its callbacks are global, and so is the port behind them. */
resources *the_port = nullptr;

/* --- SimGrid's abort() ---------------------------------------------------------------------- */

sigjmp_buf way_out;
volatile std::sig_atomic_t guarded = 0;
struct sigaction former_abort_action;

extern "C" void leave_abort(int)
{
    if (guarded) {
        guarded = 0;
        siglongjmp(way_out, 1);
    }
    /* Returning lets abort() end the process. */
}

void install_abort_guard()
{
    struct sigaction action = {};
    action.sa_handler = leave_abort;
    action.sa_flags = SA_NODEFER; /* the signal stays deliverable after the jump */
    sigemptyset(&action.sa_mask);
    sigaction(SIGABRT, &action, &former_abort_action);
}

void remove_abort_guard()
{
    sigaction(SIGABRT, &former_abort_action, nullptr);
}

/* Runs work(). Returns whether it came to its end; else `reason` holds the text of an exception,
 * or nothing when SimGrid called abort(): then it has written its reason to standard error. The
 * jump skips destructors of SimGrid's frames; the memory they leak is the least concern of a run
 * that is about to end. */
template <class Work> bool attempt(const Work &work, std::string &reason)
{
    reason.clear();
    if (sigsetjmp(way_out, 0) != 0)
        return false;
    guarded = 1;
    try {
        work();
        guarded = 0;
        return true;
    } catch (const std::exception &exception) {
        guarded = 0;
        reason = exception.what();
    } catch (...) {
        guarded = 0;
        reason = "unknown exception";
    }
    return false;
}

/* --- What SimGrid writes to standard error -------------------------------------------------- */

std::string taken(char *text)
{
    std::string copy = text ? text : "";
    std::free(text);
    return copy;
}

/* Fills err with "WHERE: WHAT: REASON". Returns -1. */
int refuse(struct error *err, const std::string &where, const char *what, std::string said)
{
    long line = reason_extract(&said[0], where.c_str());
    const char *reason = reason_in_words(said.c_str());
    if (line > 0)
        return error_set(err, ERROR_INPUT, "%s:%ld: %s: %s", where.c_str(), line, what, reason);
    return error_set(err, ERROR_INPUT, "%s: %s: %s", where.c_str(), what, reason);
}

/* --- Loading the platform ------------------------------------------------------------------- */

int check_options(size_t count, const char *const *options, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (std::strncmp(options[i], "--cfg=", 6) != 0 &&
            std::strncmp(options[i], "--log=", 6) != 0)
            return error_set(
                err, ERROR_INPUT,
                "%s: no option of SimGrid; these begin with --cfg= or --log=", options[i]);
    return 0;
}

template <class Activity> void on_completion(const Activity &activity);

void register_callbacks()
{
    s4u::Exec::on_completion_cb([](const auto &activity) { on_completion(activity); });
}

/* Ours first: what the user sets stands. */
std::vector<char *> engine_arguments(size_t count, const char *const *options)
{
    static std::vector<std::string> texts = {
        "elastisim",
        "--log=no_loc",              /* no source places and no stack traces of SimGrid's */
        "--log=root.thresh:warning", /* notices are for those who ask */
        "--log=elastisim.fmt:%m%n",  /* our messages carry the time, which SimGrid's clock lags */
        "--cfg=debug/clean-atexit:no",
        std::string("--cfg=host/model:") + host_model,
    };
    texts.insert(texts.end(), options, options + count);
    std::vector<char *> arguments;
    for (std::string &text : texts)
        arguments.push_back(&text[0]);
    arguments.push_back(nullptr);
    return arguments;
}

/* SimGrid installs handlers of its own, for messages that are not for our users. */
void create_engine(resources *port, size_t count, const char *const *options)
{
    static std::vector<char *> arguments;
    const int numbers[] = {SIGINT, SIGSEGV, SIGBUS};
    struct sigaction former[3];
    for (size_t i = 0; i < 3; i++)
        sigaction(numbers[i], nullptr, &former[i]);
    arguments = engine_arguments(count, options);
    int num_arguments = static_cast<int>(arguments.size()) - 1;
    port->engine = new s4u::Engine(&num_arguments, arguments.data());
    for (size_t i = 0; i < 3; i++)
        sigaction(numbers[i], &former[i], nullptr);
    if (simgrid::config::get_value<std::string>("host/model") != host_model)
        throw std::invalid_argument("of all host models only " + std::string(host_model) +
                                    " has parallel tasks");
}

/* SimGrid checks neither signs nor that a number is one. */
void check_figure(const char *kind, const std::string &name, const char *figure, double value)
{
    if (!(value >= 0))
        throw std::invalid_argument(std::string(kind) + " '" + name + "': its " + figure + " is " +
                                    (std::isnan(value) ? "not a number" : "negative"));
}

void check_link(const s4u::Link *link)
{
    check_figure("link", link->get_name(), "bandwidth", link->get_bandwidth());
    check_figure("link", link->get_name(), "latency", link->get_latency());
}

void list_hosts(resources *port)
{
    std::vector<s4u::Host *> all = port->engine->get_all_hosts();
    std::sort(all.begin(), all.end(),
              [](const s4u::Host *a, const s4u::Host *b) { return a->get_name() < b->get_name(); });
    for (s4u::Host *simgrid : all) {
        host entry = {};
        entry.simgrid = simgrid;
        entry.disk_end = INFINITY;
        entry.speed = simgrid->get_speed() * simgrid->get_core_count();
        check_figure("host", simgrid->get_name(), "speed", entry.speed);
        for (const auto &property : *simgrid->get_properties())
            entry.keys.push_back(property.first.c_str());
        std::sort(entry.keys.begin(), entry.keys.end(),
                  [](const char *a, const char *b) { return std::strcmp(a, b) < 0; });
        port->hosts.push_back(entry);
        port->cores.push_back(static_cast<uint32_t>(simgrid->get_core_count()));
    }
}

void list_links(resources *port)
{
    port->links = port->engine->get_all_links();
    std::sort(port->links.begin(), port->links.end(),
              [](const s4u::Link *a, const s4u::Link *b) { return a->get_name() < b->get_name(); });
    for (const s4u::Link *link : port->links) {
        check_link(link);
        port->link_numbers.emplace(link, static_cast<uint32_t>(port->bandwidths.size()));
        port->bandwidths.push_back(link->get_bandwidth());
    }
}

void load_platform(resources *port)
{
    port->engine->load_platform(port->file);
    list_hosts(port);
    if (port->hosts.empty())
        throw std::invalid_argument("there is no host in it");
    list_links(port);
    port->engine->track_vetoed_activities(&port->veto);
    register_callbacks();
}

bool wants_help(size_t count, const char *const *options)
{
    return std::any_of(options, options + count,
                       [](const char *option) { return std::strstr(option, ":help") != nullptr; });
}

/* The option when there is but one to blame. */
std::string blamed_option(size_t count, const char *const *options)
{
    return count == 1 ? options[0] : "--cfg and --log";
}

/* Creates the engine and loads the platform, with what SimGrid says caught. */
int open_simgrid(resources *port, size_t count, const char *const *options, struct error *err)
{
    std::string reason;
    capture_watch_exit(wants_help(count, options));
    capture_begin();
    bool has_engine = attempt([&] { create_engine(port, count, options); }, reason);
    bool loaded = has_engine && attempt([&] { load_platform(port); }, reason);
    std::string log = taken(capture_end());
    if (loaded) {
        std::fputs(log.c_str(), stderr);
        return 0;
    }
    if (reason.empty())
        reason = log;
    if (!has_engine)
        return refuse(err, blamed_option(count, options), "SimGrid refuses the option", reason);
    return refuse(err, port->file, "SimGrid refuses the platform", reason);
}

/* --- Ends of activities --------------------------------------------------------------------- */

const char *kind_name(load_kind kind)
{
    static const char *const names[] = {
        "a computation", "an exchange",  "a PFS read",          "a PFS write",
        "a disk read",   "a disk write", "a striped disk read", "a striped disk write",
    };
    return names[kind];
}

void member_ended(load_group *group, uint32_t member)
{
    group->ended.push_back(member);
    group->members_left--;
    if (!group->queued) {
        group->queued = true;
        group->port->ended.push_back(group);
    }
}

void shared_part_ended(load_group *group)
{
    if (--group->shared_left > 0)
        return;
    for (uint32_t i = 0; i < group->parts_left.size(); i++)
        if (group->parts_left[i] == 0)
            member_ended(group, i);
}

void part_ended(part *part)
{
    load_group *group = part->group;
    part->running = false;
    group->port->num_running--;
    if (part->member == every_member)
        shared_part_ended(group);
    else if (group->parts_left.empty() ||
             (--group->parts_left[part->member] == 0 && group->shared_left == 0))
        member_ended(group, part->member);
}

/* Something is about to end at this time. */
void observe(resources *port, double time)
{
    if (!port->observe || time <= port->observed)
        return;
    port->observed = time;
    port->observe(port->observer, time);
}

/* The first host of the group, or else the first link of all, that is off. */
std::string what_is_off(const load_group *group)
{
    for (uint32_t index : group->hosts)
        if (!group->port->hosts[index].simgrid->is_on())
            return "host '" + std::string(group->port->hosts[index].simgrid->get_cname()) + "'";
    for (const s4u::Link *link : group->port->links)
        if (!link->is_on())
            return "link '" + std::string(link->get_cname()) + "'";
    return "a host or link";
}

void part_failed(const part *part)
{
    resources *port = part->group->port;
    if (!port->failure.empty())
        return;
    char time[32];
    std::snprintf(time, sizeof time, "%.15g", s4u::Engine::get_clock());
    port->failure = what_is_off(part->group) + " is off at " + time + " s, where " +
                    kind_name(part->group->kind) +
                    " needs it; a load does not survive that, so its state "
                    "profile must keep it on";
}

/* Called by SimGrid, for each activity once. */
template <class Activity> void on_completion(const Activity &activity)
{
    task_part *part = activity.template get_data<task_part>();
    if (!part || !part->running)
        return; /* cancelled */
    resources *port = part->group->port;
    double clock = s4u::Engine::get_clock();
    bool failed = activity.get_state() == s4u::Activity::State::FAILED;
    if (failed)
        part_failed(part);
    else
        observe(port, std::max(port->now, std::min(clock, port->until)));
    port->last_end = clock;
    port->num_tasks--;
    part_ended(part);
    if (failed || !port->ended.empty())
        port->veto.insert(part->activity.exec.get());
}

/* --- Time ----------------------------------------------------------------------------------- */

bool has_reached(double clock, double date)
{
    double step = std::numeric_limits<double>::epsilon() * std::fabs(date);
    return clock >= date - std::max(clock_tolerance, clock_steps * step);
}

int give_up(resources *port, const std::string &reason, struct error *err)
{
    port->broken = true;
    if (reason == std::bad_alloc().what())
        return error_no_memory(err);
    if (!reason.empty())
        return refuse(err, port->file, "SimGrid can't go on", reason);
    return error_set(err, ERROR_FAILURE, "%s: SimGrid can't go on; what it says is above",
                     port->file.c_str());
}

int fail_if_broken(const resources *port, struct error *err)
{
    if (!port->failure.empty())
        return error_set(err, ERROR_INPUT, "%s: %s", port->file.c_str(), port->failure.c_str());
    if (port->broken)
        return error_set(err, ERROR_FAILURE, "%s: SimGrid has given up before", port->file.c_str());
    return 0;
}

/* Keeps activities that SimGrid will not touch any more. */
void recycle(resources *port, const activity &activity)
{
    if (reuse_activities)
        port->idle[activity.kind].push_back(activity.exec);
}

void recycle_cancelled(resources *port)
{
    for (const activity &activity : port->cancelled)
        recycle(port, activity);
    port->cancelled.clear();
}

/* Lets SimGrid run up to `date` (-1: until nothing is left to happen), or to the next instant at
 * which activities end. */
int run_simgrid(resources *port, double date, struct error *err)
{
    bool had_cancelled = !port->cancelled.empty();
    std::string reason;
    port->veto.clear();
    port->last_end = -1;
    port->inside = true;
    double start = wall_seconds();
    bool fine = attempt([&] { port->engine->run_until(date); }, reason);
    port->seconds += wall_seconds() - start;
    port->inside = false;
    if (!fine)
        return give_up(port, reason, err);
    recycle_cancelled(port);
    port->stale = had_cancelled || port->last_end == s4u::Engine::get_clock();
    return fail_if_broken(port, err);
}

/* Makes SimGrid forget cancelled activities. It does so at the end of a step, with the length of
 * the step worked out as if they went on: a step of no length comes before any other. */
int drop_cancelled(resources *port, struct error *err)
{
    return port->cancelled.empty() ? 0 : run_simgrid(port, s4u::Engine::get_clock(), err);
}

/* Brings SimGrid's clock up to the port's time, before loads start or are looked at. */
int follow(resources *port, struct error *err)
{
    if (drop_cancelled(port, err))
        return -1;
    while (!has_reached(s4u::Engine::get_clock(), port->now))
        if (run_simgrid(port, port->now, err))
            return -1;
    return 0;
}

/* Makes loads be what they are from now on. What can't be done is said by the next advance. */
void settle(const resources *const_port)
{
    resources *port = const_cast<resources *>(const_port);
    if (!port->stale || port->inside)
        return; /* before the error below is cleared: this is asked for every link */
    struct error ignored = {};
    while (port->stale && !port->inside && !port->broken && port->failure.empty())
        if (run_simgrid(port, s4u::Engine::get_clock(), &ignored))
            return;
}

/* The same for what profiles change while no load is under way. */
void catch_up(const resources *const_port)
{
    resources *port = const_cast<resources *>(const_port);
    struct error ignored = {};
    if (port->num_tasks == 0 && !port->inside && !port->broken)
        follow(port, &ignored);
}

/* With no end in sight SimGrid stops at once, even if a profile will speed up later what stands
 * still now. */
int await_profiles(resources *port, struct error *err)
{
    double start = s4u::Engine::get_clock();
    for (double ahead = 1; ahead <= max_standstill && port->ended.empty(); ahead *= 2)
        while (port->ended.empty() && !has_reached(s4u::Engine::get_clock(), start + ahead))
            if (run_simgrid(port, start + ahead, err))
                return -1;
    return 0;
}

/* Lets SimGrid run until members end or `until`, whichever comes first. *reached is INFINITY
 * when neither will. */
int run_tasks(resources *port, double until, double *reached, struct error *err)
{
    *reached = until;
    if (drop_cancelled(port, err))
        return -1;
    if (std::isinf(until) && port->ended.empty()) {
        if (run_simgrid(port, -1, err) ||
            (port->ended.empty() && port->have_profiles && await_profiles(port, err)))
            return -1;
    } else if (port->ended.empty()) {
        do {
            if (run_simgrid(port, std::max(until, s4u::Engine::get_clock()), err))
                return -1;
        } while (port->ended.empty() && !has_reached(s4u::Engine::get_clock(), until));
    }
    if (!port->ended.empty())
        *reached = std::min(s4u::Engine::get_clock(), until);
    return 0;
}

/* Works out when I/Os end next on disks where something has changed. */
double next_disk_end(resources *port)
{
    for (uint32_t index : port->touched_disks) {
        host &host = port->hosts[index];
        port->disk_ends.erase({host.disk_end, index});
        host.disk_end = disk_next_end(&host.disk);
        if (!std::isinf(host.disk_end))
            port->disk_ends.insert({host.disk_end, index});
        host.touched = false;
    }
    port->touched_disks.clear();
    return port->disk_ends.empty() ? INFINITY : port->disk_ends.begin()->first;
}

void touch_disk(resources *port, uint32_t index)
{
    if (!port->hosts[index].touched)
        port->touched_disks.push_back(index);
    port->hosts[index].touched = true;
}

void end_disk_ios(resources *port, uint32_t index, double time)
{
    struct disk_io *next;
    for (struct disk_io *io = disk_take_ended(&port->hosts[index].disk, time); io; io = next) {
        next = io->next;
        part_ended(static_cast<disk_part *>(io->owner));
    }
    touch_disk(port, index);
}

/* Ends what is due on disks now. */
void end_due_disk_ios(resources *port)
{
    double latest = disk_same_instant(port->now);
    while (next_disk_end(port) <= latest) {
        auto [end, index] = *port->disk_ends.begin();
        observe(port, port->now);
        end_disk_ios(port, index, std::max(end, port->now));
    }
}

/* Goes to the next instant at which SimGrid or a disk stops, or to `until`. */
int step(resources *port, double until, double *reached, struct error *err)
{
    *reached = std::min(until, next_disk_end(port));
    if (port->num_tasks > 0 && run_tasks(port, *reached, reached, err))
        return -1;
    if (std::isinf(*reached))
        return 0;
    port->now = std::max(port->now, *reached);
    end_due_disk_ios(port);
    return 0;
}

/* What ended becomes what resources_next_completion reports, after what it still has to. */
void report_ended(resources *port)
{
    auto started_before = [](const load_group *a, const load_group *b) {
        return a->order < b->order;
    };
    port->reporting.erase(port->reporting.begin(),
                          port->reporting.begin() + static_cast<long>(port->num_reported));
    port->num_reported = 0;
    port->reporting.insert(port->reporting.end(), port->ended.begin(), port->ended.end());
    port->ended.clear();
    if (!std::is_sorted(port->reporting.begin(), port->reporting.end(), started_before))
        std::sort(port->reporting.begin(), port->reporting.end(), started_before);
}

bool has_to_report(const resources *port)
{
    return !port->ended.empty() || port->num_reported < port->reporting.size();
}

/* --- Starting loads ------------------------------------------------------------------------- */

/* Sends activities through a life without work: see reuse_activities. */
void exercise(resources *port, activity_kind kind, size_t count)
{
    s4u::Host *host = port->hosts[0].simgrid;
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
        port->cancelled.push_back({exec, kind});
        exec->start();
    }
}

/* Sees to it that so many activities can be used again. */
int stock_up(resources *port, activity_kind kind, size_t count, struct error *err)
{
    std::string reason;
    while (reuse_activities && port->idle[kind].size() < count) {
        if (!attempt([&] { exercise(port, kind, lot); }, reason))
            return give_up(port, reason, err);
        if (drop_cancelled(port, err))
            return -1;
    }
    return 0;
}

/* What resources_start needs of SimGrid before. */
int prepare(resources *port, const struct load *load, struct error *err)
{
    size_t members = load->kind == LOAD_EXCHANGE ? 1 : load->num_members;
    bool computes = load->kind == LOAD_COMPUTE || load->kind == LOAD_EXCHANGE;
    if (load->kind == LOAD_DISK_READ || load->kind == LOAD_DISK_WRITE)
        return 0;
    if (port->num_tasks == 0 && follow(port, err))
        return -1;
    if (computes && stock_up(port, COMPUTATION, members, err))
        return -1;
    return load->kind == LOAD_COMPUTE ? 0 : stock_up(port, TRANSFER, members, err);
}

s4u::ExecPtr new_exec(resources *port, activity_kind kind)
{
    std::vector<s4u::ExecPtr> &idle = port->idle[kind];
    if (idle.empty())
        return s4u::Exec::init();
    s4u::ExecPtr exec = idle.back();
    idle.pop_back();
    exec->set_state(s4u::Activity::State::INITED);
    return exec;
}

/* SimGrid's route from one host to another; no link where there is none. It looks up routes in
 * tables that it completes when the platform is sealed, before its first step at the latest. */
void find_route(const resources *port, uint32_t from, uint32_t to, std::vector<s4u::Link *> &links,
                double &latency)
{
    port->engine->seal_platform();
    port->hosts[from].simgrid->route_to(port->hosts[to].simgrid, links, &latency);
}

/* SimGrid lets data pass at once where no link leads. */
void require_route(resources *port, uint32_t from, uint32_t to)
{
    std::vector<bool> &reachable = port->hosts[from].reachable;
    if (from == to || (!reachable.empty() && reachable[to]))
        return;
    std::vector<s4u::Link *> links;
    double latency = 0;
    find_route(port, from, to, links, latency);
    if (links.empty())
        throw missing_route();
    reachable.resize(port->hosts.size());
    reachable[to] = true;
}

void require_routes(resources *port)
{
    const struct draft &draft = port->draft;
    const double *bytes = draft.bytes;
    for (size_t from = 0; from < draft.size; from++)
        for (size_t to = 0; to < draft.size; to++)
            if (*bytes++ > 0)
                require_route(port, draft.hosts[from], draft.hosts[to]);
}

/* Makes the drafted task out of an activity. */
void carry_out(resources *port, const s4u::ExecPtr &exec)
{
    const struct draft &draft = port->draft;
    if (draft.size == 1) {
        exec->set_flops_amount(draft.flops[0]);
        exec->set_host(port->hosts[draft.hosts[0]].simgrid);
        return;
    }
    port->draft_hosts.clear();
    for (size_t i = 0; i < draft.size; i++)
        port->draft_hosts.push_back(port->hosts[draft.hosts[i]].simgrid);
    exec->set_flops_amounts(std::vector<double>(draft.flops, draft.flops + draft.size));
    if (draft.sends)
        exec->set_bytes_amounts(
            std::vector<double>(draft.bytes, draft.bytes + draft.size * draft.size));
    exec->set_hosts(port->draft_hosts);
}

/* Starts the drafted task as a part of the group; returns false when there is nothing to do. */
bool start_task(load_group *group, uint32_t member)
{
    resources *port = group->port;
    if (!port->draft.computes && !port->draft.sends)
        return false;
    if (port->draft.sends)
        require_routes(port);
    activity_kind kind = port->draft.sends ? TRANSFER : COMPUTATION;
    s4u::ExecPtr exec = new_exec(port, kind);
    group->tasks.push_back({{group, member, true}, {exec, kind}});
    port->num_running++;
    port->num_tasks++;
    port->stale = true;
    carry_out(port, exec);
    exec->set_data(&group->tasks.back());
    exec->start();
    return true;
}

/* Starts an I/O of `count` equal shares of `bytes` on the host's disk. Returns false when there
 * is nothing to do. */
bool start_disk_io(load_group *group, uint32_t member, uint32_t index, double bytes, uint32_t count)
{
    resources *port = group->port;
    host &host = port->hosts[index];
    bool write = group->kind == LOAD_DISK_WRITE || group->kind == LOAD_STRIPED_WRITE;
    if (!(bytes > 0))
        return false;
    if (!host.has_disk)
        throw std::logic_error("host '" + std::string(host.simgrid->get_cname()) + "' has no disk");
    group->disk_ios.push_back({{group, member, true}, index, {}});
    disk_part *part = &group->disk_ios.back();
    part->io.owner = part;
    port->num_running++;
    disk_start(&host.disk, &part->io, write, bytes * count, count, port->now);
    touch_disk(port, index);
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
    resources *port = group->port;
    group->tasks.reserve(load->num_members);
    for (uint32_t i = 0; i < load->num_members; i++) {
        require(draft_computation(&port->draft, load, i, port->cores.data(), err));
        if (!start_task(group, i))
            member_ended(group, i);
    }
}

void start_exchange(load_group *group, const struct load *load, struct error *err)
{
    resources *port = group->port;
    group->tasks.reserve(1);
    require(draft_exchange(&port->draft, load, port->cores.data(), err));
    if (!start_task(group, 0))
        member_ended(group, 0);
}

void start_pfs_io(load_group *group, const struct load *load, struct error *err)
{
    group->tasks.reserve(load->num_members);
    for (uint32_t i = 0; i < load->num_members; i++) {
        require(draft_pfs_io(&group->port->draft, load, i, err));
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
    return std::all_of(load->amounts, load->amounts + load->num_members,
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
    resources *port = group->port;
    bool uniform = is_uniform(load);
    group->disk_ios.reserve(size_t{load->num_hosts} * (uniform ? 1 : load->num_members));
    group->tasks.reserve(load->num_members);
    group->parts_left.assign(load->num_members, 0);
    for (uint32_t k = 0; k < load->num_hosts; k++)
        start_on_stripe(group, load, load->hosts[k], uniform);
    for (uint32_t i = 0; i < load->num_members; i++) {
        require(draft_striped_io(&port->draft, load, i, port->cores.data(), err));
        group->parts_left[i] += start_task(group, i);
    }
    for (uint32_t i = 0; group->shared_left == 0 && i < load->num_members; i++)
        if (group->parts_left[i] == 0)
            member_ended(group, i);
}

void start_parts(load_group *group, const struct load *load, struct error *err)
{
    static void (*const starters[])(load_group *, const struct load *, struct error *) = {
        start_compute,  start_exchange, start_pfs_io,     start_pfs_io,
        start_disk_ios, start_disk_ios, start_striped_io, start_striped_io,
    };
    starters[load->kind](group, load, err);
}

load_group *create_group(resources *port, const struct load *load, void *owner)
{
    load_group *group = new load_group();
    group->port = port;
    group->owner = owner;
    group->order = port->num_started++;
    group->kind = load->kind;
    group->members_left = load->kind == LOAD_EXCHANGE ? 1 : load->num_members;
    group->hosts.assign(load->hosts, load->hosts + load->num_hosts);
    if (load->targets)
        group->hosts.insert(group->hosts.end(), load->targets[0]->hosts,
                            load->targets[0]->hosts + load->targets[0]->count);
    group->next = port->groups;
    if (group->next)
        group->next->previous = group;
    port->groups = group;
    return group;
}

void destroy_group(load_group *group)
{
    resources *port = group->port;
    (group->previous ? group->previous->next : port->groups) = group->next;
    if (group->next)
        group->next->previous = group->previous;
    for (const task_part &part : group->tasks)
        if (part.activity.exec)
            recycle(port, part.activity);
    delete group;
}

void cancel_task(resources *port, task_part *part)
{
    part->running = false;
    port->num_running--;
    port->num_tasks--;
    part->activity.exec->set_data(nullptr);
    if (!port->broken)
        part->activity.exec->cancel();
    port->cancelled.push_back(part->activity);
    part->activity.exec = nullptr;
    port->stale = true;
}

void cancel_disk_io(resources *port, disk_part *part)
{
    part->running = false;
    port->num_running--;
    disk_cancel(&port->hosts[part->host].disk, &part->io, port->now);
    touch_disk(port, part->host);
}

/* --- Routes --------------------------------------------------------------------------------- */

long route_links(resources *port, size_t from, size_t to)
{
    std::vector<s4u::Link *> links;
    double latency = 0;
    find_route(port, static_cast<uint32_t>(from), static_cast<uint32_t>(to), links, latency);
    return static_cast<long>(links.size());
}

/* What SimGrid says of routes that don't exist is not shown. */
int check_route(resources *port, uint32_t from, uint32_t to, struct error *err)
{
    std::string reason;
    capture_begin();
    bool found = attempt([&] { require_route(port, from, to); }, reason);
    std::free(capture_end());
    if (found)
        return 0;
    return error_set(err, ERROR_INPUT, "%s: no route leads from host '%s' to host '%s'",
                     port->file.c_str(), port->hosts[from].simgrid->get_cname(),
                     port->hosts[to].simgrid->get_cname());
}

/* Why a load could not be started: mostly a missing route of the drafted task. */
int explain_refusal(resources *port, const std::string &reason, struct error *err)
{
    const struct draft &draft = port->draft;
    if (err->kind != ERROR_NONE)
        return error_prefix(err, "%s", port->file.c_str());
    for (size_t k = 0; draft.sends && k < draft.size * draft.size; k++)
        if (draft.bytes[k] > 0 &&
            check_route(port, draft.hosts[k / draft.size], draft.hosts[k % draft.size], err))
            return -1;
    return give_up(port, reason, err);
}

/* Up to SimGrid 3.33 a link's load is called its usage. */
template <class Link> auto load_of(const Link *link, int) -> decltype(link->get_load())
{
    return link->get_load();
}
template <class Link> auto load_of(const Link *link, long) -> decltype(link->get_usage())
{
    return link->get_usage();
}

} // namespace

/* --- The port ------------------------------------------------------------------------------- */

struct resources *resources_open(const char *platform_file, size_t num_options,
                                 const char *const *options, struct error *err)
{
    static bool used = false;
    bool have_profiles;
    if (used) {
        error_set(err, ERROR_FAILURE,
                  "%s: SimGrid loads only one platform in the life of a process", platform_file);
        return nullptr;
    }
    if (check_options(num_options, options, err) ||
        platform_file_look(platform_file, &have_profiles, err))
        return nullptr;
    used = true;
    the_port = new resources();
    the_port->file = platform_file;
    the_port->have_profiles = have_profiles;
    the_port->port = {&simgrid_model, nullptr, false};
    the_port->observed = -1;
    install_abort_guard();
    if (open_simgrid(the_port, num_options, options, err)) {
        simgrid_close(the_port);
        return nullptr;
    }
    return the_port;
}

static void simgrid_cancel(struct resources *resources, struct load_group *group);

void simgrid_close(struct resources *resources)
{
    remove_abort_guard();
    if (resources->broken)
        return; /* what SimGrid was about to do something with has to stay */
    while (resources->groups) {
        load_group *group = resources->groups;
        group->queued = false;
        simgrid_cancel(resources, group);
    }
    if (resources->engine)
        resources->engine->track_vetoed_activities(nullptr);
    draft_release(&resources->draft);
    the_port = nullptr;
    delete resources;
}

size_t resources_num_hosts(const struct resources *resources)
{
    return resources->hosts.size();
}

const char *resources_host_name(const struct resources *resources, size_t host)
{
    return resources->hosts[host].simgrid->get_cname();
}

double resources_host_speed(const struct resources *resources, size_t host)
{
    return resources->hosts[host].speed;
}

const char *resources_host_property(const struct resources *resources, size_t host, const char *key)
{
    return resources->hosts[host].simgrid->get_property(key);
}

size_t resources_num_host_properties(const struct resources *resources, size_t host)
{
    return resources->hosts[host].keys.size();
}

const char *resources_host_property_key(const struct resources *resources, size_t host, size_t i)
{
    return resources->hosts[host].keys[i];
}

bool resources_have_profiles(const struct resources *resources)
{
    return resources->have_profiles;
}

size_t resources_num_links(const struct resources *resources)
{
    return resources->links.size();
}

const char *resources_link_name(const struct resources *resources, size_t link)
{
    return resources->links[link]->get_cname();
}

double resources_link_bandwidth(const struct resources *resources, size_t link)
{
    if (!resources->have_profiles)
        return resources->bandwidths[link];
    catch_up(resources);
    return resources->links[link]->get_bandwidth();
}

static double simgrid_link_load(const struct resources *resources, size_t link)
{
    settle(resources);
    return load_of(resources->links[link], 0);
}

long resources_find_link(const struct resources *resources, const char *name)
{
    auto first = resources->links.begin(), last = resources->links.end();
    auto found = std::lower_bound(first, last, name, [](const s4u::Link *link, const char *wanted) {
        return std::strcmp(link->get_cname(), wanted) < 0;
    });
    return found != last && (*found)->get_name() == name ? found - first : -1;
}

static double simgrid_host_load(const struct resources *resources, size_t host)
{
    settle(resources);
    return resources->hosts[host].simgrid->get_load();
}

static void simgrid_add_disk(struct resources *resources, size_t host, double read_bandwidth,
                             double write_bandwidth)
{
    resources->hosts[host].has_disk = true;
    resources->hosts[host].disk = {read_bandwidth, write_bandwidth, resources->now,
                                   true,           nullptr,         nullptr};
}

long resources_route_links(struct resources *resources, size_t from, size_t to)
{
    std::string reason;
    long links = 0;
    capture_begin();
    attempt([&] { links = route_links(resources, from, to); }, reason);
    std::free(capture_end());
    return links > 0 ? links : -1;
}

int resources_check_route(struct resources *resources, size_t from, size_t to, struct error *err)
{
    return check_route(resources, static_cast<uint32_t>(from), static_cast<uint32_t>(to), err);
}

static struct load_group *simgrid_start(struct resources *resources, const struct load *load,
                                        void *owner, struct error *err)
{
    if (fail_if_broken(resources, err) || prepare(resources, load, err))
        return nullptr;
    std::string reason;
    load_group *group = nullptr;
    double start = wall_seconds();
    bool fine = attempt(
        [&] {
            group = create_group(resources, load, owner);
            start_parts(group, load, err);
        },
        reason);
    resources->seconds += wall_seconds() - start;
    if (fine)
        return group;
    explain_refusal(resources, reason, err);
    resources->broken = true; /* SimGrid may be in the middle of anything */
    return nullptr;
}

static void simgrid_cancel(struct resources *resources, struct load_group *group)
{
    double start = wall_seconds();
    for (task_part &part : group->tasks)
        if (part.running)
            cancel_task(resources, &part);
    for (disk_part &part : group->disk_ios)
        if (part.running)
            cancel_disk_io(resources, &part);
    resources->seconds += wall_seconds() - start;
    group->cancelled = true;
    if (!group->queued)
        destroy_group(group);
}

static bool simgrid_busy(const struct resources *resources)
{
    return resources->num_running > 0 || has_to_report(resources);
}

static int simgrid_advance(struct resources *resources, double until, double *reached,
                           struct error *err)
{
    if (fail_if_broken(resources, err))
        return -1;
    double date = until = std::max(until, resources->now);
    resources->until = until;
    if (!has_to_report(resources) && resources->num_running > 0)
        do {
            if (step(resources, until, &date, err))
                return -1;
        } while (!has_to_report(resources) && date < until);
    if (has_to_report(resources)) {
        report_ended(resources);
        *reached = resources->now;
        return 0;
    }
    if (!std::isinf(until))
        resources->now = until;
    *reached = until;
    return 0;
}

static bool simgrid_next_completion(struct resources *resources, struct completion *completion)
{
    while (resources->num_reported < resources->reporting.size()) {
        load_group *group = resources->reporting[resources->num_reported++];
        group->queued = false;
        if (group->cancelled) {
            destroy_group(group);
            continue;
        }
        resources->indices.swap(group->ended);
        group->ended.clear();
        std::sort(resources->indices.begin(), resources->indices.end());
        completion->owner = group->owner;
        completion->indices = resources->indices.data();
        completion->count = static_cast<uint32_t>(resources->indices.size());
        completion->last = group->members_left == 0;
        if (completion->last)
            destroy_group(group);
        return true;
    }
    return false;
}

static void simgrid_observe(struct resources *resources,
                            void (*observe)(void *context, double time), void *context)
{
    resources->observe = observe;
    resources->observer = context;
}

static double simgrid_seconds(const struct resources *resources)
{
    return resources->seconds;
}

const struct load_model simgrid_model = {
    simgrid_start,           simgrid_cancel,  simgrid_busy,      simgrid_advance,
    simgrid_next_completion, simgrid_observe, simgrid_link_load, simgrid_host_load,
    simgrid_add_disk,        simgrid_seconds,
};

/* --- For a model of our own ------------------------------------------------------------------ */

struct port *simgrid_port(const struct resources *resources)
{
    return &const_cast<struct resources *>(resources)->port;
}

int simgrid_route(struct resources *resources, uint32_t from, uint32_t to, struct route *route,
                  struct error *err)
{
    static std::vector<s4u::Link *> links;
    std::string reason;
    links.clear();
    route->count = 0;
    route->latency = 0;
    bool fine = attempt([&] { find_route(resources, from, to, links, route->latency); }, reason);
    if (!fine || (links.empty() && from != to))
        return check_route(resources, from, to, err) ? -1 : give_up(resources, reason, err);
    if (links.size() > route->capacity) {
        auto *grown =
            static_cast<uint32_t *>(std::realloc(route->links, links.size() * sizeof(uint32_t)));
        if (!grown)
            return error_no_memory(err);
        route->links = grown;
        route->capacity = links.size();
    }
    for (const s4u::Link *link : links)
        route->links[route->count++] = resources->link_numbers.at(link);
    return 0;
}

void simgrid_route_release(struct route *route)
{
    std::free(route->links);
    *route = {};
}

bool simgrid_link_is_fatpipe(const struct resources *resources, size_t link)
{
    return resources->links[link]->get_sharing_policy() == s4u::Link::SharingPolicy::FATPIPE;
}

double simgrid_link_latency(const struct resources *resources, size_t link)
{
    return resources->links[link]->get_latency();
}

uint32_t simgrid_host_cores(const struct resources *resources, size_t host)
{
    return resources->cores[host];
}

uint32_t simgrid_host_zone(const struct resources *resources, size_t host, enum zone_kind *kind)
{
    namespace routing = simgrid::kernel::routing;
    static std::unordered_map<const routing::NetZoneImpl *, uint32_t> zones;
    auto *zone = resources->hosts[host].simgrid->get_netpoint()->get_englobing_zone();
    /* SimGrid does not export the classes' type information for a dynamic_cast. */
    const char *name = typeid(*zone).name();
    *kind = ZONE_OTHER;
    if (std::strstr(name, "StarZone"))
        *kind = ZONE_STAR;
    else if (std::strstr(name, "FatTreeZone") || std::strstr(name, "DragonflyZone"))
        *kind = ZONE_SWITCHED;
    return zones.emplace(zone, static_cast<uint32_t>(zones.size())).first->second;
}

const char *simgrid_settings(const struct resources *resources, struct simgrid_settings *settings)
{
    if (resources->have_profiles)
        return "the platform changes over time";
    if (simgrid::config::get_value<std::string>("host/model") != "ptask_L07" ||
        simgrid::config::get_value<std::string>("host/solver") != "fairbottleneck")
        return "SimGrid is told to share the hosts by other rules";
    if (simgrid::config::get_value<int>("maxmin/concurrency-limit") >= 0)
        return "SimGrid is told to limit the number of flows";
    for (const s4u::Link *link : resources->links)
        if (link->get_sharing_policy() != s4u::Link::SharingPolicy::FATPIPE &&
            link->get_sharing_policy() != s4u::Link::SharingPolicy::SHARED)
            return "it has links that are neither shared nor fat pipes";
    settings->tcp_gamma = simgrid::config::get_value<double>("network/TCP-gamma");
    settings->precision = simgrid::config::get_value<double>("maxmin/precision");
    settings->time_precision = simgrid::config::get_value<double>("surf/precision");
    return nullptr;
}

/* --- SimGrid's log --------------------------------------------------------------------------- */

bool resources_log_info_enabled(void)
{
    return XBT_LOG_ISENABLED(root, xbt_log_priority_info);
}

bool resources_log_jobs_enabled(void)
{
    return XBT_LOG_ISENABLED(elastisim, xbt_log_priority_info);
}

void resources_log_job(const char *message)
{
    XBT_CINFO(elastisim, "%s", message);
}
