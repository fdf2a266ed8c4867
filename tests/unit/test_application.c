/* Application models: what is read from good ones, and what is said of bad ones. */
#include "application/application.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct application *read_text(const char *text, bool strict, struct error *err)
{
    struct warnings warnings = {.strict = strict};

    *err = (struct error){.kind = ERROR_NONE};
    scratch_write("a.json", text);
    return application_read("a.json", &warnings, err);
}

/* Reads a good model, of which there is nothing to warn. */
static struct application *read_good(const char *text)
{
    struct error err;
    struct application *application = read_text(text, true, &err);

    assert_string_equal(err.message, "");
    assert_non_null(application);
    return application;
}

static void assert_number(const struct payload *payload, double number)
{
    assert_int_equal(payload->kind, PAYLOAD_NUMBER);
    assert_true(payload->number == number);
}

static void assert_model(const struct payload *payload, const char *text)
{
    assert_int_equal(payload->kind, PAYLOAD_MODEL);
    assert_string_equal(expression_text(payload->model), text);
}

#define IDLE "{'type': 'idle', 'delay': 1}"
#define ONE_PHASE "'phases': [{'tasks': [" IDLE "]}]"
#define TASK(members) "{'phases': [{'tasks': [{" members "}]}]}"
#define PHASE(members) "{'phases': [{" members "}]}"

static void test_defaults_of_phase_and_task(void **state)
{
    struct application *application = read_good("{" ONE_PHASE "}");
    const struct block *phase = &application->phases[0];
    const struct task *task = &phase->tasks[0];

    (void)state;
    assert_string_equal(application->file, "a.json");
    assert_int_equal(application->num_phases, 1);
    assert_null(application->on_init);
    assert_null(application->on_reconfiguration);
    assert_null(application->on_expansion);
    assert_int_equal(application->num_tasks, 1);
    assert_int_equal(application->max_depth, 0);
    assert_false(application->has_list);
    assert_int_equal(application->num_variables, 0);
    assert_int_equal(phase->num_tasks, 1);
    assert_number(&phase->iterations, 1);
    assert_true(phase->scheduling_point);
    assert_true(phase->barrier);
    assert_int_equal(phase->evolving_request.kind, PAYLOAD_NONE);
    assert_int_equal(task->type, TASK_IDLE);
    assert_string_equal(task->name, "");
    assert_number(&task->iterations, 1);
    assert_false(task->synchronized);
    assert_number(&task->compute, 1);
    assert_string_equal(task->compute.where, "a.json: phases[0].tasks[0].delay");
    assert_int_equal(task->compute_pattern, VECTOR_UNIFORM);
    assert_int_equal(task->transfer.kind, PAYLOAD_NONE);
    assert_int_equal(task->next, 1);
    application_destroy(application);
}

static void test_phase_reads_every_key(void **state)
{
    struct application *application =
        read_good(PHASE("'iterations': 'n', 'scheduling_point': false, 'barrier': false, "
                        "'evolving_request': 'num_nodes + x', 'tasks': [" IDLE ", " IDLE "]"));
    const struct block *phase = &application->phases[0];

    (void)state;
    assert_model(&phase->iterations, "n");
    assert_false(phase->scheduling_point);
    assert_false(phase->barrier);
    assert_model(&phase->evolving_request, "num_nodes + x");
    assert_int_equal(phase->num_tasks, 2);
    application_destroy(application);
}

static void test_evolving_request_may_be_a_negative_fraction(void **state)
{
    struct application *application =
        read_good(PHASE("'evolving_request': -1.5, 'tasks': [" IDLE "]"));

    (void)state;
    assert_number(&application->phases[0].evolving_request, -1.5);
    application_destroy(application);
}

static void test_cpu_task_reads_every_key(void **state)
{
    struct application *application = read_good(
        TASK("'type': 'cpu', 'name': 'step', 'iterations': 2.5, 'synchronized': true, "
             "'flops': 'work / num_nodes', 'computation_pattern': 'root_only', 'bytes': 1e9, "
             "'communication_pattern': 'ring', 'coupled': true"));
    const struct task *task = &application->phases[0].tasks[0];

    (void)state;
    assert_int_equal(task->type, TASK_CPU);
    assert_string_equal(task->name, "step");
    assert_number(&task->iterations, 2.5);
    assert_true(task->synchronized);
    assert_true(task->coupled);
    assert_model(&task->compute, "work / num_nodes");
    assert_int_equal(task->compute_pattern, VECTOR_ROOT_ONLY);
    assert_number(&task->transfer, 1e9);
    assert_int_equal(task->transfer_pattern, MATRIX_RING);
    application_destroy(application);
}

static void test_io_task_reads_every_key(void **state)
{
    struct application *application = read_good(
        TASK("'type': 'pfs_write', 'bytes': 5e9, 'pattern': 'even_ranks', 'async': true"));
    const struct task *task = &application->phases[0].tasks[0];

    (void)state;
    assert_int_equal(task->type, TASK_PFS_WRITE);
    assert_int_equal(task->compute.kind, PAYLOAD_NONE);
    assert_number(&task->transfer, 5e9);
    assert_int_equal(task->io_pattern, VECTOR_EVEN_RANKS);
    assert_true(task->async);
    assert_true(application->uses[TASK_PFS_WRITE]);
    assert_false(application->uses[TASK_PFS_READ]);
    application_destroy(application);
}

static void test_type_names_ignore_letter_case(void **state)
{
    static const struct {
        const char *text;
        enum task_type type;
    } types[] = {
        {TASK("'type': 'cpu', 'bytes': 1, 'communication_pattern': 'ring'"), TASK_CPU},
        {TASK("'type': 'CPU', 'flops': 1, 'computation_pattern': 'uniform'"), TASK_CPU},
        {TASK("'type': 'Gpu', 'flops': 1, 'computation_pattern': 'uniform'"), TASK_GPU},
        {TASK("'type': 'PFS_read', 'bytes': 1, 'pattern': 'uniform'"), TASK_PFS_READ},
        {TASK("'type': 'pfs_write', 'bytes': 1, 'pattern': 'uniform'"), TASK_PFS_WRITE},
        {TASK("'type': 'bb_read', 'bytes': 1, 'pattern': 'uniform'"), TASK_BB_READ},
        {TASK("'type': 'BB_WRITE', 'bytes': 1, 'pattern': 'uniform'"), TASK_BB_WRITE},
        {TASK("'type': 'Busy_Wait', 'delay': 1"), TASK_BUSY_WAIT},
        {TASK("'type': 'idle', 'delay': 1"), TASK_IDLE},
        {TASK("'type': 'Sequence', 'tasks': [" IDLE "]"), TASK_SEQUENCE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct application *application = read_good(types[i].text);
        assert_int_equal(application->phases[0].tasks[0].type, types[i].type);
        assert_true(application->uses[types[i].type]);
        application_destroy(application);
    }
}

static void test_vector_patterns_by_name_and_alias(void **state)
{
    static const struct {
        const char *name;
        enum vector_pattern pattern;
    } patterns[] = {
        {"all_ranks", VECTOR_ALL_RANKS}, {"total", VECTOR_ALL_RANKS},
        {"Root_Only", VECTOR_ROOT_ONLY}, {"even_ranks", VECTOR_EVEN_RANKS},
        {"odd_ranks", VECTOR_ODD_RANKS}, {"UNIFORM", VECTOR_UNIFORM},
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct application *application;
        snprintf(text, sizeof text, TASK("'type': 'idle', 'delay': 1, 'pattern': '%s'"),
                 patterns[i].name);
        application = read_good(text);
        assert_int_equal(application->phases[0].tasks[0].compute_pattern, patterns[i].pattern);
        application_destroy(application);
    }
}

static void test_matrix_patterns_by_name(void **state)
{
    static const struct {
        const char *name;
        enum matrix_pattern pattern;
    } patterns[] = {
        {"all_to_all", MATRIX_ALL_TO_ALL},
        {"gather", MATRIX_GATHER},
        {"Scatter", MATRIX_SCATTER},
        {"master_worker", MATRIX_MASTER_WORKER},
        {"ring", MATRIX_RING},
        {"ring_clockwise", MATRIX_RING_CLOCKWISE},
        {"RING_COUNTER_CLOCKWISE", MATRIX_RING_COUNTER_CLOCKWISE},
    };
    static const char *const types[] = {"cpu", "gpu"};
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct application *application;
        snprintf(text, sizeof text, TASK("'type': '%s', 'bytes': 1, 'communication_pattern': '%s'"),
                 types[i % 2], patterns[i].name);
        application = read_good(text);
        assert_int_equal(application->phases[0].tasks[0].transfer_pattern, patterns[i].pattern);
        application_destroy(application);
    }
}

static void test_lists_come_with_vector_and_matrix(void **state)
{
    struct application *application =
        read_good(TASK("'type': 'cpu', 'flops': [1, 2.5], 'computation_pattern': 'vector', "
                       "'bytes': [0, 1, 2, 0], 'communication_pattern': 'matrix'"));
    const struct task *task = &application->phases[0].tasks[0];

    (void)state;
    assert_true(application->has_list);
    assert_int_equal(task->compute.kind, PAYLOAD_LIST);
    assert_int_equal(task->compute.length, 2);
    assert_true(task->compute.list[1] == 2.5);
    assert_int_equal(task->compute_pattern, VECTOR_LIST);
    assert_int_equal(task->transfer.length, 4);
    assert_int_equal(task->transfer_pattern, MATRIX_LIST);
    application_destroy(application);
}

static void test_sequences_nest_in_running_order(void **state)
{
    /* s(a t(b c) d) e */
    struct application *application = read_good(
        "{'on_init': {'tasks': [" IDLE "]}, 'phases': [{'tasks': ["
        "{'type': 'sequence', 'name': 's', 'iterations': 'n', 'tasks': ["
        "{'type': 'idle', 'name': 'a', 'delay': 1}, {'type': 'sequence', 'name': 't', 'tasks': ["
        "{'type': 'idle', 'name': 'b', 'delay': 1}, {'type': 'idle', 'name': 'c', 'delay': 1}]}, "
        "{'type': 'idle', 'name': 'd', 'delay': 1}]}, "
        "{'type': 'idle', 'name': 'e', 'delay': 1}]}]}");
    static const struct {
        const char *name;
        size_t next, depth;
    } expected[] = {{"s", 6, 0}, {"a", 2, 1}, {"t", 5, 1}, {"b", 4, 2},
                    {"c", 5, 2}, {"d", 6, 1}, {"e", 7, 0}};
    const struct block *phase = &application->phases[0];

    (void)state;
    assert_int_equal(phase->num_tasks, 7);
    assert_int_equal(application->num_tasks, 8);
    assert_int_equal(application->max_depth, 2);
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(phase->tasks[i].name, expected[i].name);
        assert_int_equal(phase->tasks[i].next, expected[i].next);
        assert_int_equal(phase->tasks[i].depth, expected[i].depth);
        assert_int_equal(phase->tasks[i].id, 1 + i);
    }
    assert_model(&phase->tasks[0].iterations, "n");
    application_destroy(application);
}

static void test_one_time_phases_read_tasks_and_iterations(void **state)
{
    struct application *application = read_good(
        "{'on_init': {'tasks': [" IDLE "], 'iterations': 2}, 'on_reconfiguration': {'tasks': [" IDLE
        ", " IDLE "]}, 'on_expansion': {'iterations': 'n', 'tasks': [" IDLE "]}, " ONE_PHASE "}");

    (void)state;
    assert_number(&application->on_init->iterations, 2);
    assert_int_equal(application->on_reconfiguration->num_tasks, 2);
    assert_model(&application->on_expansion->iterations, "n");
    assert_int_equal(application->num_tasks, 5);
    application_destroy(application);
}

static void test_variables_of_all_models_are_listed_once(void **state)
{
    struct application *application = read_good(
        "{'on_init': {'tasks': [{'type': 'idle', 'delay': 'setup'}]}, 'phases': [{'iterations': "
        "'n', 'evolving_request': 'num_nodes + n', 'tasks': [{'type': 'idle', 'delay': 'n * x', "
        "'iterations': 'setup'}]}]}");
    static const char *const expected[] = {"setup", "n", "x", "num_nodes"};

    (void)state;
    assert_int_equal(application->num_variables, 4);
    for (size_t i = 0; i < 4; i++) {
        bool found = false;
        for (size_t j = 0; j < 4; j++)
            found = found || strcmp(application->variables[j], expected[i]) == 0;
        assert_true(found);
    }
    application_destroy(application);
}

static void test_null_means_absent(void **state)
{
    struct application *application = read_good(
        "{'on_init': null, 'on_expansion': null, 'phases': [{'iterations': null, 'barrier': null, "
        "'evolving_request': null, 'tasks': [{'type': 'cpu', 'name': null, 'iterations': null, "
        "'flops': 1, 'computation_pattern': 'uniform', 'bytes': null, "
        "'communication_pattern': null, 'coupled': null, 'synchronized': null}]}]}");

    (void)state;
    assert_null(application->on_init);
    assert_true(application->phases[0].barrier);
    assert_number(&application->phases[0].iterations, 1);
    assert_int_equal(application->phases[0].tasks[0].transfer.kind, PAYLOAD_NONE);
    application_destroy(application);
}

static void test_names_of_types_and_patterns(void **state)
{
    (void)state;
    assert_string_equal(task_type_name(TASK_PFS_READ), "pfs_read");
    assert_string_equal(task_type_name(TASK_SEQUENCE), "sequence");
    assert_string_equal(vector_pattern_name(VECTOR_ALL_RANKS), "all_ranks");
    assert_string_equal(vector_pattern_name(VECTOR_LIST), "vector");
    assert_string_equal(matrix_pattern_name(MATRIX_ALL_TO_ALL), "all_to_all");
    assert_string_equal(matrix_pattern_name(MATRIX_LIST), "matrix");
}

static void test_destroy_takes_null(void **state)
{
    (void)state;
    application_destroy(NULL);
}

static void test_missing_file_is_an_error(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_null(application_read("none.json", NULL, &err));
    assert_string_equal(err.message,
                        "none.json: does not exist (paths are relative to the working directory)");
}

/* Without strict, what is warned of is read all the same. */
static void test_warnings_leave_the_model_usable(void **state)
{
    struct warnings warnings = {.strict = false};
    struct error err = {.kind = ERROR_NONE};
    struct application *application;

    (void)state;
    scratch_write("a.json", "{'on_init': {'tasks': [" IDLE "], 'barrier': false}, 'phases': [{"
                            "'final_scheduling_point': false, 'tasks': [" IDLE "]}]}");
    application = application_read("a.json", &warnings, &err);
    assert_non_null(application);
    assert_int_equal(warnings.count, 2);
    assert_true(application->phases[0].scheduling_point);
    application_destroy(application);
}

/* Read strictly, so that warnings are pinned too. */
static const struct bad_model {
    const char *name, *text, *message;
} bad_models[] = {
    /* The document and its phases. */
    {"bad_document_is_no_object", "[1]", "a.json: must be an object, is a list"},
    {"bad_document_lacks_phases", "{}",
     "a.json: an application model needs 'phases'; add a list of them"},
    {"bad_document_has_an_unknown_key", "{" ONE_PHASE ", 'on_reconfigure': {}}",
     "a.json: unknown key 'on_reconfigure', did you mean 'on_reconfiguration'?"},
    {"bad_document_has_unknown_keys_in_many_places",
     "{'on_init': {'tasks': [" IDLE "], 'note': 1}, 'notes': '', 'phases': [{'note': 2, "
     "'iteration': 1, 'tasks': [{'type': 'idle', 'delay': 1, 'flops': 1}]}]}",
     "a.json: unknown keys 'notes', 'on_init.note', 'phases[0].iteration' (did you mean "
     "'iterations'?), 'phases[0].tasks[0].flops'"},
    {"bad_document_lacks_a_key_that_is_misspelt", "{'phase': []}",
     "a.json: unknown key 'phase', did you mean 'phases'?"},
    {"bad_phases_are_no_list", "{'phases': {}}", "a.json: phases: must be a list, is an object"},
    {"bad_phases_are_empty", "{'phases': []}",
     "a.json: phases: must have at least one phase, is empty"},
    {"bad_phase_is_no_object", "{'phases': [3]}",
     "a.json: phases[0]: must be an object, is a number"},
    {"bad_phase_has_an_unknown_key", PHASE("'tasks': [" IDLE "], 'iteration': 2"),
     "a.json: phases[0]: unknown key 'iteration', did you mean 'iterations'?"},
    {"bad_phase_lacks_tasks", PHASE("'iterations': 2"),
     "a.json: phases[0]: a phase needs 'tasks'; add a list of them"},
    {"bad_phase_without_a_task", PHASE("'tasks': []"),
     "a.json: phases[0].tasks: must have at least one task, is empty"},
    {"bad_tasks_are_no_list", PHASE("'tasks': " IDLE),
     "a.json: phases[0].tasks: must be a list, is an object"},
    {"bad_phase_iterations_are_a_boolean", PHASE("'iterations': true, 'tasks': [" IDLE "]"),
     "a.json: phases[0].iterations: must be a number or a performance model (a string), is a "
     "boolean"},
    {"bad_phase_iterations_are_a_list", PHASE("'iterations': [1], 'tasks': [" IDLE "]"),
     "a.json: phases[0].iterations: must be a number or a performance model (a string), is a "
     "list"},
    {"bad_phase_iterations_are_negative", PHASE("'iterations': -1, 'tasks': [" IDLE "]"),
     "a.json: phases[0].iterations: must be at least 0, is -1"},
    {"bad_phase_iterations_have_a_syntax_error", PHASE("'iterations': 'n +', 'tasks': [" IDLE "]"),
     "a.json: phases[0].iterations: \"n +\": column 4: a value is missing at the end"},
    {"bad_scheduling_point_is_a_number", PHASE("'scheduling_point': 1, 'tasks': [" IDLE "]"),
     "a.json: phases[0].scheduling_point: must be true or false, is a number"},
    {"bad_barrier_is_a_string", PHASE("'barrier': 'no', 'tasks': [" IDLE "]"),
     "a.json: phases[0].barrier: must be true or false, is a string"},
    {"bad_evolving_request_is_an_object", PHASE("'evolving_request': {}, 'tasks': [" IDLE "]"),
     "a.json: phases[0].evolving_request: must be a number or a performance model (a string), is "
     "an object"},
    {"bad_final_scheduling_point_is_warned_of",
     PHASE("'final_scheduling_point': true, 'tasks': [" IDLE "]"),
     "a.json: phases[0].final_scheduling_point: is deprecated and has no effect; take it out"},

    /* One-time phases. */
    {"bad_on_init_is_a_list", "{'on_init': [" IDLE "], " ONE_PHASE "}",
     "a.json: on_init: must be an object, is a list; put it into one: {\"tasks\": [...]}"},
    {"bad_on_expansion_is_a_number", "{'on_expansion': 1, " ONE_PHASE "}",
     "a.json: on_expansion: must be an object, is a number"},
    {"bad_on_reconfiguration_lacks_tasks", "{'on_reconfiguration': {}, " ONE_PHASE "}",
     "a.json: on_reconfiguration: a phase needs 'tasks'; add a list of them"},
    {"bad_key_in_on_init_is_warned_of",
     "{'on_init': {'tasks': [" IDLE "], 'scheduling_point': 7}, " ONE_PHASE "}",
     "a.json: on_init.scheduling_point: has no effect in a one-time phase: only 'tasks' and "
     "'iterations' count"},
    {"bad_task_in_on_expansion", "{'on_expansion': {'tasks': [{'type': 'idle'}]}, " ONE_PHASE "}",
     "a.json: on_expansion.tasks[0]: a task of type idle needs 'delay'; add it"},

    /* Tasks. */
    {"bad_task_is_no_object", PHASE("'tasks': ['idle']"),
     "a.json: phases[0].tasks[0]: must be an object, is a string"},
    {"bad_task_lacks_a_type", TASK("'delay': 1"),
     "a.json: phases[0].tasks[0]: a task needs a 'type'; add one"},
    {"bad_task_type_is_a_number", TASK("'type': 3"),
     "a.json: phases[0].tasks[0].type: must be a string, is a number"},
    {"bad_task_type_has_a_typo", TASK("'type': 'pfs_raed'"),
     "a.json: phases[0].tasks[0].type: unknown task type 'pfs_raed', did you mean 'pfs_read'?"},
    {"bad_task_type_is_like_none", TASK("'type': 'fortran'"),
     "a.json: phases[0].tasks[0].type: unknown task type 'fortran'; known are cpu, gpu, pfs_read, "
     "pfs_write, bb_read, bb_write, busy_wait, idle, sequence"},
    {"bad_task_has_a_key_of_another_type", TASK("'type': 'idle', 'delay': 1, 'flops': 1"),
     "a.json: phases[0].tasks[0]: unknown key 'flops'"},
    {"bad_gpu_task_is_coupled",
     TASK("'type': 'gpu', 'flops': 1, 'computation_pattern': 'uniform', 'coupled': true"),
     "a.json: phases[0].tasks[0]: unknown key 'coupled'"},
    {"bad_cpu_task_is_async",
     TASK("'type': 'cpu', 'flops': 1, 'computation_pattern': 'uniform', 'async': true"),
     "a.json: phases[0].tasks[0]: unknown key 'async'"},
    {"bad_name_is_a_number", TASK("'type': 'idle', 'delay': 1, 'name': 1"),
     "a.json: phases[0].tasks[0].name: must be a string, is a number"},
    {"bad_synchronized_is_a_number", TASK("'type': 'idle', 'delay': 1, 'synchronized': 1"),
     "a.json: phases[0].tasks[0].synchronized: must be true or false, is a number"},
    {"bad_task_iterations_are_negative", TASK("'type': 'idle', 'delay': 1, 'iterations': -0.5"),
     "a.json: phases[0].tasks[0].iterations: must be at least 0, is -0.5"},
    {"bad_async_is_a_string",
     TASK("'type': 'bb_read', 'bytes': 1, 'pattern': 'uniform', 'async': "
          "'yes'"),
     "a.json: phases[0].tasks[0].async: must be true or false, is a string"},
    {"bad_coupled_is_a_string",
     TASK("'type': 'cpu', 'bytes': 1, 'communication_pattern': 'ring', "
          "'coupled': 'yes'"),
     "a.json: phases[0].tasks[0].coupled: must be true or false, is a string"},

    /* Loads. */
    {"bad_cpu_task_without_loads", TASK("'type': 'cpu'"),
     "a.json: phases[0].tasks[0]: a cpu task needs 'flops' or 'bytes'; add one of them"},
    {"bad_gpu_task_without_loads", TASK("'type': 'GPU', 'name': 'g'"),
     "a.json: phases[0].tasks[0]: a gpu task needs 'flops' or 'bytes'; add one of them"},
    {"bad_io_task_without_bytes", TASK("'type': 'pfs_read'"),
     "a.json: phases[0].tasks[0]: a task of type pfs_read needs 'bytes'; add it"},
    {"bad_flops_without_a_pattern", TASK("'type': 'cpu', 'flops': 1"),
     "a.json: phases[0].tasks[0]: 'flops' needs a 'computation_pattern'; add one"},
    {"bad_bytes_without_a_pattern",
     TASK("'type': 'cpu', 'flops': 1, 'computation_pattern': 'uniform', 'bytes': 2"),
     "a.json: phases[0].tasks[0]: 'bytes' needs a 'communication_pattern'; add one"},
    {"bad_io_bytes_without_a_pattern", TASK("'type': 'bb_write', 'bytes': 1"),
     "a.json: phases[0].tasks[0]: 'bytes' needs a 'pattern'; add one"},
    {"bad_pattern_without_a_load_is_warned_of",
     TASK("'type': 'cpu', 'flops': 1, 'computation_pattern': 'uniform', 'communication_pattern': "
          "'ring'"),
     "a.json: phases[0].tasks[0].communication_pattern: has no effect without 'bytes'"},
    {"bad_load_is_a_boolean", TASK("'type': 'idle', 'delay': false"),
     "a.json: phases[0].tasks[0].delay: must be a number, a performance model (a string) or a list "
     "of numbers, is a boolean"},
    {"bad_load_is_negative", TASK("'type': 'idle', 'delay': -2"),
     "a.json: phases[0].tasks[0].delay: must be at least 0, is -2"},
    {"bad_load_is_infinite", TASK("'type': 'idle', 'delay': 1e999"),
     "a.json: phases[0].tasks[0].delay: must be a finite number, is beyond 1.8e308"},
    {"bad_load_has_a_syntax_error", TASK("'type': 'idle', 'delay': '2 * (x'"),
     "a.json: phases[0].tasks[0].delay: \"2 * (x\": column 5: '(' has no ')'"},
    {"bad_load_is_an_empty_text", TASK("'type': 'idle', 'delay': ''"),
     "a.json: phases[0].tasks[0].delay: \"\": the model is empty; write a number or an expression"},
    {"bad_list_has_a_negative_number",
     TASK("'type': 'idle', 'delay': [1, -1], 'pattern': 'vector'"),
     "a.json: phases[0].tasks[0].delay[1]: must be at least 0, is -1"},
    {"bad_list_has_a_text", TASK("'type': 'idle', 'delay': [1, 'x'], 'pattern': 'vector'"),
     "a.json: phases[0].tasks[0].delay[1]: must be a number, is a string"},
    {"bad_list_is_empty", TASK("'type': 'idle', 'delay': [], 'pattern': 'vector'"),
     "a.json: phases[0].tasks[0].delay: must have a number for each rank, is empty"},
    {"bad_pattern_is_a_number", TASK("'type': 'idle', 'delay': 1, 'pattern': 1"),
     "a.json: phases[0].tasks[0].pattern: must be a string, is a number"},
    {"bad_pattern_has_a_typo", TASK("'type': 'idle', 'delay': 1, 'pattern': 'unifrom'"),
     "a.json: phases[0].tasks[0].pattern: unknown pattern 'unifrom', did you mean 'uniform'?"},
    {"bad_matrix_pattern_is_like_none",
     TASK("'type': 'cpu', 'bytes': 1, 'communication_pattern': 'butterflies'"),
     "a.json: phases[0].tasks[0].communication_pattern: unknown communication pattern "
     "'butterflies'; known are all_to_all, gather, scatter, master_worker, ring, ring_clockwise, "
     "ring_counter_clockwise, matrix"},
    {"bad_list_with_another_pattern",
     TASK("'type': 'cpu', 'flops': [1], 'computation_pattern': 'uniform'"),
     "a.json: phases[0].tasks[0].flops: a list needs the computation_pattern 'vector'"},
    {"bad_list_without_a_pattern", TASK("'type': 'idle', 'delay': [1]"),
     "a.json: phases[0].tasks[0].delay: a list needs the pattern 'vector'"},
    {"bad_exchange_list_with_another_pattern",
     TASK("'type': 'cpu', 'bytes': [1], 'communication_pattern': 'ring'"),
     "a.json: phases[0].tasks[0].bytes: a list needs the communication_pattern 'matrix'"},
    {"bad_vector_with_a_number", TASK("'type': 'pfs_read', 'bytes': 1, 'pattern': 'vector'"),
     "a.json: phases[0].tasks[0].pattern: 'vector' needs a list of numbers as 'bytes'"},
    {"bad_matrix_with_a_model",
     TASK("'type': 'cpu', 'bytes': 'x', 'communication_pattern': 'matrix'"),
     "a.json: phases[0].tasks[0].communication_pattern: 'matrix' needs a list of numbers as "
     "'bytes'"},
    {"bad_matrix_is_not_square",
     TASK("'type': 'cpu', 'bytes': [1, 2, 3], 'communication_pattern': 'matrix'"),
     "a.json: phases[0].tasks[0].bytes: has 3 numbers, but a matrix has a row and a column for "
     "each rank: 1, 4, 9, 16... numbers"},
    {"bad_gpu_task_with_a_matrix",
     TASK("'type': 'gpu', 'bytes': [1], 'communication_pattern': 'matrix'"),
     "a.json: phases[0].tasks[0].communication_pattern: 'matrix' is not for gpu tasks; use another "
     "pattern, with a number or a performance model as 'bytes'"},
    {"bad_gpu_task_with_a_list",
     TASK("'type': 'gpu', 'bytes': [1], 'communication_pattern': 'ring'"),
     "a.json: phases[0].tasks[0].bytes: must be a number or a performance model, is a list"},

    /* Sequences. */
    {"bad_sequence_lacks_tasks", TASK("'type': 'sequence'"),
     "a.json: phases[0].tasks[0]: a sequence needs 'tasks'; add a list of them"},
    {"bad_sequence_is_empty", TASK("'type': 'sequence', 'tasks': []"),
     "a.json: phases[0].tasks[0].tasks: must have at least one task, is empty"},
    {"bad_task_deep_in_sequences",
     TASK("'type': 'sequence', 'tasks': [" IDLE ", {'type': 'sequence', 'tasks': [{'type': 'cpu'}]}"
          "]"),
     "a.json: phases[0].tasks[0].tasks[1].tasks[0]: a cpu task needs 'flops' or 'bytes'; add one "
     "of "
     "them"},
    {"bad_sequence_is_async", TASK("'type': 'sequence', 'tasks': [" IDLE "], 'async': true"),
     "a.json: phases[0].tasks[0]: unknown key 'async'"},
};

static void test_bad_model(void **state)
{
    const struct bad_model *bad = *state;
    struct error err;

    assert_null(read_text(bad->text, true, &err));
    assert_string_equal(err.message, bad->message);
    assert_int_equal(err.kind, ERROR_INPUT);
}

int main(void)
{
    static const struct CMUnitTest good[] = {
        cmocka_unit_test(test_defaults_of_phase_and_task),
        cmocka_unit_test(test_phase_reads_every_key),
        cmocka_unit_test(test_evolving_request_may_be_a_negative_fraction),
        cmocka_unit_test(test_cpu_task_reads_every_key),
        cmocka_unit_test(test_io_task_reads_every_key),
        cmocka_unit_test(test_type_names_ignore_letter_case),
        cmocka_unit_test(test_vector_patterns_by_name_and_alias),
        cmocka_unit_test(test_matrix_patterns_by_name),
        cmocka_unit_test(test_lists_come_with_vector_and_matrix),
        cmocka_unit_test(test_sequences_nest_in_running_order),
        cmocka_unit_test(test_one_time_phases_read_tasks_and_iterations),
        cmocka_unit_test(test_variables_of_all_models_are_listed_once),
        cmocka_unit_test(test_null_means_absent),
        cmocka_unit_test(test_names_of_types_and_patterns),
        cmocka_unit_test(test_destroy_takes_null),
        cmocka_unit_test(test_missing_file_is_an_error),
        cmocka_unit_test(test_warnings_leave_the_model_usable),
    };
    enum {
        NUM_GOOD = sizeof good / sizeof *good,
        NUM_BAD = sizeof bad_models / sizeof *bad_models
    };
    struct CMUnitTest tests[NUM_GOOD + NUM_BAD];

    memcpy(tests, good, sizeof good);
    for (size_t i = 0; i < NUM_BAD; i++) {
        tests[NUM_GOOD + i] = (struct CMUnitTest){bad_models[i].name, test_bad_model, NULL, NULL,
                                                  (void *)(uintptr_t)&bad_models[i]};
    }
    return cmocka_run_group_tests_name("application", tests, scratch_enter, scratch_leave);
}
