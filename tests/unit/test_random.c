/* Random numbers: the published ones, fractions, numbers below a bound, streams apart. */
#include "base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The first numbers of java.util.SplittableRandom(0), which is the authors' program, and those that
 * are known for seed 1234567. */
static void test_the_first_numbers_are_the_published_ones(void **state)
{
    static const uint64_t of_0[] = {0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f,
                                    0xf88bb8a8724c81ec, 0x1b39896a51a8749b};
    static const uint64_t of_1234567[] = {6457827717110365317, 3203168211198807973,
                                          9817491932198370423U, 4593380528125082431,
                                          16408922859458223821U};
    struct random zero = {0}, other = {1234567};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_true(random_next(&zero) == of_0[i]);
        assert_true(random_next(&other) == of_1234567[i]);
    }
}

static void test_fractions_are_above_0_and_at_most_1(void **state)
{
    struct random random = {1};
    double sum = 0, squares = 0;
    enum { DRAWS = 100000 };

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        double fraction = random_fraction(&random);
        assert_true(fraction > 0 && fraction <= 1);
        sum += fraction;
        squares += fraction * fraction;
    }
    /* Mean 1/2 and variance 1/12, within three standard errors. */
    assert_true(fabs(sum / DRAWS - 0.5) < 3 * sqrt(1.0 / 12 / DRAWS));
    assert_true(fabs(squares / DRAWS - 1.0 / 3) < 3 * sqrt(4.0 / 45 / DRAWS));
}

static void test_a_fraction_is_1_after_the_largest_number_and_never_0(void **state)
{
    /* The states before the numbers 2^64 - 1 and 0: the scrambling, undone. */
    struct random random = {0xcf9a04affa6badc0 - 0x9e3779b97f4a7c15};

    (void)state;
    assert_true(random_next(&random) == UINT64_MAX);
    random.state = 0xcf9a04affa6badc0 - 0x9e3779b97f4a7c15;
    assert_true(random_fraction(&random) == 1);
    random.state = -UINT64_C(0x9e3779b97f4a7c15);
    assert_true(random_fraction(&random) == 0x1p-53);
}

static void test_numbers_below_a_bound_are_equally_likely(void **state)
{
    enum { BOUND = 7, DRAWS = BOUND * 10000 };
    struct random random = {3};
    int counts[BOUND] = {0};
    double deviation = 0;

    (void)state;
    for (int i = 0; i < DRAWS; i++)
        counts[random_below(&random, BOUND)]++;
    for (int i = 0; i < BOUND; i++)
        deviation += pow(counts[i] - 1e4, 2) / 1e4;
    assert_true(deviation < 12.59); /* chi-square, 6 degrees of freedom, 5 % */
    assert_int_equal(random_below(&random, 1), 0);
    /* Of 2^31 + 1 half of what is drawn has to be drawn again. */
    for (int i = 0; i < 1000; i++)
        assert_true(random_below(&random, 0x80000001) <= 0x80000000);
}

static void test_streams_differ_by_seed_name_and_purpose(void **state)
{
    static const struct {
        uint64_t seed;
        const char *name;
        uint64_t purpose;
    } streams[] = {{1, "n1", 0}, {2, "n1", 0}, {1, "n2", 0}, {1, "n1", 1},
                   {2, "n1", 1}, {1, "1n", 0}, {1, "", 0},   {1, "n", 0}};
    enum { COUNT = sizeof streams / sizeof *streams };

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++) {
            struct random a = random_stream(streams[i].seed, streams[i].name, streams[i].purpose);
            struct random b = random_stream(streams[j].seed, streams[j].name, streams[j].purpose);
            assert_int_equal(random_next(&a) == random_next(&b), i == j);
        }
}

static void test_streams_of_near_names_are_not_correlated(void **state)
{
    enum { DRAWS = 20000 };
    struct random a = random_stream(1, "n1", 0), b = random_stream(1, "n2", 0);
    double products = 0;

    (void)state;
    for (int i = 0; i < DRAWS; i++)
        products += (random_fraction(&a) - 0.5) * (random_fraction(&b) - 0.5);
    assert_true(fabs(12 * products / DRAWS) < 3 / sqrt(DRAWS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_numbers_are_the_published_ones),
        cmocka_unit_test(test_fractions_are_above_0_and_at_most_1),
        cmocka_unit_test(test_a_fraction_is_1_after_the_largest_number_and_never_0),
        cmocka_unit_test(test_numbers_below_a_bound_are_equally_likely),
        cmocka_unit_test(test_streams_differ_by_seed_name_and_purpose),
        cmocka_unit_test(test_streams_of_near_names_are_not_correlated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
