/* The command line. */
#ifndef ELASTISIM_OPTIONS_H
#define ELASTISIM_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum command {
    COMMAND_RUN,
    COMMAND_CHECK,
    COMMAND_BATCH,
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_SCHEDULERS,
    COMMAND_CONFIGURATION
};

/* Who shares out the platform. */
enum model {
    MODEL_BEST, /* ours where it gives SimGrid's figures, else SimGrid */
    MODEL_FLOW, /* ours; a note says so if it is left to SimGrid all the same */
    MODEL_SIMGRID
};

struct options {
    enum command command;
    const char *configuration; /* the file; borrowed from argv, like all that follows */
    enum model model;
    const char *scheduler;  /* NULL when not given */
    const char *nodes;      /* of the machine of a log; NULL when not given */
    const char *python;     /* for scripts inside the simulator; NULL when not given */
    const char *directory;  /* the working directory to go to; NULL to stay */
    const char *output;     /* the folder of the results; NULL for where the configuration says */
    const char *events_url; /* NULL when not given */
    bool events_wait;
    unsigned jobs; /* runs of a batch at a time */
    bool strict;
    bool summary;
    bool timing;
    const char **simgrid; /* --log=... and --cfg=...; owned */
    size_t num_simgrid;
    const char **settings; /* KEY=VALUE; owned */
    size_t num_settings;
};

/* Reads the arguments. Returns 0, or -1 with err (ERROR_INPUT). */
int options_read(struct options *options, int argc, char **argv, struct error *err);
void options_release(struct options *options);

/* Prints the help text. */
void options_print_help(FILE *out);

#endif
