/* Performance models: expressions over named variables (docs/application_model.md), evaluated by
 * muParser.
 *
 * An expression is compiled once and evaluated many times with variables bound by position; no text
 * is ever substituted. Function names ignore letter case, variable names do not.
 */
#ifndef ELASTISIM_EXPRESSION_EXPRESSION_H
#define ELASTISIM_EXPRESSION_EXPRESSION_H

#include "base/error.h"

#include <stddef.h>

struct expression;

/* Compiles text. On a syntax error (unknown function, wrong number of arguments, missing operand,
 * empty text, ...) returns NULL with err (ERROR_INPUT): what is wrong, at which column, in which
 * text. The result is freed with expression_destroy (NULL is fine). */
struct expression *expression_compile(const char *text, struct error *err);
void expression_destroy(struct expression *expression);

/* The text as given. */
const char *expression_text(const struct expression *expression);

/* The free variables, each once, in order of first appearance. */
size_t expression_num_variables(const struct expression *expression);
const char *expression_variable(const struct expression *expression, size_t index);

/* Evaluates with values[i] for the i-th variable (values may be NULL when there are none). The
 * result may be infinite or not a number: what that means is the caller's affair. Returns 0, or -1
 * with err when evaluation itself fails. Equal inputs give equal results, independent of the
 * locale. */
int expression_evaluate(struct expression *expression, const double *values, double *result,
                        struct error *err);

#endif
