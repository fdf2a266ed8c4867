/* Disks: what each I/O gets, and when it ends. */
#include "resources/disk.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_near(double value, double expected)
{
    if (fabs(value - expected) > 1e-12 * fmax(1, fabs(expected)))
        fail_msg("%.17g is not %.17g", value, expected);
}

static struct disk disk_of(double read, double write)
{
    return (struct disk){.read_bandwidth = read, .write_bandwidth = write};
}

static void test_an_idle_disk_has_no_end(void **state)
{
    struct disk disk = disk_of(4, 2);
    (void)state;
    assert_true(isinf(disk_next_end(&disk)));
    assert_null(disk_take_ended(&disk, 5));
}

static void test_one_gets_the_bandwidth_of_its_direction(void **state)
{
    struct disk disk = disk_of(4, 2);
    struct disk_io io;
    (void)state;
    disk_start(&disk, &io, false, 8, 1, 1);
    assert_near(disk_next_end(&disk), 3);
    assert_null(disk_take_ended(&disk, 2));
    assert_near(disk_next_end(&disk), 3);
    assert_ptr_equal(disk_take_ended(&disk, 3), &io);
    assert_null(io.next);
    disk_start(&disk, &io, true, 8, 1, 10);
    assert_near(disk_next_end(&disk), 14);
}

struct share_case {
    double read, write;           /* bandwidths */
    uint32_t reads, writes;       /* weights */
    double read_rate, write_rate; /* of weight 1 */
};

static void test_shares_are_max_min_fair(void **state)
{
    static const struct share_case cases[] = {
        {4, 2, 1, 1, 2, 2},   /* half of the larger bandwidth each */
        {4, 2, 3, 1, 1, 1},   /* a quarter each */
        {4, 2, 1, 2, 2, 1},   /* writes have no more; the read takes the rest */
        {4, 2, 1, 4, 2, 0.5}, /* the same */
        {4, 1, 1, 1, 3, 1},   /* the same */
        {2, 4, 1, 1, 2, 2},   /* the other way round */
        {1, 4, 2, 1, 0.5, 3}, {4, 4, 2, 2, 1, 1}, {4, 2, 8, 0, 0.5, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct share_case *c = &cases[i];
        struct disk disk = disk_of(c->read, c->write);
        struct disk_io read, write;
        disk_start(&disk, &read, false, 1e6, c->reads, 0);
        if (c->writes > 0)
            disk_start(&disk, &write, true, 1e6, c->writes, 0);
        disk_next_end(&disk);
        assert_near(read.rate, c->reads * c->read_rate);
        if (c->writes > 0)
            assert_near(write.rate, c->writes * c->write_rate);
    }
}

static void test_shares_change_when_others_come_and_go(void **state)
{
    struct disk disk = disk_of(4, 4);
    struct disk_io first, second, third;
    (void)state;
    disk_start(&disk, &first, false, 8, 1, 0);
    disk_start(&disk, &second, false, 8, 1, 1); /* 4 are left of the first */
    disk_start(&disk, &third, true, 100, 2, 1);
    assert_near(disk_next_end(&disk), 5); /* a rate of 1 */
    disk_cancel(&disk, &third, 3);        /* 2 and 6 are left */
    assert_near(disk_next_end(&disk), 4);
    assert_ptr_equal(disk_take_ended(&disk, 4), &first);
    assert_near(disk_next_end(&disk), 5); /* 4 are left, alone */
    assert_ptr_equal(disk_take_ended(&disk, 5), &second);
    assert_true(isinf(disk_next_end(&disk)));
}

static void test_those_that_end_together_come_in_order(void **state)
{
    struct disk disk = disk_of(3, 3);
    struct disk_io ios[4];
    const double bytes[] = {0.7, 0.9, 0.7, 0.7 + 1e-12};
    (void)state;
    for (int i = 0; i < 4; i++)
        disk_start(&disk, &ios[i], false, bytes[i], 1, 1e3);
    double end = disk_next_end(&disk);
    struct disk_io *ended = disk_take_ended(&disk, end);
    assert_ptr_equal(ended, &ios[0]);
    assert_ptr_equal(ended->next, &ios[2]);
    assert_ptr_equal(ended->next->next, &ios[3]); /* no clock tells the difference */
    assert_null(ended->next->next->next);
    assert_ptr_equal(disk.first, &ios[1]);
}

/* The end that was announced is one, whatever rounding does to it. */
static void test_announced_ends_come(void **state)
{
    struct disk disk = disk_of(1.7e9, 0.3e9);
    struct disk_io ios[3];
    double time = 0;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        time += 1.0 / 3 * (1 + i % 7) * (i % 1000 == 0 ? 1e4 : 1);
        for (int k = 0; k < 3; k++)
            disk_start(&disk, &ios[k], k == 1, 1e6 / 7 * (1 + (i + k) % 5), 1, time);
        while (!isinf(disk_next_end(&disk))) {
            time = disk_next_end(&disk);
            assert_true(disk_same_instant(time) > time);
            assert_non_null(disk_take_ended(&disk, time));
        }
    }
    assert_true(time > 1e5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_idle_disk_has_no_end),
        cmocka_unit_test(test_one_gets_the_bandwidth_of_its_direction),
        cmocka_unit_test(test_shares_are_max_min_fair),
        cmocka_unit_test(test_shares_change_when_others_come_and_go),
        cmocka_unit_test(test_those_that_end_together_come_in_order),
        cmocka_unit_test(test_announced_ends_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
