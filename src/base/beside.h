/* Files that belong to this program, by where its executable is: a tree can be moved. */
#ifndef ELASTISIM_BASE_BESIDE_H
#define ELASTISIM_BASE_BESIDE_H

#include <limits.h>
#include <stdbool.h>

/* The first of the places (NULL-terminated), relative to the executable's folder, that with `name`
 * behind it is a file which may be accessed as `mode` (of access()) says. Returns whether there is
 * one; `file` is then its path. */
bool beside_find(const char *const *places, const char *name, int mode, char file[PATH_MAX]);

#endif
