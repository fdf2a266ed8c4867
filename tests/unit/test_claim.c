/* Before results are created: folders are made, and files belong to one run at a time. */
#include "results/claim.h"

#include "child.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#define LOCK ".elastisim.lock"

static char job_statistics[] = "a/b/jobs.csv", events[] = "a/b/events.jsonl", file[] = "c.json";

static struct configuration both = {
    .file = file, .job_statistics = job_statistics, .events = events};

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void clear(void)
{
    static const char *const left[] = {"a/b/jobs.csv", "a/b/events.jsonl", ("a/b/" LOCK), "a/b",
                                       "a"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        remove(left[i]);
}

static void test_folders_are_made_and_the_lock_file_goes_with_the_claims(void **state)
{
    struct claims *claims;
    struct error err = {0};
    (void)state;
    assert_int_equal(claim_results(&claims, &both, &err), 0);
    assert_true(exists("a/b/" LOCK));
    assert_false(exists("a/b/jobs.csv"));
    claims_release(claims);
    assert_false(exists("a/b/" LOCK));
    claims_release(NULL);
    clear();
}

static void test_what_is_switched_off_is_not_claimed(void **state)
{
    char path[] = "a/t.csv";
    const struct configuration off = {.file = file, .task_times = path, .cpu_utilization = path};
    struct claims *claims;
    struct error err = {0};
    (void)state;
    assert_int_equal(claim_results(&claims, &off, &err), 0);
    assert_false(exists("a"));
    claims_release(claims);
}

static void test_a_file_in_place_of_a_folder_is_told(void **state)
{
    struct claims *claims;
    struct error err = {0};
    (void)state;
    scratch_write("a", "");
    assert_int_equal(claim_results(&claims, &both, &err), -1);
    assert_string_equal(err.message, "c.json: job_statistics: cannot make the folder 'a': there is "
                                     "a file of that name");
    assert_int_equal(err.kind, ERROR_INPUT);
    claims_release(claims);
    clear();
}

/* Another process, which is refused; `other` names one of the files of this one. */
static void refused(const void *other)
{
    char expected[300];
    struct claims *claims;
    struct error err = {0};
    check(claim_results(&claims, other, &err) == -1);
    snprintf(expected, sizeof expected,
             "c.json: events: another run (process %ld) writes to '%s'; wait for its end, or give "
             "this one a folder of its own with --output DIR",
             (long)getppid(), ((const struct configuration *)other)->events);
    check_text(err.message, expected);
    claims_release(claims);
}

static void welcome(const void *other)
{
    struct claims *claims;
    struct error err = {0};
    check(claim_results(&claims, other, &err) == 0);
    claims_release(claims);
}

static void test_another_process_is_refused_however_it_spells_the_path(void **state)
{
    char detour[] = "a/../a/b/events.jsonl", link_[] = "link/events.jsonl", free_[] = "a/b/free";
    char *const taken[] = {events, detour, link_};
    struct claims *claims;
    struct error err = {0};
    (void)state;
    assert_int_equal(claim_results(&claims, &both, &err), 0);
    assert_int_equal(symlink("a/b", "link"), 0);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        assert_true(child_runs(refused, &(struct configuration){.file = file, .events = taken[i]}));
    assert_true(child_runs(welcome, &(struct configuration){.file = file, .events = free_}));
    assert_true(exists("a/b/" LOCK));
    claims_release(claims);
    assert_true(child_runs(welcome, &both));
    assert_false(exists("a/b/" LOCK));
    unlink("link");
    clear();
}

static void test_devices_are_not_claimed(void **state)
{
    char null[] = "/dev/null";
    const struct configuration nothing = {.file = file, .events = null};
    struct claims *claims;
    struct error err = {0};
    (void)state;
    assert_int_equal(claim_results(&claims, &nothing, &err), 0);
    assert_true(child_runs(welcome, &nothing));
    claims_release(claims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folders_are_made_and_the_lock_file_goes_with_the_claims),
        cmocka_unit_test(test_what_is_switched_off_is_not_claimed),
        cmocka_unit_test(test_a_file_in_place_of_a_folder_is_told),
        cmocka_unit_test(test_another_process_is_refused_however_it_spells_the_path),
        cmocka_unit_test(test_devices_are_not_claimed),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
