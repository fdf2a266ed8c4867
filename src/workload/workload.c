/* The workload: streams the jobs file, reads each application model and compiles each string
 * argument once, and puts the jobs in order of submission.
 *
 * Jobs and all that hangs on them live in one store, so that a million of them cost little more
 * than their own size, and go in one sweep.
 */
#include "workload/workload.h"

#include "base/interrupt.h"
#include "base/json.h"
#include "base/quote.h"
#include "base/vector.h"
#include "workload/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const document_keys[] = {"jobs", "start_date", NULL};

static const char *const job_types[] = {
    [JOB_RIGID] = "rigid",       [JOB_MOLDABLE] = "moldable", [JOB_MALLEABLE] = "malleable",
    [JOB_EVOLVING] = "evolving", [JOB_ADAPTIVE] = "adaptive",
};

const char *job_type_name(enum job_type type)
{
    return job_types[type];
}

static int append_job(struct workload *workload, struct job_request *job, struct error *err)
{
    if (array_reserve(workload->jobs, workload->capacity, workload->num_jobs + 1))
        return error_no_memory(err);
    workload->jobs[workload->num_jobs++] = job;
    return 0;
}

static int visit_job(void *context, const struct json_at *at, struct error *err)
{
    struct workload_reader *reader = context;
    struct job_request *job = NULL;

    if (interrupt_check_reading(err) == 0)
        job = job_read(reader, at, err);
    return !job ? -1 : append_job(reader->workload, job, err);
}

static int read_start_date(struct workload *workload, const struct json_at *at, struct error *err)
{
    const char *text;
    char quoted[QUOTE_TEXT];

    if (json_string(at, &text, err))
        return -1;
    if (date_read(text, &workload->start_date) == 0)
        return 0;
    return json_error(at, err,
                      "%s is not a date with a time zone; must be like "
                      "\"2024-02-29T12:30:00+01:00\", or end in Z for UTC",
                      quote(text, quoted));
}

/* Who makes a jobs file may keep notes about it beside the jobs; only a slip is worth a word. */
static int visit_other(void *context, const struct json_at *at, struct error *err)
{
    struct workload_reader *reader = context;

    if (strcmp(at->key, "start_date") == 0)
        return read_start_date(reader->workload, at, err);
    if (json_nearest_name(at->key, document_keys))
        unknown_keys_add(&reader->unknown, at->parent, at->key, document_keys);
    return 0;
}

static bool submitted_before(const struct job_request *a, const struct job_request *b)
{
    return a->submit_time < b->submit_time ||
           (a->submit_time == b->submit_time && a->line < b->line);
}

static int compare_jobs(const void *left, const void *right)
{
    const struct job_request *a = *(struct job_request *const *)left;
    const struct job_request *b = *(struct job_request *const *)right;

    return submitted_before(a, b) ? -1 : submitted_before(b, a);
}

static void sort_jobs(struct workload *workload)
{
    struct job_request **jobs = workload->jobs;
    size_t count = workload->num_jobs;
    size_t sorted = 1;

    while (sorted < count && submitted_before(jobs[sorted - 1], jobs[sorted]))
        sorted++;
    if (sorted < count)
        qsort(jobs, count, sizeof(*jobs), compare_jobs);
    for (size_t id = 0; id < count; id++)
        jobs[id]->id = (uint32_t)id;
}

static struct workload *create(const char *path, struct error *err)
{
    struct workload *workload = calloc(1, sizeof *workload);

    if (workload)
        workload->file = strdup(path);
    if (!workload || !workload->file) {
        free(workload);
        error_no_memory(err);
        return NULL;
    }
    return workload;
}

static int read_jobs(struct workload_reader *reader, const char *path, struct error *err)
{
    struct json_stream stream = {"jobs", visit_job, visit_other, reader};
    int status = json_read_stream(path, &stream, err);

    table_free(&reader->applications);
    table_free(&reader->texts);
    table_free(&reader->argument_keys);
    table_free(&reader->attribute_keys);
    table_free(&reader->warned_keys);
    return unknown_keys_tell(&reader->unknown, reader->warnings, err) != 0 ? -1 : status;
}

struct workload *workload_read(const char *path, const struct workload_limits *limits,
                               struct warnings *warnings, struct error *err)
{
    struct workload_reader reader = {
        .limits = limits, .warnings = warnings, .unknown = {.file = path}};

    reader.workload = create(path, err);
    if (!reader.workload)
        return NULL;
    if (read_jobs(&reader, path, err)) {
        workload_destroy(reader.workload);
        return NULL;
    }
    sort_jobs(reader.workload);
    if (dependencies_settle(reader.workload, err)) {
        workload_destroy(reader.workload);
        return NULL;
    }
    return reader.workload;
}

void workload_destroy(struct workload *workload)
{
    if (!workload)
        return;
    for (struct shared_application *shared = workload->applications; shared; shared = shared->next)
        application_destroy(shared->application);
    for (struct shared_text *shared = workload->texts; shared; shared = shared->next)
        expression_destroy(shared->model);
    store_free(&workload->store);
    free(workload->jobs);
    free(workload->file);
    free(workload);
}

size_t workload_num_jobs(const struct workload *workload)
{
    return workload->num_jobs;
}

const struct job_request *workload_job(const struct workload *workload, size_t id)
{
    return workload->jobs[id];
}

const struct date *workload_start_date(const struct workload *workload)
{
    return &workload->start_date;
}

const char *workload_file(const struct workload *workload)
{
    return workload->file;
}

const struct shared_application *workload_next_application(const struct workload *workload,
                                                           const struct shared_application *after,
                                                           const char **file)
{
    const struct shared_application *next = after == NULL ? workload->applications : after->next;

    if (next)
        *file = next->application->file;
    return next;
}

const char *workload_where(const struct workload *workload, const struct job_request *job,
                           char *buffer, size_t size)
{
    snprintf(buffer, size, "%s: jobs[%lu]", workload->file, (unsigned long)job->line);
    return buffer;
}
