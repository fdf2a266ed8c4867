/* What the simulator and the module that holds the Python interpreter (src/python, a shared object
 * that is loaded when a script is to run inside the simulator) know of each other.
 *
 * The script runs the simulation: run executes it, its call of pass_algorithm comes back to the
 * simulator (simulate), and at each invocation the simulator calls its function (schedule). So the
 * script has one stack, in the process's first thread, and an invocation is a call.
 */
#ifndef ELASTISIM_SCHEDULER_EMBEDDING_H
#define ELASTISIM_SCHEDULER_EMBEDDING_H

#include "elastisim/scheduler.h"
#include "scheduler/decision.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All that an answer says of a job, but for runtime arguments. */
struct python_decision {
    uint32_t job;
    const uint32_t *nodes; /* the whole list, in rank order; borrowed */
    uint32_t num_nodes;
    uint32_t gpus; /* per node */
    bool kill;
    enum job_order order;
};

/* What the module calls; the first argument is `context`. Those that return an int return 0, or -1
 * when the run has failed: then they are to be called no more, and what called them returns. */
struct python_host {
    void *context;
    /* Runs the simulation to its end, once, within run. */
    int (*simulate)(void *context);
    /* Answer an invocation, within schedule: one decision per job, then its arguments, and commands
     * to nodes that there are; or all that is said as a message of the protocol. */
    int (*decide)(void *context, const struct python_decision *decision);
    int (*set_argument)(void *context, uint32_t job, const char *key, const char *value);
    int (*command)(void *context, uint32_t node, enum node_command command);
    int (*read_answer)(void *context, const char *text, size_t length);
    /* The invocation as a message of the protocol; *text is valid until the next one. */
    int (*write_message)(void *context, const char **text, size_t *length);
    /* The script did not get as far as pass_algorithm: why, in a sentence. */
    void (*tell)(void *context, const char *story);
    /* Has the simulator handle signals again, of which it tells with interrupt. */
    void (*take_signals)(void *context);
    /* The script is over: what is left has a grace to end. */
    void (*end)(void *context);
    /* Ends the script at once, where it would have ended the process. */
    void (*leave)(void *context);
};

/* What is to run, and where things are; valid until run returns. */
struct python_setup {
    const char *file;        /* the script */
    const char *options;     /* its arguments, as in a shell; "" for none */
    const char *package;     /* the folder that holds elastisim_python; NULL when there is none */
    const char *interpreter; /* the Python whose packages count; NULL for the usual one */
};

/* What the module defines, under the name elastisim_python_module. */
struct python_module {
    const char *version; /* of the simulator it belongs to */
    /* Runs the script to its end, however that comes. Called once in a process. */
    void (*run)(const struct python_host *host, const struct python_setup *setup);
    /* Calls the function that the script passed. Returns 0, or -1 when the run has failed. */
    int (*schedule)(struct elastisim_view *view);
    /* Has the script raise KeyboardInterrupt soon. In a signal handler. */
    void (*interrupt)(void);
};

#endif
