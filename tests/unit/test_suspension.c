/* Jobs that are suspended, in whole runs with both load models: what they do stands still and goes
 * on, whatever it is; others get what they leave. All ends are worked out by hand. */
#include "elastisim/scheduler.h"
#include "scheduler/backend.h"
#include "simulation/inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "child.h"
#include "scratch.h"

/* Four nodes of 1 Gf with two GPUs of 1 Gf and a burst buffer of 1 GB/s, each on a link of 1 GB/s;
 * a file system of 1 GB/s. */
static const char machine[] =
    "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM 'https://simgrid.org/simgrid.dtd'>\n"
    "<platform version='4.1'><zone id='W' routing='Full'>"
    "<cluster id='C' prefix='n' suffix='' radical='0-3' speed='1Gf' bw='1GBps' lat='0s'>"
    "<prop id='num_gpus' value='2'/><prop id='flops_per_gpu' value='1Gf'/>"
    "<prop id='gpu_to_gpu_bw' value='1GBps'/><prop id='node_local_bb' value='true'/>"
    "<prop id='bb_read_bw' value='1GBps'/><prop id='bb_write_bw' value='1GBps'/></cluster>"
    "<zone id='P' routing='Full'><host id='pfs' speed='1Gf'>"
    "<prop id='pfs_host' value='true'/></host></zone>"
    "<link id='read' bandwidth='1GBps' latency='0s'/>"
    "<link id='write' bandwidth='1GBps' latency='0s'/>"
    "<zoneRoute src='P' dst='C' gw_src='pfs' gw_dst='nC_router' symmetrical='NO'>"
    "<link_ctn id='read'/></zoneRoute>"
    "<zoneRoute src='C' dst='P' gw_src='nC_router' gw_dst='pfs' symmetrical='NO'>"
    "<link_ctn id='write'/></zoneRoute></zone></platform>";

enum verb { SUSPEND, CONTINUE, KILL };

/* What is done to a job at a time, which is a multiple of half a second. */
struct order {
    double time;
    enum verb verb;
    uint32_t job;
};

enum { MAX_JOBS = 4, MAX_ORDERS = 12 };

struct play {
    const char *tasks[MAX_JOBS]; /* of each job's application */
    uint32_t nodes[MAX_JOBS];    /* it has so many, of its own unless they are shared */
    double walltimes[MAX_JOBS];
    uint32_t num_jobs;
    bool shares; /* all start at node 0 */
    struct order orders[MAX_ORDERS];
    size_t num_orders;
    double ends[MAX_JOBS];
    double suspended[MAX_JOBS];
    const char *error; /* of the run; NULL for none */
    /* The run's own. */
    struct simulation *simulation;
};

static void obey(struct play *play, const struct order *order)
{
    struct simulation *simulation = play->simulation;
    struct state *state = &simulation->state;
    const struct job *job = &state->jobs[order->job];
    struct error *err = simulation->err;
    switch (order->verb) {
    case SUSPEND:
        check(lifecycle_suspend(state, job, err) == 0);
        check(execution_suspend(&simulation->executor, job, err) == 0);
        walltime_pause(simulation, job);
        break;
    case CONTINUE:
        check(lifecycle_continue(state, job, err) == 0);
        check(execution_continue(&simulation->executor, job, err) == 0);
        walltime_continue(simulation, job);
        break;
    case KILL:
        walltime_end_job(simulation, job, "scheduler");
        break;
    }
}

static int invoke(void *self, const struct state *state, const struct invocation *invocation,
                  struct decisions *decisions, struct error *err)
{
    struct play *play = self;
    uint32_t first = 0, nodes[4];
    (void)err;
    for (uint32_t id = 0; id < play->num_jobs; id++) {
        for (uint32_t i = 0; i < play->nodes[id]; i++)
            nodes[i] = first + i;
        if (!play->shares)
            first += play->nodes[id];
        if (state->jobs[id].state != JOB_PENDING)
            continue;
        struct decision *decision = decisions_about(decisions, id);
        check(decision && decision_set_nodes(decision, nodes, play->nodes[id]) == 0);
        decision->sets_gpus = true;
        decision->gpus = 2;
    }
    for (size_t i = 0; invocation->type == ELASTISIM_PERIODIC && i < play->num_orders; i++)
        if (play->orders[i].time == state->now)
            obey(play, &play->orders[i]);
    return 0;
}

static void finalize(void *self, bool failed)
{
    (void)self;
    (void)failed;
}

static void write_inputs(const struct play *play)
{
    char text[2048], name[24];
    size_t length = (size_t)snprintf(text, sizeof text, "{'jobs': [");
    for (uint32_t i = 0; i < play->num_jobs; i++) {
        char application[1024];
        snprintf(name, sizeof name, "a%u.json", i);
        snprintf(application, sizeof application, "{'phases': [{'tasks': [%s]}]}", play->tasks[i]);
        scratch_write(name, application);
        length += (size_t)snprintf(
            text + length, sizeof text - length,
            "%s{'type': 'rigid', 'submit_time': 0, 'num_nodes': %u, 'num_gpus_per_node': 2,"
            " 'walltime': %g, 'application_model': '%s'}",
            i ? ", " : "", play->nodes[i], play->walltimes[i], name);
    }
    snprintf(text + length, sizeof text - length, "]}");
    scratch_write("jobs.json", text);
    scratch_write("p.xml", machine);
    snprintf(text, sizeof text,
             "{'jobs_file': 'jobs.json', 'platform_file': 'p.xml', 'scheduling_interval': 0.5,"
             " 'schedule_on_job_submit': true,"
             " 'pfs_read_links': ['read'], 'pfs_write_links': ['write'],"
             " 'allow_oversubscription': %s}",
             play->shares ? "true" : "false");
    scratch_write("c.json", text);
}

static void check_ends(const struct play *play)
{
    const struct state *state = &play->simulation->state;
    for (uint32_t i = 0; i < play->num_jobs; i++) {
        check_near(state->jobs[i].end_time, play->ends[i]);
        check_near(job_suspended_seconds(&state->jobs[i]), play->suspended[i]);
    }
}

static void perform(struct play play, bool flow)
{
    struct error err = {.kind = ERROR_NONE};
    struct warnings warnings = {.strict = false};
    struct configuration configuration;
    struct platform platform;
    write_inputs(&play);
    const struct configuration_request request = {.file = "c.json"};
    check(configuration_read(&configuration, &request, &warnings, &err) == 0);
    struct resources *port = resources_open("p.xml", 0, NULL, &err);
    check(port);
    if (flow)
        check(!resources_use_flow(port, &err));
    check(platform_create(&platform, "p.xml", port, &configuration, &warnings, &err) == 0);
    const struct workload_limits limits = {.nodes_with_gpus = platform.nodes_with_gpus,
                                           .max_gpus = platform.max_gpus,
                                           .has_pfs = true,
                                           .has_burst_buffer = true};
    struct workload *workload = workload_read("jobs.json", &limits, &warnings, &err);
    check_text(err.message, "");
    struct scheduler_backend scheduler = {.self = &play, .invoke = invoke, .finalize = finalize};
    play.simulation =
        simulation_create(&configuration, &platform, workload, &scheduler, NULL, &err);
    simulation_run(play.simulation, &err);
    check_text(err.message, play.error ? play.error : "");
    check_ends(&play);
    simulation_destroy(play.simulation);
    workload_destroy(workload);
    platform_release(&platform);
    resources_close(port);
    configuration_release(&configuration);
}

static void perform_with_flow(const void *play)
{
    perform(*(const struct play *)play, true);
}

static void perform_with_simgrid(const void *play)
{
    perform(*(const struct play *)play, false);
}

static void run_with_both(const struct play *play)
{
    assert_true(child_runs(perform_with_flow, play));
    assert_true(child_runs(perform_with_simgrid, play));
}

/* 4 s each. */
#define CPU "{'type': 'cpu', 'flops': 4e9, 'computation_pattern': 'uniform'}"
#define BUSY "{'type': 'busy_wait', 'delay': 4}"
/* A kernel on each of two GPUs. */
#define KERNELS "{'type': 'gpu', 'flops': 8e9, 'computation_pattern': 'uniform'}"

static void test_what_has_a_known_end_keeps_what_is_left(void **state)
{
    (void)state;
    run_with_both(&(struct play){.tasks = {CPU, BUSY, "{'type': 'idle', 'delay': 4}", KERNELS},
                                 .nodes = {1, 1, 1, 1},
                                 .num_jobs = 4,
                                 .orders = {{1, SUSPEND, 0},
                                            {1.5, SUSPEND, 1},
                                            {2, SUSPEND, 2},
                                            {2.5, SUSPEND, 3},
                                            {6, CONTINUE, 0},
                                            {6, CONTINUE, 1},
                                            {6, CONTINUE, 2},
                                            {6, CONTINUE, 3},
                                            {7, SUSPEND, 0},
                                            {8, CONTINUE, 0}},
                                 .num_orders = 10,
                                 .ends = {10, 8.5, 8, 7.5},
                                 .suspended = {6, 4.5, 4, 3.5}});
}

/* Two jobs that do the same with what they share; the first has done a quarter of it after 2 s. */
static void run_shared(const char *task, uint32_t nodes, bool shares)
{
    run_with_both(&(struct play){.tasks = {task, task},
                                 .nodes = {nodes, nodes},
                                 .num_jobs = 2,
                                 .shares = shares,
                                 .orders = {{2, SUSPEND, 0}, {3, CONTINUE, 0}},
                                 .num_orders = 2,
                                 .ends = {8, 7},
                                 .suspended = {1, 0}});
    run_with_both(&(struct play){.tasks = {task, task},
                                 .nodes = {nodes, nodes},
                                 .num_jobs = 2,
                                 .shares = shares,
                                 .orders = {{2, SUSPEND, 0}, {6, CONTINUE, 0}},
                                 .num_orders = 2,
                                 .ends = {9, 5},
                                 .suspended = {4, 0}});
}

static void test_what_is_shared_goes_to_others_at_once(void **state)
{
    (void)state;
    run_shared(CPU, 1, true);
    run_shared("{'type': 'cpu', 'bytes': 8e9, 'communication_pattern': 'scatter'}", 2, true);
    run_shared("{'type': 'cpu', 'flops': 4e9, 'computation_pattern': 'uniform', 'bytes': 2e9,"
               " 'communication_pattern': 'scatter', 'coupled': true}",
               2, true);
    run_shared("{'type': 'pfs_read', 'bytes': 4e9, 'pattern': 'uniform'}", 1, false);
    run_shared("{'type': 'pfs_write', 'bytes': 4e9, 'pattern': 'uniform'}", 1, false);
    run_shared("{'type': 'pfs_write', 'bytes': 4e9, 'pattern': 'uniform', 'async': true}", 1,
               false);
    run_shared("{'type': 'bb_read', 'bytes': 4e9, 'pattern': 'uniform'}", 1, true);
    run_shared("{'type': 'bb_write', 'bytes': 4e9, 'pattern': 'uniform'}", 1, true);
}

static void test_kernels_on_shared_gpus_make_way_and_stand_in_line_again(void **state)
{
    (void)state;
    run_with_both(&(struct play){.tasks = {KERNELS, KERNELS},
                                 .nodes = {1, 1},
                                 .num_jobs = 2,
                                 .shares = true,
                                 .orders = {{1, SUSPEND, 0}, {2, CONTINUE, 0}},
                                 .num_orders = 2,
                                 .ends = {8, 5},
                                 .suspended = {1, 0}});
    /* The second is suspended while it waits, and the third goes before it then. */
    run_with_both(&(struct play){.tasks = {KERNELS, KERNELS, KERNELS},
                                 .nodes = {1, 1, 1},
                                 .num_jobs = 3,
                                 .shares = true,
                                 .orders = {{1, SUSPEND, 1}, {2, CONTINUE, 1}},
                                 .num_orders = 2,
                                 .ends = {4, 12, 8},
                                 .suspended = {0, 1, 0}});
    /* Killed while it is suspended. */
    run_with_both(&(struct play){.tasks = {KERNELS, KERNELS},
                                 .nodes = {1, 1},
                                 .num_jobs = 2,
                                 .shares = true,
                                 .orders = {{1, SUSPEND, 0}, {3, KILL, 0}},
                                 .num_orders = 2,
                                 .ends = {3, 5},
                                 .suspended = {2, 0}});
}

static void test_io_beside_computing_and_ranks_that_wait_stand_still(void **state)
{
    (void)state;
    run_with_both(&(struct play){
        .tasks = {"{'type': 'pfs_write', 'bytes': 4e9, 'pattern': 'uniform', 'async': true}, " BUSY,
                  "{'type': 'pfs_read', 'bytes': 6e9, 'pattern': 'uniform', 'async': true},"
                  "{'type': 'busy_wait', 'delay': 2}",
                  /* the second rank waits for the first, and both send then, for a second */
                  "{'type': 'busy_wait', 'delay': 4, 'pattern': 'root_only'},"
                  "{'type': 'cpu', 'bytes': 2e9, 'communication_pattern': 'scatter'}"},
        .nodes = {1, 1, 2},
        .num_jobs = 3,
        .orders = {{1, SUSPEND, 0},
                   {1, SUSPEND, 2},
                   {2.5, CONTINUE, 2},
                   {3, CONTINUE, 0},
                   {3, SUSPEND, 1},
                   {5, CONTINUE, 1}},
        .num_orders = 6,
        .ends = {6, 8, 6.5},
        .suspended = {2, 2, 1.5}});
}

static void test_suspended_time_does_not_count_towards_the_walltime(void **state)
{
    (void)state;
    run_with_both(&(struct play){
        .tasks = {BUSY, "{'type': 'busy_wait', 'delay': 10}", BUSY, BUSY},
        .nodes = {1, 1, 1, 1},
        .walltimes = {5, 5, 5, 4},
        .num_jobs = 4,
        .orders = {{1, SUSPEND, 0},
                   {1, SUSPEND, 1},
                   {1, SUSPEND, 2},
                   {2, SUSPEND, 3},
                   {3, CONTINUE, 1},
                   {3, CONTINUE, 3},
                   {4, KILL, 2},
                   {10, CONTINUE, 0}},
        .num_orders = 8,
        .ends = {13, 7, 4, 5}, /* complete; killed 5 s after its start, less 2; killed; complete */
        .suspended = {9, 2, 3, 1}});
}

static void test_orders_of_one_instant_are_taken_one_by_one(void **state)
{
    (void)state;
    run_with_both(&(struct play){
        .tasks = {BUSY, BUSY, BUSY, BUSY},
        .nodes = {1, 1, 1, 1},
        .num_jobs = 4,
        .orders = {{2, SUSPEND, 1},
                   {2, CONTINUE, 1},
                   {2, SUSPEND, 2}, /* twice, and */
                   {2, SUSPEND, 2},
                   {2, CONTINUE, 3}, /* without having been suspended */
                   {3, CONTINUE, 2},
                   {3, CONTINUE, 2},
                   {4, SUSPEND, 0}, /* all its work is done, but it has not ended yet */
                   {6, CONTINUE, 0}},
        .num_orders = 9,
        .ends = {6, 4, 5, 4},
        .suspended = {2, 0, 1, 0}});
}

static void test_a_run_in_which_all_are_suspended_for_good_is_stuck(void **state)
{
    (void)state;
    run_with_both(&(struct play){
        .tasks = {BUSY, BUSY},
        .nodes = {1, 1},
        .num_jobs = 2,
        .orders = {{1, SUSPEND, 1}},
        .num_orders = 1,
        .ends = {4, -1},
        .suspended = {0, 50003},
        .error = "the simulation is stuck at 50004 s: nothing is left to happen while 1 of 2 jobs "
                 "waits; the scheduler continues none of them:\n"
                 "  job 1, started at 0 s, is suspended since 1 s"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_has_a_known_end_keeps_what_is_left),
        cmocka_unit_test(test_what_is_shared_goes_to_others_at_once),
        cmocka_unit_test(test_kernels_on_shared_gpus_make_way_and_stand_in_line_again),
        cmocka_unit_test(test_io_beside_computing_and_ranks_that_wait_stand_still),
        cmocka_unit_test(test_suspended_time_does_not_count_towards_the_walltime),
        cmocka_unit_test(test_orders_of_one_instant_are_taken_one_by_one),
        cmocka_unit_test(test_a_run_in_which_all_are_suspended_for_good_is_stuck),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
