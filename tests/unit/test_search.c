/* Inputs are found in the working directory, beside the configuration, or above that. */
#include "base/search.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

static const struct search {
    const char *name, *path, *beside, *found;
} searches[] = {
    {"in_the_working_directory", "here", "p/c/config", "here"},
    {"in_the_working_directory_first", "both", "p/c/config", "both"},
    {"beside_the_configuration", "beside", "p/c/config", "p/c/beside"},
    {"above_the_configuration", "above", "p/c/config", "p/c/../above"},
    {"in_a_folder_above_the_configuration", "c/beside", "p/c/config", "p/c/../c/beside"},
    {"not_above_the_working_directory", "lost", "config", "lost"},
    {"without_a_configuration", "lost", NULL, "lost"},
    {"absolute", "/lost", "p/c/config", "/lost"},
    {"nowhere", "lost", "p/c/config", NULL},
    {"below_a_file", "here/lost", "p/c/config", NULL},
};

static void test_search(void **state)
{
    const struct search *search = *state;
    struct error err = {0};
    char message[200];
    char *found = search_input(search->path, search->beside, &err);
    snprintf(message, sizeof message,
             "%s: does not exist, neither in the working directory nor beside the configuration",
             search->path);
    assert_string_equal(err.message, search->found ? "" : message);
    assert_int_equal(err.kind, search->found ? ERROR_NONE : ERROR_INPUT);
    if (search->found)
        assert_string_equal(found, search->found);
    free(found);
}

static const char *const files[] = {"here", "both", "p/above", "p/c/both", "p/c/beside"};
static const char *const folders[] = {"p", "p/c"};

#define ROWS(table) (sizeof(table) / sizeof *(table))

static int make_files(void **state)
{
    if (scratch_enter(state))
        return -1;
    for (size_t i = 0; i < ROWS(folders); i++)
        if (mkdir(folders[i], 0777))
            return -1;
    for (size_t i = 0; i < ROWS(files); i++)
        scratch_write(files[i], "");
    return 0;
}

static int remove_files(void **state)
{
    for (size_t i = 0; i < ROWS(files); i++)
        remove(files[i]);
    for (size_t i = ROWS(folders); i-- > 0;)
        remove(folders[i]);
    return scratch_leave(state);
}

int main(void)
{
    struct CMUnitTest tests[ROWS(searches)];
    for (size_t i = 0; i < ROWS(searches); i++)
        tests[i] = (struct CMUnitTest){searches[i].name, test_search, NULL, NULL,
                                       (void *)(uintptr_t)&searches[i]};
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
