/* The scheduler API of elastisim: what a C scheduler is written against.
 *
 * A scheduler is a function that is called with a view of the system at every invocation and says
 * what to change with the operations below. Simulated time stands still meanwhile. Everything that
 * the accessors return belongs to the simulator and is valid until the function returns; jobs and
 * nodes keep their identity (their address and ID) over the whole run.
 *
 * Times are simulated seconds, bandwidths bytes/s, speeds flops/s. IDs count from 0; node IDs
 * follow the lexicographic order of host names, job IDs the order of submission.
 *
 * Operations only note what is wanted. The whole answer is checked when the function returns,
 * before any of it is applied; an impossible one ends the run with an error that names job and rule
 * (exit status 3).
 */
#ifndef ELASTISIM_SCHEDULER_H
#define ELASTISIM_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All that this header declares is seen by the simulator and the scheduler, however either hides
 * its other names (-fvisibility=hidden). */
#if defined __GNUC__
#pragma GCC visibility push(default)
#endif

/* Rises when something is added (minor) or changes meaning (major). */
#define ELASTISIM_API_MAJOR 1
#define ELASTISIM_API_MINOR 6

struct elastisim_view;
struct elastisim_job;
struct elastisim_node;

/* What a scheduler defines: exactly one of these, named elastisim_scheduler, best with
 *
 *     ELASTISIM_SCHEDULER(open, schedule, close);
 *
 * The same source is a plugin when it is built as a shared object (--scheduler plugin:FILE.so), and
 * an external scheduler when it is linked with the library elastisim-scheduler, which has a main
 * function that connects to the simulator (--scheduler exec:PROGRAM). */
struct elastisim_scheduler {
    uint32_t api_major, api_minor; /* of the header it was compiled with */
    /* Called once at the beginning, with what follows the first comma of "plugin:FILE.so,OPTIONS"
     * or the second argument of the external program ("" without). *data is passed to the others.
     * Returns 0, or anything else on failure. NULL when there is nothing to do. */
    int (*open)(const char *options, void **data);
    /* Called at every invocation. Returns 0, or anything else on failure, which ends the run with
     * status 3: `return elastisim_fail(view, ...)` says why. */
    int (*schedule)(struct elastisim_view *view, void *data);
    /* Called once at the end, if open succeeded. NULL when there is nothing to do. */
    void (*close)(void *data);
};

extern const struct elastisim_scheduler elastisim_scheduler;

#define ELASTISIM_SCHEDULER(open, schedule, close)                                                 \
    const struct elastisim_scheduler elastisim_scheduler = {                                       \
        ELASTISIM_API_MAJOR, ELASTISIM_API_MINOR, (open), (schedule), (close)}

/* Says why the scheduler fails, in one sentence (of at most 1,000 bytes). Returns -1. */
int elastisim_fail(struct elastisim_view *view, const char *format, ...)
#if defined __GNUC__
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Why the scheduler is called; the values are those of the ZeroMQ protocol, here and below. */
enum elastisim_invocation {
    ELASTISIM_PERIODIC = 0,
    ELASTISIM_JOB_SUBMIT = 1,
    ELASTISIM_JOB_COMPLETED = 2,
    ELASTISIM_JOB_KILLED = 3,
    ELASTISIM_SCHEDULING_POINT = 4,
    ELASTISIM_EVOLVING_REQUEST = 5,
    ELASTISIM_RECONFIGURATION = 6,
    ELASTISIM_NODE_CHANGED = 7 /* nodes can be had or can't; only with schedule_on_node_change */
};

enum elastisim_job_type {
    ELASTISIM_RIGID = 0,
    ELASTISIM_MOLDABLE = 1,
    ELASTISIM_MALLEABLE = 2,
    ELASTISIM_EVOLVING = 3,
    ELASTISIM_ADAPTIVE = 4
};

enum elastisim_job_state {
    ELASTISIM_PENDING = 1,
    ELASTISIM_RUNNING = 4,
    ELASTISIM_PENDING_RECONFIGURATION = 5, /* a change waits for the next scheduling point */
    ELASTISIM_IN_RECONFIGURATION = 6,
    ELASTISIM_COMPLETED = 7,
    ELASTISIM_KILLED = 8
};

enum elastisim_node_type {
    ELASTISIM_NODE_PLAIN = 0,
    ELASTISIM_NODE_BURST_BUFFER = 1,
    ELASTISIM_NODE_STRIPED_BURST_BUFFER = 2
};

enum elastisim_node_state {
    ELASTISIM_FREE = 0,      /* no job runs and none is expected */
    ELASTISIM_ALLOCATED = 1, /* at least one job runs */
    ELASTISIM_RESERVED = 2   /* none runs; one is expected, or the node can't be had */
};

/* Whether a node can be used, beside what runs there. */
enum elastisim_availability {
    ELASTISIM_UP = 0,
    ELASTISIM_DRAINING = 1, /* keeps its jobs and takes nothing new */
    ELASTISIM_DOWN = 2,     /* it has failed */
    ELASTISIM_OFF = 3,
    ELASTISIM_BOOTING = 4,
    ELASTISIM_STOPPING = 5
};

/* --- The system ---------------------------------------------------------------------------- */
double elastisim_time(const struct elastisim_view *view);
/* Whether the jobs file says what the calendar says at time 0 (start_date). If so, and unless they
 * are NULL, *unix_time is that moment in seconds since 1970, UTC, and *zone how many seconds the
 * local clock is ahead of UTC; if not, both stay as they are. */
bool elastisim_start_date(const struct elastisim_view *view, double *unix_time, int *zone);
enum elastisim_invocation elastisim_invocation(const struct elastisim_view *view);
/* The job that caused the invocation; NULL when it is periodic. */
struct elastisim_job *elastisim_trigger(const struct elastisim_view *view);
/* The number of nodes asked for by an evolving request, clipped to the job's bounds unless
 * configured otherwise; 0 otherwise. */
uint32_t elastisim_request(const struct elastisim_view *view);
/* Whether nodes may run several jobs at once. */
bool elastisim_oversubscription(const struct elastisim_view *view);
/* Whether more happens at this instant, after which the scheduler is called again. Only built-in
 * policies are told: to others, it is always false. */
bool elastisim_instant_continues(const struct elastisim_view *view);
/* Whether the scheduler is invoked at scheduling points (schedule_on_scheduling_point). */
bool elastisim_told_of_scheduling_points(const struct elastisim_view *view);

/* The power cap in watts; INFINITY without one. Since API 1.6, as all about power. */
double elastisim_power_cap(const struct elastisim_view *view);
/* What the machine draws at most with the jobs that it has, in watts: nodes with jobs, or that are
 * reserved for one, fully loaded, others as they are. NAN without a cap. */
double elastisim_power_committed(const struct elastisim_view *view);
/* The steps of the cap in the order of time, past ones included: from *time (seconds, the first at
 * or before 0) on, it is *watts. False when there are no more than `index`. External schedulers are
 * told of the cap as it is only. */
bool elastisim_power_cap_step(const struct elastisim_view *view, size_t index, double *time,
                              double *watts);

/* PFS figures, bytes/s; NAN unless forward_io_information is set. */
double elastisim_pfs_read_bandwidth(const struct elastisim_view *view);
double elastisim_pfs_write_bandwidth(const struct elastisim_view *view);
double elastisim_pfs_read_utilization(const struct elastisim_view *view);
double elastisim_pfs_write_utilization(const struct elastisim_view *view);

/* Jobs submitted so far, finished ones included: their IDs are below this. Where jobs have
 * dependencies, some of the IDs below may be those of jobs that are not submitted yet. */
size_t elastisim_num_jobs(const struct elastisim_view *view);
/* NULL when there is no such job (yet), or none that is submitted. */
struct elastisim_job *elastisim_job(const struct elastisim_view *view, size_t id);
size_t elastisim_num_nodes(const struct elastisim_view *view);
struct elastisim_node *elastisim_node(const struct elastisim_view *view, size_t id);

/* Pending jobs by eligible time, ties in ID order (without dependencies, that is ID order), running
 * jobs (in any running state) in the order of their start (of those that start at one instant,
 * external schedulers see the lower ID first); NULL at the end. Each step costs O(1), whatever the
 * number of jobs. */
struct elastisim_job *elastisim_first_pending(const struct elastisim_view *view);
struct elastisim_job *elastisim_next_pending(const struct elastisim_job *job);
size_t elastisim_num_pending(const struct elastisim_view *view);
struct elastisim_job *elastisim_first_running(const struct elastisim_view *view);
struct elastisim_job *elastisim_next_running(const struct elastisim_job *job);
size_t elastisim_num_running(const struct elastisim_view *view);

/* FREE nodes, and the one of lowest ID that is >= from (NULL when there is none). */
size_t elastisim_num_free_nodes(const struct elastisim_view *view);
struct elastisim_node *elastisim_next_free_node(const struct elastisim_view *view, size_t from);

/* Sets of nodes: node `id` is bit id % 64 of word id / 64, and a set has num_nodes / 64 + 1 words.
 * Valid until the next operation. Since API 1.6. */
const uint64_t *elastisim_free_set(const struct elastisim_view *view); /* FREE */
const uint64_t *elastisim_up_set(const struct elastisim_view *view);   /* UP */
/* Those of which an outage was announced and has not begun. */
const uint64_t *elastisim_announced_set(const struct elastisim_view *view);
/* Those that changed since the last invocation: all of them in the words from *first on, up to
 * *end, that not included. */
const uint64_t *elastisim_changed_set(const struct elastisim_view *view, size_t *first,
                                      size_t *end);

/* Jobs and nodes that changed since the last invocation (all nodes at the first), in ID order. */
size_t elastisim_num_changed_jobs(const struct elastisim_view *view);
struct elastisim_job *elastisim_changed_job(const struct elastisim_view *view, size_t index);
size_t elastisim_num_changed_nodes(const struct elastisim_view *view);
struct elastisim_node *elastisim_changed_node(const struct elastisim_view *view, size_t index);

/* --- Jobs ---------------------------------------------------------------------------------- */
size_t elastisim_job_id(const struct elastisim_job *job);
const char *elastisim_job_name(const struct elastisim_job *job); /* NULL when it has none */
enum elastisim_job_type elastisim_job_type(const struct elastisim_job *job);
enum elastisim_job_state elastisim_job_state(const struct elastisim_job *job);
double elastisim_job_submit_time(const struct elastisim_job *job);
/* When all that it waited for held: its submit time, if it waited for nothing. Since API 1.3. */
double elastisim_job_eligible_time(const struct elastisim_job *job);
double elastisim_job_start_time(const struct elastisim_job *job); /* -1 while not known */
double elastisim_job_end_time(const struct elastisim_job *job);   /* -1 while not known */
double elastisim_job_walltime(const struct elastisim_job *job);   /* 0 for none */
/* Whether it runs and is suspended, and for how long it has been since its start, in seconds, up to
 * when it last went on: its walltime ends that much later. Since API 1.6. */
bool elastisim_job_suspended(const struct elastisim_job *job);
double elastisim_job_suspended_time(const struct elastisim_job *job);
double elastisim_job_runtime_estimate(const struct elastisim_job *job); /* -1 for none */
/* Bounds on the number of nodes; a rigid job's are equal. Preferred: 0 when not given. */
uint32_t elastisim_job_nodes_min(const struct elastisim_job *job);
uint32_t elastisim_job_nodes_max(const struct elastisim_job *job);
uint32_t elastisim_job_nodes_preferred(const struct elastisim_job *job);
uint32_t elastisim_job_gpus_min(const struct elastisim_job *job); /* per node */
uint32_t elastisim_job_gpus_max(const struct elastisim_job *job);
/* Whether tasks of the job use burst buffers: it then runs on nodes that have one only. */
bool elastisim_job_uses_burst_buffer(const struct elastisim_job *job);
/* The nodes assigned, in rank order, operations of this invocation included. */
uint32_t elastisim_job_num_assigned(const struct elastisim_job *job);
struct elastisim_node *elastisim_job_assigned(const struct elastisim_job *job, uint32_t rank);
uint32_t elastisim_job_assigned_gpus(const struct elastisim_job *job); /* per node */
/* Nodes the job executes on now (0 while pending): differs from the assigned ones while a change
 * waits. */
uint32_t elastisim_job_num_executing(const struct elastisim_job *job);
struct elastisim_node *elastisim_job_executing(const struct elastisim_job *job, uint32_t rank);
/* Finished phase iterations, and all of them. */
uint64_t elastisim_job_completed_phases(const struct elastisim_job *job);
uint64_t elastisim_job_total_phases(const struct elastisim_job *job);
/* The text of an argument, attribute or runtime argument; NULL when there is none. */
const char *elastisim_job_argument(const struct elastisim_job *job, const char *key);
const char *elastisim_job_attribute(const struct elastisim_job *job, const char *key);
const char *elastisim_job_runtime_argument(const struct elastisim_job *job, const char *key);
/* The keys of these, in the order of their first mention; NULL from the end on. */
const char *elastisim_job_argument_key(const struct elastisim_job *job, size_t index);
const char *elastisim_job_attribute_key(const struct elastisim_job *job, size_t index);
const char *elastisim_job_runtime_argument_key(const struct elastisim_job *job, size_t index);
/* The attribute as a number; `fallback` when there is none or it is not a finite number. */
double elastisim_job_attribute_number(const struct elastisim_job *job, const char *key,
                                      double fallback);

/* --- Nodes --------------------------------------------------------------------------------- */
size_t elastisim_node_id(const struct elastisim_node *node);
const char *elastisim_node_name(const struct elastisim_node *node);
enum elastisim_node_type elastisim_node_type(const struct elastisim_node *node);
enum elastisim_node_state elastisim_node_state(const struct elastisim_node *node);
/* A node can be assigned while it is up; one that drains can stay with the jobs that run there. */
enum elastisim_availability elastisim_node_availability(const struct elastisim_node *node);
/* When a node that is not up will be, as far as that is known; INFINITY otherwise. */
double elastisim_node_returns(const struct elastisim_node *node);
/* When the next outage that was announced begins, at which the node can't be had any more; INFINITY
 * without one. */
double elastisim_node_leaves(const struct elastisim_node *node);
/* An outage that was announced and has not begun. */
struct elastisim_outage {
    enum elastisim_availability kind; /* what the node will be: down, off or draining */
    double from, until;               /* INFINITY for `until` where nobody knows */
};
/* The outages announced for a node, by when they begin. False when there are no more than `index`.
 * External schedulers are told of the first only, and neither of its kind (it is down) nor of its
 * end. Since API 1.6. */
bool elastisim_node_announced(const struct elastisim_node *node, uint32_t index,
                              struct elastisim_outage *outage);
double elastisim_node_speed(const struct elastisim_node *node); /* all cores together */
/* A property of the host in the platform file; NULL when there is none. */
const char *elastisim_node_property(const struct elastisim_view *view,
                                    const struct elastisim_node *node, const char *key);
/* Links on the route from one node to another: a measure of their distance. 0 when they are the
 * same, UINT32_MAX when there is no route or it is not known (to external schedulers, it never is).
 * Not free: keep what you ask often. */
uint32_t elastisim_node_distance(const struct elastisim_view *view,
                                 const struct elastisim_node *from,
                                 const struct elastisim_node *to);
/* What a node that is up draws in watts: idle, and at most with a job that has so many of its GPUs.
 * NAN where they are not known: to external schedulers, they never are. */
double elastisim_node_idle_watts(const struct elastisim_node *node);
double elastisim_node_full_watts(const struct elastisim_node *node, uint32_t gpus);
uint32_t elastisim_node_num_gpus(const struct elastisim_node *node);
uint32_t elastisim_node_num_free_gpus(const struct elastisim_node *node);
/* Jobs that run on the node. */
uint32_t elastisim_node_num_jobs(const struct elastisim_node *node);
struct elastisim_job *elastisim_node_job(const struct elastisim_node *node, uint32_t index);

/* --- Operations ---------------------------------------------------------------------------- */
/* Each returns 0, or -1 when memory ran out. They show in the job's accessors at once. */
/* Appends a node to those assigned (nothing happens when it is among them). */
int elastisim_assign(struct elastisim_view *view, struct elastisim_job *job,
                     struct elastisim_node *node);
/* The same for `count` nodes by ID, in that order, at the cost of a few words where they are free
 * and in a row. Since API 1.6. */
int elastisim_assign_nodes(struct elastisim_view *view, struct elastisim_job *job,
                           const uint32_t *ids, size_t count);
/* Takes a node from those assigned (nothing happens when it is not among them). */
int elastisim_remove(struct elastisim_view *view, struct elastisim_job *job,
                     struct elastisim_node *node);
/* Sets the number of GPUs per node (nothing happens to a rigid job: it has those it asked for). */
int elastisim_assign_gpus(struct elastisim_view *view, struct elastisim_job *job, uint32_t gpus);
/* Ends the job at once. */
int elastisim_kill(struct elastisim_view *view, struct elastisim_job *job);
/* Takes a running job off its nodes at once: it is pending again, in its old place in the queue,
 * and when it is started again, in a later answer, it goes on from its last checkpoint, or, without
 * one or if it is not to, runs from the start. Nothing happens to a job that has ended. Since
 * API 1.5. */
int elastisim_preempt(struct elastisim_view *view, struct elastisim_job *job, bool from_checkpoint);
/* A running job stands still from now on, and keeps its nodes; its walltime stands still with it.
 * Nothing happens to a job that has ended; another one that is not running, or is suspended, is an
 * error. Since API 1.6. */
int elastisim_suspend(struct elastisim_view *view, struct elastisim_job *job);
/* A suspended job goes on. */
int elastisim_resume(struct elastisim_view *view, struct elastisim_job *job);
/* Sets an argument that performance models see at the next start or reconfiguration: a number or an
 * expression, as text. */
int elastisim_set_runtime_argument(struct elastisim_view *view, struct elastisim_job *job,
                                   const char *key, const char *value);

/* Commands to nodes, since API 1.5. What they come to shows in the nodes' accessors from the next
 * invocation on; until then, one that is to take nothing new is not among the free nodes. Commands
 * that change nothing are fine. An outage of the availability file holds a node whatever is
 * commanded. */
/* The node keeps its jobs and takes nothing new, until elastisim_node_resume. */
int elastisim_node_drain(struct elastisim_view *view, struct elastisim_node *node);
/* Ends what elastisim_node_drain has begun. */
int elastisim_node_resume(struct elastisim_view *view, struct elastisim_node *node);
/* The node is switched off as soon as no job runs there, until elastisim_node_switch_on. */
int elastisim_node_switch_off(struct elastisim_view *view, struct elastisim_node *node);
/* Ends what elastisim_node_switch_off has begun: the node boots. */
int elastisim_node_switch_on(struct elastisim_view *view, struct elastisim_node *node);

#if defined __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
