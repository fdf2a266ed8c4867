/* Files that results are written to: numbers, quoting, folders, what happens when they can't be
 * written. */
#include "results/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <sys/stat.h>

#include "scratch.h"

static void check_number(double value)
{
    char text[OUTPUT_NUMBER_SIZE + 1], wanted[64];
    size_t length = format_number(text, value);
    assert_true(length <= OUTPUT_NUMBER_SIZE);
    text[length] = '\0';
    snprintf(wanted, sizeof wanted, "%.15g", value == 0 ? 0.0 : value);
    assert_string_equal(text, wanted);
}

static void test_numbers_are_as_printf_writes_them(void **state)
{
    static const double values[] = {
        0,
        -0.0,
        1,
        -1,
        0.5,
        0.1,
        1.0 / 3,
        2.0 / 3,
        0.531,
        1e-3,
        1e-4,
        9.9e-5,
        1e-5,
        1e-7,
        1e5,
        999999,
        1e6,
        1e9,
        1e14,
        1e15,
        1e16,
        123456.789,
        1e300,
        -1e-300,
        161574.9,
        1e-6,
        0.999999,
        0.9999999,
        999999999.999999,
        1425.46326166667,
        50000000000.0,
    };
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        check_number(values[i]);
        check_number(-values[i]);
    }
    srand(7);
    for (int i = 0; i < 200000; i++) {
        double random = (double)rand() / RAND_MAX;
        check_number(random * pow(10, rand() % 24 - 8));
        check_number(rand() / pow(10, rand() % 9));
        check_number(floor(random * 1e9) / 1e3);
    }
}

static const char *contents(const char *path)
{
    static char text[1024];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void test_text_is_quoted_where_it_must_be(void **state)
{
    struct output output;
    struct error err = {0};
    (void)state;
    scratch_write("q.csv",
                  "what was there before is gone, however long it was and whatever it said");
    assert_int_equal(output_open(&output, "q.csv", "c.json", "key", &err), 0);
    output_field(&output, "plain");
    output_char(&output, ',');
    output_field(&output, "a, \"b\"");
    output_char(&output, ',');
    output_field(&output, NULL);
    output_json(&output, "a\"b\\c\n\x01é");
    output_count(&output, UINT64_MAX);
    assert_true(output_close(&output));
    assert_string_equal(
        contents("q.csv"),
        "plain,\"a, \"\"b\"\"\",\"a\\\"b\\\\c\\u000a\\u0001é\"18446744073709551615");
}

static void test_large_and_small_writes_keep_their_order(void **state)
{
    static char large[600000];
    struct output output;
    struct error err = {0};
    (void)state;
    memset(large, 'x', sizeof large);
    assert_int_equal(output_open(&output, "order.txt", "c.json", "key", &err), 0);
    output_text(&output, "begin");
    output_bytes(&output, large, sizeof large);
    for (int i = 0; i < 100000; i++)
        output_text(&output, "0123456789");
    assert_true(output_close(&output));
    FILE *file = fopen("order.txt", "r");
    assert_non_null(file);
    char start[6] = {0};
    assert_int_equal(fread(start, 1, 5, file), 5);
    assert_string_equal(start, "begin");
    for (size_t i = 0; i < sizeof large; i++)
        assert_int_equal(getc(file), 'x');
    for (int i = 0; i < 1000000; i++)
        assert_int_equal(getc(file), '0' + i % 10);
    assert_int_equal(getc(file), EOF);
    fclose(file);
}

static void test_folders_are_made(void **state)
{
    struct output output;
    struct error err = {0};
    (void)state;
    assert_int_equal(output_open(&output, "a/b/c.csv", "c.json", "key", &err), 0);
    assert_true(output_is_open(&output));
    assert_true(output_close(&output));
    assert_false(output_is_open(&output));
    assert_true(output_close(&output)); /* once more is fine */
    unlink("a/b/c.csv");
    rmdir("a/b");
    rmdir("a");
}

static void test_what_cannot_be_written_is_said(void **state)
{
    struct output output;
    struct error err = {0}, later = {0};
    (void)state;
    mkdir("folder", 0777);
    assert_int_equal(output_open(&output, "folder", "c.json", "events", &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(err.message, "c.json: events: cannot write 'folder': Is a directory");
    rmdir("folder");
    struct error none = {0};
    assert_int_equal(output_open(&output, "/dev/full", "c.json", "events", &none), 0);
    for (int i = 0; i < 100000; i++)
        output_text(&output, "0123456789");
    assert_int_equal(output_check(&output, &later), -1);
    assert_string_equal(later.message, "/dev/full: cannot write: No space left on device");
    assert_false(output_close(&output));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_as_printf_writes_them),
        cmocka_unit_test(test_text_is_quoted_where_it_must_be),
        cmocka_unit_test(test_large_and_small_writes_keep_their_order),
        cmocka_unit_test(test_folders_are_made),
        cmocka_unit_test(test_what_cannot_be_written_is_said),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
