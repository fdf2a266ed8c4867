/* Schedulers that the simulator starts: real commands that answer, fail, hang and cling to life;
 * over ZeroMQ, and with DIRECT=1 in the environment directly. */
#include "elastisim/scheduler.h"
#include "scheduler/backend.h"
#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* The system's interpreter, which has pyzmq; without the program's leading part of each script. */
#define PYTHON "exec /usr/bin/python3 script.py"

/* What all scripts begin with: a connection, and the two sides of the dialogue. */
static const char by_zeromq[] = "import json, os, signal, sys, time, zmq\n"
                                "context = zmq.Context()\n"
                                "socket = context.socket(zmq.PAIR)\n"
                                "socket.connect(os.environ['ELASTISIM_URL'])\n"
                                "def say(text):\n"
                                "    socket.send(text)\n"
                                "def next_message():\n"
                                "    return socket.recv()\n";

static const char directly[] =
    "import json, os, signal, sys, time\n"
    "from socket import AF_UNIX, socket as Socket\n"
    "socket = Socket(AF_UNIX)\n"
    "socket.connect(os.environ['ELASTISIM_URL'].removeprefix('ipc://') + '.direct')\n"
    "lines = socket.makefile('rb')\n"
    "def say(text):\n"
    "    socket.sendall(text + b'\\n')\n"
    "def next_message():\n"
    "    return lines.readline()\n"
    "say(json.dumps({'code': 0xFFEC4402}).encode())\n";

static const char prelude[] = "def hear():\n"
                              "    message = json.loads(next_message())\n"
                              "    if message['code'] == 0xFFEC44FF:\n"
                              "        open('ended', 'w').close()\n"
                              "        sys.exit(0)\n"
                              "    return message\n"
                              "def answer(*jobs):\n"
                              "    say(json.dumps({'code': 0xFFEC4401, 'jobs': jobs}).encode())\n";

static const char serve[] = "while True:\n"
                            "    hear()\n"
                            "    answer({'id': 3, 'assigned_node_ids': [2, 1]})\n";

static void write_script(const char *body)
{
    char text[4096];
    const char *way = getenv("DIRECT") ? directly : by_zeromq;
    assert_true(snprintf(text, sizeof text, "%s%s%s", way, prelude, body) < (int)sizeof text);
    scratch_write("script.py", text);
    unlink("ended");
}

/* --- The simulator's side ------------------------------------------------------------------- */

static const struct job_request request = {.id = 3, .runtime_estimate = -1};
static const struct job job = {.request = &request, .state = JOB_PENDING};
static const struct state empty_state = {.now = 12.5};
static const struct invocation submit = {.type = ELASTISIM_JOB_SUBMIT, .trigger = &job};

static void open_command(struct scheduler_backend *backend, const char *command, double timeout)
{
    struct error err = {.kind = ERROR_NONE};
    *backend = (struct scheduler_backend){0};
    int result = process_backend_open(backend, command, timeout, &err);
    assert_string_equal(result ? err.message : "", "");
}

static int invoke(struct scheduler_backend *backend, struct decisions *decisions, struct error *err)
{
    *err = (struct error){.kind = ERROR_NONE};
    return backend->invoke(backend->self, &empty_state, &submit, decisions, err);
}

static void assert_answered(struct scheduler_backend *backend)
{
    struct decisions decisions = {0};
    struct error err;
    int result = invoke(backend, &decisions, &err);
    assert_string_equal(result ? err.message : "", "");
    assert_int_equal(decisions.count, 1);
    assert_int_equal(decisions.items[0].nodes[0], 2);
    decisions_release(&decisions);
}

/* The message follows "at 12.5 s (job submit of job 3): ". */
static void assert_failed(struct scheduler_backend *backend, const char *message)
{
    static const char when[] = "at 12.5 s (job submit of job 3): ";
    struct decisions decisions = {0};
    struct error err;
    assert_int_equal(invoke(backend, &decisions, &err), -1);
    assert_memory_equal(err.message, when, strlen(when));
    assert_string_equal(err.message + strlen(when), message);
    assert_int_equal(err.kind, ERROR_SCHEDULER);
    assert_int_equal(decisions.count, 0);
    decisions_release(&decisions);
}

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Folders of sockets that are left in TMPDIR. */
static int count_folders(void)
{
    DIR *directory = opendir("tmp");
    int count = 0;
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void assert_nothing_left(void)
{
    assert_int_equal(count_folders(), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* Ends the scheduler; nothing of it may be left. Returns how long that took. */
static double finish(struct scheduler_backend *backend, bool failed)
{
    double begin = seconds();
    assert_int_equal(count_folders(), 1);
    backend->finalize(backend->self, failed);
    backend->destroy(backend->self);
    assert_nothing_left();
    return seconds() - begin;
}

static void assert_not_started(const char *command, double timeout, const char *message)
{
    struct scheduler_backend backend = {0};
    struct error err = {.kind = ERROR_NONE};
    assert_int_equal(process_backend_open(&backend, command, timeout, &err), -1);
    assert_string_equal(err.message, message);
    assert_int_equal(err.kind, ERROR_SCHEDULER);
    assert_null(backend.self);
    assert_nothing_left();
}

/* A process ID that the script wrote. */
static pid_t read_pid(const char *name)
{
    long pid = 0;
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &pid), 1);
    fclose(file);
    unlink(name);
    return (pid_t)pid;
}

/* --- Good ones ------------------------------------------------------------------------------ */

static void test_a_command_answers_and_ends_by_itself(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    write_script(serve);
    open_command(&backend, PYTHON, 0);
    for (int i = 0; i < 10; i++)
        assert_answered(&backend);
    finish(&backend, false);
    assert_int_equal(access("ended", F_OK), 0);
}

static void test_a_command_that_is_never_asked_hears_the_end(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    write_script("hear()\n");
    open_command(&backend, PYTHON, 0);
    finish(&backend, false);
    assert_int_equal(access("ended", F_OK), 0);
}

static void test_what_the_command_finds(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    /* Fails unless: its input is empty, the URL is private and ours (not the one we were given), it
     * leads a process group, and the signals are as usual. */
    write_script("assert sys.stdin.read() == ''\n"
                 "url = os.environ['ELASTISIM_URL']\n"
                 "assert url.startswith('ipc://' + os.environ['TMPDIR'] + '/elastisim-'), url\n"
                 "assert os.stat(os.path.dirname(url[6:])).st_mode & 0o777 == 0o700\n"
                 "assert os.getpgrp() == os.getpid()\n"
                 "assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL\n"
                 "hear()\n"
                 "answer({'id': 3, 'assigned_node_ids': [2]})\n"
                 "hear()\n");
    setenv("ELASTISIM_URL", "ipc://elsewhere", 1);
    signal(SIGTERM, SIG_IGN);
    open_command(&backend, PYTHON, 0);
    signal(SIGTERM, SIG_DFL);
    assert_string_equal(getenv("ELASTISIM_URL"), "ipc://elsewhere");
    unsetenv("ELASTISIM_URL");
    assert_answered(&backend);
    finish(&backend, false);
    assert_int_equal(access("ended", F_OK), 0);
}

static void test_without_a_usable_tmpdir_the_socket_is_in_tmp(void **context)
{
    (void)context;
    static const char *const unusable[] = {
        "relative", "/missing/folder",
        "/tmp/a/very/long/path/that/would/not/fit/into/the/address/of/a/socket/at/all/really"};
    char *kept = strdup(getenv("TMPDIR"));
    write_script("assert os.environ['ELASTISIM_URL'].startswith('ipc:///tmp/elastisim-')\n"
                 "hear()\n");
    for (size_t i = 0; i < sizeof unusable / sizeof unusable[0]; i++) {
        struct scheduler_backend backend;
        setenv("TMPDIR", unusable[i], 1);
        open_command(&backend, PYTHON, 0);
        backend.finalize(backend.self, false);
        backend.destroy(backend.self);
        assert_int_equal(unlink("ended"), 0);
    }
    setenv("TMPDIR", kept, 1);
    free(kept);
}

/* --- Those that end too early --------------------------------------------------------------- */

static void test_a_command_that_ends_before_it_connects_is_missed_at_once(void **context)
{
    (void)context;
    static const struct {
        const char *command, *how;
    } cases[] = {
        {"false", "ended with exit status 1"},
        {"true", "ended with exit status 0"},
        {"exit 7", "ended with exit status 7"},
        {"/missing/command", "ended with exit status 127 (no such command)"},
        {"/", "ended with exit status 126 (can't be executed)"},
        {"kill -9 $$", "was ended by signal 9 (Killed)"},
        {"sh -c 'kill -15 $$'; exit $?", "was ended by signal 15 (Terminated)"},
        {"echo 'it is''; cat", "ended with exit status 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char message[256];
        snprintf(message, sizeof message,
                 "the scheduler command '%s' %s before it connected; its own output may say why",
                 cases[i].command, cases[i].how);
        assert_not_started(cases[i].command, 0, message);
    }
}

static const struct {
    const char *script, *message;
} early_ends[] = {
    {"hear()\nsys.exit(3)\n",
     "the scheduler command '" PYTHON "' ended with exit status 3 before it answered; its own "
     "output may say why"},
    {"hear()\nos.kill(os.getpid(), signal.SIGSEGV)\n",
     "the scheduler command '" PYTHON "' was ended by signal 11 (Segmentation fault) before it "
     "answered; its own output may say why"},
    {"hear()\n"
     "say(json.dumps({'code': 0xFFEC44EE, 'error': 'NameError: x', 'traceback': 'l 1'}).encode())\n"
     "sys.exit(1)\n",
     "the scheduler raised NameError: x\nl 1"},
    {"hear()\nsay(b'[]')\nsys.exit(1)\n", "the scheduler's answer: must be an object, is a list"},
    /* A process that it left behind keeps the connection open. */
    {"hear()\n"
     "if os.fork() == 0:\n"
     "    open('left', 'w').write(str(os.getpid()))\n"
     "    time.sleep(1000)\n"
     "time.sleep(0.3)\n"
     "os._exit(4)\n",
     "the scheduler command '" PYTHON "' ended with exit status 4 before it answered; its own "
     "output may say why"},
};

static void test_a_command_that_ends_before_it_answers_tells_how(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof early_ends / sizeof early_ends[0]; i++) {
        struct scheduler_backend backend;
        write_script(early_ends[i].script);
        open_command(&backend, PYTHON, 0);
        assert_failed(&backend, early_ends[i].message);
        finish(&backend, true);
    }
    assert_int_equal(kill(read_pid("left"), 0), -1);
}

static void test_the_last_answer_of_a_command_counts(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    write_script("hear()\nanswer({'id': 3, 'assigned_node_ids': [2]})\nsys.exit(5)\n");
    open_command(&backend, PYTHON, 0);
    assert_answered(&backend);
    assert_failed(&backend, "the scheduler command '" PYTHON "' ended with exit status 5 before it "
                            "answered; its own output may say why");
    finish(&backend, true);
}

/* --- Those that do not end ------------------------------------------------------------------ */

static void test_a_command_that_never_connects_is_ended(void **context)
{
    (void)context;
    assert_not_started(
        "sleep 1000", 0.3,
        "the scheduler command 'sleep 1000' did not connect within 0.3 s; it has to connect to the "
        "URL in its environment variable ELASTISIM_URL");
}

static void test_a_command_that_does_not_answer_is_ended(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    write_script("hear()\ntime.sleep(1000)\n");
    open_command(&backend, PYTHON, 10);
    assert_failed(&backend, "the scheduler command '" PYTHON "' did not answer within 10 s; raise "
                            "scheduler_timeout if it needs longer");
    finish(&backend, true);
}

static void
test_a_command_that_ignores_the_end_and_sigterm_is_killed_with_its_children(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    write_script("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                 "hear()\n"
                 "if os.fork() == 0:\n"
                 "    time.sleep(1000)\n"
                 "answer({'id': 3, 'assigned_node_ids': [2]})\n"
                 "open('stubborn', 'w').write(str(os.getpid()))\n"
                 "time.sleep(1000)\n");
    open_command(&backend, PYTHON "; true", 0);
    assert_answered(&backend);
    double duration = finish(&backend, false);
    assert_true(duration > 3.9);
    assert_int_equal(kill(read_pid("stubborn"), 0), -1);
}

static void test_a_backend_that_was_never_finalized_leaves_nothing(void **context)
{
    (void)context;
    struct scheduler_backend backend;
    write_script(serve);
    open_command(&backend, PYTHON, 0);
    backend.destroy(backend.self);
    assert_nothing_left();
}

static void test_an_empty_command_is_refused(void **context)
{
    (void)context;
    struct scheduler_backend backend = {0};
    struct error err = {.kind = ERROR_NONE};
    assert_int_equal(process_backend_open(&backend, " \t", 0, &err), -1);
    assert_string_equal(err.message, "the scheduler command is empty; use exec:COMMAND");
    assert_int_equal(err.kind, ERROR_INPUT);
}

/* --- Set-up --------------------------------------------------------------------------------- */

static int enter(void **context)
{
    char folder[256];
    if (scratch_enter(context) || mkdir("tmp", 0700))
        return -1;
    snprintf(folder, sizeof folder, "%s/tmp", scratch_directory);
    return setenv("TMPDIR", folder, 1);
}

static int leave(void **context)
{
    return rmdir("tmp") || scratch_leave(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_command_answers_and_ends_by_itself),
        cmocka_unit_test(test_a_command_that_is_never_asked_hears_the_end),
        cmocka_unit_test(test_what_the_command_finds),
        cmocka_unit_test(test_without_a_usable_tmpdir_the_socket_is_in_tmp),
        cmocka_unit_test(test_a_command_that_ends_before_it_connects_is_missed_at_once),
        cmocka_unit_test(test_a_command_that_ends_before_it_answers_tells_how),
        cmocka_unit_test(test_the_last_answer_of_a_command_counts),
        cmocka_unit_test(test_a_command_that_never_connects_is_ended),
        cmocka_unit_test(test_a_command_that_does_not_answer_is_ended),
        cmocka_unit_test(
            test_a_command_that_ignores_the_end_and_sigterm_is_killed_with_its_children),
        cmocka_unit_test(test_a_backend_that_was_never_finalized_leaves_nothing),
        cmocka_unit_test(test_an_empty_command_is_refused),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
