/* Names and values of performance models, and runtime arguments. */
#include "workload/environment.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_ARGUMENTS = 8 };

struct named {
    const char *key, *text;
};

/* A set of arguments as a job has it: texts that compile to nothing are allowed. */
static struct arguments make_arguments(const struct named *named)
{
    struct arguments arguments = {.items = NULL};

    for (size_t i = 0; i < MOST_ARGUMENTS && named[i].key; i++) {
        struct error err = {.kind = ERROR_NONE};
        if (arguments_set(&arguments, named[i].key, named[i].text, &err)) {
            assert_int_equal(arguments_set(&arguments, named[i].key, "0", &err), 0);
            struct argument *last = &arguments.items[arguments.count - 1];
            free(last->text);
            last->text = strdup(named[i].text);
            last->number = NAN;
        }
    }
    return arguments;
}

/* A payload of a.json; free with free_payload. */
static struct payload make_payload(const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    struct payload payload = {.kind = PAYLOAD_MODEL, .where = "a.json: phases[0].tasks[1].flops"};

    payload.model = expression_compile(text, &err);
    assert_string_equal(err.message, "");
    return payload;
}

/* One situation for all tables. */
static struct environment make_environment(enum scope scope, const struct arguments *arguments,
                                           const struct arguments *runtime_arguments)
{
    return (struct environment){
        .scope = scope,
        .num_nodes = 6,
        .num_gpus_per_node = 4,
        .num_nodes_min = 2,
        .num_nodes_max = 9,
        .phase_iteration = 3,
        .arguments = arguments,
        .runtime_arguments = runtime_arguments,
    };
}

static const struct row {
    const char *name, *text;
    enum scope scope;
    enum quantity quantity;
    struct named arguments[MOST_ARGUMENTS], runtime_arguments[MOST_ARGUMENTS];
    double value;
    const char *message; /* NULL when good */
} rows[] = {
    /* Names. */
    {"load_sees_nodes_and_gpus", "num_nodes * 100 + num_gpus_per_node * 10 + num_gpus", SCOPE_LOADS,
     QUANTITY_LOAD, .value = 664},
    {"request_sees_bounds_and_iteration",
     "num_nodes * 1000 + num_nodes_min * 100 + num_nodes_max * 10 + phase_iteration", SCOPE_REQUEST,
     QUANTITY_NODES, .value = 6293},
    {"job_arguments_are_known",
     "work / x",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"work", "30"}, {"x", "4"}},
     .value = 7.5},
    {"phase_iterations_see_arguments",
     "n + 1",
     SCOPE_ARGUMENTS,
     QUANTITY_ITERATIONS,
     {{"n", "4"}},
     .value = 5},
    {"runtime_arguments_are_known",
     "work * scale",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"work", "30"}},
     {{"scale", "2"}},
     .value = 60},
    {"runtime_arguments_hide_those_of_the_job",
     "x",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"x", "1"}},
     {{"x", "2"}},
     .value = 2},
    {"built_in_variables_hide_arguments",
     "num_nodes",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"num_nodes", "1"}},
     {{"num_nodes", "2"}},
     .value = 6},
    {"argument_named_like_a_hidden_built_in_counts",
     "num_nodes",
     SCOPE_ARGUMENTS,
     QUANTITY_ITERATIONS,
     {{"num_nodes", "5"}},
     .value = 5},
    {"argument_keeps_its_full_value_and_sign",
     "x^2",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"x", "-3"}},
     .value = 9},
    {"names_mind_letter_case",
     "X",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"x", "1"}, {"X", "2"}},
     .value = 2},
    {"seventeen_variables",
     "a+b+c+d+ee+f+g+h+i+j+k+l+m+n+o+p+q",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"a", "1"}, {"b", "2"}},
     {{"c", "3"}},
     .message = "a.json: phases[0].tasks[1].flops: "
                "\"a+b+c+d+ee+f+g+h+i+j+k+l+m+n+o+p+q\": nothing defines 'd'; add it to the job's "
                "arguments"},
    {"unknown_name",
     "work / x",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"work", "1"}},
     .message =
         "a.json: phases[0].tasks[1].flops: \"work / x\": nothing defines 'x'; add it to the "
         "job's arguments"},
    {"unknown_name_near_an_argument",
     "wrok",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"work", "1"}},
     .message = "a.json: phases[0].tasks[1].flops: \"wrok\": nothing defines 'wrok', did you mean "
                "'work'?"},
    {"unknown_name_near_a_built_in", "num_node", SCOPE_LOADS, QUANTITY_LOAD,
     .message = "a.json: phases[0].tasks[1].flops: \"num_node\": nothing defines 'num_node', did "
                "you mean 'num_nodes'?"},
    {"unknown_name_near_a_runtime_argument",
     "scael",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"work", "1"}},
     {{"scale", "2"}},
     .message = "a.json: phases[0].tasks[1].flops: \"scael\": nothing defines 'scael', did you "
                "mean 'scale'?"},
    {"nodes_in_phase_iterations", "num_nodes", SCOPE_ARGUMENTS, QUANTITY_ITERATIONS,
     .message = "a.json: phases[0].tasks[1].flops: \"num_nodes\": 'num_nodes' is not known here: "
                "the iterations of a phase depend on the job's arguments alone"},
    {"bounds_in_a_load", "num_nodes_max", SCOPE_LOADS, QUANTITY_LOAD,
     .message = "a.json: phases[0].tasks[1].flops: \"num_nodes_max\": 'num_nodes_max' is not known "
                "here: only evolving requests can use it"},

    /* String arguments. */
    {"string_argument_is_an_expression",
     "work",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"work", "base * num_nodes"}, {"base", "2"}},
     .value = 12},
    {"string_argument_keeps_its_parentheses",
     "2 * x",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"x", "1 + 2"}},
     .value = 6},
    {"string_arguments_nest",
     "a",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"a", "b + 1"}, {"b", "c + c"}, {"c", "d + 0"}, {"d", "3"}},
     .value = 7},
    {"string_argument_uses_a_runtime_argument",
     "a",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"a", "2 * r"}},
     {{"r", "5"}},
     .value = 10},
    {"runtime_argument_is_an_expression",
     "r",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"a", "3"}},
     {{"r", "a + num_nodes"}},
     .value = 9},
    {"arguments_refer_to_each_other",
     "1 + a",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"a", "b + 0"}, {"b", "a + 0"}},
     .message = "a.json: phases[0].tasks[1].flops: arguments refer to each other in a circle: a -> "
                "b -> a"},
    {"argument_refers_to_itself",
     "a",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"a", "a + 1"}},
     .message = "a.json: phases[0].tasks[1].flops: arguments refer to each other in a circle: a -> "
                "a"},
    {"way_into_a_circle_is_no_part_of_it",
     "z",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"z", "a + 0"}, {"a", "b + 0"}, {"b", "c + 0"}, {"c", "a + 0"}},
     .message = "a.json: phases[0].tasks[1].flops: arguments refer to each other in a circle: a -> "
                "b -> c -> a"},
    {"unknown_name_in_an_argument",
     "work",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"work", "2 * speed"}},
     .message =
         "a.json: phases[0].tasks[1].flops: argument 'work' (\"2 * speed\"): nothing defines "
         "'speed'; add it to the job's arguments"},
    {"nodes_in_an_argument_of_phase_iterations",
     "n",
     SCOPE_ARGUMENTS,
     QUANTITY_ITERATIONS,
     {{"n", "num_nodes + 1"}},
     .message =
         "a.json: phases[0].tasks[1].flops: argument 'n' (\"num_nodes + 1\"): 'num_nodes' is "
         "not known here: the iterations of a phase depend on the job's arguments alone"},
    {"argument_that_is_no_expression",
     "kind",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"kind", "gpu job"}},
     .message = "a.json: phases[0].tasks[1].flops: argument 'kind': \"gpu job\": column 5: an "
                "operator is missing before 'job'"},
    {"unused_argument_that_is_no_expression",
     "1",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"kind", "gpu job"}},
     .value = 1},

    /* Values. */
    {"load_may_be_zero", "0 * num_nodes", SCOPE_LOADS, QUANTITY_LOAD, .value = 0},
    {"load_may_be_a_fraction", "num_nodes / 4", SCOPE_LOADS, QUANTITY_LOAD, .value = 1.5},
    {"negative_load",
     "x / 2",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"x", "-6"}},
     .message = "a.json: phases[0].tasks[1].flops: \"x / 2\" is -3; a load must be 0 or more"},
    {"infinite_load",
     "1 / x",
     SCOPE_LOADS,
     QUANTITY_LOAD,
     {{"x", "0"}},
     .message = "a.json: phases[0].tasks[1].flops: \"1 / x\" is inf; a load must be finite"},
    {"load_that_is_no_number", "sqrt(0 - num_nodes)", SCOPE_LOADS, QUANTITY_LOAD,
     .message = "a.json: phases[0].tasks[1].flops: \"sqrt(0 - num_nodes)\" is not a number; a load "
                "must be finite"},
    {"iterations_are_rounded_down", "num_nodes / 4", SCOPE_LOADS, QUANTITY_ITERATIONS, .value = 1},
    {"negative_iterations", "num_nodes - 6.5", SCOPE_LOADS, QUANTITY_ITERATIONS,
     .message = "a.json: phases[0].tasks[1].flops: \"num_nodes - 6.5\" is -0.5; a number of "
                "iterations must be 0 or more"},
    {"infinite_iterations", "1 / (num_nodes - 6)", SCOPE_LOADS, QUANTITY_ITERATIONS,
     .message = "a.json: phases[0].tasks[1].flops: \"1 / (num_nodes - 6)\" is inf; a number of "
                "iterations must be finite"},
    {"too_many_iterations", "1e17 * num_nodes", SCOPE_LOADS, QUANTITY_ITERATIONS,
     .message = "a.json: phases[0].tasks[1].flops: \"1e17 * num_nodes\" is 6e+17; a number of "
                "iterations must be at most 2^53"},
    {"requests_are_rounded_down", "num_nodes / 4", SCOPE_REQUEST, QUANTITY_NODES, .value = 1},
    {"requests_may_be_negative", "0.5 - num_nodes", SCOPE_REQUEST, QUANTITY_NODES, .value = -6},
    {"infinite_request", "0 - 1 / (num_nodes - 6)", SCOPE_REQUEST, QUANTITY_NODES,
     .message =
         "a.json: phases[0].tasks[1].flops: \"0 - 1 / (num_nodes - 6)\" is -inf; a number of "
         "nodes must be finite"},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    struct arguments arguments = make_arguments(row->arguments);
    struct arguments runtime_arguments = make_arguments(row->runtime_arguments);
    struct environment environment = make_environment(row->scope, &arguments, &runtime_arguments);
    struct payload payload = make_payload(row->text);
    struct error err = {.kind = ERROR_NONE};
    double value = -1;
    int status = environment_evaluate(&payload, &environment, row->quantity, &value, &err);

    assert_string_equal(err.message, !row->message ? "" : row->message);
    assert_int_equal(status, !row->message ? 0 : -1);
    if (!row->message)
        assert_true(value == row->value);
    else
        assert_int_equal(err.kind, ERROR_INPUT);
    expression_destroy(payload.model);
    arguments_clear(&arguments);
    arguments_clear(&runtime_arguments);
}

static void test_more_variables_than_fit_the_stack(void **state)
{
    static const char *const text = "a0+a1+a2+a3+a4+a5+a6+a7+a8+a9+a10+a11+a12+a13+a14+a15+a16";
    struct arguments arguments = {.items = NULL};
    struct environment environment = make_environment(SCOPE_LOADS, &arguments, NULL);
    struct payload payload = make_payload(text);
    struct error err = {.kind = ERROR_NONE};
    double value;

    (void)state;
    for (int i = 0; i < 17; i++) {
        char key[16], number[16];
        snprintf(key, sizeof key, "a%d", i);
        snprintf(number, sizeof number, "%d", i);
        assert_int_equal(arguments_set(&arguments, key, number, &err), 0);
    }
    assert_int_equal(environment_evaluate(&payload, &environment, QUANTITY_LOAD, &value, &err), 0);
    assert_true(value == 136);
    expression_destroy(payload.model);
    arguments_clear(&arguments);
}

/* x0 = x1 op x1.., x1 = ..., up to x<count>, which is 1. */
static void test_chain(int count, const char *link, const char *message)
{
    struct arguments arguments = {.items = NULL};
    struct environment environment = make_environment(SCOPE_LOADS, &arguments, NULL);
    struct payload payload = make_payload("x0");
    struct error err = {.kind = ERROR_NONE};
    double value;

    for (int i = 0; i < count; i++) {
        char key[16], text[64];
        snprintf(key, sizeof key, "x%d", i);
        snprintf(text, sizeof text, link, i + 1, i + 2);
        assert_int_equal(arguments_set(&arguments, key, text, &err), 0);
    }
    for (int i = count; i < count + 2; i++) {
        char key[16];
        snprintf(key, sizeof key, "x%d", i);
        assert_int_equal(arguments_set(&arguments, key, "1", &err), 0);
    }
    assert_int_equal(environment_evaluate(&payload, &environment, QUANTITY_LOAD, &value, &err),
                     message[0] == '\0' ? 0 : -1);
    assert_string_equal(err.message, message);
    expression_destroy(payload.model);
    arguments_clear(&arguments);
}

#define TOO_OFTEN                                                                                  \
    "a.json: phases[0].tasks[1].flops: arguments refer to each other too often: at most 100 deep " \
    "and 10000 times"

static void test_hundred_arguments_in_a_chain_are_fine(void **state)
{
    (void)state;
    test_chain(100, "x%d + 0", "");
}

static void test_longer_chains_are_refused(void **state)
{
    (void)state;
    test_chain(101, "x%d + 0", TOO_OFTEN);
}

static void test_arguments_that_multiply_their_uses_are_refused(void **state)
{
    (void)state;
    test_chain(60, "x%d + x%d", TOO_OFTEN);
}

static void test_numbers_and_absent_payloads_need_no_names(void **state)
{
    struct environment environment = make_environment(SCOPE_LOADS, NULL, NULL);
    struct payload none = {.kind = PAYLOAD_NONE};
    struct payload number = {.kind = PAYLOAD_NUMBER, .number = 2.5};
    struct error err = {.kind = ERROR_NONE};
    double value;

    (void)state;
    assert_int_equal(environment_evaluate(&none, &environment, QUANTITY_LOAD, &value, &err), 0);
    assert_true(value == 0);
    assert_int_equal(environment_evaluate(&number, &environment, QUANTITY_LOAD, &value, &err), 0);
    assert_true(value == 2.5);
    assert_int_equal(environment_evaluate(&number, &environment, QUANTITY_ITERATIONS, &value, &err),
                     0);
    assert_true(value == 2);
    number.number = 1e300;
    assert_int_equal(environment_evaluate(&number, &environment, QUANTITY_ITERATIONS, &value, &err),
                     -1);
    assert_string_equal(err.message, "is 1e+300; a number of iterations must be at most 2^53");
}

/* Names that a check at the start lets pass or refuses. */
static const struct check_row {
    const char *name, *text;
    enum scope scope;
    bool runtime_arguments_known;
    struct named arguments[MOST_ARGUMENTS];
    const char *message;
} check_rows[] = {
    {"check_passes_names_that_may_come_at_run_time",
     "work * scale",
     SCOPE_LOADS,
     false,
     {{"work", "1"}},
     ""},
    {"check_refuses_them_once_runtime_arguments_are_known",
     "work * scale",
     SCOPE_LOADS,
     true,
     {{"work", "1"}},
     "a.json: phases[0].tasks[1].flops: \"work * scale\": nothing defines 'scale'; add it to the "
     "job's arguments"},
    {"check_refuses_them_in_phase_iterations",
     "n",
     SCOPE_ARGUMENTS,
     false,
     {{"work", "1"}},
     "a.json: phases[0].tasks[1].flops: \"n\": nothing defines 'n'; add it to the job's arguments"},
    {"check_refuses_built_in_variables_out_of_their_scope",
     "phase_iteration",
     SCOPE_LOADS,
     false,
     {{NULL, NULL}},
     "a.json: phases[0].tasks[1].flops: \"phase_iteration\": 'phase_iteration' is not known here: "
     "only evolving requests can use it"},
    {"check_refuses_circles",
     "a",
     SCOPE_LOADS,
     false,
     {{"a", "b + 0"}, {"b", "a * 2"}},
     "a.json: phases[0].tasks[1].flops: arguments refer to each other in a circle: a -> b -> a"},
    {"check_does_not_evaluate", "1 / x - 5", SCOPE_LOADS, false, {{"x", "0"}}, ""},
};

static void test_check_row(void **state)
{
    const struct check_row *row = *state;
    struct arguments arguments = make_arguments(row->arguments);
    struct arguments none = {.items = NULL};
    struct environment environment =
        make_environment(row->scope, &arguments, row->runtime_arguments_known ? &none : NULL);
    struct payload payload = make_payload(row->text);
    struct error err = {.kind = ERROR_NONE};
    int status = environment_check_names(&payload, &environment, &err);

    assert_string_equal(err.message, row->message);
    assert_int_equal(status, row->message[0] == '\0' ? 0 : -1);
    expression_destroy(payload.model);
    arguments_clear(&arguments);
}

static void test_built_in_names(void **state)
{
    (void)state;
    assert_true(environment_is_builtin("num_gpus"));
    assert_true(environment_is_builtin("phase_iteration"));
    assert_false(environment_is_builtin("nodes"));
}

static void test_runtime_arguments_are_added_and_replaced(void **state)
{
    struct arguments arguments = {.items = NULL};
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_int_equal(arguments_set(&arguments, "a", "12.5", &err), 0);
    assert_int_equal(arguments_set(&arguments, "b", "a + 1", &err), 0);
    assert_int_equal(arguments_set(&arguments, "a", "b * 2", &err), 0);
    assert_int_equal(arguments_set(&arguments, "b", "-3", &err), 0);
    assert_int_equal(arguments.count, 2);
    assert_string_equal(arguments.items[0].key, "a");
    assert_string_equal(arguments.items[0].text, "b * 2");
    assert_non_null(arguments.items[0].model);
    assert_string_equal(arguments.items[1].text, "-3");
    assert_null(arguments.items[1].model);
    assert_true(arguments.items[1].number == -3);
    arguments_clear(&arguments);
    assert_null(arguments.items);
    assert_int_equal(arguments.count, 0);
}

static void test_runtime_argument_that_is_no_expression(void **state)
{
    struct arguments arguments = {.items = NULL};
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_int_equal(arguments_set(&arguments, "a", "1", &err), 0);
    assert_int_equal(arguments_set(&arguments, "a", "2 *", &err), -1);
    assert_int_equal(err.kind, ERROR_SCHEDULER);
    assert_string_equal(err.message,
                        "runtime argument 'a': \"2 *\": column 4: a value is missing at the end");
    assert_string_equal(arguments.items[0].text, "1");
    arguments_clear(&arguments);
}

int main(void)
{
    static const struct CMUnitTest fixed[] = {
        cmocka_unit_test(test_more_variables_than_fit_the_stack),
        cmocka_unit_test(test_hundred_arguments_in_a_chain_are_fine),
        cmocka_unit_test(test_longer_chains_are_refused),
        cmocka_unit_test(test_arguments_that_multiply_their_uses_are_refused),
        cmocka_unit_test(test_numbers_and_absent_payloads_need_no_names),
        cmocka_unit_test(test_built_in_names),
        cmocka_unit_test(test_runtime_arguments_are_added_and_replaced),
        cmocka_unit_test(test_runtime_argument_that_is_no_expression),
    };
    enum {
        NUM_FIXED = sizeof fixed / sizeof *fixed,
        NUM_ROWS = sizeof rows / sizeof *rows,
        NUM_CHECKS = sizeof check_rows / sizeof *check_rows,
    };
    struct CMUnitTest tests[NUM_FIXED + NUM_ROWS + NUM_CHECKS];
    size_t count = NUM_FIXED;

    memcpy(tests, fixed, sizeof fixed);
    for (size_t i = 0; i < NUM_ROWS; i++) {
        tests[count++] =
            (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    }
    for (size_t i = 0; i < NUM_CHECKS; i++) {
        tests[count++] = (struct CMUnitTest){check_rows[i].name, test_check_row, NULL, NULL,
                                             (void *)(uintptr_t)&check_rows[i]};
    }
    return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
