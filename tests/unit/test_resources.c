/* The resource port: the platform as it is read, when loads end, and what is said when something is
 * wrong. */
#include "resources/log.h"
#include "resources/resources.h"

#include "child.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HEAD                                                                                       \
    "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM 'https://simgrid.org/simgrid.dtd'>\n"        \
    "<platform version='4.1'>\n"
#define PLATFORM(content) HEAD "<zone id='z' routing='Full'>" content "</zone></platform>"

/* A link of 1 GBps without latency for an ordered pair, named "from-to". */
#define LINK(from, to) "<link id='" from "-" to "' bandwidth='1GBps' latency='0s'/>"
#define ROUTE(from, to)                                                                            \
    "<route src='" from "' dst='" to "' symmetrical='NO'><link_ctn id='" from "-" to "'/></route>"
#define PAIR(from, to) LINK(from, to) ROUTE(from, to)
#define HOST(name) "<host id='" name "' speed='1Gf'/>"

/* Four hosts of 1 Gf, one link per ordered pair. */
#define FROM(DO, from, a, b, c) DO(from, a) DO(from, b) DO(from, c)
#define FOR_PAIRS(DO)                                                                              \
    FROM(DO, "a", "b", "c", "d")                                                                   \
    FROM(DO, "b", "a", "c", "d")                                                                   \
    FROM(DO, "c", "a", "b", "d")                                                                   \
    FROM(DO, "d", "a", "b", "c")
static const char mesh[] =
    PLATFORM(HOST("a") HOST("b") HOST("c") HOST("d") FOR_PAIRS(LINK) FOR_PAIRS(ROUTE));

/* Loads the platform of that text, or ends the case. With WITH_FLOW in the environment our own
 * model shares it out, where it can. */
static struct resources *open_text(const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    scratch_write("p.xml", text);
    struct resources *port = resources_open("p.xml", 0, NULL, &err);
    if (port && getenv("WITH_FLOW"))
        resources_use_flow(port, &err);
    check_text(err.message, "");
    return port;
}

/* --- The platform ---------------------------------------------------------------------------- */

static void read_platform(const void *argument)
{
    (void)argument;
    struct resources *port = open_text(PLATFORM(
        "<host id='n10' speed='2Gf,1Gf' core='4'><prop id='z' value='1'/><prop id='a' value='x y'/>"
        "</host><host id='n2' speed='1Gf' pstate='0'/><host id='a' speed='0f'/>"
        "<link id='l2' bandwidth='8Gbps' latency='1us'/><link id='l10' bandwidth='1MBps' "
        "latency='0s'/>"
        "<link id='d' bandwidth='3MBps' latency='0s' sharing_policy='SPLITDUPLEX'/>"));
    check(resources_num_hosts(port) == 3);
    check_text(resources_host_name(port, 0), "a");
    check_text(resources_host_name(port, 1), "n10");
    check_text(resources_host_name(port, 2), "n2");
    check_near(resources_host_speed(port, 0), 0);
    check_near(resources_host_speed(port, 1), 8e9);
    check_near(resources_host_speed(port, 2), 1e9);
    check(resources_num_host_properties(port, 0) == 0);
    check(resources_num_host_properties(port, 1) == 2);
    check_text(resources_host_property_key(port, 1, 0), "a");
    check_text(resources_host_property_key(port, 1, 1), "z");
    check_text(resources_host_property(port, 1, "a"), "x y");
    check(!resources_host_property(port, 1, "b"));
    check(resources_num_links(port) == 5);
    check_text(resources_link_name(port, 0), "__loopback__");
    check_text(resources_link_name(port, 1), "d_DOWN");
    check_text(resources_link_name(port, 2), "d_UP");
    check_text(resources_link_name(port, 3), "l10");
    check_text(resources_link_name(port, 4), "l2");
    check_near(resources_link_bandwidth(port, 4), 1e9);
    check(resources_find_link(port, "l10") == 3);
    check(resources_find_link(port, "l1") == -1);
    check(resources_find_link(port, "zzz") == -1);
    check(!resources_have_profiles(port));
    check(!resources_busy(port));
    check(!log_info_enabled());
    resources_close(port);
}

static void test_platform_is_read(void **state)
{
    (void)state;
    assert_true(child_runs(read_platform, NULL));
}

static void read_example(const void *argument)
{
    struct error err = {.kind = ERROR_NONE};
    struct resources *port = resources_open(argument, 0, NULL, &err);
    check_text(err.message, "");
    check(resources_num_hosts(port) > 100);
    check(resources_check_route(port, 10, 20, &err) == 0);
    resources_close(port);
}

static void test_example_platforms_are_read(void **state)
{
    (void)state;
    assert_true(child_runs(read_example, SOURCE_DIR "/platforms/crossbar.xml"));
    assert_true(child_runs(read_example, SOURCE_DIR "/platforms/dragonfly.xml"));
    assert_true(child_runs(read_example, SOURCE_DIR "/platforms/fat_tree.xml"));
}

struct profile_case {
    const char *content;
    bool has_profiles;
};

static void look_for_profiles(const void *argument)
{
    const struct profile_case *expected = argument;
    scratch_write("t.txt", "1 0.5\nLOOPAFTER 10\n");
    struct resources *port = open_text(expected->content);
    check(resources_have_profiles(port) == expected->has_profiles);
    resources_close(port);
}

static void test_profiles_are_found(void **state)
{
    static const struct profile_case cases[] = {
        {PLATFORM("<host id='h' speed='1Gf' speed_file='t.txt'/>"), true},
        {PLATFORM("<host id='h' speed='1Gf'\n\tstate_file = \"t.txt\"/>"), true},
        {PLATFORM("<host id='h' speed='1Gf'/><link id='l' bandwidth='1Bps' latency='0s' "
                  "bandwidth_file='t.txt'/>"),
         true},
        {PLATFORM("<host id='h' speed='1Gf'/><link id='l' bandwidth='1Bps' latency='0s' "
                  "latency_file='t.txt'/>"),
         true},
        {PLATFORM("<host id='h' speed='1Gf' speed_file=''/>"), false},
        {PLATFORM("<!-- speed_file='t.txt' <trace/> --><host id='h' speed='1Gf'/>"), false},
        {PLATFORM("<host id='speed_file' speed='1Gf'/>"), false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(child_runs(look_for_profiles, &cases[i]));
}

struct bad_case {
    const char *file;
    const char *content; /* NULL: not written */
    const char *option;
    const char *message; /* or what stands before SimGrid's reason, which each version words anew */
};

/* A message that ends in a colon goes on with a reason in SimGrid's words. */
static void check_refusal(char *message, const char *expected)
{
    size_t length = strlen(expected);
    if (strcmp(expected + length - 2, ": ") == 0 && strlen(message) > length)
        message[length] = '\0';
    check_text(message, expected);
}

static void open_bad(const void *argument)
{
    const struct bad_case *bad = argument;
    struct error err = {.kind = ERROR_NONE};
    if (bad->content)
        scratch_write(bad->file, bad->content);
    check(!resources_open(bad->file, bad->option ? 1 : 0, &bad->option, &err));
    check(err.kind == ERROR_INPUT);
    check_refusal(err.message, bad->message);
}

#define REFUSED "SimGrid refuses the platform: "
#define REFUSED_OPTION ": SimGrid refuses the option: "
#define ONE_HOST "<host id='h' speed='1Gf'/>"
#define DRAGONFLY(hosts, parameters)                                                               \
    "<cluster id='d' prefix='n' suffix='' radical='" hosts "' speed='1Gf' bw='1GBps' lat='1us' "   \
    "topology='DRAGONFLY' sharing_policy='SPLITDUPLEX'\n topo_parameters='" parameters "'/>"
#define FEW_BLADES(groups, blades, noun)                                                           \
    "cluster 'd': its dragonfly has " groups " groups, but " blades " " noun " per chassis; "      \
    "SimGrid finds the way to a group by the blade of the same number, so raise the blades in "    \
    "topo_parameters to " groups " or lower the groups to " blades

static const struct bad_case bad_platforms[] = {
    {"none.xml", NULL, NULL,
     "none.xml: can't open the platform file: it does not exist (paths are relative to the working "
     "directory)"},
    {"/", NULL, NULL, "/: can't open the platform file: it is a directory"},
    {"p.xml", " \n", NULL, "p.xml: the platform file is empty"},
    {"p.xml", "{}", NULL, "p.xml:1: " REFUSED},
    {"p.xml", PLATFORM("<host id='h' sped='1Gf'/>"), NULL, "p.xml:4: " REFUSED},
    {"p.xml", PLATFORM("\n\n<host id='h' speed='1Gx'/>"), NULL, "p.xml:6: " REFUSED},
    {"p.xml", PLATFORM("<host id='h' speed='1Gf'>"), NULL, "p.xml:4: " REFUSED},
    {"p.xml", PLATFORM(ONE_HOST ONE_HOST), NULL, "p.xml: " REFUSED},
    {"p.xml", PLATFORM(ONE_HOST "<route src='h' dst='x'/>"), NULL, "p.xml:4: " REFUSED},
    {"p.xml", PLATFORM("<host id='h' speed='1Gf' core='0'/>"), NULL, "p.xml: " REFUSED},
    {"p.xml", PLATFORM("<host id='h' speed='1Gf' speed_file='x.txt'/>"), NULL, "p.xml: " REFUSED},
    {"p.xml", PLATFORM("<host id='h' speed='-1Gf'/>"), NULL,
     "p.xml: " REFUSED "host 'h': its speed is negative"},
    {"p.xml", PLATFORM(ONE_HOST "<link id='l' bandwidth='-1Bps' latency='0s'/>"), NULL,
     "p.xml: " REFUSED "link 'l': its bandwidth is negative"},
    {"p.xml", PLATFORM(ONE_HOST "<link id='l' bandwidth='1Bps' latency='-1s'/>"), NULL,
     "p.xml: " REFUSED "link 'l': its latency is negative"},
    {"p.xml", HEAD "</platform>", NULL, "p.xml: " REFUSED "there is no host in it"},
    {"p.xml", PLATFORM(""), NULL, "p.xml: " REFUSED "there is no host in it"},
    {"p.xml",
     PLATFORM(ONE_HOST "<link id='l' bandwidth='1Bps,2Bps' latency='0s' sharing_policy='WIFI'/>"),
     NULL, "p.xml: " REFUSED},
    {"p.xml", PLATFORM(DRAGONFLY("0-7", "2,2;2,1;1,1;2")), NULL,
     "p.xml:4: " FEW_BLADES("2", "1", "blade")},
    {"p.xml",
     PLATFORM("<!--\n" DRAGONFLY("0", "9,1;1,1;1,1;1") "\n-->\n" DRAGONFLY(
         "0-11", " 3, 1; 2, 1; 2, 1; 1 ")),
     NULL, "p.xml:8: " FEW_BLADES("3", "2", "blades")},
    {"p.xml", PLATFORM(DRAGONFLY("0-7", "2,2;2,1;1,1")), NULL,
     "p.xml:4: " FEW_BLADES("2", "1", "blade")},
    {"p.xml", PLATFORM(DRAGONFLY("0-7", "2,2;2,1;x")), NULL, "p.xml: " REFUSED},
    {"p.xml", PLATFORM("<host id='h' speed='1Gf' core='99999999999'/>"), NULL,
     "p.xml: " REFUSED "a whole number in it is malformed or too large"},
    {"p.xml", PLATFORM(ONE_HOST) "\nmore", NULL, "p.xml:5: " REFUSED "this is no XML"},
    {"p.xml", PLATFORM("<host id='h' speed='nanGf'/>"), NULL,
     "p.xml: " REFUSED "host 'h': its speed is not a number"},
    {"p.xml", PLATFORM(ONE_HOST "<link id='l' bandwidth='nanBps' latency='0s'/>"), NULL,
     "p.xml: " REFUSED "link 'l': its bandwidth is not a number"},
#ifndef __SANITIZE_ADDRESS__ /* which ends the program instead */
    {"p.xml", PLATFORM(DRAGONFLY("0-3", "1,1;1,1;1,1;-1")), NULL,
     "p.xml: " REFUSED "there is not enough memory for it; is a size in it negative or too large?"},
#endif
    {"p.xml", PLATFORM(ONE_HOST), "--log",
     "--log: not an option of SimGrid; those begin with --cfg= or --log="},
    {"p.xml", PLATFORM(ONE_HOST), "--cfg=foo:1", "--cfg=foo:1" REFUSED_OPTION},
    {"p.xml", PLATFORM(ONE_HOST), "--cfg=foo", "--cfg=foo" REFUSED_OPTION},
    {"p.xml", PLATFORM(ONE_HOST), "--log=root.thresh:loud",
     "--log=root.thresh:loud" REFUSED_OPTION},
    {"p.xml", PLATFORM(ONE_HOST), "--cfg=host/model:default",
     "--cfg=host/model:default: SimGrid refuses the option: of all host models only ptask_L07 has "
     "parallel tasks"},
    {"p.xml", PLATFORM(ONE_HOST), "--cfg=plugin:none", "--cfg=plugin:none" REFUSED_OPTION},
};

/* Zones within zones, `depth` elements deep with the platform. */
static void write_nested(const char *file, size_t depth)
{
    FILE *out = fopen(file, "w");
    check(out);
    fputs(HEAD, out);
    for (size_t i = 0; i < depth - 1; i++)
        fprintf(out, "<zone id='z%zu>' routing=\"Full\">\n", i);
    fputs(ONE_HOST "<!-- <zone> --><link id='l' bandwidth='1Bps' latency='0s'/>\n", out);
    for (size_t i = 0; i < depth - 1; i++)
        fputs("</zone>", out);
    fputs("</platform>\n", out);
    check(fclose(out) == 0);
}

static void open_nested(const void *argument)
{
    struct error err = {.kind = ERROR_NONE};
    (void)argument;
    write_nested("p.xml", 201);
    check(!resources_open("p.xml", 0, NULL, &err));
    check_text(err.message, "p.xml:203: elements are nested more than 200 deep, which is too much "
                            "for SimGrid; put zones beside each other");
    write_nested("p.xml", 200);
    err.kind = ERROR_NONE;
    struct resources *port = resources_open("p.xml", 0, NULL, &err);
    check(port);
    resources_close(port);
}

static void test_deep_platforms_are_refused(void **state)
{
    (void)state;
    assert_true(child_runs(open_nested, NULL));
}

/* SimGrid finds all routes of these. */
static const char *const good_dragonflies[] = {
    PLATFORM(DRAGONFLY("0-15", "2,2;2,1;2,1;2")),
    PLATFORM(DRAGONFLY("0-7", "1,1;2,1;1,1;4")),
    PLATFORM(DRAGONFLY("0-17", "3,1;2,1;3,1;1")),
};

static void find_all_routes(const void *argument)
{
    struct resources *port = open_text(argument);
    struct error err = {.kind = ERROR_NONE};
    size_t count = resources_num_hosts(port);
    for (size_t from = 0; from < count; from++)
        for (size_t to = 0; to < count; to++)
            check(from == to || resources_check_route(port, from, to, &err) == 0);
    resources_close(port);
}

static void test_dragonflies_with_enough_blades_are_fine(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good_dragonflies / sizeof good_dragonflies[0]; i++)
        assert_true(child_runs(find_all_routes, good_dragonflies[i]));
}

static void test_bad_platforms_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_platforms / sizeof bad_platforms[0]; i++)
        assert_true(child_runs(open_bad, &bad_platforms[i]));
}

/* SimGrid shows its help and ends the process; that is what was asked for. */
static void ask_for_help(const void *argument)
{
    struct error err = {.kind = ERROR_NONE};
    const char *option = argument;
    scratch_write("p.xml", mesh);
    check(freopen("help.txt", "w", stdout));
    resources_open("p.xml", 1, &option, &err);
    _exit(3);
}

static void test_help_of_simgrid_is_shown(void **state)
{
    (void)state;
    assert_true(child_runs(ask_for_help, "--cfg=network/model:help"));
}

/* Warnings of SimGrid's about a platform that it accepts are heard. */
static void listen_to_warnings(const void *argument)
{
    char text[512] = "";
    (void)argument;
    check(freopen("log.txt", "w", stderr));
    struct resources *port = open_text(PLATFORM("<host id='h' speed='1000000000'/>"));
    fflush(stderr);
    FILE *log = fopen("log.txt", "r");
    check(log && fgets(text, sizeof text, log) && fclose(log) == 0);
    check(strstr(text, "Deprecated unit-less value '1000000000' for speed of host h"));
    resources_close(port);
}

static void test_warnings_of_simgrid_are_heard(void **state)
{
    (void)state;
    assert_true(child_runs(listen_to_warnings, NULL));
}

static void open_twice(const void *argument)
{
    struct error err = {.kind = ERROR_NONE};
    (void)argument;
    resources_close(open_text(mesh));
    check(!resources_open("p.xml", 0, NULL, &err));
    check_text(err.message, "p.xml: SimGrid loads only one platform per process");
    resources_close(NULL);
}

static void test_a_second_platform_is_refused(void **state)
{
    (void)state;
    assert_true(child_runs(open_twice, NULL));
}

static void set_log_level(const void *argument)
{
    const char *option = "--log=root.thresh:info";
    struct error err = {.kind = ERROR_NONE};
    (void)argument;
    scratch_write("p.xml", mesh);
    check(freopen("log.txt", "w", stderr));
    struct resources *port = resources_open("p.xml", 1, &option, &err);
    check(port && log_info_enabled());
    resources_close(port);
}

static void test_log_level_is_the_users(void **state)
{
    (void)state;
    assert_true(child_runs(set_log_level, NULL));
}

/* --- Routes ---------------------------------------------------------------------------------- */

static const char islands[] = PLATFORM(HOST("a") HOST("b") HOST("c") HOST("d") PAIR("a", "b"));

static void check_routes(const void *argument)
{
    struct error err = {.kind = ERROR_NONE};
    (void)argument;
    struct resources *port = open_text(islands);
    check(resources_check_route(port, 0, 1, &err) == 0);
    check_text(err.message, "");
    check(resources_check_route(port, 1, 0, &err) == -1);
    check(err.kind == ERROR_INPUT);
    check_text(err.message, "p.xml: no route leads from host 'b' to host 'a'");
    err.kind = ERROR_NONE;
    check(resources_check_route(port, 0, 1, &err) == 0);
    resources_close(port);
}

static void start_without_route(const void *argument)
{
    struct error err = {.kind = ERROR_NONE};
    (void)argument;
    struct resources *port = open_text(islands);
    const uint32_t hosts[] = {0, 1, 2};
    const struct load load = {.kind = LOAD_EXCHANGE,
                              .hosts = hosts,
                              .num_hosts = 3,
                              .pattern = MATRIX_RING_CLOCKWISE,
                              .bytes = 3e9};
    double reached;
    check(!resources_start(port, &load, NULL, &err));
    check(err.kind == ERROR_INPUT);
    check_text(err.message, "p.xml: no route leads from host 'b' to host 'c'");
    err.kind = ERROR_NONE;
    check(resources_advance(port, 1, &reached, &err) == -1);
    resources_close(port);
}

static void test_missing_routes_are_errors(void **state)
{
    (void)state;
    assert_true(child_runs(check_routes, NULL));
    assert_true(child_runs(start_without_route, NULL));
}

/* --- Loads ----------------------------------------------------------------------------------- */

static const uint32_t abcd[] = {0, 1, 2, 3};
static const uint32_t all_ranks[] = {0, 1, 2, 3};

static struct load_group *start(struct resources *port, const struct load *load, const char *owner)
{
    struct error err = {.kind = ERROR_NONE};
    struct load_group *group = resources_start(port, load, (void *)(uintptr_t)owner, &err);
    check_text(err.message, "");
    check(group);
    return group;
}

/* A computation of these amounts on the first hosts. */
static struct load_group *start_compute(struct resources *port, const double *amounts,
                                        uint32_t count, const char *owner)
{
    const struct load load = {.kind = LOAD_COMPUTE,
                              .hosts = abcd,
                              .num_hosts = count,
                              .members = all_ranks,
                              .amounts = amounts,
                              .num_members = count};
    return start(port, &load, owner);
}

static double advance(struct resources *port, double until)
{
    struct error err = {.kind = ERROR_NONE};
    double reached = -1;
    check(resources_advance(port, until, &reached, &err) == 0);
    check_text(err.message, "");
    return reached;
}

/* The completions of an instant as text: "owner:0,2 other:1!", ! after the last of a group. */
static const char *completions(struct resources *port)
{
    static char text[256];
    struct completion completion;
    size_t used = 0;
    text[0] = '\0';
    while (resources_next_completion(port, &completion)) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s:", used ? " " : "",
                                 (const char *)completion.owner);
        for (uint32_t i = 0; i < completion.count; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%u", i ? "," : "",
                                     completion.indices[i]);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s", completion.last ? "!" : "");
    }
    return text;
}

static void compute(const void *argument)
{
    const double first[] = {1e9, 3e9, 1e9, 2e9}, second[] = {1e9};
    (void)argument;
    struct resources *port = open_text(mesh);
    resources_measure(port);
    check_near(advance(port, 5), 5);
    check(!resources_busy(port));
    start_compute(port, first, 4, "A");
    start_compute(port, second, 1, "B");
    check(resources_busy(port));
    check_near(resources_host_load(port, 0), 1e9);
    check_near(resources_host_load(port, 3), 1e9);
    check_near(advance(port, 5.5), 5.5);
    check_text(completions(port), "");
    check_near(advance(port, 100), 6); /* host c */
    check_text(completions(port), "A:2");
    check_near(resources_host_load(port, 2), 0);
    check_near(advance(port, 100), 7); /* d; two shared a */
    check_text(completions(port), "A:0,3 B:0!");
    check_near(resources_host_load(port, 0), 0);
    check_near(advance(port, INFINITY), 8);
    check_text(completions(port), "A:1!");
    check(!resources_busy(port));
    check_near(advance(port, 1e6), 1e6);
    check(resources_seconds(port) > 0);
    resources_close(port);
}

static void compute_on_cores(const void *argument)
{
    const double one[] = {8e9};
    const double flops[] = {8e9, 1e9}, matrix[] = {0, 1e9, 0, 0};
    (void)argument;
    struct resources *port = open_text(
        PLATFORM("<host id='a' speed='1Gf' core='4'/><host id='b' speed='1Gf'/>" PAIR("a", "b")));
    start_compute(port, one, 1, "A");
    check_near(resources_host_load(port, 0), 4e9);
    check_near(advance(port, INFINITY), 2);
    check_text(completions(port), "A:0!");
    start_compute(port, one, 1, "A");
    start_compute(port, one, 1, "B");
    check_near(resources_host_load(port, 0), 4e9);
    check_near(advance(port, INFINITY), 6);
    check_text(completions(port), "A:0! B:0!");
    const struct load coupled = {.kind = LOAD_EXCHANGE,
                                 .hosts = abcd,
                                 .num_hosts = 2,
                                 .flops = flops,
                                 .pattern = MATRIX_LIST,
                                 .matrix = matrix};
    start(port, &coupled, "C");
    check_near(resources_host_load(port, 0), 4e9);
    check_near(resources_host_load(port, 1), 0.5e9);
    check_near(resources_link_load(port, (size_t)resources_find_link(port, "a-b")), 0.5e9);
    check_near(advance(port, INFINITY), 8);
    check_text(completions(port), "C:0!");
    resources_close(port);
}

/* Each core makes a row of SimGrid's matrix. */
static void couple_many_cores(const void *argument)
{
    const double flops[] = {8e9, 1e9};
    const struct load coupled = {.kind = LOAD_EXCHANGE,
                                 .hosts = abcd,
                                 .num_hosts = 2,
                                 .flops = flops,
                                 .pattern = MATRIX_SCATTER,
                                 .bytes = 1e9};
    struct error err = {.kind = ERROR_NONE};
    (void)argument;
    struct resources *port =
        open_text(PLATFORM("<host id='a' speed='1Gf' core='12000'/>" HOST("b") PAIR("a", "b")));
    if (getenv("WITH_FLOW")) { /* our own model has no matrix */
        start(port, &coupled, "A");
        check_near(advance(port, INFINITY), 1); /* b's computation; a's and the flow take less */
        check_text(completions(port), "A:0!");
        resources_close(port);
        return;
    }
    check(!resources_start(port, &coupled, NULL, &err));
    check(err.kind == ERROR_INPUT);
    check_text(err.message,
               "p.xml: a parallel task of 12001 cores that exchange data is too large for SimGrid; "
               "a host with several cores can be given as one core of that many times the speed");
    resources_close(port);
}

static void test_computations_share_hosts(void **state)
{
    (void)state;
    assert_true(child_runs(compute, NULL));
    assert_true(child_runs(compute_on_cores, NULL));
    assert_true(child_runs(couple_many_cores, NULL));
}

struct pattern_case {
    enum matrix_pattern pattern;
    uint32_t n;
    double sent[4][4]; /* of 12 GB */
};

/* The share of each link in the load of all is its share in the bytes. */
static void exchange(const void *argument)
{
    const struct pattern_case *expected = argument;
    const struct load load = {.kind = LOAD_EXCHANGE,
                              .hosts = abcd,
                              .num_hosts = expected->n,
                              .pattern = expected->pattern,
                              .bytes = 12e9,
                              .matrix = &expected->sent[0][0]};
    double largest = 0;
    struct resources *port = open_text(mesh);
    start(port, &load, "A");
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t j = 0; j < 4; j++)
            largest = fmax(largest, expected->sent[i][j]);
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t j = 0; j < 4; j++) {
            const char name[] = {(char)('a' + i), '-', (char)('a' + j), '\0'};
            if (i != j)
                check_near(resources_link_load(port, (size_t)resources_find_link(port, name)),
                           1e9 * expected->sent[i][j] / largest);
        }
    check_near(advance(port, 1e6), largest * 1e-9);
    check_text(completions(port), "A:0!");
    resources_close(port);
}

static void test_exchanges_follow_their_pattern(void **state)
{
    static const struct pattern_case cases[] = {
        {MATRIX_ALL_TO_ALL,
         4,
         {{0, 1e9, 1e9, 1e9}, {1e9, 0, 1e9, 1e9}, {1e9, 1e9, 0, 1e9}, {1e9, 1e9, 1e9, 0}}},
        {MATRIX_ALL_TO_ALL, 2, {{0, 6e9}, {6e9}}},
        {MATRIX_GATHER, 4, {{0}, {3e9}, {3e9}, {3e9}}},
        {MATRIX_SCATTER, 4, {{0, 3e9, 3e9, 3e9}}},
        {MATRIX_MASTER_WORKER, 4, {{0, 2e9, 2e9, 2e9}, {2e9}, {2e9}, {2e9}}},
        {MATRIX_RING,
         4,
         {{0, 1.5e9, 0, 1.5e9}, {1.5e9, 0, 1.5e9, 0}, {0, 1.5e9, 0, 1.5e9}, {1.5e9, 0, 1.5e9}}},
        {MATRIX_RING, 2, {{0, 6e9}, {6e9}}},
        {MATRIX_RING_CLOCKWISE, 4, {{0, 3e9}, {0, 0, 3e9}, {0, 0, 0, 3e9}, {3e9}}},
        {MATRIX_RING_COUNTER_CLOCKWISE, 4, {{0, 0, 0, 3e9}, {3e9}, {0, 3e9}, {0, 0, 3e9}}},
        {MATRIX_LIST, 4, {{0, 1e9, 2e9, 0}, {0}, {0, 5e9, 0, 1}, {0}}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(child_runs(exchange, &cases[i]));
}

/* What has nothing to do is over when the port is next asked. */
static void exchange_nothing(const void *argument)
{
    const double matrix[16] = {0}, flops[4] = {0}, one[] = {2e9, 0, 0, 0};
    struct load load = {.kind = LOAD_EXCHANGE, .hosts = abcd, .num_hosts = 1, .bytes = 1e9};
    (void)argument;
    struct resources *port = open_text(mesh);
    check_near(advance(port, 3), 3);
    start(port, &load, "A");
    check(resources_busy(port));
    check_text(completions(port), "");
    load = (struct load){.kind = LOAD_EXCHANGE,
                         .hosts = abcd,
                         .num_hosts = 4,
                         .flops = flops,
                         .pattern = MATRIX_LIST,
                         .matrix = matrix};
    struct load_group *cancelled = start(port, &load, "B");
    load.bytes = 1e-200;
    load.pattern = MATRIX_RING;
    start(port, &load, "C");
    resources_cancel(port, cancelled);
    check_near(advance(port, 10), 3);
    check_text(completions(port), "A:0! C:0!");
    check(!resources_busy(port));
    load.flops = one;
    load.num_hosts = 1;
    start(port, &load, "D");
    check_near(advance(port, 10), 5);
    check_text(completions(port), "D:0!");
    resources_close(port);
}

static void test_empty_exchanges_end_at_once(void **state)
{
    (void)state;
    assert_true(child_runs(exchange_nothing, NULL));
}

static void pfs_io(const void *argument)
{
    const enum load_kind kind = *(const enum load_kind *)argument;
    const uint32_t both[] = {2, 3}, members[] = {1, 0};
    const struct pfs_targets two = {both, 2}, one = {both, 1};
    const struct pfs_targets *const targets[] = {&two, &one};
    const double amounts[] = {4e9, 1e9};
    const struct load load = {.kind = kind,
                              .hosts = abcd,
                              .num_hosts = 2,
                              .members = members,
                              .amounts = amounts,
                              .num_members = 2,
                              .targets = targets};
    bool write = kind == LOAD_PFS_WRITE;
    struct resources *port = open_text(mesh);
    start(port, &load, "A");
    check_near(resources_link_load(port, (size_t)resources_find_link(port, write ? "b-d" : "d-b")),
               1e9);
    check_near(resources_link_load(port, (size_t)resources_find_link(port, write ? "a-c" : "c-a")),
               1e9);
    check_near(resources_link_load(port, (size_t)resources_find_link(port, write ? "c-a" : "a-c")),
               0);
    check_near(advance(port, 10), 1);
    check_text(completions(port), "A:1");
    check_near(advance(port, 10), 2);
    check_text(completions(port), "A:0!");
    resources_close(port);
}

/* A PFS host that is a node: what it keeps for itself goes nowhere. */
static void pfs_io_of_target(const void *argument)
{
    const uint32_t both[] = {0, 1}, members[] = {0, 1};
    const struct pfs_targets two = {both, 2}, one = {both, 1};
    const struct pfs_targets *const targets[] = {&one, &two};
    const double amounts[] = {1e9, 4e9};
    const struct load load = {.kind = LOAD_PFS_WRITE,
                              .hosts = abcd,
                              .num_hosts = 2,
                              .members = members,
                              .amounts = amounts,
                              .num_members = 2,
                              .targets = targets};
    (void)argument;
    struct resources *port = open_text(mesh);
    start(port, &load, "A");
    check_near(advance(port, 10), 0);
    check_text(completions(port), "A:0");
    check_near(advance(port, 10), 2);
    check_text(completions(port), "A:1!");
    resources_close(port);
}

static void test_pfs_io_is_split_over_its_hosts(void **state)
{
    const enum load_kind read = LOAD_PFS_READ, write = LOAD_PFS_WRITE;
    (void)state;
    assert_true(child_runs(pfs_io, &read));
    assert_true(child_runs(pfs_io, &write));
    assert_true(child_runs(pfs_io_of_target, NULL));
}

static struct resources *open_with_disks(void)
{
    struct resources *port = open_text(mesh);
    for (size_t host = 0; host < 4; host++)
        resources_add_disk(port, host, 2e9, 1e9);
    return port;
}

static struct load_group *start_io(struct resources *port, enum load_kind kind,
                                   const double *amounts, uint32_t count, const char *owner)
{
    const struct load load = {.kind = kind,
                              .hosts = abcd,
                              .num_hosts = 4,
                              .members = all_ranks,
                              .amounts = amounts,
                              .num_members = count,
                              .flops_per_byte = 0};
    return start(port, &load, owner);
}

static void disk_io(const void *argument)
{
    const double amounts[] = {4e9, 2e9, 0.1};
    (void)argument;
    struct resources *port = open_with_disks();
    start_io(port, LOAD_DISK_READ, amounts, 2, "R");
    check_near(advance(port, 10), 1);
    check_text(completions(port), "R:1");
    start_io(port, LOAD_DISK_WRITE, amounts, 3, "W");
    /* one byte at the least */
    check_near(advance(port, 10), 1 + 1e-9);
    check_text(completions(port), "W:2");
    /* together read and written at no more than the larger bandwidth: 1e9 each on disk a */
    check_near(advance(port, 10), 3);
    check_text(completions(port), "R:0! W:1");
    check_near(advance(port, 10), 5);
    check_text(completions(port), "W:0!");
    resources_close(port);
}

static void many_disk_ios(const void *argument)
{
    const double amounts[] = {2e9, 2e9, 2e9, 2e9};
    (void)argument;
    struct resources *port = open_with_disks();
    for (int i = 0; i < 5; i++) {
        struct load_group *cancelled = start_io(port, LOAD_DISK_READ, amounts, 4, "X");
        start_io(port, LOAD_DISK_READ, amounts, 4, "R");
        resources_cancel(port, cancelled);
        start_io(port, LOAD_DISK_WRITE, amounts, 1, "W");
        check_near(advance(port, 100), 3.0 * i + 1);
        check_text(completions(port), "R:1,2,3");
        check_near(advance(port, 100), 3.0 * i + 2);
        check_text(completions(port), "R:0! W:0!");
        check_near(advance(port, 3.0 * i + 3), 3.0 * i + 3);
    }
    resources_close(port);
}

static void test_disk_io_shares_disks(void **state)
{
    (void)state;
    assert_true(child_runs(disk_io, NULL));
    assert_true(child_runs(many_disk_ios, NULL));
}

/* Member i of n moves amounts[i]/n over the disks of all and amounts[i]/n over each link to or from
 * it. */
static void striped_io(const void *argument)
{
    const double equal[] = {4e9, 4e9, 4e9, 4e9}, unequal[] = {4e9, 8e9};
    (void)argument;
    struct resources *port = open_with_disks();
    start_io(port, LOAD_STRIPED_READ, equal, 4, "A");
    check_near(resources_link_load(port, (size_t)resources_find_link(port, "a-b")), 1e9);
    check_near(advance(port, 10), 2); /* 4e9 on each disk; 1e9 on each link took 1 s */
    check_text(completions(port), "A:0,1,2,3!");
    start_io(port, LOAD_STRIPED_READ, equal, 4, "A");
    check_near(advance(port, INFINITY), 4);
    check_text(completions(port), "A:0,1,2,3!");
    start_io(port, LOAD_STRIPED_WRITE, unequal, 2, "B");
    check_near(advance(port, 10), 6); /* of 3e9 on each disk, 2 * 1e9 by now */
    check_text(completions(port), "B:0");
    check_near(advance(port, 10), 7);
    check_text(completions(port), "B:1!");
    check(!resources_busy(port));
    resources_close(port);
}

static void striped_io_computes(const void *argument)
{
    const double amounts[] = {4e9};
    struct load load = {.kind = LOAD_STRIPED_READ,
                        .hosts = abcd,
                        .num_hosts = 4,
                        .members = all_ranks,
                        .amounts = amounts,
                        .num_members = 1,
                        .flops_per_byte = 4};
    (void)argument;
    struct resources *port = open_with_disks();
    start(port, &load, "A");
    for (size_t host = 0; host < 4; host++)
        check_near(resources_host_load(port, host), 1e9);
    check_near(resources_link_load(port, (size_t)resources_find_link(port, "b-a")), 0.25e9);
    check_near(resources_link_load(port, (size_t)resources_find_link(port, "a-b")), 0);
    check_near(advance(port, 10), 4);
    check_text(completions(port), "A:0!");
    load.num_hosts = 1;
    start(port, &load, "A"); /* 2 s of disk, 16 s of computation */
    check_near(advance(port, 100), 20);
    check_text(completions(port), "A:0!");
    load.flops_per_byte = 0;
    start(port, &load, "A");
    check_near(advance(port, 100), 22);
    check_text(completions(port), "A:0!");
    resources_close(port);
}

/* Members that were alike are told apart by others that come to some of their hosts. */
static void striped_io_meets_computations(const void *argument)
{
    const double bytes[] = {1e9, 1e9, 1e9, 1e9}, flops[] = {1e9, 2e9, 3e9, 4e9};
    const struct load load = {.kind = LOAD_STRIPED_WRITE,
                              .hosts = abcd,
                              .num_hosts = 4,
                              .members = all_ranks,
                              .amounts = bytes,
                              .num_members = 4,
                              .flops_per_byte = 4};
    (void)argument;
    struct resources *port = open_with_disks();
    start(port, &load, "A");
    for (size_t host = 0; host < 4; host++)
        check_near(resources_host_load(port, host), 1e9);
    check_near(resources_link_load(port, (size_t)resources_find_link(port, "a-b")), 0.0625e9);
    check_near(advance(port, 2), 2);
    start_compute(port, flops, 4, "B");
    for (size_t host = 0; host < 4; host++)
        check_near(resources_host_load(port, host), 1e9);
    check_near(resources_link_load(port, (size_t)resources_find_link(port, "a-b")), 0.05e9);
    check_near(advance(port, 100), 4.5); /* half in 2 s, the rest with a fifth of each host */
    check_text(completions(port), "A:0,1,2,3!");
    check_near(advance(port, 100), 5);
    check_text(completions(port), "B:0");
    check_near(advance(port, 100), 6);
    check_text(completions(port), "B:1");
    check_near(advance(port, 100), 7);
    check_text(completions(port), "B:2");
    check_near(advance(port, 100), 8);
    check_text(completions(port), "B:3!");
    resources_close(port);
}

static void test_striped_io_uses_all_disks(void **state)
{
    (void)state;
    assert_true(child_runs(striped_io, NULL));
    assert_true(child_runs(striped_io_computes, NULL));
    assert_true(child_runs(striped_io_meets_computations, NULL));
}

/* --- Cancelling, and what handlers may do ---------------------------------------------------- */

static void cancel(const void *argument)
{
    const double amounts[] = {4e9, 1e9};
    (void)argument;
    struct resources *port = open_text(mesh);
    start_compute(port, amounts, 1, "A");
    struct load_group *other = start_compute(port, amounts, 2, "B");
    check_near(advance(port, 1), 1);
    check_text(completions(port), "B:1");
    check_near(resources_host_load(port, 0), 1e9);
    check_near(advance(port, 2), 2);
    resources_cancel(port, other);
    check_near(resources_host_load(port, 0), 1e9);
    check_near(advance(port, 100), 5); /* 1e9 of 4e9 done in 2 s, the rest alone */
    check_text(completions(port), "A:0!");
    other = start_compute(port, amounts, 1, "C");
    resources_cancel(port, other);
    check(!resources_busy(port));
    check_near(resources_host_load(port, 0), 0);
    check_near(advance(port, 6), 6);
    start_compute(port, amounts, 1, "D");
    check_near(advance(port, INFINITY), 10);
    check_text(completions(port), "D:0!");
    start_compute(port, amounts, 2, "E");
    resources_close(port);
}

/* Of three groups that end together, the handler of the first cancels the second and starts a
 * fourth. */
static void interfere(const void *argument)
{
    const double amounts[] = {1e9};
    struct completion completion;
    (void)argument;
    struct resources *port = open_text(mesh);
    start_compute(port, amounts, 1, "A");
    struct load_group *second = start_compute(port, amounts, 1, "B");
    start_compute(port, amounts, 1, "C");
    check_near(advance(port, 10), 3);
    check(resources_next_completion(port, &completion));
    check_text(completion.owner, "A");
    check(completion.count == 1 && completion.indices[0] == 0 && completion.last);
    resources_cancel(port, second);
    start_compute(port, amounts, 1, "D");
    check_text(completions(port), "C:0!");
    check_near(advance(port, 10), 4);
    check_text(completions(port), "D:0!");
    resources_close(port);
}

/* A group is cancelled by the handler of its own first completion, and one is left unreported. */
static void cancel_self(const void *argument)
{
    const double amounts[] = {1e9, 2e9};
    struct completion completion;
    (void)argument;
    struct resources *port = open_text(mesh);
    struct load_group *group = start_compute(port, amounts, 2, "A");
    check_near(advance(port, 10), 1);
    check(resources_next_completion(port, &completion));
    resources_cancel(port, group);
    check(completion.indices[0] == 0);
    check_text(completions(port), "");
    check(!resources_busy(port));
    start_compute(port, amounts, 1, "B");
    check_near(advance(port, 10), 2);
    check_near(advance(port, 10), 2);
    check_text(completions(port), "B:0!");
    resources_close(port);
}

static void test_handlers_may_cancel_and_start(void **state)
{
    (void)state;
    assert_true(child_runs(cancel, NULL));
    assert_true(child_runs(interfere, NULL));
    assert_true(child_runs(cancel_self, NULL));
}

/* --- Standing still -------------------------------------------------------------------------- */

static void go_on(struct resources *port, struct load_group *group)
{
    struct error err = {.kind = ERROR_NONE};
    check(resources_go_on(port, group, &err) == 0);
    check_text(err.message, "");
}

static void pause_computations(const void *argument)
{
    const double first[] = {4e9, 1e9}, second[] = {4e9};
    (void)argument;
    struct resources *port = open_text(mesh);
    struct load_group *a = start_compute(port, first, 2, "A");
    start_compute(port, second, 1, "B");
    check_near(advance(port, 1), 1);
    check_text(completions(port), "A:1");
    check_near(advance(port, 2), 2); /* each has 1e9 of host a */
    resources_pause(port, a);
    check_near(resources_host_load(port, 0), 1e9);
    check_near(resources_host_load(port, 1), 0);
    check_near(advance(port, 100), 5); /* the rest of B alone */
    check_text(completions(port), "B:0!");
    check(!resources_busy(port));
    check_near(resources_host_load(port, 0), 0);
    check(isinf(advance(port, INFINITY)));
    check_near(advance(port, 10), 10);
    go_on(port, a);
    check(resources_busy(port));
    check_near(resources_host_load(port, 0), 1e9);
    check_near(advance(port, 12), 12);
    resources_pause(port, a); /* twice, and in the instant in which it goes on */
    go_on(port, a);
    resources_pause(port, a);
    check_near(advance(port, 20), 20);
    go_on(port, a);
    check_near(advance(port, 100), 21);
    check_text(completions(port), "A:0!");
    resources_close(port);
}

/* Both send from a to b. */
static void pause_exchanges(const void *argument)
{
    const uint32_t pair[] = {0, 1};
    const struct load load = {.kind = LOAD_EXCHANGE,
                              .hosts = pair,
                              .num_hosts = 2,
                              .pattern = MATRIX_SCATTER,
                              .bytes = 8e9};
    (void)argument;
    struct resources *port = open_text(mesh);
    size_t link = (size_t)resources_find_link(port, "a-b");
    struct load_group *a = start(port, &load, "A");
    start(port, &load, "B");
    check_near(advance(port, 2), 2); /* 1e9 of 4e9 bytes each */
    resources_pause(port, a);
    check_near(resources_link_load(port, link), 1e9);
    check_near(advance(port, 3), 3);
    go_on(port, a);
    check_near(advance(port, 100), 7); /* B: 2e9 to go at 3 */
    check_text(completions(port), "B:0!");
    check_near(advance(port, 100), 8);
    check_text(completions(port), "A:0!");
    a = start(port, &load, "A");
    check_near(advance(port, 9), 9);
    resources_pause(port, a);
    check_near(advance(port, 10), 10);
    resources_cancel(port, a);
    check(!resources_busy(port));
    start(port, &load, "C"); /* after what was cancelled while it stood still */
    check_near(advance(port, 100), 14);
    check_text(completions(port), "C:0!");
    resources_pause(port, start(port, &load, "D"));
    resources_close(port);
}

/* What has moved nothing yet waits for its latency anew, what has moved something does not. */
static void pause_latencies(const void *argument)
{
    const uint32_t pair[] = {0, 1};
    struct load load = {.kind = LOAD_EXCHANGE,
                        .hosts = pair,
                        .num_hosts = 2,
                        .pattern = MATRIX_SCATTER,
                        .bytes = 2e6};
    (void)argument;
    struct resources *port = open_text(
        PLATFORM(HOST("a") HOST("b") "<link id='l' bandwidth='1MBps' latency='0.5s'/>"
                                     "<route src='a' dst='b'><link_ctn id='l'/></route>"));
    size_t link = (size_t)resources_find_link(port, "l");
    struct load_group *group = start(port, &load, "A");
    check_near(advance(port, 0.25), 0.25);
    resources_pause(port, group);
    check_near(advance(port, 10), 10);
    go_on(port, group);
    resources_pause(port, group);
    go_on(port, group);
    check_near(resources_link_load(port, link), 0);
    check_near(advance(port, 10.25), 10.25);
    check_near(resources_link_load(port, link), 0);
    check_near(advance(port, 11), 11); /* half a second of latency, then half of a second */
    resources_pause(port, group);
    check_near(advance(port, 20), 20);
    go_on(port, group);
    check_near(advance(port, 100), 20.5);
    check_text(completions(port), "A:0!");
    load.bytes = 2e9;
    group = start(port, &load, "B");
    check_near(advance(port, 20.75), 20.75);
    resources_pause(port, group);
    check_near(advance(port, 30), 30);
    go_on(port, group);
    check_near(advance(port, 31), 31);
    check_near(resources_link_load(port, link), 1e6);
    resources_pause(port, group);
    resources_cancel(port, group);
    resources_pause(port, group = start(port, &load, "C"));
    resources_cancel(port, group);
    check(!resources_busy(port));
    resources_close(port);
}

static void pause_disk_ios(const void *argument)
{
    const double amounts[] = {4e9, 2e9};
    (void)argument;
    struct resources *port = open_with_disks();
    struct load_group *read = start_io(port, LOAD_DISK_READ, amounts, 2, "R");
    start_io(port, LOAD_DISK_READ, amounts, 1, "S");
    check_near(advance(port, 1), 1);
    check_text(completions(port), "R:1");
    resources_pause(port, read); /* 3e9 left of each on disk a */
    check_near(advance(port, 2), 2);
    go_on(port, read);
    check_near(advance(port, 100), 3); /* S: 1e9 left at 2 */
    check_text(completions(port), "S:0!");
    check_near(advance(port, 100), 4);
    check_text(completions(port), "R:0!");
    read = start_io(port, LOAD_DISK_READ, amounts, 2, "R");
    resources_pause(port, read);
    check(!resources_busy(port));
    check_near(advance(port, 5), 5);
    resources_cancel(port, read);
    resources_close(port);
}

/* 4e9 bytes on each disk, 1e9 on each link; members are told apart while the group stands still. */
static void pause_striped_ios(const void *argument)
{
    const double equal[] = {4e9, 4e9, 4e9, 4e9}, flops[] = {1e9, 1e9};
    struct load load = {.kind = LOAD_STRIPED_READ,
                        .hosts = abcd,
                        .num_hosts = 4,
                        .members = all_ranks,
                        .amounts = equal,
                        .num_members = 4,
                        .flops_per_byte = 1};
    (void)argument;
    struct resources *port = open_with_disks();
    struct load_group *striped = start(port, &load, "A"); /* 4e9 flops on each host */
    check_near(resources_host_load(port, 0), 1e9);
    check_near(advance(port, 1), 1);
    resources_pause(port, striped);
    check_near(resources_host_load(port, 0), 0);
    start_compute(port, flops, 2, "B");
    check_near(advance(port, 1.5), 1.5);
    go_on(port, striped);
    check_near(resources_link_load(port, (size_t)resources_find_link(port, "c-d")), 0.2e9);
    check_near(advance(port, 100), 4); /* B: 0.5e9 left at 1.5, and a fifth of hosts a and b */
    check_text(completions(port), "B:0,1!");
    check_near(advance(port, 100), 5); /* A: a quarter done at 1.5, three at 4 */
    check_text(completions(port), "A:0,1,2,3!");
    resources_close(port);
}

static void test_loads_stand_still(void **state)
{
    (void)state;
    assert_true(child_runs(pause_computations, NULL));
    assert_true(child_runs(pause_exchanges, NULL));
    assert_true(child_runs(pause_latencies, NULL));
    assert_true(child_runs(pause_disk_ios, NULL));
    assert_true(child_runs(pause_striped_ios, NULL));
}

/* --- Many loads at random -------------------------------------------------------------------- */

enum { NUM_SLOTS = 40, NUM_STEPS = 4000 };

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % bound;
}

/* A group and the members of it that are under way. */
struct slot {
    struct load_group *group;
    uint32_t members_left;
};

static void start_anything(struct resources *port, struct slot *slot)
{
    static const uint32_t pfs[] = {3};
    static const struct pfs_targets targets = {pfs, 1};
    const struct pfs_targets *const all_targets[] = {&targets, &targets, &targets, &targets};
    double amounts[4], flops[4];
    uint32_t count = 1 + random_below(4);
    for (uint32_t i = 0; i < 4; i++) {
        amounts[i] = 1e6 * (1 + random_below(5));
        flops[i] = random_below(2) ? amounts[i] : 0;
    }
    const struct load load = {.kind = (enum load_kind)random_below(LOAD_STRIPED_WRITE + 1),
                              .hosts = abcd,
                              .num_hosts = random_below(2) ? 4 : count,
                              .members = all_ranks,
                              .amounts = amounts,
                              .num_members = count,
                              .targets = all_targets,
                              .flops_per_byte = random_below(2),
                              .flops = random_below(2) ? flops : NULL,
                              .pattern = (enum matrix_pattern)random_below(MATRIX_LIST),
                              .bytes = 1e6 * random_below(3)};
    slot->members_left = load.kind == LOAD_EXCHANGE ? 1 : count;
    slot->group = start(port, &load, (const char *)slot);
}

static void take_completions(struct resources *port)
{
    struct completion completion;
    while (resources_next_completion(port, &completion)) {
        struct slot *slot = completion.owner;
        check(slot->group && completion.count > 0 && completion.count <= slot->members_left);
        slot->members_left -= completion.count;
        check(completion.last == (slot->members_left == 0));
        for (uint32_t i = 1; i < completion.count; i++)
            check(completion.indices[i - 1] < completion.indices[i]);
        if (completion.last)
            slot->group = NULL;
    }
}

/* Loads as they were seen last. */
struct seen_loads {
    uint64_t number;
    double loads[12 + 4]; /* of links, of hosts */
};

/* As long as the number is the same, so are the loads. */
static void check_loads_number(struct resources *port, struct seen_loads *seen)
{
    struct seen_loads now = {.number = resources_loads_number(port)};
    for (size_t link = 0; link < 12; link++)
        now.loads[link] = resources_link_load(port, link);
    for (size_t host = 0; host < 4; host++)
        now.loads[12 + host] = resources_host_load(port, host);
    for (size_t i = 0; now.number == seen->number && i < 12 + 4; i++)
        check(now.loads[i] == seen->loads[i]);
    *seen = now;
}

/* Each member ends once, none of a group that was cancelled, and time never goes back. */
static void do_anything(const void *argument)
{
    static struct slot slots[NUM_SLOTS];
    struct seen_loads seen = {.number = UINT64_MAX};
    double now = 0;
    (void)argument;
    struct resources *port = open_with_disks();
    for (int i = 0; i < NUM_STEPS; i++) {
        struct slot *slot = &slots[random_below(NUM_SLOTS)];
        if (slot->group && random_below(4) == 0) {
            resources_cancel(port, slot->group);
            slot->group = NULL;
        } else if (!slot->group) {
            start_anything(port, slot);
        }
        if (random_below(8) == 0)
            check(resources_link_load(port, random_below(12)) <= 1.01e10);
        double reached = advance(port, now + 1e-3 * random_below(3));
        check(reached >= now);
        now = reached;
        check_loads_number(port, &seen);
        take_completions(port);
    }
    while (resources_busy(port)) {
        now = advance(port, INFINITY);
        check(isfinite(now));
        take_completions(port);
    }
    for (int i = 0; i < NUM_SLOTS; i++)
        check(!slots[i].group);
    for (size_t host = 0; host < 4; host++)
        check_near(resources_host_load(port, host), 0);
    resources_close(port);
}

static void test_every_member_ends_once(void **state)
{
    (void)state;
    assert_true(child_runs(do_anything, NULL));
}

/* --- Time ------------------------------------------------------------------------------------ */

static void keep_time(const void *argument)
{
    const double amounts[] = {1e9};
    double start_time = 0;
    (void)argument;
    struct resources *port = open_text(mesh);
    for (int i = 0; i < 2000; i++) {
        start_time += 0.1 + 1e-6 * i;
        check(advance(port, start_time) == start_time);
        check(advance(port, start_time - 0.05) == start_time); /* never back */
        start_compute(port, amounts, 1, "A");
        check(advance(port, start_time + 1e-6) == start_time + 1e-6);
        check_near(advance(port, INFINITY), start_time + 1);
        check_text(completions(port), "A:0!");
        start_time += 1;
    }
    resources_close(port);
}

static void stand_still(const void *argument)
{
    const double amounts[] = {1e9};
    (void)argument;
    struct resources *port = open_text(PLATFORM("<host id='a' speed='0f'/>"));
    start_compute(port, amounts, 1, "A");
    check_near(advance(port, 7), 7);
    check(isinf(advance(port, INFINITY)));
    check_text(completions(port), "");
    check(resources_busy(port));
    check_near(advance(port, 8), 8);
    resources_close(port);
}

static void test_time_is_kept(void **state)
{
    (void)state;
    assert_true(child_runs(keep_time, NULL));
    assert_true(child_runs(stand_still, NULL));
}

static double observed[8];
static size_t num_observed;
static double observed_load;

static void observe(void *context, double time)
{
    observed_load = resources_host_load(context, 0);
    observed[num_observed++] = time;
}

/* At its end a load still shows. */
static void observe_ends(const void *argument)
{
    const double amounts[] = {1e9, 1e9}, more[] = {2e9};
    (void)argument;
    struct resources *port = open_text(mesh);
    resources_observe(port, observe, port);
    start_compute(port, amounts, 2, "A");
    start_compute(port, more, 1, "B");
    check_near(advance(port, 10), 1);
    check(num_observed == 1 && observed_load > 0.99e9);
    check_text(completions(port), "A:1");
    check_near(advance(port, 10), 2);
    check_text(completions(port), "A:0!");
    check_near(advance(port, 10), 3);
    check(num_observed == 3 && observed_load > 0.99e9);
    check_near(observed[0], 1);
    check_near(observed[2], 3);
    check_near(resources_host_load(port, 0), 0);
    resources_close(port);
}

/* Disks and the network end at one instant, and then a disk alone. */
static void observe_disks(const void *argument)
{
    const double amounts[] = {2e9, 4e9, 1e9};
    (void)argument;
    struct resources *port = open_with_disks();
    resources_observe(port, observe, port);
    start_io(port, LOAD_DISK_READ, amounts, 2, "R");
    start_compute(port, amounts + 2, 1, "C");
    check_near(advance(port, 10), 1);
    check_text(completions(port), "R:0 C:0!");
    check(num_observed == 1 && observed_load > 0.99e9);
    check_near(advance(port, 10), 2);
    check_text(completions(port), "R:1!");
    check(num_observed == 2 && observed_load < 1);
    resources_close(port);
}

static void test_ends_are_observed(void **state)
{
    (void)state;
    assert_true(child_runs(observe_ends, NULL));
    assert_true(child_runs(observe_disks, NULL));
}

/* --- Profiles -------------------------------------------------------------------------------- */

static void slow_down(const void *argument)
{
    const double amounts[] = {2e9};
    (void)argument;
    scratch_write("t.txt", "1 0.5\n2 0\n12 1\n");
    struct resources *port = open_text(PLATFORM("<host id='a' speed='1Gf' speed_file='t.txt'/>"));
    start_compute(port, amounts, 1, "A");
    check_near(advance(port, INFINITY), 12.5); /* 1, 0.5, 10 s of nothing, 0.5 */
    check_text(completions(port), "A:0!");
    resources_close(port);
}

static void change_bandwidth(const void *argument)
{
    const struct load load = {.kind = LOAD_EXCHANGE,
                              .hosts = abcd,
                              .num_hosts = 2,
                              .pattern = MATRIX_SCATTER,
                              .bytes = 4e9};
    (void)argument;
    scratch_write("t.txt", "5 2000000000\n");
    struct resources *port = open_text(PLATFORM(
        HOST("a") HOST("b") "<link id='l' bandwidth='1GBps' latency='0s' bandwidth_file='t.txt'/>"
                            "<route src='a' dst='b'><link_ctn id='l'/></route>"));
    size_t link = (size_t)resources_find_link(port, "l");
    check_near(resources_link_bandwidth(port, link), 1e9);
    check_near(advance(port, 4), 4);
    start(port, &load, "A");
    check_near(advance(port, INFINITY), 5.5);
    check_near(resources_link_bandwidth(port, link), 2e9);
    resources_close(port);
}

static void turn_off(const void *argument)
{
    const double amounts[] = {2e9, 2e9, 1e8, 1e8};
    struct error err = {.kind = ERROR_NONE};
    double reached;
    (void)argument;
    scratch_write("t.txt", "0.5 0\n10 1\n");
    struct resources *port =
        open_text(PLATFORM(HOST("a") "<host id='b' speed='1Gf' state_file='t.txt'/>"));
    for (int i = 0; i < 2; i++) { /* SimGrid's activities are in their second life */
        start_compute(port, amounts + 2, 2, "A");
        check_near(advance(port, INFINITY), 0.1 * (i + 1));
        check_text(completions(port), "A:0,1!");
    }
    start_compute(port, amounts, 2, "A");
    check(resources_advance(port, INFINITY, &reached, &err) == -1);
    check(err.kind == ERROR_INPUT);
    check_text(err.message,
               "p.xml: host 'b' is off at 0.5 s, where a computation needs it; a load does "
               "not survive that, so its state profile must keep it on");
    resources_close(port);
}

static void test_profiles_change_the_platform(void **state)
{
    (void)state;
    assert_true(child_runs(slow_down, NULL));
    assert_true(child_runs(change_bandwidth, NULL));
    assert_true(child_runs(turn_off, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_platform_is_read),
        cmocka_unit_test(test_example_platforms_are_read),
        cmocka_unit_test(test_profiles_are_found),
        cmocka_unit_test(test_bad_platforms_are_refused),
        cmocka_unit_test(test_deep_platforms_are_refused),
        cmocka_unit_test(test_dragonflies_with_enough_blades_are_fine),
        cmocka_unit_test(test_help_of_simgrid_is_shown),
        cmocka_unit_test(test_warnings_of_simgrid_are_heard),
        cmocka_unit_test(test_a_second_platform_is_refused),
        cmocka_unit_test(test_log_level_is_the_users),
        cmocka_unit_test(test_missing_routes_are_errors),
        cmocka_unit_test(test_computations_share_hosts),
        cmocka_unit_test(test_exchanges_follow_their_pattern),
        cmocka_unit_test(test_empty_exchanges_end_at_once),
        cmocka_unit_test(test_pfs_io_is_split_over_its_hosts),
        cmocka_unit_test(test_disk_io_shares_disks),
        cmocka_unit_test(test_striped_io_uses_all_disks),
        cmocka_unit_test(test_handlers_may_cancel_and_start),
        cmocka_unit_test(test_loads_stand_still),
        cmocka_unit_test(test_every_member_ends_once),
        cmocka_unit_test(test_time_is_kept),
        cmocka_unit_test(test_ends_are_observed),
        cmocka_unit_test(test_profiles_change_the_platform),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
