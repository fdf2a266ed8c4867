/* What an execution is made of, for the files of this room and no one else: a team of ranks for
 * whom the application was evaluated; its cohorts, which stand at places of it; and what their
 * ranks wait for, parts and async I/O.
 */
#ifndef ELASTISIM_EXECUTION_SHAPES_H
#define ELASTISIM_EXECUTION_SHAPES_H

#include "execution/devices.h"
#include "execution/shared.h"
#include "resources/resources.h"

/* A task's payloads, evaluated for the nodes of an execution. */
struct task_values {
    uint64_t iterations;
    double compute;  /* flops or seconds */
    double transfer; /* bytes */
};

/* Ranks that meet with each other: all ranks of a job, or the new ones during on_expansion. */
struct team {
    struct execution *execution;
    uint32_t size;
    uint32_t *nodes; /* node ID by rank; owned */
    /* What some tasks ask for (team.h): */
    uint32_t *hosts;      /* host number by rank; NULL while nobody has asked; owned */
    double uniform_speed; /* flops/s of all nodes, 0 if they differ, -1 while nobody has asked */
    /* The meeting that is forming: cohorts in the order of their arrival. */
    struct cohort *first_waiting, *last_waiting;
    uint32_t arrived; /* ranks */
    bool awaits_io;   /* it forms only once `async_ranks` is 0 */
    /* Ranks with async I/O under way outside of sequences, counted per I/O. */
    uint64_t async_ranks;
    /* [depth * size + rank], depth >= 1: async I/Os under way in the sequence at that depth; NULL
     * until used. */
    uint32_t *async_in_sequence;
    double *task_starts; /* [depth * size + rank]; NULL unless task times are logged */
};

enum stage { STAGE_INIT, STAGE_RESTART, STAGE_RECONFIGURATION, STAGE_EXPANSION, STAGE_PHASES };

/* What a cohort does next at its task. */
enum step {
    STEP_ENTER,        /* start the task */
    STEP_ITERATE,      /* begin its next iteration, or leave it */
    STEP_PERFORM,      /* after the meeting of a synchronized task */
    STEP_EXCHANGE,     /* after the meeting before an exchange */
    STEP_SEQUENCE_END, /* the children of a sequence ran once */
    STEP_BLOCK_END,    /* after the meeting at the end of a block's iteration */
    STEP_BEGIN,        /* after the meeting of kept nodes and newcomers */
};

enum cohort_state {
    COHORT_RUNNABLE, /* in the execution's list of runnable cohorts, which move when it is due */
    COHORT_WORKING,  /* waits for its parts, its exchange, or both */
    COHORT_MEETING,  /* waits for the other ranks of its team */
    COHORT_AWAITING, /* waits for async I/O at the end of a sequence */
    COHORT_POINT,    /* all ranks; the simulation has the word */
};

/* Who waits for a load: the first field of every owner that the resource port knows. */
enum waiter { WAITER_PART, WAITER_EXCHANGE, WAITER_ASYNC };

/* Where a cohort stands. */
struct place {
    enum stage stage;
    enum step step;
    size_t phase;       /* STAGE_PHASES */
    uint64_t iteration; /* of the block */
    uint64_t passed;    /* phase iterations finished */
    size_t task;        /* index in the block; num_tasks at its end */
};

struct cohort {
    enum waiter waiter; /* WAITER_EXCHANGE */
    enum cohort_state state;
    struct execution *execution;
    struct team *team;
    struct cohort *previous, *next; /* all cohorts of the execution */
    struct cohort *next_in_line;    /* in the runnable list or in a team's meeting */
    struct place place;
    uint64_t *counters; /* [depth]: iterations done of the task there; in the same memory */
    size_t *sequences;  /* [depth]: the sequence entered there; likewise */
    uint32_t *ready;    /* ranks that are done with the current step, ascending; owned */
    uint32_t num_ready, ready_capacity;
    struct part *parts; /* ranks that are not */
    uint32_t num_in_parts;
    struct load_group *exchange;
    bool exchange_computes; /* it has flops, too */
    bool exchange_pending;  /* nobody goes on before the exchange, under way or about to start, is
                               done */
};

/* What is told to be busy: the first two the resource port does not know of; of what it knows,
 * where it may compute. */
enum busy {
    BUSY_NOTHING,
    BUSY_CPU,
    BUSY_GPUS,
    BUSY_LOADS, /* with loads on the CPUs of its ranks */
    BUSY_TEAM   /* on those of all ranks of its team */
};

/* Members of a cohort that wait for the same end, or for the same group of loads. */
struct part {
    enum waiter waiter; /* WAITER_PART */
    struct cohort *cohort;
    struct part *previous, *next;
    struct event end;        /* ranks with a known end; while the job is suspended, its time is what
                                is left, in seconds */
    struct load_group *load; /* ranks with loads: each ends on its own */
    struct device_use *uses; /* one rank with GPU kernels and a GPU link exchange; owned */
    uint32_t num_uses, uses_left;
    enum busy busy; /* what its ranks keep busy on their nodes until it ends */
    uint32_t left;  /* ranks still waiting */
    uint32_t count; /* ranks at the start */
    uint32_t ranks[];
};

/* Async I/O of some ranks. */
struct async_io {
    enum waiter waiter; /* WAITER_ASYNC */
    struct team *team;
    struct async_io *previous, *next; /* all of the execution */
    const struct task *task;
    struct load_group *load;
    bool computes;  /* on all nodes of the team */
    double *starts; /* by member, when its end is logged; owned */
    uint32_t left;
    uint32_t ranks[];
};

struct execution {
    struct executor *executor;
    const struct job *job;
    const struct application *application;
    struct team all, newcomers; /* newcomers.size is 0 outside of an expansion */
    struct task_values *values; /* by task ID; in the same memory, as is what follows */
    uint64_t *phase_iterations; /* by phase */
    bool shares_cpus;           /* compute goes through the resource port */
    size_t depths;              /* nesting levels of the application: max_depth + 1 */
    struct cohort *cohorts;
    struct cohort *first_runnable, *last_runnable;
    struct async_io *async;
    struct cohort *at_point; /* the cohort of all ranks while the simulation has the word */
    size_t next_phase;       /* then: where the phases go on */
    uint64_t next_iteration;
    size_t next_task; /* of that iteration: not 0 only before one that a checkpoint lies in */
    uint32_t
        last_cohorts; /* those that have passed no more iterations than the job has completed */
    bool has_noted;   /* the phase and the iteration that began last were told: */
    size_t noted_phase;
    uint64_t noted_iteration;
    /* Written by wake.c. */
    struct execution *previous, *next; /* those of the executor that are due */
    bool is_due;
    struct event wake;
    bool suspended;  /* nothing of it moves, */
    bool holds_wake; /* and `wake` is to be queued when it goes on */
};

/* Something went wrong inside an event; the run then ends. */
static inline bool execution_failed(const struct execution *execution)
{
    return execution->executor->err->kind != ERROR_NONE;
}

static inline struct executor *cohort_executor(const struct cohort *cohort)
{
    return cohort->execution->executor;
}

static inline struct resources *cohort_port(const struct cohort *cohort)
{
    return cohort_executor(cohort)->state->platform->resources;
}

#endif
