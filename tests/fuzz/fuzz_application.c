/* Any bytes as an application model: an error or a model, never a crash. */
#include "application/application.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file that each input goes to: one per process. */
static const char *input_path(void)
{
    static char path[64];

    if (path[0] == '\0') {
        snprintf(path, sizeof path, "/tmp/fuzz-application-%ld.json", (long)getpid());
    }
    return path;
}

static void write_input(const uint8_t *data, size_t size)
{
    FILE *file = fopen(input_path(), "w");

    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {.kind = ERROR_NONE};
    struct application *application;

    write_input(data, size);
    application = application_read(input_path(), NULL, &err);
    if ((application == NULL) != (err.kind != ERROR_NONE)) {
        abort();
    }
    application_destroy(application);
    return 0;
}
