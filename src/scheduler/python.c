/* Scripts in Python that run inside the simulator.
 *
 * Promise: a script ends a run in no other way than one that is a process of its own: an exception,
 * a crash, an exit, an endless loop are a sentence, and the results so far are kept.
 *
 * The interpreter is in a module of its own (embedding.h), which is loaded when a script is wanted:
 * a simulator that runs none neither needs nor links it.
 */
#include "base/interrupt.h"
#include "scheduler/backend.h"
#include "scheduler/embedding.h"
#include "scheduler/guard.h"
#include "scheduler/protocol.h"
#include "scheduler/python_path.h"
#include "scheduler/view.h"
#include "version.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct python {
    char *file, *options; /* owned */
    const char *interpreter;
    char package[PATH_MAX];
    double timeout; /* seconds, 0 for none */
    const struct python_module *module;
    struct message message;
    bool has_simulated;
    bool has_ended; /* the simulation: nothing is told of the script's end any more */
    bool is_broken; /* it was left by a jump: nothing of it is called any more */
    /* While it runs: */
    int (*simulate)(void *context, struct error *err);
    void *simulation;
    struct error *err;
    /* While it is invoked: */
    const struct state *state;
    const struct invocation *invocation;
    struct decisions *decisions;
    struct elastisim_view view;
};

/* The module's, for handlers of signals. */
static void (*volatile interrupt_script)(void);

/* --- How it ended --------------------------------------------------------------------------- */

static int fail_late(const struct python *python, const char *place, struct error *err)
{
    return error_set(err, ERROR_SCHEDULER,
                     python->has_simulated
                         ? "the scheduler script %s did not answer within %.15g s; raise "
                           "scheduler_timeout if it needs longer%s"
                         : "the scheduler script %s did not call pass_algorithm or run within "
                           "%.15g s; raise scheduler_timeout if it needs longer%s",
                     python->file, python->timeout, place);
}

/* What is told of a script's end: of one that was asked to come back, that is the place where it
 * was. */
static int tell_story(struct python *python, struct error *story)
{
    const char *place = strchr(story->message, '\n');
    if (interrupt_check(python->err))
        return -1;
    if (guard_was_late())
        return fail_late(python, place ? place : "", python->err);
    return error_set(python->err, story->kind, "%s", story->message);
}

/* The script was left by a jump. */
static int fail_broken(struct python *python, int reason, struct error *err)
{
    python->is_broken = true;
    guard_last_gasp();
    if (python->has_ended && reason < 0)
        return 0;
    if (interrupt_check(err))
        return -1;
    if (reason == GUARD_LATE)
        return fail_late(python, "", err);
    if (reason == GUARD_EXITED)
        return error_set(err, ERROR_SCHEDULER, "the scheduler script %s ended the process",
                         python->file);
    return error_set(err, ERROR_SCHEDULER, "the scheduler script %s crashed (%s)", python->file,
                     strsignal(reason));
}

/* --- What the module calls ------------------------------------------------------------------ */

static int host_simulate(void *context)
{
    struct python *python = context;
    guard_pause();
    /* The script may have set handlers of its own. */
    interrupt_install();
    python->has_simulated = true;
    int result = python->simulate(python->simulation, python->err);
    python->has_ended = true;
    if (python->is_broken)
        guard_leave(GUARD_EXITED);
    guard_resume();
    return result;
}

static int host_decide(void *context, const struct python_decision *given)
{
    struct python *python = context;
    struct decision *decision = decisions_about(python->decisions, given->job);
    if (!decision || decision_set_nodes(decision, given->nodes, given->num_nodes))
        return error_no_memory(python->err);
    decision->kill = given->kill;
    decision->sets_gpus = true;
    decision->gpus = given->gpus;
    decision_set_order(decision, given->order);
    return 0;
}

static int host_set_argument(void *context, uint32_t job, const char *key, const char *value)
{
    struct python *python = context;
    struct decision *decision = decisions_about(python->decisions, job);
    return !decision || decision_set_argument(decision, key, value) ? error_no_memory(python->err)
                                                                    : 0;
}

static int host_command(void *context, uint32_t node, enum node_command command)
{
    struct python *python = context;
    return decisions_command(python->decisions, node, command) ? error_no_memory(python->err) : 0;
}

static int host_read_answer(void *context, const char *text, size_t length)
{
    struct python *python = context;
    decisions_clear(python->decisions);
    struct error story = {0};
    return protocol_read_answer("the scheduler's answer", text, length, python->decisions, &story)
               ? tell_story(python, &story)
               : 0;
}

static int host_write_message(void *context, const char **text, size_t *length)
{
    struct python *python = context;
    struct message *message = &python->message;
    if (message_write_invocation(message, python->state, python->invocation, python->err))
        return -1;
    *text = message->text;
    *length = message->length;
    return 0;
}

static void host_tell(void *context, const char *story)
{
    struct python *python = context;
    struct error told = {0};
    error_set(&told, ERROR_SCHEDULER, "the scheduler script %s %s", python->file, story);
    tell_story(python, &told);
}

static void host_take_signals(void *context)
{
    (void)context;
    interrupt_install();
}

static void host_end(void *context)
{
    struct python *python = context;
    python->has_ended = true;
    guard_hurry();
}

static void host_leave(void *context)
{
    (void)context;
    guard_leave(GUARD_EXITED);
}

/* --- Running it ----------------------------------------------------------------------------- */

static int run_module(void *self)
{
    struct python *python = self;
    const struct python_host host = {
        .context = python,
        .simulate = host_simulate,
        .decide = host_decide,
        .set_argument = host_set_argument,
        .command = host_command,
        .read_answer = host_read_answer,
        .write_message = host_write_message,
        .tell = host_tell,
        .take_signals = host_take_signals,
        .end = host_end,
        .leave = host_leave,
    };
    const struct python_setup setup = {.file = python->file,
                                       .options = python->options,
                                       .package = python->package,
                                       .interpreter = python->interpreter};
    python->module->run(&host, &setup);
    return 0;
}

/* In a signal handler. */
static void soften(void)
{
    interrupt_script();
}

static void hurry(void)
{
    interrupt_script();
    guard_hurry();
}

static int run(void *self, int (*simulate)(void *context, struct error *err), void *context,
               struct error *err)
{
    struct python *python = self;
    const struct guard_limit limit = {python->timeout, soften};
    int result;
    python->simulate = simulate;
    python->simulation = context;
    python->err = err;
    interrupt_script = python->module->interrupt;
    interrupt_tell(hurry);
    int reason = guard_call(run_module, python, limit, &result);
    interrupt_tell(NULL);
    if (reason)
        fail_broken(python, reason, err);
    if (!interrupt_check(err) && !python->has_simulated)
        host_tell(python, "ended before it called pass_algorithm or run");
    return err->kind ? -1 : 0;
}

static int call_schedule(void *self)
{
    struct python *python = self;
    return python->module->schedule(&python->view);
}

/* Returns 0, or -1 with err. */
static int ask(struct python *python, struct error *err)
{
    const struct guard_limit limit = {python->timeout, soften};
    int result = -1;
    int reason = guard_call(call_schedule, python, limit, &result);
    if (reason)
        return fail_broken(python, reason, err);
    if (guard_was_late() && !interrupt_check(err))
        return fail_late(python, "", err);
    return result || err->kind ? -1 : 0;
}

static int invoke(void *self, const struct state *state, const struct invocation *invocation,
                  struct decisions *decisions, struct error *err)
{
    struct python *python = self;
    char when[96];
    python->state = state;
    python->invocation = invocation;
    python->decisions = decisions;
    python->err = err;
    view_open(&python->view, state, invocation, decisions);
    int result = ask(python, err);
    if (result == 0)
        return view_close(&python->view, err);
    view_abandon(&python->view);
    if (err->kind == ERROR_SCHEDULER)
        error_prefix(err, "%s", invocation_text(state, invocation, when, sizeof when));
    return -1;
}

/* --- The backend ---------------------------------------------------------------------------- */

static void finalize(void *self, bool failed)
{
    (void)self; /* the script has ended */
    (void)failed;
}

/* The module stays: what the interpreter has loaded can't be unloaded. */
static void destroy(void *self)
{
    struct python *python = self;
    guard_remove();
    message_release(&python->message);
    free(python->file);
    free(python->options);
    free(python);
}

const char *python_backend_version(void)
{
    char file[PATH_MAX];
    return ELASTISIM_PYTHON_VERSION[0] && python_find_module(file) ? ELASTISIM_PYTHON_VERSION
                                                                   : NULL;
}

/* Modules of the script's find the interpreter among what is global. */
static int load(struct python *python, struct error *err)
{
    char file[PATH_MAX];
    if (!python_find_module(file))
        return error_set(err, ERROR_INPUT,
                         "scheduler 'python:%s': this simulator was built or installed without a "
                         "Python of its own (libpython3-dev); run the script as a process: "
                         "exec:'python3 %s'",
                         python->file, python->file);
    void *library = dlopen(file, RTLD_NOW | RTLD_GLOBAL);
    python->module = library ? dlsym(library, "elastisim_python_module") : NULL;
    if (!python->module)
        return error_set(err, ERROR_INPUT, "scheduler 'python:%s': %s can't be loaded: %s",
                         python->file, file, dlerror());
    if (strcmp(python->module->version, ELASTISIM_VERSION) != 0)
        return error_set(
            err, ERROR_INPUT,
            "scheduler 'python:%s': %s belongs to version %s of the simulator, this is "
            "" ELASTISIM_VERSION,
            python->file, file, python->module->version);
    return 0;
}

static int look_up(struct python *python, struct error *err)
{
    if (access(python->file, R_OK))
        return error_set(err, ERROR_INPUT, "scheduler 'python:%s': cannot read the script: %s",
                         python->file, strerror(errno));
    const char *interpreter = python->interpreter;
    if (interpreter && strchr(interpreter, '/') && access(interpreter, X_OK))
        return error_set(err, ERROR_INPUT, "command line: --python: cannot run %s: %s", interpreter,
                         strerror(errno));
    if (!python_find_package(python->package))
        return error_set(err, ERROR_INPUT,
                         "scheduler 'python:%s': the package elastisim_python of this simulator is "
                         "not where it was installed",
                         python->file);
    return load(python, err);
}

int python_backend_open(struct scheduler_backend *backend, const char *spec,
                        const struct scheduler_request *request, struct error *err)
{
    struct python *python = calloc(1, sizeof *python);
    if (!python)
        return error_no_memory(err);
    size_t length = strcspn(spec, ",");
    python->timeout = request->timeout;
    python->interpreter = request->python;
    python->file = strndup(spec, length);
    python->options = strdup(spec[length] ? spec + length + 1 : "");
    guard_install();
    if (!python->file || !python->options)
        error_no_memory(err);
    if (err->kind || look_up(python, err)) {
        destroy(python);
        return -1;
    }
    *backend = (struct scheduler_backend){
        .self = python,
        .invoke = invoke,
        .finalize = finalize,
        .destroy = destroy,
        .run = run,
    };
    return 0;
}
