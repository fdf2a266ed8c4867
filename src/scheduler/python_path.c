/* The package is looked for beside the executable, so that a tree can be moved. What it is beside
 * holds nothing else: a folder with more would hide packages of a virtual environment. */
#include "scheduler/python_path.h"

#include "base/beside.h"
#include "version.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULE "/elastisim_python/__init__.py"

/* Relative to the executable's folder: of a build, and of an installation. */
static const char *const package_places[] = {"python", ELASTISIM_PYTHON_PLACE, NULL};
static const char *const module_places[] = {".", ELASTISIM_MODULE_PLACE, NULL};

bool python_find_package(char folder[PATH_MAX])
{
    if (!beside_find(package_places, MODULE, R_OK, folder))
        return false;
    folder[strlen(folder) - strlen(MODULE)] = '\0';
    return true;
}

bool python_find_module(char file[PATH_MAX])
{
    return beside_find(module_places, "/elastisim-python.so", R_OK, file);
}

int python_path(char **variable, struct error *err)
{
    char package[PATH_MAX];
    *variable = NULL;
    if (!python_find_package(package))
        return 0;
    const char *given = getenv("PYTHONPATH");
    if (!given)
        given = "";
    size_t size = sizeof "PYTHONPATH=:" + strlen(given) + strlen(package);
    *variable = malloc(size);
    if (!*variable)
        return error_no_memory(err);
    snprintf(*variable, size, "PYTHONPATH=%s%s%s", given, *given ? ":" : "", package);
    return 0;
}
