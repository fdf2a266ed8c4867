/* Any bytes as an application model: an error or a model, never a crash. */
#include "application/application.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file that each input goes to: one per process, gone at its end. */
static char path[] = "/tmp/fuzz-application-XXXXXX";

static void remove_file(void)
{
    remove(path);
}

static void prepare(void)
{
    static bool prepared;
    int file;

    if (prepared)
        return;
    file = mkstemp(path);
    if (file < 0 || close(file) || atexit(remove_file))
        abort();
    prepared = true;
}

static void write_file(const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "w");

    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {.kind = ERROR_NONE};
    struct application *application;

    prepare();
    write_file(data, size);
    application = application_read(path, NULL, &err);
    if ((!application) != (err.kind != ERROR_NONE))
        abort();
    application_destroy(application);
    return 0;
}
