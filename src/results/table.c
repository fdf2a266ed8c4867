#include "results/table.h"

#include <stdlib.h>

int table_open(struct observer *observer, const char *path, const struct run_facts *facts,
               const char *key, const char *header, struct error *err)
{
    struct output *file = calloc(1, sizeof *file);
    if (!file)
        return error_no_memory(err);
    observer->self = file;
    if (output_open(file, path, facts->configuration->file, key, err))
        return -1;
    output_text(file, header);
    output_end_row(file);
    return 0;
}

int table_close(void *self, struct error *err)
{
    int status = output_close(self, err);
    free(self);
    return status;
}
