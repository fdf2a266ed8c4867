/* The module _elastisim: what the package elastisim_python finds inside the simulator. */
#include "python/interpreter.h"

#include <math.h>

/* Fills members by their values; what has no member is NULL. */
static int read_members(PyObject *enumeration, PyObject **members, int count)
{
    for (int i = 0; i < count; i++) {
        Py_XDECREF(members[i]);
        members[i] = PyObject_CallFunction(enumeration, "i", i);
        if (!members[i] && !PyErr_ExceptionMatches(PyExc_ValueError))
            return -1;
        PyErr_Clear();
    }
    return 0;
}

static void keep(PyObject **slot, PyObject *value)
{
    PyObject *former = *slot;
    *slot = Py_NewRef(value);
    Py_XDECREF(former);
}

/* prepare(Job, Node, Gpu, JobState, JobType, NodeState, NodeType, NodeAvailability, GpuState,
 * InvocationType, System, encode_answer, encode_failure) */
static PyObject *prepare(PyObject *module, PyObject *arguments)
{
    PyObject *job, *node, *gpu, *job_state, *job_type, *node_state, *node_type, *availability,
        *gpu_state, *cause, *system, *encode_answer, *encode_failure;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OOOOOOOOOOOOO", &job, &node, &gpu, &job_state, &job_type,
                          &node_state, &node_type, &availability, &gpu_state, &cause, &system,
                          &encode_answer, &encode_failure) ||
        read_members(job_state, embedded.job_states, JOB_STATES) ||
        read_members(job_type, embedded.job_types, JOB_TYPES) ||
        read_members(node_state, embedded.node_states, NODE_STATES) ||
        read_members(node_type, embedded.node_types, NODE_TYPES) ||
        read_members(availability, embedded.availabilities, AVAILABILITIES) ||
        read_members(gpu_state, embedded.gpu_states, GPU_STATES) ||
        read_members(cause, embedded.causes, CAUSES) ||
        python_set_slot(&embedded.never, PyFloat_FromDouble(INFINITY)))
        return NULL;
    keep(&embedded.job_class, job);
    keep(&embedded.node_class, node);
    keep(&embedded.gpu_class, gpu);
    keep(&package.system, system);
    keep(&package.encode_answer, encode_answer);
    keep(&package.encode_failure, encode_failure);
    Py_RETURN_NONE;
}

static void keep_view(struct view_record **slot, PyObject *view)
{
    struct view_record *former = *slot;
    *slot = (struct view_record *)Py_NewRef(view);
    Py_XDECREF((PyObject *)former);
}

/* connect(jobs, nodes, modified_jobs, commands, shown, pending, running, changed jobs, free,
 * changed nodes) */
static PyObject *connect(PyObject *module, PyObject *arguments)
{
    PyObject *jobs, *nodes, *modified, *commands, *shown, *pending, *running, *changed_jobs,
        *free_nodes, *changed_nodes;
    PyTypeObject *view = &view_record_type;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OOO!O!OO!O!O!O!O!", &jobs, &nodes, &PyList_Type, &modified,
                          &PyList_Type, &commands, &shown, view, &pending, view, &running, view,
                          &changed_jobs, view, &free_nodes, view, &changed_nodes))
        return NULL;
    keep(&package.jobs, jobs);
    keep(&package.nodes, nodes);
    keep(&package.modified, modified);
    keep(&package.commands, commands);
    keep(&package.shown, shown);
    keep_view(&package.pending, pending);
    keep_view(&package.running, running);
    keep_view(&package.changed_jobs, changed_jobs);
    keep_view(&package.free, free_nodes);
    keep_view(&package.changed_nodes, changed_nodes);
    Py_RETURN_NONE;
}

/* set_nobody(shown): what records show that belong to no simulation. */
static PyObject *set_nobody(PyObject *module, PyObject *shown)
{
    (void)module;
    keep(&embedded.nobody, shown);
    Py_RETURN_NONE;
}

static PyObject *call_host(void (*function)(void *context))
{
    function(host->context);
    Py_RETURN_NONE;
}

/* leave(): ends the script as if it had ended a process of its own. */
static PyObject *leave(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return call_host(host->leave);
}

/* take_signals(): the simulator handles signals again. */
static PyObject *take_signals(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    host->take_signals(host->context);
    interpreter_listens = 1;
    Py_RETURN_NONE;
}

/* end(): what is left of the script has a grace to end. */
static PyObject *end(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return call_host(host->end);
}

static PyMethodDef functions[] = {{"prepare", prepare, METH_VARARGS, NULL},
                                  {"connect", connect, METH_VARARGS, NULL},
                                  {"set_nobody", set_nobody, METH_O, NULL},
                                  {"listed", nodes_listed, METH_O, NULL},
                                  {"simulate", invocation_simulate, METH_O, NULL},
                                  {"message", invocation_message, METH_NOARGS, NULL},
                                  {"forked", invocation_forked, METH_NOARGS, NULL},
                                  {"take_signals", take_signals, METH_NOARGS, NULL},
                                  {"end", end, METH_NOARGS, NULL},
                                  {"leave", leave, METH_NOARGS, NULL},
                                  {0}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_elastisim", .m_size = -1,
                                        .m_methods = functions};

static PyObject *create(void)
{
    static const struct {
        const char *name;
        PyTypeObject *type;
    } types[] = {{"JobRecord", &job_record_type},
                 {"NodeRecord", &node_record_type},
                 {"ViewRecord", &view_record_type}};
    PyObject *module = PyModule_Create(&definition);
    for (size_t i = 0; module && i < sizeof types / sizeof *types; i++) {
        PyObject *type = (PyObject *)types[i].type;
        if (PyType_Ready(types[i].type) ||
            PyModule_AddObject(module, types[i].name, Py_NewRef(type)))
            Py_CLEAR(module);
    }
    return module;
}

int module_announce(void)
{
    return PyImport_AppendInittab("_elastisim", create);
}
