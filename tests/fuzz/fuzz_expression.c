/* Any text as a performance model: an expression or an error, never a crash; what is compiled can
 * be evaluated, and gives the same each time. */
#include "expression/expression.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static double evaluate(struct expression *expression, const double *values)
{
    struct error err = {.kind = ERROR_NONE};
    double result = 0;

    if (expression_evaluate(expression, values, &result, &err))
        abort();
    return result;
}

static void check_expression(struct expression *expression, const char *text)
{
    size_t count = expression_num_variables(expression);
    double *values = calloc(count + 1, sizeof *values);
    double first, second;

    if (!values || strcmp(expression_text(expression), text) != 0)
        abort();
    for (size_t i = 0; i < count; i++) {
        values[i] = (double)i - 1.5;
        if (!strstr(text, expression_variable(expression, i)))
            abort();
    }
    first = evaluate(expression, values);
    second = evaluate(expression, values);
    if (first != second && (first == first || second == second)) /* one may be no number */
        abort();
    free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {.kind = ERROR_NONE};
    char *text = malloc(size + 1);
    struct expression *expression;

    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    expression = expression_compile(text, &err);
    if (expression)
        check_expression(expression, text);
    else if (err.kind != ERROR_INPUT)
        abort(); /* muParser found what our own check did not */
    expression_destroy(expression);
    free(text);
    return 0;
}
