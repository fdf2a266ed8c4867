/* Promise: an invocation costs what has changed and what the script looks at. */
#include "python/interpreter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct embedded embedded;
struct package package;

static struct {
    struct elastisim_view *view; /* of the invocation under way; NULL outside */
    PyObject *function;          /* borrowed from simulate */
    bool has_forked;
    PyObject *type, *value, *traceback; /* of what the function raised; owned */
    size_t *changed_jobs, *changed_nodes;
    size_t num_changed_jobs, num_changed_nodes, changed_jobs_capacity, changed_nodes_capacity;
} current;

/* --- Jobs and nodes ------------------------------------------------------------------------- */

static int add(PyObject *listing, PyObject *identifier, void *record)
{
    PyObject *done = PyObject_CallMethod(listing, "add", "OO", identifier, (PyObject *)record);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static void *make(PyObject *class)
{
    PyObject *nothing = PyTuple_New(0);
    PyTypeObject *type = (PyTypeObject *)class;
    PyObject *made = nothing ? type->tp_new(type, nothing, NULL) : NULL;
    Py_XDECREF(nothing);
    return made;
}

static int add_node(size_t id)
{
    struct node_record *record = make(embedded.node_class);
    if (!record)
        return -1;
    embedded.nodes[id] = record;
    embedded.num_nodes = id + 1;
    record->node = elastisim_node(current.view, id);
    record->commands = Py_NewRef(package.commands);
    record->identifier = PyLong_FromSize_t(id);
    return !record->identifier || add(package.nodes, record->identifier, record) ||
                   view_put(package.free, id, (PyObject *)record) ||
                   view_put(package.changed_nodes, id, (PyObject *)record)
               ? -1
               : 0;
}

static int add_nodes(void)
{
    size_t count = elastisim_num_nodes(current.view);
    if (embedded.nodes)
        return 0;
    embedded.nodes = PyMem_Calloc(count, sizeof *embedded.nodes);
    if (!embedded.nodes) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t id = 0; id < count; id++)
        if (add_node(id))
            return -1;
    return 0;
}

/* What does not apply to it stays None. */
static int begin_job(struct job_record *record, size_t id)
{
    for (PyObject **slot = &record->walltime; slot <= &record->runtime_estimate; slot++)
        *slot = Py_NewRef(Py_None);
    record->job = elastisim_job(current.view, id);
    record->identifier = PyLong_FromSize_t(id);
    record->type = Py_NewRef(embedded.job_types[elastisim_job_type(record->job)]);
    record->modified_jobs = Py_NewRef(package.modified);
    record->shown = Py_NewRef(package.shown);
    return record->identifier ? 0 : -1;
}

static int add_job(size_t id)
{
    struct job_record *record = make(embedded.job_class);
    if (!record)
        return -1;
    embedded.jobs[id] = record;
    PyObject *object = (PyObject *)record;
    return begin_job(record, id) || add(package.jobs, record->identifier, record) ||
                   view_put(package.pending, id, object) || view_put(package.running, id, object) ||
                   view_put(package.changed_jobs, id, object)
               ? -1
               : 0;
}

/* Room for all that may be told of: those that wait for others may be told of late. */
static int make_room_for_jobs(void)
{
    size_t count = elastisim_num_jobs(current.view);
    if (count > embedded.jobs_capacity) {
        size_t capacity = 2 * count;
        struct job_record **jobs = PyMem_Realloc(embedded.jobs, capacity * sizeof *jobs);
        if (!jobs) {
            PyErr_NoMemory();
            return -1;
        }
        embedded.jobs = jobs;
        embedded.jobs_capacity = capacity;
    }
    while (embedded.num_jobs < count)
        embedded.jobs[embedded.num_jobs++] = NULL;
    return 0;
}

/* --- What has changed ----------------------------------------------------------------------- */

/* Shows what has changed instead of what had. */
static int note_changes(struct view_record *view, size_t **ids, size_t *number, size_t *capacity,
                        size_t now)
{
    for (size_t i = 0; i < *number; i++)
        view_mark(view, (*ids)[i], false);
    *number = 0;
    if (now <= *capacity)
        return 0;
    size_t *grown = PyMem_Realloc(*ids, 2 * now * sizeof *grown);
    if (!grown) {
        PyErr_NoMemory();
        return -1;
    }
    *ids = grown;
    *capacity = 2 * now;
    return 0;
}

static int update_job(size_t id)
{
    if (!embedded.jobs[id] && add_job(id))
        return -1;
    struct job_record *record = embedded.jobs[id];
    enum elastisim_job_state state = elastisim_job_state(record->job);
    view_mark(package.pending, id, state == ELASTISIM_PENDING);
    view_mark(package.running, id,
              state >= ELASTISIM_RUNNING && state <= ELASTISIM_IN_RECONFIGURATION);
    view_mark(package.changed_jobs, id, true);
    current.changed_jobs[current.num_changed_jobs++] = id;
    return job_record_refresh(record);
}

static int update_jobs(void)
{
    size_t count = elastisim_num_changed_jobs(current.view);
    if (note_changes(package.changed_jobs, &current.changed_jobs, &current.num_changed_jobs,
                     &current.changed_jobs_capacity, count))
        return -1;
    for (size_t i = 0; i < count; i++)
        if (update_job(elastisim_job_id(elastisim_changed_job(current.view, i))))
            return -1;
    return 0;
}

static int update_node(size_t id)
{
    struct node_record *record = embedded.nodes[id];
    view_mark(package.free, id, elastisim_node_state(record->node) == ELASTISIM_FREE);
    view_mark(package.changed_nodes, id, true);
    current.changed_nodes[current.num_changed_nodes++] = id;
    return node_record_refresh(record);
}

static int update_nodes(void)
{
    size_t count = elastisim_num_changed_nodes(current.view);
    if (note_changes(package.changed_nodes, &current.changed_nodes, &current.num_changed_nodes,
                     &current.changed_nodes_capacity, count))
        return -1;
    for (size_t i = 0; i < count; i++)
        if (update_node(elastisim_node_id(elastisim_changed_node(current.view, i))))
            return -1;
    return 0;
}

static int settle(void)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(package.modified); i++) {
        PyObject *job = PyList_GET_ITEM(package.modified, i);
        if (PyObject_TypeCheck(job, &job_record_type) &&
            job_record_settle((struct job_record *)job))
            return -1;
    }
    view_show_all(package.pending);
    view_show_all(package.free);
    return PyList_SetSlice(package.modified, 0, PyList_GET_SIZE(package.modified), NULL) ||
                   PyList_SetSlice(package.commands, 0, PyList_GET_SIZE(package.commands), NULL)
               ? -1
               : 0;
}

/* Calls a method of a list if an attribute of it is true: most never are. */
static int call_if(PyObject *listing, const char *attribute, const char *method, PyObject *argument)
{
    PyObject *flag = PyObject_GetAttrString(listing, attribute), *done = NULL;
    int needed = flag ? PyObject_IsTrue(flag) : -1;
    Py_XDECREF(flag);
    if (needed <= 0)
        return needed;
    done = argument ? PyObject_CallMethod(listing, method, "O", argument)
                    : PyObject_CallMethod(listing, method, NULL);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static int finish_listing(PyObject *listing, PyObject *changed)
{
    return call_if(listing, "_disordered", "restore", NULL) ||
                   call_if(listing, "_columns", "note", changed)
               ? -1
               : 0;
}

static int update(void)
{
    return settle() || add_nodes() || make_room_for_jobs() || update_jobs() || update_nodes() ||
                   finish_listing(package.jobs, (PyObject *)package.changed_jobs) ||
                   finish_listing(package.nodes, (PyObject *)package.changed_nodes)
               ? -1
               : 0;
}

/* --- System --------------------------------------------------------------------------------- */

static int put(PyObject *system, const char *key, PyObject *value)
{
    int result = value ? PyDict_SetItemString(system, key, value) : -1;
    Py_XDECREF(value);
    return result;
}

static int put_figures(PyObject *system)
{
    const struct elastisim_view *view = current.view;
    if (isnan(elastisim_pfs_read_bandwidth(view)))
        return 0;
    return put(system, "pfs_read_bw", PyFloat_FromDouble(elastisim_pfs_read_bandwidth(view))) ||
           put(system, "pfs_write_bw", PyFloat_FromDouble(elastisim_pfs_write_bandwidth(view))) ||
           put(system, "pfs_read_utilization",
               PyFloat_FromDouble(elastisim_pfs_read_utilization(view))) ||
           put(system, "pfs_write_utilization",
               PyFloat_FromDouble(elastisim_pfs_write_utilization(view)));
}

static int put_power(PyObject *system)
{
    const struct elastisim_view *view = current.view;
    if (isinf(elastisim_power_cap(view)))
        return 0;
    return put(system, "power_cap", PyFloat_FromDouble(elastisim_power_cap(view))) ||
           put(system, "power_committed", PyFloat_FromDouble(elastisim_power_committed(view)));
}

static PyObject *make_system(void)
{
    const struct elastisim_view *view = current.view;
    const struct elastisim_job *trigger = elastisim_trigger(view);
    enum elastisim_invocation cause = elastisim_invocation(view);
    PyObject *system = PyObject_CallObject(package.system, NULL);
    if (system &&
        (put(system, "time", PyFloat_FromDouble(elastisim_time(view))) ||
         put(system, "invocation_type", Py_NewRef(embedded.causes[cause])) ||
         (trigger &&
          put(system, "job", Py_NewRef((PyObject *)embedded.jobs[elastisim_job_id(trigger)]))) ||
         (cause == ELASTISIM_EVOLVING_REQUEST &&
          put(system, "evolving_request", PyLong_FromUnsignedLong(elastisim_request(view)))) ||
         put_power(system) || put_figures(system)))
        Py_CLEAR(system);
    return system;
}

PyObject *invocation_message(PyObject *module, PyObject *unused)
{
    const char *text;
    size_t length;
    (void)module;
    (void)unused;
    if (!current.view)
        Py_RETURN_NONE;
    if (host->write_message(host->context, &text, &length)) {
        PyErr_NoMemory();
        return NULL;
    }
    return PyBytes_FromStringAndSize(text, (Py_ssize_t)length);
}

/* --- The answer ----------------------------------------------------------------------------- */

/* What is unusual about an answer is left to the package and the reader of messages: their rules
 * are everybody's. */
enum outcome { DONE, FAILED, UNUSUAL };

static bool is_number(PyObject *object, uint32_t *number)
{
    if (!object || !PyLong_CheckExact(object))
        return false;
    unsigned long long value = PyLong_AsUnsignedLongLong(object);
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    *number = (uint32_t)value;
    return value <= UINT32_MAX;
}

static const char *plain_text(PyObject *object)
{
    Py_ssize_t length;
    const char *text =
        PyUnicode_CheckExact(object) ? PyUnicode_AsUTF8AndSize(object, &length) : NULL;
    PyErr_Clear();
    return text && strlen(text) == (size_t)length ? text : NULL;
}

/* The only order to a job. */
static enum outcome read_order(PyObject *orders, enum job_order *order)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    *order = ORDER_NONE;
    if (!orders || orders == Py_None)
        return DONE;
    if (!PyDict_CheckExact(orders) || PyDict_GET_SIZE(orders) != 1)
        return UNUSUAL;
    PyDict_Next(orders, &position, &key, &value);
    /* {'preempt': 'requeue'}, {'suspend': True}: the word is the value, or the key of a flag. */
    const char *word = plain_text(value == Py_True ? key : value);
    for (int i = ORDER_REQUEUE; word && i <= ORDER_RESUME; i++)
        if (strcmp(word, job_order_name((enum job_order)i)) == 0)
            *order = (enum job_order)i;
    return *order ? DONE : UNUSUAL;
}

static enum outcome decide(const struct job_record *record, PyObject *nodes)
{
    struct python_decision decision = {.kill = record->kill_flag == Py_True};
    if (!PyList_Check(nodes) || !is_number(record->identifier, &decision.job) ||
        !is_number(record->assigned_num_gpus_per_node, &decision.gpus) ||
        read_order(record->orders, &decision.order) != DONE)
        return UNUSUAL;
    size_t count = (size_t)PyList_GET_SIZE(nodes);
    uint32_t *ids = PyMem_Malloc((count + 1) * sizeof *ids);
    enum outcome outcome = ids ? DONE : UNUSUAL;
    for (size_t i = 0; outcome == DONE && i < count; i++) {
        PyObject *node = PyList_GET_ITEM(nodes, (Py_ssize_t)i);
        if (!PyObject_TypeCheck(node, &node_record_type) ||
            !is_number(((struct node_record *)node)->identifier, &ids[i]))
            outcome = UNUSUAL;
    }
    decision.nodes = ids;
    decision.num_nodes = (uint32_t)count;
    if (outcome == DONE && host->decide(host->context, &decision))
        outcome = FAILED;
    PyMem_Free(ids);
    return outcome;
}

static enum outcome set_arguments(const struct job_record *record, PyObject *arguments)
{
    PyObject *key, *value;
    uint32_t job;
    Py_ssize_t position = 0;
    if (!PyDict_CheckExact(arguments) || !is_number(record->identifier, &job))
        return UNUSUAL;
    while (record->modified_runtime_args == Py_True &&
           PyDict_Next(arguments, &position, &key, &value)) {
        const char *name = plain_text(key), *text = plain_text(value);
        if (!name || !text)
            return UNUSUAL;
        if (host->set_argument(host->context, job, name, text))
            return FAILED;
    }
    return DONE;
}

static enum outcome answer_about(struct job_record *record)
{
    if ((record->kill_flag != Py_True && record->kill_flag != Py_False) ||
        (record->modified_runtime_args != Py_True && record->modified_runtime_args != Py_False))
        return UNUSUAL;
    PyObject *nodes = job_record_nodes(record);
    enum outcome outcome = nodes ? decide(record, nodes) : UNUSUAL;
    Py_XDECREF(nodes);
    if (outcome != DONE)
        return outcome;
    PyObject *arguments = PyObject_GetAttrString((PyObject *)record, "runtime_arguments");
    outcome = arguments ? set_arguments(record, arguments) : UNUSUAL;
    Py_XDECREF(arguments);
    return outcome;
}

static int by_id(const void *a, const void *b)
{
    const struct job_record *first = *(struct job_record *const *)a,
                            *second = *(struct job_record *const *)b;
    size_t one = elastisim_job_id(first->job), other = elastisim_job_id(second->job);
    return (one > other) - (one < other);
}

/* The jobs that are modified, each once, by identifier. */
static enum outcome answer_quickly(void)
{
    size_t count = 0, listed = (size_t)PyList_GET_SIZE(package.modified);
    struct job_record **records = PyMem_Malloc((listed + 1) * sizeof *records);
    if (!records)
        return UNUSUAL;
    enum outcome outcome = DONE;
    for (size_t i = 0; i < listed; i++) {
        struct job_record *record =
            (struct job_record *)PyList_GET_ITEM(package.modified, (Py_ssize_t)i);
        if (!PyObject_TypeCheck((PyObject *)record, &job_record_type) || !record->job)
            outcome = UNUSUAL;
        else if (record->modified)
            records[count++] = record;
    }
    qsort(records, count, sizeof *records, by_id);
    for (size_t i = 0; outcome == DONE && i < count; i++)
        if (i == 0 || records[i] != records[i - 1])
            outcome = answer_about(records[i]);
    PyMem_Free(records);
    return outcome;
}

static enum outcome command(PyObject *given)
{
    uint32_t node;
    if (!PyTuple_CheckExact(given) || PyTuple_GET_SIZE(given) != 2 ||
        !is_number(PyTuple_GET_ITEM(given, 0), &node))
        return UNUSUAL;
    const char *word = plain_text(PyTuple_GET_ITEM(given, 1));
    for (int i = 0; word && i < NUM_NODE_COMMANDS; i++)
        if (strcmp(word, node_command_name((enum node_command)i)) == 0)
            return host->command(host->context, node, (enum node_command)i) ? FAILED : DONE;
    return UNUSUAL;
}

static enum outcome answer_about_nodes(void)
{
    enum outcome outcome = DONE;
    for (Py_ssize_t i = 0; outcome == DONE && i < PyList_GET_SIZE(package.commands); i++)
        outcome = command(PyList_GET_ITEM(package.commands, i));
    return outcome;
}

/* Hands the simulator a message that the package makes, of one thing or, if `more` is not NULL, of
 * two. */
static int send(PyObject *encode, PyObject *about, PyObject *more)
{
    PyObject *message = PyObject_CallFunctionObjArgs(encode, about, more, NULL);
    char *text;
    Py_ssize_t length;
    if (!message || PyBytes_AsStringAndSize(message, &text, &length)) {
        Py_XDECREF(message);
        return -1;
    }
    int result = host->read_answer(host->context, text, (size_t)length);
    Py_DECREF(message);
    return result;
}

static int answer(void)
{
    if (PyList_GET_SIZE(package.modified) == 0 && PyList_GET_SIZE(package.commands) == 0)
        return 0;
    enum outcome outcome = answer_quickly();
    if (outcome == DONE)
        outcome = answer_about_nodes();
    PyErr_Clear();
    return outcome == UNUSUAL ? send(package.encode_answer, package.modified, package.commands)
                              : -(outcome == FAILED);
}

/* Tells the simulator what was raised, and keeps it for the one who called simulate. */
static void fail(void)
{
    PyErr_Fetch(&current.type, &current.value, &current.traceback);
    PyErr_NormalizeException(&current.type, &current.value, &current.traceback);
    if (!current.value)
        return;
    if (current.traceback)
        PyException_SetTraceback(current.value, current.traceback);
    send(package.encode_failure, current.value, NULL);
    PyErr_Clear();
}

/* --- Invocations ---------------------------------------------------------------------------- */

static int call(void)
{
    PyObject *system = update() ? NULL : make_system();
    PyObject *result = system ? PyObject_CallFunctionObjArgs(current.function, package.jobs,
                                                             package.nodes, system, NULL)
                              : NULL;
    Py_XDECREF(system);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

int invocation_schedule(struct elastisim_view *view)
{
    current.view = view;
    int result = call() ? -1 : answer();
    if (current.has_forked)
        _exit(0); /* the child's part is over */
    if (PyErr_Occurred()) {
        fail();
        result = -1;
    }
    current.view = NULL;
    return result;
}

PyObject *invocation_forked(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    current.has_forked = true;
    Py_RETURN_NONE;
}

PyObject *invocation_simulate(PyObject *module, PyObject *function)
{
    (void)module;
    current.function = function;
    host->simulate(host->context);
    current.function = NULL;
    if (current.type) {
        PyErr_Restore(current.type, current.value, current.traceback);
        current.type = current.value = current.traceback = NULL;
        return NULL;
    }
    Py_RETURN_NONE;
}

void invocation_release(void)
{
    for (size_t id = 0; id < embedded.num_jobs; id++)
        if (embedded.jobs[id])
            embedded.jobs[id]->job = NULL;
    for (size_t id = 0; id < embedded.num_nodes; id++)
        embedded.nodes[id]->node = NULL;
    for (size_t id = 0; id < embedded.num_jobs; id++)
        Py_XDECREF((PyObject *)embedded.jobs[id]);
    for (size_t id = 0; id < embedded.num_nodes; id++)
        Py_DECREF((PyObject *)embedded.nodes[id]);
    embedded.num_jobs = embedded.num_nodes = 0;
    PyMem_Free(embedded.jobs);
    PyMem_Free(embedded.nodes);
    PyMem_Free(current.changed_jobs);
    PyMem_Free(current.changed_nodes);
    embedded.jobs = NULL;
    embedded.nodes = NULL;
    current.changed_jobs = current.changed_nodes = NULL;
}
