/* The meter of a node: what it draws in each state, and for whom; and sums without drift. */
#include "results/meter.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct node_description description = {
    .name = "n",
    .num_gpus = 2,
    .power = {.idle = 95,
              .epsilon = 120,
              .all = 203,
              .off = 9.75,
              .gpu_idle = 10,
              .gpu_busy = 100,
              .boot = 125,
              .stop = 101},
};

static struct energy_totals totals;
static struct meter meter;

static void open_meter(size_t num_jobs)
{
    struct error err = {.kind = ERROR_NONE};
    assert_int_equal(energy_totals_create(&totals, num_jobs, &err), 0);
    meter_open(&meter, &description);
    meter_settle(&meter, 0);
}

static void close_meter(void)
{
    meter_close(&meter);
    energy_totals_release(&totals);
}

static void charge(double seconds)
{
    const struct meter_time now = {.seconds = seconds, .price = 0.5 * seconds, .carbon = seconds};
    meter_charge(&meter, &now, &totals);
}

static void become(double seconds, enum node_availability availability)
{
    charge(seconds);
    meter.availability = availability;
    meter_settle(&meter, seconds);
}

static void check_joules(const struct energy_use *use, double joules)
{
    assert_true(sum_value(&use->joules) == joules);
}

/* A day of a node: each second in another state. */
static void test_each_state_of_a_node_draws_its_own(void **state)
{
    (void)state;
    open_meter(0);
    become(1, NODE_DRAINING);
    become(2, NODE_STOPPING);
    become(3, NODE_OFF);
    become(4, NODE_BOOTING);
    become(5, NODE_DOWN);
    become(6, NODE_UP);
    charge(7);
    check_joules(&totals.parts[ENERGY_BASE], 3 * 115.0);
    check_joules(&totals.parts[ENERGY_STOPPING], 101);
    check_joules(&totals.parts[ENERGY_BOOTING], 125);
    check_joules(&totals.parts[ENERGY_OFF], 2 * 9.75);
    check_joules(&totals.unused, 3 * 115.0);
    check_joules(&totals.of_jobs, 0);
    check_joules(&meter.use, 3 * 115.0 + 101 + 125 + 2 * 9.75);
    assert_true(fabs(sum_value(&meter.use.cost) - 0.5 * 590.5 / 3.6e6) < 1e-15);
    assert_true(fabs(sum_value(&meter.use.grams) - 590.5 / 3.6e6) < 1e-15);
    close_meter();
}

static void test_what_is_not_up_is_not_loaded(void **state)
{
    (void)state;
    open_meter(0);
    meter.computing = 1;
    meter.gpus_busy = 2;
    meter_settle(&meter, 0);
    assert_true(meter.total == 203 + 2 * 100);
    become(1, NODE_DOWN);
    assert_true(meter.total == 9.75);
    close_meter();
}

static void test_load_is_linear_above_epsilon(void **state)
{
    static const struct {
        uint32_t computing;
        double share, watts;
    } cases[] = {{0, 0, 0},   {0, 1e-12, 25}, {0, 0.5, 66.5},
                 {0, 1, 108}, {1, 0, 108},    {1, 0.5, 108}};
    (void)state;
    open_meter(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        meter.computing = cases[i].computing;
        meter.share = cases[i].share;
        meter_settle(&meter, 0);
        assert_true(fabs(meter.watts[ENERGY_CPUS] - cases[i].watts) < 1e-9);
    }
    close_meter();
}

static void test_gpus_are_busy_until_they_are_not(void **state)
{
    (void)state;
    open_meter(0);
    meter.gpus_busy = 5; /* no more than there are */
    meter.gpus_until = 3;
    meter_settle(&meter, 2);
    assert_true(meter.watts[ENERGY_GPUS] == 180);
    meter_settle(&meter, 3);
    assert_true(meter.watts[ENERGY_GPUS] == 0);
    close_meter();
}

static void test_jobs_have_equal_shares(void **state)
{
    static const struct job_request requests[3] = {{.id = 0}, {.id = 1}, {.id = 2}};
    struct job jobs[3], *runner = &jobs[2], *more[] = {&jobs[1]};
    struct node node = {.runner = &runner, .running_more = more, .num_running_more = 1};
    struct error err = {.kind = ERROR_NONE};
    (void)state;
    for (size_t i = 0; i < 3; i++)
        jobs[i] = (struct job){.request = &requests[i]};
    open_meter(3);
    charge(1);
    assert_int_equal(meter_note_jobs(&meter, &node, &err), 0);
    charge(3);
    node.num_running_more = 0;
    assert_int_equal(meter_note_jobs(&meter, &node, &err), 0);
    charge(4);
    charge(4); /* no time has passed */
    check_joules(&totals.jobs[0], 0);
    check_joules(&totals.jobs[1], 115);
    check_joules(&totals.jobs[2], 2 * 115.0);
    check_joules(&totals.of_jobs, 3 * 115.0);
    check_joules(&totals.unused, 115);
    close_meter();
}

static void test_what_is_taken_away_leaves_nothing(void **state)
{
    struct sum sum = {0, 0};
    (void)state;
    for (int i = 1; i <= 100000; i++)
        sum_add(&sum, 1.0 / i);
    for (int i = 100000; i > 0; i--)
        sum_add(&sum, -1.0 / i);
    assert_true(sum_value(&sum) == 0);
    sum_add(&sum, 1e16);
    sum_add(&sum, 1);
    sum_add(&sum, -1e16);
    assert_true(sum_value(&sum) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_state_of_a_node_draws_its_own),
        cmocka_unit_test(test_what_is_not_up_is_not_loaded),
        cmocka_unit_test(test_load_is_linear_above_epsilon),
        cmocka_unit_test(test_gpus_are_busy_until_they_are_not),
        cmocka_unit_test(test_jobs_have_equal_shares),
        cmocka_unit_test(test_what_is_taken_away_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
