/* The system as an external scheduler knows it: what the messages of the simulator said so far. */
#ifndef LIBELASTISIM_SYSTEM_H
#define LIBELASTISIM_SYSTEM_H

#include "scheduler/operations.h"

#include <cjson/cJSON.h>

struct node_ids {
    uint32_t *items; /* owned */
    uint32_t count;
    size_t room;
};

struct elastisim_job {
    struct elastisim_view *view;
    size_t id;
    char *name; /* owned */
    enum elastisim_job_type type;
    enum elastisim_job_state state;
    double submit_time, eligible_time, start_time, end_time, walltime, estimate, suspended_time;
    bool suspended;
    uint32_t nodes_min, nodes_max, nodes_preferred, gpus_min, gpus_max, gpus;
    bool uses_burst_buffer;
    uint64_t completed_phases, total_phases;
    struct node_ids assigned, executing;
    bool expects; /* some of the assigned nodes are not executing, and expect it */
    cJSON *arguments, *attributes, *runtime_arguments; /* objects of strings, or NULL; owned */
    struct elastisim_job *previous, *next;             /* among those that wait, or run */
    bool listed_pending, listed_running;
};

struct elastisim_node {
    struct elastisim_view *view;
    size_t id;
    char *name; /* owned */
    enum elastisim_node_type type;
    enum elastisim_node_state state;
    enum elastisim_availability availability;
    double returns, leaves; /* seconds, or INFINITY */
    double speed;
    uint32_t num_gpus, num_free_gpus;
    uint32_t *jobs; /* that run here; owned */
    uint32_t num_jobs;
    size_t jobs_capacity;
    uint32_t num_expected; /* jobs that are to run here */
    bool executes;         /* scratch */
    cJSON *properties;     /* or NULL; owned */
};

struct job_list {
    struct elastisim_job *first, *last;
    size_t count;
};

struct elastisim_view {
    double time;
    enum elastisim_invocation invocation;
    struct elastisim_job *trigger;
    uint32_t request;
    bool oversubscription, told_of_points, has_start_date;
    double start_date; /* seconds since 1970 */
    int start_date_zone;
    double power_cap, power_committed;
    double pfs_read_bandwidth, pfs_write_bandwidth, pfs_read_utilization, pfs_write_utilization;
    struct elastisim_job **jobs; /* by ID; owned */
    size_t num_jobs, jobs_capacity;
    struct elastisim_node **nodes; /* by ID; owned */
    size_t num_nodes;
    uint64_t *free_nodes;                  /* bit set by ID: FREE; owned */
    uint64_t *up_nodes;                    /* the same: UP */
    uint64_t *announced_nodes;             /* the same: an outage was announced */
    uint64_t *touched_nodes;               /* the same: those that the message told of */
    struct node_ids nodes_told, jobs_told; /* scratch: lists of IDs in a message */
    size_t num_free;
    struct job_list pending, running;
    struct elastisim_job **changed_jobs; /* owned */
    struct elastisim_node **changed_nodes;
    size_t num_changed_jobs, changed_jobs_capacity, num_changed_nodes;
    struct decisions decisions; /* what this invocation wants */
    struct wishes wishes;
};

/* Functions that allocate return 0, or -1 when memory ran out. */
void elastisim_view_release(struct elastisim_view *view);
int elastisim_node_ids_append(struct node_ids *ids, uint32_t id);

/* messages.c: the code of a message (0 when it is none), taking what an invocation says into the
 * view. */
enum { CODE_NONE, CODE_INVOCATION, CODE_END };
int elastisim_message_take(struct elastisim_view *view, const char *text, size_t length);
/* The answer, or what went wrong; NULL when memory ran out. To be freed by the caller. The
 * operations are forgotten. */
char *elastisim_message_answer(struct elastisim_view *view);
char *elastisim_message_failure(const char *reason);

#endif
