/* Between the files that read workloads; nobody else includes this.
 *
 * workload.c reads the document and owns the workload, job.c reads one job, arguments.c its
 * arguments and attributes, dependencies.c what it waits for, and check.c checks it against its
 * application and the platform.
 */
#ifndef ELASTISIM_WORKLOAD_READER_H
#define ELASTISIM_WORKLOAD_READER_H

#include "base/json.h"
#include "base/unknown_keys.h"
#include "workload/store.h"
#include "workload/workload.h"

/* An application model, one per path. */
struct shared_application {
    struct shared_application *next;
    struct application *application;
};

/* A string argument, one per text: a number, an expression, or neither (number is NAN then). */
struct shared_text {
    struct shared_text *next;
    char *text;
    double number;
    struct expression *model;
};

struct workload {
    char *file;
    struct job_request **jobs; /* by id once everything is read, in file order before */
    size_t num_jobs;
    size_t capacity;
    struct store store; /* jobs, argument and attribute lists, texts */
    struct shared_application *applications;
    struct shared_text *texts;
    struct date start_date;
    size_t num_dependencies; /* of all jobs */
    uint32_t last_submitted; /* see workload_last_submitted */
    double last_submission;
};

enum { MOST_GUESSES = 16 };

/* What is needed only while reading. */
struct workload_reader {
    struct workload *workload;
    const struct workload_limits *limits;
    struct warnings *warnings;
    struct unknown_keys unknown;
    struct table applications;  /* path -> struct application */
    struct table texts;         /* text -> struct shared_text */
    struct table argument_keys; /* key -> its one copy; the same for the next two */
    struct table attribute_keys;
    uint8_t guesses[MOST_GUESSES]; /* by place in a job: which key was there last (job.c) */
    struct table warned_keys;      /* keys of jobs that have no effect and have been warned of */
};

/* Reads the job at `at`, checks it, and returns it (owned by the workload's store), with the id
 * still open; NULL with err on bad input. */
struct job_request *job_read(struct workload_reader *reader, const struct json_at *at,
                             struct error *err);

/* Reads the members of the object at `at` into an empty set. Returns 0, or -1 with err. */
int arguments_read(struct workload_reader *reader, const struct json_at *at,
                   struct arguments *arguments, struct error *err);
int attributes_read(struct workload_reader *reader, const struct json_at *at,
                    struct attributes *attributes, struct error *err);

/* Reads the list at `at` into an empty one; the jobs that are meant are found when all are read. */
int dependencies_read(struct workload_reader *reader, const struct json_at *at,
                      struct dependencies *dependencies, struct error *err);
/* Finds the jobs that dependencies mean, and refuses circles; when the jobs have their IDs. */
int dependencies_settle(struct workload *workload, struct error *err);

/* The one copy of a text in the table; NULL with err when out of memory. *is_new, which may be
 * NULL, tells whether the table lacked it. */
char *reader_share_text(struct workload_reader *reader, struct table *table, const char *text,
                        bool *is_new, struct error *err);

/* Checks a job whose fields are read against its application and the platform, and counts its
 * phases. Messages come without the job's place. */
int job_check(struct job_request *job, const struct workload_limits *limits, struct error *err);

#endif
