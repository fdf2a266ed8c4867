/* What jobs wait for before they are submitted to the scheduler.
 *
 * Promise: what is told of a workload in which jobs wait for each other is told at the start, with
 * its place; where no job waits for another, nothing is done and nothing is kept.
 */
#include "base/quote.h"
#include "workload/reader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHERE_TEXT = 512, MOST_POSITION = 2147483647, LISTED_JOBS = 8 };

static const char *const kinds[] = {
    [AFTER] = "after",
    [AFTER_OK] = "after_ok",
    [AFTER_NOT_OK] = "after_not_ok",
    [AFTER_ANY] = "after_any",
};

static const char *const known_keys[] = {"after",     "after_ok", "after_not_ok",
                                         "after_any", "delay",    NULL};

const char *dependency_kind_name(enum dependency_kind kind)
{
    return kinds[kind];
}

/* --- Reading --------------------------------------------------------------------------------- */

static int read_other(struct workload_reader *reader, const struct json_at *at,
                      struct dependency *dependency, struct error *err)
{
    long long position;
    const char *name;

    if (cJSON_IsNumber(at->value)) {
        if (json_integer(at, 0, MOST_POSITION, &position, err))
            return -1;
        dependency->other = (uint32_t)position;
        return 0;
    }
    if (!cJSON_IsString(at->value)) {
        return json_error(at, err,
                          "must be the name of a job, or its position in 'jobs' (from 0), is %s",
                          json_type_name(at->value));
    }
    if (json_string(at, &name, err))
        return -1;
    dependency->name = store_text(&reader->workload->store, name);
    return dependency->name ? 0 : error_no_memory(err);
}

/* The one key that says which kind of dependency it is; NUM_DEPENDENCY_KINDS with err without one.
 */
static int find_kind(const struct json_at *at, struct error *err)
{
    int found = NUM_DEPENDENCY_KINDS;

    for (int kind = 0; kind < NUM_DEPENDENCY_KINDS; kind++) {
        if (!json_member(at, kinds[kind]).value)
            continue;
        if (found < NUM_DEPENDENCY_KINDS) {
            json_error(at, err, "has both '%s' and '%s'; write two dependencies, one of each",
                       kinds[found], kinds[kind]);
            return NUM_DEPENDENCY_KINDS;
        }
        found = kind;
    }
    if (found == NUM_DEPENDENCY_KINDS)
        json_error(at, err,
                   "a dependency needs one of 'after', 'after_ok', 'after_not_ok' and 'after_any' "
                   "with the name or position of a job");
    return found;
}

static int read_dependency(struct workload_reader *reader, const struct json_at *at,
                           struct dependency *dependency, struct error *err)
{
    struct json_at delay, other;
    int kind;

    if (json_object(at, err))
        return -1;
    unknown_keys_look(&reader->unknown, at, known_keys);
    kind = find_kind(at, err);
    if (kind == NUM_DEPENDENCY_KINDS)
        return -1;
    dependency->kind = (enum dependency_kind)kind;
    delay = json_member(at, "delay");
    if (delay.value && json_number_in(&delay, 0, INFINITY, &dependency->delay, err))
        return -1;
    other = json_member(at, kinds[kind]);
    return read_other(reader, &other, dependency, err);
}

int dependencies_read(struct workload_reader *reader, const struct json_at *at,
                      struct dependencies *dependencies, struct error *err)
{
    const cJSON *value;
    size_t count;

    if (json_array(at, err))
        return -1;
    count = (size_t)cJSON_GetArraySize(at->value);
    if (count == 0)
        return 0;
    dependencies->items =
        store_allocate(&reader->workload->store, count * sizeof(struct dependency));
    if (!dependencies->items)
        return error_no_memory(err);
    reader->workload->num_dependencies += count;
    cJSON_ArrayForEach(value, at->value)
    {
        struct json_at element = json_element(at, value, (long)dependencies->count);

        if (read_dependency(reader, &element, &dependencies->items[dependencies->count++], err))
            return -1;
    }
    return 0;
}

/* --- Which jobs are meant -------------------------------------------------------------------- */

static int complain(const struct workload *workload, const struct job_request *job, size_t index,
                    struct error *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* "FILE: jobs[LINE].dependencies[INDEX]: MESSAGE" */
static int complain(const struct workload *workload, const struct job_request *job, size_t index,
                    struct error *err, const char *format, ...)
{
    char message[WHERE_TEXT];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return error_set(err, ERROR_INPUT, "%s: jobs[%lu].dependencies[%zu]: %s", workload->file,
                     (unsigned long)job->line, index, message);
}

/* Jobs by their names; one that several have stands for the first of them, which is noted in
 * `shared`. */
struct names {
    struct table first, shared;
};

static int gather_names(const struct workload *workload, struct names *names, struct error *err)
{
    for (size_t i = 0; i < workload->num_jobs; i++) {
        struct job_request *job = workload->jobs[i];
        struct table *table;

        if (!job->name)
            continue;
        table = table_find(&names->first, job->name) ? &names->shared : &names->first;
        if (!table_find(table, job->name) && table_add(table, job->name, job))
            return error_no_memory(err);
    }
    return 0;
}

static int find_named(const struct workload *workload, const struct names *names,
                      const struct job_request *job, size_t index, struct error *err)
{
    struct dependency *dependency = &job->dependencies.items[index];
    const struct job_request *found = table_find(&names->first, dependency->name);
    const struct job_request *second = table_find(&names->shared, dependency->name);
    char quoted[QUOTE_TEXT];

    quote(dependency->name, quoted);
    if (!found)
        return complain(workload, job, index, err, "there is no job named '%s'", quoted);
    if (second) {
        return complain(workload, job, index, err,
                        "jobs[%lu] and jobs[%lu] are both named '%s'; give the position instead",
                        (unsigned long)found->line, (unsigned long)second->line, quoted);
    }
    dependency->other = found->id;
    return 0;
}

static int find_placed(const struct workload *workload, const uint32_t *ids,
                       const struct job_request *job, size_t index, struct error *err)
{
    struct dependency *dependency = &job->dependencies.items[index];

    if (dependency->other >= workload->num_jobs) {
        return complain(workload, job, index, err, "there is no jobs[%lu]; positions are 0 to %zu",
                        (unsigned long)dependency->other, workload->num_jobs - 1);
    }
    dependency->other = ids[dependency->other];
    return 0;
}

static int find_all(const struct workload *workload, const struct names *names, const uint32_t *ids,
                    struct error *err)
{
    for (size_t line = 0; line < workload->num_jobs; line++) {
        const struct job_request *job = workload->jobs[ids[line]];

        for (size_t i = 0; i < job->dependencies.count; i++) {
            int failed = job->dependencies.items[i].name ? find_named(workload, names, job, i, err)
                                                         : find_placed(workload, ids, job, i, err);
            if (failed)
                return -1;
        }
    }
    return 0;
}

/* The ID of each position of the file. */
static uint32_t *ids_by_line(const struct workload *workload)
{
    uint32_t *ids = malloc((workload->num_jobs + 1) * sizeof *ids);

    for (size_t id = 0; ids && id < workload->num_jobs; id++)
        ids[workload->jobs[id]->line] = (uint32_t)id;
    return ids;
}

static int resolve(const struct workload *workload, struct error *err)
{
    struct names names = {{0}, {0}};
    uint32_t *ids = ids_by_line(workload);
    int failed = ids ? gather_names(workload, &names, err) : error_no_memory(err);

    if (!failed)
        failed = find_all(workload, &names, ids, err);
    table_free(&names.first);
    table_free(&names.shared);
    free(ids);
    return failed;
}

/* --- Circles, and how late a job can be ------------------------------------------------------ */

enum { UNSEEN, ON_PATH, SEEN };

/* A walk along the dependencies, in depth first, on a path that is an array: chains of a million
 * jobs are no chains of calls. */
struct walk {
    const struct workload *workload;
    uint32_t *path; /* IDs, from where it began */
    size_t *next;   /* of each job on the path: the dependency to follow next */
    size_t length;
    unsigned char *marks; /* by ID */
    double *earliest;     /* by ID: no job is submitted before it */
};

static int tell_circle(const struct walk *walk, uint32_t again, struct error *err)
{
    const struct job_request *first = walk->workload->jobs[again];
    size_t start = walk->length, length = 0;
    char text[WHERE_TEXT] = "";

    while (walk->path[--start] != again)
        continue;
    if (start + 1 == walk->length)
        return complain(walk->workload, first, walk->next[start] - 1, err,
                        "waits for itself: it could never be submitted");
    for (size_t i = start + 1; i < walk->length && i <= start + LISTED_JOBS; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "jobs[%lu], which waits for ",
                             (unsigned long)walk->workload->jobs[walk->path[i]]->line);
    if (walk->length - start - 1 > LISTED_JOBS)
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "%zu more jobs, the last of which waits for ",
                                   walk->length - start - 1 - LISTED_JOBS);
    return complain(walk->workload, first, walk->next[start] - 1, err,
                    "waits for %sjobs[%lu] again: none of them could ever be submitted", text,
                    (unsigned long)first->line);
}

static void enter(struct walk *walk, uint32_t id)
{
    walk->marks[id] = ON_PATH;
    walk->path[walk->length] = id;
    walk->next[walk->length++] = 0;
}

static void leave(struct walk *walk, uint32_t id)
{
    const struct job_request *job = walk->workload->jobs[id];

    walk->earliest[id] = job->submit_time;
    for (size_t i = 0; i < job->dependencies.count; i++) {
        const struct dependency *dependency = &job->dependencies.items[i];

        walk->earliest[id] =
            fmax(walk->earliest[id], walk->earliest[dependency->other] + dependency->delay);
    }
    walk->marks[id] = SEEN;
    walk->length--;
}

static int go_on(struct walk *walk, struct error *err)
{
    uint32_t id = walk->path[walk->length - 1], other;
    const struct dependencies *dependencies = &walk->workload->jobs[id]->dependencies;
    size_t next = walk->next[walk->length - 1]++;

    if (next == dependencies->count) {
        leave(walk, id);
        return 0;
    }
    other = dependencies->items[next].other;
    if (walk->marks[other] == ON_PATH)
        return tell_circle(walk, other, err);
    if (walk->marks[other] == UNSEEN)
        enter(walk, other);
    return 0;
}

static int walk_all(struct walk *walk, struct workload *workload, struct error *err)
{
    for (uint32_t id = 0; id < workload->num_jobs; id++) {
        if (walk->marks[id] == UNSEEN)
            enter(walk, id);
        while (walk->length > 0)
            if (go_on(walk, err))
                return -1;
        if (walk->earliest[id] > workload->last_submission) {
            workload->last_submission = walk->earliest[id];
            workload->last_submitted = id;
        }
    }
    return isfinite(workload->last_submission)
               ? 0
               : error_set(
                     err, ERROR_INPUT,
                     "%s: jobs[%lu]: the delays of its dependencies and of those it waits for "
                     "add up to more than a number can hold",
                     workload->file, (unsigned long)workload->jobs[workload->last_submitted]->line);
}

static int check_order(struct workload *workload, struct error *err)
{
    size_t count = workload->num_jobs;
    struct walk walk = {
        .workload = workload,
        .path = malloc(count * sizeof *walk.path),
        .next = malloc(count * sizeof *walk.next),
        .marks = calloc(count, sizeof *walk.marks),
        .earliest = malloc(count * sizeof *walk.earliest),
    };
    int failed = walk.path && walk.next && walk.marks && walk.earliest
                     ? walk_all(&walk, workload, err)
                     : error_no_memory(err);

    free(walk.path);
    free(walk.next);
    free(walk.marks);
    free(walk.earliest);
    return failed;
}

int dependencies_settle(struct workload *workload, struct error *err)
{
    if (workload->num_jobs > 0) {
        workload->last_submitted = (uint32_t)workload->num_jobs - 1;
        workload->last_submission = workload->jobs[workload->last_submitted]->submit_time;
    }
    if (workload->num_dependencies == 0)
        return 0;
    return resolve(workload, err) ? -1 : check_order(workload, err);
}

size_t workload_num_dependencies(const struct workload *workload)
{
    return workload->num_dependencies;
}

const struct job_request *workload_last_submitted(const struct workload *workload, double *time)
{
    *time = workload->last_submission;
    return workload->jobs[workload->last_submitted];
}
