/* Promise: however the run ends, short of SIGKILL, the temporary folder goes with it. */
#define _GNU_SOURCE
#include "log_input.h"

#include "base/beside.h"
#include "base/interrupt.h"
#include "base/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BEGINNING = 4096, DEPTH = 16 };

/* --- What is a log ------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length >= size && strcasecmp(text + length - size, end) == 0;
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Of a Slurm's accounting: the names of the columns, one of which is the job's ID. */
static bool is_column_line(const char *text)
{
    size_t length = strcspn(text, "\n");
    const char *id = strstr(text, "JobID"), *bar = memchr(text, '|', length);
    return bar && id && (size_t)(id - text) < length;
}

static bool is_log_text(const char *text)
{
    return begins_with(text, "\x1f\x8b") || begins_with(text, ";") || begins_with(text, "JobId=") ||
           is_column_line(text) || (begins_with(text, "{") && strstr(text, "\"nb_res\""));
}

bool log_input_is(const char *path)
{
    char text[BEGINNING + 1];
    FILE *file = path ? fopen(path, "re") : NULL;
    if (!file)
        return false;
    size_t length = fread(text, 1, BEGINNING, file);
    fclose(file);
    text[length] = '\0';
    return ends_with(path, ".swf") || is_log_text(text);
}

/* --- The importer -------------------------------------------------------------------------- */

/* Where the program may be: in a build, and where both are installed. */
static const char *const places[] = {"../python/", "", NULL};

/* The program, or its name, to be looked for in PATH. */
static void find_program(char program[PATH_MAX])
{
    static const char name[] = "elastisim-workload";
    if (!beside_find(places, name, X_OK, program))
        snprintf(program, PATH_MAX, "%s", name);
}

/* The importer under way, for the handler of signals; 0 for none. */
static volatile sig_atomic_t importer;

static void end_importer(void)
{
    if (importer > 0)
        kill((pid_t)importer, SIGTERM);
}

/* Waits; what ends us ends the child, also if it came before we wait. Returns its exit status, or
 * -1 when a signal ended it. */
static int wait_for(pid_t child)
{
    int status = 0;
    importer = child;
    interrupt_tell(end_importer);
    if (interrupt_signal())
        end_importer();
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    interrupt_tell(NULL);
    importer = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int spawn(pid_t *child, char *const *arguments)
{
    posix_spawnattr_t attributes;
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    int failed = posix_spawnattr_init(&attributes);
    if (failed)
        return failed;
    failed = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    failed = failed ? failed : posix_spawnattr_setsigdefault(&attributes, &usual);
    failed =
        failed ? failed : posix_spawnp(child, arguments[0], NULL, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

static int import_failed(const char *path, int status, struct error *err)
{
    char quoted[QUOTE_TEXT];
    if (interrupt_check_reading(err))
        return -1;
    if (status == 127)
        return error_set(err, ERROR_INPUT,
                         "%s: this is a log, and reading it needs Python: elastisim-workload does "
                         "not start; install python3",
                         quote(path, quoted));
    return error_set(err, ERROR_INPUT,
                     "%s: this log cannot be run; elastisim-workload says above why",
                     quote(path, quoted));
}

static int run_importer(const struct log_input *log, const char *path, const char *nodes,
                        struct error *err)
{
    char program[PATH_MAX], account[PATH_MAX], quoted[QUOTE_TEXT];
    find_program(program);
    snprintf(account, sizeof account, "%s/account.txt", log->folder);
    char *arguments[12] = {program,    "import", "auto", "-o", (char *)log->folder,
                           "--report", account};
    size_t count = 7;
    if (nodes) {
        arguments[count++] = "--nodes";
        arguments[count++] = (char *)nodes;
    }
    arguments[count++] = "--";
    arguments[count++] = (char *)path;
    pid_t child = 0;
    int failed = spawn(&child, arguments);
    if (failed)
        return error_set(err, ERROR_INPUT,
                         "%s: this is a log, and elastisim-workload, which reads logs, cannot be "
                         "started: %s; install elastisim's Python tools",
                         quote(path, quoted), strerror(failed));
    int status = wait_for(child);
    return status == 0 ? 0 : import_failed(path, status, err);
}

int log_input_import(struct log_input *log, const char *path, const char *nodes, struct error *err)
{
    const char *place = getenv("TMPDIR");
    int length = snprintf(log->folder, sizeof log->folder, "%s/elastisim-log-XXXXXX",
                          place && *place ? place : "/tmp");
    if (length >= (int)sizeof log->folder || !mkdtemp(log->folder)) {
        error_set(err, ERROR_FAILURE, "cannot make a temporary folder '%s': %s", log->folder,
                  strerror(errno));
        log->folder[0] = '\0';
        return -1;
    }
    snprintf(log->configuration, sizeof log->configuration, "%s/configuration.json", log->folder);
    snprintf(log->output, sizeof log->output, "%s/output", log->folder);
    return run_importer(log, path, nodes, err);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void log_input_remove(struct log_input *log)
{
    if (log->folder[0])
        nftw(log->folder, remove_one, DEPTH, FTW_DEPTH | FTW_PHYS);
    log->folder[0] = '\0';
}
