/* Schedulers in Python find the package of this project by themselves; and where the module is that
 * runs them inside the simulator. */
#ifndef ELASTISIM_SCHEDULER_PYTHON_PATH_H
#define ELASTISIM_SCHEDULER_PYTHON_PATH_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>

/* The folder of the package that belongs to this executable, and the file of the module; beside the
 * executable in the build tree, or where all are installed. Return whether there is one. */
bool python_find_package(char folder[PATH_MAX]);
bool python_find_module(char file[PATH_MAX]);
/* Sets *variable to "PYTHONPATH=FOLDERS", to be freed: those of our own environment, then the one
 * that belongs to this executable. NULL when there is none. Returns 0, or -1 with err when out of
 * memory. */
int python_path(char **variable, struct error *err);

#endif
