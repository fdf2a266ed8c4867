/* Promise: whatever happens, each file ends with a whole row; a failed write is reported once, when
 * it is noticed or at the end. */
#include "results/results.h"

#include "simulation/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE (1U << 18)

enum table { JOB_STATISTICS, NODE_UTILIZATION, TASK_TIMES, NUM_TABLES };

struct file {
    FILE *stream; /* NULL when the configuration does not ask for it */
    char *path;   /* borrowed from the configuration */
    char *buffer;
};

struct results {
    struct file files[NUM_TABLES];
};

static const char *const headers[NUM_TABLES] = {
    [JOB_STATISTICS] = "ID,Type,Submit Time,Start Time,End Time,Wait Time,Makespan,Turnaround "
                       "Time,Status,Name,Nodes At Start,Nodes Min,Nodes Max,Node Seconds,"
                       "Reconfigurations,Completed Phases\n",
    [NODE_UTILIZATION] = "Time,Node,State,Running jobs,Expected jobs\n",
    [TASK_TIMES] = "Time,Job,Node,Task,Duration\n",
};

static const char *const keys[NUM_TABLES] = {
    [JOB_STATISTICS] = "job_statistics",
    [NODE_UTILIZATION] = "node_utilization",
    [TASK_TIMES] = "task_times",
};

/* --- Opening ------------------------------------------------------------------------------- */

/* Creates the folders above a path. Failing is no error here: opening the file tells. */
static void create_parents(const char *path)
{
    char *copy = strdup(path);
    if (!copy)
        return;
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0777);
        *slash = '/';
    }
    free(copy);
}

static int open_file(struct file *file, char *path, const char *config, enum table table,
                     struct error *err)
{
    create_parents(path);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return error_set(err, ERROR_INPUT, "%s: %s: cannot write '%s': %s", config, keys[table],
                         path, strerror(errno));
    file->path = path;
    file->buffer = malloc(BUFFER_SIZE);
    file->stream = file->buffer ? fdopen(descriptor, "w") : NULL;
    if (!file->stream) {
        close(descriptor);
        return error_no_memory(err);
    }
    setvbuf(file->stream, file->buffer, _IOFBF, BUFFER_SIZE);
    fputs(headers[table], file->stream);
    return 0;
}

/* Closes all files; returns the path of one that could not be written, or NULL. */
static const char *close_files(struct results *results)
{
    const char *failed = NULL;
    for (size_t i = 0; i < NUM_TABLES; i++) {
        struct file *file = &results->files[i];
        if (file->stream && (ferror(file->stream) | fclose(file->stream)))
            failed = file->path;
        free(file->buffer);
    }
    free(results);
    return failed;
}

struct results *results_open(const struct configuration *configuration, struct error *err)
{
    struct results *results = calloc(1, sizeof *results);
    if (!results) {
        error_no_memory(err);
        return NULL;
    }
    char *const paths[NUM_TABLES] = {
        [JOB_STATISTICS] = configuration->job_statistics,
        [NODE_UTILIZATION] = configuration->node_utilization,
        [TASK_TIMES] = configuration->log_task_times ? configuration->task_times : NULL,
    };
    for (size_t i = 0; i < NUM_TABLES; i++) {
        if (paths[i] &&
            open_file(&results->files[i], paths[i], configuration->file, (enum table)i, err)) {
            close_files(results);
            return NULL;
        }
    }
    return results;
}

/* --- Writing ------------------------------------------------------------------------------- */

/* A field, quoted where it must be. */
static void put_text(FILE *stream, const char *text)
{
    if (!text)
        return;
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stream);
        return;
    }
    putc('"', stream);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', stream);
        putc(*text, stream);
    }
    putc('"', stream);
}

/* The digits of a number that are needed and no more than 15; "0" for minus zero. */
static void put_number(FILE *stream, double value)
{
    fprintf(stream, "%.15g", value == 0 ? 0.0 : value);
}

static int check_stream(const struct file *file, struct error *err)
{
    if (!ferror(file->stream))
        return 0;
    return error_set(err, ERROR_FAILURE, "%s: cannot write: %s", file->path, strerror(errno));
}

static void put_jobs(FILE *stream, struct job *(*get)(const struct node *, uint32_t),
                     const struct node *node, uint32_t count)
{
    if (count == 0)
        fputs("none", stream);
    for (uint32_t i = 0; i < count; i++)
        fprintf(stream, i ? ";%u" : "%u", get(node, i)->request->id);
}

int results_node_changed(struct results *results, double time, const struct node *node,
                         struct error *err)
{
    if (!results || !results->files[NODE_UTILIZATION].stream)
        return 0;
    FILE *stream = results->files[NODE_UTILIZATION].stream;
    put_number(stream, time);
    putc(',', stream);
    put_text(stream, node->description->name);
    fprintf(stream, ",%s,", node_state_name(node->state));
    put_jobs(stream, node_running_job, node, node->num_running);
    putc(',', stream);
    put_jobs(stream, node_expected_job, node, node->num_expected);
    putc('\n', stream);
    return check_stream(&results->files[NODE_UTILIZATION], err);
}

bool results_want_task_times(const struct results *results)
{
    return results && results->files[TASK_TIMES].stream;
}

int results_task(struct results *results, double time, uint32_t job, const char *node,
                 const char *task, double duration, struct error *err)
{
    if (!results_want_task_times(results))
        return 0;
    FILE *stream = results->files[TASK_TIMES].stream;
    put_number(stream, time);
    fprintf(stream, ",%u,", job);
    put_text(stream, node);
    putc(',', stream);
    put_text(stream, task);
    putc(',', stream);
    put_number(stream, duration);
    putc('\n', stream);
    return check_stream(&results->files[TASK_TIMES], err);
}

/* A time that may not be known yet, or a span that ends with one. */
static void put_span(FILE *stream, double from, double to)
{
    putc(',', stream);
    put_number(stream, from < 0 || to < 0 ? -1 : to - from);
}

static const char *status_of(const struct job *job)
{
    return job->state == JOB_COMPLETED ? "completed"
           : job->state == JOB_KILLED  ? "killed"
                                       : "unfinished";
}

static void put_job(FILE *stream, const struct state *state, const struct job *job)
{
    const struct job_request *request = job->request;
    fprintf(stream, "%u,%s,", request->id, job_type_name(request->type));
    put_number(stream, request->submit_time);
    put_span(stream, 0, job->start_time);
    put_span(stream, 0, job->end_time);
    put_span(stream, request->submit_time, job->start_time);
    put_span(stream, job->start_time, job->end_time);
    put_span(stream, request->submit_time, job->end_time);
    fprintf(stream, ",%s,", status_of(job));
    put_text(stream, request->name);
    fprintf(stream, ",%u,%u,%u,", job->nodes_at_start, job->nodes_smallest, job->nodes_largest);
    double since = job_is_running(job) ? state->now - job->node_seconds_until : 0;
    put_number(stream, job->node_seconds + since * job->executing.count);
    fprintf(stream, ",%u,%llu\n", job->reconfigurations,
            (unsigned long long)job_completed_phases(job));
}

int results_close(struct results *results, const struct state *state, struct error *err)
{
    if (!results)
        return 0;
    FILE *stream = results->files[JOB_STATISTICS].stream;
    for (size_t i = 0; stream && state && i < state->num_jobs; i++)
        put_job(stream, state, &state->jobs[i]);
    const char *failed = close_files(results);
    if (failed)
        return error_set(err, ERROR_FAILURE, "%s: cannot write all of it; is the disk full?",
                         failed);
    return 0;
}
