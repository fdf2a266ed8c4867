/* Promise: the script finds an interpreter as python3 would start it. */
#include "python/interpreter.h"

#include "version.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct python_host *host;
volatile sig_atomic_t interpreter_listens;

/* --- Standard streams ----------------------------------------------------------------------- */

/* The script may close or redirect the standard streams: the simulator has them back afterwards. */
enum { NUM_STREAMS = 3, ABOVE_ALL = 64 };

static void save_streams(int saved[NUM_STREAMS])
{
    fflush(NULL);
    for (int i = 0; i < NUM_STREAMS; i++)
        saved[i] = fcntl(i, F_DUPFD_CLOEXEC, ABOVE_ALL);
}

static void restore_streams(const int saved[NUM_STREAMS])
{
    for (int i = 0; i < NUM_STREAMS; i++) {
        if (saved[i] < 0)
            continue;
        dup2(saved[i], i);
        close(saved[i]);
    }
}

/* --- The interpreter ------------------------------------------------------------------------ */

static int fail(PyStatus status)
{
    char story[600];
    snprintf(story, sizeof story, "has no Python to run in: %s",
             status.err_msg ? status.err_msg : "the interpreter could not be started");
    host->tell(host->context, story);
    return -1;
}

/* Where a Python of that name would find its packages. */
static PyStatus name_interpreter(PyConfig *config, const char *interpreter)
{
    const char *environment = getenv("VIRTUAL_ENV");
    char path[4096];
    if (!interpreter && environment && *environment) {
        snprintf(path, sizeof path, "%s/bin/python3", environment);
        interpreter = path;
    }
    return PyConfig_SetBytesString(config, &config->program_name,
                                   interpreter ? interpreter : PYTHON_EXECUTABLE);
}

/* Handlers of signals stay the simulator's, which passes on what the script is to hear of. */
static int start(const struct python_setup *setup)
{
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.install_signal_handlers = 0;
    config.configure_c_stdio = 0;
    config.parse_argv = 0;
    PyStatus status = name_interpreter(&config, setup->interpreter);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return PyStatus_Exception(status) ? fail(status) : 0;
}

/* The package is imported from the place that is given, wherever others of its name are. */
static PyObject *import_package(const char *folder)
{
    PyObject *path = PySys_GetObject("path"), *place = PyUnicode_DecodeFSDefault(folder);
    PyObject *module = NULL;
    if (path && place && PyList_Insert(path, 0, place) == 0) {
        module = PyImport_ImportModule("elastisim_python.inprocess");
        PySequence_DelItem(path, 0);
    }
    Py_XDECREF(place);
    return module;
}

/* Runs the script; tells why it did not get as far as the simulation. */
static void run_script(const struct python_setup *setup)
{
    PyObject *module = import_package(setup->package);
    PyObject *story =
        module ? PyObject_CallMethod(module, "run_script", "O&sss", PyUnicode_DecodeFSDefault,
                                     setup->file, setup->options, setup->package,
                                     setup->interpreter ? setup->interpreter : "")
               : NULL;
    if (story && PyUnicode_Check(story))
        host->tell(host->context, PyUnicode_AsUTF8(story));
    if (!story)
        PyErr_Print();
    Py_XDECREF(story);
    Py_XDECREF(module);
}

static void clear_package(void)
{
    PyObject **slots = (PyObject **)&package;
    for (size_t i = 0; i < sizeof package / sizeof *slots; i++)
        Py_CLEAR(slots[i]);
}

static void run(const struct python_host *simulator, const struct python_setup *setup)
{
    int saved[NUM_STREAMS];
    host = simulator;
    save_streams(saved);
    if (module_announce() == 0 && start(setup) == 0) {
        run_script(setup);
        host->end(host->context);
        invocation_release();
        clear_package();
        Py_FinalizeEx();
        interpreter_listens = 0;
    }
    restore_streams(saved);
}

static void interrupt(void)
{
    if (interpreter_listens)
        PyErr_SetInterrupt();
}

__attribute__((visibility("default"))) const struct python_module elastisim_python_module = {
    .version = ELASTISIM_VERSION,
    .run = run,
    .schedule = invocation_schedule,
    .interrupt = interrupt,
};
