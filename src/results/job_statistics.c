/* Promise: job_statistics is complete, unfinished jobs included, or not there. */
#include "results/energy.h"
#include "results/output.h"
#include "results/result.h"
#include "system/state.h"

#include <stdlib.h>
#include <string.h>

static const char header[] =
    "ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround "
    "Time,Status,Name,Nodes At Start,Nodes Min,Nodes Max,Node Seconds,"
    "Reconfigurations,Completed Phases";

/* What a row of job_statistics takes at the most without its name. */
#define MAX_ROW 272

/* Where jobs have dependencies: when each was submitted to the scheduler, and why not. */
static const char header_of_dependents[] = ",Eligible Time,Reason";
#define MAX_ROW_OF_DEPENDENTS (32 + CANCEL_REASON)

/* Where energy is measured: what a job has drawn, what that cost and what was emitted for it. */
static const char header_of_energy[] = ",Energy (J)";
static const char header_of_cost[] = ",Energy Cost";
static const char header_of_emissions[] = ",Emissions (g)";
#define MAX_ROW_OF_ENERGY (3 * (uint64_t)OUTPUT_NUMBER_SIZE)

/* Where nodes may be lost, or a job was preempted: what that cost the job. */
static const char header_of_losses[] = ",Requeues,Lost Node Seconds,Lost Phases";
#define MAX_ROW_OF_LOSSES (64 + (uint64_t)OUTPUT_NUMBER_SIZE)

/* Where a job was suspended. */
static const char header_of_suspensions[] = ",Suspended";
#define MAX_ROW_OF_SUSPENSIONS ((uint64_t)OUTPUT_NUMBER_SIZE + 1)

struct statistics {
    struct output file;
    const struct workload *workload;
    const struct energy_totals *energy; /* NULL where it is not measured */
    bool losses;       /* nodes may be lost, or, which is known at the end, jobs were preempted */
    bool suspensions;  /* jobs were suspended: known at the end, too */
    bool lacks_header; /* which is written when all of that is known */
};

/* An upper bound of the bytes of job_statistics: quotes in a name are doubled. */
static uint64_t size_of_statistics(const struct workload *workload,
                                   const struct statistics *statistics)
{
    bool dependents = workload_num_dependencies(workload) > 0;
    uint64_t size = sizeof header + sizeof header_of_losses + sizeof header_of_suspensions;
    uint64_t row = MAX_ROW + MAX_ROW_OF_LOSSES + MAX_ROW_OF_SUSPENSIONS;
    if (dependents) {
        size += sizeof header_of_dependents;
        row += MAX_ROW_OF_DEPENDENTS;
    }
    if (statistics->energy) {
        size += sizeof header_of_energy + sizeof header_of_cost + sizeof header_of_emissions;
        row += MAX_ROW_OF_ENERGY;
    }
    for (size_t i = 0; i < workload_num_jobs(workload); i++) {
        const char *name = workload_job(workload, i)->name;
        size += row + (name ? 2 * strlen(name) + 2 : 0);
    }
    return size;
}

/* It is written when the run is over, and other results may have filled the disk by then. */
static int begin(void *self, const struct run_facts *facts, struct error *err)
{
    struct statistics *statistics = self;
    uint64_t size = size_of_statistics(facts->workload, statistics);
    return output_set_aside(&statistics->file, size, err);
}

/* A time that may not be known yet, or a span that ends with one. */
static void put_span(struct output *file, double from, double to)
{
    output_char(file, ',');
    output_number(file, from < 0 || to < 0 ? -1 : to - from);
}

static void put_count(struct output *file, uint64_t value)
{
    output_char(file, ',');
    output_count(file, value);
}

static const char *status_of(const struct job *job)
{
    return job->state == JOB_COMPLETED   ? "completed"
           : job->state == JOB_KILLED    ? "killed"
           : job->state == JOB_CANCELLED ? "cancelled"
                                         : "unfinished";
}

static void put_waiting(struct output *file, const struct job *job)
{
    char reason[CANCEL_REASON];
    put_span(file, 0, job->eligible_time);
    output_char(file, ',');
    output_field(file, job->state == JOB_CANCELLED ? job_cancel_reason(job, reason, sizeof reason)
                                                   : NULL);
}

static void put_losses(struct output *file, const struct job *job)
{
    put_count(file, job->requeues);
    output_char(file, ',');
    output_number(file, job->lost_node_seconds);
    put_count(file, job->lost_phases);
}

static void put_amount(struct output *file, const struct sum *amount)
{
    output_char(file, ',');
    output_number(file, sum_value(amount));
}

static void put_energy(struct output *file, const struct energy_totals *energy, uint32_t job)
{
    const struct energy_use *use = &energy->jobs[job];
    put_amount(file, &use->joules);
    if (energy->priced)
        put_amount(file, &use->cost);
    if (energy->emitted)
        put_amount(file, &use->grams);
}

static void put_suspended(struct output *file, const struct job *job)
{
    output_char(file, ',');
    output_number(file, job_suspended_seconds(job));
}

static void put_job(struct statistics *statistics, const struct state *state, const struct job *job)
{
    struct output *file = &statistics->file;
    const struct job_request *request = job->request;
    output_count(file, request->id);
    output_char(file, ',');
    output_text(file, job_type_name(request->type));
    put_span(file, 0, request->submit_time);
    put_span(file, 0, job->start_time);
    put_span(file, 0, job->end_time);
    put_span(file, request->submit_time, job->start_time);
    put_span(file, job->start_time, job->end_time);
    put_span(file, request->submit_time, job->end_time);
    output_char(file, ',');
    output_text(file, status_of(job));
    output_char(file, ',');
    output_field(file, request->name);
    put_count(file, job->nodes_at_start);
    put_count(file, job->nodes_smallest);
    put_count(file, job->nodes_largest);
    double since = job_is_running(job) ? state->now - job->node_seconds_until : 0;
    output_char(file, ',');
    output_number(file, job->node_seconds + since * job->executing.count);
    put_count(file, job->reconfigurations);
    put_count(file, job->completed_phases);
    if (workload_num_dependencies(state->workload) > 0)
        put_waiting(file, job);
    if (statistics->losses)
        put_losses(file, job);
    if (statistics->energy)
        put_energy(file, statistics->energy, request->id);
    if (statistics->suspensions)
        put_suspended(file, job);
    output_end_row(file);
}

static void put_header(struct statistics *statistics)
{
    struct output *file = &statistics->file;
    const struct energy_totals *energy = statistics->energy;
    statistics->lacks_header = false;
    output_text(file, header);
    if (workload_num_dependencies(statistics->workload) > 0)
        output_text(file, header_of_dependents);
    if (statistics->losses)
        output_text(file, header_of_losses);
    if (energy) {
        output_text(file, header_of_energy);
        output_text(file, energy->priced ? header_of_cost : "");
        output_text(file, energy->emitted ? header_of_emissions : "");
    }
    if (statistics->suspensions)
        output_text(file, header_of_suspensions);
    output_end_row(file);
}

static bool is_requeued(const struct job *job)
{
    return job->requeues > 0;
}

static bool was_suspended(const struct job *job)
{
    return job_suspended_seconds(job) > 0;
}

static bool any(const struct state *state, bool (*is)(const struct job *job))
{
    for (size_t i = 0; i < state->num_jobs; i++)
        if (is(&state->jobs[i]))
            return true;
    return false;
}

static int notice(void *self, const struct happening *happening, struct error *err)
{
    struct statistics *statistics = self;
    const struct state *state = happening->state;
    statistics->losses = statistics->losses || any(state, is_requeued);
    statistics->suspensions = any(state, was_suspended);
    put_header(statistics);
    for (size_t i = 0; i < state->num_jobs; i++)
        put_job(statistics, state, &state->jobs[i]);
    return output_check(&statistics->file, err);
}

static int open_statistics(struct observer *observer, const struct run_facts *facts,
                           struct error *err)
{
    const struct configuration *configuration = facts->configuration;
    const char *path = configuration->job_statistics;
    if (!path)
        return 0;
    struct statistics *statistics = calloc(1, sizeof *statistics);
    if (!statistics)
        return error_no_memory(err);
    *observer = (struct observer){.hears = HEARS(RUN_ENDED), .notice = notice, .self = statistics};
    if (output_open(&statistics->file, path, configuration->file, "job_statistics", err))
        return -1;
    statistics->losses = configuration->availability;
    statistics->energy = configuration->energy ? facts->energy : NULL;
    statistics->workload = facts->workload;
    statistics->lacks_header = true;
    return 0;
}

static int close_statistics(void *self, struct error *err)
{
    struct statistics *statistics = self;
    if (statistics->lacks_header)
        put_header(statistics);
    int status = output_close(&statistics->file, err);
    free(statistics);
    return status;
}

const struct result_kind job_statistics_result = {open_statistics, begin, close_statistics};
