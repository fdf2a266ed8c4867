/* The ends of jobs, that by their walltime above all.
 *
 * Promise: the kill comes last at the instant that is walltime and grace period after the start: a
 * job that completes then is complete. Nothing of a job that has ended is under way or watched.
 */
#include "simulation/inside.h"

#include "elastisim/scheduler.h"

#include <stdlib.h>

/* The end of a job's time. */
struct walltime_watch {
    struct event event;
    struct simulation *simulation;
    const struct job *job;
    double left; /* while the job is suspended: seconds */
};

/* --- Ends ------------------------------------------------------------------------------------ */

void walltime_forget(struct simulation *simulation, const struct job *job)
{
    struct walltime_watch **watch = &simulation->watches[job->request->id];
    if (!*watch)
        return;
    event_heap_remove(&simulation->heap, &(*watch)->event);
    free(*watch);
    *watch = NULL;
}

/* It is complete when there is no reason to kill it. */
void walltime_end_job(struct simulation *simulation, const struct job *job, const char *reason)
{
    walltime_forget(simulation, job);
    execution_destroy(executor_find(&simulation->executor, job));
    if (simulation->leave)
        simulation->leave(simulation, &job->executing);
    if (lifecycle_end(&simulation->state, job, reason, simulation->err) == 0)
        dependents_ended(simulation, job);
}

/* It leaves its nodes and is pending again. */
void walltime_requeue_job(struct simulation *simulation, const struct job *job,
                          bool from_checkpoint, const char *reason)
{
    walltime_forget(simulation, job);
    execution_destroy(executor_find(&simulation->executor, job));
    if (simulation->leave)
        simulation->leave(simulation, &job->executing);
    if (lifecycle_requeue(&simulation->state, job, from_checkpoint, reason, simulation->err) == 0 &&
        simulation->configuration->schedule_on_job_submit)
        asking_follow_up(simulation, ELASTISIM_JOB_SUBMIT, job);
}

/* --- Walltimes ------------------------------------------------------------------------------- */

static void walltime_exceeded(void *owner)
{
    struct walltime_watch *watch = owner;
    struct simulation *simulation = watch->simulation;
    const struct job *job = watch->job;
    walltime_end_job(simulation, job, "walltime");
    if (simulation->configuration->schedule_on_job_finalize && !simulation_failed(simulation))
        simulation->ask(simulation,
                        (struct invocation){.type = ELASTISIM_JOB_KILLED, .trigger = job}, NULL);
}

/* The kill comes last at its instant: a job that completes then is complete. */
static void expect_end(struct walltime_watch *watch, double time)
{
    struct simulation *simulation = watch->simulation;
    simulation_queue(simulation, &watch->event,
                     (struct event){
                         .time = time,
                         .turn = EVENT_LAST,
                         .handle = walltime_exceeded,
                         .owner = watch,
                     });
}

void walltime_watch(struct simulation *simulation, const struct job *job)
{
    double walltime = job->request->walltime;
    if (walltime <= 0)
        return;
    struct walltime_watch *watch = malloc(sizeof *watch);
    if (!watch) {
        error_no_memory(simulation->err);
        return;
    }
    simulation->watches[job->request->id] = watch;
    *watch = (struct walltime_watch){.simulation = simulation, .job = job};
    expect_end(watch,
               simulation->state.now + walltime + simulation->configuration->job_kill_grace_period);
}

void walltime_pause(struct simulation *simulation, const struct job *job)
{
    struct walltime_watch *watch = simulation->watches[job->request->id];
    if (!watch || watch->event.slot == 0)
        return;
    watch->left = watch->event.time - simulation->state.now;
    event_heap_remove(&simulation->heap, &watch->event);
}

void walltime_continue(struct simulation *simulation, const struct job *job)
{
    struct walltime_watch *watch = simulation->watches[job->request->id];
    if (watch && watch->event.slot == 0)
        expect_end(watch, simulation->state.now + watch->left);
}

int walltime_create(struct simulation *simulation, size_t num_jobs)
{
    simulation->watches = calloc(num_jobs + 1, sizeof *simulation->watches);
    return simulation->watches ? 0 : error_no_memory(simulation->err);
}

void walltime_release(struct simulation *simulation)
{
    for (size_t i = 0; simulation->watches && i < simulation->state.num_jobs; i++)
        free(simulation->watches[i]);
    free(simulation->watches);
}
