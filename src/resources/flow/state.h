/* What the files of the flow model share. */
#ifndef ELASTISIM_RESOURCES_FLOW_STATE_H
#define ELASTISIM_RESOURCES_FLOW_STATE_H

#include "base/clock.h"
#include "resources/disk.h"
#include "resources/flow/agenda.h"
#include "resources/flow/network.h"
#include "resources/flow/sharing.h"
#include "resources/load_model.h"
#include "resources/simgrid/settings.h"

/* Stands for a member: all members of the group wait for this part. */
#define EVERY_MEMBER UINT32_MAX

/* A group of loads. What it has under way are its parts: variables and disk I/Os. */
struct flow_group {
    struct flow *flow;
    void *owner;
    uint64_t order; /* of start */
    uint32_t num_members;
    uint32_t members_left;
    uint32_t *parts_left; /* by member: own parts under way; NULL if it is one each */
    uint32_t shared_left; /* parts under way that all members wait for */
    uint32_t num_ended, num_reported;
    struct variable *variables; /* linked as siblings */
    struct disk_part *disk_parts;
    bool queued;    /* in flow->ended or flow->reporting */
    bool cancelled; /* while queued or reported: to be freed next */
    struct flow_group *previous, *next;
    uint32_t ended[]; /* members in the order of their ends */
};

/* An I/O on a host's disk. */
struct disk_part {
    struct disk_io io;
    struct flow_group *group;
    uint32_t member, host;
    struct disk_part *previous, *next; /* of the group */
};

struct host_disk {
    struct flow *flow;
    struct disk disk;
    struct agenda_entry entry; /* when the next I/O ends; its owner is this */
    bool touched;              /* since the entry was made; in flow->touched_disks */
    struct host_disk *next_touched;
};

struct host_figures {
    uint32_t cores;
    double speed; /* of all cores together */
};

struct group_list {
    struct flow_group **groups;
    size_t count, room;
};

/* A member of a load while it is sorted into classes of members that are alike. */
struct member_sketch {
    uint64_t hash;
    uint32_t index;
    uint32_t num_flows; /* of a PFS I/O */
    double amount;
    const struct transfer *transfer;
};

struct sketches {
    struct member_sketch *items;
    size_t room;
};

/* Numbers, as many as need be. */
struct numbers {
    uint32_t *items;
    size_t count, room;
};

struct flow {
    struct topology *topology;
    struct simgrid_settings settings;
    struct sharing sharing; /* links by their numbers, then hosts */
    struct plans plans;
    struct network *network;
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

/* --- groups.c: who waits for what ------------------------------------------------------------ */
struct flow_group *group_create(struct flow *flow, uint32_t num_members, void *owner);
/* Ends all its parts and frees it; it must not be queued. */
void group_destroy(struct flow_group *group);
void group_stop(struct flow_group *group); /* its parts */
void member_ended(struct flow_group *group, uint32_t member);
/* A part of that member, or of EVERY_MEMBER, has ended. */
void part_ended(struct flow_group *group, uint32_t member);
void group_list_add(struct flow *flow, struct group_list *list, struct flow_group *group);

/* --- parts.c: variables and disk I/Os -------------------------------------------------------- */
/* Starts a variable that is complete but for its owner; it first waits for the latency. */
void variable_start(struct flow_group *group, struct variable *variable, double latency);
/* Starts an I/O of `weight` equal shares of `bytes`; returns whether there is anything to do. */
bool disk_part_start(struct flow_group *group, uint32_t member, uint32_t host, double bytes,
                     uint32_t weight, bool is_write);
void disk_part_stop(struct disk_part *part);
/* NULL when out of memory. */
struct host_disk *host_disk_create(struct flow *flow, double read_bandwidth,
                                   double write_bandwidth);
/* Works out when I/Os end next on disks where something has changed. */
void disks_settle(struct flow *flow);
/* How much later than `time` an entry may be due and still belong to that instant, in seconds. */
double entry_tolerance(const struct flow *flow, const struct agenda_entry *entry, double time);

/* --- loads.c: what parts a load has ---------------------------------------------------------- */
/* Starts all parts of a load. Returns 0, or -1 with err. */
int load_start(struct flow_group *group, const struct load *load, struct error *err);

/* What a parallel task of all hosts of a load is made of. */
struct task_parts {
    uint32_t member;
    struct transfer *transfer; /* or NULL */
    double unit;
    const double *flops; /* by rank; NULL when all have the same */
    double same_flops;   /* of each */
};

/* A variable for the task; NULL with err. */
struct variable *new_task(struct flow_group *group, const struct load *load,
                          const struct task_parts *parts, struct error *err);
int start_task(struct flow_group *group, const struct load *load, const struct task_parts *parts,
               struct error *err);
/* Starts the variable, which nothing may hold up if it uses nothing. */
int flow_launch(struct flow_group *group, struct variable *variable, double latency,
                struct error *err);
/* Drops a variable that has not been started, for want of memory. */
int flow_drop(struct flow_group *group, struct variable *variable, struct error *err);
int check_memory(const struct flow *flow, struct error *err);

/* --- striped.c ------------------------------------------------------------------------------- */
int start_striped_io(struct flow_group *group, const struct load *load, struct error *err);
/* Who sends to whom in the I/O of one member. */
enum transfer_shape striped_shape(const struct load *load);

/* --- bundles.c: striped I/O of many members at once ------------------------------------------ */
/* The plan of a striped I/O of which all members are alike, in their order, by symmetry: one
 * transfer, with link sets that tell how many members use each link. It is the caller's to release.
 * NULL without err when they are not, or with err. */
struct plan *striped_plan(struct flow *flow, const struct load *load, struct error *err);

/* --- members.c: which members of a load are alike -------------------------------------------- */
/* Amounts below this are none, as in simgrid/draft.c. */
#define NEGLIGIBLE 1e-100

uint64_t mix_double(uint64_t hash, double value);
/* Has them hold that many. Returns 0, or -1 with err. */
int need_sketches(struct sketches *sketches, uint32_t count, struct error *err);
/* Sorts by hash, then index. */
void sort_sketches(struct member_sketch *sketches, uint32_t count);
/* Where the run of equal hashes that begins at `first` ends. */
uint32_t class_end(const struct member_sketch *sketches, uint32_t first, uint32_t count);
bool is_uniform(const struct load *load); /* whether all members have the same amount */
int add_number(struct numbers *numbers, uint32_t number, struct error *err);
/* The plan of a PFS I/O, with a reference for the caller: a transfer for each class of members
 * alike. NULL with err. */
struct plan *pfs_plan(struct flow *flow, const struct load *load, struct error *err);

#endif
