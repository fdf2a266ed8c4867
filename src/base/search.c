#include "base/search.h"

#include "base/quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What can't be looked at is left to who reads it: the message says why. */
static bool may_exist(const char *path)
{
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* In "FOLDER/" of `beside`, and `up` from there. */
static char *join(const char *beside, size_t folder, const char *up, const char *path,
                  struct error *err)
{
    size_t size = folder + strlen(up) + strlen(path) + 1;
    char *joined = malloc(size);
    if (joined)
        snprintf(joined, size, "%.*s%s%s", (int)folder, beside, up, path);
    else
        error_no_memory(err);
    return joined;
}

char *search_input(const char *path, const char *beside, struct error *err)
{
    const char *slash = beside ? strrchr(beside, '/') : NULL;
    size_t folder = slash ? (size_t)(slash - beside) + 1 : 0;
    if (!slash || path[0] == '/')
        return join("", 0, "", path, err);
    const char *const up[] = {"", "", "../"};
    for (size_t i = 0; i < sizeof up / sizeof *up; i++) {
        char *found = join(beside, i > 0 ? folder : 0, up[i], path, err);
        if (!found || may_exist(found))
            return found;
        free(found);
    }
    char quoted[QUOTE_TEXT];
    error_set(err, ERROR_INPUT,
              "%s: does not exist, neither in the working directory nor beside the configuration",
              quote(path, quoted));
    return NULL;
}
