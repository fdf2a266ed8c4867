/* The inside of the simulation, shared by its files and no one else. Each calls those below it
 * only:
 *
 *     simulation.c   creation and the loop
 *     points.c       what happens at scheduling points and evolving requests
 *     dependents.c   jobs that wait for others
 *     asking.c       when the scheduler is invoked
 *     applying.c     what its answer does
 *     machine.c      nodes that fail, drain, are switched off and return, and the jobs on them
 *     stuck.c        why nothing goes on
 *     walltime.c     the ends of jobs, that by their walltime above all
 */
#ifndef ELASTISIM_SIMULATION_INSIDE_H
#define ELASTISIM_SIMULATION_INSIDE_H

#include "base/heap.h"
#include "execution/devices.h"
#include "execution/execution.h"
#include "execution/executor.h"
#include "simulation/simulation.h"
#include "simulation/validator.h"
#include "system/lifecycle.h"

struct walltime_watch; /* walltime.c */
struct follow_up;      /* asking.c */
struct machine;        /* machine.c */
struct dependents;     /* dependents.c */

/* Invokes the scheduler now or, when it is too early, later; returns whether it was now. `at_point`
 * is the job whose change is applied at once, or NULL. */
typedef bool asking_fn(struct simulation *simulation, struct invocation invocation,
                       const struct job *at_point);

struct simulation {
    const struct configuration *configuration;
    const struct platform *platform;
    struct scheduler_backend *scheduler;
    struct state state;
    struct event_heap heap;
    struct devices devices;
    struct executor executor;
    struct validator validator;
    struct decisions decisions;
    struct error *err;
    struct event submission;       /* of the job that is next */
    size_t num_arrived;            /* IDs below have reached their submit time */
    struct dependents *dependents; /* NULL where no job waits for another */
    /* Submits a job (simulation.c). A pointer, since ends and starts lead to submissions, by an
     * event of their own. */
    void (*submit)(struct simulation *simulation, const struct job *job, double eligible);
    struct event period;           /* the next periodic invocation */
    uint64_t periods;              /* made so far */
    struct event put_off;          /* an invocation put off by min_scheduling_interval */
    struct event put_off_periodic; /* a periodic one */
    struct event decision; /* of schedulers by instant: when nothing more happens at this one */
    struct event wake;     /* when the scheduler wants to be asked, whatever happens */
    /* A job leaves nodes, some of which may wait for that (machine.c); NULL where none ever does. A
     * pointer, since what comes of it ends jobs, by an event of its own. */
    void (*leave)(struct simulation *simulation, const struct node_list *nodes);
    struct machine *machine; /* NULL while nothing has taken or is to take a node away */
    struct follow_up *follow_ups;
    bool has_invoked;
    double last_invocation;
    uint64_t idle_invocations; /* in a row; a change of nodes counts as several (stuck.c) */
    double idle_since;
    size_t rounds; /* answers with orders since the clock last moved, to rounds_at */
    double rounds_at;
    struct node_list before; /* nodes of the job at a point, sorted; scratch, with room for */
    size_t before_room;
    bool measures; /* the wall-clock time that the scheduler takes */
    struct simulation_figures figures;
    /* Has the scheduler asked (asking_invoke). A pointer, since what an answer sets going asks
     * again, by an event of its own. */
    asking_fn *ask;
    struct walltime_watch *
        *watches; /* by job ID; NULL without a walltime or while it does not run */
};

static inline bool simulation_failed(const struct simulation *simulation)
{
    return simulation->err->kind != ERROR_NONE;
}

/* Queues `what` in the place of `event`. */
static inline void simulation_queue(struct simulation *simulation, struct event *event,
                                    struct event what)
{
    *event = what;
    if (event_heap_add(&simulation->heap, event))
        error_no_memory(simulation->err);
}

/* --- points.c ------------------------------------------------------------------------------ */
/* All ranks of the job are at a point; `context` is the simulation. */
void points_reached(void *context, const struct job *job);

/* --- dependents.c -------------------------------------------------------------------------- */
int dependents_create(struct simulation *simulation, const struct workload *workload);
void dependents_release(struct simulation *simulation);
/* Whether a job whose submit time has come has to wait for others, or is cancelled: then it is
 * submitted from here when it may be. */
bool dependents_hold_back(struct simulation *simulation, const struct job *job);
/* The job has started; it is complete, killed or cancelled. */
void dependents_started(struct simulation *simulation, const struct job *job);
void dependents_ended(struct simulation *simulation, const struct job *job);
/* The first dependency of a job of which it is not known whether it holds; NULL without one. */
const struct dependency *dependents_first_open(const struct simulation *simulation,
                                               const struct job *job);

/* --- asking.c ------------------------------------------------------------------------------ */
asking_fn asking_invoke;
/* Has the scheduler asked in its turn, in this instant, after what is handled now. `job` is the one
 * it is about, or NULL. */
void asking_follow_up(struct simulation *simulation, int type, const struct job *job);
/* Of these, how many are still to come. */
size_t asking_num_follow_ups(const struct simulation *simulation);
void asking_release(struct simulation *simulation);
/* Queues the next periodic invocation, if there are any. */
void asking_expect_period(struct simulation *simulation);
/* Inputs that would run for ever are refused before anything happens. Returns 0, or -1 with err. */
int asking_check_periods(const struct simulation *simulation);

/* --- applying.c ---------------------------------------------------------------------------- */
/* Applies the decisions of the answer, which passed the validator. `at_point` is the job whose
 * change is applied at once, or NULL. */
void applying_apply(struct simulation *simulation, const struct job *at_point);

/* --- stuck.c ------------------------------------------------------------------------------- */
/* Fills the error with the jobs that wait and why; returns -1. */
int stuck_error(const struct simulation *simulation);
/* A periodic invocation was made and answered: has there been an end of those that change nothing?
 */
void stuck_count_invocation(struct simulation *simulation);
/* The same when nodes have changed, whoever has them come and go. */
void stuck_count_change(struct simulation *simulation);

/* --- machine.c ----------------------------------------------------------------------------- */
/* Reads what is to become of the nodes. Returns 0, or -1 with err. */
int machine_create(struct simulation *simulation);
void machine_release(struct simulation *simulation);
/* Queues the first of it. */
void machine_begin(struct simulation *simulation);
/* Carries out what a scheduler has commanded nodes to do; returns whether that changed anything. */
bool machine_command(struct simulation *simulation, const struct node_order *orders, size_t count);
/* Whether it is a command that holds the node. */
bool machine_is_commanded(const struct simulation *simulation, uint32_t node);
/* Events that it has queued. */
size_t machine_num_events(const struct simulation *simulation);

/* --- walltime.c ---------------------------------------------------------------------------- */
/* The job starts now. */
void walltime_watch(struct simulation *simulation, const struct job *job);
/* A running job is suspended: its time stands still, and goes on. Nothing when it is so already. */
void walltime_pause(struct simulation *simulation, const struct job *job);
void walltime_continue(struct simulation *simulation, const struct job *job);
/* A running job is taken off its nodes, its time does not count any more. */
void walltime_forget(struct simulation *simulation, const struct job *job);
/* Ends a job: it is complete when there is no reason to kill it. */
void walltime_end_job(struct simulation *simulation, const struct job *job, const char *reason);
/* Ends an attempt of a job, which is to start again; the scheduler may hear of it as of any that
 * begins to wait. */
void walltime_requeue_job(struct simulation *simulation, const struct job *job,
                          bool from_checkpoint, const char *reason);
int walltime_create(struct simulation *simulation, size_t num_jobs); /* -1 without memory */
void walltime_release(struct simulation *simulation);

#endif
