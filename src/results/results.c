/* Promise: whatever happens, each file ends with a whole row, and job_statistics is complete or not
 * there; a failed write is reported once, when it is noticed or at the end. */
#include "results/results.h"

#include "results/journal.h"
#include "results/monitoring.h"
#include "results/output.h"
#include "results/protection.h"
#include "simulation/state.h"
#include "workload/workload.h"

#include <stdlib.h>
#include <string.h>

enum table { JOB_STATISTICS, NODE_UTILIZATION, TASK_TIMES, NUM_TABLES };

struct results {
    struct output files[NUM_TABLES];
    struct monitoring *monitoring;
    struct journal *journal;
};

static const char *const headers[NUM_TABLES] = {
    [JOB_STATISTICS] = "ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround "
                       "Time,Status,Name,Nodes At Start,Nodes Min,Nodes Max,Node Seconds,"
                       "Reconfigurations,Completed Phases",
    [NODE_UTILIZATION] = "Time,Node,State,Running jobs,Expected jobs",
    [TASK_TIMES] = "Time,Job,Node,Task,Duration",
};

static const char *const keys[NUM_TABLES] = {
    [JOB_STATISTICS] = "job_statistics",
    [NODE_UTILIZATION] = "node_utilization",
    [TASK_TIMES] = "task_times",
};

/* --- Opening ------------------------------------------------------------------------------- */

static int open_tables(struct results *results, const struct configuration *configuration,
                       struct error *err)
{
    const char *const paths[NUM_TABLES] = {
        [JOB_STATISTICS] = configuration->job_statistics,
        [NODE_UTILIZATION] = configuration->node_utilization,
        [TASK_TIMES] = configuration->log_task_times ? configuration->task_times : NULL,
    };
    for (size_t i = 0; i < NUM_TABLES; i++) {
        struct output *file = &results->files[i];
        if (!paths[i])
            continue;
        if (output_open(file, paths[i], configuration->file, keys[i], err))
            return -1;
        output_text(file, headers[i]);
        output_end_row(file);
    }
    return 0;
}

/* Closes all files. Returns 0, or -1 with each that could not be written added to err. */
static int close_files(struct results *results, struct error *err)
{
    int status = monitoring_close(results->monitoring, err);
    if (journal_close(results->journal, err))
        status = -1;
    for (size_t i = 0; i < NUM_TABLES; i++)
        if (output_close(&results->files[i], err))
            status = -1;
    free(results);
    return status;
}

/* What a row of job_statistics takes at the most without its name. */
#define MAX_ROW 272

/* An upper bound of the bytes of job_statistics: quotes in a name are doubled. */
static uint64_t size_of_statistics(const struct workload *workload)
{
    uint64_t size = strlen(headers[JOB_STATISTICS]) + 1;
    for (size_t i = 0; i < workload_num_jobs(workload); i++) {
        const char *name = workload_job(workload, i)->name;
        size += MAX_ROW + (name ? 2 * strlen(name) + 2 : 0);
    }
    return size;
}

/* It is written when the run is over, and other results may have filled the disk by then. */
static int set_statistics_aside(struct results *results, const struct workload *workload,
                                struct error *err)
{
    struct output *file = &results->files[JOB_STATISTICS];
    if (!output_is_open(file))
        return 0;
    return output_set_aside(file, size_of_statistics(workload), err);
}

struct results *results_open(const struct configuration *configuration,
                             const struct platform *platform, const struct workload *workload,
                             const char *scheduler, struct error *err)
{
    struct results *results = calloc(1, sizeof *results);
    if (!results) {
        error_no_memory(err);
        return NULL;
    }
    if (open_tables(results, configuration, err) ||
        monitoring_open(&results->monitoring, configuration, platform, err) ||
        journal_open(&results->journal, configuration, platform, scheduler, err) ||
        check_outputs(configuration, err) || set_statistics_aside(results, workload, err)) {
        close_files(results, err);
        return NULL;
    }
    return results;
}

struct monitoring *results_monitoring(const struct results *results)
{
    return results ? results->monitoring : NULL;
}

struct journal *results_journal(const struct results *results)
{
    return results ? results->journal : NULL;
}

/* --- Writing ------------------------------------------------------------------------------- */

static void put_jobs(struct output *file, struct job *(*get)(const struct node *, uint32_t),
                     const struct node *node, uint32_t count)
{
    if (count == 0)
        output_text(file, "none");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            output_char(file, ';');
        output_count(file, get(node, i)->request->id);
    }
}

int results_node_changed(struct results *results, double time, const struct node *node,
                         struct error *err)
{
    if (!results || !output_is_open(&results->files[NODE_UTILIZATION]))
        return 0;
    struct output *file = &results->files[NODE_UTILIZATION];
    output_number(file, time);
    output_char(file, ',');
    output_field(file, node->description->name);
    output_char(file, ',');
    output_text(file, node_state_name(node->state));
    output_char(file, ',');
    put_jobs(file, node_running_job, node, node->num_running);
    output_char(file, ',');
    put_jobs(file, node_expected_job, node, node->num_expected);
    output_end_row(file);
    return output_check(file, err);
}

bool results_want_task_times(const struct results *results)
{
    return results && output_is_open(&results->files[TASK_TIMES]);
}

int results_task(struct results *results, double time, uint32_t job, const char *node,
                 const char *task, double duration, struct error *err)
{
    if (!results_want_task_times(results))
        return 0;
    struct output *file = &results->files[TASK_TIMES];
    output_number(file, time);
    output_char(file, ',');
    output_count(file, job);
    output_char(file, ',');
    output_field(file, node);
    output_char(file, ',');
    output_field(file, task);
    output_char(file, ',');
    output_number(file, duration);
    output_end_row(file);
    return output_check(file, err);
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
    return job->state == JOB_COMPLETED ? "completed"
           : job->state == JOB_KILLED  ? "killed"
                                       : "unfinished";
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
    put_count(file, job_completed_phases(job));
    output_end_row(file);
}

int results_close(struct results *results, const struct state *state, struct error *err)
{
    if (!results)
        return 0;
    struct output *file = &results->files[JOB_STATISTICS];
    for (size_t i = 0; output_is_open(file) && state && i < state->num_jobs; i++)
        put_job(file, state, &state->jobs[i]);
    if (state)
        journal_end(results->journal, state);
    return close_files(results, err);
}
