/* Promise: a text is compiled once, however many jobs have it. */
#include "policies/formula.h"

#include "base/number.h"
#include "base/quote.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_DEPTH = 100,   /* arguments within arguments */
    MAX_STEPS = 10000, /* arguments evaluated for one text */
    FEW_VARIABLES = 8  /* of an expression: their values need no memory of their own */
};

struct evaluation {
    struct formulas *formulas;
    const struct elastisim_job *job;
    const struct formula_scope *scope; /* or NULL */
    double num_nodes;
    unsigned depth, steps;
    struct error *err;
};

/* --- Compiled texts ------------------------------------------------------------------------ */

static int keep(struct formulas *formulas, const char *text, struct expression *expression)
{
    size_t number;
    return vector_reserve(&formulas->compiled, formulas->compiled.count + 1) ||
                   names_add(&formulas->texts, text, &number)
               ? -1
               : vector_add(&formulas->compiled, expression);
}

/* The expression of a text; NULL with err. */
static struct expression *find(struct formulas *formulas, const char *text, struct error *err)
{
    size_t number;
    if (names_find(&formulas->texts, text, &number))
        return formulas->compiled.items[number];
    struct expression *expression = expression_compile(text, err);
    if (!expression || keep(formulas, text, expression) == 0)
        return expression;
    expression_destroy(expression);
    error_no_memory(err);
    return NULL;
}

void formulas_release(struct formulas *formulas)
{
    for (size_t i = 0; i < formulas->compiled.count; i++)
        expression_destroy(formulas->compiled.items[i]);
    free(formulas->compiled.items);
    names_release(&formulas->texts);
    *formulas = (struct formulas){0};
}

/* --- Names --------------------------------------------------------------------------------- */

/* What every job has, or NAN where this one has it not. */
static double num_nodes(const struct evaluation *evaluation)
{
    return evaluation->num_nodes;
}

static double num_gpus_per_node(const struct evaluation *evaluation)
{
    return elastisim_job_gpus_max(evaluation->job);
}

static double num_gpus(const struct evaluation *evaluation)
{
    return evaluation->num_nodes * num_gpus_per_node(evaluation);
}

static double num_nodes_min(const struct evaluation *evaluation)
{
    return elastisim_job_nodes_min(evaluation->job);
}

static double num_nodes_max(const struct evaluation *evaluation)
{
    return elastisim_job_nodes_max(evaluation->job);
}

static double num_nodes_preferred(const struct evaluation *evaluation)
{
    uint32_t preferred = elastisim_job_nodes_preferred(evaluation->job);
    return preferred > 0 ? (double)preferred : NAN;
}

static double walltime(const struct evaluation *evaluation)
{
    double seconds = elastisim_job_walltime(evaluation->job);
    return seconds > 0 ? seconds : NAN;
}

static double runtime_estimate(const struct evaluation *evaluation)
{
    double seconds = elastisim_job_runtime_estimate(evaluation->job);
    return seconds >= 0 ? seconds : NAN;
}

static const struct builtin {
    const char *name;
    double (*value)(const struct evaluation *);
} builtins[] = {
    {"num_nodes", num_nodes},         {"num_gpus_per_node", num_gpus_per_node},
    {"num_gpus", num_gpus},           {"num_nodes_min", num_nodes_min},
    {"num_nodes_max", num_nodes_max}, {"num_nodes_preferred", num_nodes_preferred},
    {"walltime", walltime},           {"runtime_estimate", runtime_estimate},
};

static const struct builtin *find_builtin(const char *name)
{
    for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++)
        if (strcmp(builtins[i].name, name) == 0)
            return &builtins[i];
    return NULL;
}

bool formula_knows(const char *name)
{
    return find_builtin(name) != NULL;
}

static enum formula_result lacks(struct evaluation *evaluation, const char *name)
{
    char quoted[QUOTE_TEXT];
    error_set(evaluation->err, ERROR_INPUT, "job %zu has no '%s'",
              elastisim_job_id(evaluation->job), quote(name, quoted));
    return FORMULA_LACKS;
}

/* --- Evaluation ---------------------------------------------------------------------------- */

static enum formula_result text_value(struct evaluation *evaluation, const char *text,
                                      double *value);

static enum formula_result argument_value(struct evaluation *evaluation, const char *name,
                                          const char *text, double *value)
{
    char quoted[QUOTE_TEXT];
    if (evaluation->depth == MAX_DEPTH || evaluation->steps++ == MAX_STEPS) {
        error_set(evaluation->err, ERROR_INPUT,
                  "job %zu: argument '%s' leads to too many others, or back to itself",
                  elastisim_job_id(evaluation->job), quote(name, quoted));
        return FORMULA_FAILED;
    }
    evaluation->depth++;
    enum formula_result result = text_value(evaluation, text, value);
    evaluation->depth--;
    return result;
}

static const struct formula_name *find_name(const struct formula_name *names, const char *name)
{
    for (const struct formula_name *known = names; known && known->name; known++)
        if (strcmp(known->name, name) == 0)
            return known;
    return NULL;
}

static enum formula_result name_value(struct evaluation *evaluation, const char *name,
                                      double *value)
{
    const struct formula_scope *scope = evaluation->scope;
    const struct formula_name *known = find_name(scope ? scope->names : NULL, name);
    if (known) {
        *value = known->value(evaluation->scope->context);
        return FORMULA_VALUE;
    }
    const struct builtin *builtin = find_builtin(name);
    if (builtin) {
        *value = builtin->value(evaluation);
        return isnan(*value) ? lacks(evaluation, name) : FORMULA_VALUE;
    }
    const char *text = elastisim_job_argument(evaluation->job, name);
    if (text)
        return argument_value(evaluation, name, text, value);
    *value = elastisim_job_attribute_number(evaluation->job, name, NAN);
    return isnan(*value) ? lacks(evaluation, name) : FORMULA_VALUE;
}

static enum formula_result expression_value(struct evaluation *evaluation,
                                            struct expression *expression, double *values,
                                            double *value)
{
    for (size_t i = 0; i < expression_num_variables(expression); i++) {
        enum formula_result result =
            name_value(evaluation, expression_variable(expression, i), &values[i]);
        if (result != FORMULA_VALUE)
            return result;
    }
    return expression_evaluate(expression, values, value, evaluation->err) ? FORMULA_FAILED
                                                                           : FORMULA_VALUE;
}

static enum formula_result text_value(struct evaluation *evaluation, const char *text,
                                      double *value)
{
    if (number_parse(text, value))
        return FORMULA_VALUE;
    struct expression *expression = find(evaluation->formulas, text, evaluation->err);
    if (!expression)
        return FORMULA_FAILED;
    double few[FEW_VARIABLES], *values = few;
    size_t count = expression_num_variables(expression);
    if (count > FEW_VARIABLES && !(values = calloc(count, sizeof *values))) {
        error_no_memory(evaluation->err);
        return FORMULA_FAILED;
    }
    enum formula_result result = expression_value(evaluation, expression, values, value);
    if (values != few)
        free(values);
    return result;
}

enum formula_result formulas_evaluate(struct formulas *formulas, const char *text,
                                      const struct elastisim_job *job, uint32_t nodes,
                                      const struct formula_scope *scope, double *value,
                                      struct error *err)
{
    struct evaluation evaluation = {
        .formulas = formulas, .job = job, .scope = scope, .num_nodes = nodes, .err = err};
    return text_value(&evaluation, text, value);
}

bool formulas_name(struct formulas *formulas, const char *text, const char *name)
{
    struct error err = {.kind = ERROR_NONE};
    struct expression *expression = find(formulas, text, &err);
    for (size_t i = 0; expression && i < expression_num_variables(expression); i++)
        if (strcmp(expression_variable(expression, i), name) == 0)
            return true;
    return false;
}

struct bound_formula formulas_bind(struct formulas *formulas, const char *text,
                                   const struct formula_name *names)
{
    struct error err = {.kind = ERROR_NONE};
    struct bound_formula formula = {.expression = find(formulas, text, &err)};
    size_t count = formula.expression ? expression_num_variables(formula.expression) : 0;
    for (size_t i = 0; i < count && i < MOST_BOUND; i++) {
        const struct formula_name *known =
            find_name(names, expression_variable(formula.expression, i));
        formula.values[i] = known ? known->value : NULL;
        if (!known)
            count = 0;
    }
    if (count == 0 || count > MOST_BOUND)
        formula.expression = NULL;
    return formula;
}

enum formula_result bound_formula_evaluate(const struct bound_formula *formula, const void *context,
                                           double *value, struct error *err)
{
    double values[MOST_BOUND];
    size_t count = expression_num_variables(formula->expression);
    for (size_t i = 0; i < count; i++)
        values[i] = formula->values[i](context);
    return expression_evaluate(formula->expression, values, value, err) ? FORMULA_FAILED
                                                                        : FORMULA_VALUE;
}
