/* A log in place of a configuration: elastisim-workload makes a run of it in a temporary folder. */
#ifndef ELASTISIM_LOG_INPUT_H
#define ELASTISIM_LOG_INPUT_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>

/* Zeroed, there is none. */
struct log_input {
    char folder[PATH_MAX / 2];    /* to be removed */
    char configuration[PATH_MAX]; /* in it */
    char output[PATH_MAX];        /* the results' place in it, where nobody wants to keep them */
};

/* Whether the file is a log, by its beginning or its name (.swf): Standard Workload Format, what
 * sacct -P prints, the file of jobcomp/filetxt, a workload of Batsim, any of them with gzip. */
bool log_input_is(const char *path);

/* Imports it for a machine with so many nodes (NULL: as the log says). Returns 0, or -1 with err;
 * log_input_remove is to be called either way. */
int log_input_import(struct log_input *log, const char *path, const char *nodes, struct error *err);
void log_input_remove(struct log_input *log);

#endif
