/* The summary: long times also in the words of elastisim-stats. */
#include "results/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct time {
    double seconds;
    const char *line;
} times[] = {
    {0, "makespan                      0.0 s\n"},
    {99.94, "makespan                     99.9 s\n"},
    {99.95, "makespan                    100.0 s  1 min 40 s\n"},
    {3599.4, "makespan                   3599.4 s  59 min 59 s\n"},
    {3599.6, "makespan                   3599.6 s  1 h 00 min\n"},
    {7443, "makespan                   7443.0 s  2 h 04 min\n"},
    {86369, "makespan                  86369.0 s  23 h 59 min\n"},
    {86371, "makespan                  86371.0 s  1 d 00 h\n"},
    {163214.6, "makespan                 163214.6 s  1 d 21 h\n"},
};

static void test_times_are_readable(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const struct summary summary = {.makespan = times[i].seconds};
        char *text = NULL;
        size_t size;
        FILE *memory = open_memstream(&text, &size);
        assert_non_null(memory);
        summary_print(memory, &summary, 0);
        assert_int_equal(fclose(memory), 0);
        const char *line = strstr(text, "makespan");
        assert_non_null(line);
        assert_memory_equal(line, times[i].line, strlen(times[i].line));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_times_are_readable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
