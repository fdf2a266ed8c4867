/* Performance models: what they evaluate to, which variables they have, what is said of bad ones.
 */
#include "expression/expression.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_VARIABLES = 16, LONGEST_TEXT = 10000 };

static struct expression *compile(const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    struct expression *expression = expression_compile(text, &err);

    assert_string_equal(err.message, "");
    assert_non_null(expression);
    return expression;
}

/* The variables of the table: `a` is 2, `b` 3, `c` 0.5, `x` -3, `n` not a number, others 10. */
static double value_of(const char *name)
{
    static const struct {
        const char *name;
        double value;
    } values[] = {{"a", 2}, {"b", 3}, {"c", 0.5}, {"x", -3}, {"n", NAN}};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i].name, name) == 0)
            return values[i].value;
    return 10;
}

static double evaluate(struct expression *expression)
{
    double values[MOST_VARIABLES], result = -1;
    struct error err = {.kind = ERROR_NONE};

    assert_true(expression_num_variables(expression) <= MOST_VARIABLES);
    for (size_t i = 0; i < expression_num_variables(expression); i++)
        values[i] = value_of(expression_variable(expression, i));
    assert_int_equal(expression_evaluate(expression, values, &result, &err), 0);
    assert_string_equal(err.message, "");
    return result;
}

/* Results are compared exactly. */
static const struct good {
    const char *name, *text;
    double result;
} goods[] = {
    /* Numbers. */
    {"number", "42", 42},
    {"number_with_fraction", "1.25", 1.25},
    {"number_with_exponent", "1e14", 1e14},
    {"number_with_signed_exponents", "2E+3 + 2e-3", 2e3 + 2e-3},
    {"number_with_point_first", ".5", 0.5},
    {"number_with_point_last", "2.", 2},
    {"number_with_point_last_and_exponent", "2.e1", 20},
    {"number_is_read_exactly", "0.1", 0.1},
    {"number_of_many_digits", "0.1000000000000000055511151231257827", 0.1},
    {"number_too_small_is_zero", "1e-999", 0},
    {"largest_number", "1.7976931348623157e308", 1.7976931348623157e308},
    {"space_anywhere", " \t1\r\n+  2 ", 3},

    /* Operators and what binds tighter. */
    {"sum_and_product", "1 + 2 * 3", 7},
    {"parentheses", "(1 + 2) * 3", 9},
    {"difference_from_the_left", "10 - 3 - 2", 5},
    {"quotient_from_the_left", "16 / 4 / 2", 2},
    {"power_from_the_right", "2^3^2", 512},
    {"power_above_product", "2 * 3^2", 18},
    {"power_above_sign", "-3^2", -9},
    {"power_of_a_negative_variable_keeps_its_value", "x^2", 9},
    {"power_with_negative_exponent", "2^-2", 0.25},
    {"power_with_negative_exponent_then_product", "2^-1*8", 4},
    {"power_of_a_power_with_a_sign", "2^-2^2", 0.0625},
    {"power_of_a_sum", "(1 + 1)^3", 8},
    {"remainder_is_of_fractions", "7.5 % 2", 1.5},
    {"remainder_has_the_sign_of_the_first", "-7.5 % 2", -1.5},
    {"remainder_from_the_left", "17 % 7 % 2", 1},
    {"remainder_above_sum", "1 + 7 % 4", 4},
    {"sign", "-a", -2},
    {"sign_of_a_parenthesis", "-(a + b)", -5},
    {"sign_above_product", "-a * b", -6},
    {"two_signs", "--a", 2},
    {"sign_after_operator", "1 - -1", 2},
    {"sign_after_product", "2 * -3", -6},
    {"plus_sign", "+a - +b", -1},
    {"sign_of_a_function", "-max(1, 2)", -2},
    {"product_is_not_rearranged", "100 * 29 / 100 + 0 * a", 29},
    {"product_of_a_variable_is_not_rearranged", "(a + 98) * 29 / 100", 29},
    {"sum_is_not_rearranged", "(a - 2 + 0.1) + 0.2", 0.1 + 0.2},

    /* Comparisons. */
    {"equal_sign", "a = 2", 1},
    {"equal_signs", "a == 3", 0},
    {"equal_is_exact", "0.1 + 0.2 = 0.3", 0},
    {"unequal", "a != 2", 0},
    {"unequal_as_in_basic", "a <> 3", 1},
    {"less", "a < 2", 0},
    {"at_most", "a <= 2", 1},
    {"greater", "b > 2", 1},
    {"at_least", "a >= 3", 0},
    {"comparison_below_sum", "1 + 1 = 3 - 1", 1},
    {"comparison_without_space", "a<-1", 0},
    {"comparison_with_nan_is_false", "n = n", 0},
    {"comparison_as_a_factor", "(a > 1) * 7", 7},

    /* And, or, not. */
    {"and", "a and b", 1},
    {"and_with_zero", "a && 0", 0},
    {"or", "0 or 0", 0},
    {"or_with_bars", "0 || b", 1},
    {"words_in_any_letter_case", "a AND b Or 0", 1},
    {"and_of_fractions", "0.5 && 0.25", 1},
    {"or_of_fractions", "0.5 || 0", 1},
    {"and_above_or", "1 or 0 and 0", 1},
    {"and_above_or_from_the_other_side", "0 and 0 or 1", 1},
    {"and_below_comparison", "a > 1 and b > 2", 1},
    {"not_of_zero", "not 0", 1},
    {"not_of_a_fraction", "!c", 0},
    {"not_not_is_one_or_zero", "!!7", 1},
    {"not_with_a_sign", "-!0", -1},
    {"not_of_a_sign", "!-1", 0},
    {"not_word_takes_a_comparison", "not a > 3", 1},
    {"not_word_ends_at_and", "not a > 3 and 0", 0},
    {"not_word_ends_at_question", "not a > 3 ? 5 : 6", 5},
    {"not_word_ends_at_comma", "max(not a, 7)", 7},
    {"not_word_twice", "not not a > 3", 0},
    {"not_word_before_parenthesis_is_a_function", "not(0) * 5", 5},
    {"not_word_before_parenthesis_and_space", "NOT (1) + 5", 5},
    {"not_mark_takes_no_comparison", "!a > 3", 0},
    {"not_word_within_a_sum", "1 + not a > 3", 2},
    {"parenthesis_right_after_and", "1 and(0)", 0},

    /* Choices. */
    {"choice", "a > 1 ? 5 : 6", 5},
    {"choice_of_the_second", "a > 2 ? 5 : 6", 6},
    {"choice_in_the_second", "0 ? 1 : 0 ? 2 : 3", 3},
    {"choice_in_the_first", "1 ? 0 ? 1 : 2 : 3", 2},
    {"choice_in_a_sum", "1 + (a > 1 ? 5 : 6)", 6},
    {"choice_below_or", "0 or 1 ? 5 : 6", 5},
    {"choice_in_arguments", "max(a > 2 ? 5 : 6, 1 ? 4 : 9)", 6},
    {"choice_leaves_an_infinity_alone", "a = 2 ? 7 : 1 / 0", 7},
    {"choice_by_a_fraction", "c ? 1 : 2", 1},
    {"if_function", "if(a > 1, 5, 6)", 5},
    {"if_function_of_the_second", "IF(a > 2, 5, 6)", 6},
    {"if_within_if", "if(0, 1, if(1, 2, 3))", 2},

    /* Functions. */
    {"function_min", "min(3, 1, 2)", 1},
    {"function_min_of_one", "min(3)", 3},
    {"function_max", "max(3, 1, 7, 2)", 7},
    {"function_max_of_nan", "max(1, n) = max(1, n)", 0},
    {"function_min_of_nan_first", "min(n, 1) = min(n, 1)", 0},
    {"function_avg", "avg(1, 2, 6)", 3},
    {"function_sum", "sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)", 78},
    {"function_abs", "abs(x)", 3},
    {"function_sqrt", "sqrt(16)", 4},
    {"function_cbrt", "abs(cbrt(2) - 1.2599210498948732) < 1e-15", 1},
    {"function_cbrt_of_a_cube", "cbrt(27) + cbrt(-1000)", -7},
    {"function_cbrt_of_zero", "cbrt(0)", 0},
    {"function_cbrt_of_an_infinity", "cbrt(1 / 0)", INFINITY},
    {"function_exp", "exp(0)", 1},
    {"function_expm1", "expm1(0)", 0},
    {"function_log_is_natural", "log(exp(2))", 2},
    {"function_log1p", "log1p(0)", 0},
    {"function_log2", "log2(8)", 3},
    {"function_log10", "log10(1000)", 3},
    {"function_pow", "pow(2, 10)", 1024},
    {"function_hypot", "hypot(3, 4)", 5},
    {"function_floor", "floor(-1.5)", -2},
    {"function_ceil", "ceil(-1.5)", -1},
    {"function_round_half_up", "round(2.5)", 3},
    {"function_round_half_down", "round(-2.5)", -3},
    {"function_trunc", "trunc(-1.5)", -1},
    {"function_frac", "frac(-1.5)", -0.5},
    {"function_sgn", "sgn(-3) + sgn(0) * 10 + sgn(7) * 100", 99},
    {"function_sin", "sin(0)", 0},
    {"function_cos", "cos(0)", 1},
    {"function_tan", "tan(0)", 0},
    {"function_asin", "asin(0)", 0},
    {"function_acos", "acos(1)", 0},
    {"function_atan", "atan(0)", 0},
    {"function_atan2", "atan2(0, 1)", 0},
    {"function_sinh", "sinh(0)", 0},
    {"function_cosh", "cosh(0)", 1},
    {"function_tanh", "tanh(0)", 0},
    {"function_asinh", "asinh(0)", 0},
    {"function_acosh", "acosh(1)", 0},
    {"function_atanh", "atanh(0)", 0},
    {"function_clamp_within", "clamp(2, 1, 3)", 2},
    {"function_clamp_below", "clamp(0, 1, 3)", 1},
    {"function_clamp_above", "clamp(9, 1, 3)", 3},
    {"function_clamp_in_the_order_of_elastisim", "clamp(1, 9, 3)", 3},
    {"function_clamp_of_nan", "clamp(n, 1, 3) = clamp(n, 1, 3)", 0},
    {"function_in_any_letter_case", "MAX(1, Sqrt(16))", 4},
    {"function_before_space", "max (1, 2)", 2},
    {"function_in_function", "max(min(3, 4), sum(1, 1))", 3},
    {"pi", "pi", 3.14159265358979323846},
    {"pi_in_any_letter_case", "PI - Pi", 0},

    /* Variables. */
    {"variable", "a", 2},
    {"variable_whose_name_is_in_a_function", "max(x, ma)", 10},
    {"variable_whose_name_is_in_another", "a + aa", 12},
    {"variable_like_a_function", "min + sum(max, a)", 22},
    {"variable_called_if", "if ? 1 : 2", 1},
    {"variables_of_muparser", "rint + sign + ln + _e + _pi + e", 60},
    {"variables_like_our_codes", "v0 + f1 + minus", 30},
    {"variable_with_digits_and_underscores", "_a_1 + x1e5", 20},
    {"variable_that_begins_like_a_word", "order + android + not_a + or\xE0", 40},
    {"variable_in_utf8",
     "gr\xC3\xB6\xC3\x9F"
     "e / \xCE\xB1",
     1},

    /* What is not finite is the caller's affair. */
    {"quotient_by_zero", "1 / 0", INFINITY},
    {"quotient_by_zero_below", "-1 / 0", -INFINITY},
    {"logarithm_of_zero", "log(0)", -INFINITY},
    {"overflow", "10^400", INFINITY},

    /* As ElastiSim's users write them. */
    {"flops_by_amdahl", "1e12 * (0.05 + 0.95 / a)", 1e12 * (0.05 + 0.95 / 2)},
    {"steps_of_an_evolving_request", "a % 2 == 0 ? b + 3 : b - 2", 6},
};

static void test_good(void **state)
{
    const struct good *good = *state;
    struct expression *expression = compile(good->text);

    assert_true(evaluate(expression) == good->result);
    assert_string_equal(expression_text(expression), good->text);
    expression_destroy(expression);
}

static const struct bad {
    const char *name, *text, *message;
} bads[] = {
    {"empty", "", "\"\": the model is empty; write a number or an expression"},
    {"only_space", " \n", "\" \n\": the model is empty; write a number or an expression"},
    {"operand_missing_at_the_end", "a +", "\"a +\": column 4: a value is missing at the end"},
    {"operand_missing_before_operator", "a + * b",
     "\"a + * b\": column 5: a value is missing before '*'"},
    {"operand_missing_first", "/ b", "\"/ b\": column 1: a value is missing before '/'"},
    {"operand_missing_before_comparison", "a + <= b",
     "\"a + <= b\": column 5: a value is missing before '<='"},
    {"operand_missing_before_unequal", "!= b",
     "\"!= b\": column 1: a value is missing before '!='"},
    {"operand_missing_before_word", "a + and b",
     "\"a + and b\": column 5: a value is missing before 'and'"},
    {"operand_missing_in_parentheses", "a * ()",
     "\"a * ()\": column 6: a value is missing before ')'"},
    {"operand_missing_after_comma", "max(1,)",
     "\"max(1,)\": column 7: a value is missing before ')'"},
    {"operand_missing_before_comma", "max(1, , 2)",
     "\"max(1, , 2)\": column 8: a value is missing before ','"},
    {"operand_missing_before_question", "? 1 : 2",
     "\"? 1 : 2\": column 1: a value is missing before '?'"},
    {"operand_missing_before_colon", "a ? : 2",
     "\"a ? : 2\": column 5: a value is missing before ':'"},
    {"operand_missing_after_not", "not", "\"not\": column 4: a value is missing at the end"},
    {"operand_missing_after_sign", "-", "\"-\": column 2: a value is missing at the end"},
    {"operator_missing_between_names", "a b",
     "\"a b\": column 3: an operator is missing before 'b'"},
    {"operator_missing_between_numbers", "1 2.5e3",
     "\"1 2.5e3\": column 3: an operator is missing before '2.5e3'"},
    {"operator_missing_after_a_number", "2num_nodes",
     "\"2num_nodes\": column 2: an operator is missing before 'num_nodes'"},
    {"operator_missing_before_parenthesis", "2(a)",
     "\"2(a)\": column 2: an operator is missing before '('"},
    {"operator_missing_after_parenthesis", "(a)(b)",
     "\"(a)(b)\": column 4: an operator is missing before '('"},
    {"operator_missing_before_not", "a not b",
     "\"a not b\": column 3: an operator is missing before 'not'"},
    {"operator_missing_before_mark", "a !b",
     "\"a !b\": column 3: an operator is missing before '!'"},
    {"number_with_two_points", "1.2.3", "\"1.2.3\": column 4: an operator is missing before '.3'"},
    {"number_in_hexadecimal", "0x1F", "\"0x1F\": column 2: an operator is missing before 'x1F'"},
    {"number_without_exponent", "1e + 2",
     "\"1e + 2\": column 2: an operator is missing before 'e'"},
    {"number_too_large", "a + 1e999", "\"a + 1e999\": column 5: the number '1e999' is too large"},
    {"a_point_alone", "a + .", "\"a + .\": column 5: unexpected '.'"},
    {"parenthesis_not_closed", "2 * (a + b", "\"2 * (a + b\": column 5: '(' has no ')'"},
    {"call_not_closed", "2 * Max(a, b", "\"2 * Max(a, b\": column 5: 'max(' has no ')'"},
    {"parenthesis_not_opened", "a + b)", "\"a + b)\": column 6: ')' closes nothing"},
    {"question_without_colon", "a ? b", "\"a ? b\": column 3: '?' has no ':'"},
    {"question_without_colon_in_parentheses", "(a ? b)", "\"(a ? b)\": column 4: '?' has no ':'"},
    {"question_without_colon_in_arguments", "max(a ? b, 1)",
     "\"max(a ? b, 1)\": column 7: '?' has no ':'"},
    {"colon_without_question", "a : b", "\"a : b\": column 3: ':' has no '?'"},
    {"colon_twice", "a ? b : a : b", "\"a ? b : a : b\": column 11: ':' has no '?'"},
    {"colon_within_parentheses", "a ? (b : a)", "\"a ? (b : a)\": column 8: ':' has no '?'"},
    {"comma_outside", "a, b",
     "\"a, b\": column 2: ',' stands outside a function; write . in numbers"},
    {"comma_in_a_number", "(1,5)",
     "\"(1,5)\": column 3: ',' stands outside a function; write . in numbers"},
    {"function_unknown_but_near", "srqt(4)",
     "\"srqt(4)\": column 1: unknown function 'srqt', did you mean 'sqrt'?"},
    {"function_unknown", "2 * work(4)",
     "\"2 * work(4)\": column 5: unknown function 'work'; for a product, write * before the "
     "parenthesis"},
    {"function_of_muparser", "rint(4)",
     "\"rint(4)\": column 1: unknown function 'rint'; for a product, write * before the "
     "parenthesis"},
    {"pi_is_no_function", "pi()",
     "\"pi()\": column 1: unknown function 'pi'; for a product, write * before the parenthesis"},
    {"function_with_too_few_arguments", "1 + if(a, b)",
     "\"1 + if(a, b)\": column 5: if takes 3 arguments, is given 2"},
    {"function_with_too_many_arguments", "sqrt(a, b)",
     "\"sqrt(a, b)\": column 1: sqrt takes 1 argument, is given 2"},
    {"function_of_two_with_one", "pow(a)",
     "\"pow(a)\": column 1: pow takes 2 arguments, is given 1"},
    {"function_without_arguments", "sqrt()",
     "\"sqrt()\": column 1: sqrt takes 1 argument, is given 0"},
    {"function_of_any_number_without_arguments", "max( )",
     "\"max( )\": column 1: max takes at least 1 argument, is given 0"},
    {"assignment", "a := 3",
     "\"a := 3\": column 3: unexpected ':='; a model can't assign; write = for a comparison"},
    {"python_power", "a ** 2", "\"a ** 2\": column 3: unexpected '**'; write ^ for powers"},
    {"one_ampersand", "a & b", "\"a & b\": column 3: unexpected '&'; write && or and"},
    {"one_bar", "a | b", "\"a | b\": column 3: unexpected '|'; write || or or"},
    {"brackets", "[a]", "\"[a]\": column 1: unexpected '['; write ( and )"},
    {"closing_bracket", "a]", "\"a]\": column 2: unexpected ']'; write ( and )"},
    {"braces", "{a}", "\"{a}\": column 1: unexpected '{'; write ( and )"},
    {"closing_brace", "a}", "\"a}\": column 2: unexpected '}'; write ( and )"},
    {"string", "\"a\"", "\"\"a\"\": column 1: unexpected '\"'; a model holds numbers only"},
    {"string_in_single_quotes", "a = 'b'",
     "\"a = 'b'\": column 5: unexpected '''; a model holds numbers only"},
    {"semicolon", "a; b", "\"a; b\": column 2: unexpected ';'; a model is one expression"},
    {"dollar", "$a", "\"$a\": column 1: unexpected '$'; names begin with a letter or _"},
    {"other_character", "a @ b", "\"a @ b\": column 3: unexpected '@'"},
    {"backslash", "a \\ b", "\"a \\ b\": column 3: unexpected '\\'"},
    {"column_counts_characters", "\xC3\xA9 + \xC3\xA9 )",
     "\"\xC3\xA9 + \xC3\xA9 )\": column 7: ')' closes nothing"},
    {"long_name_is_cut", "1 abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
     "\"1 abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\": column 3: an operator is missing "
     "before 'abcdefghijklmnopqrstuvwxyzabcdefghijklmn'"},
    {"text_of_60_characters_is_whole",
     "1 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14 + 1",
     "\"1 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14 + 1\": column 3: an operator is "
     "missing before '2'"},
    {"longer_text_is_cut", "1 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14 + 15",
     "\"1 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14 + 1...\": column 3: an operator "
     "is missing before '2'"},
    {"longer_text_is_cut_between_characters",
     "1 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14 + \xC3\xA9",
     "\"1 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14 + ...\": column 3: an operator "
     "is missing before '2'"},
};

static void test_bad(void **state)
{
    const struct bad *bad = *state;
    struct error err = {.kind = ERROR_NONE};

    assert_null(expression_compile(bad->text, &err));
    assert_string_equal(err.message, bad->message);
    assert_int_equal(err.kind, ERROR_INPUT);
}

/* --- Variables -------------------------------------------------------------------------------- */

static void test_variables_come_once_in_order_of_appearance(void **state)
{
    struct expression *expression = compile("b * a + max(b, A, c) ^ pi + (a)");

    (void)state;
    assert_int_equal(expression_num_variables(expression), 4);
    assert_string_equal(expression_variable(expression, 0), "b");
    assert_string_equal(expression_variable(expression, 1), "a");
    assert_string_equal(expression_variable(expression, 2), "A");
    assert_string_equal(expression_variable(expression, 3), "c");
    expression_destroy(expression);
}

static void test_variables_that_begin_alike_are_different(void **state)
{
    struct expression *expression = compile("aa + a + aaa");
    const double values[] = {100, 20, 3};
    struct error err = {.kind = ERROR_NONE};
    double result;

    (void)state;
    assert_int_equal(expression_num_variables(expression), 3);
    assert_int_equal(expression_evaluate(expression, values, &result, &err), 0);
    assert_true(result == 123);
    expression_destroy(expression);
}

static void test_values_are_bound_at_each_evaluation(void **state)
{
    struct expression *expression = compile("x / y");
    struct error err = {.kind = ERROR_NONE};
    double result;

    (void)state;
    for (int i = 1; i < 10; i++) {
        const double values[] = {i * 6, i * 2 - 1};
        assert_int_equal(expression_evaluate(expression, values, &result, &err), 0);
        assert_true(result == values[0] / values[1]);
    }
    expression_destroy(expression);
}

static void test_expressions_have_values_of_their_own(void **state)
{
    struct expression *first = compile("x");
    struct expression *second = compile("x * 10");
    const double one = 1, two = 2;
    struct error err = {.kind = ERROR_NONE};
    double result;

    (void)state;
    assert_int_equal(expression_evaluate(first, &one, &result, &err), 0);
    assert_int_equal(expression_evaluate(second, &two, &result, &err), 0);
    assert_true(result == 20);
    assert_int_equal(expression_evaluate(first, &one, &result, &err), 0);
    assert_true(result == 1);
    expression_destroy(first);
    expression_destroy(second);
}

static void test_a_constant_needs_no_values(void **state)
{
    struct expression *expression = compile("max(2, 3) * 7");
    struct error err = {.kind = ERROR_NONE};
    double result;

    (void)state;
    assert_int_equal(expression_num_variables(expression), 0);
    assert_int_equal(expression_evaluate(expression, NULL, &result, &err), 0);
    assert_true(result == 21);
    expression_destroy(expression);
}

static void test_a_result_may_be_no_number(void **state)
{
    struct expression *expression = compile("sqrt(x) + 0 / 0");

    (void)state;
    assert_true(isnan(evaluate(expression)));
    expression_destroy(expression);
}

static void test_destroy_takes_null(void **state)
{
    (void)state;
    expression_destroy(NULL);
}

/* Locales with a comma are rare on build machines; without one this shows nothing. */
static void test_numbers_have_a_point_in_every_locale(void **state)
{
    struct expression *expression;

    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        skip();
    expression = compile("1.5 + max(0.25, .5)");
    assert_true(evaluate(expression) == 2);
    expression_destroy(expression);
    setlocale(LC_ALL, "C");
}

/* --- Size ------------------------------------------------------------------------------------- */

/* `count` times a piece, then a name. */
static char *repeat(const char *piece, size_t count, const char *last)
{
    size_t length = strlen(piece);
    char *text = malloc(count * length + strlen(last) + 1);

    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, piece, length);
    strcpy(text + count * length, last);
    return text;
}

static const struct size {
    const char *name, *piece;
    size_t count;
    const char *last, *message; /* its end; NULL when good */
} sizes[] = {
    {"size_sum_of_thousands", "x+", 3000, "x", NULL},
    {"size_powers_of_thousands", "1^", 3000, "x", NULL},
    {"size_choices_of_thousands", "0?1:", 2400, "x", NULL},
    {"size_comparisons_of_thousands", "x<", 3000, "x", NULL},
    {"size_name_of_thousands_of_letters", "n", 9999, "", NULL},
    {"size_number_of_thousands_of_digits", "0", 9999, "1", NULL},
    {"size_signs_to_the_limit", "-", 200, "x", NULL},
    {"size_too_many_signs", "-", 201, "x", ": column 201: is nested more than 200 deep"},
    {"size_too_many_nots", "not ", 201, "x", ": column 801: is nested more than 200 deep"},
    {"size_too_many_parentheses", "(", 9000, "", ": column 201: is nested more than 200 deep"},
    {"size_too_many_calls", "max(1,", 1000, "", ": column 1201: is nested more than 200 deep"},
    {"size_too_many_questions", "1?", 1000, "", ": column 402: is nested more than 200 deep"},
    {"size_too_many_characters", "(", 100000, "",
     ": the model is too long; give parts of it to jobs as arguments"},
    {"size_too_many_operators", "x+", 4900, "x",
     ": the model is too long; give parts of it to jobs as arguments"},
};

static void test_size(void **state)
{
    const struct size *size = *state;
    char *text = repeat(size->piece, size->count, size->last);
    struct error err = {.kind = ERROR_NONE};
    struct expression *expression = expression_compile(text, &err);

    if (!size->message) {
        assert_string_equal(err.message, "");
        evaluate(expression);
    } else {
        assert_null(expression);
        assert_string_equal(strstr(err.message, "...\"") + 4, size->message);
    }
    expression_destroy(expression);
    free(text);
}

#define ROWS(table) (sizeof(table) / sizeof *(table))

#define ADD_ROWS(tests, count, table, function)                                                    \
    for (size_t i = 0; i < ROWS(table); i++)                                                       \
        (tests)[(count)++] = (struct CMUnitTest){(table)[i].name, function, NULL, NULL,            \
                                                 (void *)(uintptr_t) & (table)[i]};

int main(void)
{
    static const struct CMUnitTest named[] = {
        cmocka_unit_test(test_variables_come_once_in_order_of_appearance),
        cmocka_unit_test(test_variables_that_begin_alike_are_different),
        cmocka_unit_test(test_values_are_bound_at_each_evaluation),
        cmocka_unit_test(test_expressions_have_values_of_their_own),
        cmocka_unit_test(test_a_constant_needs_no_values),
        cmocka_unit_test(test_a_result_may_be_no_number),
        cmocka_unit_test(test_destroy_takes_null),
        cmocka_unit_test(test_numbers_have_a_point_in_every_locale),
    };
    struct CMUnitTest tests[ROWS(named) + ROWS(goods) + ROWS(bads) + ROWS(sizes)];
    size_t count = ROWS(named);

    memcpy(tests, named, sizeof named);
    ADD_ROWS(tests, count, goods, test_good)
    ADD_ROWS(tests, count, bads, test_bad)
    ADD_ROWS(tests, count, sizes, test_size)
    return cmocka_run_group_tests_name("expression", tests, NULL, NULL);
}
