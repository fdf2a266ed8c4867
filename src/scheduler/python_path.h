/* Schedulers in Python that the simulator starts find the package of this project by themselves. */
#ifndef ELASTISIM_SCHEDULER_PYTHON_PATH_H
#define ELASTISIM_SCHEDULER_PYTHON_PATH_H

#include "base/error.h"

/* Sets *variable to "PYTHONPATH=FOLDERS", to be freed: those of our own environment, then the one
 * that belongs to this executable, in the build tree or where both are installed. NULL when there
 * is none. Returns 0, or -1 with err when out of memory. */
int python_path(char **variable, struct error *err);

#endif
