/* The state of a run: jobs, nodes and what changed since the scheduler last looked.
 *
 * Everyone may read these structs; only lifecycle.c writes them. That keeps every derived fact
 * (node states, queues, counters, changes) in one place. The one exception is a slot of struct job
 * that the scheduler's view keeps what it noted in.
 */
#ifndef ELASTISIM_SYSTEM_STATE_H
#define ELASTISIM_SYSTEM_STATE_H

#include "platform/platform.h"
#include "system/node_set.h"
#include "system/observers.h"
#include "workload/environment.h"
#include "workload/workload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The values are those of the protocol. */
enum job_state {
    JOB_UNSUBMITTED = 0, /* not known to the scheduler yet */
    JOB_PENDING = 1,
    JOB_RUNNING = 4,
    JOB_PENDING_RECONFIGURATION = 5,
    JOB_IN_RECONFIGURATION = 6,
    JOB_COMPLETED = 7,
    JOB_KILLED = 8,
    JOB_CANCELLED = 9 /* never submitted: it waited for what can't hold; no scheduler sees it */
};

struct node;

/* A node that is not up and runs nothing is RESERVED, though no job is expected there: it is not to
 * be had. */
enum node_state { NODE_FREE, NODE_ALLOCATED, NODE_RESERVED };

/* Whether a node can be used, beside what runs on it. The values are those of the protocol. Nothing
 * runs on a node, or is expected there, but on one that is up or, until that ends, draining. */
enum node_availability {
    NODE_UP,
    NODE_DRAINING, /* runs what it has, takes nothing new */
    NODE_DOWN,     /* it failed, or is under repair */
    NODE_OFF,
    NODE_BOOTING,
    NODE_STOPPING
};

const char *job_state_name(enum job_state state);                        /* "pending", ... */
const char *node_state_name(enum node_state state);                      /* "free", ... */
const char *node_availability_name(enum node_availability availability); /* "up", ... */
/* What a node is, in one word: its availability, or its state while it is up. */
const char *node_condition_name(const struct node *node);

struct budget;        /* system/budget.h */
struct configuration; /* configuration/configuration.h */
struct decisions;     /* scheduler/decision.h */

struct job {
    const struct job_request *request;
    const struct state *run; /* the state that it is part of */
    enum job_state state;
    bool changed;               /* since the last invocation: the job is in state->changed_jobs */
    bool suspended;             /* it runs, keeps its nodes, and stands still */
    bool has_change;            /* `wanted` differs from `executing` and waits to be applied */
    double eligible_time;       /* when it was submitted to the scheduler; -1 before */
    double start_time;          /* -1 while not known */
    double end_time;            /* -1 while not known */
    struct node_list executing; /* while it runs: the nodes it runs on */
    uint32_t executing_gpus;    /* per node */
    struct node_list wanted;    /* with has_change: the nodes it is to run on */
    uint32_t wanted_gpus;
    struct arguments runtime_arguments; /* set by the scheduler; kept after the end */
    uint64_t completed_phases;          /* iterations of phases that all ranks have finished */
    /* For job_statistics: */
    uint32_t nodes_at_start, nodes_smallest, nodes_largest;
    double node_seconds; /* integrated up to node_seconds_until */
    double node_seconds_until;
    uint32_t reconfigurations;
    double suspended_since;   /* while it is */
    double suspended_seconds; /* in all its starts, up to the last time that it went on... */
    double suspended_before;  /* ... and of these, in the starts before the last one */
    /* It may lose its nodes and start again: */
    uint32_t attempts;        /* starts so far */
    uint32_t requeues;        /* of these, those that came to nothing and were to be repeated */
    bool has_checkpoint;      /* its next start goes on there: */
    uint64_t saved_phases;    /* after that many iterations of phases, */
    size_t saved_task;        /* before the task of that index in the next one */
    uint64_t lost_phases;     /* iterations that were done in vain */
    double lost_node_seconds; /* in vain, too: up to the losses; with a kill by one all of them */
    double node_seconds_passed, node_seconds_saved; /* as of completed_phases, of the checkpoint */
    const struct dependency *never;                 /* cancelled: what can't hold */
    struct job *previous, *next;                    /* in the pending or in the running queue */
};

/* An outage of a node that schedulers know of and that has not begun. */
struct announcement {
    enum node_availability kind; /* what the node will be: down, off or draining */
    double from, until;          /* seconds; until: INFINITY where nobody knows */
};

/* What most nodes ever have, one job that runs there, stands outside (*runner, in an array of the
 * state), and what follows from it in sets: many nodes start and end a job at once. */
struct node {
    const struct node_description *description;
    uint32_t id;
    enum node_availability availability;
    double
        returns;   /* while it is not up: when it will be, as far as that is known; else INFINITY */
    double leaves; /* when the next outage that was announced takes it away; INFINITY without one */
    struct announcement *announced; /* by when they begin; owned */
    size_t num_announced, announced_room;
    uint32_t gpu_claims;     /* GPUs per node summed over the jobs that run here */
    uint32_t gpus_allocated; /* gpu_claims, at most description->num_gpus */
    /* Jobs that run here and jobs that are to run here, in order of arrival. One job needs no
     * memory. */
    struct job **runner, *expected_one;         /* the first; NULL for none */
    struct job **running_more, **expected_more; /* [i] is the (i + 1)-th; owned */
    uint32_t num_running_more, num_expected_more;
    uint32_t running_capacity, expected_capacity;
};

/* What follows from its jobs and its availability. */
enum node_state node_state_of(const struct node *node);
uint32_t node_num_running(const struct node *node);
uint32_t node_num_expected(const struct node *node);
struct job *node_running_job(const struct node *node, uint32_t index);
bool node_runs(const struct node *node, const struct job *job);
struct job *node_expected_job(const struct node *node, uint32_t index);

struct job_queue {
    struct job *first, *last;
    size_t count;
};

struct state {
    const struct configuration *configuration; /* the rules of the run, for who needs them */
    bool oversubscription;                     /* nodes may run several jobs */
    const struct platform *platform;
    const struct workload *workload;
    const struct observers *observers; /* hear of every transition; NULL for nobody */
    /* What a scheduler inside the simulator wants in the invocation under way, for its accessors;
     * NULL without one. */
    const struct decisions *wishes;
    double now;
    struct job *jobs;     /* by ID, num_jobs of them */
    size_t num_jobs;      /* in the workload */
    size_t num_submitted; /* IDs below may be known to the scheduler (job_is_known), no others */
    size_t num_completed, num_killed, num_cancelled;
    struct node *nodes;       /* by ID, platform->num_nodes of them */
    struct job_queue pending; /* by eligible_time, ties by ID */
    struct job_queue running; /* in order of start */
    struct job **runners;     /* by node ID: the first job that runs there */
    /* Bit sets by node ID: */
    uint64_t *free_nodes;      /* FREE */
    uint64_t *up_nodes;        /* UP */
    uint64_t *announced_nodes; /* an outage of them was announced */
    uint64_t *plain_nodes;     /* UP, with no job expected and one at most that runs */
    uint32_t num_free;
    uint64_t num_node_changes; /* so far, of all nodes */
    struct budget *budget;     /* with a power cap; NULL without; owned */
    /* Changed since the last invocation, each once; sorted by ID when an invocation is made. */
    struct job **changed_jobs;
    size_t num_changed_jobs, changed_jobs_capacity;
    uint64_t *touched_nodes;           /* bit set by node ID: changed; empty but for the words */
    size_t first_touched, end_touched; /* from `first` up to `end`, that not included */
    size_t num_changed_nodes;
    struct node **changed_nodes; /* the same as a list, when one is made; capacity: all nodes */
    bool has_node_list;
};

/* Assigned as the scheduler sees it: what the job is to run on, else what it runs on. */
const struct node_list *job_assigned(const struct job *job);
uint32_t job_assigned_gpus(const struct job *job);
bool job_is_running(const struct job *job); /* in any of the running states */
bool job_has_ended(const struct job *job);
/* How long it has been suspended up to now, in all its starts. */
double job_suspended_seconds(const struct job *job);
/* Known to the scheduler: it was submitted. */
bool job_is_known(const struct job *job);
enum { CANCEL_REASON = 64 };                  /* room for any reason */
size_t jobs_ended(const struct state *state); /* how many */
/* Why a job was cancelled, e.g. "after_ok of job 3, which was killed", into buffer; returns it. */
const char *job_cancel_reason(const struct job *job, char *buffer, size_t size);

#endif
