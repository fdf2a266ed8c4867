/* The interpreter, the module _elastisim in it, and the simulation that the script runs. */
#ifndef ELASTISIM_PYTHON_INTERPRETER_H
#define ELASTISIM_PYTHON_INTERPRETER_H

#include "python/objects.h"
#include "scheduler/embedding.h"

#include <signal.h>

/* The simulator, while a script runs. */
extern const struct python_host *host;

/* Whether the interpreter can be told of signals. */
extern volatile sig_atomic_t interpreter_listens;

/* What the package gives: its classes and functions. Owned; NULL before it has. */
struct package {
    PyObject *system;         /* class: system, of one invocation */
    PyObject *encode_answer;  /* what is sent about modified jobs */
    PyObject *encode_failure; /* what is sent about an exception */
    PyObject *jobs, *nodes;   /* the lists */
    PyObject *modified;       /* the list of jobs that are modified */
    PyObject *commands;       /* the list of commands to nodes: identifier and word */
    PyObject *shown;
    struct view_record *pending, *running, *changed_jobs, *free, *changed_nodes;
};

extern struct package package;

/* Makes _elastisim importable; before the interpreter starts. */
int module_announce(void);

/* simulate(function): runs the simulation, with the function as its scheduler. */
PyObject *invocation_simulate(PyObject *module, PyObject *function);
/* message(): the invocation under way as the protocol has it, or None. */
PyObject *invocation_message(PyObject *module, PyObject *unused);
/* Calls the function; as python_module.schedule. */
int invocation_schedule(struct elastisim_view *view);
/* A child of the script's that was forked lets go of the simulation. */
PyObject *invocation_forked(PyObject *module, PyObject *unused);
/* Frees what belongs to the simulation. */
void invocation_release(void);

#endif
