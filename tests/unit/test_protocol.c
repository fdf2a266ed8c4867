/* The texts of the protocol: invocations as they are sent, answers good and bad. */
#include "scheduler/protocol.h"

#include "elastisim/scheduler.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* --- Invocations ---------------------------------------------------------------------------- */

static struct job_request rigid_request(void)
{
    static struct application application;
    return (struct job_request){
        .id = 0,
        .type = JOB_RIGID,
        .submit_time = 10,
        .walltime = 3600,
        .nodes_min = 2,
        .nodes_max = 2,
        .gpus_min = 1,
        .gpus_max = 1,
        .runtime_estimate = -1,
        .total_phases = 7,
        .application = &application,
    };
}

static struct job pending(const struct job_request *request)
{
    return (struct job){.request = request, .state = JOB_PENDING, .start_time = -1, .end_time = -1};
}

/* Checks an invocation against its text, with ' for each ". */
static void assert_invocation(const struct state *state, const struct invocation *invocation,
                              const char *expected)
{
    struct message message = {0};
    struct error err = {.kind = ERROR_NONE};
    char *wanted = strdup(expected), *found;
    for (char *quote = wanted; (quote = strchr(quote, '\''));)
        *quote = '"';
    assert_int_equal(message_write_invocation(&message, state, invocation, &err), 0);
    found = calloc(message.length + 1, 1);
    memcpy(found, message.text, message.length);
    assert_string_equal(found, wanted);
    free(found);
    free(wanted);
    message_release(&message);
}

static struct job *nobody; /* runs on a node */

static void test_a_periodic_invocation_without_changes(void **context)
{
    (void)context;
    const struct state state = {.now = 0.1};
    const struct invocation invocation = {.type = ELASTISIM_PERIODIC};
    assert_invocation(&state, &invocation,
                      "{'code':4293673984,'time':0.1,'invocation_type':0,'jobs':[],'nodes':[]}");
}

static void test_a_submitted_rigid_job_and_plain_nodes(void **context)
{
    (void)context;
    struct job_request request = rigid_request();
    struct job job = pending(&request), *jobs[] = {&job};
    const struct node_description plain = {.type = NODE_PLAIN};
    struct node first = {.description = &plain, .leaves = INFINITY, .id = 0, .runner = &nobody};
    struct node second = {.description = &plain,
                          .leaves = INFINITY,
                          .id = 1,
                          .runner = &nobody,
                          .expected_one = &job};
    struct node *nodes[] = {&first, &second};
    const struct state state = {.now = 10,
                                .changed_jobs = jobs,
                                .num_changed_jobs = 1,
                                .changed_nodes = nodes,
                                .num_changed_nodes = 2};
    const struct invocation invocation = {.type = ELASTISIM_JOB_SUBMIT, .trigger = &job};
    assert_invocation(
        &state, &invocation,
        "{'code':4293673984,'time':10,'invocation_type':1,'job_id':0,'jobs':["
        "{'id':0,'state':1,'type':0,'walltime':3600,'submit_time':10,'start_time':-1,'end_time':-1,"
        "'wait_time':-1,'makespan':-1,'turnaround_time':-1,'num_nodes':2,'num_gpus_per_node':1,"
        "'assigned_nodes':[],'assigned_num_gpus_per_node':0,"
        "'total_phase_count':7,'completed_phases':0}],'nodes':["
        "{'id':0,'type':0,'state':0,'assigned_jobs':[],'gpus':[]},"
        "{'id':1,'type':0,'state':2,'assigned_jobs':[],'gpus':[]}]}");
}

static void test_an_evolving_request_with_everything(void **context)
{
    (void)context;
    struct argument arguments[] = {{.key = "work", .text = "1e12"}, {.key = "n", .text = "2*k"}};
    struct attribute attributes[] = {{.key = "user", .text = "ada"}};
    struct argument runtime[] = {{.key = "k", .text = "3"}};
    struct job_request request = rigid_request();
    request.id = 4000000000U;
    request.type = JOB_ADAPTIVE;
    request.submit_time = 0.25;
    request.walltime = 0;
    request.nodes_max = 8;
    request.nodes_preferred = 4;
    request.gpus_min = 0;
    request.gpus_max = 2;
    request.runtime_estimate = 1234.5;
    request.name = "lulesh";
    request.arguments = (struct arguments){.items = arguments, .count = 2};
    request.attributes = (struct attributes){attributes, 1};
    uint32_t executing[] = {3, 1}, wanted[] = {3, 1, 0};
    struct job job = {
        .request = &request,
        .state = JOB_PENDING_RECONFIGURATION,
        .has_change = true,
        .start_time = 1.5,
        .end_time = -1,
        .executing = {executing, 2},
        .executing_gpus = 1,
        .wanted = {wanted, 3},
        .wanted_gpus = 2,
        .runtime_arguments = {.items = runtime, .count = 1},
        .completed_phases = 5,
    };
    struct job *jobs[] = {&job}, *runner = &job, *more[] = {&job};
    const struct node_description gpus = {.type = NODE_STRIPED_BURST_BUFFER, .num_gpus = 3};
    struct node node = {.description = &gpus,
                        .leaves = INFINITY,
                        .id = 3,
                        .gpus_allocated = 2,
                        .runner = &runner,
                        .num_running_more = 1,
                        .running_more = more};
    struct node *nodes[] = {&node};
    const struct state state = {.now = 1.0 / 3,
                                .changed_jobs = jobs,
                                .num_changed_jobs = 1,
                                .changed_nodes = nodes,
                                .num_changed_nodes = 1};
    const struct invocation invocation = {.type = ELASTISIM_EVOLVING_REQUEST,
                                          .trigger = &job,
                                          .request = 6,
                                          .has_pfs = true,
                                          .pfs_read_bandwidth = 1e10,
                                          .pfs_write_bandwidth = 2.5e22,
                                          .pfs_read_utilization = 0,
                                          .pfs_write_utilization = 1e-7};
    assert_invocation(
        &state, &invocation,
        "{'code':4293673984,'time':0.3333333333333333,'invocation_type':5,'job_id':4000000000,"
        "'evolving_request':6,'pfs_read_bw':10000000000,'pfs_write_bw':2.5e+22,"
        "'pfs_read_utilization':0,'pfs_write_utilization':1e-07,'jobs':["
        "{'id':4000000000,'state':5,'type':4,'walltime':0,'submit_time':0.25,'start_time':1.5,"
        "'end_time':-1,'wait_time':1.25,'makespan':-1,'turnaround_time':-1,'num_nodes_min':2,"
        "'num_nodes_max':8,'num_gpus_per_node_min':0,'num_gpus_per_node_max':2,'name':'lulesh',"
        "'num_nodes_preferred':4,'runtime_estimate':1234.5,'assigned_nodes':[3,1,0],'executing_"
        "nodes':[3,1],"
        "'assigned_num_gpus_per_node':2,'arguments':{'work':'1e12','n':'2*k'},"
        "'attributes':{'user':'ada'},'runtime_arguments':{'k':'3'},'total_phase_count':7,"
        "'completed_phases':5}],'nodes':["
        "{'id':3,'type':2,'state':1,'assigned_jobs':[4000000000,4000000000],'gpus':["
        "{'id':0,'state':1},{'id':1,'state':1},{'id':2,'state':0}]}]}");
}

/* The second message to somebody who asked for groups, with ' for each ". */
static void assert_groups(struct node *nodes, size_t count, const char *expected)
{
    struct node *changed[64];
    struct message message = {.grouped = true};
    const struct state first = {.now = 0},
                       state = {.now = 1, .changed_nodes = changed, .num_changed_nodes = count};
    const struct invocation invocation = {.type = ELASTISIM_PERIODIC};
    struct error err = {.kind = ERROR_NONE};
    for (size_t i = 0; i < count; i++)
        changed[i] = &nodes[i];
    assert_int_equal(message_write_invocation(&message, &first, &invocation, &err), 0);
    assert_non_null(strstr(message.text, "\"nodes\":[]")); /* the first one has no groups */
    assert_int_equal(message_write_invocation(&message, &state, &invocation, &err), 0);
    char *wanted = strdup(expected), *found = calloc(message.length + 1, 1);
    for (char *quote = wanted; (quote = strchr(quote, '\''));)
        *quote = '"';
    memcpy(found, message.text, message.length);
    assert_string_equal(strstr(found, "\"jobs\""), wanted);
    free(found);
    free(wanted);
    message_release(&message);
}

static void test_nodes_that_changed_alike_are_told_of_together(void **context)
{
    (void)context;
    struct job_request requests[] = {rigid_request(), rigid_request()};
    requests[1].id = 1;
    struct job jobs[] = {pending(&requests[0]), pending(&requests[1])};
    struct job *runner = &jobs[0], *both[] = {&jobs[1]};
    const struct node_description gpus = {.type = NODE_PLAIN, .num_gpus = 3};
    struct node nodes[7];
    for (uint32_t i = 0; i < 7; i++)
        nodes[i] = (struct node){
            .description = &gpus, .leaves = INFINITY, .id = 10 * i, .runner = &nobody};
    for (uint32_t i = 0; i < 5; i += 2)
        nodes[i] = (struct node){.description = &gpus,
                                 .leaves = INFINITY,
                                 .id = 10 * i,
                                 .runner = &runner,
                                 .gpus_allocated = 2};
    nodes[5] = (struct node){.description = &gpus,
                             .leaves = INFINITY,
                             .id = 50,
                             .runner = &runner,
                             .num_running_more = 1,
                             .running_more = both,
                             .gpus_allocated = 2};
    nodes[6].expected_one = &jobs[1];
    assert_groups(nodes, 7,
                  "'jobs':[],'node_groups':["
                  "{'ids':[0,20,40],'state':1,'assigned_jobs':[0],'gpus_allocated':2},"
                  "{'ids':[10,30],'state':0,'assigned_jobs':[]},"
                  "{'ids':[50],'state':1,'assigned_jobs':[0,1],'gpus_allocated':2},"
                  "{'ids':[60],'state':2,'assigned_jobs':[]}]}");
    assert_groups(nodes, 0, "'jobs':[],'node_groups':[]}");
}

/* Beyond the first groups, whose members are looked for everywhere, neighbours alone are put
 * together: every node is told of once all the same. */
static void test_many_different_nodes_are_told_of_once_each(void **context)
{
    (void)context;
    const struct node_description gpus = {.num_gpus = 99};
    struct node nodes[40];
    for (uint32_t i = 0; i < 40; i++)
        nodes[i] = (struct node){.description = &gpus,
                                 .leaves = INFINITY,
                                 .id = i,
                                 .runner = &nobody,
                                 .gpus_allocated = i / 2 % 15};
    char expected[4096] = "'jobs':[],'node_groups':[";
    for (uint32_t group = 0; group < 20; group++) {
        if (group >= 15)
            continue; /* these are with the first groups */
        char more[64] = "";
        if (group < 5)
            snprintf(more, sizeof more, ",%u,%u", 30 + 2 * group, 31 + 2 * group);
        char allocated[40] = "";
        if (group % 15 > 0)
            snprintf(allocated, sizeof allocated, ",'gpus_allocated':%u", group % 15);
        sprintf(expected + strlen(expected), "%s{'ids':[%u,%u%s],'state':0,'assigned_jobs':[]%s}",
                group == 0 ? "" : ",", 2 * group, 2 * group + 1, more, allocated);
    }
    strcat(expected, "]}");
    assert_groups(nodes, 40, expected);
    /* The ninth kind comes again, and is told of again. */
    for (uint32_t i = 0; i < 40; i++)
        nodes[i].gpus_allocated = i % 20;
    strcpy(expected, "'jobs':[],'node_groups':[");
    for (uint32_t i = 0; i < 40; i++) {
        if (i >= 20 && i < 28)
            continue;
        char more[16] = "", allocated[40] = "";
        if (i < 8)
            snprintf(more, sizeof more, ",%u", i + 20);
        if (i % 20 > 0)
            snprintf(allocated, sizeof allocated, ",'gpus_allocated':%u", i % 20);
        sprintf(expected + strlen(expected), "%s{'ids':[%u%s],'state':0,'assigned_jobs':[]%s}",
                i == 0 ? "" : ",", i, more, allocated);
    }
    strcat(expected, "]}");
    assert_groups(nodes, 40, expected);
}

static void test_the_times_of_jobs_that_have_ended(void **context)
{
    (void)context;
    struct job_request request = rigid_request();
    struct job completed = pending(&request), killed = pending(&request);
    completed.state = JOB_COMPLETED;
    completed.start_time = 12;
    completed.end_time = 20.5;
    killed.state = JOB_KILLED; /* while it was pending */
    killed.end_time = 30;
    struct job *jobs[] = {&completed, &killed};
    const struct state state = {.now = 30, .changed_jobs = jobs, .num_changed_jobs = 2};
    const struct invocation invocation = {.type = ELASTISIM_JOB_KILLED, .trigger = &killed};
    assert_invocation(
        &state, &invocation,
        "{'code':4293673984,'time':30,'invocation_type':3,'job_id':0,'jobs':["
        "{'id':0,'state':7,'type':0,'walltime':3600,'submit_time':10,'start_time':12,"
        "'end_time':20.5,'wait_time':2,'makespan':8.5,'turnaround_time':10.5,'num_nodes':2,"
        "'num_gpus_per_node':1,'assigned_nodes':[],'assigned_num_gpus_per_node':0,"
        "'total_phase_count':7,'completed_phases':0},"
        "{'id':0,'state':8,'type':0,'walltime':3600,'submit_time':10,'start_time':-1,'end_time':30,"
        "'wait_time':-1,'makespan':-1,'turnaround_time':20,'num_nodes':2,'num_gpus_per_node':1,"
        "'assigned_nodes':[],'assigned_num_gpus_per_node':0,'total_phase_count':7,"
        "'completed_phases':0}],'nodes':[]}");
}

/* The name of the only job in a message, as JSON text. */
static void assert_name(const char *name, const char *expected)
{
    struct job_request request = rigid_request();
    struct job job = pending(&request), *jobs[] = {&job};
    const struct state state = {.changed_jobs = jobs, .num_changed_jobs = 1};
    const struct invocation invocation = {.type = ELASTISIM_PERIODIC};
    struct message message = {0};
    struct error err = {.kind = ERROR_NONE};
    request.name = strdup(name);
    assert_int_equal(message_write_invocation(&message, &state, &invocation, &err), 0);
    const char key[] = "\"name\":", next[] = ",\"assigned_nodes\"";
    char *text = calloc(message.length + 1, 1);
    memcpy(text, message.text, message.length);
    char *begin = strstr(text, key) + strlen(key);
    *strstr(begin, next) = '\0';
    assert_string_equal(begin, expected);
    free(text);
    free(request.name);
    message_release(&message);
}

static void test_strings_are_valid_json_and_utf8(void **context)
{
    (void)context;
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"", "\"\""},
        {"a b~", "\"a b~\""},
        {"\"quoted\\\"", "\"\\\"quoted\\\\\\\"\""},
        {"\b\f\n\r\t/", "\"\\b\\f\\n\\r\\t/\""},
        {"\x01\x1F\x7F", "\"\\u0001\\u001f\\u007f\""},
        {"\xC3\xA9t\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
         "\"\xC3\xA9t\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\""},
        /* What is no UTF-8: Latin-1, an end in the middle, over-long forms, a surrogate, beyond the
         * last character. */
        {"caf\xE9", "\"caf\xEF\xBF\xBD\""},
        {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xE0\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xFF", "\"\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_name(cases[i].text, cases[i].json);
}

static void test_numbers_read_back_the_same(void **context)
{
    (void)context;
    static const double numbers[] = {0.1,    1.0 / 3,     123456789.123456789, 5e-324,
                                     1e308,  0.1 + 0.2,   9007199254740993.0,  86399.999999999985,
                                     1e-300, 4294967296.5};
    struct message message = {0};
    struct error err = {.kind = ERROR_NONE};
    const struct invocation invocation = {.type = ELASTISIM_PERIODIC};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const struct state state = {.now = numbers[i]};
        double found;
        char text[128] = "";
        message_write_invocation(&message, &state, &invocation, &err);
        memcpy(text, message.text, message.length);
        assert_int_equal(sscanf(text, "{\"code\":4293673984,\"time\":%lf,", &found), 1);
        assert_true(found == numbers[i]);
    }
    message_release(&message);
}

static void test_a_figure_that_is_no_number_is_null(void **context)
{
    (void)context;
    const struct state state = {.now = 0};
    const struct invocation invocation = {.type = ELASTISIM_PERIODIC,
                                          .has_pfs = true,
                                          .pfs_read_bandwidth = (double)INFINITY,
                                          .pfs_write_bandwidth = (double)NAN};
    assert_invocation(&state, &invocation,
                      "{'code':4293673984,'time':0,'invocation_type':0,'pfs_read_bw':null,"
                      "'pfs_write_bw':null,'pfs_read_utilization':0,'pfs_write_utilization':0,"
                      "'jobs':[],'nodes':[]}");
}

static void test_the_end(void **context)
{
    (void)context;
    struct message message = {0};
    struct error err = {.kind = ERROR_NONE};
    assert_int_equal(message_write_end(&message, &err), 0);
    assert_int_equal(message.length, strlen("{\"code\":4293674239}"));
    assert_memory_equal(message.text, "{\"code\":4293674239}", message.length);
    message_release(&message);
}

static void test_when_and_why_for_messages(void **context)
{
    (void)context;
    struct job_request request = {.id = 3};
    const struct job job = {.request = &request};
    const struct state state = {.now = 12.5};
    const struct invocation submit = {.type = ELASTISIM_JOB_SUBMIT, .trigger = &job};
    const struct invocation periodic = {.type = ELASTISIM_PERIODIC};
    char text[64];
    assert_string_equal(invocation_text(&state, &submit, text, sizeof text),
                        "at 12.5 s (job submit of job 3)");
    assert_string_equal(invocation_text(&state, &periodic, text, sizeof text),
                        "at 12.5 s (periodic)");
}

enum { CROWD = 13000 };

static void test_thousands_of_nodes_take_milliseconds(void **context)
{
    (void)context;
    static struct node nodes[CROWD], *changed[CROWD];
    const struct node_description description = {.num_gpus = 4};
    const struct invocation invocation = {.type = ELASTISIM_PERIODIC};
    struct state state = {.changed_nodes = changed, .num_changed_nodes = CROWD};
    struct message message = {0};
    struct error err = {.kind = ERROR_NONE};
    for (uint32_t i = 0; i < CROWD; i++) {
        nodes[i] = (struct node){
            .description = &description, .runner = &nobody, .leaves = INFINITY, .id = i};
        changed[i] = &nodes[i];
    }
    clock_t begin = clock();
    for (int round = 0; round < 10; round++)
        assert_int_equal(message_write_invocation(&message, &state, &invocation, &err), 0);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC / 10;
    print_message("%d nodes: %zu bytes in %.3f ms\n", CROWD, message.length, 1e3 * seconds);
    assert_true(seconds < 0.2); /* with sanitizers on a slow machine; else about 3 ms */
    message_release(&message);
}

/* --- Answers -------------------------------------------------------------------------------- */

/* Reads a text with ' for each ". */
static int read_text(const char *text, struct decisions *decisions, struct error *err)
{
    char *copy = strdup(text);
    for (char *quote = copy; (quote = strchr(quote, '\''));)
        *quote = '"';
    *err = (struct error){.kind = ERROR_NONE};
    int result = protocol_read_answer("answer", copy, strlen(copy), decisions, err);
    free(copy);
    return result;
}

static void assert_answer(const char *text, struct decisions *decisions)
{
    struct error err;
    int result = read_text(text, decisions, &err);
    assert_string_equal(result ? err.message : "", "");
}

static void test_an_answer_of_the_python_package(void **context)
{
    (void)context;
    struct decisions decisions = {0};
    assert_answer("{'code': 4293673985, 'jobs': [{'id': 7, 'assigned_node_ids': [4, 0, 2], "
                  "'assigned_num_gpus_per_node': 3, 'kill_flag': false, "
                  "'modified_runtime_args': false, 'runtime_arguments': {'x': '1'}}, "
                  "{'id': 2, 'assigned_node_ids': [], 'assigned_num_gpus_per_node': 0, "
                  "'kill_flag': true, 'modified_runtime_args': true, "
                  "'runtime_arguments': {'x': '2 * y', 'y': '0.5'}}]}",
                  &decisions);
    assert_int_equal(decisions.count, 2);
    const struct decision *first = &decisions.items[0], *second = &decisions.items[1];
    assert_int_equal(first->job, 7);
    assert_true(first->sets_nodes && first->sets_gpus && !first->kill);
    assert_int_equal(first->num_nodes, 3);
    assert_memory_equal(first->nodes, ((uint32_t[]){4, 0, 2}), 3 * sizeof(uint32_t));
    assert_int_equal(first->gpus, 3);
    assert_int_equal(first->num_arguments, 0);
    assert_int_equal(second->job, 2);
    assert_true(second->sets_nodes && second->sets_gpus && second->kill);
    assert_int_equal(second->num_nodes, 0);
    assert_int_equal(second->num_arguments, 2);
    assert_string_equal(second->arguments[0].key, "x");
    assert_string_equal(second->arguments[0].value, "2 * y");
    assert_string_equal(second->arguments[1].value, "0.5");
    decisions_release(&decisions);
}

static void test_what_an_answer_leaves_out_stays(void **context)
{
    (void)context;
    struct decisions decisions = {0};
    assert_answer("{'jobs': [], 'code': 4293673985, 'weather': 'fine'}", &decisions);
    assert_int_equal(decisions.count, 0);
    assert_answer("{'code': 4293673985.0, 'jobs': [{'id': 0.0}, {'id': 4294967295, 'kill_flag': "
                  "true, 'mood': {}}]}",
                  &decisions);
    assert_int_equal(decisions.count, 2);
    assert_false(decisions.items[0].sets_nodes || decisions.items[0].sets_gpus ||
                 decisions.items[0].kill);
    assert_true(decisions.items[1].kill);
    assert_int_equal(decisions.items[1].job, 4294967295U);
    decisions_release(&decisions);
}

static void test_runtime_arguments_of_any_simple_type(void **context)
{
    (void)context;
    static const char *const expected[][2] = {{"a", "x+1"}, {"b", "2"}, {"c", "0.1"},
                                              {"d", "1"},   {"e", "0"}, {"f", "-1e-20"}};
    struct decisions decisions = {0};
    assert_answer("{'code': 4293673985, 'jobs': [{'id': 0, 'runtime_arguments': {'a': 'x+1', "
                  "'b': 2, 'c': 0.1, 'd': true, 'e': false, 'f': -1e-20}}]}",
                  &decisions);
    const struct decision *decision = decisions_find(&decisions, 0);
    assert_int_equal(decision->num_arguments, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(decision->arguments[i].key, expected[i][0]);
        assert_string_equal(decision->arguments[i].value, expected[i][1]);
    }
    decisions_release(&decisions);
}

#define JOBS(entries) "{'code': 4293673985, 'jobs': [" entries "]}"
#define NODES(entries) "{'code': 4293673985, 'jobs': [], 'nodes': [" entries "]}"

static void test_orders_to_jobs(void **context)
{
    (void)context;
    struct decisions decisions = {0};
    assert_answer(JOBS("{'id': 3, 'preempt': 'requeue'}, {'id': 1, 'preempt': 'restart', "
                       "'kill_flag': false}, {'id': 2, 'suspend': false}, {'id': 4, 'suspend': "
                       "true}, {'resume': true, 'id': 5}, {'id': 6, 'suspend': true, 'resume': "
                       "true}"),
                  &decisions);
    assert_int_equal(decisions.items[3].order, ORDER_SUSPEND);
    assert_int_equal(decisions.items[4].order, ORDER_RESUME);
    assert_int_equal(decisions.items[4].former_order, ORDER_NONE);
    assert_int_equal(decisions.items[5].former_order, ORDER_SUSPEND);
    assert_int_equal(decisions.items[0].order, ORDER_REQUEUE);
    assert_int_equal(decisions.items[1].order, ORDER_RESTART);
    assert_int_equal(decisions.items[2].order, ORDER_NONE);
    assert_true(decision_preempts(&decisions.items[0]) && decision_preempts(&decisions.items[1]));
    assert_false(decision_preempts(&decisions.items[2]));
    decisions_release(&decisions);
}

static void test_commands_to_nodes(void **context)
{
    (void)context;
    static const struct node_order expected[] = {{5, COMMAND_DRAIN},
                                                 {4294967295U, COMMAND_RESUME},
                                                 {5, COMMAND_SWITCH_OFF},
                                                 {0, COMMAND_SWITCH_ON}};
    struct decisions decisions = {0};
    assert_answer(NODES("{'id': 5, 'command': 'drain'}, {'command': 'resume', 'id': 4294967295}, "
                        "{'id': 5, 'command': 'switch_off', 'why': 'night'}, "
                        "{'id': 0, 'command': 'switch_on'}"),
                  &decisions);
    assert_int_equal(decisions.count, 0);
    assert_int_equal(decisions.num_orders, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(decisions.orders[i].node, expected[i].node);
        assert_int_equal(decisions.orders[i].command, expected[i].command);
    }
    decisions_release(&decisions);
}

static const struct {
    const char *text, *message;
} bad_answers[] = {
    {"", "answer: is empty, must be JSON"},
    {"nonsense", "answer:1:1: 'nonsense' is no JSON value; put strings into quotes"},
    {"{'code': 4293673985, 'jobs': []",
     "answer:1:32: ends inside the object opened at 1:1; close it with '}'"},
    {"[]", "answer: must be an object, is a list"},
    {"null", "answer: must be an object, is null"},
    {"{}", "answer: code: must be a number, is missing"},
    {"{'code': '4293673985', 'jobs': []}", "answer: code: must be a number, is a string"},
    {"{'code': 4293673984, 'jobs': []}",
     "answer: code: is 4293673984 (0xFFEC4400); expected 4293673985 (0xFFEC4401), the code of an "
     "answer"},
    {"{'code': 1.5}", "answer: code: must be an integer, is 1.5"},
    {"{'code': 4293673985}", "answer: jobs: must be a list, is missing"},
    {"{'code': 4293673985, 'jobs': {}}", "answer: jobs: must be a list, is an object"},
    {"{'code': 4293673985, 'code': 4293673985, 'jobs': []}",
     "answer: key 'code' is given twice; take one out"},
    {JOBS("5"), "answer: jobs[0]: must be an object, is a number"},
    {JOBS("{}"), "answer: jobs[0].id: must be a number, is missing"},
    {JOBS("{'id': '0'}"), "answer: jobs[0].id: must be a number, is a string"},
    {JOBS("{'id': -1}"), "answer: jobs[0].id: must be at least 0, is -1"},
    {JOBS("{'id': 0.5}"), "answer: jobs[0].id: must be an integer, is 0.5"},
    {JOBS("{'id': 4294967296}"), "answer: jobs[0].id: must be at most 4294967295, is 4294967296"},
    {JOBS("{'id': 3}, {'id': 1}, {'id': 3}"),
     "answer: jobs[2].id: job 3 appears twice in the answer; say all about a job in one entry"},
    {JOBS("{'id': 0, 'assigned_node_ids': 1}"),
     "answer: jobs[0].assigned_node_ids: must be a list, is a number"},
    {JOBS("{'id': 0, 'assigned_node_ids': null}"),
     "answer: jobs[0].assigned_node_ids: must be a list, is null"},
    {JOBS("{'id': 0, 'assigned_node_ids': [0, -1]}"),
     "answer: jobs[0].assigned_node_ids[1]: must be at least 0, is -1"},
    {JOBS("{'id': 0, 'assigned_node_ids': ['n1']}"),
     "answer: jobs[0].assigned_node_ids[0]: must be a number, is a string"},
    {JOBS("{'id': 0, 'assigned_num_gpus_per_node': -1}"),
     "answer: jobs[0].assigned_num_gpus_per_node: must be at least 0, is -1"},
    {JOBS("{'id': 0, 'assigned_num_gpus_per_node': true}"),
     "answer: jobs[0].assigned_num_gpus_per_node: must be a number, is a boolean"},
    {JOBS("{'id': 0, 'kill_flag': 1}"),
     "answer: jobs[0].kill_flag: must be true or false, is a number"},
    {JOBS("{'id': 0, 'modified_runtime_args': 'no'}"),
     "answer: jobs[0].modified_runtime_args: must be true or false, is a string"},
    {JOBS("{'id': 0, 'runtime_arguments': ['x']}"),
     "answer: jobs[0].runtime_arguments: must be an object, is a list"},
    {JOBS("{'id': 0, 'modified_runtime_args': false, 'runtime_arguments': 3}"),
     "answer: jobs[0].runtime_arguments: must be an object, is a number"},
    {JOBS("{'id': 0, 'runtime_arguments': {'x': [1]}}"),
     "answer: jobs[0].runtime_arguments.x: must be a string, a number or a boolean, is a list"},
    {JOBS("{'id': 0, 'runtime_arguments': {'x': 1e999}}"),
     "answer: jobs[0].runtime_arguments.x: must be a finite number, is beyond 1.8e308"},
    {JOBS("{'id': 0, 'suspend': 1}"),
     "answer: jobs[0].suspend: must be true or false, is a number"},
    {JOBS("{'id': 0, 'resume': 'now'}"),
     "answer: jobs[0].resume: must be true or false, is a string"},
    {JOBS("{'id': 0, 'preempt': true}"), "answer: jobs[0].preempt: must be a string, is a boolean"},
    {JOBS("{'id': 0, 'preempt': 'later'}"),
     "answer: jobs[0].preempt: is \"later\"; a job is preempted to requeue or to restart"},
    {"{'code': 4293673985, 'jobs': [], 'nodes': 1}", "answer: nodes: must be a list, is a number"},
    {NODES("7"), "answer: nodes[0]: must be an object, is a number"},
    {NODES("{'command': 'drain'}"), "answer: nodes[0].id: must be a number, is missing"},
    {NODES("{'id': 0}"), "answer: nodes[0].command: must be a string, is missing"},
    {NODES("{'id': 0, 'command': 'drain'}, {'id': 1, 'command': 'reboot'}"),
     "answer: nodes[1].command: is \"reboot\"; commands are drain, resume, switch_off and "
     "switch_on"},
    {"{'code': 4293674222, 'error': 'NameError: no x', 'traceback': 'Traceback:\\n  line 1\\n'}",
     "the scheduler raised NameError: no x\nTraceback:\n  line 1"},
    {"{'code': 4293674222, 'error': 'KeyboardInterrupt'}",
     "the scheduler raised KeyboardInterrupt"},
    {"{'code': 4293674222}", "answer: error: must be a string, is missing"},
    {"{'code': 4293674222, 'error': 'x', 'traceback': 1}",
     "answer: traceback: must be a string, is a number"},
};

static void test_bad_answers_say_what_and_what_was_expected(void **context)
{
    (void)context;
    struct decisions decisions = {0};
    struct error err;
    for (size_t i = 0; i < sizeof bad_answers / sizeof bad_answers[0]; i++) {
        assert_int_equal(read_text(bad_answers[i].text, &decisions, &err), -1);
        assert_string_equal(err.message, bad_answers[i].message);
        assert_int_equal(err.kind, ERROR_SCHEDULER);
        assert_int_equal(decisions.count + decisions.num_orders, 0);
    }
    decisions_release(&decisions);
}

static void test_nothing_of_a_bad_answer_is_left(void **context)
{
    (void)context;
    struct decisions decisions = {0};
    struct error err;
    assert_int_equal(read_text(JOBS("{'id': 0, 'kill_flag': true}, {'id': 1, 'kill_flag': 2}"),
                               &decisions, &err),
                     -1);
    assert_int_equal(decisions.count, 0);
    assert_answer(JOBS("{'id': 0}"), &decisions);
    assert_false(decisions_find(&decisions, 0)->kill);
    decisions_release(&decisions);
}

static void test_a_long_traceback_keeps_its_end(void **context)
{
    (void)context;
    static const char head[] = "{'code': 4293674222, 'error': 'E', 'traceback': '";
    char *text = calloc(1, 20000);
    struct decisions decisions = {0};
    struct error err;
    strcpy(text, head);
    for (int i = 0; i < 500; i++)
        snprintf(text + strlen(text), 32, "  line %d of it\\n", i);
    strcat(text, "'}");
    assert_int_equal(read_text(text, &decisions, &err), -1);
    assert_memory_equal(err.message, "the scheduler raised E\n  line ", 30);
    assert_string_equal(err.message + strlen(err.message) - 14, "line 499 of it");
    assert_true(strlen(err.message) > 2900);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_periodic_invocation_without_changes),
        cmocka_unit_test(test_a_submitted_rigid_job_and_plain_nodes),
        cmocka_unit_test(test_an_evolving_request_with_everything),
        cmocka_unit_test(test_nodes_that_changed_alike_are_told_of_together),
        cmocka_unit_test(test_many_different_nodes_are_told_of_once_each),
        cmocka_unit_test(test_the_times_of_jobs_that_have_ended),
        cmocka_unit_test(test_strings_are_valid_json_and_utf8),
        cmocka_unit_test(test_numbers_read_back_the_same),
        cmocka_unit_test(test_a_figure_that_is_no_number_is_null),
        cmocka_unit_test(test_the_end),
        cmocka_unit_test(test_when_and_why_for_messages),
        cmocka_unit_test(test_thousands_of_nodes_take_milliseconds),
        cmocka_unit_test(test_an_answer_of_the_python_package),
        cmocka_unit_test(test_what_an_answer_leaves_out_stays),
        cmocka_unit_test(test_runtime_arguments_of_any_simple_type),
        cmocka_unit_test(test_orders_to_jobs),
        cmocka_unit_test(test_commands_to_nodes),
        cmocka_unit_test(test_bad_answers_say_what_and_what_was_expected),
        cmocka_unit_test(test_nothing_of_a_bad_answer_is_left),
        cmocka_unit_test(test_a_long_traceback_keeps_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
