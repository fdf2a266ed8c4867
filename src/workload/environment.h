/* The names that a job's performance models may use, and their values.
 *
 * A name is looked up in this order: the built-in variables of the situation, the runtime
 * arguments, the job's arguments. A string argument is an expression over the same names; its value
 * is worked out at each evaluation. One environment serves one evaluation round of one job.
 */
#ifndef ELASTISIM_WORKLOAD_ENVIRONMENT_H
#define ELASTISIM_WORKLOAD_ENVIRONMENT_H

#include "workload/workload.h"

/* Which built-in variables exist: phase iterations see none of them (only the job's arguments),
 * loads see the executing nodes and GPUs, evolving requests also the bounds and the iteration. */
enum scope { SCOPE_ARGUMENTS, SCOPE_LOADS, SCOPE_REQUEST };

struct environment {
    enum scope scope;
    double num_nodes;                                     /* executing */
    double num_gpus_per_node;                             /* executing */
    double num_nodes_min, num_nodes_max, phase_iteration; /* SCOPE_REQUEST */
    const struct arguments *arguments;
    const struct arguments *runtime_arguments; /* may be NULL */
};

/* What a payload stands for, which values are allowed and how fractions are treated. */
enum quantity {
    QUANTITY_LOAD,       /* 0 to MOST_LOAD */
    QUANTITY_ITERATIONS, /* finite, >= 0, rounded down, at most 2^53 */
    QUANTITY_NODES,      /* finite, rounded down (towards minus infinity); may be negative */
};

/* Evaluates a number or a performance model (not a list). Returns 0 and sets *value, or -1 with an
 * error that names the payload's place, its text, and the unknown name or the value that is not
 * allowed ("a.json: phases[0].tasks[1].flops: "work/x" is -3; a load must be 0 or more"). A
 * PAYLOAD_NONE gives 0. */
int environment_evaluate(const struct payload *payload, const struct environment *environment,
                         enum quantity quantity, double *value, struct error *err);

/* Checks the names in the payload's model, and those in the string arguments that it leads to,
 * without evaluating it: arguments that are no expressions, circles, built-in variables out of
 * their scope. A name that nothing defines is an error when no runtime argument can define it any
 * more: in SCOPE_ARGUMENTS, or when the environment has runtime arguments (an empty set will do).
 */
int environment_check_names(const struct payload *payload, const struct environment *environment,
                            struct error *err);

/* Whether the name is that of a built-in variable, of whichever scope. */
bool environment_is_builtin(const char *name);

/* Sets (or replaces) a runtime argument from the text the scheduler sent. Texts that are numbers
 * are numbers, all others are compiled as expressions. Returns 0, or -1 with err (ERROR_SCHEDULER).
 */
int arguments_set(struct arguments *arguments, const char *key, const char *text,
                  struct error *err);
/* Frees a set made with arguments_set, its models included. */
void arguments_clear(struct arguments *arguments);

#endif
