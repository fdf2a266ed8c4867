/* Where inputs are looked for. */
#ifndef ELASTISIM_BASE_SEARCH_H
#define ELASTISIM_BASE_SEARCH_H

#include "base/error.h"

/* Finds the file that a path means: relative to the working directory or, when nothing is there,
 * to the folder of the file `beside` (or NULL), or else to the folder above that one (so that
 * configurations may have a folder of their own). Nothing is looked for above the working
 * directory. Returns the path to use (free it), which may lead nowhere when there was one place to
 * look; NULL with err (ERROR_INPUT) when nothing is in any of several, or when out of memory. */
char *search_input(const char *path, const char *beside, struct error *err);

#endif
