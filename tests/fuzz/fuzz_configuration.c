/* Any bytes as a configuration: an error or a configuration that holds what it must, never a crash.
 */
#include "configuration/configuration.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file that each input goes to: one per process. */
static const char *input_path(void)
{
    static char path[64];

    if (path[0] == '\0')
        snprintf(path, sizeof path, "/tmp/fuzz-configuration-%ld.json", (long)getpid());
    return path;
}

static void write_input(const uint8_t *data, size_t size)
{
    FILE *file = fopen(input_path(), "w");

    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
}

static bool is_sound(const struct configuration *configuration)
{
    bool by_events =
        configuration->schedule_on_job_submit && configuration->schedule_on_job_finalize;

    return configuration->jobs_file && configuration->platform_file &&
           (configuration->scheduling_interval > 0 || by_events) &&
           (configuration->sensing_interval > 0 || !configuration->sensing) &&
           configuration->min_scheduling_interval >= 0 && configuration->scheduler_timeout >= 0 &&
           configuration->job_kill_grace_period >= 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {.kind = ERROR_NONE};
    struct configuration configuration;
    int status;

    write_input(data, size);
    status = configuration_read(&configuration,
                                &(struct configuration_request){.file = input_path()}, NULL, &err);
    unlink(input_path());
    if (err.kind != (status == 0 ? ERROR_NONE : ERROR_INPUT) ||
        (status == 0 && !is_sound(&configuration)))
        abort();
    configuration_release(&configuration);
    return 0;
}
