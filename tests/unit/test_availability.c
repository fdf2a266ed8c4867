/* Plans: events worked out by hand for outages, windows and ties; failures at random by their
 * formulas; every message about a file. */
#include "availability/duration.h"
#include "availability/plan.h"
#include "availability/sources.h"
#include "base/heap.h"

#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* --- The machine ----------------------------------------------------------------------------- */

#define HOST(name) "<host id='" name "' speed='1Gf'/>"
#define IN_RACK(name, rack)                                                                        \
    "<host id='" name "' speed='1Gf'><prop id='rack' value='" rack "'/></host>"

/* IDs: a0 to a3 are 0 to 3, b0 to b3 4 to 7, c0 and c1 8 and 9, m[1] 10, n08 to n12 11 to 15, p0q0,
 * p0q1, p1q0 and p1q1 16 to 19. */
static const char machine[] =
    "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM 'https://simgrid.org/simgrid.dtd'>\n"
    "<platform version='4.1'><zone id='z' routing='Full'>" IN_RACK("a0", "r1") IN_RACK("a1", "r1")
        IN_RACK("a2", "r1") IN_RACK("a3", "r1") IN_RACK("b0", "r2") IN_RACK("b1", "r2") IN_RACK(
            "b2", "r2") IN_RACK("b3", "r3") HOST("c0") HOST("c1") HOST("m[1]") HOST("n08")
            HOST("n09") HOST("n10") HOST("n11") HOST("n12") HOST("p0q0") HOST("p0q1") HOST("p1q0")
                HOST("p1q1") "<host id='batch' speed='1Gf'>"
                             "<prop id='batch_system' value='true'/></host></zone></platform>";

static struct resources *port;
static struct platform platform;

static int open_machine(void **state)
{
    static const struct configuration configuration = {.file = NULL};
    struct error err = {.kind = ERROR_NONE};

    if (scratch_enter(state))
        return -1;
    scratch_write("p.xml", machine);
    port = resources_open("p.xml", 0, NULL, &err);
    if (!port)
        return -1;
    return platform_create(&platform, "p.xml", port, &configuration, NULL, &err);
}

static int close_machine(void **state)
{
    platform_release(&platform);
    resources_close(port);
    return scratch_leave(state);
}

/* --- Events as text -------------------------------------------------------------------------- */

static struct plan *read_for(const char *text, const struct platform *nodes)
{
    struct error err = {.kind = ERROR_NONE};
    struct plan *plan;

    scratch_write("plan.json", text);
    plan = plan_read("plan.json", nodes, &err);
    assert_string_equal(err.message, "");
    assert_non_null(plan);
    return plan;
}

static struct plan *read_good(const char *text)
{
    return read_for(text, &platform);
}

/* "TIME CHANGE KIND NODE,NODE...\n" */
static void write_event(FILE *out, const struct plan_event *event)
{
    static const char *const changes[] = {
        [PLAN_ANNOUNCES] = "announces", [PLAN_BEGINS] = "begins", [PLAN_ENDS] = "ends"};
    const struct outage *outage = event->outage;

    fprintf(out, "%.15g %s %s", event->time, changes[event->change],
            outage_kind_name(outage->kind));
    for (uint32_t i = 0; i < outage->num_nodes; i++)
        fprintf(out, "%c%lu", i == 0 ? ' ' : ',', (unsigned long)outage->nodes[i]);
    fputc('\n', out);
}

/* The first `most` events, "end\n" where there are no more. */
static const char *events_of(struct plan *plan, int most)
{
    static char text[8192];
    FILE *out = fmemopen(text, sizeof text, "w");
    struct error err = {.kind = ERROR_NONE};
    struct plan_event event;

    assert_non_null(out);
    while (most-- > 0) {
        if (!plan_next(plan, &event)) {
            fputs("end\n", out);
            assert_int_equal(plan_check(plan, &err), 0);
            assert_false(plan_next(plan, &event));
            break;
        }
        write_event(out, &event);
    }
    fclose(out);
    return text;
}

static void expect(const char *file, const char *events, int most)
{
    struct plan *plan = read_good(file);

    assert_string_equal(events_of(plan, most), events);
    plan_release(plan);
}

/* --- Outages --------------------------------------------------------------------------------- */

static void test_outages_begin_and_end_when_the_file_says(void **state)
{
    (void)state;
    expect("{'outages': [{'nodes': 'a0', 'from': 10, 'until': 20},"
           " {'nodes': 'c1', 'from': 21.5, 'kind': 'off'},"
           " {'nodes': ['b[0-1]', 'a3'], 'from': 5, 'duration': 2.5, 'kind': 'drain'}]}",
           "5 begins drain 3,4,5\n"
           "7.5 ends drain 3,4,5\n"
           "10 begins down 0\n"
           "20 ends down 0\n"
           "21.5 begins off 9\n"
           "end\n",
           99);
}

static void test_outages_are_announced_when_the_file_says(void **state)
{
    (void)state;
    expect("{'outages': [{'nodes': 'a0', 'from': 10, 'until': 20, 'announced': 10},"
           " {'nodes': 'a1', 'from': 10, 'duration': 1, 'announced': 0},"
           " {'nodes': 'a2', 'from': 0, 'duration': 1, 'announced': 0}]}",
           "0 announces down 1\n"
           "0 announces down 2\n"
           "0 begins down 2\n"
           "1 ends down 2\n"
           "10 announces down 0\n"
           "10 begins down 0\n"
           "10 begins down 1\n"
           "11 ends down 1\n"
           "20 ends down 0\n"
           "end\n",
           99);
}

/* At time 10, in each order of the file: ends, then announcements, then begins; among each of them,
 * outages, then windows, each in the file's order. */
static void test_ties_go_by_change_and_then_by_the_file(void **state)
{
    (void)state;
    expect("{'windows': [{'nodes': 'c0', 'first': 10, 'every': 50, 'duration': 10, 'lead': 1,"
           "              'until': 11}],"
           " 'outages': [{'nodes': 'a3', 'from': 10, 'until': 30},"
           "             {'nodes': 'a2', 'from': 20, 'until': 30, 'announced': 10},"
           "             {'nodes': 'a1', 'from': 0, 'until': 10},"
           "             {'nodes': 'a0', 'from': 10, 'until': 20, 'announced': 9},"
           "             {'nodes': 'b0', 'from': 1, 'until': 10}]}",
           "0 begins down 1\n"
           "1 begins down 4\n"
           "9 announces down 0\n"
           "9 announces down 8\n"
           "10 ends down 1\n"
           "10 ends down 4\n"
           "10 announces down 2\n"
           "10 begins down 3\n"
           "10 begins down 0\n"
           "10 begins down 8\n"
           "20 ends down 0\n"
           "20 ends down 8\n"
           "20 begins down 2\n"
           "30 ends down 3\n"
           "30 ends down 2\n"
           "end\n",
           99);
}

static void test_an_outage_says_what_is_known_of_it(void **state)
{
    struct plan *plan = read_good(
        "{'outages': [{'nodes': 'a0', 'from': 1, 'until': 4, 'reason': 'disk', 'announced': 0},"
        " {'nodes': 'a1', 'from': 2, 'end_known': false},"
        " {'nodes': 'a2', 'from': 3, 'until': null, 'reason': null}]}");
    struct plan_event event;
    const struct outage *first;

    (void)state;
    assert_true(plan_next(plan, &event));
    first = event.outage;
    assert_string_equal(first->reason, "disk");
    assert_true(first->end_is_known && first->from == 1 && first->until == 4);
    assert_true(plan_next(plan, &event));
    assert_ptr_equal(event.outage, first);
    assert_true(plan_next(plan, &event));
    assert_string_equal(event.outage->reason, "");
    assert_true(!event.outage->end_is_known && isinf(event.outage->until));
    assert_true(plan_next(plan, &event));
    assert_true(event.outage->end_is_known && isinf(event.outage->until));
    assert_true(plan_next(plan, &event));
    assert_ptr_equal(event.outage, first);
    assert_string_equal(first->reason, "disk");
    plan_release(plan);
}

static void test_a_file_may_say_nothing(void **state)
{
    (void)state;
    expect("{}", "end\n", 9);
    expect("{'outages': [], 'failures': null, '$schema': 'availability.schema.json'}", "end\n", 9);
}

/* --- Whom a file means ----------------------------------------------------------------------- */

static void test_nodes_are_meant_by_name_range_property_or_list(void **state)
{
    static const struct {
        const char *nodes, *ids;
    } rows[] = {
        {"'c1'", "9"},
        {"'a[1-3]'", "1,2,3"},
        {"'a[0,2-3]'", "0,2,3"},
        {"'n[08-10]'", "11,12,13"},
        {"'n[08,10-12]'", "11,13,14,15"},
        {"'n0[8-9]'", "11,12"},
        {"'p[0-1]q[0-1]'", "16,17,18,19"},
        {"'p[1]q0,c[0-1],a0'", "0,8,9,18"},
        {"'m[1]'", "10"},
        {"'all'", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19"},
        {"{'property': 'rack', 'value': 'r2'}", "4,5,6"},
        {"['b3', 'a[0-1]', 'b3', {'property': 'rack', 'value': 'r1'}, 'a0']", "0,1,2,3,7"},
        {"['c0', 'all']", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19"},
    };
    char file[512], events[512];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(file, sizeof file, "{'outages': [{'nodes': %s, 'from': 7}]}", rows[i].nodes);
        snprintf(events, sizeof events, "7 begins down %s\nend\n", rows[i].ids);
        expect(file, events, 9);
    }
}

/* --- Windows --------------------------------------------------------------------------------- */

static void test_windows_come_again_for_ever(void **state)
{
    (void)state;
    expect("{'windows': [{'nodes': 'a0', 'first': 100, 'every': 1000, 'duration': 10}]}",
           "100 begins down 0\n"
           "110 ends down 0\n"
           "1100 begins down 0\n"
           "1110 ends down 0\n"
           "2100 begins down 0\n",
           5);
}

/* Three of the four nodes, the last ones; announced 15 s ahead, the first one at once; none begins
 * at 40 or later. */
static void test_windows_take_a_share_and_are_announced(void **state)
{
    (void)state;
    expect("{'windows': [{'nodes': 'a[0-3]', 'share': 0.7, 'first': 10, 'every': 10, 'duration': 4,"
           " 'kind': 'off', 'lead': 15, 'until': 40}]}",
           "0 announces off 1,2,3\n"
           "5 announces off 1,2,3\n"
           "10 begins off 1,2,3\n"
           "14 ends off 1,2,3\n"
           "15 announces off 1,2,3\n"
           "20 begins off 1,2,3\n"
           "24 ends off 1,2,3\n"
           "30 begins off 1,2,3\n"
           "34 ends off 1,2,3\n"
           "end\n",
           99);
}

static void test_a_share_is_rounded_and_at_least_one_node(void **state)
{
    static const struct {
        double share;
        const char *ids;
    } rows[] = {{0.001, "3"}, {0.25, "3"}, {0.37, "3"}, {0.375, "2,3"}, {1, "0,1,2,3"}};
    char file[256], events[128];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(file, sizeof file,
                 "{'windows': [{'nodes': 'a[0-3]', 'share': %g, 'first': 0, 'every': 9,"
                 " 'duration': 5, 'until': 1}]}",
                 rows[i].share);
        snprintf(events, sizeof events, "0 begins down %s\n5 ends down %s\nend\n", rows[i].ids,
                 rows[i].ids);
        expect(file, events, 9);
    }
}

/* All four of one window that are announced at time 0 come before the first one begins; their
 * addresses differ, and each keeps its own. */
static void test_windows_that_are_announced_together_are_kept_apart(void **state)
{
    struct plan *plan = read_good("{'windows': [{'nodes': 'a0', 'first': 0, 'every': 10,"
                                  " 'duration': 1, 'lead': 30, 'reason': 'night'}]}");
    const struct outage *announced[4];
    struct plan_event event;

    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_true(plan_next(plan, &event));
        assert_true(event.time == 0 && event.change == PLAN_ANNOUNCES);
        assert_true(event.outage->from == 10 * i && event.outage->until == 10 * i + 1);
        assert_true(event.outage->end_is_known);
        assert_string_equal(event.outage->reason, "night");
        announced[i] = event.outage;
        for (int j = 0; j < i; j++)
            assert_ptr_not_equal(announced[i], announced[j]);
    }
    assert_true(plan_next(plan, &event));
    assert_true(event.change == PLAN_BEGINS && event.outage == announced[0]);
    assert_true(plan_next(plan, &event));
    assert_true(event.change == PLAN_ENDS && event.outage == announced[0]);
    assert_true(plan_next(plan, &event)); /* the fifth one */
    assert_true(event.time == 10 && event.change == PLAN_ANNOUNCES && event.outage->from == 40);
    assert_true(plan_next(plan, &event));
    assert_true(event.change == PLAN_BEGINS && event.outage == announced[1]);
    plan_release(plan);
}

/* 31,688 years on, the last window begins within the last span before 10^12 s. */
static void test_windows_stop_at_the_end_of_time(void **state)
{
    (void)state;
    expect("{'windows': [{'nodes': 'a0', 'first': 5e11, 'every': 4e11, 'duration': 1}]}",
           "500000000000 begins down 0\n"
           "500000000001 ends down 0\n"
           "900000000000 begins down 0\n"
           "900000000001 ends down 0\n"
           "end\n",
           9);
}

/* --- Laws ------------------------------------------------------------------------------------ */

enum { DRAWS = 200000 };

/* F(x) of each law. */
static double distribution_of(const struct duration *law, double x)
{
    switch (law->law) {
    case DURATION_EXPONENTIAL:
        return 1 - exp(-x / law->mean);
    case DURATION_WEIBULL:
        return 1 - exp(-pow(x * tgamma(1 + 1 / law->shape) / law->mean, law->shape));
    case DURATION_LOGNORMAL:
        return 0.5 + 0.5 * erf((log(x / law->mean) / law->shape + law->shape / 2) / sqrt(2));
    default:
        return x >= law->mean;
    }
}

static double variance_of(const struct duration *law)
{
    double square = law->mean * law->mean;

    if (law->law == DURATION_EXPONENTIAL)
        return square;
    if (law->law == DURATION_WEIBULL)
        return square * (tgamma(1 + 2 / law->shape) / pow(tgamma(1 + 1 / law->shape), 2) - 1);
    return square * (exp(law->shape * law->shape) - 1);
}

static int compare_numbers(const void *left, const void *right)
{
    const double *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* The mean is within three standard errors of the law's, and no share of the draws up to a value is
 * further from F than Kolmogorov's bound at 1 %. */
static void check_law(struct duration law)
{
    static double draws[DRAWS];
    struct random random = {1};
    double sum = 0, furthest = 0;

    duration_settle(&law);
    for (int i = 0; i < DRAWS; i++) {
        draws[i] = duration_draw(&law, &random);
        assert_true(draws[i] > 0);
        assert_true(fmod(draws[i], EVENT_INSTANT) == 0);
        sum += draws[i];
    }
    assert_true(fabs(sum / DRAWS - law.mean) < 3 * sqrt(variance_of(&law) / DRAWS));
    qsort(draws, DRAWS, sizeof *draws, compare_numbers);
    for (int i = 0; i < DRAWS; i++)
        furthest = fmax(furthest, fabs(distribution_of(&law, draws[i]) - (i + 0.5) / DRAWS));
    assert_true(furthest < 1.628 / sqrt(DRAWS));
}

static void test_draws_follow_their_laws(void **state)
{
    (void)state;
    check_law((struct duration){DURATION_EXPONENTIAL, 604800, 0, 0});
    check_law((struct duration){DURATION_EXPONENTIAL, 1, 0, 0});
    check_law((struct duration){DURATION_WEIBULL, 604800, 0.7, 0});
    check_law((struct duration){DURATION_WEIBULL, 3600, 2, 0});
    check_law((struct duration){DURATION_LOGNORMAL, 7200, 0.5, 0});
    check_law((struct duration){DURATION_LOGNORMAL, 7200, 1.5, 0});
}

/* Worked out elsewhere: the first numbers of seed 0 (see test_random.c) are the fractions
 * 0.88331080821364 and 0.43152799704851, so that -ln u is 0.12407814913061 and the normal draw
 * -0.45275774021746. */
static void test_draws_are_those_of_the_formulas(void **state)
{
    static const struct {
        struct duration law;
        double draw;
    } rows[] = {
        {{DURATION_EXPONENTIAL, 1000, 0, 0}, 124.07814913061165},
        {{DURATION_WEIBULL, 1000, 2, 0}, 397.4684970040287}, /* of sqrt(0.124...) by sqrt(pi)/2 */
        {{DURATION_LOGNORMAL, 1000, 0.5, 0}, 703.7170859736888}, /* of exp(-1/8 - 0.226...) */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct duration law = rows[i].law;
        struct random random = {0};

        duration_settle(&law);
        assert_true(fabs(duration_draw(&law, &random) - rows[i].draw) <= EVENT_INSTANT / 2);
    }
}

static void test_a_fixed_duration_draws_nothing(void **state)
{
    struct duration law = {DURATION_FIXED, 0.1, 0, 0};
    struct random random = {7};

    (void)state;
    duration_settle(&law);
    assert_true(duration_draw(&law, &random) == 0.1);
    assert_true(random.state == 7);
}

static void test_no_draw_is_shorter_than_an_instant(void **state)
{
    struct duration law = {DURATION_WEIBULL, 1, 0.1, 0};
    struct random random = {7};
    int shortest = 0;

    (void)state;
    duration_settle(&law);
    for (int i = 0; i < 1000; i++)
        shortest += duration_draw(&law, &random) == EVENT_INSTANT;
    assert_true(shortest > 400 && shortest < 1000);
}

/* --- Failures -------------------------------------------------------------------------------- */

/* The first `most` events of one node or of its group, each with its time, from a plan of many. */
static const char *events_of_node(const char *file, uint32_t node, int most)
{
    static char text[4][16384];
    static int turn;
    struct plan *plan = read_good(file);
    char *result = text[turn++ % 4];
    FILE *out = fmemopen(result, sizeof text[0], "w");
    struct plan_event event;

    assert_non_null(out);
    while (most > 0 && plan_next(plan, &event))
        if (event.outage->nodes[0] == node) {
            fprintf(out, "%.17g %d\n", event.time, (int)event.change);
            most--;
        }
    fclose(out);
    plan_release(plan);
    return result;
}

/* The streams are those of the node's name; the next failure comes so long after the repair. */
static void test_a_node_fails_as_its_streams_say(void **state)
{
    struct plan *plan = read_good("{'failures': [{'nodes': 'a1', 'between': 1000, 'seed': 5,"
                                  " 'from': 50, 'repair': {'distribution': 'exponential',"
                                  " 'mean': 100}, 'reason': 'failed', 'repair_known': true}]}");
    struct random times = random_stream(5, "a1", 0), repairs = random_stream(5, "a1", 1);
    double time = 50;
    struct plan_event event;

    (void)state;
    for (int i = 0; i < 50; i++) {
        double expected = -1000 * log(random_fraction(&times));
        double repair = -100 * log(random_fraction(&repairs));

        assert_true(plan_next(plan, &event));
        assert_true(event.change == PLAN_BEGINS && event.outage->kind == OUTAGE_DOWN);
        assert_true(event.outage->num_nodes == 1 && event.outage->nodes[0] == 1);
        assert_true(fabs(event.time - time - expected) <= EVENT_INSTANT / 2);
        assert_true(event.time == event.outage->from && event.outage->end_is_known);
        assert_string_equal(event.outage->reason, "failed");
        time = event.time;
        assert_true(plan_next(plan, &event));
        assert_true(event.change == PLAN_ENDS && event.time == event.outage->until);
        assert_true(fabs(event.time - time - repair) <= EVENT_INSTANT / 2);
        time = event.time;
    }
    plan_release(plan);
}

static void test_the_same_seed_gives_the_same_failures_and_another_one_others(void **state)
{
    static const char first[] = "{'failures': [{'between': 100, 'repair': 10}]}";
    static const char same[] = "{'failures': [{'between': 100, 'repair': 10, 'seed': 1}]}";
    static const char other[] = "{'failures': [{'between': 100, 'repair': 10, 'seed': 2}]}";

    (void)state;
    assert_string_equal(events_of_node(first, 3, 40), events_of_node(same, 3, 40));
    assert_string_not_equal(events_of_node(first, 3, 1), events_of_node(other, 3, 1));
    assert_string_not_equal(events_of_node(first, 3, 1), events_of_node(first, 2, 1));
}

#define FAILURES(more)                                                                             \
    "{'between': 100, 'repair': {'distribution': 'lognormal', 'mean': 10, "                        \
    "'sigma': 1}" more "}"

/* Other nodes, further sources, bursts that spare it and other kinds of outages move nothing. */
static void test_what_a_node_does_depends_on_no_other(void **state)
{
    static const char *const others[] = {
        "{'failures': [" FAILURES(", 'nodes': 'all', 'until': 100000") "]}",
        "{'failures': [" FAILURES(
            ", 'nodes': 'a[2-3]', 'until': 100000") ", {'nodes': 'b1', 'between': 50, 'repair': "
                                                    "5}]}",
        "{'failures': [{'nodes': 'b1', 'between': 50, 'repair': 5, 'seed': 9}, " FAILURES(
            ", 'nodes': 'a3', 'until': 100000") "]}",
        "{'windows': [{'nodes': 'c1', 'first': 0, 'every': 100, 'duration': 9}], "
        "'failures': [" FAILURES(", 'nodes': 'a3', 'until': 100000") "]}",
    };
    const char *alone =
        events_of_node("{'failures': [" FAILURES(", 'nodes': 'a3', 'until': 100000") "]}", 3, 100);

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_string_equal(events_of_node(others[i], 3, 100), alone);
}

/* Begins of one source's units, without what its bursts take down. */
static void test_bursts_move_no_failure_of_their_own_source(void **state)
{
    static const char calm[] = "{'failures': [{'nodes': ['a0', 'c1'], 'between': 100, 'repair': 1, "
                               "'until': 5000}]}";
    static const char wild[] = "{'failures': [{'nodes': ['a0', 'c1'], 'between': 100, 'repair': 1, "
                               "'until': 5000, 'burst': {'probability': 1, 'nodes': 1, 'within': "
                               "0}}]}";
    struct plan *plans[2] = {read_good(calm), read_good(wild)};
    struct plan_event event, burst;
    int count = 0;

    (void)state;
    while (plan_next(plans[0], &event))
        if (event.change == PLAN_BEGINS) {
            do
                assert_true(plan_next(plans[1], &burst));
            while (burst.change != PLAN_BEGINS);
            assert_true(burst.time == event.time);
            assert_true(burst.outage->nodes[0] == event.outage->nodes[0]);
            /* The other node in the same instant. */
            assert_true(plan_next(plans[1], &burst));
            assert_true(burst.change == PLAN_BEGINS && burst.time == event.time);
            assert_true(burst.outage->nodes[0] == 9 - event.outage->nodes[0]);
            count++;
        }
    assert_true(count > 60);
    plan_release(plans[0]);
    plan_release(plans[1]);
}

static void test_two_sources_of_one_seed_do_not_fail_alike(void **state)
{
    struct plan *plan = read_good("{'failures': [{'nodes': 'a0', 'between': 100, 'repair': 1},"
                                  " {'nodes': 'a0', 'between': 100, 'repair': 1}]}");
    struct plan_event first, second;

    (void)state;
    assert_true(plan_next(plan, &first) && plan_next(plan, &second));
    assert_true(first.time != second.time);
    plan_release(plan);
}

static void test_failures_begin_within_their_time(void **state)
{
    struct plan *plan = read_good("{'failures': [{'between': 10, 'repair': 3, 'from': 100,"
                                  " 'until': 200}]}");
    struct plan_event event;
    double last = 0;
    int begun = 0, ended = 0;

    (void)state;
    while (plan_next(plan, &event)) {
        assert_true(event.time >= last);
        last = event.time;
        if (event.change == PLAN_BEGINS) {
            assert_true(event.time > 100 && event.time < 200);
            begun++;
        } else
            ended++;
    }
    assert_true(begun > 100 && begun == ended);
    plan_release(plan);
}

/* The racks r1, r2 and r3 of 4, 3 and 1 nodes. */
static void test_groups_fail_together(void **state)
{
    static const uint32_t firsts[] = {0, 4, 7}, counts[] = {4, 3, 1};
    struct plan *plan = read_good("{'failures': [{'nodes': ['a[0-3]', 'b[0-3]'], 'between': 100,"
                                  " 'repair': 3, 'per': {'property': 'rack'}}]}");
    struct plan_event event;
    int seen[3] = {0};

    (void)state;
    for (int i = 0; i < 300; i++) {
        int group = 0;

        assert_true(plan_next(plan, &event));
        while (firsts[group] != event.outage->nodes[0])
            group++;
        assert_int_equal(event.outage->num_nodes, counts[group]);
        for (uint32_t node = 0; node < counts[group]; node++)
            assert_int_equal(event.outage->nodes[node], firsts[group] + node);
        seen[group]++;
    }
    for (int group = 0; group < 3; group++)
        assert_true(seen[group] > 60);
    plan_release(plan);
}

/* A failing rack takes two further nodes with it, which are of other racks and differ; each fails
 * within 10 s and has a repair of its own. */
static void test_a_burst_takes_further_nodes_down(void **state)
{
    struct plan *plan =
        read_good("{'failures': [{'nodes': {'property': 'rack', 'value': 'r2'}, 'between': 1e6,"
                  "  'repair': 20, 'burst': {'probability': 1, 'nodes': 2, 'within': 10}}]}");
    struct plan_event event;
    int taken[20] = {0};

    (void)state;
    for (int i = 0; i < 900; i++) {
        double begin = 0;
        uint32_t victims[3];

        for (int j = 0; j < 3; j++) {
            assert_true(plan_next(plan, &event));
            assert_int_equal(event.change, PLAN_BEGINS);
            begin = j == 0 ? event.time : begin;
            assert_true(event.time >= begin && event.time <= begin + 10);
            assert_int_equal(event.outage->num_nodes, 1);
            victims[j] = event.outage->nodes[0];
            for (int k = 0; k < j; k++)
                assert_true(victims[j] != victims[k]);
            assert_true(event.outage->until == event.outage->from + 20);
            assert_string_equal(event.outage->reason, "");
            taken[victims[j]]++;
        }
        for (int j = 0; j < 3; j++) {
            assert_true(plan_next(plan, &event));
            assert_int_equal(event.change, PLAN_ENDS);
            assert_int_equal(event.outage->nodes[0], victims[j]);
        }
    }
    assert_true(taken[4] == 900 && taken[5] == 900 && taken[6] == 900);
    plan_release(plan);
}

/* Two of the seven nodes that are not a rack of their own go with it: each in 2/7 of the bursts, at
 * times that are uniform. */
static void test_bursts_spare_the_unit_and_take_all_others_alike(void **state)
{
    enum { BURSTS = 7000 };
    struct plan *plan = read_good(
        "{'failures': [{'nodes': ['a[0-3]', 'b[0-3]'], 'per': {'property': 'rack'},"
        " 'between': 1e8, 'repair': 1, 'burst': {'probability': 0.5, 'nodes': 2, 'within': 8}}]}");
    struct plan_event event;
    int taken[8] = {0}, begun = 0, bursts = 0;
    double delays = 0, last = 0;

    (void)state;
    while (bursts < 2 * BURSTS) {
        assert_true(plan_next(plan, &event));
        if (event.change != PLAN_BEGINS)
            continue;
        bool is_unit = event.time > last + 10; /* another burst is far away */
        if (is_unit) {
            last = event.time;
            begun += event.outage->nodes[0] == 7;
            continue;
        }
        bursts++;
        delays += event.time - last;
        taken[event.outage->nodes[0]]++;
    }
    assert_true(fabs(delays / bursts - 4) < 3 * 8 / sqrt(12.0 * bursts));
    assert_true(begun > BURSTS / 2);
    /* A node of r1 is among the 5 that may go with r2, and the 7 that may go with r3, and so on. */
    double each = bursts / 6.0; /* bursts of a rack */
    const double expected[] = {2.0 / 5 + 2.0 / 7, 2.0 / 4 + 2.0 / 7, 2.0 / 4 + 2.0 / 5};
    for (int node = 0; node < 8; node++) {
        double mean = each * expected[node < 4 ? 0 : node < 7 ? 1 : 2];
        assert_true(fabs(taken[node] - mean) < 4 * sqrt(mean));
    }
    plan_release(plan);
}

/* Twenty units and what bursts have taken down; of windows, those within their lead and one more.
 */
static void test_a_plan_holds_what_is_under_way_or_announced_and_no_more(void **state)
{
    struct plan *plan = read_good(
        "{'failures': [{'between': 1000, 'repair': 10, 'burst': {'probability': 1, 'nodes': 2,"
        " 'within': 1}}], 'windows': [{'first': 0, 'every': 10, 'duration': 5, 'lead': 30}]}");
    struct plan_event event;
    size_t most = 0, least = SIZE_MAX;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        assert_true(plan_next(plan, &event));
        most = plan->agenda.count > most ? plan->agenda.count : most;
        least = plan->agenda.count < least ? plan->agenda.count : least;
    }
    /* 20 units, one of which may just be back; three windows at least. At 20 failures in 1010 s,
     * with repairs of 10 s, more than ten victims at a time are out of the question. */
    assert_true(least >= 19 + 3 && most <= 20 + 5 + 10);
    plan_release(plan);
}

/* Sixteen nodes drained, five down, 32 off; all fail now and then. */
static void test_the_example_is_read(void **state)
{
    enum { NODES = 128 };
    static char names[NODES][8];
    static struct node_description nodes[NODES];
    const struct platform crossbar = {.nodes = nodes, .num_nodes = NODES};
    struct error err = {.kind = ERROR_NONE};
    uint32_t begun[3] = {0};
    struct plan_event event;
    struct plan *plan;

    (void)state;
    for (int i = 0; i < NODES; i++) {
        snprintf(names[i], sizeof names[i], "n%d", 1000 + i);
        nodes[i].name = names[i];
    }
    plan = plan_read(SOURCE_DIR "/availability/example.json", &crossbar, &err);
    assert_string_equal(err.message, "");
    while (plan_next(plan, &event) && event.time < 86400)
        if (event.change == PLAN_BEGINS && strcmp(event.outage->reason, "hardware") != 0)
            begun[event.outage->kind] += event.outage->num_nodes;
    assert_int_equal(begun[OUTAGE_DRAIN], 16);
    assert_int_equal(begun[OUTAGE_DOWN], 5);
    assert_int_equal(begun[OUTAGE_OFF], 32);
    plan_release(plan);
}

/* 10,000 nodes that fail once a week: 10,000 failures in a week give or take 300. */
static void test_ten_thousand_nodes_fail_as_often_as_they_should(void **state)
{
    enum { NODES = 10000 };
    static char names[NODES][8];
    static struct node_description nodes[NODES];
    const struct platform large = {.nodes = nodes, .num_nodes = NODES};
    struct plan_event event;
    struct plan *plan;
    int begun = 0;
    double last = 0;

    (void)state;
    for (int i = 0; i < NODES; i++) {
        snprintf(names[i], sizeof names[i], "n%04d", i);
        nodes[i].name = names[i];
    }
    plan = read_for("{'failures': [{'between': 604800, 'repair': 3600}]}", &large);
    while (plan_next(plan, &event) && event.time < 7 * 604800.0) {
        assert_true(event.time >= last);
        last = event.time;
        begun += event.change == PLAN_BEGINS;
    }
    /* Renewals: a mean of 7 weeks by 1 week and 1 hour, with the standard deviation of a Poisson
     * process. */
    double mean = NODES * 7 * 604800.0 / 608400.0;
    assert_true(fabs(begun - mean) < 3 * sqrt(mean));
    plan_release(plan);
}

/* --- Messages -------------------------------------------------------------------------------- */

static const struct {
    const char *file, *message;
} errors[] = {
    {"[]", "plan.json: must be an object, is a list"},
    {"{'outages': 3}", "plan.json: outages: must be a list, is a number"},
    {"{'outages': [3]}", "plan.json: outages[0]: must be an object, is a number"},
    {"{'failures': ['all']}", "plan.json: failures[0]: must be an object, is a string"},
    {"{'windows': [[]]}", "plan.json: windows[0]: must be an object, is a list"},
    {"{'outage': []}", "plan.json: unknown key 'outage', did you mean 'outages'?"},
    {"{'outages': [{'nodes': 'a0', 'from': 0, 'till': 3}]}",
     "plan.json: outages[0]: unknown key 'till'"},
    {"{'outages': [{'nodes': 'a0', 'form': 0}]}",
     "plan.json: outages[0]: unknown key 'form', did you mean 'from'?"},
    {"{'outages': [{'nodes': {'property': 'rack', 'value': 'r1', 'not': 1}, 'from': 0}]}",
     "plan.json: outages[0].nodes: unknown key 'not'"},
    {"{'failures': [{'per': {'property': 'rack', 'value': 'r1'}, 'nodes': 'a0', 'between': 9,"
     " 'repair': 1}]}",
     "plan.json: failures[0].per: unknown key 'value'"},
    {"{'failures': [{'between': 9, 'repair': {'distribution': 'fixed', 'mean': 1, 'Mean': 1}}]}",
     "plan.json: failures[0].repair: unknown key 'Mean', did you mean 'mean'?"},
    {"{'failures': [{'between': 9, 'repair': 1, 'shap': 1, 'burst': {'probability': 0, 'nodes': 1,"
     " 'within': 1, 'node': 1}}]}",
     "plan.json: unknown keys 'failures[0].shap' (did you mean 'shape'?), "
     "'failures[0].burst.node' (did you mean 'nodes'?)"},
    {"{'windows': [{'first': 0, 'every': 9, 'duration': 1, 'leads': 1}]}",
     "plan.json: windows[0]: unknown key 'leads', did you mean 'lead'?"},

    /* Nodes */
    {"{'outages': [{'from': 0}]}",
     "plan.json: outages[0].nodes: must be a host's name, a range like 'n[0-3,7]', \"all\", an "
     "object with 'property' and 'value', or a list of these, is missing"},
    {"{'outages': [{'nodes': ['a0', 3], 'from': 0}]}",
     "plan.json: outages[0].nodes[1]: must be a host's name, a range like 'n[0-3,7]', \"all\", an "
     "object with 'property' and 'value', or a list of these, is a number"},
    {"{'outages': [{'nodes': [], 'from': 0}]}",
     "plan.json: outages[0].nodes: must name a node at least, is empty"},
    {"{'outages': [{'nodes': 'a00', 'from': 0}]}",
     "plan.json: outages[0].nodes: there is no compute node 'a00', did you mean 'a0'?"},
    {"{'outages': [{'nodes': 'batch', 'from': 0}]}",
     "plan.json: outages[0].nodes: there is no compute node 'batch'"},
    {"{'outages': [{'nodes': ['a0', 'a[0-99999999999]'], 'from': 0}]}",
     "plan.json: outages[0].nodes[1]: there is no compute node 'a4'"},
    {"{'outages': [{'nodes': 'n[8-10]', 'from': 0}]}",
     "plan.json: outages[0].nodes: there is no compute node 'n8', did you mean 'n08'?"},
    {"{'outages': [{'nodes': 'a0,', 'from': 0}]}",
     "plan.json: outages[0].nodes: there is no compute node ''"},
    {"{'outages': [{'nodes': {'property': 'rak', 'value': 'r1'}, 'from': 0}]}",
     "plan.json: outages[0].nodes.property: no compute node has a property 'rak', did you mean "
     "'rack'?"},
    {"{'outages': [{'nodes': {'property': 'power', 'value': 'r1'}, 'from': 0}]}",
     "plan.json: outages[0].nodes.property: no compute node has a property 'power'"},
    {"{'outages': [{'nodes': {'property': 'rack', 'value': 'r11'}, 'from': 0}]}",
     "plan.json: outages[0].nodes.value: no compute node has the property 'rack' with the value "
     "'r11', did you mean 'r1'?"},
    {"{'outages': [{'nodes': {'property': 'rack', 'value': 1}, 'from': 0}]}",
     "plan.json: outages[0].nodes.value: must be a string, is a number"},
    {"{'outages': [{'nodes': {'value': 'r1'}, 'from': 0}]}",
     "plan.json: outages[0].nodes.property: must be a string, is missing"},

    /* Outages */
    {"{'outages': [{'nodes': 'a0'}]}", "plan.json: outages[0].from: must be a number, is missing"},
    {"{'outages': [{'nodes': 'a0', 'from': -1}]}",
     "plan.json: outages[0].from: must be at least 0, is -1"},
    {"{'outages': [{'nodes': 'a0', 'from': 1e13}]}",
     "plan.json: outages[0].from: must be at most 1000000000000, is 10000000000000"},
    {"{'outages': [{'nodes': 'a0', 'from': 5, 'until': 5}]}",
     "plan.json: outages[0].until: must be after 'from', which is 5, is 5"},
    {"{'outages': [{'nodes': 'a0', 'from': 5, 'duration': 0}]}",
     "plan.json: outages[0].duration: must be above 0, is 0"},
    {"{'outages': [{'nodes': 'a0', 'from': 5, 'until': 6, 'duration': 1}]}",
     "plan.json: outages[0]: has both 'until' and 'duration'; take one of them out"},
    {"{'outages': [{'nodes': 'a0', 'from': 5, 'announced': 6}]}",
     "plan.json: outages[0].announced: must not be after 'from', which is 5, is 6"},
    {"{'outages': [{'nodes': 'a0', 'from': 5, 'kind': 'Down'}]}",
     "plan.json: outages[0].kind: must be \"down\", \"drain\" or \"off\", is 'Down'"},
    {"{'outages': [{'nodes': 'a0', 'from': 5, 'kind': 1}]}",
     "plan.json: outages[0].kind: must be a string, is a number"},
    {"{'outages': [{'nodes': 'a0', 'from': 5, 'reason': 1}]}",
     "plan.json: outages[0].reason: must be a string, is a number"},
    {"{'outages': [{'nodes': 'a0', 'from': 5, 'end_known': 1}]}",
     "plan.json: outages[0].end_known: must be true or false, is a number"},

    /* Failures */
    {"{'failures': [{'repair': 1}]}",
     "plan.json: failures[0].between: must be a number, is missing"},
    {"{'failures': [{'between': 0.5, 'repair': 1}]}",
     "plan.json: failures[0].between: must be at least 1, is 0.5"},
    {"{'failures': [{'between': 9, 'repair': 1, 'distribution': 'normal'}]}",
     "plan.json: failures[0].distribution: must be \"exponential\" or \"weibull\", is 'normal'"},
    {"{'failures': [{'between': 9, 'repair': 1, 'shape': 2}]}",
     "plan.json: failures[0].shape: has no effect without \"distribution\": \"weibull\"; take one "
     "out or put the other in"},
    {"{'failures': [{'between': 9, 'repair': 1, 'distribution': 'weibull'}]}",
     "plan.json: failures[0].shape: must be a number, is missing"},
    {"{'failures': [{'between': 9, 'repair': 1, 'distribution': 'weibull', 'shape': 0.01}]}",
     "plan.json: failures[0].shape: must be at least 0.1, is 0.01"},
    {"{'failures': [{'between': 9}]}",
     "plan.json: failures[0].repair: must be seconds or an object with 'distribution' and 'mean', "
     "is missing"},
    {"{'failures': [{'between': 9, 'repair': 0}]}",
     "plan.json: failures[0].repair: must be above 0, is 0"},
    {"{'failures': [{'between': 9, 'repair': {'mean': 3}}]}",
     "plan.json: failures[0].repair.distribution: must be a string, is missing"},
    {"{'failures': [{'between': 9, 'repair': {'distribution': 'weibull', 'mean': 3}}]}",
     "plan.json: failures[0].repair.distribution: must be \"fixed\", \"exponential\" or "
     "\"lognormal\", is 'weibull'"},
    {"{'failures': [{'between': 9, 'repair': {'distribution': 'fixed'}}]}",
     "plan.json: failures[0].repair.mean: must be a number, is missing"},
    {"{'failures': [{'between': 9, 'repair': {'distribution': 'fixed', 'mean': 3, 'sigma': 1}}]}",
     "plan.json: failures[0].repair.sigma: has no effect without \"distribution\": \"lognormal\"; "
     "take one out or put the other in"},
    {"{'failures': [{'between': 9, 'repair': {'distribution': 'lognormal', 'mean': 3}}]}",
     "plan.json: failures[0].repair.sigma: must be a number, is missing"},
    {"{'failures': [{'between': 9, 'repair': {'distribution': 'lognormal', 'mean': 3,"
     " 'sigma': 6}}]}",
     "plan.json: failures[0].repair.sigma: must be at most 5, is 6"},
    {"{'failures': [{'between': 9, 'repair': 1, 'repair_known': 'no'}]}",
     "plan.json: failures[0].repair_known: must be true or false, is a string"},
    {"{'failures': [{'between': 9, 'repair': 1, 'from': 5, 'until': 4}]}",
     "plan.json: failures[0].until: must be after 'from', which is 5, is 4"},
    {"{'failures': [{'between': 9, 'repair': 1, 'seed': 1.5}]}",
     "plan.json: failures[0].seed: must be an integer, is 1.5"},
    {"{'failures': [{'between': 9, 'repair': 1, 'per': 'rack'}]}",
     "plan.json: failures[0].per: must be \"node\" or an object with 'property', is 'rack'"},
    {"{'failures': [{'between': 9, 'repair': 1, 'per': 4}]}",
     "plan.json: failures[0].per: must be \"node\" or an object with 'property', is a number"},
    {"{'failures': [{'between': 9, 'repair': 1, 'per': {}}]}",
     "plan.json: failures[0].per.property: must be a string, is missing"},
    {"{'failures': [{'between': 9, 'repair': 1, 'per': {'property': 'rack'}}]}",
     "plan.json: failures[0].per.property: host 'c0' has no property 'rack'; name those that have "
     "it in 'nodes', or give it one"},
    {"{'failures': [{'between': 9, 'repair': 1, 'burst': 1}]}",
     "plan.json: failures[0].burst: must be an object, is a number"},
    {"{'failures': [{'between': 9, 'repair': 1, 'burst': {'nodes': 1, 'within': 1}}]}",
     "plan.json: failures[0].burst.probability: must be a number, is missing"},
    {"{'failures': [{'between': 9, 'repair': 1, 'burst': {'probability': 2}}]}",
     "plan.json: failures[0].burst.probability: must be at most 1, is 2"},
    {"{'failures': [{'between': 9, 'repair': 1, 'burst': {'probability': 1, 'nodes': 0}}]}",
     "plan.json: failures[0].burst.nodes: must be at least 1, is 0"},
    {"{'failures': [{'between': 9, 'repair': 1, 'burst': {'probability': 1, 'nodes': 1}}]}",
     "plan.json: failures[0].burst.within: must be a number, is missing"},
    {"{'failures': [{'nodes': ['a[0-3]', 'b0'], 'per': {'property': 'rack'}, 'between': 9,"
     " 'repair': 1, 'burst': {'probability': 1, 'nodes': 2, 'within': 1}}]}",
     "plan.json: failures[0].burst.nodes: must be at most 1, is 2; there are no more nodes beside "
     "those that fail first"},

    /* Windows */
    {"{'windows': [{'every': 9, 'duration': 1}]}",
     "plan.json: windows[0].first: must be a number, is missing"},
    {"{'windows': [{'first': 0, 'duration': 1}]}",
     "plan.json: windows[0].every: must be a number, is missing"},
    {"{'windows': [{'first': 0, 'every': 0, 'duration': 1}]}",
     "plan.json: windows[0].every: must be at least 1, is 0"},
    {"{'windows': [{'first': 0, 'every': 9}]}",
     "plan.json: windows[0].duration: must be a number, is missing"},
    {"{'windows': [{'first': 0, 'every': 9, 'duration': 9}]}",
     "plan.json: windows[0].duration: must be less than 'every', which is 9, is 9; otherwise there "
     "is no time between two windows"},
    {"{'windows': [{'first': 0, 'every': 9, 'duration': 1, 'share': 0}]}",
     "plan.json: windows[0].share: must be above 0, is 0"},
    {"{'windows': [{'first': 0, 'every': 9, 'duration': 1, 'share': 2}]}",
     "plan.json: windows[0].share: must be at most 1, is 2"},
    {"{'windows': [{'first': 0, 'every': 9, 'duration': 1, 'lead': 9001}]}",
     "plan.json: windows[0].lead: must be at most 9000, is 9001"},
    {"{'windows': [{'first': 5, 'every': 9, 'duration': 1, 'until': 5}]}",
     "plan.json: windows[0].until: must be after 'first', which is 5, is 5"},
};

static void test_errors_say_where_and_what_to_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct error err = {.kind = ERROR_NONE};

        scratch_write("plan.json", errors[i].file);
        assert_null(plan_read("plan.json", &platform, &err));
        assert_string_equal(err.message, errors[i].message);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
}

static void test_malformed_ranges_are_told(void **state)
{
    static const char *const ranges[] = {"a[",
                                         "a[]",
                                         "a[0",
                                         "a[0-]",
                                         "a[3-0]",
                                         "a[0,]",
                                         "a[,0]",
                                         "a[x]",
                                         "a[0-1-2]",
                                         "a[ 0]",
                                         "a[-1]",
                                         "a[0][",
                                         "a[1234567890123456789]",
                                         "a0,a[0"};
    char file[128], message[512];

    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        struct error err = {.kind = ERROR_NONE};

        snprintf(file, sizeof file, "{'outages': [{'nodes': '%s', 'from': 0}]}", ranges[i]);
        snprintf(message, sizeof message,
                 "plan.json: outages[0].nodes: '%s' is no range of names; between brackets there "
                 "are numbers and spans of them, the smaller one first, like 'n[0-3,7]'",
                 ranges[i]);
        scratch_write("plan.json", file);
        assert_null(plan_read("plan.json", &platform, &err));
        assert_string_equal(err.message, message);
    }
}

static void test_a_name_may_be_too_long(void **state)
{
    char file[1024], message[1024], name[400];
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(file, sizeof file, "{'outages': [{'nodes': '%s[0-1]', 'from': 0}]}", name);
    snprintf(message, sizeof message,
             "plan.json: outages[0].nodes: there is no compute node '%.200s...'", name);
    scratch_write("plan.json", file);
    assert_null(plan_read("plan.json", &platform, &err));
    assert_string_equal(err.message, message);
}

static void test_a_missing_file_is_told(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_null(plan_read("none.json", &platform, &err));
    assert_string_equal(err.message,
                        "none.json: does not exist (paths are relative to the working directory)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outages_begin_and_end_when_the_file_says),
        cmocka_unit_test(test_outages_are_announced_when_the_file_says),
        cmocka_unit_test(test_ties_go_by_change_and_then_by_the_file),
        cmocka_unit_test(test_an_outage_says_what_is_known_of_it),
        cmocka_unit_test(test_a_file_may_say_nothing),
        cmocka_unit_test(test_nodes_are_meant_by_name_range_property_or_list),
        cmocka_unit_test(test_windows_come_again_for_ever),
        cmocka_unit_test(test_windows_take_a_share_and_are_announced),
        cmocka_unit_test(test_a_share_is_rounded_and_at_least_one_node),
        cmocka_unit_test(test_windows_that_are_announced_together_are_kept_apart),
        cmocka_unit_test(test_windows_stop_at_the_end_of_time),
        cmocka_unit_test(test_draws_follow_their_laws),
        cmocka_unit_test(test_draws_are_those_of_the_formulas),
        cmocka_unit_test(test_a_fixed_duration_draws_nothing),
        cmocka_unit_test(test_no_draw_is_shorter_than_an_instant),
        cmocka_unit_test(test_a_node_fails_as_its_streams_say),
        cmocka_unit_test(test_the_same_seed_gives_the_same_failures_and_another_one_others),
        cmocka_unit_test(test_what_a_node_does_depends_on_no_other),
        cmocka_unit_test(test_bursts_move_no_failure_of_their_own_source),
        cmocka_unit_test(test_two_sources_of_one_seed_do_not_fail_alike),
        cmocka_unit_test(test_failures_begin_within_their_time),
        cmocka_unit_test(test_groups_fail_together),
        cmocka_unit_test(test_a_burst_takes_further_nodes_down),
        cmocka_unit_test(test_bursts_spare_the_unit_and_take_all_others_alike),
        cmocka_unit_test(test_a_plan_holds_what_is_under_way_or_announced_and_no_more),
        cmocka_unit_test(test_the_example_is_read),
        cmocka_unit_test(test_ten_thousand_nodes_fail_as_often_as_they_should),
        cmocka_unit_test(test_errors_say_where_and_what_to_do),
        cmocka_unit_test(test_malformed_ranges_are_told),
        cmocka_unit_test(test_a_name_may_be_too_long),
        cmocka_unit_test(test_a_missing_file_is_told),
    };
    return cmocka_run_group_tests(tests, open_machine, close_machine);
}
