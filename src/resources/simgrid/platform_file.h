/* A platform file as text: what has to be known of it apart from what SimGrid makes of it. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_PLATFORM_FILE_H
#define ELASTISIM_RESOURCES_SIMGRID_PLATFORM_FILE_H

#include "base/error.h"

#include <stdbool.h>

/* Checks that the file can be read and has nothing on which SimGrid is known to crash, and sees
 * whether anything in it changes over time (profiles). Returns 0, or -1 with err (missing, a
 * directory, empty, ...). */
int platform_file_look(const char *path, bool *has_profiles, struct error *err);

#endif
