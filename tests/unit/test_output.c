/* Files that results are written to: numbers, quoting, folders, what happens when they can't be
 * written. */
#include "results/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "scratch.h"

static void check_number(double value)
{
    char text[OUTPUT_NUMBER_SIZE + 1], wanted[64];
    size_t length = output_format_number(text, value);
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
    assert_int_equal(output_close(&output, &err), 0);
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
    assert_int_equal(output_close(&output, &err), 0);
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

static void test_closing_once_more_is_fine(void **state)
{
    struct output output;
    struct error err = {0};
    (void)state;
    assert_int_equal(output_open(&output, "c.csv", "c.json", "key", &err), 0);
    assert_true(output_is_open(&output));
    assert_int_equal(output_close(&output, &err), 0);
    assert_false(output_is_open(&output));
    assert_int_equal(output_close(&output, &err), 0);
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
    assert_string_equal(later.message,
                        "/dev/full: cannot write all of it: No space left on device");
    assert_int_equal(output_close(&output, &later), -1); /* is not said twice */
    assert_string_equal(later.message,
                        "/dev/full: cannot write all of it: No space left on device");
}

/* --- Full disks: a limit of the size of files does as they do ------------------------------- */

static struct rlimit former_limit;

static void limit_files(rlim_t bytes)
{
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &former_limit), 0);
    const struct rlimit limit = {bytes, former_limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void lift_limit(void)
{
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &former_limit), 0);
}

static size_t size_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return (size_t)status.st_size;
}

/* Rows of ten bytes, with a line feed inside that ends none. */
static void put_rows(struct output *output, int rows)
{
    for (int i = 0; i < rows; i++) {
        output_text(output, "\"234\n678\"");
        output_end_row(output);
    }
}

static void check_cut(size_t limit, int rows, size_t left)
{
    struct output output;
    struct error err = {0};
    limit_files(limit);
    assert_int_equal(output_open(&output, "cut.csv", "c.json", "key", &err), 0);
    put_rows(&output, rows);
    assert_int_equal(output_close(&output, &err), -1);
    lift_limit();
    assert_string_equal(
        err.message, "cut.csv: cannot write all of it: File too large; it ends with a whole row");
    assert_int_equal(size_of("cut.csv"), left);
    if (left)
        assert_true(strchr(contents("cut.csv"), '\n'));
}

static void test_a_full_disk_cuts_to_the_last_whole_row(void **state)
{
    (void)state;
    check_cut(95, 10, 90);
    check_cut(5, 10, 0);
    check_cut(1000003, 200000, 1000000);      /* in a later block */
    check_cut((1 << 18) + 3, 100000, 262140); /* across two */
}

static void test_a_row_larger_than_the_buffer_is_cut_whole(void **state)
{
    static char large[600000];
    struct output output;
    struct error err = {0};
    (void)state;
    memset(large, 'x', sizeof large);
    limit_files(500000);
    assert_int_equal(output_open(&output, "wide.csv", "c.json", "key", &err), 0);
    put_rows(&output, 3);
    output_bytes(&output, large, sizeof large);
    output_end_row(&output);
    assert_int_equal(output_check(&output, &err), -1);
    assert_int_equal(size_of("wide.csv"), 30);
    put_rows(&output, 3); /* comes too late */
    assert_int_equal(output_close(&output, &err), -1);
    lift_limit();
    assert_int_equal(size_of("wide.csv"), 30);
}

static size_t count_files(const char *prefix)
{
    size_t count = 0;
    DIR *directory = opendir(".");
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    closedir(directory);
    return count;
}

static void open_aside(struct output *output, const char *path, uint64_t bytes)
{
    struct error err = {0};
    assert_int_equal(output_open(output, path, "c.json", "key", &err), 0);
    assert_int_equal(output_set_aside(output, bytes, &err), 0);
}

static void test_a_file_set_aside_appears_when_it_is_complete(void **state)
{
    struct output output;
    struct stat status;
    struct error err = {0};
    (void)state;
    scratch_write("s.csv", "from an earlier run");
    assert_int_equal(chmod("s.csv", 0640), 0);
    open_aside(&output, "s.csv", 1 << 20);
    assert_int_equal(access("s.csv", F_OK), -1);
    assert_int_equal(fstat(output.descriptor, &status), 0);
    assert_true(status.st_blocks * 512 >= 1 << 20); /* the room is there whatever others write */
    put_rows(&output, 2);
    assert_int_equal(output_close(&output, &err), 0);
    assert_int_equal(size_of("s.csv"), 20);
    assert_int_equal(count_files("s.csv"), 1);
    assert_int_equal(stat("s.csv", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
}

static void test_a_file_set_aside_is_absent_when_it_is_not_complete(void **state)
{
    struct output output;
    struct error err = {0};
    (void)state;
    limit_files(100);
    open_aside(&output, "s.csv", 50);
    put_rows(&output, 20);
    assert_int_equal(output_close(&output, &err), -1);
    lift_limit();
    assert_string_equal(err.message,
                        "s.csv: cannot write all of it: File too large; it is left out");
    assert_int_equal(count_files("s.csv"), 0);
}

static void test_room_that_is_not_there_is_said_at_once(void **state)
{
    struct output output;
    struct error err = {0};
    (void)state;
    limit_files(100);
    assert_int_equal(output_open(&output, "s.csv", "c.json", "key", &err), 0);
    assert_int_equal(output_set_aside(&output, 200, &err), -1);
    output_close(&output, &err);
    lift_limit();
    assert_string_equal(err.message, "s.csv: there is no room for the 200 bytes that it may take: "
                                     "File too large; make room, or name a file elsewhere");
    assert_int_equal(count_files("s.csv"), 0);
}

static void test_a_link_stays_a_link_to_the_file_set_aside(void **state)
{
    struct output output;
    struct stat status;
    struct error err = {0};
    (void)state;
    assert_int_equal(symlink("linked.csv", "link.csv"), 0);
    open_aside(&output, "link.csv", 10);
    put_rows(&output, 1);
    assert_int_equal(output_close(&output, &err), 0);
    assert_int_equal(lstat("link.csv", &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(size_of("linked.csv"), 10);
}

static void test_what_is_no_file_is_not_set_aside(void **state)
{
    struct output output;
    struct error err = {0};
    (void)state;
    open_aside(&output, "/dev/null", 1 << 20);
    put_rows(&output, 1);
    assert_int_equal(output_close(&output, &err), 0);
    assert_int_equal(count_files("null"), 0);
    assert_int_equal(access("/dev/null", F_OK), 0);
}

static void test_an_error_that_is_there_already_stays_in_front(void **state)
{
    struct output output;
    struct error err = {0};
    (void)state;
    error_set(&err, ERROR_STUCK, "stuck");
    assert_int_equal(output_open(&output, "/dev/full", "c.json", "key", &err), 0);
    put_rows(&output, 1);
    assert_int_equal(output_close(&output, &err), -1);
    assert_int_equal(err.kind, ERROR_STUCK);
    assert_string_equal(err.message,
                        "stuck; /dev/full: cannot write all of it: No space left on device");
}

static void test_text_in_memory_grows_and_is_used_again(void **state)
{
    struct output output;
    struct error err = {0};
    (void)state;
    assert_int_equal(output_open_memory(&output, &err), 0);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 10000; i++)
            output_count(&output, 1000 + i % 9000);
        assert_int_equal(output.used, 40000);
        assert_memory_equal(output.buffer, "100010011002", 12);
        assert_memory_equal(output.buffer + (size_t)4 * 9999, "1999", 4);
        output_remove_front(&output, output.used);
    }
    assert_int_equal(output.failure, 0);
    output_close_memory(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_as_printf_writes_them),
        cmocka_unit_test(test_text_is_quoted_where_it_must_be),
        cmocka_unit_test(test_large_and_small_writes_keep_their_order),
        cmocka_unit_test(test_closing_once_more_is_fine),
        cmocka_unit_test(test_what_cannot_be_written_is_said),
        cmocka_unit_test(test_a_full_disk_cuts_to_the_last_whole_row),
        cmocka_unit_test(test_a_row_larger_than_the_buffer_is_cut_whole),
        cmocka_unit_test(test_a_file_set_aside_appears_when_it_is_complete),
        cmocka_unit_test(test_a_file_set_aside_is_absent_when_it_is_not_complete),
        cmocka_unit_test(test_room_that_is_not_there_is_said_at_once),
        cmocka_unit_test(test_a_link_stays_a_link_to_the_file_set_aside),
        cmocka_unit_test(test_what_is_no_file_is_not_set_aside),
        cmocka_unit_test(test_text_in_memory_grows_and_is_used_again),
        cmocka_unit_test(test_an_error_that_is_there_already_stays_in_front),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
