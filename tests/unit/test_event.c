/* What happens, as JSON: each kind's object to the byte, its topic, and the first line. */
#include "results/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scratch.h"
#include "system/state.h"
#include "version.h"

#define MOST_NODES 3

static uint32_t executing[] = {4, 0, 17}, wanted[] = {4, 5};

static const struct job_request request = {
    .id = 12, .type = JOB_MALLEABLE, .nodes_min = 1, .nodes_max = 8};
static const struct job_request named_request = {
    .id = 0, .type = JOB_RIGID, .nodes_min = 2, .nodes_max = 2, .name = "a \"quick\"\tone\\"};

static struct job job = {.request = &request,
                         .state = JOB_RUNNING,
                         .executing = {executing, MOST_NODES},
                         .executing_gpus = 2,
                         .wanted = {wanted, 2},
                         .wanted_gpus = 1};
static struct job saved = {
    .request = &request, .state = JOB_RUNNING, .saved_phases = 7, .completed_phases = 5};
static struct job saved_within = {
    .request = &request, .state = JOB_RUNNING, .saved_phases = 7, .saved_task = 2};
static struct job named = {.request = &named_request, .state = JOB_PENDING};
static struct job cancelled = {.request = &request, .state = JOB_CANCELLED};

static struct job *nobody, *runner = &job, *more_running[] = {&named};
static const struct node shared = {.id = 7,
                                   .runner = &runner,
                                   .num_running_more = 1,
                                   .running_more = more_running,
                                   .expected_one = &named};
static const struct node idle = {.id = 0, .runner = &nobody};

static const struct state half = {.now = 12.5, .num_jobs = 9, .num_completed = 4, .num_killed = 1};
static const struct state three_cancelled = {
    .now = 0, .num_jobs = 9, .num_completed = 4, .num_killed = 1, .num_cancelled = 3};
static const struct state third = {.now = 1e6 / 3};

struct expectation {
    struct happening happening;
    unsigned index;
    const char *topic, *object;
};

#define OF(of_kind, ...) .happening = {.kind = of_kind, .state = &half, __VA_ARGS__}

static const struct expectation expectations[] = {
    {OF(JOB_SUBMITTED, .job = &job), 0, "job.submit",
     "{'time':12.5,'kind':'submit','job':12,'type':'malleable','num_nodes_min':1,"
     "'num_nodes_max':8}"},
    {OF(JOB_SUBMITTED, .job = &named), 0, "job.submit",
     "{'time':12.5,'kind':'submit','job':0,'type':'rigid','name':'a \\\"quick\\\"\\u0009one\\\\',"
     "'num_nodes_min':2,'num_nodes_max':2}"},
    {OF(JOB_STARTED, .job = &job), 0, "job.start",
     "{'time':12.5,'kind':'start','job':12,'nodes':[4,0,17],'gpus_per_node':2}"},
    {OF(JOB_WANTS, .job = &job, .nodes = {wanted + 1, 1}), 0, "job.reserve",
     "{'time':12.5,'kind':'reserve','job':12,'nodes':[5],'assigned':[4,5],'gpus_per_node':1}"},
    {OF(JOB_WANTS, .job = &job, .nodes = {NULL, 0}), 0, "job.reserve",
     "{'time':12.5,'kind':'reserve','job':12,'nodes':[],'assigned':[4,5],'gpus_per_node':1}"},
    {OF(JOB_WITHDREW, .job = &job), 0, "job.withdraw", "{'time':12.5,'kind':'withdraw','job':12}"},
    {OF(JOB_GAVE_UP, .job = &job, .nodes = {executing, 2}), 0, "job.shrink",
     "{'time':12.5,'kind':'shrink','job':12,'nodes':[4,0]}"},
    {OF(JOB_TOOK, .job = &job, .nodes = {wanted, 2}), 0, "job.grow",
     "{'time':12.5,'kind':'grow','job':12,'nodes':[4,5]}"},
    {OF(JOB_RECONFIGURES, .job = &job), 0, "job.reconfiguration_begin",
     "{'time':12.5,'kind':'reconfiguration_begin','job':12,'nodes':[4,0,17],'gpus_per_node':2}"},
    {OF(JOB_RESUMED, .job = &job), 0, "job.reconfiguration_end",
     "{'time':12.5,'kind':'reconfiguration_end','job':12}"},
    {OF(JOB_PROGRESSED, .job = &job, .place = {2, 0, 30}), 0, "job.phase",
     "{'time':12.5,'kind':'phase','job':12,'phase':2,'iterations':30}"},
    {OF(JOB_PROGRESSED, .job = &job, .place = {2, 0, 30}), 1, "job.iteration",
     "{'time':12.5,'kind':'iteration','job':12,'phase':2,'iteration':0}"},
    {OF(JOB_PROGRESSED, .job = &job, .place = {2, 29, 30}), 0, "job.iteration",
     "{'time':12.5,'kind':'iteration','job':12,'phase':2,'iteration':29}"},
    {OF(JOB_AT_POINT, .job = &job, .place = {0, 10, 30}), 0, "job.scheduling_point",
     "{'time':12.5,'kind':'scheduling_point','job':12,'phase':0,'iteration':10}"},
    {OF(JOB_ASKS, .job = &job, .request = 16), 0, "job.evolving_request",
     "{'time':12.5,'kind':'evolving_request','job':12,'requested':16}"},
    {OF(JOB_ANSWERED, .job = &job, .request = 3), 0, "job.evolving_answer",
     "{'time':12.5,'kind':'evolving_answer','job':12,'requested':3,'num_nodes':3,"
     "'accepted':true}"},
    {OF(JOB_ANSWERED, .job = &job, .request = 16), 0, "job.evolving_answer",
     "{'time':12.5,'kind':'evolving_answer','job':12,'requested':16,'num_nodes':3,"
     "'accepted':false}"},
    {OF(JOB_SAVED, .job = &saved), 0, "job.checkpoint",
     "{'time':12.5,'kind':'checkpoint','job':12,'completed_phases':7}"},
    {OF(JOB_SAVED, .job = &saved_within), 0, "job.checkpoint",
     "{'time':12.5,'kind':'checkpoint','job':12,'completed_phases':7,'tasks':2}"},
    {OF(JOB_SUSPENDED, .job = &job), 0, "job.suspend", "{'time':12.5,'kind':'suspend','job':12}"},
    {OF(JOB_CONTINUED, .job = &job), 0, "job.continue", "{'time':12.5,'kind':'continue','job':12}"},
    {OF(JOB_REQUEUED, .job = &saved, .reason = "node loss"), 0, "job.requeue",
     "{'time':12.5,'kind':'requeue','job':12,'reason':'node loss','completed_phases':5}"},
    {OF(JOB_ENDED, .job = &job), 0, "job.complete", "{'time':12.5,'kind':'complete','job':12}"},
    {OF(JOB_ENDED, .job = &job, .reason = "walltime"), 0, "job.kill",
     "{'time':12.5,'kind':'kill','job':12,'reason':'walltime'}"},
    {OF(JOB_ENDED, .job = &cancelled, .reason = "after_ok of job 3, which was killed"), 0,
     "job.cancel",
     "{'time':12.5,'kind':'cancel','job':12,'reason':'after_ok of job 3, which was killed'}"},
    {OF(NODE_CHANGED, .node = &idle), 0, "node.changed",
     "{'time':12.5,'kind':'changed','node':0,'state':'free','running':[],'expected':[]}"},
    {OF(NODE_CHANGED, .node = &shared), 0, "node.changed",
     "{'time':12.5,'kind':'changed','node':7,'state':'allocated','running':[12,0],"
     "'expected':[0]}"},
    {OF(SCHEDULER_INVOKED, .invocation = {0, 0, 0}), 0, "scheduler.invocation",
     "{'time':12.5,'kind':'invocation','invocation':'periodic','decisions':0,'wall_seconds':0}"},
    {OF(SCHEDULER_INVOKED, .job = &job, .invocation = {6, 3, 0.000123456}), 0,
     "scheduler.invocation",
     "{'time':12.5,'kind':'invocation','invocation':'reconfiguration','job':12,'decisions':3,"
     "'wall_seconds':0.000123}"},
    {OF(RUN_ENDED, .job = NULL), 0, "run.end",
     "{'time':12.5,'kind':'end','completed':4,'killed':1,'unfinished':4}"},
    {.happening = {.kind = RUN_ENDED, .state = &three_cancelled},
     .topic = "run.end",
     .object = "{'time':0,'kind':'end','completed':4,'killed':1,'unfinished':1,'cancelled':3}"},
    {.happening = {.kind = JOB_RESUMED, .state = &third, .job = &job},
     .topic = "job.reconfiguration_end",
     .object = "{'time':333333.333333333,'kind':'reconfiguration_end','job':12}"},
};

enum { NUM_EXPECTATIONS = sizeof expectations / sizeof expectations[0] };

/* With " for each ', as JSON is hard to read in C. */
static const char *quoted(const char *text)
{
    static char copy[1024];
    assert_true(strlen(text) < sizeof copy);
    strcpy(copy, text);
    for (char *at = copy; *at; at++)
        if (*at == '\'')
            *at = '"';
    return copy;
}

static void assert_text(struct output *out, const char *expected)
{
    output_char(out, '\0');
    assert_int_equal(out->failure, 0);
    assert_string_equal(out->buffer, quoted(expected));
    output_remove_front(out, out->used);
}

static struct output in_memory(void)
{
    struct output out;
    struct error err = {0};
    assert_int_equal(output_open_memory(&out, &err), 0);
    return out;
}

static void test_every_kind_has_the_object_and_the_topic_that_are_documented(void **state)
{
    (void)state;
    struct output out = in_memory();
    for (size_t i = 0; i < NUM_EXPECTATIONS; i++) {
        const struct expectation *expected = &expectations[i];
        const char *topic = event_write(&out, &expected->happening, expected->index);
        assert_string_equal(topic, expected->topic);
        assert_text(&out, expected->object);
    }
    output_close_memory(&out);
}

static void test_only_a_phase_that_begins_has_two_objects(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_EXPECTATIONS; i++) {
        const struct happening *happening = &expectations[i].happening;
        bool begins = happening->kind == JOB_PROGRESSED && happening->place.iteration == 0;
        assert_int_equal(event_count(happening), begins ? 2 : 1);
    }
}

static void test_the_kinds_are_those_that_have_objects(void **state)
{
    (void)state;
    uint32_t kinds = 0;
    for (size_t i = 0; i < NUM_EXPECTATIONS; i++)
        kinds |= HEARS(expectations[i].happening.kind);
    assert_int_equal(event_kinds(), kinds);
    assert_false(event_kinds() &
                 (HEARS(TASK_ENDED) | HEARS(CPUS_BUSY) | HEARS(GPUS_BUSY) | HEARS(CLOCK_MOVES)));
}

static void test_an_object_that_outgrows_the_memory_is_whole(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    static uint32_t ids[MANY];
    struct output out = in_memory();
    struct job wide = {.request = &request, .executing = {ids, MANY}, .executing_gpus = 3};
    const struct happening happening = {.kind = JOB_STARTED, .state = &half, .job = &wide};
    for (uint32_t i = 0; i < MANY; i++)
        ids[i] = i;
    event_write(&out, &happening, 0);
    output_char(&out, '\0');
    char *at = strchr(out.buffer, '[');
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(strtoul(at + 1, &at, 10), i);
        assert_int_equal(*at, i + 1 < MANY ? ',' : ']');
    }
    assert_string_equal(at, "],\"gpus_per_node\":3}");
    output_close_memory(&out);
}

/* --- The first object ---------------------------------------------------------------------- */

static struct workload *workload(const char *start_date)
{
    char text[500];
    struct error err = {0};
    static const uint32_t nodes_with_gpus[] = {2};
    const struct workload_limits limits = {.nodes_with_gpus = nodes_with_gpus};
    snprintf(text, sizeof text,
             "{%s'jobs': [{'type': 'rigid', 'submit_time': 0, 'num_nodes': 1,"
             " 'application_model': 'a.json'}]}",
             start_date);
    scratch_write("a.json", "{'phases': [{'tasks': [{'type': 'idle', 'delay': 1}]}]}");
    scratch_write("jobs.json", text);
    struct workload *read = workload_read("jobs.json", &limits, NULL, &err);
    assert_non_null(read);
    return read;
}

static void check_head(const char *start_date, const char *scheduler, const char *expected)
{
    struct output out = in_memory();
    struct configuration configuration = {.given = (char[]){"{\"seed\":1}"}};
    struct node_description nodes[] = {{.name = "n0"}, {.name = "n\"1"}};
    const struct platform platform = {.nodes = nodes, .num_nodes = 2};
    struct workload *jobs = workload(start_date);
    const struct run_facts facts = {.configuration = &configuration,
                                    .platform = &platform,
                                    .workload = jobs,
                                    .scheduler = scheduler};
    event_write_head(&out, &facts);
    assert_text(&out, expected);
    workload_destroy(jobs);
    output_close_memory(&out);
}

#define BEGIN "{'time':0,'kind':'begin','version':'" ELASTISIM_VERSION "',"

static void test_the_first_object_says_how_the_run_was_asked_for(void **state)
{
    (void)state;
    check_head("", "builtin:fcfs",
               BEGIN "'scheduler':'builtin:fcfs','configuration':{'seed':1},"
                     "'nodes':['n0','n\\\"1']}");
    check_head("", NULL,
               BEGIN "'scheduler':'','configuration':{'seed':1},'nodes':['n0','n\\\"1']}");
    check_head("'start_date': '2024-02-29T12:30:00+01:00', ", NULL,
               BEGIN "'scheduler':'','configuration':{'seed':1},"
                     "'start_date':'2024-02-29 12:30:00+01:00','nodes':['n0','n\\\"1']}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_has_the_object_and_the_topic_that_are_documented),
        cmocka_unit_test(test_only_a_phase_that_begins_has_two_objects),
        cmocka_unit_test(test_the_kinds_are_those_that_have_objects),
        cmocka_unit_test(test_an_object_that_outgrows_the_memory_is_whole),
        cmocka_unit_test(test_the_first_object_says_how_the_run_was_asked_for),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
