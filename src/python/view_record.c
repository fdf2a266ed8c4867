/* Promise: a step from member to member costs the bytes in between; nothing changes hands while
 * Python code of the script's could see it half done. */
#include "python/objects.h"

#include <string.h>

int view_put(struct view_record *view, size_t id, PyObject *item)
{
    if (id >= view->capacity) {
        size_t capacity = id < 64 ? 128 : 2 * id;
        PyObject **items = PyMem_Realloc(view->items, capacity * sizeof *items);
        if (items)
            view->items = items;
        unsigned char *members = items ? PyMem_Realloc(view->members, capacity) : NULL;
        if (!members) {
            PyErr_NoMemory();
            return -1;
        }
        view->members = members;
        view->capacity = capacity;
    }
    for (; view->size <= id; view->size++) {
        view->items[view->size] = NULL;
        view->members[view->size] = 0;
    }
    PyObject *former = view->items[id];
    view->items[id] = Py_NewRef(item);
    Py_XDECREF(former);
    return 0;
}

void view_mark(struct view_record *view, size_t id, bool member)
{
    if (id >= view->size)
        return;
    view->count += (size_t)member - (size_t)(view->members[id] == 1);
    view->members[id] = member;
    if (member && id < view->first)
        view->first = id;
}

int view_hide(struct view_record *view, size_t id)
{
    if (id >= view->size || view->members[id] != 1)
        return 0;
    if (view->num_hidden == view->hidden_capacity) {
        size_t capacity = view->hidden_capacity ? 2 * view->hidden_capacity : 64;
        size_t *hidden = PyMem_Realloc(view->hidden, capacity * sizeof *hidden);
        if (!hidden) {
            PyErr_NoMemory();
            return -1;
        }
        view->hidden = hidden;
        view->hidden_capacity = capacity;
    }
    view->members[id] = 2;
    view->count--;
    view->hidden[view->num_hidden++] = id;
    return 0;
}

static void view_show(struct view_record *view, size_t id)
{
    if (id < view->size && view->members[id] == 2)
        view_mark(view, id, true);
}

void view_show_all(struct view_record *view)
{
    for (size_t i = 0; i < view->num_hidden; i++)
        view_show(view, view->hidden[i]);
    view->num_hidden = 0;
}

/* The first member from an identifier on; the size when there is none. */
static size_t next_member(const struct view_record *view, size_t id)
{
    const unsigned char *found =
        id < view->size ? memchr(view->members + id, 1, view->size - id) : NULL;
    return found ? (size_t)(found - view->members) : view->size;
}

static size_t first_member(struct view_record *view)
{
    view->first = next_member(view, view->first);
    return view->first;
}

/* --- Methods of the package ----------------------------------------------------------------- */

static PyObject *method_put(PyObject *self, PyObject *arguments)
{
    Py_ssize_t id;
    PyObject *item;
    if (!PyArg_ParseTuple(arguments, "nO", &id, &item) ||
        view_put((struct view_record *)self, (size_t)id, item))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *method_mark(PyObject *self, PyObject *arguments)
{
    Py_ssize_t id;
    int member;
    if (!PyArg_ParseTuple(arguments, "np", &id, &member))
        return NULL;
    view_mark((struct view_record *)self, (size_t)id, member);
    Py_RETURN_NONE;
}

static PyObject *method_hide(PyObject *self, PyObject *id)
{
    size_t which = PyLong_AsSize_t(id);
    if (PyErr_Occurred() || view_hide((struct view_record *)self, which))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *method_show(PyObject *self, PyObject *id)
{
    size_t which = PyLong_AsSize_t(id);
    if (PyErr_Occurred())
        return NULL;
    view_show((struct view_record *)self, which);
    Py_RETURN_NONE;
}

static PyObject *method_show_all(PyObject *self, PyObject *unused)
{
    (void)unused;
    view_show_all((struct view_record *)self);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"_put", method_put, METH_VARARGS, NULL},
                                {"_mark", method_mark, METH_VARARGS, NULL},
                                {"_hide", method_hide, METH_O, NULL},
                                {"_show", method_show, METH_O, NULL},
                                {"_show_all", method_show_all, METH_NOARGS, NULL},
                                {0}};

/* --- As a sequence -------------------------------------------------------------------------- */

static Py_ssize_t length(PyObject *self)
{
    return (Py_ssize_t)((struct view_record *)self)->count;
}

/* The first members, so many of them, as a list. */
static PyObject *some(struct view_record *view, size_t count)
{
    PyObject *list = PyList_New((Py_ssize_t)count);
    size_t id = first_member(view);
    for (size_t i = 0; list && i < count; i++) {
        PyList_SET_ITEM(list, (Py_ssize_t)i, Py_NewRef(view->items[id]));
        id = next_member(view, id + 1);
    }
    return list;
}

static PyObject *slice(struct view_record *view, PyObject *key)
{
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step) < 0)
        return NULL;
    PySlice_AdjustIndices((Py_ssize_t)view->count, &start, &stop, step);
    bool forward = step > 0;
    PyObject *list = some(view, forward && start < stop ? (size_t)stop : forward ? 0 : view->count);
    if (!list || (start == 0 && step == 1))
        return list;
    PyObject *part = forward ? PyList_New(0) : PyObject_GetItem(list, key);
    for (Py_ssize_t i = start; forward && part && i < stop; i += step)
        if (PyList_Append(part, PyList_GET_ITEM(list, i)))
            Py_CLEAR(part);
    Py_DECREF(list);
    return part;
}

static PyObject *subscript(PyObject *self, PyObject *key)
{
    struct view_record *view = (struct view_record *)self;
    if (PySlice_Check(key))
        return slice(view, key);
    Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (index == -1 && PyErr_Occurred())
        return NULL;
    Py_ssize_t position = index < 0 ? index + (Py_ssize_t)view->count : index;
    if (position < 0 || (size_t)position >= view->count)
        return PyErr_Format(PyExc_IndexError, "there are %zu, none at %zd", view->count, index);
    size_t id = first_member(view);
    for (; position > 0; position--)
        id = next_member(view, id + 1);
    return Py_NewRef(view->items[id]);
}

static int contains(PyObject *self, PyObject *item)
{
    struct view_record *view = (struct view_record *)self;
    PyObject *identifier = PyObject_GetAttrString(item, "identifier");
    size_t id = identifier && PyLong_Check(identifier) ? PyLong_AsSize_t(identifier) : view->size;
    PyErr_Clear();
    Py_XDECREF(identifier);
    return id < view->size && view->members[id] == 1
               ? PyObject_RichCompareBool(view->items[id], item, Py_EQ)
               : 0;
}

static PyObject *represent(PyObject *self)
{
    struct view_record *view = (struct view_record *)self;
    PyObject *list = some(view, view->count);
    PyObject *text = list ? PyObject_Repr(list) : NULL;
    Py_XDECREF(list);
    return text;
}

/* --- Iterators ------------------------------------------------------------------------------ */

struct iterator {
    PyObject_HEAD struct view_record *view;
    size_t id; /* where to look on */
};

static void iterator_dealloc(PyObject *self)
{
    Py_DECREF(((struct iterator *)self)->view);
    PyObject_Free(self);
}

static PyObject *iterator_next(PyObject *self)
{
    struct iterator *iterator = (struct iterator *)self;
    const struct view_record *view = iterator->view;
    size_t id = next_member(view, iterator->id);
    if (id >= view->size) {
        iterator->id = id;
        return NULL;
    }
    iterator->id = id + 1;
    return Py_NewRef(view->items[id]);
}

static PyTypeObject iterator_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_elastisim.ViewIterator",
    .tp_basicsize = sizeof(struct iterator),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = iterator_dealloc,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = iterator_next,
};

static PyObject *iterate(PyObject *self)
{
    struct iterator *iterator;
    if (PyType_Ready(&iterator_type))
        return NULL;
    iterator = PyObject_New(struct iterator, &iterator_type);
    if (!iterator)
        return NULL;
    iterator->view = (struct view_record *)Py_NewRef(self);
    iterator->id = first_member(iterator->view);
    return (PyObject *)iterator;
}

/* --- The type ------------------------------------------------------------------------------- */

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    struct view_record *view = (struct view_record *)self;
    for (size_t i = 0; i < view->size; i++)
        Py_VISIT(view->items[i]);
    return 0;
}

static int clear(PyObject *self)
{
    struct view_record *view = (struct view_record *)self;
    size_t size = view->size;
    view->size = view->count = 0;
    for (size_t i = 0; i < size; i++)
        Py_CLEAR(view->items[i]);
    return 0;
}

static void dealloc(PyObject *self)
{
    struct view_record *view = (struct view_record *)self;
    PyObject_GC_UnTrack(self);
    clear(self);
    PyMem_Free(view->items);
    PyMem_Free(view->members);
    PyMem_Free(view->hidden);
    Py_TYPE(self)->tp_free(self);
}

static PySequenceMethods sequence = {.sq_length = length, .sq_contains = contains};
static PyMappingMethods mapping = {.mp_length = length, .mp_subscript = subscript};

PyTypeObject view_record_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_elastisim.ViewRecord",
    .tp_basicsize = sizeof(struct view_record),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_dealloc = dealloc,
    .tp_traverse = traverse,
    .tp_clear = clear,
    .tp_iter = iterate,
    .tp_repr = represent,
    .tp_methods = methods,
    .tp_as_sequence = &sequence,
    .tp_as_mapping = &mapping,
};
