/* Promise: files are compared, not their names, so that neither "./a" nor a link hides one. */
#include "results/protection.h"

#include "workload/workload.h"

#include <sys/stat.h>

/* Finds a regular file; devices like /dev/null take and keep any number of them. */
static bool find(const char *path, struct stat *status)
{
    return stat(path, status) == 0 && S_ISREG(status->st_mode);
}

static bool is_file(const char *path, const struct stat *status)
{
    struct stat own;
    return find(path, &own) && own.st_dev == status->st_dev && own.st_ino == status->st_ino;
}

static int check_input(const struct configuration *configuration, const char *input,
                       struct error *err)
{
    struct stat status;
    struct configured_file output;
    size_t place = 0;
    if (!find(input, &status))
        return 0;
    while (configuration_next_file(configuration, FILE_WRITTEN, &place, &output))
        if (is_file(output.path, &status))
            return error_set(err, ERROR_INPUT,
                             "%s: %s: '%s' is the input '%s', which would be overwritten; name "
                             "another file",
                             configuration->file, output.key, output.path, input);
    return 0;
}

int protection_check_inputs(const struct configuration *configuration,
                            const struct workload *workload, struct error *err)
{
    struct configured_file input;
    size_t place = 0;
    if (check_input(configuration, configuration->file, err))
        return -1;
    while (configuration_next_file(configuration, FILE_READ, &place, &input))
        if (check_input(configuration, input.path, err))
            return -1;
    const struct shared_application *model = NULL;
    const char *file;
    while ((model = workload_next_application(workload, model, &file)))
        if (check_input(configuration, file, err))
            return -1;
    return 0;
}

int protection_check_outputs(const struct configuration *configuration, struct error *err)
{
    struct configured_file output, other;
    size_t place = 0;
    while (configuration_next_file(configuration, FILE_WRITTEN, &place, &output)) {
        struct stat status;
        size_t behind = place;
        if (!find(output.path, &status))
            continue;
        while (configuration_next_file(configuration, FILE_WRITTEN, &behind, &other))
            if (is_file(other.path, &status))
                return error_set(err, ERROR_INPUT,
                                 "%s: %s: '%s' is the same file as '%s' of %s; name another file",
                                 configuration->file, other.key, other.path, output.path,
                                 output.key);
    }
    return 0;
}
