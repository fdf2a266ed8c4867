/* The system as an external scheduler knows it: what the messages of the simulator said so far. */
#ifndef LIBELASTISIM_SYSTEM_H
#define LIBELASTISIM_SYSTEM_H

#include "elastisim/scheduler.h"

#include <cjson/cJSON.h>

struct node_ids {
    uint32_t *items; /* owned */
    uint32_t count, capacity;
};

struct elastisim_job {
    struct elastisim_view *view;
    size_t id;
    char *name; /* owned */
    enum elastisim_job_type type;
    enum elastisim_job_state state;
    double submit_time, start_time, end_time, walltime, estimate;
    uint32_t nodes_min, nodes_max, nodes_preferred, gpus_min, gpus_max, gpus;
    bool uses_burst_buffer;
    uint64_t completed_phases, total_phases;
    struct node_ids assigned, executing;
    cJSON *arguments, *attributes, *runtime_arguments; /* objects of strings, or NULL; owned */
    struct elastisim_job *previous, *next;             /* among those that wait, or run */
    bool listed_pending, listed_running;
    /* What this invocation wants: */
    bool modified, sets_nodes, sets_gpus, kill;
    struct node_ids before; /* assigned nodes as the simulator knows them */
    uint32_t gpus_before;
    cJSON *new_arguments; /* owned */
    struct elastisim_job *next_modified;
};

struct elastisim_node {
    struct elastisim_view *view;
    size_t id;
    char *name; /* owned */
    enum elastisim_node_type type;
    enum elastisim_node_state state;
    double speed;
    bool free; /* FREE and not assigned in this invocation, or given up in it */
    uint32_t num_gpus, num_free_gpus;
    uint32_t *jobs; /* that run here; owned */
    uint32_t num_jobs;
    cJSON *properties; /* or NULL; owned */
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
    bool oversubscription, told_of_points;
    double pfs_read_bandwidth, pfs_write_bandwidth, pfs_read_utilization, pfs_write_utilization;
    struct elastisim_job **jobs; /* by ID; owned */
    size_t num_jobs, jobs_capacity;
    struct elastisim_node **nodes; /* by ID; owned */
    size_t num_nodes, num_free;
    struct job_list pending, running;
    struct elastisim_job **changed_jobs; /* owned */
    struct elastisim_node **changed_nodes;
    size_t num_changed_jobs, num_changed_nodes;
    struct elastisim_job *modified; /* in this invocation, the last one first */
    char failure[1001];
};

/* Functions that allocate return 0, or -1 when memory ran out. */
void elastisim_view_release(struct elastisim_view *view);
int elastisim_node_ids_append(struct node_ids *ids, uint32_t id);
int elastisim_node_ids_copy(struct node_ids *to, const struct node_ids *from);

/* messages.c: the code of a message (0 when it is none), taking what an invocation says into the
 * view. */
enum { CODE_NONE, CODE_INVOCATION, CODE_END };
int elastisim_message_take(struct elastisim_view *view, const char *text, size_t length);
/* The answer, or what went wrong; NULL when memory ran out. To be freed by the caller. The
 * operations are forgotten. */
char *elastisim_message_answer(struct elastisim_view *view);
char *elastisim_message_failure(const char *reason);

#endif
