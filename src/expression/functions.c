/* Promise: every result is what C's <math.h> gives for the values as they are; a comparison is 1 or
 * 0, and any number but 0 is true. */
#include "expression/functions.h"

#include "base/letters.h"

#include <math.h>
#include <string.h>

enum { OR = 1, AND, NOT, COMPARISON, SUM, PRODUCT, POWER };

static double minimum(const double *values, int count)
{
    double least = values[0];

    for (int i = 1; i < count; i++)
        if (values[i] < least || isnan(values[i]))
            least = values[i];
    return least;
}

static double maximum(const double *values, int count)
{
    double most = values[0];

    for (int i = 1; i < count; i++)
        if (values[i] > most || isnan(values[i]))
            most = values[i];
    return most;
}

static double sum(const double *values, int count)
{
    double total = values[0];

    for (int i = 1; i < count; i++)
        total += values[i];
    return total;
}

static double average(const double *values, int count)
{
    return sum(values, count) / count;
}

/* The C library's may be off by the last bit where the root is an integer, as it is when a number
 * of nodes is laid out as a cube. */
static double cube_root(double a)
{
    double root = cbrt(a);
    double nearest = round(root);

    return nearest * nearest * nearest == a ? nearest : root;
}

static double choose(double condition, double yes, double no)
{
    return condition != 0 ? yes : no;
}

/* The middle one of the three, so that ElastiSim's clamp(lowest, x, highest) works as well. */
static double clamp(double x, double lowest, double highest)
{
    double least = x < lowest ? x : lowest;
    double most = x < lowest ? lowest : x;

    if (isnan(x) || isnan(lowest) || isnan(highest))
        return NAN;
    return highest < least ? least : highest > most ? most : highest;
}

static double sign(double a)
{
    return a > 0 ? 1 : a < 0 ? -1 : a;
}

static double fraction(double a)
{
    return a - trunc(a);
}

static const struct function functions[] = {
    {"abs", 1, .one = fabs},
    {"sqrt", 1, .one = sqrt},
    {"cbrt", 1, .one = cube_root},
    {"exp", 1, .one = exp},
    {"expm1", 1, .one = expm1},
    {"log", 1, .one = log},
    {"log1p", 1, .one = log1p},
    {"log2", 1, .one = log2},
    {"log10", 1, .one = log10},
    {"pow", 2, .two = pow},
    {"hypot", 2, .two = hypot},
    {"floor", 1, .one = floor},
    {"ceil", 1, .one = ceil},
    {"round", 1, .one = round},
    {"trunc", 1, .one = trunc},
    {"frac", 1, .one = fraction},
    {"sgn", 1, .one = sign},
    {"sin", 1, .one = sin},
    {"cos", 1, .one = cos},
    {"tan", 1, .one = tan},
    {"asin", 1, .one = asin},
    {"acos", 1, .one = acos},
    {"atan", 1, .one = atan},
    {"atan2", 2, .two = atan2},
    {"sinh", 1, .one = sinh},
    {"cosh", 1, .one = cosh},
    {"tanh", 1, .one = tanh},
    {"asinh", 1, .one = asinh},
    {"acosh", 1, .one = acosh},
    {"atanh", 1, .one = atanh},
    {"if", 3, .three = choose},
    {"clamp", 3, .three = clamp},
    {"min", ANY_NUMBER, .many = minimum},
    {"max", ANY_NUMBER, .many = maximum},
    {"avg", ANY_NUMBER, .many = average},
    {"sum", ANY_NUMBER, .many = sum},
};

enum { NUM_FUNCTIONS = sizeof functions / sizeof *functions };
_Static_assert((int)NUM_FUNCTIONS <= (int)MOST_FUNCTIONS, "raise MOST_FUNCTIONS");

const struct function *function_find(const char *name, size_t length)
{
    for (size_t i = 0; i < NUM_FUNCTIONS; i++)
        if (letters_say(name, length, functions[i].name))
            return &functions[i];
    return NULL;
}

size_t function_index(const struct function *function)
{
    return (size_t)(function - functions);
}

const struct function *function_at(size_t index)
{
    return &functions[index];
}

void function_names(const char *names[MOST_FUNCTIONS + 1])
{
    for (size_t i = 0; i < NUM_FUNCTIONS; i++)
        names[i] = functions[i].name;
    names[NUM_FUNCTIONS] = NULL;
}

static double or (double a, double b)
{
    return a != 0 || b != 0;
}

static double and (double a, double b)
{
    return a != 0 && b != 0;
}

static double equal(double a, double b)
{
    return a == b;
}

static double unequal(double a, double b)
{
    return a != b;
}

static double less(double a, double b)
{
    return a < b;
}

static double at_most(double a, double b)
{
    return a <= b;
}

static double greater(double a, double b)
{
    return a > b;
}

static double at_least(double a, double b)
{
    return a >= b;
}

static double add(double a, double b)
{
    return a + b;
}

static double subtract(double a, double b)
{
    return a - b;
}

static double multiply(double a, double b)
{
    return a * b;
}

static double divide(double a, double b)
{
    return a / b;
}

const struct binary_operator binary_operators[] = {
    {"||", "~|", or, OR, false},
    {"or", "~|", or, OR, false},
    {"&&", "~&", and, AND, false},
    {"and", "~&", and, AND, false},
    {"==", "~=", equal, COMPARISON, false},
    {"=", "~=", equal, COMPARISON, false},
    {"!=", "~#", unequal, COMPARISON, false},
    {"<>", "~#", unequal, COMPARISON, false},
    {"<=", "~$", at_most, COMPARISON, false},
    {"<", "~<", less, COMPARISON, false},
    {">=", "~_", at_least, COMPARISON, false},
    {">", "~>", greater, COMPARISON, false},
    {"+", "~+", add, SUM, false},
    {"-", "~-", subtract, SUM, false},
    {"*", "~*", multiply, PRODUCT, false},
    {"/", "~/", divide, PRODUCT, false},
    {"%", "~%", fmod, PRODUCT, false},
    {"^", "~^", pow, POWER, true},
};
const size_t binary_operators_count = sizeof binary_operators / sizeof *binary_operators;

static double minus(double a)
{
    return -a;
}

static double not(double a)
{
    return a == 0;
}

/* The word is like '!' before a parenthesis, as in ElastiSim, where it is a function: not(a) * b is
 * (not a) * b. Elsewhere it takes a whole comparison: not a > b is not (a > b). */
const struct prefix_operator prefix_operators[] = {
    {"-", "minus", minus, PRODUCT, false}, {"+", NULL, NULL, PRODUCT, false},
    {"!", "not", not, PRODUCT, false},     {"not", "not", not, PRODUCT, true},
    {"not", "not", not, NOT, false},
};
const size_t prefix_operators_count = sizeof prefix_operators / sizeof *prefix_operators;
