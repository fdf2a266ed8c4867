/* Promise: an attribute is what the package would have made of the simulator's message about the
 * job, to the last bit and down to the order of a set. */
#include "python/objects.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include <structmember.h>

/* --- Figures -------------------------------------------------------------------------------- */

static PyObject *number(double value)
{
    return PyFloat_FromDouble(value);
}

static PyObject *count(uint64_t value)
{
    return PyLong_FromUnsignedLongLong(value);
}

static double span(double from, double to)
{
    return from < 0 || to < 0 ? -1 : to - from;
}

static int set_times(struct job_record *record)
{
    const struct elastisim_job *job = record->job;
    double submit = elastisim_job_submit_time(job), start = elastisim_job_start_time(job),
           end = elastisim_job_end_time(job), eligible = elastisim_job_eligible_time(job);
    return python_set_slot(&record->walltime, number(elastisim_job_walltime(job))) ||
           python_set_slot(&record->submit_time, number(submit)) ||
           python_set_slot(&record->eligible_time, number(fmax(submit, eligible))) ||
           python_set_slot(&record->start_time, number(start)) ||
           python_set_slot(&record->end_time, number(end)) ||
           python_set_slot(&record->wait_time, number(span(submit, start))) ||
           python_set_slot(&record->makespan, number(span(start, end))) ||
           python_set_slot(&record->turnaround_time, number(span(submit, end)));
}

/* What does not apply to the job's type is None, or what the script has made of it. */
static int set_bounds(struct job_record *record)
{
    const struct elastisim_job *job = record->job;
    PyObject *most = count(elastisim_job_nodes_max(job)),
             *most_gpus = count(elastisim_job_gpus_max(job));
    if (elastisim_job_type(job) == ELASTISIM_RIGID)
        return python_set_slot(&record->num_nodes, most) ||
               python_set_slot(&record->num_gpus_per_node, most_gpus);
    return python_set_slot(&record->num_nodes_max, most) ||
           python_set_slot(&record->num_gpus_per_node_max, most_gpus) ||
           python_set_slot(&record->num_nodes_min, count(elastisim_job_nodes_min(job))) ||
           python_set_slot(&record->num_gpus_per_node_min, count(elastisim_job_gpus_min(job)));
}

static int set_wishes(struct job_record *record)
{
    const struct elastisim_job *job = record->job;
    const char *name = elastisim_job_name(job);
    uint32_t preferred = elastisim_job_nodes_preferred(job);
    double estimate = elastisim_job_runtime_estimate(job);
    if (python_set_slot(&record->name,
                        name ? PyUnicode_DecodeUTF8(name, (Py_ssize_t)strlen(name), "replace")
                             : Py_NewRef(Py_None)))
        return -1;
    if (preferred > 0 && python_set_slot(&record->num_nodes_preferred, count(preferred)))
        return -1;
    return estimate >= 0 ? python_set_slot(&record->runtime_estimate, number(estimate)) : 0;
}

static int set_progress(struct job_record *record)
{
    const struct elastisim_job *job = record->job;
    bool suspended = elastisim_job_suspended(job);
    python_set_slot(&record->suspended, PyBool_FromLong(suspended));
    return python_set_slot(&record->suspended_time, number(elastisim_job_suspended_time(job))) ||
           python_set_slot(&record->assigned_num_gpus_per_node,
                           count(elastisim_job_assigned_gpus(job))) ||
           python_set_slot(&record->total_phase_count, count(elastisim_job_total_phases(job))) ||
           python_set_slot(&record->completed_phases, count(elastisim_job_completed_phases(job)));
}

/* --- Nodes ---------------------------------------------------------------------------------- */

static bool has_ended(const struct elastisim_job *job)
{
    enum elastisim_job_state state = elastisim_job_state(job);
    return state == ELASTISIM_COMPLETED || state == ELASTISIM_KILLED;
}

static int make_room(struct job_record *record, size_t number_of_nodes)
{
    if (number_of_nodes <= record->num_told)
        return 0;
    uint32_t *told = PyMem_Realloc(record->told, number_of_nodes * sizeof *told);
    if (!told) {
        PyErr_NoMemory();
        return -1;
    }
    record->told = told;
    return 0;
}

/* A job that has ended keeps those it had last. */
static int tell_nodes(struct job_record *record)
{
    uint32_t num_told = elastisim_job_num_assigned(record->job);
    Py_CLEAR(record->node_list);
    Py_CLEAR(record->node_ids);
    if (num_told == 0 && has_ended(record->job))
        return 0;
    Py_CLEAR(record->told_ids);
    if (make_room(record, num_told))
        return -1;
    for (uint32_t rank = 0; rank < num_told; rank++)
        record->told[rank] = (uint32_t)elastisim_node_id(elastisim_job_assigned(record->job, rank));
    record->num_told = num_told;
    return 0;
}

int job_record_refresh(struct job_record *record)
{
    Py_CLEAR(record->arguments);
    Py_CLEAR(record->attributes);
    Py_CLEAR(record->runtime_arguments);
    python_set_slot(&record->chose_gpus, Py_NewRef(Py_False));
    python_set_slot(&record->state,
                    Py_NewRef(embedded.job_states[elastisim_job_state(record->job)]));
    return set_times(record) || set_bounds(record) || set_wishes(record) || set_progress(record) ||
           tell_nodes(record);
}

/* Identifiers as Python has them, in a list; those told, in their order. */
static PyObject *told_list(const struct job_record *record)
{
    if (record->told_ids)
        return PySequence_List(record->told_ids);
    PyObject *list = PyList_New(record->num_told);
    for (uint32_t i = 0; list && i < record->num_told; i++)
        PyList_SET_ITEM(list, i, Py_NewRef(embedded.nodes[record->told[i]]->identifier));
    return list;
}

static PyObject *told_set(const struct job_record *record)
{
    PyObject *list = told_list(record), *set = list ? PySet_New(list) : NULL;
    Py_XDECREF(list);
    return set;
}

/* The node of an identifier; a new reference. */
static PyObject *node_of(const struct job_record *record, PyObject *id)
{
    if (record->all_nodes)
        return PyObject_GetItem(record->all_nodes, id);
    size_t which = PyLong_AsSize_t(id);
    if (PyErr_Occurred())
        return NULL;
    if (which >= embedded.num_nodes)
        return PyErr_Format(PyExc_KeyError, "%zu", which);
    return Py_NewRef((PyObject *)embedded.nodes[which]);
}

/* In the order of a set, as the package has them. */
static PyObject *make_nodes(const struct job_record *record)
{
    PyObject *set = told_set(record), *ids = set ? PyObject_GetIter(set) : NULL;
    PyObject *list = ids ? PyList_New(0) : NULL, *id;
    while (list && (id = PyIter_Next(ids))) {
        PyObject *node = node_of(record, id);
        if (!node || PyList_Append(list, node))
            Py_CLEAR(list);
        Py_XDECREF(node);
        Py_DECREF(id);
    }
    if (PyErr_Occurred())
        Py_CLEAR(list);
    Py_XDECREF(ids);
    Py_XDECREF(set);
    return list;
}

static PyObject *identifier_of(PyObject *node)
{
    if (PyObject_TypeCheck(node, &node_record_type)) {
        PyObject *identifier = ((struct node_record *)node)->identifier;
        if (identifier)
            return Py_NewRef(identifier);
    }
    return PyObject_GetAttrString(node, "identifier");
}

static PyObject *identifiers(PyObject *nodes)
{
    PyObject *list = PySequence_List(nodes);
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(list); i++) {
        PyObject *id = identifier_of(PyList_GET_ITEM(list, i));
        if (!id || PyList_SetItem(list, i, id))
            Py_CLEAR(list);
    }
    return list;
}

PyObject *job_record_nodes(struct job_record *record)
{
    if (!record->node_list)
        record->node_list = make_nodes(record);
    return Py_XNewRef(record->node_list);
}

static PyObject *get_nodes(PyObject *self, void *closure)
{
    (void)closure;
    return job_record_nodes((struct job_record *)self);
}

static PyObject *make_node_ids(const struct job_record *record)
{
    if (!record->node_list)
        return told_set(record);
    PyObject *list = identifiers(record->node_list), *set = list ? PySet_New(list) : NULL;
    Py_XDECREF(list);
    return set;
}

static PyObject *get_node_ids(PyObject *self, void *closure)
{
    struct job_record *record = (struct job_record *)self;
    (void)closure;
    if (!record->node_ids)
        record->node_ids = make_node_ids(record);
    return Py_XNewRef(record->node_ids);
}

int job_record_settle(struct job_record *record)
{
    bool killed = record->kill_flag && PyObject_IsTrue(record->kill_flag) == 1;
    if (!killed && record->node_list) {
        PyObject *ids = identifiers(record->node_list);
        if (python_set_slot(&record->told_ids, ids))
            return -1;
    }
    record->modified = false;
    Py_CLEAR(record->orders);
    python_set_slot(&record->kill_flag, Py_NewRef(Py_False));
    return python_set_slot(&record->modified_runtime_args, Py_NewRef(Py_False));
}

/* --- Texts ---------------------------------------------------------------------------------- */

typedef const char *key_function(const struct elastisim_job *, size_t);
typedef const char *text_function(const struct elastisim_job *, const char *);

static PyObject *text(const char *bytes)
{
    return PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)strlen(bytes), "replace");
}

static PyObject *make_texts(const struct elastisim_job *job, key_function *key_of,
                            text_function *text_of)
{
    PyObject *texts = PyDict_New();
    const char *key;
    for (size_t i = 0; texts && (key = key_of(job, i)); i++) {
        PyObject *name = text(key), *value = text(text_of(job, key));
        if (!name || !value || PyDict_SetItem(texts, name, value))
            Py_CLEAR(texts);
        Py_XDECREF(name);
        Py_XDECREF(value);
    }
    return texts;
}

/* A dictionary that is made when it is asked for. */
struct texts {
    const char *name;
    size_t offset;
    key_function *key_of;
    text_function *text_of;
};

static struct texts texts[] = {
    {"arguments", offsetof(struct job_record, arguments), elastisim_job_argument_key,
     elastisim_job_argument},
    {"attributes", offsetof(struct job_record, attributes), elastisim_job_attribute_key,
     elastisim_job_attribute},
    {"runtime_arguments", offsetof(struct job_record, runtime_arguments),
     elastisim_job_runtime_argument_key, elastisim_job_runtime_argument},
};

static PyObject *get_texts(PyObject *self, void *closure)
{
    const struct texts *which = closure;
    PyObject **slot = (PyObject **)((char *)self + which->offset);
    const struct elastisim_job *job = ((struct job_record *)self)->job;
    if (!*slot && !job)
        return PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute '%s'",
                            Py_TYPE(self)->tp_name, which->name);
    if (!*slot)
        *slot = make_texts(job, which->key_of, which->text_of);
    return Py_XNewRef(*slot);
}

static void put(PyObject **slot, PyObject *value)
{
    PyObject *former = *slot;
    *slot = Py_XNewRef(value);
    Py_XDECREF(former);
}

static int set_texts(PyObject *self, PyObject *value, void *closure)
{
    const struct texts *which = closure;
    put((PyObject **)((char *)self + which->offset), value);
    return 0;
}

/* --- Changes -------------------------------------------------------------------------------- */

static int set_nodes(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    put(&((struct job_record *)self)->node_list, value);
    return 0;
}

static int set_node_ids(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    put(&((struct job_record *)self)->node_ids, value);
    return 0;
}

static int modify(struct job_record *record)
{
    if (record->modified)
        return 0;
    record->modified = true;
    if (!record->modified_jobs || record->modified_jobs == Py_None)
        return 0;
    return PyList_Append(record->modified_jobs, (PyObject *)record);
}

static PyObject *get_modified(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(((struct job_record *)self)->modified);
}

static int set_modified(PyObject *self, PyObject *value, void *closure)
{
    struct job_record *record = (struct job_record *)self;
    int modified = value ? PyObject_IsTrue(value) : 0;
    bool tell = !closure; /* by its other name, the mark alone is set */
    if (modified < 0 || (modified && tell && modify(record)))
        return -1;
    record->modified = modified;
    return 0;
}

static PyObject *method_modify(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (modify((struct job_record *)self))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *get_shown(PyObject *self, void *closure)
{
    PyObject *shown = ((struct job_record *)self)->shown;
    (void)closure;
    return Py_NewRef(shown ? shown : embedded.nobody);
}

static int set_shown(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    put(&((struct job_record *)self)->shown, value);
    return 0;
}

/* The view of free nodes in which the job's decisions show: a new reference, or NULL, with an
 * exception or without one. */
static struct view_record *free_view(const struct job_record *record)
{
    PyObject *view = record->shown ? PyObject_GetAttrString(record->shown, "free") : NULL;
    if (view && PyObject_TypeCheck(view, &view_record_type))
        return (struct view_record *)view;
    Py_XDECREF(view);
    return NULL;
}

static int hide(struct view_record *view, PyObject *id)
{
    size_t which = PyLong_AsSize_t(id);
    if (which == (size_t)-1 && PyErr_Occurred())
        return -1;
    return view_hide(view, which);
}

static int append_one(PyObject *list, PyObject *ids, struct view_record *view, PyObject *node)
{
    PyObject *id = identifier_of(node);
    int known = id ? PySet_Contains(ids, id) : -1;
    if (known == 0)
        known =
            PyList_Append(list, node) || PySet_Add(ids, id) || (view && hide(view, id)) ? -1 : 0;
    Py_XDECREF(id);
    return known < 0 ? -1 : 0;
}

static PyObject *method_append(PyObject *self, PyObject *given)
{
    PyObject *ids = get_node_ids(self, NULL), *list = get_nodes(self, NULL);
    struct view_record *view = free_view((struct job_record *)self);
    Py_ssize_t appended = -1;
    if (ids && list && !PyErr_Occurred() && PyList_Check(given)) {
        for (appended = 0; appended < PyList_GET_SIZE(given); appended++)
            if (append_one(list, ids, view, PyList_GET_ITEM(given, appended)))
                break;
    }
    Py_XDECREF(ids);
    Py_XDECREF(list);
    Py_XDECREF(view);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

PyObject *nodes_listed(PyObject *module, PyObject *nodes)
{
    (void)module;
    if (PyObject_TypeCheck(nodes, &node_record_type)) {
        PyObject *list = PyList_New(1);
        if (list)
            PyList_SET_ITEM(list, 0, Py_NewRef(nodes));
        return list;
    }
    if (!PyList_CheckExact(nodes))
        Py_RETURN_NONE;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes); i++)
        if (!PyObject_TypeCheck(PyList_GET_ITEM(nodes, i), &node_record_type))
            Py_RETURN_NONE;
    return Py_NewRef(nodes);
}

static PyObject *method_show_nodes(PyObject *self, PyObject *ids)
{
    struct job_record *record = (struct job_record *)self;
    put(&record->told_ids, ids);
    Py_CLEAR(record->node_ids);
    Py_CLEAR(record->node_list);
    Py_RETURN_NONE;
}

static PyObject *get_told(PyObject *self, void *closure)
{
    (void)closure;
    return told_list((struct job_record *)self);
}

static int set_told(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    put(&((struct job_record *)self)->told_ids, value);
    return 0;
}

static PyObject *bound_executing(const struct elastisim_job *job)
{
    uint32_t number_of_nodes = elastisim_job_num_executing(job);
    PyObject *list = PyList_New(number_of_nodes);
    for (uint32_t rank = 0; list && rank < number_of_nodes; rank++) {
        size_t id = elastisim_node_id(elastisim_job_executing(job, rank));
        PyList_SET_ITEM(list, rank, Py_NewRef((PyObject *)embedded.nodes[id]));
    }
    return list;
}

/* The nodes where it runs; of one that belongs to no simulation, those it was given. */
static PyObject *get_executing(PyObject *self, void *closure)
{
    struct job_record *record = (struct job_record *)self;
    if (record->job)
        return bound_executing(record->job);
    if (!record->all_nodes)
        return get_nodes(self, closure);
    bool is_told = record->executing && record->executing != Py_None;
    PyObject *list = is_told ? PySequence_List(record->executing) : told_list(record);
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(list); i++) {
        PyObject *node = node_of(record, PyList_GET_ITEM(list, i));
        if (!node || PyList_SetItem(list, i, node))
            Py_CLEAR(list);
    }
    return list;
}

static PyMethodDef methods[] = {{"_modify", method_modify, METH_NOARGS, NULL},
                                {"_append", method_append, METH_O, NULL},
                                {"_show_nodes", method_show_nodes, METH_O, NULL},
                                {0}};

static PyGetSetDef attributes[] = {{"assigned_nodes", get_nodes, set_nodes, NULL, NULL},
                                   {"assigned_node_ids", get_node_ids, set_node_ids, NULL, NULL},
                                   {"arguments", get_texts, set_texts, NULL, &texts[0]},
                                   {"attributes", get_texts, set_texts, NULL, &texts[1]},
                                   {"runtime_arguments", get_texts, set_texts, NULL, &texts[2]},
                                   {"modified", get_modified, set_modified, NULL, NULL},
                                   {"_modified", get_modified, set_modified, NULL, &embedded},
                                   {"_shown", get_shown, set_shown, NULL, NULL},
                                   {"_told_ids", get_told, set_told, NULL, NULL},
                                   {"_executing_nodes", get_executing, NULL, NULL, NULL},
                                   {0}};

/* --- The type ------------------------------------------------------------------------------- */

#define SLOT(name, type, field)                                                                    \
    {                                                                                              \
#name, type, offsetof(struct job_record, field), 0, NULL                                   \
    }
#define MEMBER(name) SLOT(name, T_OBJECT_EX, name)

static PyMemberDef members[] = {MEMBER(identifier),
                                MEMBER(type),
                                MEMBER(state),
                                MEMBER(walltime),
                                MEMBER(num_nodes),
                                MEMBER(num_gpus_per_node),
                                MEMBER(num_nodes_min),
                                MEMBER(num_nodes_max),
                                MEMBER(num_gpus_per_node_min),
                                MEMBER(num_gpus_per_node_max),
                                MEMBER(submit_time),
                                MEMBER(eligible_time),
                                MEMBER(start_time),
                                MEMBER(end_time),
                                MEMBER(wait_time),
                                MEMBER(makespan),
                                MEMBER(turnaround_time),
                                MEMBER(assigned_num_gpus_per_node),
                                MEMBER(total_phase_count),
                                MEMBER(completed_phases),
                                MEMBER(name),
                                MEMBER(num_nodes_preferred),
                                MEMBER(runtime_estimate),
                                MEMBER(suspended),
                                MEMBER(suspended_time),
                                MEMBER(kill_flag),
                                MEMBER(modified_runtime_args),
                                SLOT(_chose_gpus, T_OBJECT_EX, chose_gpus),
                                SLOT(_node_list, T_OBJECT, node_list),
                                SLOT(_node_ids, T_OBJECT, node_ids),
                                SLOT(_all_nodes, T_OBJECT_EX, all_nodes),
                                SLOT(_modified_jobs, T_OBJECT, modified_jobs),
                                SLOT(_orders, T_OBJECT, orders),
                                SLOT(_executing, T_OBJECT, executing),
                                {0}};

/* The slots: all members of the struct from the first to the last one. */
static PyObject **slots(struct job_record *record, size_t *number_of_slots)
{
    *number_of_slots =
        (offsetof(struct job_record, shown) - offsetof(struct job_record, identifier)) /
            sizeof(PyObject *) +
        1;
    return &record->identifier;
}

static PyObject *new (PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    struct job_record *record = (struct job_record *)type->tp_alloc(type, 0);
    (void)arguments;
    (void)keywords;
    if (record) {
        record->kill_flag = Py_NewRef(Py_False);
        record->modified_runtime_args = Py_NewRef(Py_False);
        record->chose_gpus = Py_NewRef(Py_False);
    }
    return (PyObject *)record;
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    size_t number_of_slots;
    PyObject **slot = slots((struct job_record *)self, &number_of_slots);
    for (size_t i = 0; i < number_of_slots; i++)
        Py_VISIT(slot[i]);
    return 0;
}

static int clear(PyObject *self)
{
    size_t number_of_slots;
    PyObject **slot = slots((struct job_record *)self, &number_of_slots);
    ((struct job_record *)self)->job = NULL;
    for (size_t i = 0; i < number_of_slots; i++)
        Py_CLEAR(slot[i]);
    return 0;
}

static void dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    clear(self);
    PyMem_Free(((struct job_record *)self)->told);
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject job_record_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_elastisim.JobRecord",
    .tp_basicsize = sizeof(struct job_record),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = new,
    .tp_dealloc = dealloc,
    .tp_traverse = traverse,
    .tp_clear = clear,
    .tp_members = members,
    .tp_getset = attributes,
    .tp_methods = methods,
};
