/* Any bytes as a jobs file: an error or a workload, never a crash. The jobs can name the
 * application models a.json and b.json. */
#include "workload/workload.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct model {
    const char *name, *text;
} models[] = {
    {"a.json",
     "{\"on_init\": {\"iterations\": \"x\", \"tasks\": [{\"type\": \"idle\", \"delay\": \"y\"}]}, "
     "\"phases\": [{\"iterations\": \"x\", \"evolving_request\": \"num_nodes_max - y\", "
     "\"tasks\": [{\"type\": \"pfs_read\", \"bytes\": \"x * num_nodes\", \"pattern\": "
     "\"uniform\"}]}]}"},
    {"b.json", "{\"phases\": [{\"tasks\": [{\"type\": \"cpu\", \"flops\": [1, 2], "
               "\"computation_pattern\": \"vector\"}]}]}"},
};

enum { NUM_MODELS = sizeof models / sizeof *models };

/* A directory of the process's own, gone at its end; between inputs, the fuzzer is at home. */
static char directory[] = "/tmp/fuzz-workload-XXXXXX";
static int home;

static void enter(void)
{
    if (chdir(directory))
        abort();
}

static void leave(void)
{
    if (fchdir(home))
        abort();
}

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "w");

    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
}

static void remove_directory(void)
{
    enter();
    for (size_t i = 0; i < NUM_MODELS; i++)
        remove(models[i].name);
    remove("jobs.json");
    leave();
    rmdir(directory);
}

static void prepare(void)
{
    static bool prepared;

    if (prepared)
        return;
    home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (home < 0 || !mkdtemp(directory) || atexit(remove_directory))
        abort();
    enter();
    for (size_t i = 0; i < NUM_MODELS; i++)
        write_file(models[i].name, models[i].text, strlen(models[i].text));
    leave();
    prepared = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t nodes_with_gpus[] = {8, 4};
    static const struct workload_limits limits = {nodes_with_gpus, 1, true, false, NULL};
    struct error err = {.kind = ERROR_NONE};
    struct workload *workload;

    prepare();
    enter();
    write_file("jobs.json", data, size);
    workload = workload_read("jobs.json", &limits, NULL, &err);
    leave();
    if ((!workload) != (err.kind != ERROR_NONE))
        abort();
    for (size_t id = 0; workload && id < workload_num_jobs(workload); id++)
        if (workload_job(workload, id)->id != id)
            abort();
    workload_destroy(workload);
    return 0;
}
