/* Promise: two runs on one machine, or on one file system with locks, never write to one file. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "results/claim.h"

#include "base/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE ".elastisim.lock"

/* A folder in which results are claimed. There is one descriptor for it: closing any other of the
 * same file would drop all locks on it. */
struct claimed_folder {
    struct claimed_folder *next;
    dev_t device; /* of the lock file */
    ino_t file;
    int descriptor;
    char path[]; /* of the lock file */
};

struct claims {
    struct claimed_folder *folders;
};

/* --- Folders ------------------------------------------------------------------------------- */

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Makes the folders above a path. Returns 0, or the errno of the one that can't be made, which the
 * path is cut to then. */
static int make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, 0777) == 0 ? 0 : errno;
        if (failed && !is_folder(path))
            return failed;
        *slash = '/';
    }
    return 0;
}

static int make_folder(const struct configuration *configuration,
                       const struct configured_file *file, struct error *err)
{
    char *path = strdup(file->path), quoted[QUOTE_TEXT];
    if (!path)
        return error_no_memory(err);
    int failed = *path ? make_parents(path) : 0;
    if (failed)
        error_set(err, ERROR_INPUT, "%s: %s: cannot make the folder '%s': %s", configuration->file,
                  file->key, quote(path, quoted),
                  failed == EEXIST ? "there is a file of that name" : strerror(failed));
    free(path);
    return failed ? -1 : 0;
}

/* --- Lock files ---------------------------------------------------------------------------- */

/* The file that the path leads to: another run may have removed the one that was opened. */
static bool is_still(const char *path, const struct stat *opened)
{
    struct stat status;
    return stat(path, &status) == 0 && status.st_dev == opened->st_dev &&
           status.st_ino == opened->st_ino;
}

#define EVERYWHERE ((off_t)-1)

static int lock(int descriptor, int command, struct flock *range, off_t place)
{
    *range = (struct flock){.l_type = F_WRLCK,
                            .l_whence = SEEK_SET,
                            .l_start = place == EVERYWHERE ? 0 : place,
                            .l_len = place == EVERYWHERE ? 0 : 1};
    return fcntl(descriptor, command, range);
}

/* The place of a name: FNV-1a, of 62 bits. */
static off_t place_of(const char *name)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001B3);
    return (off_t)(hash >> 2);
}

static struct claimed_folder *find_folder(const struct claims *claims, const char *path)
{
    struct stat status;
    if (stat(path, &status))
        return NULL;
    struct claimed_folder *folder = claims->folders;
    while (folder && (folder->device != status.st_dev || folder->file != status.st_ino))
        folder = folder->next;
    return folder;
}

/* Opens the lock file; NULL where that can't be. */
static struct claimed_folder *open_folder(struct claims *claims, const char *path)
{
    struct claimed_folder *folder = find_folder(claims, path);
    if (folder)
        return folder;
    struct stat status;
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    folder = descriptor >= 0 && fstat(descriptor, &status) == 0
                 ? malloc(sizeof *folder + strlen(path) + 1)
                 : NULL;
    if (!folder) {
        if (descriptor >= 0)
            close(descriptor);
        return NULL;
    }
    *folder = (struct claimed_folder){claims->folders, status.st_dev, status.st_ino, descriptor};
    strcpy(folder->path, path);
    claims->folders = folder;
    return folder;
}

/* Removes the lock file unless another run has a claim in it. */
static void close_folder(struct claimed_folder *folder)
{
    struct flock all;
    const struct stat opened = {.st_dev = folder->device, .st_ino = folder->file};
    if (lock(folder->descriptor, F_SETLK, &all, EVERYWHERE) == 0 && is_still(folder->path, &opened))
        unlink(folder->path);
    close(folder->descriptor);
    free(folder);
}

static void drop_folder(struct claims *claims, struct claimed_folder *folder)
{
    struct claimed_folder **link = &claims->folders;
    while (*link != folder)
        link = &(*link)->next;
    *link = folder->next;
    close(folder->descriptor);
    free(folder);
}

/* --- Claims -------------------------------------------------------------------------------- */

enum outcome { CLAIMED, UNCLAIMABLE, TAKEN };

/* *holder is the process that has it, when it is taken and known, else 0. */
static enum outcome lock_place(struct claimed_folder *folder, off_t place, pid_t *holder)
{
    struct flock range;
    if (lock(folder->descriptor, F_SETLK, &range, place) == 0)
        return CLAIMED;
    if (errno != EACCES && errno != EAGAIN)
        return UNCLAIMABLE;
    bool known = lock(folder->descriptor, F_GETLK, &range, place) == 0 && range.l_type != F_UNLCK;
    *holder = known && range.l_pid > 0 ? range.l_pid : 0;
    return TAKEN;
}

/* Claims a name in the folder whose lock file is at `path`. */
static enum outcome claim_name(struct claims *claims, const char *path, const char *name,
                               pid_t *holder)
{
    for (;;) {
        struct claimed_folder *folder = open_folder(claims, path);
        if (!folder)
            return UNCLAIMABLE;
        enum outcome outcome = lock_place(folder, place_of(name), holder);
        const struct stat opened = {.st_dev = folder->device, .st_ino = folder->file};
        if (outcome != CLAIMED || is_still(path, &opened))
            return outcome;
        drop_folder(claims, folder);
    }
}

/* Where a path leads: a link's target, or the path itself while there is nothing. */
static char *target_of(const char *path)
{
    char *real = realpath(path, NULL);
    return real ? real : strdup(path);
}

static bool is_claimable(const char *path)
{
    struct stat status;
    return stat(path, &status) || S_ISREG(status.st_mode);
}

/* The path of the lock file beside a target, and the target's name. */
static char *lock_file_of(const char *target, const char **name)
{
    const char *slash = strrchr(target, '/');
    size_t folder = slash ? (size_t)(slash - target) + 1 : 0;
    char *path = malloc(folder + sizeof LOCK_FILE);
    if (path) {
        memcpy(path, target, folder);
        strcpy(path + folder, LOCK_FILE);
    }
    *name = target + folder;
    return path;
}

static int refuse(const struct configuration *configuration, const struct configured_file *file,
                  pid_t holder, struct error *err)
{
    char quoted[QUOTE_TEXT], process[40] = "";
    if (holder)
        snprintf(process, sizeof process, " (process %ld)", (long)holder);
    return error_set(err, ERROR_INPUT,
                     "%s: %s: another run%s writes to '%s'; wait for its end, or give this one a "
                     "folder of its own with --output DIR",
                     configuration->file, file->key, process, quote(file->path, quoted));
}

static int claim(struct claims *claims, const struct configuration *configuration,
                 const struct configured_file *file, struct error *err)
{
    if (!is_claimable(file->path))
        return 0;
    const char *name = NULL;
    pid_t holder = 0;
    char *target = target_of(file->path);
    char *path = target ? lock_file_of(target, &name) : NULL;
    enum outcome outcome = path ? claim_name(claims, path, name, &holder) : UNCLAIMABLE;
    int status = path ? 0 : error_no_memory(err);
    free(path);
    free(target);
    return outcome == TAKEN ? refuse(configuration, file, holder, err) : status;
}

int claim_results(struct claims **result, const struct configuration *configuration,
                  struct error *err)
{
    struct claims *claims = *result = calloc(1, sizeof *claims);
    struct configured_file file;
    size_t place = 0;
    if (!claims)
        return error_no_memory(err);
    while (configuration_next_file(configuration, FILE_WRITTEN, &place, &file))
        if (file.used &&
            (make_folder(configuration, &file, err) || claim(claims, configuration, &file, err)))
            return -1;
    return 0;
}

void claims_release(struct claims *claims)
{
    while (claims && claims->folders) {
        struct claimed_folder *folder = claims->folders;
        claims->folders = folder->next;
        close_folder(folder);
    }
    free(claims);
}
