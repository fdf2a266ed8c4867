/* Text for a terminal: no line is longer than the terminal is wide. */
#include "base/wrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct wrapped {
    const char *name;
    size_t columns;
    const char *text, *lines;
} rows[] = {
    {"no_columns_leave_it", 0, "  a  b c d e f g\n\n", "  a  b c d e f g\n\n"},
    {"what_fits_is_left", 10, "a  b   c d\n", "a  b   c d\n"},
    {"prose_goes_on_set_in", 12, "one two three four\n", "one two\n    three\n    four\n"},
    {"set_in_prose_goes_on_further_in", 14, "  one two three four\n",
     "  one two\n      three\n      four\n"},
    {"a_last_column_goes_on_below_itself", 40, "  --name X    one two three four five six seven\n",
     "  --name X    one two three four five\n              six seven\n"},
    {"a_narrow_last_column_moves_below_the_others", 30,
     "key   seconds  0   one two three four five six seven\n",
     "key seconds 0\n    one two three four five\n    six seven\n"},
    {"a_long_word_is_broken_after_a_comma", 12, "(one,two,three,four)\n",
     "(one,two,\n    three,\n    four)\n"},
    {"a_long_word_without_a_comma_is_broken_anywhere", 10, "abcdefghijklmnop\n",
     "abcdefghij\n    klmnop\n"},
    {"characters_count_and_not_bytes", 6, "\u00D6\u00D6\u00D6 \u00D6\u00D6\n",
     "\u00D6\u00D6\u00D6 \u00D6\u00D6\n"},
    {"characters_are_not_broken", 3, "\u00D6\u00D6\u00D6\u00D6\u00D6\n",
     "\u00D6\u00D6\u00D6\n\u00D6\u00D6\n"},
    {"one_column_will_do", 1, "ab c\n", "a\nb\nc\n"},
    {"the_end_needs_no_line_break", 9, "one two three", "one two\n    three"},
};

static void test_wrapped(void **state)
{
    const struct wrapped *row = *state;
    char *written = NULL;
    size_t size;
    FILE *memory = open_memstream(&written, &size);
    assert_non_null(memory);
    wrap_text(memory, row->text, row->columns);
    assert_int_equal(fclose(memory), 0);
    assert_string_equal(written, row->lines);
    free(written);
}

enum { NUM_ROWS = sizeof rows / sizeof *rows };

int main(void)
{
    struct CMUnitTest tests[NUM_ROWS];
    for (size_t i = 0; i < NUM_ROWS; i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_wrapped, NULL, NULL,
                                       (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
