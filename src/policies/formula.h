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

/* Names that go before those of every formula, and what they stand for. */
struct formula_scope {
    const struct formula_name {
        const char *name; /* NULL behind the last one */
        double (*value)(const void *context);
    } * names;
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
void formulas_release(struct formulas *formulas);

#endif
