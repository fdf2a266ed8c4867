/* Monitoring: which samples are written when, and what they say. */
#include "results/monitoring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>

#include "scratch.h"

static struct resources *resources; /* one for all tests: SimGrid loads only one platform */

static struct node_description nodes[] = {
    {.name = "a", .host = 0, .speed = 1e9, .num_gpus = 4},
    {.name = "b", .host = 1, .speed = 1e9, .num_gpus = 2},
};

static struct platform platform = {.nodes = nodes, .num_nodes = 2};

static char cpu[] = "cpu.csv", network[] = "network.csv", pfs[] = "pfs.csv", gpu[] = "gpu.csv",
            file[] = "config.json";

static struct monitoring *open_with(double interval)
{
    struct configuration configuration = {.file = file,
                                          .sensing = true,
                                          .sensing_interval = interval,
                                          .cpu_utilization = cpu,
                                          .network_activity = network,
                                          .pfs_utilization = pfs,
                                          .gpu_utilization = gpu};
    struct monitoring *monitoring;
    struct error err = {0};
    assert_int_equal(monitoring_open(&monitoring, &configuration, &platform, &err), 0);
    assert_non_null(monitoring);
    return monitoring;
}

static void check_file(const char *path, const char *wanted)
{
    static char text[4096];
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    assert_string_equal(text, wanted);
}

static void test_without_sensing_there_is_nothing(void **state)
{
    struct configuration configuration = {.file = file, .cpu_utilization = cpu};
    struct monitoring *monitoring;
    struct error err = {0};
    (void)state;
    assert_int_equal(monitoring_open(&monitoring, &configuration, &platform, &err), 0);
    assert_null(monitoring);
    monitoring_pass(monitoring, 10, false);
    monitoring_compute(monitoring, 0, 1);
    monitoring_use_gpus(monitoring, 0, 1, 3);
    assert_int_equal(monitoring_check(monitoring, &err), 0);
    assert_int_equal(monitoring_close(monitoring, &(struct error){0}), 0);
}

/* A sample shows what was up to its instant, whatever happens at it. */
static void test_samples_are_of_the_state_before(void **state)
{
    struct monitoring *monitoring = open_with(2);
    (void)state;
    monitoring_pass(monitoring, 0, false);
    monitoring_compute(monitoring, 1, 1); /* from 0 to 4 */
    monitoring_pass(monitoring, 1, false);
    monitoring_compute(monitoring, 0, 1); /* from 1 to 5 */
    monitoring_pass(monitoring, 4, false);
    monitoring_compute(monitoring, 1, -1);
    monitoring_pass(monitoring, 5, false);
    monitoring_compute(monitoring, 0, -1);
    monitoring_pass(monitoring, 8.5, false);
    assert_int_equal(monitoring_close(monitoring, &(struct error){0}), 0);
    check_file(cpu, "Time,a,b\n0,0,0\n2,1,1\n4,1,1\n6,0,0\n8,0,0\n");
    check_file(network, "Time,Utilization\n0,0\n2,0\n4,0\n6,0\n8,0\n");
    check_file(pfs, "Time,Read,Write,Read (rel.),Write (rel.)\n"
                    "0,0,0,0,0\n2,0,0,0,0\n4,0,0,0,0\n6,0,0,0,0\n8,0,0,0,0\n");
}

/* 0.1 + 0.2 is not 0.3: what ends at an instant may come a little before or after it. */
static void test_rounding_does_not_move_an_event_over_a_sample(void **state)
{
    struct monitoring *monitoring = open_with(2);
    (void)state;
    monitoring_pass(monitoring, 0, false);
    monitoring_compute(monitoring, 0, 1);
    monitoring_compute(monitoring, 1, 1);
    monitoring_use_gpus(monitoring, 0, 1, nextafter(2, 0));
    monitoring_pass(monitoring, nextafter(2, 0), false);
    monitoring_compute(monitoring, 0, -1);
    monitoring_pass(monitoring, nextafter(2, 3), false);
    monitoring_compute(monitoring, 1, -1);
    monitoring_pass(monitoring, 4, false);
    assert_int_equal(monitoring_close(monitoring, &(struct error){0}), 0);
    check_file(cpu, "Time,a,b\n0,0,0\n2,1,1\n4,0,0\n");
    check_file(gpu, "Time,a,b\n0,0,0\n2,0.25,0\n4,0,0\n");
}

static void test_ranks_add_up_to_a_whole_node(void **state)
{
    struct monitoring *monitoring = open_with(1);
    (void)state;
    monitoring_compute(monitoring, 0, 1);
    monitoring_compute(monitoring, 0, 1);
    monitoring_pass(monitoring, 0, false);
    monitoring_compute(monitoring, 0, -1);
    monitoring_pass(monitoring, 1, false);
    monitoring_compute(monitoring, 0, -1);
    monitoring_pass(monitoring, 2, false);
    assert_int_equal(monitoring_close(monitoring, &(struct error){0}), 0);
    check_file(cpu, "Time,a,b\n0,1,0\n1,1,0\n2,0,0\n");
}

/* Kernels may be over before the call that says so. */
/* Texts of other lengths take the place of those before, and the rest of the row moves. */
static void test_values_of_a_row_change_one_by_one(void **state)
{
    struct monitoring *monitoring = open_with(1);
    struct error err = {0};
    (void)state;
    monitoring_use_gpus(monitoring, 1, 1, INFINITY);
    monitoring_pass(monitoring, 0, false);
    monitoring_use_gpus(monitoring, 0, 3, INFINITY);
    monitoring_pass(monitoring, 1, false);
    monitoring_use_gpus(monitoring, 1, 1, INFINITY);
    monitoring_pass(monitoring, 2, false);
    monitoring_use_gpus(monitoring, 0, -3, INFINITY);
    monitoring_pass(monitoring, 3, false);
    assert_int_equal(monitoring_close(monitoring, &err), 0);
    check_file(gpu, "Time,a,b\n0,0,0.5\n1,0.75,0.5\n2,0.75,1\n3,0,1\n");
}

static void test_gpus_are_busy_for_as_long_as_said(void **state)
{
    struct monitoring *monitoring = open_with(1);
    (void)state;
    monitoring_use_gpus(monitoring, 0, 1, 2.5);
    monitoring_use_gpus(monitoring, 1, 2, INFINITY);
    monitoring_pass(monitoring, 4, false);
    monitoring_use_gpus(monitoring, 0, -1, INFINITY);
    monitoring_use_gpus(monitoring, 1, -1, INFINITY);
    monitoring_pass(monitoring, 5, false);
    assert_int_equal(monitoring_close(monitoring, &(struct error){0}), 0);
    check_file(gpu, "Time,a,b\n0,0.25,1\n1,0.25,1\n2,0.25,1\n3,0,1\n4,0,1\n5,0,0.5\n");
}

static void test_times_are_multiples_not_sums(void **state)
{
    struct monitoring *monitoring = open_with(0.1);
    (void)state;
    monitoring_pass(monitoring, 100, false);
    assert_int_equal(monitoring_close(monitoring, &(struct error){0}), 0);
    FILE *stream = fopen(network, "r");
    char line[64];
    size_t lines = 0;
    while (fgets(line, sizeof line, stream))
        lines++;
    fclose(stream);
    assert_int_equal(lines, 1002);
    assert_string_equal(line, "100,0\n");
}

/* Loads of the port: half of a CPU, and the link that counts; neither PFS links nor loopbacks do.
 */
static void test_loads_of_the_port(void **state)
{
    const uint32_t hosts[] = {0, 1};
    const struct load load = {.kind = LOAD_EXCHANGE,
                              .hosts = hosts,
                              .num_hosts = 2,
                              .flops = (const double[]){1e9, 0},
                              .pattern = MATRIX_SCATTER,
                              .bytes = 8e9};
    struct error err = {0};
    struct monitoring *monitoring = open_with(1);
    double reached;
    (void)state;
    monitoring_pass(monitoring, 0, false);
    assert_non_null(resources_start(resources, &load, NULL, &err));
    assert_int_equal(resources_advance(resources, 2, &reached, &err), 0);
    monitoring_pass(monitoring, 2, true);
    monitoring_pass(monitoring, 3, false);
    assert_int_equal(monitoring_close(monitoring, &(struct error){0}), 0);
    /* The link takes 4 s for half of the bytes and is full; the other direction is idle. */
    check_file(network, "Time,Utilization\n0,0\n1,0.5\n2,0.5\n3,0\n");
    check_file(cpu, "Time,a,b\n0,0,0\n1,0.25,0\n2,0.25,0\n3,0,0\n");
}

static void test_a_full_disk_is_said(void **state)
{
    static char full[] = "/dev/full";
    struct configuration configuration = {
        .file = file, .sensing = true, .sensing_interval = 1e-3, .cpu_utilization = full};
    struct monitoring *monitoring;
    struct error err = {0};
    (void)state;
    assert_int_equal(monitoring_open(&monitoring, &configuration, &platform, &err), 0);
    monitoring_pass(monitoring, 100, false);
    assert_int_equal(monitoring_check(monitoring, &err), -1);
    assert_string_equal(err.message, "/dev/full: cannot write all of it: No space left on device");
    assert_int_equal(monitoring_close(monitoring, &err), -1);
    assert_string_equal(err.message, "/dev/full: cannot write all of it: No space left on device");
}

static int enter(void **state)
{
    struct error err = {0};
    if (scratch_enter(state))
        return -1;
    scratch_write("p.xml", "<?xml version='1.0'?>"
                           "<!DOCTYPE platform SYSTEM 'https://simgrid.org/simgrid.dtd'>"
                           "<platform version='4.1'><zone id='z' routing='Full'>"
                           "<host id='a' speed='1Gf'/><host id='b' speed='1Gf'/>"
                           "<link id='ab' bandwidth='1GBps' latency='0s'/>"
                           "<link id='ba' bandwidth='1GBps' latency='0s'/>"
                           "<link id='a_loopback' bandwidth='1GBps' latency='0s'/>"
                           "<link id='b_limiter' bandwidth='1GBps' latency='0s'/>"
                           "<route src='a' dst='b' symmetrical='NO'><link_ctn id='ab'/></route>"
                           "<route src='b' dst='a' symmetrical='NO'><link_ctn id='ba'/></route>"
                           "</zone></platform>");
    resources = resources_open("p.xml", 0, NULL, &err);
    platform.resources = resources;
    return resources ? 0 : -1;
}

static int leave(void **state)
{
    resources_close(resources);
    return scratch_leave(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_sensing_there_is_nothing),
        cmocka_unit_test(test_samples_are_of_the_state_before),
        cmocka_unit_test(test_rounding_does_not_move_an_event_over_a_sample),
        cmocka_unit_test(test_ranks_add_up_to_a_whole_node),
        cmocka_unit_test(test_values_of_a_row_change_one_by_one),
        cmocka_unit_test(test_gpus_are_busy_for_as_long_as_said),
        cmocka_unit_test(test_times_are_multiples_not_sums),
        cmocka_unit_test(test_loads_of_the_port),
        cmocka_unit_test(test_a_full_disk_is_said),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
