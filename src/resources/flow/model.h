/* The flow model: what its files share. */
#ifndef ELASTISIM_RESOURCES_FLOW_MODEL_H
#define ELASTISIM_RESOURCES_FLOW_MODEL_H

#include "base/agenda.h"
#include "base/clock.h"
#include "resources/flow/network.h"
#include "resources/flow/pfs_routes.h"
#include "resources/flow/plans.h"
#include "resources/flow/shapes.h"
#include "resources/flow/variable.h"
#include "resources/resources.h"
#include "resources/simgrid/settings.h"

struct host_figures {
    uint32_t cores;
    double speed; /* of all cores together */
};

struct flow {
    struct topology *topology;
    struct simgrid_settings settings;
    struct sharing sharing; /* links by their numbers, then hosts */
    struct plans plans;
    struct network *network;
    struct pfs_routes *pfs_routes; /* lists of them */
    struct agenda agenda;
    uint32_t num_links, num_hosts;
    struct host_figures *hosts;
    struct host_disk **disks; /* by host; NULL without */
    struct host_disk *touched_disks;
    double now;
    uint64_t num_started; /* groups */
    uint64_t num_entries; /* of the agenda, for their order */
    size_t num_parts;     /* under way */
    struct flow_group *groups;
    struct group_list ended;     /* with ended members, to be reported by the next advance */
    struct group_list reporting; /* of the instant that the last advance reached */
    size_t num_reported;         /* of these */
    struct flow_group *reported; /* whose completion was handed out last; its indices are in use */
    bool out_of_memory;
    bool broken;   /* a load could not be started: nothing can be said of what comes then */
    bool inside;   /* time is moving: loads are still those before */
    bool observed; /* the ends of this instant */
    void (*observe)(void *context, double time);
    void *observer;
    struct stopwatch stopwatch;
    /* Working memory. */
    uint32_t *users;         /* by link: members of the load being started that use it */
    struct sketches members; /* of the load being started */
    struct sketches ranks; /* of the parallel task being made; while other loads are started, too */
    struct numbers hosts_of_transfer, key;
};

int flow_check_memory(const struct flow *flow, struct error *err);

#endif
