/* Expressions over a job, as options of policies give them: the language of performance models
 * (docs/application_model.md), over what the job asks for, its arguments and its attributes.
 *
 * Names: num_nodes (the size asked about), num_gpus_per_node, num_gpus, num_nodes_min,
 * num_nodes_max, num_nodes_preferred, walltime, runtime_estimate (where the job has them), then the
 * job's arguments, then its attributes. An argument may be an expression over the same names.
 */
#ifndef ELASTISIM_POLICIES_FORMULA_H
#define ELASTISIM_POLICIES_FORMULA_H

#include "base/error.h"
#include "elastisim/scheduler.h"
#include "expression/expression.h"
#include "policies/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts that were compiled, each once. */
struct formulas {
    struct names texts;
    VECTOR(struct expression *) compiled; /* by number */
};

/* What came of an evaluation. */
enum formula_result {
    FORMULA_VALUE,
    FORMULA_LACKS, /* the job has not all that the text names; the error says what */
    FORMULA_FAILED /* no expression, a circle of arguments, no memory */
};

/* A name that goes before those of every formula, and what it stands for. */
struct formula_name {
    const char *name; /* NULL behind the last one */
    double (*value)(const void *context);
};

struct formula_scope {
    const struct formula_name *names;
    const void *context;
};

/* Evaluates a text for a job on that many nodes. The value may be infinite or not a number. `scope`
 * may be NULL. */
enum formula_result formulas_evaluate(struct formulas *formulas, const char *text,
                                      const struct elastisim_job *job, uint32_t num_nodes,
                                      const struct formula_scope *scope, double *value,
                                      struct error *err);
/* Whether every formula may name this, whatever arguments and attributes jobs have. */
bool formula_knows(const char *name);
/* Whether a text that compiles names something. */
bool formulas_name(struct formulas *formulas, const char *text, const char *name);

enum { MOST_BOUND = 8 };

/* A text all of whose names are in the scope: nothing else of a job is looked at, and no name is
 * looked up when it is evaluated. */
struct bound_formula {
    struct expression *expression; /* NULL where a text is none of these; not owned */
    double (*values[MOST_BOUND])(const void *context);
};

struct bound_formula formulas_bind(struct formulas *formulas, const char *text,
                                   const struct formula_name *names);
/* FORMULA_VALUE or FORMULA_FAILED. */
enum formula_result bound_formula_evaluate(const struct bound_formula *formula, const void *context,
                                           double *value, struct error *err);
void formulas_release(struct formulas *formulas);

#endif
