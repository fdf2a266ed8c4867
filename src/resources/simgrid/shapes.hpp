/* What the files of the port to SimGrid's L07 model share.
 *
 * - There are no SimGrid actors. Loads are activities started from SimGrid's main context; their
 *   ends come through a completion callback, which also makes SimGrid's run_until return (a
 *   "vetoed" activity does) at the end of that instant. All that ended in it is known by then.
 * - SimGrid's clock follows the port's lazily: it is not called while no activity is under way.
 * - Disks are not SimGrid's (disk.h).
 *
 * From the ground up: parts (what has ended), steps (SimGrid's clock), disks, loads (what is
 * started), l07 (the interface).
 */
#ifndef ELASTISIM_RESOURCES_SIMGRID_SHAPES_HPP
#define ELASTISIM_RESOURCES_SIMGRID_SHAPES_HPP

#include "resources/simgrid/topology.hpp"

#include <simgrid/kernel/resource/Action.hpp>
#include <simgrid/version.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

extern "C" {
#include "base/clock.h"
#include "resources/disk.h"
#include "resources/load_model.h"
#include "resources/simgrid/draft.h"
}

/* SimGrid 3.32 keeps an activity in a list until it ends, and walks through the whole list at
 * each end. An activity that has ended can be started again, though, and is not in that list
 * then: with many loads this is the difference between linear and quadratic. */
constexpr bool reuse_activities = SIMGRID_VERSION < 33300;
/* Stands for a member's index: all members of the group wait for this part. */
constexpr uint32_t every_member = UINT32_MAX;

/* What an activity can be used for again. One that has sent bytes always does: SimGrid would not
 * see that a matrix is empty where there was one before. */
enum activity_kind { COMPUTATION, TRANSFER, NUM_ACTIVITY_KINDS };

struct activity {
    s4u::ExecPtr exec;
    activity_kind kind;
    bool kept; /* cancelled, for its task to start it again */
};

/* What a group waits for. */
struct l07_part {
    load_group *group;
    uint32_t member; /* index into load.members, or every_member */
    bool running;
};

struct l07_task : l07_part {
    struct activity activity;
    /* Of a group that stands still: SimGrid's inside of the activity, or NULL if it begins anew. */
    simgrid::kernel::resource::Action *action;
};

struct l07_io : l07_part {
    uint32_t host;
    struct disk_io io;
};

struct l07;

struct load_group {
    l07 *model;
    void *owner;
    uint64_t order; /* of start */
    load_kind kind;
    std::vector<l07_task> tasks; /* these never grow once others know addresses in them */
    std::vector<l07_io> disk_ios;
    std::vector<uint32_t> parts_left; /* by member: its own parts under way; empty if one each */
    uint32_t shared_left;             /* parts under way that all members wait for */
    uint32_t members_left;
    std::vector<uint32_t> ended; /* members, not reported yet */
    std::vector<uint32_t> hosts; /* of the team and its PFS, for a message when one is turned off */
    bool queued;                 /* in model->ended or model->reporting */
    bool paused;
    bool cancelled;              /* while queued: to be freed instead of reported */
    load_group *previous, *next; /* all groups of the model */
};

struct l07_disk {
    bool exists;
    struct disk disk;
    double end;   /* key in model->disk_ends; INFINITY while not in there */
    bool touched; /* in model->touched_disks */
};

struct l07 {
    struct topology *topology;
    std::vector<uint32_t> cores;              /* by host */
    std::vector<std::vector<bool>> reachable; /* from a host by host: known to have a route there;
                                                 empty while none is */
    double now;                               /* the port's time */
    uint64_t num_started;
    uint64_t num_asked; /* times that somebody asked whether loads may have changed */
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
    std::vector<l07_disk> disks;                        /* by host */
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
    struct stopwatch stopwatch;
};

#endif
