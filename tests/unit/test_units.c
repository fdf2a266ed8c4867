/* Units: what texts say which value, and which say none. */
#include "platform/platform.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct unit_case {
    const char *text;
    double value; /* -1: refused */
};

static void check_cases(int (*read)(const char *text, double *result),
                        const struct unit_case *cases)
{
    for (; cases->text; cases++) {
        double value = -1;
        int status = read(cases->text, &value);
        if (status != (cases->value < 0 ? -1 : 0) ||
            fabs(value - cases->value) > 1e-15 * fabs(cases->value))
            fail_msg("'%s' gave %d and %.17g instead of %.17g", cases->text, status, value,
                     cases->value);
    }
}

static void test_bandwidths(void **state)
{
    static const struct unit_case cases[] = {
        {"0", 0},
        {"125", 125},
        {"4GBps", 4e9},
        {"4.5GBps", 4.5e9},
        {"1e3MBps", 1e9},
        {"10Gbps", 1.25e9},
        {"8bps", 1},
        {"1Bps", 1},
        {"1kBps", 1e3},
        {"1kbps", 125},
        {"1MBps", 1e6},
        {"1TBps", 1e12},
        {"1PBps", 1e15},
        {"1EBps", 1e18},
        {"1E3EBps", 1e21},
        {"1ZBps", 1e21},
        {"1YBps", 1e24},
        {"1KiBps", 1024},
        {"1MiBps", 1048576},
        {"1.5GiBps", 1610612736},
        {"1TiBps", 1099511627776},
        {"1PiBps", 1125899906842624},
        {"1Eibps", 144115188075855872},
        {"1ZiBps", 0x1p70},
        {"1YiBps", 0x1p80},
        {"+1Bps", 1},
        {" \t1Bps", 1},
        {".5Bps", .5},
        {"5.Bps", 5},
        {"-0Bps", 0},
        {"", -1},
        {"Bps", -1},
        {"GBps", -1},
        {"-1GBps", -1},
        {"4 GBps", -1},
        {"4GBps ", -1},
        {"4GBPS", -1},
        {"4gBps", -1},
        {"4KBps", -1},
        {"4kiBps", -1},
        {"4GB", -1},
        {"4GB/s", -1},
        {"4G", -1},
        {"4Gf", -1},
        {"4gigaBps", -1},
        {"4BpsBps", -1},
        {"nan", -1},
        {"nanBps", -1},
        {"inf", -1},
        {"infBps", -1},
        {"1e400Bps", -1},
        {"1e300YBps", -1},
        {"1e-400Bps", -1},
        {"0x10Bps", -1},
        {"-0x1p3", -1},
        {"1,5GBps", -1},
        {"--1", -1},
        {"+", -1},
        {" ", -1},
        {".", -1},
        {NULL, 0},
    };
    (void)state;
    check_cases(units_bandwidth, cases);
}

static void test_flops(void **state)
{
    static const struct unit_case cases[] = {
        {"0", 0},
        {"5", 5},
        {"5f", 5},
        {"2.5f", 2.5},
        {"1kf", 1e3},
        {"1Mf", 1e6},
        {"100Gf", 1e11},
        {"20Tf", 2e13},
        {"1Pf", 1e15},
        {"1Ef", 1e18},
        {"1e2Ef", 1e20},
        {"1Zf", 1e21},
        {"1Yf", 1e24},
        {"5flops", 5},
        {"1kiloflops", 1e3},
        {"1megaflops", 1e6},
        {"1gigaflops", 1e9},
        {"1teraflops", 1e12},
        {"1petaflops", 1e15},
        {"1exaflops", 1e18},
        {"1zettaflops", 1e21},
        {"1yottaflops", 1e24},
        {"", -1},
        {"f", -1},
        {"1G", -1},
        {"1gf", -1},
        {"1Kf", -1},
        {"1Gif", -1},
        {"1Gflops", -1},
        {"1gigaf", -1},
        {"1GFLOPS", -1},
        {"1F", -1},
        {"1flop", -1},
        {"1GBps", -1},
        {"-1f", -1},
        {"1f,2f", -1},
        {"1e309f", -1},
        {NULL, 0},
    };
    (void)state;
    check_cases(units_flops, cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bandwidths),
        cmocka_unit_test(test_flops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
