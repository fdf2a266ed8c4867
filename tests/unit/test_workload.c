/* Jobs files: what is read from good ones, and what is said of bad ones. */
#include "workload/workload.h"

#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* 8 nodes, 4 of them with 2 GPUs, 1 of these with 4. */
static const uint32_t nodes_with_gpus[] = {8, 4, 4, 1, 1};
static const struct workload_limits everything = {nodes_with_gpus, 4, true, true, NULL};
static const struct workload_limits bare = {nodes_with_gpus, 4, false, false, NULL};

/* The application models that the jobs below name. */
static const struct {
    const char *name, *text;
} models[] = {
    {"idle.json", "{'phases': [{'tasks': [{'type': 'idle', 'delay': 1}]}]}"},
    {"runtime.json", "{'phases': [{'tasks': [{'type': 'idle', 'delay': 'runtime'}]}]}"},
    {"loops.json",
     "{'on_init': {'iterations': 'init + 0', 'tasks': [{'type': 'idle', 'delay': 1}]}, "
     "'phases': [{'iterations': 'n', 'tasks': [{'type': 'idle', 'delay': 1}]}, "
     "{'iterations': 2.9, 'tasks': [{'type': 'idle', 'delay': 1}]}]}"},
    {"huge.json", "{'phases': [{'iterations': 9e15, 'tasks': [{'type': 'idle', 'delay': 1}]}, "
                  "{'iterations': 9e15, 'tasks': [{'type': 'idle', 'delay': 1}]}]}"},
    {"vector.json", "{'phases': [{'tasks': [{'type': 'idle', 'delay': [1, 2, 3], 'pattern': "
                    "'vector'}]}]}"},
    {"matrix.json", "{'phases': [{'tasks': [{'type': 'cpu', 'bytes': [0, 1, 1, 0], "
                    "'communication_pattern': 'matrix'}]}]}"},
    {"gpu.json", "{'phases': [{'tasks': [{'type': 'gpu', 'name': 'train', 'flops': 1, "
                 "'computation_pattern': 'uniform'}]}]}"},
    {"pfs.json", "{'on_expansion': {'tasks': [{'type': 'pfs_read', 'bytes': 1, 'pattern': "
                 "'uniform'}]}, 'phases': [{'tasks': [{'type': 'idle', 'delay': 1}]}]}"},
    {"write.json", "{'phases': [{'tasks': [{'type': 'sequence', 'tasks': [{'type': 'pfs_write', "
                   "'bytes': 1, 'pattern': 'uniform'}]}]}]}"},
    {"burst.json",
     "{'on_init': {'tasks': [{'type': 'bb_read', 'name': 'stage', 'bytes': 1, "
     "'pattern': 'uniform'}]}, 'phases': [{'tasks': [{'type': 'idle', 'delay': 1}]}]}"},
    {"bounds.json", "{'phases': [{'tasks': [{'type': 'idle', 'delay': 'num_nodes_max'}]}]}"},
    {"request.json", "{'phases': [{'evolving_request': 'num_nodes_max - phase_iteration', 'tasks': "
                     "[{'type': 'idle', 'delay': 1}]}]}"},
    {"bad.json", "{'phases': [{'tasks': [{'type': 'idle'}]}]}"},
};

static int setup(void **state)
{
    if (scratch_enter(state))
        return -1;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        scratch_write(models[i].name, models[i].text);
    return 0;
}

static struct workload *read_text(const char *text, const struct workload_limits *limits,
                                  bool strict, struct error *err)
{
    struct warnings warnings = {.strict = strict};

    *err = (struct error){.kind = ERROR_NONE};
    scratch_write("jobs.json", text);
    return workload_read("jobs.json", limits, &warnings, err);
}

/* Reads a good workload, of which there is nothing to warn. */
static struct workload *read_good(const char *text)
{
    struct error err;
    struct workload *workload = read_text(text, &everything, true, &err);

    assert_string_equal(err.message, "");
    assert_non_null(workload);
    return workload;
}

#define JOBS(jobs) "{'jobs': [" jobs "]}"
/* What a rigid job needs beside its number of nodes and its application. */
#define RIGID(members) "{'type': 'rigid', 'submit_time': 0, " members "}"
#define MALLEABLE(members) "{'type': 'malleable', 'submit_time': 0, " members "}"
#define ON_TWO "'num_nodes': 2, 'application_model': "
#define ON_TWO_TO_FOUR "'num_nodes_min': 2, 'num_nodes_max': 4, 'application_model': "

static void test_defaults_of_a_rigid_job(void **state)
{
    struct workload *workload = read_good(JOBS(RIGID(ON_TWO "'idle.json'")));
    const struct job_request *job = workload_job(workload, 0);
    char where[64];

    (void)state;
    assert_int_equal(workload_num_jobs(workload), 1);
    assert_string_equal(workload_file(workload), "jobs.json");
    assert_string_equal(workload_where(workload, job, where, sizeof where), "jobs.json: jobs[0]");
    assert_int_equal(job->id, 0);
    assert_int_equal(job->line, 0);
    assert_int_equal(job->type, JOB_RIGID);
    assert_true(job->submit_time == 0);
    assert_true(job->walltime == 0);
    assert_int_equal(job->nodes_min, 2);
    assert_int_equal(job->nodes_max, 2);
    assert_int_equal(job->nodes_preferred, 0);
    assert_int_equal(job->gpus_min, 0);
    assert_int_equal(job->gpus_max, 0);
    assert_true(job->runtime_estimate == -1);
    assert_int_equal(job->on_node_loss, NUM_NODE_LOSSES);
    assert_int_equal(job->total_phases, 1);
    assert_null(job->name);
    assert_string_equal(job->application->file, "idle.json");
    assert_null(job->arguments.items);
    assert_int_equal(job->arguments.count, 0);
    assert_null(job->attributes.items);
    assert_int_equal(job->attributes.count, 0);
    workload_destroy(workload);
}

static void test_rigid_job_reads_every_key(void **state)
{
    struct workload *workload = read_good(
        JOBS("{'type': 'rigid', 'submit_time': 1.5, 'num_nodes': 4.0, 'num_gpus_per_node': 2, "
             "'application_model': 'runtime.json', 'walltime': 0.5, 'arguments': {'runtime': 20}, "
             "'attributes': {'priority': 50}, 'name': 'first', 'num_nodes_preferred': 4, "
             "'runtime_estimate': 17.25, 'on_node_loss': 'restart'}"));
    const struct job_request *job = workload_job(workload, 0);

    (void)state;
    assert_true(job->submit_time == 1.5);
    assert_true(job->walltime == 0.5);
    assert_int_equal(job->nodes_min, 4);
    assert_int_equal(job->nodes_max, 4);
    assert_int_equal(job->nodes_preferred, 4);
    assert_int_equal(job->gpus_min, 2);
    assert_int_equal(job->gpus_max, 2);
    assert_true(job->runtime_estimate == 17.25);
    assert_int_equal(job->on_node_loss, LOSS_RESTART);
    assert_string_equal(job->name, "first");
    assert_int_equal(job->arguments.count, 1);
    assert_string_equal(job->attributes.items[0].key, "priority");
    workload_destroy(workload);
}

static void test_other_types_have_bounds_and_any_letter_case(void **state)
{
    static const struct {
        const char *name;
        enum job_type type;
    } types[] = {{"Moldable", JOB_MOLDABLE},
                 {"malleable", JOB_MALLEABLE},
                 {"EVOLVING", JOB_EVOLVING},
                 {"adaptive", JOB_ADAPTIVE}};
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct workload *workload;
        const struct job_request *job;
        snprintf(text, sizeof text,
                 JOBS("{'type': '%s', 'submit_time': 3, 'num_nodes_min': 1, 'num_nodes_max': 500, "
                      "'num_gpus_per_node_min': 1, 'num_gpus_per_node_max': 4, "
                      "'num_nodes_preferred': 6, 'application_model': 'idle.json'}"),
                 types[i].name);
        workload = read_good(text);
        job = workload_job(workload, 0);
        assert_int_equal(job->type, types[i].type);
        assert_int_equal(job->nodes_min, 1);
        assert_int_equal(job->nodes_max, 500);
        assert_int_equal(job->nodes_preferred, 6);
        assert_int_equal(job->gpus_min, 1);
        assert_int_equal(job->gpus_max, 4);
        workload_destroy(workload);
    }
}

static void test_names_of_types(void **state)
{
    (void)state;
    assert_string_equal(job_type_name(JOB_RIGID), "rigid");
    assert_string_equal(job_type_name(JOB_ADAPTIVE), "adaptive");
}

static void test_ids_follow_submission_and_then_the_file(void **state)
{
    struct workload *workload = read_good(
        "{'jobs': ["
        "{'type': 'rigid', 'submit_time': 5, 'num_nodes': 1, 'application_model': 'idle.json'}, "
        "{'type': 'rigid', 'submit_time': 2, 'num_nodes': 2, 'application_model': 'idle.json'}, "
        "{'type': 'rigid', 'submit_time': 5, 'num_nodes': 3, 'application_model': 'idle.json'}, "
        "{'type': 'rigid', 'submit_time': 2, 'num_nodes': 4, 'application_model': 'idle.json'}]}");
    static const uint32_t lines[] = {1, 3, 0, 2};
    char where[64];

    (void)state;
    assert_int_equal(workload_num_jobs(workload), 4);
    for (uint32_t id = 0; id < 4; id++) {
        assert_int_equal(workload_job(workload, id)->id, id);
        assert_int_equal(workload_job(workload, id)->line, lines[id]);
        assert_int_equal(workload_job(workload, id)->nodes_min, lines[id] + 1);
    }
    assert_string_equal(workload_where(workload, workload_job(workload, 1), where, sizeof where),
                        "jobs.json: jobs[3]");
    workload_destroy(workload);
}

static void test_workload_without_jobs(void **state)
{
    struct workload *workload = read_good("{'jobs': []}");

    (void)state;
    assert_int_equal(workload_num_jobs(workload), 0);
    workload_destroy(workload);
}

static void test_jobs_share_an_application_model(void **state)
{
    struct workload *workload = read_good(JOBS(RIGID(ON_TWO "'idle.json'") ", " RIGID(
        ON_TWO "'gpu.json', "
               "'num_gpus_per_node': 1") ", " RIGID(ON_TWO "'idle.json'")));

    (void)state;
    assert_ptr_equal(workload_job(workload, 0)->application,
                     workload_job(workload, 2)->application);
    assert_ptr_not_equal(workload_job(workload, 0)->application,
                         workload_job(workload, 1)->application);
    workload_destroy(workload);
}

static void test_arguments_are_numbers_or_expressions(void **state)
{
    struct workload *workload = read_good(
        JOBS(RIGID(ON_TWO "'idle.json', 'arguments': {'i': 20, 'f': 60.8, 'e': 1e23, 'text': "
                          "'12.50', 'model': '2 * f', 'words': 'gpu job'}")));
    const struct arguments *arguments = &workload_job(workload, 0)->arguments;
    static const struct {
        const char *key, *text;
        double number;
        bool model;
    } expected[] = {
        {"i", "20", 20, false},        {"f", "60.8", 60.8, false},
        {"e", "1e+23", 1e23, false},   {"text", "12.50", 12.5, false},
        {"model", "2 * f", NAN, true}, {"words", "gpu job", NAN, false},
    };

    (void)state;
    assert_int_equal(arguments->count, 6);
    for (size_t i = 0; i < 6; i++) {
        const struct argument *argument = &arguments->items[i];
        assert_string_equal(argument->key, expected[i].key);
        assert_string_equal(argument->text, expected[i].text);
        assert_int_equal(argument->model != NULL, expected[i].model);
        assert_true(isnan(expected[i].number) ? argument->model || isnan(argument->number)
                                              : argument->number == expected[i].number);
    }
    workload_destroy(workload);
}

static void test_equal_texts_are_compiled_once(void **state)
{
    struct workload *workload =
        read_good(JOBS(RIGID(ON_TWO "'runtime.json', 'arguments': {'runtime': '2 * 3'}") ", " RIGID(
            ON_TWO "'runtime.json', 'arguments': {'runtime': '2 * 3'}")));
    const struct argument *first = &workload_job(workload, 0)->arguments.items[0];
    const struct argument *second = &workload_job(workload, 1)->arguments.items[0];

    (void)state;
    assert_non_null(first->model);
    assert_ptr_equal(first->model, second->model);
    assert_ptr_equal(first->text, second->text);
    assert_ptr_equal(first->key, second->key);
    workload_destroy(workload);
}

static void test_attributes_are_texts(void **state)
{
    struct workload *workload = read_good(
        JOBS(RIGID(ON_TWO "'idle.json', 'attributes': {'priority': 50, 'share': 0.25, 'user': "
                          "'ada', 'urgent': true, 'quiet': false}")));
    const struct attributes *attributes = &workload_job(workload, 0)->attributes;
    static const char *const expected[][2] = {{"priority", "50"},
                                              {"share", "0.25"},
                                              {"user", "ada"},
                                              {"urgent", "true"},
                                              {"quiet", "false"}};

    (void)state;
    assert_int_equal(attributes->count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(attributes->items[i].key, expected[i][0]);
        assert_string_equal(attributes->items[i].text, expected[i][1]);
    }
    workload_destroy(workload);
}

static void test_phases_are_counted(void **state)
{
    struct workload *workload = read_good(JOBS(
        RIGID(ON_TWO "'loops.json', 'arguments': {'n': 'm / 2', 'm': 7, 'init': 1}") ", " RIGID(
            ON_TWO "'loops.json', 'arguments': {'n': 0, 'init': 0}")));

    (void)state;
    assert_int_equal(workload_job(workload, 0)->total_phases, 3 + 2);
    assert_int_equal(workload_job(workload, 1)->total_phases, 2);
    workload_destroy(workload);
}

static void test_lists_fit_rigid_jobs(void **state)
{
    struct workload *workload = read_good(JOBS(RIGID(
        "'num_nodes': 3, 'application_model': 'vector.json'") ", " RIGID(ON_TWO "'matrix.json'")));

    (void)state;
    assert_true(workload_job(workload, 0)->application->has_list);
    workload_destroy(workload);
}

static void test_platform_holds_the_smallest_size_of_a_job(void **state)
{
    struct workload *workload =
        read_good(JOBS(RIGID("'num_nodes': 8, 'application_model': 'idle.json'") ", " RIGID(
            "'num_nodes': 4, 'num_gpus_per_node': 2, 'application_model': "
            "'gpu.json'") ", " MALLEABLE("'num_nodes_min': 1, 'num_nodes_max': 99, "
                                         "'num_gpus_per_node_min': 4, "
                                         "'num_gpus_per_node_max': 99, "
                                         "'application_model': 'gpu.json'")));

    (void)state;
    workload_destroy(workload);
}

/* A rigid job never runs on_expansion, so that it does not miss the file system. */
static void test_blocks_that_never_run_need_nothing(void **state)
{
    struct error err;
    struct workload *workload = read_text(JOBS(RIGID(ON_TWO "'pfs.json'")), &bare, true, &err);

    (void)state;
    assert_string_equal(err.message, "");
    workload_destroy(workload);
}

static void test_names_may_come_as_runtime_arguments(void **state)
{
    struct workload *workload = read_good(JOBS(RIGID(ON_TWO "'runtime.json'")));

    (void)state;
    workload_destroy(workload);
}

static void test_requests_see_bounds_and_iteration(void **state)
{
    struct workload *workload = read_good(JOBS(MALLEABLE(ON_TWO_TO_FOUR "'request.json'")));

    (void)state;
    workload_destroy(workload);
}

static void test_null_means_absent(void **state)
{
    struct workload *workload = read_good(
        JOBS(RIGID(ON_TWO "'idle.json', 'walltime': null, 'arguments': null, 'attributes': null, "
                          "'name': null, 'num_gpus_per_node': null, 'num_nodes_min': null, "
                          "'runtime_estimate': null, 'num_nodes_preferred': null, "
                          "'on_node_loss': null")));

    (void)state;
    assert_null(workload_job(workload, 0)->name);
    assert_int_equal(workload_job(workload, 0)->on_node_loss, NUM_NODE_LOSSES);
    workload_destroy(workload);
}

/* A key that a thousand jobs have is warned of once. */
static void test_warnings_of_a_key_come_once(void **state)
{
    struct warnings warnings = {.strict = false};
    struct error err = {.kind = ERROR_NONE};
    struct workload *workload;

    (void)state;
    scratch_write(
        "jobs.json",
        JOBS(RIGID(
            ON_TWO
            "'idle.json', 'queue': 'a', 'arguments': "
            "{'num_nodes': 1}") ", " RIGID(ON_TWO
                                           "'idle.json',"
                                           " 'queue': "
                                           "'b', "
                                           "'arguments':"
                                           " {'num_"
                                           "nodes': 2}") ", " RIGID(ON_TWO
                                                                    "'idle.json', 'num_nodes_min': "
                                                                    "1") ", " RIGID(ON_TWO
                                                                                    "'idle.json', "
                                                                                    "'num_nodes_"
                                                                                    "min': 1")));
    workload = workload_read("jobs.json", &everything, &warnings, &err);
    assert_non_null(workload);
    assert_int_equal(warnings.count, 3);
    workload_destroy(workload);
}

static void test_many_jobs_grow_every_table(void **state)
{
    enum { COUNT = 5000 };
    struct warnings warnings = {.strict = true};
    struct error err = {.kind = ERROR_NONE};
    struct workload *workload;
    FILE *file = fopen("jobs.json", "w");

    (void)state;
    assert_non_null(file);
    fprintf(file, "{\"jobs\": [");
    for (int i = 0; i < COUNT; i++) {
        fprintf(file,
                "%s{\"type\": \"rigid\", \"submit_time\": %d, \"num_nodes\": 1, "
                "\"application_model\": \"idle.json\", \"arguments\": {\"a%d\": \"%d * x\"}}",
                i == 0 ? "" : ", ", COUNT - i, i, i);
    }
    fprintf(file, "]}");
    assert_int_equal(fclose(file), 0);
    workload = workload_read("jobs.json", &everything, &warnings, &err);
    assert_non_null(workload);
    assert_int_equal(workload_num_jobs(workload), COUNT);
    for (uint32_t id = 0; id < COUNT; id++) {
        const struct job_request *job = workload_job(workload, id);
        char key[16];
        snprintf(key, sizeof key, "a%lu", (unsigned long)job->line);
        assert_int_equal(job->line, COUNT - 1 - id);
        assert_string_equal(job->arguments.items[0].key, key);
    }
    workload_destroy(workload);
}

static void test_destroy_takes_null(void **state)
{
    (void)state;
    workload_destroy(NULL);
}

static void test_missing_file_is_an_error(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_null(workload_read("none.json", &everything, NULL, &err));
    assert_string_equal(err.message,
                        "none.json: does not exist (paths are relative to the working directory)");
}

/* Read strictly, so that warnings are pinned too. */
static const struct bad_workload {
    const char *name, *text, *message;
    const struct workload_limits *limits; /* NULL: everything */
} bad_workloads[] = {
    /* The document. */
    {"bad_document_is_no_object", "[]", "jobs.json: must be an object, is a list", NULL},
    {"bad_document_lacks_jobs", "{}", "jobs.json: needs 'jobs', a list; add it", NULL},
    {"bad_jobs_are_no_list", "{'jobs': {}}", "jobs.json: jobs: must be a list, is an object", NULL},
    {"bad_document_has_an_unknown_key", "{'jobs': [], 'job': 1}",
     "jobs.json: unknown key 'job', did you mean 'jobs'?", NULL},
    {"bad_syntax", "{'jobs': [\n  {'type' 'rigid'}]}",
     "jobs.json:2:11: must be ':' and a value, is '\"'", NULL},
    {"bad_job_is_no_object", JOBS("1"), "jobs.json: jobs[0]: must be an object, is a number", NULL},
    {"bad_job_has_an_unknown_key", JOBS(RIGID(ON_TWO "'idle.json', 'walltme': 3")),
     "jobs.json: jobs[0]: unknown key 'walltme', did you mean 'walltime'?", NULL},

    /* Common keys. */
    {"bad_job_lacks_a_type", JOBS("{'submit_time': 0}"),
     "jobs.json: jobs[0]: a job needs 'type'; add it", NULL},
    {"bad_type_is_a_number", JOBS("{'type': 0}"),
     "jobs.json: jobs[0].type: must be a string, is a number", NULL},
    {"bad_type_has_a_typo", JOBS("{'type': 'malleabel'}"),
     "jobs.json: jobs[0].type: unknown job type 'malleabel', did you mean 'malleable'?", NULL},
    {"bad_type_is_like_none", JOBS("{'type': 'interactive'}"),
     "jobs.json: jobs[0].type: unknown job type 'interactive'; known are rigid, moldable, "
     "malleable, evolving, adaptive",
     NULL},
    {"bad_job_lacks_a_submit_time", JOBS("{'type': 'rigid'}"),
     "jobs.json: jobs[0]: a job needs 'submit_time'; add it", NULL},
    {"bad_submit_time_is_negative", JOBS("{'type': 'rigid', 'submit_time': -1}"),
     "jobs.json: jobs[0].submit_time: must be at least 0, is -1", NULL},
    {"bad_submit_time_is_a_string", JOBS("{'type': 'rigid', 'submit_time': '1'}"),
     "jobs.json: jobs[0].submit_time: must be a number, is a string", NULL},
    {"bad_walltime_is_negative", JOBS(RIGID("'walltime': -1")),
     "jobs.json: jobs[0].walltime: must be at least 0, is -1", NULL},
    {"bad_runtime_estimate_is_zero", JOBS(RIGID("'runtime_estimate': 0")),
     "jobs.json: jobs[0].runtime_estimate: must be more than 0; leave it out if it is not known",
     NULL},
    {"bad_on_node_loss_is_misspelt", JOBS(RIGID(ON_TWO "'idle.json', 'on_node_loss': 'requeu'")),
     "jobs.json: jobs[0].on_node_loss: must be kill, requeue, restart, shrink, shrink_or_requeue "
     "or shrink_or_restart, is 'requeu' (did you mean 'requeue'?)",
     NULL},
    {"bad_on_node_loss_is_a_flag", JOBS(RIGID(ON_TWO "'idle.json', 'on_node_loss': true")),
     "jobs.json: jobs[0].on_node_loss: must be a string, is a boolean", NULL},
    {"bad_name_is_a_number", JOBS(RIGID(ON_TWO "'idle.json', 'name': 5")),
     "jobs.json: jobs[0].name: must be a string, is a number", NULL},

    /* Nodes and GPUs. */
    {"bad_rigid_job_lacks_nodes", JOBS(RIGID("'application_model': 'idle.json'")),
     "jobs.json: jobs[0]: a rigid job needs 'num_nodes'", NULL},
    {"bad_rigid_job_has_bounds", JOBS(RIGID(ON_TWO_TO_FOUR "'idle.json'")),
     "jobs.json: jobs[0].num_nodes_min: is not for rigid jobs; use 'num_nodes'", NULL},
    {"bad_malleable_job_lacks_nodes", JOBS(MALLEABLE("'application_model': 'idle.json'")),
     "jobs.json: jobs[0]: a malleable job needs 'num_nodes_min' and 'num_nodes_max'", NULL},
    {"bad_malleable_job_lacks_one_bound", JOBS(MALLEABLE("'num_nodes_min': 1")),
     "jobs.json: jobs[0]: a malleable job needs 'num_nodes_min' and 'num_nodes_max'", NULL},
    {"bad_malleable_job_has_one_number_of_nodes", JOBS(MALLEABLE(ON_TWO "'idle.json'")),
     "jobs.json: jobs[0].num_nodes: is not for malleable jobs; use 'num_nodes_min' and "
     "'num_nodes_max'",
     NULL},
    {"bad_superfluous_bound_is_warned_of", JOBS(RIGID(ON_TWO "'idle.json', 'num_nodes_max': 4")),
     "jobs.json: jobs[0].num_nodes_max: has no effect: a rigid job has 'num_nodes'", NULL},
    {"bad_num_nodes_is_zero", JOBS(RIGID("'num_nodes': 0")),
     "jobs.json: jobs[0].num_nodes: must be at least 1, is 0", NULL},
    {"bad_num_nodes_is_a_fraction", JOBS(RIGID("'num_nodes': 4.5")),
     "jobs.json: jobs[0].num_nodes: must be an integer, is 4.5", NULL},
    {"bad_num_nodes_is_beyond_all_machines", JOBS(RIGID("'num_nodes': 1e10")),
     "jobs.json: jobs[0].num_nodes: must be at most 2147483647, is 10000000000", NULL},
    {"bad_minimum_is_above_maximum",
     JOBS(MALLEABLE("'num_nodes_min': 4, 'num_nodes_max': 2, 'application_model': 'idle.json'")),
     "jobs.json: jobs[0]: 'num_nodes_max' is 2, but 'num_nodes_min' is 4; raise the one or lower "
     "the other",
     NULL},
    {"bad_gpu_maximum_was_left_out",
     JOBS(MALLEABLE(ON_TWO_TO_FOUR "'idle.json', 'num_gpus_per_node_min': 2")),
     "jobs.json: jobs[0]: 'num_gpus_per_node_max' is 0, but 'num_gpus_per_node_min' is 2; raise "
     "the "
     "one or lower the other",
     NULL},
    {"bad_rigid_job_has_gpu_bounds", JOBS(RIGID(ON_TWO "'idle.json', 'num_gpus_per_node_max': 2")),
     "jobs.json: jobs[0].num_gpus_per_node_max: is not for rigid jobs; use 'num_gpus_per_node'",
     NULL},
    {"bad_num_gpus_is_negative", JOBS(RIGID(ON_TWO "'idle.json', 'num_gpus_per_node': -1")),
     "jobs.json: jobs[0].num_gpus_per_node: must be at least 0, is -1", NULL},
    {"bad_preferred_nodes_are_below_the_minimum",
     JOBS(MALLEABLE(ON_TWO_TO_FOUR "'idle.json', 'num_nodes_preferred': 1")),
     "jobs.json: jobs[0].num_nodes_preferred: must be at least 2, is 1", NULL},
    {"bad_preferred_nodes_differ_from_a_rigid_job",
     JOBS(RIGID(ON_TWO "'idle.json', 'num_nodes_preferred': 3")),
     "jobs.json: jobs[0].num_nodes_preferred: must be at most 2, is 3", NULL},

    /* Arguments and attributes. */
    {"bad_arguments_are_a_list", JOBS(RIGID(ON_TWO "'idle.json', 'arguments': [1]")),
     "jobs.json: jobs[0].arguments: must be an object, is a list", NULL},
    {"bad_argument_is_a_boolean", JOBS(RIGID(ON_TWO "'idle.json', 'arguments': {'x': true}")),
     "jobs.json: jobs[0].arguments.x: must be a number or a string, is a boolean", NULL},
    {"bad_argument_is_null", JOBS(RIGID(ON_TWO "'idle.json', 'arguments': {'x': null}")),
     "jobs.json: jobs[0].arguments.x: must be a number or a string, is null", NULL},
    {"bad_argument_is_infinite", JOBS(RIGID(ON_TWO "'idle.json', 'arguments': {'x': 1e999}")),
     "jobs.json: jobs[0].arguments.x: must be a finite number, is beyond 1.8e308", NULL},
    {"bad_argument_named_like_a_built_in_variable_is_warned_of",
     JOBS(RIGID(ON_TWO "'idle.json', 'arguments': {'num_gpus': 1}")),
     "jobs.json: jobs[0].arguments.num_gpus: has no effect where the built-in variable of this "
     "name "
     "exists; rename it",
     NULL},
    {"bad_attribute_is_a_list", JOBS(RIGID(ON_TWO "'idle.json', 'attributes': {'x': [1]}")),
     "jobs.json: jobs[0].attributes.x: must be a number, a string or a boolean, is a list", NULL},
    {"bad_used_argument_is_no_expression",
     JOBS(RIGID(ON_TWO "'runtime.json', 'arguments': {'runtime': 'two hours'}")),
     "jobs.json: jobs[0]: runtime.json: phases[0].tasks[0].delay: argument 'runtime': \"two "
     "hours\": column 5: an operator is missing before 'hours'",
     NULL},
    {"bad_arguments_in_a_circle",
     JOBS(RIGID(ON_TWO "'runtime.json', 'arguments': {'runtime': 'x + 0', 'x': 'runtime * 2'}")),
     "jobs.json: jobs[0]: runtime.json: phases[0].tasks[0].delay: arguments refer to each other in "
     "a circle: runtime -> x -> runtime",
     NULL},

    /* The application. */
    {"bad_job_lacks_an_application", JOBS(RIGID("'num_nodes': 1")),
     "jobs.json: jobs[0]: a job needs 'application_model'; add it", NULL},
    {"bad_application_is_a_number", JOBS(RIGID(ON_TWO "3")),
     "jobs.json: jobs[0].application_model: must be a string, is a number", NULL},
    {"bad_application_is_missing", JOBS(RIGID(ON_TWO "'none.json'")),
     "jobs.json: jobs[0].application_model: none.json: does not exist (paths are relative to the "
     "working directory)",
     NULL},
    {"bad_application_has_an_error", JOBS(RIGID(ON_TWO "'bad.json'")),
     "jobs.json: jobs[0].application_model: bad.json: phases[0].tasks[0]: a task of type idle "
     "needs "
     "'delay'; add it",
     NULL},
    {"bad_phase_iterations_lack_an_argument",
     JOBS(RIGID(ON_TWO "'loops.json', 'arguments': {'init': 1, 'm': 2}")),
     "jobs.json: jobs[0]: loops.json: phases[0].iterations: \"n\": nothing defines 'n'; add it to "
     "the job's arguments",
     NULL},
    {"bad_one_time_iterations_lack_an_argument",
     JOBS(RIGID(ON_TWO "'loops.json', 'arguments': {'n': 1}")),
     "jobs.json: jobs[0]: loops.json: on_init.iterations: \"init + 0\": nothing defines 'init'; "
     "add it to the job's arguments",
     NULL},
    {"bad_phase_iterations_are_negative",
     JOBS(RIGID(ON_TWO "'idle.json'") ", " RIGID(
         ON_TWO "'loops.json', 'arguments': {'init': 0, 'n': -2}")),
     "jobs.json: jobs[1]: loops.json: phases[0].iterations: \"n\" is -2; a number of iterations "
     "must be 0 or more",
     NULL},
    {"bad_phases_are_too_many", JOBS(RIGID(ON_TWO "'huge.json'")),
     "jobs.json: jobs[0]: huge.json: the iterations of all phases are more than 2^53 together",
     NULL},
    {"bad_load_uses_a_bound", JOBS(MALLEABLE(ON_TWO_TO_FOUR "'bounds.json'")),
     "jobs.json: jobs[0]: bounds.json: phases[0].tasks[0].delay: \"num_nodes_max\": "
     "'num_nodes_max' is not known here: only evolving requests can use it",
     NULL},
    {"bad_list_for_a_malleable_job",
     JOBS(MALLEABLE("'num_nodes_min': 3, 'num_nodes_max': 3, 'application_model': 'vector.json'")),
     "jobs.json: jobs[0]: vector.json: phases[0].tasks[0].delay: is a list, which only rigid jobs "
     "can have, and this job is malleable; use another pattern with a number or a performance "
     "model",
     NULL},
    {"bad_vector_of_another_length", JOBS(RIGID(ON_TWO "'vector.json'")),
     "jobs.json: jobs[0]: vector.json: phases[0].tasks[0].delay: has 3 numbers, but vector on 2 "
     "nodes takes 2; make the numbers of nodes agree",
     NULL},
    {"bad_matrix_of_another_size",
     JOBS(RIGID("'num_nodes': 3, 'application_model': 'matrix.json'")),
     "jobs.json: jobs[0]: matrix.json: phases[0].tasks[0].bytes: has 4 numbers, but matrix on 3 "
     "nodes takes 9; make the numbers of nodes agree",
     NULL},

    /* The platform. */
    {"bad_job_is_larger_than_the_platform",
     JOBS(RIGID("'num_nodes': 9, 'application_model': 'idle.json'")),
     "jobs.json: jobs[0]: needs 9 nodes, but the platform has 8; ask for fewer or enlarge the "
     "platform",
     NULL},
    {"bad_job_needs_more_nodes_with_gpus",
     JOBS(RIGID("'num_nodes': 5, 'num_gpus_per_node': 2, 'application_model': 'idle.json'")),
     "jobs.json: jobs[0]: needs 5 nodes with 2 GPUs each, but the platform has 4 of that kind; ask "
     "for fewer or enlarge the platform",
     NULL},
    {"bad_job_needs_more_gpus_than_any_node_has",
     JOBS(MALLEABLE("'num_nodes_min': 1, 'num_nodes_max': 2, 'num_gpus_per_node_min': 5, "
                    "'num_gpus_per_node_max': 5, 'application_model': 'idle.json'")),
     "jobs.json: jobs[0]: needs 1 node with 5 GPUs each, but the platform has 0 of that kind; ask "
     "for fewer or enlarge the platform",
     NULL},
    {"bad_gpu_task_without_gpus", JOBS(RIGID(ON_TWO "'gpu.json'")),
     "jobs.json: jobs[0]: gpu.json: phases[0].tasks[0].flops: task 'train' is for GPUs, but the "
     "job "
     "asks for none; give it a number of GPUs per node",
     NULL},
    {"bad_pfs_task_without_pfs", JOBS(RIGID(ON_TWO "'write.json'")),
     "jobs.json: jobs[0]: write.json: phases[0].tasks[0].tasks[0].bytes: this task is for the "
     "parallel file system, but the platform has none; give a host the property 'pfs_host'",
     &bare},
    {"bad_pfs_task_in_on_expansion_of_a_malleable_job",
     JOBS(MALLEABLE(ON_TWO_TO_FOUR "'pfs.json'")),
     "jobs.json: jobs[0]: pfs.json: on_expansion.tasks[0].bytes: this task is for the parallel "
     "file "
     "system, but the platform has none; give a host the property 'pfs_host'",
     &bare},
    {"bad_burst_buffer_task_without_burst_buffer", JOBS(RIGID(ON_TWO "'burst.json'")),
     "jobs.json: jobs[0]: burst.json: on_init.tasks[0].bytes: task 'stage' is for burst buffers, "
     "but no node of the platform has one; give nodes the property 'node_local_bb'",
     &bare},
};

static void test_bad_workload(void **state)
{
    const struct bad_workload *bad = *state;
    struct error err;

    assert_null(read_text(bad->text, !bad->limits ? &everything : bad->limits, true, &err));
    assert_string_equal(err.message, bad->message);
    assert_int_equal(err.kind, ERROR_INPUT);
}

int main(void)
{
    static const struct CMUnitTest good[] = {
        cmocka_unit_test(test_defaults_of_a_rigid_job),
        cmocka_unit_test(test_rigid_job_reads_every_key),
        cmocka_unit_test(test_other_types_have_bounds_and_any_letter_case),
        cmocka_unit_test(test_names_of_types),
        cmocka_unit_test(test_ids_follow_submission_and_then_the_file),
        cmocka_unit_test(test_workload_without_jobs),
        cmocka_unit_test(test_jobs_share_an_application_model),
        cmocka_unit_test(test_arguments_are_numbers_or_expressions),
        cmocka_unit_test(test_equal_texts_are_compiled_once),
        cmocka_unit_test(test_attributes_are_texts),
        cmocka_unit_test(test_phases_are_counted),
        cmocka_unit_test(test_lists_fit_rigid_jobs),
        cmocka_unit_test(test_platform_holds_the_smallest_size_of_a_job),
        cmocka_unit_test(test_blocks_that_never_run_need_nothing),
        cmocka_unit_test(test_names_may_come_as_runtime_arguments),
        cmocka_unit_test(test_requests_see_bounds_and_iteration),
        cmocka_unit_test(test_null_means_absent),
        cmocka_unit_test(test_warnings_of_a_key_come_once),
        cmocka_unit_test(test_many_jobs_grow_every_table),
        cmocka_unit_test(test_destroy_takes_null),
        cmocka_unit_test(test_missing_file_is_an_error),
    };
    enum {
        NUM_GOOD = sizeof good / sizeof *good,
        NUM_BAD = sizeof bad_workloads / sizeof *bad_workloads,
    };
    struct CMUnitTest tests[NUM_GOOD + NUM_BAD];

    memcpy(tests, good, sizeof good);
    for (size_t i = 0; i < NUM_BAD; i++) {
        tests[NUM_GOOD + i] = (struct CMUnitTest){bad_workloads[i].name, test_bad_workload, NULL,
                                                  NULL, (void *)(uintptr_t)&bad_workloads[i]};
    }
    return cmocka_run_group_tests_name("workload", tests, setup, scratch_leave);
}
