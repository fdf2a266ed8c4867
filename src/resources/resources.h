/* The resource port: everything that shares time on the platform.
 *
 * The simulation hands over whole groups of loads (an exchange of a job, the I/O of all its ranks)
 * and is told which members have ended when. What has a known end (compute on a node of one's own,
 * delays, GPU kernels) never comes here. Behind the port stand the topology as
 * SimGrid read it (topology.h) and a model that shares it out: SimGrid's L07 (simgrid/, the only
 * folder that knows SimGrid), or one of our own with the same times (flow/).
 *
 * Hosts are numbered 0.. in the lexicographic order of their names; nodes here are host numbers.
 * One instance per process (SimGrid has one engine). Units: bytes, flops, seconds.
 */
#ifndef ELASTISIM_RESOURCES_RESOURCES_H
#define ELASTISIM_RESOURCES_RESOURCES_H

#include "base/error.h"
#include "base/matrix_pattern.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct resources;
struct load_group;

/* Loads the platform. `options` are SimGrid's own (--cfg=..., --log=...), passed on as they are.
 * Returns NULL with err when the file can't be read or SimGrid refuses it, with SimGrid's reason.
 */
struct resources *resources_open(const char *platform_file, size_t num_options,
                                 const char *const *options, struct error *err);
void resources_close(struct resources *resources); /* NULL is fine; cancels what is under way */

/* Has loads shared out by our own flow model, which gives the times of SimGrid's faster, from here
 * on. Before the first load or disk only. Returns NULL (with err when out of memory), or why
 * SimGrid has to do it: then everything stays as it is. */
const char *resources_use_flow(struct resources *resources, struct error *err);
/* Makes ready what resources_use_flow takes, and changes nothing else: processes that are forked
 * after it need not each do it. Returns as that does. */
const char *resources_prepare_flow(struct resources *resources, struct error *err);

/* --- The platform as SimGrid read it ------------------------------------------------------- */
size_t resources_num_hosts(const struct resources *resources);
const char *resources_host_name(const struct resources *resources, size_t host);
/* Flops per second of all cores together, without external load. */
double resources_host_speed(const struct resources *resources, size_t host);
/* How many speeds (SimGrid's pstates) the platform gives the host, and which of them it has, from
 * 0: it keeps that one. */
size_t resources_num_host_states(const struct resources *resources, size_t host);
size_t resources_host_state(const struct resources *resources, size_t host);
/* A property of the host, or NULL. */
const char *resources_host_property(const struct resources *resources, size_t host,
                                    const char *key);
/* Number of properties and the i-th key, in lexicographic order. */
size_t resources_num_host_properties(const struct resources *resources, size_t host);
const char *resources_host_property_key(const struct resources *resources, size_t host, size_t i);
/* Whether the platform changes over time (speed, bandwidth, latency or state profiles): then no
 * compute has an end that is known beforehand. */
bool resources_have_profiles(const struct resources *resources);

/* Links in the lexicographic order of their names. */
size_t resources_num_links(const struct resources *resources);
const char *resources_link_name(const struct resources *resources, size_t link);
double resources_link_bandwidth(const struct resources *resources, size_t link); /* bytes/s */
/* Load at the moment, bytes/s. Shares that loads have changed are worked out for that: what it
 * costs comes on top of the first question, not of the change. */
double resources_link_load(const struct resources *resources, size_t link);
/* The link of that name, or -1. */
long resources_find_link(const struct resources *resources, const char *name);
/* A number that is another one whenever loads of links and hosts may not be those that they were
 * when it was asked for before; only then is there anything to ask. */
uint64_t resources_loads_number(const struct resources *resources);
/* Compute load of a host at the moment (of what went through the port), flops/s. */
double resources_host_load(const struct resources *resources, size_t host);

/* Gives a host a disk (its burst buffer); bandwidths in bytes/s. Before the first load only. */
void resources_add_disk(struct resources *resources, size_t host, double read_bandwidth,
                        double write_bandwidth);
/* Whether a route with at least one link leads from one host to the other, without an abort of
 * SimGrid. Returns 0, or -1 with err (ERROR_INPUT) that names both hosts. */
int resources_check_route(const struct resources *resources, size_t from, size_t to,
                          struct error *err);

/* Number of links on the route from one host to another; -1 when there is none. */
long resources_route_links(const struct resources *resources, size_t from, size_t to);

/* --- Loads --------------------------------------------------------------------------------- */
enum load_kind {
    LOAD_COMPUTE,   /* member: amounts[i] flops on its own host */
    LOAD_EXCHANGE,  /* the whole team as one parallel task: flops[] and a matrix of bytes */
    LOAD_PFS_READ,  /* member: amounts[i] bytes from its PFS hosts, split evenly over them */
    LOAD_PFS_WRITE, /* ... to its PFS hosts */
    LOAD_DISK_READ, /* member: amounts[i] bytes from its own disk */
    LOAD_DISK_WRITE,
    LOAD_STRIPED_READ, /* member: amounts[i]/n on each team host's disk, amounts[i]/n over the
                          network from each other host to this one, flops_per_byte * amounts[i]/n
                          on every host */
    LOAD_STRIPED_WRITE,
};

/* Hosts a member's PFS I/O goes to. */
struct pfs_targets {
    const uint32_t *hosts;
    size_t count;
};

/* Everything is read during resources_start; nothing is kept. */
struct load {
    enum load_kind kind;
    const uint32_t *hosts; /* of the team, in rank order */
    uint32_t num_hosts;
    /* All kinds but EXCHANGE: the members are team[members[i]], each with amounts[i] > 0. */
    const uint32_t *members;
    const double *amounts;
    uint32_t num_members;
    const struct pfs_targets *const *targets; /* PFS kinds: per member */
    double flops_per_byte;                    /* striped kinds */
    /* EXCHANGE: */
    const double *flops;         /* per rank, or NULL */
    enum matrix_pattern pattern; /* with bytes; docs/application_model.md has the layouts */
    double bytes;                /* the payload; 0 for none */
    const double *matrix;        /* MATRIX_LIST: num_hosts * num_hosts, row by row */
};

/* Starts a group at the time the port has reached. `owner` comes back with its completions.
 * Returns the group, or NULL with err. The group is gone once its last member has been reported. */
struct load_group *resources_start(struct resources *resources, const struct load *load,
                                   void *owner, struct error *err);
/* Ends a group at once: nothing of it stays busy, and no completion of it is reported any more. */
void resources_cancel(struct resources *resources, struct load_group *group);

/* Has a group stand still: it gives its shares to others at once, keeps what it has left to do, and
 * is not under way. Members that have ended already are reported all the same. Not twice. */
void resources_pause(struct resources *resources, struct load_group *group);
/* A group that stands still goes on with what is left. What of it had not moved anything yet waits
 * for its latency anew. Returns 0, or -1 with err. */
int resources_go_on(struct resources *resources, struct load_group *group, struct error *err);

/* Whether any load is under way. */
bool resources_busy(const struct resources *resources);

/* Moves the port's time towards `until` (never back), stopping early when members of a group end;
 * *reached is the time it got to. Returns 0, or -1 with err (a host or link that a load needs was
 * turned off). */
int resources_advance(struct resources *resources, double until, double *reached,
                      struct error *err);

/* Completions of the instant that resources_advance reached, group by group in the order of their
 * start: returns false when there are none left, else sets the owner and the indices into
 * load.members of those that ended, in increasing order (index 0 alone for an exchange), valid
 * until the next call, and whether they were the group's last. */
struct completion {
    void *owner;
    const uint32_t *indices;
    uint32_t count;
    bool last;
};
bool resources_next_completion(struct resources *resources, struct completion *completion);

/* Has `observe` called at each instant at which members end, or loads change otherwise (a latency
 * is over, a profile has another value), before anything else is known of it: loads are then still
 * those of the time that has passed up to there. NULL for none. It may read
 * loads only. */
void resources_observe(struct resources *resources, void (*observe)(void *context, double time),
                       void *context);

/* The name of the model that shares out the loads: "flow" or "simgrid". */
const char *resources_model(const struct resources *resources);

/* Has the seconds counted that sharing takes, from here on: looking at the clock takes time, too.
 */
void resources_measure(struct resources *resources);
/* Wall-clock seconds spent in SimGrid or in our flow model so far, as far as they were counted. */
double resources_seconds(const struct resources *resources);

#ifdef __cplusplus
}
#endif

#endif
