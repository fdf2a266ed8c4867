/* The scheduler boundary: one interface, several ways through it (ZeroMQ, a built-in policy, a
 * plugin). The simulation calls invoke at every invocation and finalize once at the end. */
#ifndef ELASTISIM_SCHEDULER_BACKEND_H
#define ELASTISIM_SCHEDULER_BACKEND_H

#include "base/error.h"
#include "scheduler/decision.h"
#include "system/state.h"

/* Why and with what the scheduler is invoked. The changed jobs and nodes are in state, sorted by
 * ID. */
struct invocation {
    int type;                  /* enum elastisim_invocation */
    const struct job *trigger; /* NULL when periodic */
    uint32_t request;          /* evolving request only: nodes asked for */
    bool continues;            /* more happens at this instant, and another invocation follows */
    /* PFS figures in bytes/s; with forward_io_information only. */
    bool has_pfs;
    double pfs_read_bandwidth, pfs_write_bandwidth, pfs_read_utilization, pfs_write_utilization;
};

/* "periodic", "job submit", ...: for messages. */
const char *invocation_type_name(int type);

struct scheduler_backend {
    void *self;
    bool idles;      /* decides nothing while no job is submitted that has not ended */
    bool reads_sets; /* takes nodes that changed from the set: needs no list of them */
    /* Decides once per instant, when it is told that nothing more happens: invocation->continues is
     * for it alone. */
    bool by_instant;
    /* Called once before the run, with all jobs, by schedulers that know them beforehand; NULL for
     * others. Returns 0, or -1 with err (ERROR_INPUT). */
    int (*inspect)(void *self, const struct state *state, struct warnings *warnings,
                   struct error *err);
    /* Shows the system to the scheduler and fills decisions (empty at the call). Returns 0, or -1
     * with err (ERROR_SCHEDULER: it died, timed out, answered garbage, raised; ERROR_FAILURE when
     * interrupted by a signal). The checks here are of form only; the validator judges the content.
     */
    int (*invoke)(void *self, const struct state *state, const struct invocation *invocation,
                  struct decisions *decisions, struct error *err);
    /* When it wants to be invoked though nothing happens, in simulated seconds; INFINITY for never.
     * Asked after each answer. NULL for schedulers that can't want that. */
    double (*wakes)(const void *self);
    /* Tells the scheduler that the run is over and lets go of it; `failed` when the run ended with
     * an error. Called once, before destroy. Never fails the run. */
    void (*finalize)(void *self, bool failed);
    void (*destroy)(void *self);
    /* Of a scheduler that runs the simulation instead of being run beside it: calls simulate once
     * and returns 0, or -1 with err, which also holds what simulate filled it with. NULL for
     * others. */
    int (*run)(void *self, int (*simulate)(void *context, struct error *err), void *context,
               struct error *err);
};

/* Which scheduler is wanted. */
struct scheduler_request {
    const char
        *spec; /* "builtin:NAME", "exec:COMMAND", "plugin:FILE.so", "python:FILE.py", "zmq:URL" */
    double timeout;     /* for each answer, in wall-clock seconds; 0 for none */
    const char *python; /* for scripts inside the simulator: the Python whose packages count; NULL
                         * for that of VIRTUAL_ENV, or the usual one */
};

/* Opens the scheduler. Returns 0, or -1 with err (ERROR_INPUT for an unknown kind or policy;
 * ERROR_SCHEDULER when the scheduler can't be started or does not connect). */
int scheduler_open(struct scheduler_backend *backend, const struct scheduler_request *request,
                   struct error *err);
void scheduler_close(struct scheduler_backend *backend); /* fine on a zeroed one */

/* The backends, each in a file of its own: */

/* Waits for an external scheduler at URL (the simulator binds a ZeroMQ PAIR socket). */
int zeromq_backend_open(struct scheduler_backend *backend, const char *url, double timeout,
                        struct error *err);
/* Starts COMMAND with /bin/sh -c and the URL to connect to in its environment (ELASTISIM_URL), over
 * a private ipc:// socket in a fresh folder under TMPDIR; ends it afterwards. */
int process_backend_open(struct scheduler_backend *backend, const char *command, double timeout,
                         struct error *err);
/* A C scheduler loaded into the simulator: "FILE.so" or "FILE.so,OPTIONS". Returns 0, or -1 with
 * err (ERROR_INPUT when it can't be loaded or was built for another API, ERROR_SCHEDULER when it
 * can't begin). */
int plugin_backend_open(struct scheduler_backend *backend, const char *spec, double timeout,
                        struct error *err);
/* A script in Python that runs inside the simulator: "FILE.py" or "FILE.py,ARGUMENTS". Returns 0,
 * or -1 with err (ERROR_INPUT when there is no such script, or no Python in this simulator). */
int python_backend_open(struct scheduler_backend *backend, const char *spec,
                        const struct scheduler_request *request, struct error *err);
/* The version of the Python inside this simulator; NULL when it is built or installed without. */
const char *python_backend_version(void);
/* A policy inside the simulator: NAME with its options, e.g. "easy,order=sjf". */
int builtin_backend_open(struct scheduler_backend *backend, const char *spec, struct error *err);

#endif
