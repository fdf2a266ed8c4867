#include "base/beside.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Cuts the executable's name off. Returns whether the folder is known. */
static bool find_folder(char folder[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    if (length <= 0)
        return false;
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return slash;
}

bool beside_find(const char *const *places, const char *name, int mode, char file[PATH_MAX])
{
    char folder[PATH_MAX];
    if (!find_folder(folder))
        return false;
    for (; *places; places++) {
        int length = snprintf(file, PATH_MAX, "%s/%s%s", folder, *places, name);
        if (length < PATH_MAX && access(file, mode) == 0)
            return true;
    }
    return false;
}
