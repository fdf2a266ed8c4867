/* Application models: what a job does, compiled once and shared by every job that names the file.
 *
 * Tasks of a block (a phase or a one-time phase) are in one array, in the order in which they run,
 * a sequence before its children; `next` leads over a task's subtree. Loads are payloads: a number,
 * a performance model or a list; a job evaluates them for its nodes at every (re)configuration.
 */
#ifndef ELASTISIM_APPLICATION_APPLICATION_H
#define ELASTISIM_APPLICATION_APPLICATION_H

#include "base/error.h"
#include "base/matrix_pattern.h"
#include "expression/expression.h"

#include <stdbool.h>
#include <stddef.h>

enum task_type {
    TASK_CPU,
    TASK_GPU,
    TASK_PFS_READ,
    TASK_PFS_WRITE,
    TASK_BB_READ,
    TASK_BB_WRITE,
    TASK_BUSY_WAIT,
    TASK_IDLE,
    TASK_SEQUENCE,
    NUM_TASK_TYPES
};

/* How a payload is laid out over the ranks (docs/application_model.md has the formulas). */
enum vector_pattern {
    VECTOR_ALL_RANKS,
    VECTOR_ROOT_ONLY,
    VECTOR_EVEN_RANKS,
    VECTOR_ODD_RANKS,
    VECTOR_UNIFORM,
    VECTOR_LIST,
    NUM_VECTOR_PATTERNS
};

enum payload_kind { PAYLOAD_NONE, PAYLOAD_NUMBER, PAYLOAD_MODEL, PAYLOAD_LIST };

struct payload {
    enum payload_kind kind;
    double number;            /* PAYLOAD_NUMBER */
    struct expression *model; /* PAYLOAD_MODEL; owned */
    double *list;             /* PAYLOAD_LIST; owned */
    size_t length;            /* of the list */
    char *where; /* "FILE: PATH" for messages about its value; owned, NULL with NONE and
                    for a default */
};

/* No load may be more (flops, bytes, seconds): the products of loads with speeds and with numbers
 * of ranks stay finite. */
#define MOST_LOAD 1e200

struct task {
    enum task_type type;
    char *name;                /* "" when none was given; owned */
    struct payload iterations; /* NUMBER 1 by default */
    bool synchronized;         /* all ranks meet before each iteration */
    bool coupled;              /* cpu: one parallel task of flops and bytes */
    bool async;                /* I/O tasks */
    bool checkpoint;           /* what was done up to its end survives the loss of nodes */
    struct payload compute;    /* cpu, gpu: flops; busy_wait, idle: delay in seconds; else NONE */
    struct payload transfer; /* cpu, gpu: bytes exchanged; I/O: bytes read or written; else NONE */
    enum vector_pattern compute_pattern;
    enum vector_pattern io_pattern;       /* I/O tasks */
    enum matrix_pattern transfer_pattern; /* cpu, gpu */
    size_t next;  /* index, within the block, of the task after this one and all its children */
    size_t depth; /* 0 at the top of the block, 1 inside a sequence, ... */
    size_t id;    /* index over all tasks of the application, 0 .. num_tasks - 1 */
};

struct block {
    struct task *tasks; /* owned */
    size_t num_tasks, room;
    struct payload iterations; /* NUMBER 1 by default; a MODEL sees only the job's arguments */
    bool scheduling_point;     /* phases only; true by default */
    bool barrier;              /* phases only; true by default */
    bool checkpoint; /* phases only: what was done up to the end of an iteration survives */
    struct payload evolving_request; /* phases only */
};

struct application {
    char *file;           /* owned */
    struct block *phases; /* owned; at least one */
    size_t num_phases;
    struct block *on_init; /* NULL when absent; owned; the same for the next three */
    struct block *on_reconfiguration;
    struct block *on_expansion;
    struct block *on_restart;
    size_t num_tasks;          /* over all blocks */
    size_t max_depth;          /* deepest nesting of a task, 0 without sequences */
    bool has_checkpoint;       /* some phase or task is one */
    bool has_list;             /* some payload is a list: only rigid jobs may use the model */
    bool uses[NUM_TASK_TYPES]; /* some task is of this type */
    /* Every variable that some performance model uses, each once (owned). */
    char **variables;
    size_t num_variables, variables_room;
};

/* Reads and checks an application model. Returns NULL with err on bad input. */
struct application *application_read(const char *path, struct warnings *warnings,
                                     struct error *err);
void application_destroy(struct application *application); /* NULL is fine */

/* Names as they are in the file ("pfs_read", "all_to_all"), for messages. */
const char *task_type_name(enum task_type type);
const char *vector_pattern_name(enum vector_pattern pattern);
const char *matrix_pattern_name(enum matrix_pattern pattern);

#endif
