/* Jobs and nodes as state machines: transitions, reservations, queues, what changed. After every
 * step all derived facts must agree (state_check). */
#include "system/check.h"
#include "system/lifecycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "scratch.h"

#define NUM_NODES 70 /* more than a word of the node sets */

struct bench {
    struct node_description nodes[NUM_NODES];
    uint32_t nodes_with_gpus[3];
    struct platform platform;
    struct workload *workload;
    struct state state;
    struct error err;
};

static void setup(struct bench *bench, bool oversubscription)
{
    *bench = (struct bench){.nodes_with_gpus = {NUM_NODES, NUM_NODES, NUM_NODES}};
    for (uint32_t i = 0; i < NUM_NODES; i++)
        bench->nodes[i] = (struct node_description){.name = "n", .speed = 1e9, .num_gpus = 2};
    bench->platform = (struct platform){
        .nodes = bench->nodes, .num_nodes = NUM_NODES, .nodes_with_gpus = bench->nodes_with_gpus};
    scratch_write("a.json", "{'phases': [{'tasks': [{'type': 'idle', 'delay': 1}]}]}");
    scratch_write("jobs.json",
                  "{'jobs': ["
                  "{'type': 'malleable', 'submit_time': 0, 'num_nodes_min': 1, 'num_nodes_max': 9,"
                  " 'num_gpus_per_node_max': 2, 'application_model': 'a.json'},"
                  "{'type': 'malleable', 'submit_time': 0, 'num_nodes_min': 1, 'num_nodes_max': 9,"
                  " 'num_gpus_per_node_max': 2, 'application_model': 'a.json'},"
                  "{'type': 'rigid', 'submit_time': 0, 'num_nodes': 1,"
                  " 'application_model': 'a.json'}]}");
    const struct workload_limits limits = {.nodes_with_gpus = bench->nodes_with_gpus,
                                           .max_gpus = 2};
    bench->workload = workload_read("jobs.json", &limits, NULL, &bench->err);
    assert_non_null(bench->workload);
    assert_int_equal(state_create(&bench->state, NULL, oversubscription, &bench->platform,
                                  bench->workload, NULL, &bench->err),
                     0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(lifecycle_submit(&bench->state, &bench->state.jobs[i], 0, &bench->err), 0);
    state_forget_changes(&bench->state);
}

static void teardown(struct bench *bench)
{
    state_release(&bench->state);
    workload_destroy(bench->workload);
}

static void check(const struct bench *bench)
{
    const char *problem = state_check(&bench->state);
    if (problem)
        fail_msg("%s", problem);
}

static struct node_list list(const uint32_t *ids, uint32_t count)
{
    struct node_list copy;
    struct error err = {0};
    assert_int_equal(node_list_copy(&copy, ids, count, &err), 0);
    return copy;
}

#define NODES(...)                                                                                 \
    list((const uint32_t[]){__VA_ARGS__},                                                          \
         sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void start(struct bench *bench, size_t job, struct node_list nodes, uint32_t gpus)
{
    assert_int_equal(
        lifecycle_start(&bench->state, &bench->state.jobs[job], nodes, gpus, &bench->err), 0);
    check(bench);
}

static void want(struct bench *bench, size_t job, struct node_list nodes, uint32_t gpus)
{
    assert_int_equal(
        lifecycle_want(&bench->state, &bench->state.jobs[job], nodes, gpus, &bench->err), 0);
    check(bench);
}

static void test_a_start_takes_nodes_and_an_end_frees_them(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, false);
    struct job *job = &bench.state.jobs[0];
    bench.state.now = 5;
    start(&bench, 0, NODES(0, 69), 2);
    assert_int_equal(job->state, JOB_RUNNING);
    assert_int_equal(node_state_of(&bench.state.nodes[69]), NODE_ALLOCATED);
    assert_int_equal(bench.state.nodes[69].gpus_allocated, 2);
    assert_int_equal(bench.state.num_free, NUM_NODES - 2);
    assert_int_equal(node_set_next(bench.state.free_nodes, NUM_NODES, 0), 1);
    assert_int_equal(node_set_next(bench.state.free_nodes, NUM_NODES, 69), -1);
    bench.state.now = 12;
    assert_int_equal(lifecycle_end(&bench.state, job, NULL, &bench.err), 0);
    check(&bench);
    assert_int_equal(bench.state.num_free, NUM_NODES);
    assert_int_equal(bench.state.nodes[69].gpus_allocated, 0);
    assert_true(job->node_seconds == 14);
    teardown(&bench);
}

static void test_a_wanted_node_is_reserved_until_the_change_is_applied(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, false);
    struct job *job = &bench.state.jobs[0];
    start(&bench, 0, NODES(3, 4), 0);
    want(&bench, 0, NODES(4, 7), 0);
    assert_int_equal(job->state, JOB_PENDING_RECONFIGURATION);
    assert_int_equal(node_state_of(&bench.state.nodes[7]), NODE_RESERVED);
    assert_ptr_equal(node_expected_job(&bench.state.nodes[7], 0), job);
    assert_int_equal(lifecycle_reconfigure(&bench.state, job, &bench.err), 0);
    check(&bench);
    assert_int_equal(job->state, JOB_IN_RECONFIGURATION);
    assert_int_equal(node_state_of(&bench.state.nodes[3]), NODE_FREE);
    assert_int_equal(node_state_of(&bench.state.nodes[7]), NODE_ALLOCATED);
    assert_int_equal(job->executing.ids[0], 4);
    assert_int_equal(job->executing.ids[1], 7);
    assert_int_equal(lifecycle_resume(&bench.state, job, &bench.err), 0);
    assert_int_equal(job->state, JOB_RUNNING);
    assert_int_equal(job->reconfigurations, 1);
    teardown(&bench);
}

static void test_a_change_back_frees_the_reservation(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, false);
    struct job *job = &bench.state.jobs[0];
    start(&bench, 0, NODES(3, 4), 0);
    want(&bench, 0, NODES(3, 4, 5), 0);
    want(&bench, 0, NODES(4, 3), 0); /* another order is another change */
    assert_int_equal(job->state, JOB_PENDING_RECONFIGURATION);
    assert_int_equal(node_state_of(&bench.state.nodes[5]), NODE_FREE);
    assert_int_equal(job_assigned(job)->ids[0], 4);
    want(&bench, 0, NODES(3, 4), 0);
    assert_int_equal(job->state, JOB_RUNNING);
    assert_int_equal(job_assigned(job)->ids[0], 3);
    teardown(&bench);
}

static void test_a_new_wish_replaces_the_old_one(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, false);
    start(&bench, 0, NODES(3), 0);
    want(&bench, 0, NODES(3, 8), 0);
    want(&bench, 0, NODES(3, 9), 0);
    assert_int_equal(node_state_of(&bench.state.nodes[8]), NODE_FREE);
    assert_int_equal(node_state_of(&bench.state.nodes[9]), NODE_RESERVED);
    teardown(&bench);
}

static void test_gpus_alone_are_a_change(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, false);
    struct job *job = &bench.state.jobs[0];
    start(&bench, 0, NODES(3), 1);
    want(&bench, 0, NODES(3), 2);
    assert_int_equal(job->state, JOB_PENDING_RECONFIGURATION);
    assert_int_equal(lifecycle_reconfigure(&bench.state, job, &bench.err), 0);
    check(&bench);
    assert_int_equal(bench.state.nodes[3].gpus_allocated, 2);
    teardown(&bench);
}

static void test_a_wish_during_a_reconfiguration_waits_for_its_end(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, false);
    struct job *job = &bench.state.jobs[0];
    start(&bench, 0, NODES(3), 0);
    want(&bench, 0, NODES(3, 4), 0);
    assert_int_equal(lifecycle_reconfigure(&bench.state, job, &bench.err), 0);
    want(&bench, 0, NODES(3, 4, 5), 0);
    assert_int_equal(job->state, JOB_IN_RECONFIGURATION);
    assert_int_equal(node_state_of(&bench.state.nodes[5]), NODE_RESERVED);
    assert_int_equal(lifecycle_resume(&bench.state, job, &bench.err), 0);
    assert_int_equal(job->state, JOB_PENDING_RECONFIGURATION);
    teardown(&bench);
}

static void test_a_kill_frees_nodes_and_reservations(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, false);
    struct job *job = &bench.state.jobs[0];
    start(&bench, 0, NODES(3), 0);
    want(&bench, 0, NODES(3, 4), 0);
    assert_int_equal(lifecycle_end(&bench.state, job, "scheduler", &bench.err), 0);
    check(&bench);
    assert_int_equal(bench.state.num_free, NUM_NODES);
    assert_int_equal(lifecycle_end(&bench.state, &bench.state.jobs[1], "scheduler", &bench.err), 0);
    check(&bench);
    assert_int_equal(bench.state.pending.count, 1);
    assert_int_equal(bench.state.num_killed, 2);
    teardown(&bench);
}

static void test_nodes_take_several_jobs_with_oversubscription(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, true);
    struct node *node = &bench.state.nodes[3];
    start(&bench, 0, NODES(3), 2);
    start(&bench, 1, NODES(3), 2);
    start(&bench, 2, NODES(3), 0);
    assert_int_equal(node_num_running(node), 3);
    assert_int_equal(node->gpus_allocated, 2);
    assert_int_equal(lifecycle_end(&bench.state, &bench.state.jobs[0], NULL, &bench.err), 0);
    check(&bench);
    assert_int_equal(node_num_running(node), 2);
    assert_ptr_equal(node_running_job(node, 0), &bench.state.jobs[1]);
    assert_ptr_equal(node_running_job(node, 1), &bench.state.jobs[2]);
    assert_int_equal(node->gpus_allocated, 2);
    teardown(&bench);
}

static void test_words_of_nodes_change_together_and_shared_ones_one_by_one(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, true);
    start(&bench, 0, NODES(69, 3, 62, 63, 64), 0);
    check(&bench);
    assert_int_equal(bench.state.num_free, NUM_NODES - 5);
    start(&bench, 1, NODES(2, 3, 4, 63), 0);
    check(&bench);
    assert_int_equal(bench.state.num_free, NUM_NODES - 7);
    assert_int_equal(lifecycle_end(&bench.state, &bench.state.jobs[0], NULL, &bench.err), 0);
    check(&bench);
    assert_int_equal(bench.state.num_free, NUM_NODES - 4);
    assert_ptr_equal(node_running_job(&bench.state.nodes[63], 0), &bench.state.jobs[1]);
    assert_int_equal(node_num_running(&bench.state.nodes[63]), 1);
    assert_int_equal(lifecycle_end(&bench.state, &bench.state.jobs[1], NULL, &bench.err), 0);
    check(&bench);
    assert_int_equal(bench.state.num_free, NUM_NODES);
    teardown(&bench);
}

static void test_what_changed_is_told_once_and_in_order(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, false);
    start(&bench, 2, NODES(9), 0);
    start(&bench, 0, NODES(4, 2), 0);
    want(&bench, 0, NODES(4, 2, 1), 0);
    state_sort_changes(&bench.state, true);
    assert_int_equal(bench.state.num_changed_jobs, 2);
    assert_int_equal(bench.state.changed_jobs[0]->request->id, 0);
    assert_int_equal(bench.state.changed_jobs[1]->request->id, 2);
    static const uint32_t ids[] = {1, 2, 4, 9};
    assert_int_equal(bench.state.num_changed_nodes, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(bench.state.changed_nodes[i]->id, ids[i]);
    state_forget_changes(&bench.state);
    assert_int_equal(bench.state.num_changed_jobs, 0);
    teardown(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_start_takes_nodes_and_an_end_frees_them),
        cmocka_unit_test(test_a_wanted_node_is_reserved_until_the_change_is_applied),
        cmocka_unit_test(test_a_change_back_frees_the_reservation),
        cmocka_unit_test(test_a_new_wish_replaces_the_old_one),
        cmocka_unit_test(test_gpus_alone_are_a_change),
        cmocka_unit_test(test_a_wish_during_a_reconfiguration_waits_for_its_end),
        cmocka_unit_test(test_a_kill_frees_nodes_and_reservations),
        cmocka_unit_test(test_nodes_take_several_jobs_with_oversubscription),
        cmocka_unit_test(test_words_of_nodes_change_together_and_shared_ones_one_by_one),
        cmocka_unit_test(test_what_changed_is_told_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
