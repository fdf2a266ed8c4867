/* Any bytes as a jobs file: an error or a workload, never a crash. The jobs can name
 * application.json and list.json, which stand in the working directory of the fuzzer. */
#include "workload/workload.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char application[] =
    "{\"on_init\": {\"iterations\": \"i\", \"tasks\": [{\"type\": \"idle\", \"delay\": \"x\"}]},"
    "\"phases\": [{\"iterations\": \"n\", \"evolving_request\": \"num_nodes_max - x\", \"tasks\": ["
    "{\"type\": \"pfs_read\", \"bytes\": \"x * num_nodes\", \"pattern\": \"uniform\"}]}]}";

static const char list[] =
    "{\"phases\": [{\"tasks\": [{\"type\": \"cpu\", \"flops\": [1, 2], \"computation_pattern\": "
    "\"vector\"}]}]}";

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "w");

    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
        abort();
    }
}

/* The files are in a directory of the process's own; the fuzzer works in another one. */
static char directory[] = "/tmp/fuzz-workload-XXXXXX";
static int home;

static void enter_directory(void)
{
    if (chdir(directory) != 0) {
        abort();
    }
}

static void leave_directory(void)
{
    if (fchdir(home) != 0) {
        abort();
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    home = open(".", O_RDONLY | O_DIRECTORY);
    if (home < 0 || mkdtemp(directory) == NULL) {
        abort();
    }
    enter_directory();
    write_file("application.json", application, sizeof application - 1);
    write_file("list.json", list, sizeof list - 1);
    leave_directory();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t nodes_with_gpus[] = {8, 4};
    static const struct workload_limits limits = {nodes_with_gpus, 1, true, false};
    struct error err = {.kind = ERROR_NONE};
    struct workload *workload;

    enter_directory();
    write_file("jobs.json", data, size);
    workload = workload_read("jobs.json", &limits, NULL, &err);
    leave_directory();
    if ((workload == NULL) != (err.kind != ERROR_NONE)) {
        abort();
    }
    for (size_t id = 0; workload != NULL && id < workload_num_jobs(workload); id++) {
        if (workload_job(workload, id)->id != id) {
            abort();
        }
    }
    workload_destroy(workload);
    return 0;
}
