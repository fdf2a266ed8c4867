/* What a script sees of jobs and nodes: the classes under those of the package elastisim_python
 * (records.py says what they promise), with attributes that come from the simulator.
 *
 * An object that stands for a job or node of the simulator is bound; one that a script made, or a
 * copy, is not, and has what it was given. Attributes are Python values in slots of the object, as
 * reading them is most of what scripts do: what most jobs and nodes have is put there when the
 * simulator tells of a change (refresh), what costs more when it is first asked for. So an
 * attribute that a script has set stays until then, as in the package.
 *
 * All functions that return an int return 0, or -1 with a Python exception.
 */
#ifndef ELASTISIM_PYTHON_OBJECTS_H
#define ELASTISIM_PYTHON_OBJECTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "elastisim/scheduler.h"

#include <stdbool.h>
#include <stdint.h>

#if PY_VERSION_HEX < 0x030a0000
static inline PyObject *Py_NewRef(PyObject *object)
{
    Py_INCREF(object);
    return object;
}

static inline PyObject *Py_XNewRef(PyObject *object)
{
    Py_XINCREF(object);
    return object;
}
#endif

/* --- Views ---------------------------------------------------------------------------------- */

/* views.py says what a view promises. */
struct view_record {
    PyObject_HEAD PyObject **items; /* by identifier, NULL where nothing is known; owned */
    unsigned char *members;         /* 1: a member, 2: one that is hidden */
    size_t size, capacity, count;
    size_t first;   /* no member is below */
    size_t *hidden; /* identifiers; owned */
    size_t num_hidden, hidden_capacity;
};

extern PyTypeObject view_record_type;

int view_put(struct view_record *view, size_t id, PyObject *item);
void view_mark(struct view_record *view, size_t id, bool member);
int view_hide(struct view_record *view, size_t id);
void view_show_all(struct view_record *view);

/* --- Nodes ---------------------------------------------------------------------------------- */

struct node_record {
    PyObject_HEAD PyObject *identifier, *type, *state, *availability, *returns, *leaves;
    PyObject *commands;                                /* the list in which it notes commands */
    PyObject *gpus, *assigned_jobs, *assigned_job_ids; /* NULL: made when they are asked for */
    const struct elastisim_node *node;                 /* NULL when it is not bound */
};

extern PyTypeObject node_record_type;

/* Takes over what the simulator says. */
int node_record_refresh(struct node_record *record);

/* --- Jobs ----------------------------------------------------------------------------------- */

struct job_record {
    PyObject_HEAD PyObject *identifier, *type, *state, *walltime, *num_nodes, *num_gpus_per_node,
        *num_nodes_min, *num_nodes_max, *num_gpus_per_node_min, *num_gpus_per_node_max,
        *submit_time, *eligible_time, *start_time, *end_time, *wait_time, *makespan,
        *turnaround_time, *assigned_num_gpus_per_node, *total_phase_count, *completed_phases, *name,
        *num_nodes_preferred, *runtime_estimate, *suspended, *suspended_time, *kill_flag,
        *modified_runtime_args, *chose_gpus;
    /* Made when they are asked for: */
    PyObject *node_list, *node_ids, *arguments, *attributes, *runtime_arguments;
    PyObject *told_ids;      /* of the nodes that were told last; NULL: those in `told` */
    PyObject *executing;     /* those where it runs, if these are others; of unbound records */
    PyObject *all_nodes;     /* by identifier; of records that are not bound */
    PyObject *modified_jobs; /* the list in which it enters itself */
    PyObject *orders;        /* those of the invocation under way, as they are sent */
    PyObject *shown;         /* the views in which decisions show */
    bool modified;
    uint32_t *told; /* owned */
    uint32_t num_told;
    const struct elastisim_job *job; /* NULL when it is not bound */
};

extern PyTypeObject job_record_type;

/* Takes over what the simulator says. */
int job_record_refresh(struct job_record *record);
/* Forgets what the scheduler did in the invocation that is over, but for the nodes. */
int job_record_settle(struct job_record *record);
/* The list of its nodes; a new reference. */
PyObject *job_record_nodes(struct job_record *record);

/* Nodes as a list, where they are a node or a list of nodes; else None. */
PyObject *nodes_listed(PyObject *module, PyObject *nodes);

/* --- What they are made with ---------------------------------------------------------------- */

enum {
    JOB_STATES = 9,
    JOB_TYPES = 5,
    NODE_STATES = 3,
    NODE_TYPES = 3,
    AVAILABILITIES = 6,
    GPU_STATES = 2,
    CAUSES = 8
};

struct embedded {
    /* The package's classes, and the members of its enumerations by value; owned. */
    PyObject *job_class, *node_class, *gpu_class;
    PyObject *job_states[JOB_STATES], *job_types[JOB_TYPES], *node_states[NODE_STATES],
        *node_types[NODE_TYPES], *availabilities[AVAILABILITIES], *gpu_states[GPU_STATES],
        *causes[CAUSES];
    PyObject *never;  /* the infinite float: when nodes return of which that is not known; owned */
    PyObject *nobody; /* the views of records that belong to no simulation; owned */
    /* All records that are bound, by identifier; owned. A job that is not submitted has none. */
    struct node_record **nodes;
    struct job_record **jobs;
    size_t num_nodes, num_jobs, jobs_capacity;
};

extern struct embedded embedded;

/* Puts a value (stolen; NULL after an exception) in place of another one. */
int python_set_slot(PyObject **slot, PyObject *value);

#endif
