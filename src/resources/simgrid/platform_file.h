/* A platform file as text: what has to be known of it apart from what SimGrid makes of it. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_PLATFORM_FILE_H
#define ELASTISIM_RESOURCES_SIMGRID_PLATFORM_FILE_H

#include "base/error.h"
#include "resources/topology.h"

#include <stdbool.h>
#include <stddef.h>

/* A cluster whose hosts are arranged in some way. */
struct cluster_shape {
    char *id; /* owned */
    struct zone_shape shape;
};

/* What is found in a platform file. */
struct platform_text {
    bool has_profiles;             /* something changes over time */
    bool has_bypasses;             /* routes that are used in place of others */
    struct cluster_shape *shapes;  /* of clusters that are a torus, a fat tree or a dragonfly */
    size_t num_shapes, shape_room; /* none from a platform that is a program */
};

/* Checks that the file can be read and has nothing on which SimGrid is known to crash, and fills
 * what it says, to be released even after an error. Returns 0, or -1 with err (missing, a
 * directory, empty, ...). */
int platform_file_look(const char *path, struct platform_text *found, struct error *err);
void platform_text_release(struct platform_text *found);

#endif
