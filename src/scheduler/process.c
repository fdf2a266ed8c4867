/* Promise: the scheduler's command runs in a process group of its own, with a private socket; both
 * are gone afterwards, whatever the command does. */
#include "scheduler/backend.h"

#include "scheduler/external.h"
#include "scheduler/python_path.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

extern char **environ;

#define URL_VARIABLE "ELASTISIM_URL="
/* What follows the file of the URL in the name of the one for those that need no ZeroMQ. */
#define DIRECT ".direct"

enum {
    FOLDER_TEXT = 80,     /* what fits into the address of a socket, with the file's name */
    GRACE = 2000,         /* ms that a process has to end after being told or signalled */
    SHELL_SIGNALLED = 128 /* a shell's exit status above this one is a signal */
};

struct process {
    char *command;            /* owned */
    char folder[FOLDER_TEXT]; /* "" while it does not exist */
    char direct[FOLDER_TEXT + 16];
    pid_t pid; /* the shell's, and its group's; 0 while there is none */
    bool ended;
    int status; /* as from waitpid */
    struct external_process watched;
    struct external *external;
};

/* --- How it ended --------------------------------------------------------------------------- */

static bool has_ended(struct process *process)
{
    pid_t found;
    if (process->ended)
        return true;
    while ((found = waitpid(process->pid, &process->status, WNOHANG)) < 0 && errno == EINTR)
        ;
    process->ended = found != 0; /* or it is not our child any more */
    return process->ended;
}

static void describe_signal(int number, char *how, size_t size)
{
    snprintf(how, size, "was ended by signal %d (%s)", number, strsignal(number));
}

static bool report_end(void *context, char *how, size_t size)
{
    struct process *process = context;
    if (!has_ended(process))
        return false;
    int status = WEXITSTATUS(process->status);
    if (WIFSIGNALED(process->status))
        describe_signal(WTERMSIG(process->status), how, size);
    else if (status > SHELL_SIGNALLED && status < SHELL_SIGNALLED + 32)
        describe_signal(status - SHELL_SIGNALLED, how, size);
    else
        snprintf(how, size, "ended with exit status %d%s", status,
                 status == 127   ? " (no such command)"
                 : status == 126 ? " (can't be executed)"
                                 : "");
    return true;
}

/* --- Starting ------------------------------------------------------------------------------- */

static int make_folder(struct process *process, struct error *err)
{
    const char *parents[] = {getenv("TMPDIR"), "/tmp"};
    for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++) {
        if (!parents[i] || parents[i][0] != '/')
            continue;
        int length = snprintf(process->folder, FOLDER_TEXT, "%s/elastisim-XXXXXX", parents[i]);
        if (length < FOLDER_TEXT && mkdtemp(process->folder))
            return 0;
    }
    process->folder[0] = '\0';
    return error_set(err, ERROR_FAILURE,
                     "can't create a folder for the scheduler's socket in TMPDIR or /tmp: %s",
                     strerror(errno));
}

static bool sets_one_of(const char *entry, char *const *variables)
{
    for (; *variables; variables++)
        if (strncmp(entry, *variables, strcspn(*variables, "=") + 1) == 0)
            return true;
    return false;
}

/* Our environment with these variables ("NAME=VALUE", at most two, then NULL), also in place of
 * ones that we were given ourselves. Returns NULL when out of memory. The array alone is to be
 * freed. */
static char **environment_with(char *const *variables)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **environment = malloc((count + 3) * sizeof *environment);
    if (!environment)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (!sets_one_of(environ[i], variables))
            environment[kept++] = environ[i];
    while (*variables)
        environment[kept++] = *variables++;
    environment[kept] = NULL;
    return environment;
}

/* A group of its own, so that it can be ended whole, and signals handled as usual. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ};
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&usual, numbers[i]);
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    int failed = posix_spawnattr_setflags(attributes, flags);
    failed = failed ? failed : posix_spawnattr_setpgroup(attributes, 0);
    failed = failed ? failed : posix_spawnattr_setsigmask(attributes, &none);
    return failed ? failed : posix_spawnattr_setsigdefault(attributes, &usual);
}

/* Returns 0 or an errno. */
static int spawn_shell(struct process *process, char **environment)
{
    char *arguments[] = {"sh", "-c", process->command, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (!failed) {
        failed = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        failed = failed ? failed : set_attributes(&attributes);
        failed = failed ? failed
                        : posix_spawn(&process->pid, "/bin/sh", &actions, &attributes, arguments,
                                      environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (failed)
        process->pid = 0;
    return failed;
}

/* Processes that the command leaves behind become our children, whom we can wait for: elsewhere it
 * may take long until somebody does, and until then a process seems to be there. */
static void adopt_orphans(void)
{
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
}

static int start(struct process *process, const char *url, struct error *err)
{
    char variable[sizeof URL_VARIABLE + FOLDER_TEXT + 16], *path;
    snprintf(variable, sizeof variable, URL_VARIABLE "%s", url);
    if (python_path(&path, err))
        return -1;
    char *const variables[] = {variable, path, NULL};
    char **environment = environment_with(variables);
    if (!environment) {
        free(path);
        return error_no_memory(err);
    }
    adopt_orphans();
    int failed = spawn_shell(process, environment);
    free(environment);
    free(path);
    if (failed)
        return error_set(err, ERROR_SCHEDULER, "the scheduler command '%s' can't be started: %s",
                         process->command, strerror(failed));
    return 0;
}

/* --- Ending --------------------------------------------------------------------------------- */

/* Whether the command and all it started have ended. */
static bool group_is_gone(struct process *process)
{
    if (!has_ended(process))
        return false;
    while (waitpid(-process->pid, NULL, WNOHANG) > 0)
        ;
    return kill(-process->pid, 0) != 0;
}

static bool await_end(struct process *process, int milliseconds)
{
    const struct timespec step = {.tv_nsec = 2000000};
    for (int waited = 0; waited < milliseconds && !group_is_gone(process); waited += 2)
        nanosleep(&step, NULL);
    return group_is_gone(process);
}

/* `knows` that the run is over: then it may end by itself. */
static void end_process(struct process *process, bool knows)
{
    if (process->pid == 0 || await_end(process, knows ? GRACE : 0))
        return;
    kill(-process->pid, SIGTERM);
    if (await_end(process, GRACE))
        return;
    kill(-process->pid, SIGKILL);
    await_end(process, GRACE);
}

static void finalize(void *self, bool failed)
{
    struct process *process = self;
    (void)failed; /* it is to end either way */
    external_finish(process->external);
    end_process(process, true);
    process->pid = 0;
}

static void destroy(void *self)
{
    struct process *process = self;
    end_process(process, false);
    external_close(process->external);
    if (process->folder[0])
        rmdir(process->folder);
    free(process->command);
    free(process);
}

/* --- The backend ---------------------------------------------------------------------------- */

static int invoke(void *self, const struct state *state, const struct invocation *invocation,
                  struct decisions *decisions, struct error *err)
{
    struct process *process = self;
    return external_invoke(process->external, state, invocation, decisions, err);
}

static int open_process(struct process *process, double timeout, struct error *err)
{
    char url[FOLDER_TEXT + 16];
    if (make_folder(process, err))
        return -1;
    snprintf(url, sizeof url, "ipc://%s/s", process->folder);
    snprintf(process->direct, sizeof process->direct, "%s/s" DIRECT, process->folder);
    process->watched =
        (struct external_process){process->command, report_end, process, process->direct};
    process->external = external_open(url, timeout, &process->watched, err);
    if (!process->external || start(process, url, err))
        return -1;
    return external_connect(process->external, err);
}

int process_backend_open(struct scheduler_backend *backend, const char *command, double timeout,
                         struct error *err)
{
    if (command[strspn(command, " \t\n")] == '\0')
        return error_set(err, ERROR_INPUT, "the scheduler command is empty; use exec:COMMAND");
    struct process *process = calloc(1, sizeof *process);
    if (!process)
        return error_no_memory(err);
    process->command = strdup(command);
    if (!process->command || open_process(process, timeout, err)) {
        if (!process->command)
            error_no_memory(err);
        destroy(process);
        return -1;
    }
    *backend = (struct scheduler_backend){
        .self = process, .invoke = invoke, .finalize = finalize, .destroy = destroy};
    return 0;
}
