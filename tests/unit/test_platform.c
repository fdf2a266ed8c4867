/* The machine that host properties describe, and what is said of properties that make no sense. */
#include "platform/platform.h"

#include "child.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PLATFORM(content)                                                                          \
    "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM 'https://simgrid.org/simgrid.dtd'>\n"        \
    "<platform version='4.1'>\n<zone id='z' routing='Full'>" content "</zone></platform>"
#define HOST(name, content) "<host id='" name "' speed='1Gf'>" content "</host>"
#define PROPERTY(key, value) "<prop id='" key "' value='" value "'/>"
#define LINK(name) "<link id='" name "' bandwidth='1GBps' latency='0s'/>"

static char *links[] = {"PFS_read", "PFS_read_2", "PFS_raed"};

/* Loads the platform of that text, or ends the case. */
static struct resources *open_text(const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    scratch_write("p.xml", text);
    struct resources *port = resources_open("p.xml", 0, NULL, &err);
    check_text(err.message, "");
    return port;
}

/* A good platform, of which there is nothing to warn. */
static struct resources *create_good(struct platform *platform, const char *text,
                                     const struct configuration *configuration)
{
    struct warnings warnings = {.strict = true};
    struct error err = {.kind = ERROR_NONE};
    struct resources *port = open_text(text);
    check(platform_create(platform, "p.xml", port, configuration, &warnings, &err) == 0);
    check_text(err.message, "");
    return port;
}

static const char whole[] = PLATFORM(
    HOST("n3", PROPERTY("num_gpus", "2") PROPERTY("flops_per_gpu", "20Tf")
                   PROPERTY("gpu_to_gpu_bw", "50GBps") PROPERTY("pfs_targets", "p2"))
        HOST("n2", PROPERTY("node_local_bb", "True") PROPERTY("bb_read_bw", "4GBps")
                       PROPERTY("bb_write_bw", "16Gbps") PROPERTY("wide_striping", "1")
                           PROPERTY("flops_per_byte", "5f") PROPERTY("pfs_targets", " p2 ; p1"))
            HOST("n10", PROPERTY("node_local_bb", "true") PROPERTY("bb_read_bw", "4GBps")
                            PROPERTY("bb_write_bw", "2GBps") PROPERTY("wide_striping", "FALSE")
                                PROPERTY("num_gpus", "1") PROPERTY("flops_per_gpu", "1e12"))
                HOST("n1", PROPERTY("node_local_bb", "0") PROPERTY("num_gpus", "0")
                               PROPERTY("owner", "me") PROPERTY("wattage_per_state", "1:2:3"))
                    HOST("n4", PROPERTY("pfs_targets", "p2"))
                        HOST("p2", PROPERTY("pfs_host", "true"))
                            HOST("p1", PROPERTY("pfs_host", "true"))
                                HOST("batch", PROPERTY("batch_system", "true")) LINK("PFS_read")
                                    LINK("PFS_read_2"));

static void read_whole(const void *argument)
{
    const struct configuration configuration = {.pfs_read_links = {links, 2},
                                                .pfs_write_links = {links, 1}};
    struct platform platform;
    (void)argument;
    struct resources *port = create_good(&platform, whole, &configuration);
    check(platform.resources == port);
    check(platform.num_nodes == 5);
    const struct node_description *nodes = platform.nodes;
    check_text(nodes[0].name, "n1");
    check_text(nodes[1].name, "n10");
    check_text(nodes[2].name, "n2");
    check_text(nodes[3].name, "n3");
    for (uint32_t id = 0; id < 5; id++) {
        check_text(resources_host_name(port, nodes[id].host), nodes[id].name);
        check_near(nodes[id].speed, 1e9);
    }
    check(nodes[0].type == NODE_PLAIN && nodes[1].type == NODE_BURST_BUFFER);
    check(nodes[2].type == NODE_STRIPED_BURST_BUFFER && nodes[3].type == NODE_PLAIN);
    check_near(nodes[1].flops_per_byte, 0);
    check_near(nodes[2].flops_per_byte, 5);
    check(nodes[0].num_gpus == 0 && nodes[1].num_gpus == 1 && nodes[3].num_gpus == 2);
    check_near(nodes[1].gpu_speed, 1e12);
    check_near(nodes[3].gpu_speed, 2e13);
    check_near(nodes[3].gpu_bandwidth, 5e10);
    check(platform.max_gpus == 2);
    check(platform.nodes_with_gpus[0] == 5 && platform.nodes_with_gpus[1] == 2);
    check(platform.nodes_with_gpus[2] == 1);
    check(platform.num_pfs_hosts == 2);
    check_text(resources_host_name(port, platform.pfs_hosts[0]), "p1");
    check_text(resources_host_name(port, platform.pfs_hosts[1]), "p2");
    check(nodes[0].pfs.count == 2 && nodes[0].pfs.hosts == platform.pfs_hosts);
    check(nodes[2].pfs.count == 2 && nodes[2].pfs.hosts[0] == platform.pfs_hosts[1]);
    check(nodes[2].pfs.hosts[1] == platform.pfs_hosts[0]);
    check(nodes[3].pfs.count == 1 && nodes[3].pfs.hosts[0] == platform.pfs_hosts[1]);
    check(nodes[4].pfs.hosts == nodes[3].pfs.hosts && platform.num_target_lists == 2);
    check(platform.has_burst_buffer && platform.has_compute_on_io);
    check(platform.pfs_read.count == 2 && platform.pfs_write.count == 1);
    check_text(resources_link_name(port, platform.pfs_read.links[1]), "PFS_read_2");
    check_near(platform.pfs_read.bandwidth, 2e9);
    check_near(platform.pfs_write.bandwidth, 1e9);
    platform_release(&platform);
    platform_release(&platform);
    resources_close(port);
}

#define NODE_WITH(speeds, state, content)                                                          \
    "<host id='a' speed='" speeds "' pstate='" state "'>" content "</host>"

/* The watts are those of the speed that the host has. */
static void read_power(const void *argument)
{
    static const char text[] = PLATFORM(
        NODE_WITH("3Gf, 2Gf", "1",
                  PROPERTY("wattage_per_state", "95:120:200, 90:170.5")
                      PROPERTY("wattage_off", "9.75") PROPERTY("num_gpus", "2")
                          PROPERTY("flops_per_gpu", "1Tf") PROPERTY("gpu_to_gpu_bw", "1GBps")
                              PROPERTY("gpu_wattage_idle", "50") PROPERTY("gpu_wattage_busy", "400")
                                  PROPERTY("boot_seconds", "150") PROPERTY("boot_joules", "3e4")
                                      PROPERTY("stop_seconds", "6"))
            HOST("b", PROPERTY("wattage_per_state", "1:2:3") PROPERTY("boot_joules", "0"))
                HOST("c", ""));
    const struct configuration configuration = {.file = NULL};
    struct platform platform;
    (void)argument;
    struct resources *port = create_good(&platform, text, &configuration);
    const struct node_description *a = &platform.nodes[0], *b = &platform.nodes[1];
    check_near(a->power.idle, 90);
    check_near(a->power.epsilon, 90);
    check_near(a->power.all, 170.5);
    check_near(a->power.off, 9.75);
    check_near(a->power.gpu_idle, 50);
    check_near(a->power.gpu_busy, 400);
    check_near(a->boot_seconds, 150);
    check_near(a->power.boot, 200);
    check_near(a->stop_seconds, 6);
    check_near(a->power.stop, 190);
    check_near(b->power.idle, 1);
    check_near(b->power.epsilon, 2);
    check_near(b->power.all, 3);
    check_near(b->power.boot, 1);
    check_near(platform.nodes[2].power.idle, 0);
    platform_release(&platform);
    resources_close(port);
}

/* Without any property, each host is a compute node. */
static void read_plain(const void *argument)
{
    const struct configuration configuration = {.file = NULL};
    struct platform platform;
    (void)argument;
    struct resources *port =
        create_good(&platform, PLATFORM(HOST("b", "") HOST("a", "")), &configuration);
    check(platform.num_nodes == 2);
    check_text(platform.nodes[0].name, "a");
    check(platform.max_gpus == 0 && platform.nodes_with_gpus[0] == 2);
    check(platform.num_pfs_hosts == 0 && platform.nodes[0].pfs.count == 0);
    check(!platform.has_burst_buffer && !platform.has_compute_on_io);
    check(platform.pfs_read.count == 0);
    check_near(platform.pfs_read.bandwidth, 0);
    platform_release(&platform);
    resources_close(port);
}

/* The disks are there: a second of writing, half a second of reading. */
static void use_disks(const void *argument)
{
    const struct configuration configuration = {.file = NULL};
    struct platform platform;
    struct error err = {.kind = ERROR_NONE};
    const uint32_t hosts[] = {0}, members[] = {0};
    const double amounts[] = {2e9};
    struct load load = {.kind = LOAD_DISK_WRITE,
                        .hosts = hosts,
                        .num_hosts = 1,
                        .members = members,
                        .amounts = amounts,
                        .num_members = 1};
    double reached;
    (void)argument;
    struct resources *port = create_good(
        &platform,
        PLATFORM(HOST("a", PROPERTY("node_local_bb", "true") PROPERTY("bb_read_bw", "4GBps")
                               PROPERTY("bb_write_bw", "2GBps"))),
        &configuration);
    check(resources_start(port, &load, NULL, &err));
    check(resources_advance(port, 10, &reached, &err) == 0);
    check_near(reached, 1);
    platform_release(&platform);
    resources_close(port);
}

static void test_good_platforms(void **state)
{
    (void)state;
    assert_true(child_runs(read_whole, NULL));
    assert_true(child_runs(read_plain, NULL));
    assert_true(child_runs(read_power, NULL));
    assert_true(child_runs(use_disks, NULL));
}

static void read_example(const void *argument)
{
    const struct configuration configuration = {.file = NULL};
    struct warnings warnings = {.strict = true};
    struct platform platform;
    struct error err = {.kind = ERROR_NONE};
    struct resources *port = resources_open(argument, 0, NULL, &err);
    check_text(err.message, "");
    check(platform_create(&platform, argument, port, &configuration, &warnings, &err) == 0);
    check_text(err.message, "");
    for (uint32_t id = 0; id < platform.num_nodes; id++)
        for (size_t i = 0; i < platform.nodes[id].pfs.count; i++) {
            size_t target = platform.nodes[id].pfs.hosts[i];
            check(resources_check_route(port, platform.nodes[id].host, target, &err) == 0);
            check(resources_check_route(port, target, platform.nodes[id].host, &err) == 0);
        }
    platform_release(&platform);
    resources_close(port);
}

static void test_example_platforms(void **state)
{
    (void)state;
    assert_true(child_runs(read_example, SOURCE_DIR "/platforms/crossbar.xml"));
    assert_true(child_runs(read_example, SOURCE_DIR "/platforms/dragonfly.xml"));
    assert_true(child_runs(read_example, SOURCE_DIR "/platforms/fat_tree.xml"));
}

struct bad_case {
    const char *content; /* of the zone */
    const char *message;
    const struct configuration *configuration; /* NULL for an empty one */
};

static void create_bad(const void *argument)
{
    static const struct configuration empty;
    const struct bad_case *bad = argument;
    struct warnings warnings = {.strict = true};
    struct platform platform;
    struct error err = {.kind = ERROR_NONE};
    struct resources *port = open_text(bad->content);
    check(platform_create(&platform, "p.xml", port,
                          bad->configuration ? bad->configuration : &empty, &warnings, &err) == -1);
    check(err.kind == ERROR_INPUT);
    check_text(err.message, bad->message);
    platform_release(&platform);
    resources_close(port);
}

#define NODE(properties) PLATFORM(HOST("a", properties))
#define BURST_BUFFER                                                                               \
    PROPERTY("node_local_bb", "true")                                                              \
    PROPERTY("bb_read_bw", "1GBps") PROPERTY("bb_write_bw", "1GBps")
#define PFS_HOSTS HOST("pfs1", PROPERTY("pfs_host", "true")) HOST("pfs2", PROPERTY("pfs_host", "1"))

static const struct configuration wrong_link = {.file = "c.json", .pfs_read_links = {links + 2, 1}};
static const struct configuration odd_link = {.file = "c.json", .pfs_write_links = {links, 1}};
static char *twice[] = {"l", "l"};
static const struct configuration same_links = {.file = "c.json", .pfs_read_links = {twice, 2}};

static const struct bad_case bad_platforms[] = {
    {NODE(PROPERTY("batch_system", "yes")),
     "p.xml: host 'a': property 'batch_system': must be 'true' or 'false', is 'yes'", NULL},
    {NODE(PROPERTY("pfs_host", "")),
     "p.xml: host 'a': property 'pfs_host': must be 'true' or 'false', is ''", NULL},
    {NODE(PROPERTY("node_local_bb", "2")),
     "p.xml: host 'a': property 'node_local_bb': must be 'true' or 'false', is '2'", NULL},
    {PLATFORM(HOST("a", PROPERTY("batch_system", "true"))
                  HOST("c", PROPERTY("batch_system", "true")) HOST("b", "")),
     "p.xml: host 'c': property 'batch_system': must be true for one host only, and already is "
     "for 'a'",
     NULL},
    {PLATFORM(HOST("a", PROPERTY("batch_system", "true") PROPERTY("pfs_host", "true"))
                  HOST("b", "")),
     "p.xml: host 'a': property 'pfs_host': must not be true together with 'batch_system'; a host "
     "can only be one of them",
     NULL},
    {PLATFORM(HOST("a", PROPERTY("batch_system", "true")) PFS_HOSTS),
     "p.xml: there is no compute node: each host is the batch system or a PFS host", NULL},
    {PLATFORM("<host id='a' speed='0f'/>"),
     "p.xml: host 'a': a compute node needs a speed above 0; give a host that isn't one the "
     "property 'batch_system' or 'pfs_host'",
     NULL},
    {NODE(PROPERTY("node_local_bb", "true")),
     "p.xml: host 'a': property 'bb_read_bw': is missing; a burst buffer ('node_local_bb') needs a "
     "bandwidth, like '4GBps'",
     NULL},
    {NODE(PROPERTY("node_local_bb", "true") PROPERTY("bb_read_bw", "1GBps")),
     "p.xml: host 'a': property 'bb_write_bw': is missing; a burst buffer ('node_local_bb') needs "
     "a "
     "bandwidth, like '4GBps'",
     NULL},
    {NODE(PROPERTY("node_local_bb", "true") PROPERTY("bb_read_bw", "4GB")
              PROPERTY("bb_write_bw", "1GBps")),
     "p.xml: host 'a': property 'bb_read_bw': must be a bandwidth, like '4GBps', above 0, is '4GB'",
     NULL},
    {NODE(PROPERTY("node_local_bb", "true") PROPERTY("bb_read_bw", "0GBps")
              PROPERTY("bb_write_bw", "1GBps")),
     "p.xml: host 'a': property 'bb_read_bw': must be a bandwidth, like '4GBps', above 0, is "
     "'0GBps'",
     NULL},
    {NODE(BURST_BUFFER PROPERTY("wide_striping", "true") PROPERTY("flops_per_byte", "-1")),
     "p.xml: host 'a': property 'flops_per_byte': must be a number of flops, like '5f', of at "
     "least "
     "0, is '-1'",
     NULL},
    {NODE(PROPERTY("wide_striping", "true")),
     "p.xml: host 'a': property 'wide_striping' has no effect without 'node_local_bb'", NULL},
    {NODE(PROPERTY("num_gpus", "-1")),
     "p.xml: host 'a': property 'num_gpus': must be a whole number from 0 to 100000, is '-1'",
     NULL},
    {NODE(PROPERTY("num_gpus", "1.5")),
     "p.xml: host 'a': property 'num_gpus': must be a whole number from 0 to 100000, is '1.5'",
     NULL},
    {NODE(PROPERTY("num_gpus", "99999999999999999999")),
     "p.xml: host 'a': property 'num_gpus': must be a whole number from 0 to 100000, is "
     "'99999999999999999999'",
     NULL},
    {NODE(PROPERTY("num_gpus", "1")),
     "p.xml: host 'a': property 'flops_per_gpu': is missing; a node with GPUs ('num_gpus') needs a "
     "speed, like '20Tf'",
     NULL},
    {NODE(PROPERTY("num_gpus", "1") PROPERTY("flops_per_gpu", "fast")),
     "p.xml: host 'a': property 'flops_per_gpu': must be a speed, like '20Tf', above 0, is 'fast'",
     NULL},
    {NODE(PROPERTY("num_gpus", "2") PROPERTY("flops_per_gpu", "1Tf")),
     "p.xml: host 'a': property 'gpu_to_gpu_bw': is missing; a node with several GPUs ('num_gpus') "
     "needs a bandwidth, like '50GBps'",
     NULL},
    {PLATFORM(NODE_WITH("2Gf,1Gf", "0", PROPERTY("wattage_per_state", "1:2"))),
     "p.xml: host 'a': property 'wattage_per_state': must have an entry for each of the host's 2 "
     "speeds, separated by commas, has 1",
     NULL},
    {PLATFORM(NODE_WITH("2Gf,1Gf", "0", PROPERTY("wattage_per_state", "1:2,1:2:3:4"))),
     "p.xml: host 'a': property 'wattage_per_state': must be 'IDLE:ALL' or 'IDLE:EPSILON:ALL', "
     "each a number of watts of at least 0, for each speed of the host, is '1:2,1:2:3:4'",
     NULL},
    {NODE(PROPERTY("boot_joules", "5")),
     "p.xml: host 'a': property 'boot_joules': needs 'boot_seconds', the time in which they are "
     "drawn, above 0",
     NULL},
    {NODE(PROPERTY("watage_off", "5")),
     "p.xml: host 'a': unknown property 'watage_off', did you mean 'wattage_off'?", NULL},
    {PLATFORM(HOST("a", PROPERTY("pfs_targets", "pfs1;pfs")) PFS_HOSTS),
     "p.xml: host 'a': property 'pfs_targets': 'pfs' is not a host with the property 'pfs_host', "
     "did "
     "you mean 'pfs1'?",
     NULL},
    {PLATFORM(HOST("a", PROPERTY("pfs_targets", "lustre")) PFS_HOSTS),
     "p.xml: host 'a': property 'pfs_targets': 'lustre' is not a host with the property 'pfs_host'",
     NULL},
    {PLATFORM(HOST("a", PROPERTY("pfs_targets", "a")) PFS_HOSTS),
     "p.xml: host 'a': property 'pfs_targets': 'a' is not a host with the property 'pfs_host'",
     NULL},
    {PLATFORM(HOST("a", PROPERTY("pfs_targets", "pfs1,pfs1")) PFS_HOSTS),
     "p.xml: host 'a': property 'pfs_targets': names 'pfs1' twice", NULL},
    {PLATFORM(HOST("a", PROPERTY("pfs_targets", " ; ")) PFS_HOSTS),
     "p.xml: host 'a': property 'pfs_targets': names no host", NULL},
    {NODE(PROPERTY("num_gpu", "1")),
     "p.xml: host 'a': unknown property 'num_gpu', did you mean 'num_gpus'?", NULL},
    {PLATFORM(HOST("a", PROPERTY("Batch_system", "true"))
                  HOST("b", PROPERTY("Batch_system", "false")) HOST("c", "")),
     "p.xml: host 'a' (and 1 more): unknown property 'Batch_system', did you mean 'batch_system'?",
     NULL},
    {NODE(PROPERTY("pfs_tragets", "x")),
     "p.xml: host 'a': unknown property 'pfs_tragets', did you mean 'pfs_targets'?", NULL},
    {NODE(PROPERTY("bb_red_bw", "x")),
     "p.xml: host 'a': unknown property 'bb_red_bw', did you mean 'bb_read_bw'?", NULL},
    {NODE(PROPERTY("wide-striping", "x")),
     "p.xml: host 'a': unknown property 'wide-striping', did you mean 'wide_striping'?", NULL},
    {PLATFORM(HOST("a", "") LINK("PFS_read") LINK("PFS_write")),
     "c.json: pfs_read_links[0]: p.xml has no link 'PFS_raed', did you mean 'PFS_read'?",
     &wrong_link},
    {PLATFORM(HOST("a", "") LINK("x")), "c.json: pfs_write_links[0]: p.xml has no link 'PFS_read'",
     &odd_link},
    {PLATFORM(HOST("a", "") LINK("l")), "c.json: pfs_read_links[1]: link 'l' is listed twice",
     &same_links},
};

static void test_bad_platforms_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_platforms / sizeof bad_platforms[0]; i++)
        assert_true(child_runs(create_bad, &bad_platforms[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_platforms),
        cmocka_unit_test(test_example_platforms),
        cmocka_unit_test(test_bad_platforms_are_refused),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
