#include "python/objects.h"

#include <math.h>
#include <stddef.h>
#include <structmember.h>

int python_set_slot(PyObject **slot, PyObject *value)
{
    if (!value)
        return -1;
    PyObject *former = *slot;
    *slot = value;
    Py_XDECREF(former);
    return 0;
}

static PyObject *time_object(double time)
{
    return isfinite(time) ? PyFloat_FromDouble(time) : Py_NewRef(embedded.never);
}

/* Most nodes are up and are to stay so. */
static int show_availability(struct node_record *record)
{
    enum elastisim_availability availability = elastisim_node_availability(record->node);
    double leaves = elastisim_node_leaves(record->node);
    PyObject *member = embedded.availabilities[availability];
    if (record->availability == member && availability == ELASTISIM_UP && isinf(leaves) &&
        record->leaves == embedded.never)
        return 0;
    python_set_slot(&record->availability, Py_NewRef(member));
    if (python_set_slot(&record->leaves, time_object(leaves)))
        return -1;
    return python_set_slot(&record->returns, time_object(elastisim_node_returns(record->node)));
}

int node_record_refresh(struct node_record *record)
{
    const struct elastisim_node *node = record->node;
    Py_CLEAR(record->gpus);
    Py_CLEAR(record->assigned_jobs);
    Py_CLEAR(record->assigned_job_ids);
    python_set_slot(&record->type, Py_NewRef(embedded.node_types[elastisim_node_type(node)]));
    python_set_slot(&record->state, Py_NewRef(embedded.node_states[elastisim_node_state(node)]));
    return show_availability(record);
}

/* --- What is made when it is asked for ------------------------------------------------------ */

static PyObject *make_gpus(const struct node_record *record)
{
    uint32_t count = elastisim_node_num_gpus(record->node);
    uint32_t taken = count - elastisim_node_num_free_gpus(record->node);
    PyObject *list = PyList_New(count);
    for (uint32_t i = 0; list && i < count; i++) {
        PyObject *gpu =
            PyObject_CallFunction(embedded.gpu_class, "IO", i, embedded.gpu_states[i < taken]);
        if (!gpu)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, gpu);
    }
    return list;
}

static struct job_record *job_on(const struct node_record *record, uint32_t index)
{
    return embedded.jobs[elastisim_job_id(elastisim_node_job(record->node, index))];
}

static PyObject *make_jobs(const struct node_record *record)
{
    uint32_t count = elastisim_node_num_jobs(record->node);
    PyObject *list = PyList_New(count);
    for (uint32_t i = 0; list && i < count; i++)
        PyList_SET_ITEM(list, i, Py_NewRef((PyObject *)job_on(record, i)));
    return list;
}

static PyObject *make_job_ids(const struct node_record *record)
{
    PyObject *ids = PySet_New(NULL);
    for (uint32_t i = 0; ids && i < elastisim_node_num_jobs(record->node); i++)
        if (PySet_Add(ids, job_on(record, i)->identifier))
            Py_CLEAR(ids);
    return ids;
}

/* An attribute that is made when it is asked for. */
struct lazy {
    size_t offset;
    const char *name;
    PyObject *(*make)(const struct node_record *);
};

static struct lazy lazies[] = {
    {offsetof(struct node_record, gpus), "gpus", make_gpus},
    {offsetof(struct node_record, assigned_jobs), "assigned_jobs", make_jobs},
    {offsetof(struct node_record, assigned_job_ids), "assigned_job_ids", make_job_ids},
};

static PyObject **slot_of(PyObject *self, const struct lazy *lazy)
{
    return (PyObject **)((char *)self + lazy->offset);
}

static PyObject *get(PyObject *self, void *closure)
{
    const struct lazy *lazy = closure;
    PyObject **slot = slot_of(self, lazy);
    const struct node_record *record = (const struct node_record *)self;
    if (!*slot && !record->node)
        return PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute '%s'",
                            Py_TYPE(self)->tp_name, lazy->name);
    if (!*slot)
        *slot = lazy->make(record);
    return Py_XNewRef(*slot);
}

static int set(PyObject *self, PyObject *value, void *closure)
{
    PyObject **slot = slot_of(self, closure), *former = *slot;
    *slot = Py_XNewRef(value);
    Py_XDECREF(former);
    return 0;
}

static PyGetSetDef lazy_attributes[] = {{"gpus", get, set, NULL, &lazies[0]},
                                        {"assigned_jobs", get, set, NULL, &lazies[1]},
                                        {"assigned_job_ids", get, set, NULL, &lazies[2]},
                                        {0}};

/* --- The type ------------------------------------------------------------------------------- */

#define MEMBER(name)                                                                               \
    {                                                                                              \
#name, T_OBJECT_EX, offsetof(struct node_record, name), 0, NULL                            \
    }

static PyMemberDef members[] = {
    MEMBER(identifier),
    MEMBER(type),
    MEMBER(state),
    MEMBER(availability),
    MEMBER(returns),
    MEMBER(leaves),
    {"_commands", T_OBJECT, offsetof(struct node_record, commands), 0, NULL},
    {0}};

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    struct node_record *record = (struct node_record *)self;
    Py_VISIT(record->identifier);
    Py_VISIT(record->type);
    Py_VISIT(record->state);
    Py_VISIT(record->availability);
    Py_VISIT(record->returns);
    Py_VISIT(record->leaves);
    Py_VISIT(record->commands);
    Py_VISIT(record->gpus);
    Py_VISIT(record->assigned_jobs);
    Py_VISIT(record->assigned_job_ids);
    return 0;
}

static int clear(PyObject *self)
{
    struct node_record *record = (struct node_record *)self;
    record->node = NULL;
    Py_CLEAR(record->type);
    Py_CLEAR(record->state);
    Py_CLEAR(record->availability);
    Py_CLEAR(record->returns);
    Py_CLEAR(record->leaves);
    Py_CLEAR(record->commands);
    Py_CLEAR(record->gpus);
    Py_CLEAR(record->assigned_jobs);
    Py_CLEAR(record->assigned_job_ids);
    return 0;
}

static void dealloc(PyObject *self)
{
    struct node_record *record = (struct node_record *)self;
    PyObject_GC_UnTrack(self);
    clear(self);
    Py_CLEAR(record->identifier);
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject node_record_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_elastisim.NodeRecord",
    .tp_basicsize = sizeof(struct node_record),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_dealloc = dealloc,
    .tp_traverse = traverse,
    .tp_clear = clear,
    .tp_members = members,
    .tp_getset = lazy_attributes,
};
