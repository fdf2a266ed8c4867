/* Promise: job_statistics is complete, unfinished jobs included, or not there. */
#include "results/table.h"
#include "system/state.h"

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

/* An upper bound of the bytes of job_statistics: quotes in a name are doubled. */
static uint64_t size_of_statistics(const struct workload *workload)
{
    bool dependents = workload_num_dependencies(workload) > 0;
    uint64_t size = sizeof header + (dependents ? sizeof header_of_dependents : 0);
    uint64_t row = dependents ? MAX_ROW + MAX_ROW_OF_DEPENDENTS : MAX_ROW;
    for (size_t i = 0; i < workload_num_jobs(workload); i++) {
        const char *name = workload_job(workload, i)->name;
        size += row + (name ? 2 * strlen(name) + 2 : 0);
    }
    return size;
}

/* It is written when the run is over, and other results may have filled the disk by then. */
static int begin(void *self, const struct run_facts *facts, struct error *err)
{
    return output_set_aside(self, size_of_statistics(facts->workload), err);
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

static void put_job(struct output *file, const struct state *state, const struct job *job)
{
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
    output_end_row(file);
}

static int notice(void *self, const struct happening *happening, struct error *err)
{
    const struct state *state = happening->state;
    for (size_t i = 0; i < state->num_jobs; i++)
        put_job(self, state, &state->jobs[i]);
    return output_check(self, err);
}

static int open_statistics(struct observer *observer, const struct run_facts *facts,
                           struct error *err)
{
    const char *path = facts->configuration->job_statistics;
    if (!path)
        return 0;
    observer->hears = HEARS(RUN_ENDED);
    observer->notice = notice;
    char columns[sizeof header + sizeof header_of_dependents];
    bool dependents = workload_num_dependencies(facts->workload) > 0;
    snprintf(columns, sizeof columns, "%s%s", header, dependents ? header_of_dependents : "");
    return table_open(observer, path, facts, "job_statistics", columns, err);
}

const struct result_kind job_statistics_result = {open_statistics, begin, table_close};
