/* The functions and operators of performance models, as muParser gets them.
 *
 * Internal to expressions. muParser's own operators are not used: it rearranges them (100*x/7
 * becomes x*(100/7), which rounds differently), and cuts the operands of && to integers.
 */
#ifndef ELASTISIM_EXPRESSION_FUNCTIONS_H
#define ELASTISIM_EXPRESSION_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum { ANY_NUMBER = -1, MOST_FUNCTIONS = 48 };

/* One of one, two, three and many is set. */
struct function {
    const char *name;
    int num_arguments; /* or ANY_NUMBER from 1 */
    double (*one)(double a);
    double (*two)(double a, double b);
    double (*three)(double a, double b, double c);
    double (*many)(const double *values, int count);
};

/* The function of this name in any letter case, or NULL. */
const struct function *function_find(const char *name, size_t length);
/* Its place in the table. */
size_t function_index(const struct function *function);
const struct function *function_at(size_t index);
/* All names, NULL-terminated. */
void function_names(const char *names[MOST_FUNCTIONS + 1]);

/* Between two values: its spelling in models, and the name it has in muParser's text, which can't
 * be taken for an operator of muParser's own. */
struct binary_operator {
    const char *text; /* in models */
    const char *code; /* in muParser's text: nothing that it could take for one of its own */
    double (*function)(double a, double b);
    int precedence; /* higher binds tighter */
    bool is_right_associative;
};
extern const struct binary_operator binary_operators[];
extern const size_t binary_operators_count;

/* Before a value. Its operand goes as far as operators of higher precedence join it. muParser gets
 * a function, for its C interface takes no precedence (mupDefineInfixOprt; changed in later
 * releases).
 */
struct prefix_operator {
    const char *text;
    const char *code; /* a function in muParser's text; NULL for one that does nothing */
    double (*function)(double a);
    int precedence;
    bool needs_parenthesis; /* it is this one only before '(' */
};
extern const struct prefix_operator prefix_operators[];
extern const size_t prefix_operators_count;

#endif
