/* Promise: muParser gets a text that has been checked, with names and operators of ours alone, and
 * reads its values from an array that belongs to the expression. A text without variables is
 * evaluated once. */
#include "expression/expression.h"

#include "expression/functions.h"
#include "expression/translation.h"

#include <muParserDLL.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_CODE_NAME = 32 };

struct expression {
    char *text;
    char **variables; /* names, in the order of values */
    size_t num_variables;
    double *values;          /* what muParser reads */
    muParserHandle_t parser; /* NULL for a constant */
    double constant;
};

/* Fills err when muParser has an error pending, which is a failure, as the text has been checked.
 * Returns 0 when it has none, else -1. */
static int check_parser(const struct expression *expression, struct error *err)
{
    if (!mupError(expression->parser))
        return 0;
    error_set(err, ERROR_FAILURE, "muParser can't evaluate this (its error %d)",
              mupGetErrorCode(expression->parser));
    return translation_error(expression->text, err);
}

static void define_operators(muParserHandle_t parser)
{
    for (size_t i = 0; i < binary_operators_count; i++) {
        const struct binary_operator *binary = &binary_operators[i];
        mupDefineOprt(parser, binary->code, binary->function, binary->precedence,
                      binary->is_right_associative ? muOPRT_ASCT_RIGHT : muOPRT_ASCT_LEFT, false);
    }
    for (size_t i = 0; i < prefix_operators_count; i++)
        if (prefix_operators[i].code)
            mupDefineFun1(parser, prefix_operators[i].code, prefix_operators[i].function, false);
}

static void define_function(muParserHandle_t parser, size_t index)
{
    const struct function *function = function_at(index);
    char name[LONGEST_CODE_NAME];

    snprintf(name, sizeof name, FUNCTION_CODE "%zu", index);
    if (function->one)
        mupDefineFun1(parser, name, function->one, false);
    else if (function->two)
        mupDefineFun2(parser, name, function->two, false);
    else if (function->three)
        mupDefineFun3(parser, name, function->three, false);
    else
        mupDefineMultFun(parser, name, function->many, false);
}

static void define_names(struct expression *expression, const struct translation *translation)
{
    char name[LONGEST_CODE_NAME];

    mupClearFun(expression->parser);
    mupClearConst(expression->parser);
    define_operators(expression->parser);
    for (size_t i = 0; i < MOST_FUNCTIONS; i++)
        if (translation->uses[i])
            define_function(expression->parser, i);
    for (size_t i = 0; i < expression->num_variables; i++) {
        snprintf(name, sizeof name, VARIABLE_CODE "%zu", i);
        mupDefineVar(expression->parser, name, &expression->values[i]);
    }
}

/* muParser compiles at the first evaluation: make it, so that others can't fail. */
static int build(struct expression *expression, const struct translation *translation,
                 struct error *err)
{
    expression->parser = mupCreate(muBASETYPE_FLOAT);
    if (!expression->parser)
        return error_no_memory(err);
    define_names(expression, translation);
    mupSetExpr(expression->parser, translation->code);
    expression->constant = mupEval(expression->parser);
    if (check_parser(expression, err))
        return -1;
    if (expression->num_variables == 0) {
        mupRelease(expression->parser);
        expression->parser = NULL;
    }
    return 0;
}

static int fill(struct expression *expression, const char *text, struct translation *translation,
                struct error *err)
{
    expression->text = strdup(text);
    expression->variables = translation->variables;
    expression->num_variables = translation->num_variables;
    translation->variables = NULL;
    translation->num_variables = 0;
    expression->values = calloc(expression->num_variables + 1, sizeof *expression->values);
    if (!expression->text || !expression->values)
        return error_no_memory(err);
    return build(expression, translation, err);
}

struct expression *expression_compile(const char *text, struct error *err)
{
    struct expression *expression = NULL;
    struct translation translation;

    if (translation_make(&translation, text, err) == 0) {
        expression = calloc(1, sizeof *expression);
        if (!expression) {
            error_no_memory(err);
        } else if (fill(expression, text, &translation, err)) {
            expression_destroy(expression);
            expression = NULL;
        }
    }
    translation_release(&translation);
    return expression;
}

void expression_destroy(struct expression *expression)
{
    if (!expression)
        return;
    if (expression->parser)
        mupRelease(expression->parser);
    for (size_t i = 0; i < expression->num_variables; i++)
        free(expression->variables[i]);
    free(expression->variables);
    free(expression->values);
    free(expression->text);
    free(expression);
}

const char *expression_text(const struct expression *expression)
{
    return expression->text;
}

size_t expression_num_variables(const struct expression *expression)
{
    return expression->num_variables;
}

const char *expression_variable(const struct expression *expression, size_t index)
{
    return expression->variables[index];
}

int expression_evaluate(struct expression *expression, const double *values, double *result,
                        struct error *err)
{
    if (!expression->parser) {
        *result = expression->constant;
        return 0;
    }
    memcpy(expression->values, values, expression->num_variables * sizeof *values);
    *result = mupEval(expression->parser);
    return check_parser(expression, err);
}
