/* The workload: the jobs of a jobs file, checked, in order of submission, with their compiled
 * application models (docs/workload.md). */
#ifndef ELASTISIM_WORKLOAD_WORKLOAD_H
#define ELASTISIM_WORKLOAD_WORKLOAD_H

#include "application/application.h"
#include "base/date.h"
#include "base/error.h"
#include "base/node_loss.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The values are those of the protocol. */
enum job_type { JOB_RIGID, JOB_MOLDABLE, JOB_MALLEABLE, JOB_EVOLVING, JOB_ADAPTIVE, NUM_JOB_TYPES };

const char *job_type_name(enum job_type type); /* "rigid", ... */

/* The value of an argument: a number, or a string that is itself an expression. Strings that say a
 * plain number ("12.5") are numbers with their text kept; numbers are written in the shortest form
 * that reads back the same. Keys and texts belong to the workload, which shares equal ones among
 * jobs; a runtime argument (arguments_set) owns its own. */
struct argument {
    char *key;
    char *text;    /* as sent to the scheduler */
    double number; /* when model is NULL; NAN for a text that is not an expression, which is
                      an error once a model uses it */
    struct expression *model; /* when the string is an expression; borrowed from the workload (or,
                                 for runtime arguments, from their set) */
};

/* A set of named values, in the order of the file. */
struct arguments {
    struct argument *items; /* NULL when empty; of the workload, or of a set of runtime arguments */
    size_t count, room;
};

/* An attribute: only for the scheduler. */
struct attribute {
    char *key;
    char *text; /* numbers in shortest form that reads back the same, booleans as true/false */
};

struct attributes {
    struct attribute *items; /* NULL when empty; of the workload, as the keys and texts are */
    size_t count;
};

/* When a job that waits for another may be submitted, by what the other does. */
enum dependency_kind {
    AFTER,        /* it has started, or ended without a start */
    AFTER_OK,     /* it is complete */
    AFTER_NOT_OK, /* it was killed or cancelled */
    AFTER_ANY,    /* it has ended in any way */
    NUM_DEPENDENCY_KINDS
};

const char *dependency_kind_name(enum dependency_kind kind); /* "after", ... */

struct dependency {
    enum dependency_kind kind;
    uint32_t other; /* ID of the job that is waited for */
    char *name;     /* by which the file names it, or NULL */
    double delay;   /* seconds after that, >= 0 */
};

struct dependencies {
    struct dependency *items; /* NULL when empty; of the workload */
    size_t count;
};

/* What the user asked for: read-only once the workload is read, and owned by it with all it names.
 */
struct job_request {
    uint32_t id;   /* order of submission: by submit_time, ties in file order */
    uint32_t line; /* its index in the file's "jobs" list, for messages */
    enum job_type type;
    double submit_time; /* seconds, >= 0 */
    double walltime;    /* seconds, 0 for none */
    uint32_t nodes_min; /* rigid: nodes_min == nodes_max == num_nodes */
    uint32_t nodes_max;
    uint32_t nodes_preferred; /* 0 when not given */
    uint32_t gpus_min;        /* per node */
    uint32_t gpus_max;
    double runtime_estimate;         /* seconds; -1 when not given */
    enum node_loss on_node_loss;     /* NUM_NODE_LOSSES when not given: the configuration's */
    uint64_t total_phases;           /* sum of the phases' iterations */
    char *name;                      /* NULL when not given */
    struct application *application; /* shared; owned by the workload */
    struct arguments arguments;
    struct attributes attributes;
    struct dependencies dependencies; /* all of them have to hold; without circles */
};

/* What the platform offers, for checking that each job can ever run. */
struct workload_limits {
    /* nodes_with_gpus[g]: how many compute nodes have at least g GPUs; [0] is all of them. */
    const uint32_t *nodes_with_gpus;
    size_t max_gpus; /* the largest g with an entry */
    bool has_pfs;
    bool has_burst_buffer;     /* at least one node has one */
    const char *configuration; /* application models are looked for beside it; or NULL */
};

/* Whether a job of this type may come to run a burst-buffer task: rigid and moldable jobs never run
 * on_reconfiguration and on_expansion. */
bool job_uses_burst_buffer(const struct job_request *job);

struct workload;

/* Reads the jobs file and every application model it names (each file once). Checks all that can
 * be checked at the start: types, bounds, names that nothing defines, phase iterations, that the
 * platform can hold each job and has what its tasks use. Returns NULL with err. Memory per job is a
 * few hundred bytes: the file is streamed, never held as a tree. */
struct workload *workload_read(const char *path, const struct workload_limits *limits,
                               struct warnings *warnings, struct error *err);
void workload_destroy(struct workload *workload); /* NULL is fine */

size_t workload_num_jobs(const struct workload *workload);
/* By id. Never NULL for id < workload_num_jobs(). */
const struct job_request *workload_job(const struct workload *workload, size_t id);
/* How many dependencies jobs have in all. */
size_t workload_num_dependencies(const struct workload *workload);
/* The job that is submitted last if no job takes any time, and when that is; only where there are
 * jobs. */
const struct job_request *workload_last_submitted(const struct workload *workload, double *time);
/* What the calendar says at time 0; not known where the file has no start_date. */
const struct date *workload_start_date(const struct workload *workload);
/* The jobs file, for messages. */
const char *workload_file(const struct workload *workload);

struct shared_application;

/* Goes through the application models: the one behind `after`, the first one for NULL, with the
 * path of its file; NULL when there is none left. */
const struct shared_application *workload_next_application(const struct workload *workload,
                                                           const struct shared_application *after,
                                                           const char **file);

/* Where a job stands, for messages: "FILE: jobs[LINE]" into buffer; returns buffer. */
const char *workload_where(const struct workload *workload, const struct job_request *job,
                           char *buffer, size_t size);

#endif
