/* Promise: what gets through here is an expression that muParser can read and evaluate, so that it
 * never has to say what is wrong. One pass over the text, with a stack of what is open. */
#include "expression/translation.h"

#include "base/json.h"
#include "base/letters.h"
#include "base/number.h"
#include "base/quote.h"
#include "base/vector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LONGEST_TEXT = 10000,
    LONGEST_CODE = 19990, /* muParser's limit is 20000 */
    LONGEST_QUOTE = 60,   /* of a text in messages */
    LONGEST_TOKEN = 40,   /* in messages, and in muParser's text but for numbers */
    DEEPEST = 200,
};

/* What a model may have besides names, numbers and space. */
#define OPERATORS "+-*/%^<>=!&|?:,()"

enum open_kind {
    OPEN_PARENTHESIS,
    OPEN_CALL,
    OPEN_QUESTION, /* '?' before its ':' */
    OPEN_PREFIX,   /* a sign or negation whose operand goes on */
};

struct open {
    enum open_kind kind;
    size_t at;
    const struct function *function; /* of a call */
    int num_arguments;               /* of a call, so far */
    int precedence;                  /* of a prefix */
};

struct translator {
    const char *text;
    size_t at;
    struct translation *result;
    size_t code_length;
    struct open open[DEEPEST];
    size_t depth;
    bool needs_value;
    struct error *err;
};

/* --- Tokens ----------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static size_t name_length(const char *text)
{
    size_t length = 0;

    if (is_name_start(*text))
        while (is_name_start(text[length]) || is_digit(text[length]))
            length++;
    return length;
}

static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* The length of a number, 0 if there is none; an exponent without digits does not belong to it. */
static size_t number_length(const char *text)
{
    size_t length = count_digits(text);
    size_t sign, digits;

    if (text[length] == '.') {
        digits = count_digits(text + length + 1);
        length = length + digits > 0 ? length + 1 + digits : 0;
    }
    if (length > 0 && (text[length] == 'e' || text[length] == 'E')) {
        sign = text[length + 1] == '+' || text[length + 1] == '-';
        digits = count_digits(text + length + 1 + sign);
        length += digits > 0 ? 1 + sign + digits : 0;
    }
    return length;
}

/* The longest operator between two values at a place, or NULL. */
static const struct binary_operator *find_binary(const char *text)
{
    const struct binary_operator *found = NULL;
    size_t found_length = 0;
    size_t name = name_length(text);

    for (size_t i = 0; i < binary_operators_count; i++) {
        const struct binary_operator *candidate = &binary_operators[i];
        size_t length = strlen(candidate->text);
        bool fits = name > 0 ? letters_say(text, name, candidate->text)
                             : strncmp(text, candidate->text, length) == 0;
        if (fits && length > found_length) {
            found = candidate;
            found_length = length;
        }
    }
    return found;
}

static size_t token_length(const char *text)
{
    const struct binary_operator *binary;
    size_t length = name_length(text);

    if (length == 0)
        length = number_length(text);
    if (length == 0) {
        binary = find_binary(text);
        length = binary != NULL ? strlen(binary->text) : 1;
    }
    return length;
}

static char next_character(const struct translator *translator, size_t at)
{
    return translator->text[at + strspn(translator->text + at, " \t\r\n")];
}

/* --- Errors ----------------------------------------------------------------------------------- */

static size_t column_of(const char *text, size_t at)
{
    size_t column = 1;

    for (size_t i = 0; i < at; i++)
        column += ((unsigned char)text[i] & 0xC0) != 0x80;
    return column;
}

int translation_error(const char *text, struct error *err)
{
    size_t length = strlen(text);

    return error_prefix(err, "\"%.*s%s\"", quote_length(text, length, LONGEST_QUOTE), text,
                        length > LONGEST_QUOTE ? "..." : "");
}

static int report(const struct translator *translator, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int report(const struct translator *translator, size_t at, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    error_vset(translator->err, ERROR_INPUT, format, arguments);
    va_end(arguments);
    error_prefix(translator->err, "column %zu", column_of(translator->text, at));
    return translation_error(translator->text, translator->err);
}

/* Characters that other languages have, and what stands for them here. */
static const struct advice {
    const char *text;
    const char *advice;
} advices[] = {
    {"**", "write ^ for powers"},
    {":=", "a model can't assign; write = for a comparison"},
    {"&", "write && or and"},
    {"|", "write || or or"},
    {"[", "write ( and )"},
    {"]", "write ( and )"},
    {"{", "write ( and )"},
    {"}", "write ( and )"},
    {"\"", "a model holds numbers only"},
    {"'", "a model holds numbers only"},
    {";", "a model is one expression"},
    {"$", "names begin with a letter or _"},
};

/* The advice on what is at a place, unless an operator of ours is longer; or NULL. */
static const struct advice *find_advice(const char *text)
{
    const struct binary_operator *binary = find_binary(text);

    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
        size_t length = strlen(advices[i].text);
        if (strncmp(text, advices[i].text, length) == 0 &&
            (!binary || strlen(binary->text) < length))
            return &advices[i];
    }
    return NULL;
}

static int report_advice(const struct translator *translator, const struct advice *advice)
{
    return report(translator, translator->at, "unexpected '%s'; %s", advice->text, advice->advice);
}

/* Says that something must stand before the next token. */
static int report_missing(const struct translator *translator, const char *what)
{
    const char *text = translator->text + translator->at;
    const struct advice *advice = find_advice(text);
    size_t length = *text == '\0' ? 0 : token_length(text);

    if (advice)
        return report_advice(translator, advice);
    if (length == 0)
        return report(translator, translator->at, "%s is missing at the end", what);
    if (name_length(text) == 0 && number_length(text) == 0 && !strchr(OPERATORS, *text))
        return report(translator, translator->at, "unexpected '%c'", *text);
    return report(translator, translator->at, "%s is missing before '%.*s'", what,
                  quote_length(text, length, LONGEST_TOKEN), text);
}

static int report_too_long(const struct translator *translator)
{
    error_set(translator->err, ERROR_INPUT,
              "the model is too long; give parts of it to jobs as arguments");
    return translation_error(translator->text, translator->err);
}

static int report_arguments(const struct translator *translator, const struct open *call)
{
    const struct function *function = call->function;
    int wanted = function->num_arguments == ANY_NUMBER ? 1 : function->num_arguments;

    return report(translator, call->at, "%s takes %s%d argument%s, is given %d", function->name,
                  function->num_arguments == ANY_NUMBER ? "at least " : "", wanted,
                  number_plural((unsigned long long)wanted), call->num_arguments);
}

static int report_function(const struct translator *translator, size_t length)
{
    const char *text = translator->text + translator->at;
    const char *names[MOST_FUNCTIONS + 1];
    char word[LONGEST_TOKEN + 1];
    const char *nearest;

    snprintf(word, sizeof word, "%.*s", quote_length(text, length, LONGEST_TOKEN), text);
    function_names(names);
    nearest = json_nearest_name(word, names);
    if (nearest) {
        return report(translator, translator->at, "unknown function '%s', did you mean '%s'?", word,
                      nearest);
    }
    return report(translator, translator->at,
                  "unknown function '%s'; for a product, write * before the parenthesis", word);
}

/* muParser's text. */

/* Appends a token and a space. */
static int emit(struct translator *translator, const char *token, size_t length)
{
    if (translator->code_length + length + 1 > LONGEST_CODE)
        return report_too_long(translator);
    memcpy(translator->result->code + translator->code_length, token, length);
    translator->code_length += length;
    translator->result->code[translator->code_length++] = ' ';
    return 0;
}

static int emit_text(struct translator *translator, const char *token)
{
    return emit(translator, token, strlen(token));
}

static int emit_numbered(struct translator *translator, const char *letter, size_t number)
{
    char token[LONGEST_TOKEN];

    snprintf(token, sizeof token, "%s%zu", letter, number);
    return emit_text(translator, token);
}

/* A function's name and its parenthesis, which muParser wants together. */
static int emit_call(struct translator *translator, const char *name)
{
    char token[LONGEST_TOKEN];

    snprintf(token, sizeof token, "%.*s(", LONGEST_TOKEN - 2, name);
    return emit_text(translator, token);
}

/* --- What is open ----------------------------------------------------------------------------- */

static int push(struct translator *translator, struct open open)
{
    if (translator->depth == DEEPEST)
        return report(translator, translator->at, "is nested more than %d deep", DEEPEST);
    open.at = translator->at;
    translator->open[translator->depth++] = open;
    return 0;
}

static struct open *innermost(struct translator *translator)
{
    return translator->depth > 0 ? &translator->open[translator->depth - 1] : NULL;
}

static bool is_open(struct translator *translator, enum open_kind kind)
{
    return translator->depth > 0 && innermost(translator)->kind == kind;
}

/* Ends the prefixes whose operand an operator of this precedence does not join. */
static int close_prefixes(struct translator *translator, int precedence)
{
    while (is_open(translator, OPEN_PREFIX) && innermost(translator)->precedence >= precedence) {
        translator->depth--;
        if (emit_text(translator, ")") != 0)
            return -1;
    }
    return 0;
}

static int close_all_prefixes(struct translator *translator)
{
    return close_prefixes(translator, 0);
}

/* --- Where a value is needed ------------------------------------------------------------------ */

static int take_number(struct translator *translator, size_t length)
{
    const char *text = translator->text + translator->at;
    char number[LONGEST_TEXT + 1];

    memcpy(number, text, length);
    number[length] = '\0';
    if (isinf(strtod(number, NULL))) {
        return report(translator, translator->at, "the number '%.*s' is too large",
                      quote_length(text, length, LONGEST_TOKEN), text);
    }
    translator->at += length;
    translator->needs_value = false;
    return emit(translator, text, length);
}

static int add_variable(struct translation *result, const char *name, size_t length,
                        struct error *err)
{
    if (array_reserve(result->variables, result->capacity, result->num_variables + 1))
        return error_no_memory(err);
    result->variables[result->num_variables] = strndup(name, length);
    return !result->variables[result->num_variables++] ? error_no_memory(err) : 0;
}

static int take_variable(struct translator *translator, size_t length)
{
    struct translation *result = translator->result;
    const char *name = translator->text + translator->at;
    size_t index = 0;

    while (index < result->num_variables && (strncmp(result->variables[index], name, length) != 0 ||
                                             result->variables[index][length] != '\0'))
        index++;
    if (index == result->num_variables && add_variable(result, name, length, translator->err))
        return -1;
    translator->at += length;
    translator->needs_value = false;
    return emit_numbered(translator, VARIABLE_CODE, index);
}

static int take_pi(struct translator *translator, size_t length)
{
    translator->at += length;
    translator->needs_value = false;
    return emit_text(translator, "3.14159265358979323846");
}

/* Goes behind the parenthesis that opens at or after a place. */
static void enter(struct translator *translator, size_t at)
{
    translator->at = (size_t)(strchr(translator->text + at, '(') - translator->text) + 1;
}

static int take_call(struct translator *translator, size_t length)
{
    const struct function *function = function_find(translator->text + translator->at, length);
    char code[LONGEST_TOKEN];

    if (!function)
        return report_function(translator, length);
    if (push(translator, (struct open){.kind = OPEN_CALL, .function = function}))
        return -1;
    translator->result->uses[function_index(function)] = true;
    enter(translator, translator->at + length);
    snprintf(code, sizeof code, FUNCTION_CODE "%zu", function_index(function));
    return emit_call(translator, code);
}

static int take_name(struct translator *translator, size_t length)
{
    const char *name = translator->text + translator->at;

    if (find_binary(name))
        return report_missing(translator, "a value");
    if (next_character(translator, translator->at + length) == '(')
        return take_call(translator, length);
    return letters_say(name, length, "pi") ? take_pi(translator, length)
                                           : take_variable(translator, length);
}

static int take_parenthesis(struct translator *translator)
{
    if (push(translator, (struct open){.kind = OPEN_PARENTHESIS}))
        return -1;
    translator->at++;
    return emit_text(translator, "(");
}

/* The prefix operator at a place, or NULL. */
static const struct prefix_operator *find_prefix(const struct translator *translator)
{
    const char *text = translator->text + translator->at;
    size_t name = name_length(text);

    for (size_t i = 0; i < prefix_operators_count; i++) {
        const struct prefix_operator *prefix = &prefix_operators[i];
        size_t length = strlen(prefix->text);
        bool fits = name > 0 ? letters_say(text, name, prefix->text)
                             : strncmp(text, prefix->text, length) == 0 && text[length] != '=';
        if (fits && (!prefix->needs_parenthesis ||
                     next_character(translator, translator->at + length) == '('))
            return prefix;
    }
    return NULL;
}

static int take_prefix(struct translator *translator, const struct prefix_operator *prefix)
{
    struct open open = {.kind = OPEN_PREFIX, .precedence = prefix->precedence};

    if (!prefix->code) {
        translator->at += strlen(prefix->text);
        return 0;
    }
    if (push(translator, open))
        return -1;
    translator->at += strlen(prefix->text);
    return emit_call(translator, prefix->code);
}

/* Whether nothing follows the latest parenthesis yet. */
static bool is_entered(const struct translator *translator)
{
    return translator->result->code[translator->code_length - 2] == '(';
}

static int take_value(struct translator *translator)
{
    const char *text = translator->text + translator->at;
    const struct prefix_operator *prefix = find_prefix(translator);
    size_t name = name_length(text);
    size_t number = number_length(text);

    if (prefix)
        return take_prefix(translator, prefix);
    if (name > 0)
        return take_name(translator, name);
    if (number > 0)
        return take_number(translator, number);
    if (*text == '(')
        return take_parenthesis(translator);
    if (*text == ')' && is_open(translator, OPEN_CALL) && is_entered(translator))
        return report_arguments(translator, innermost(translator));
    return report_missing(translator, "a value");
}

/* --- Where a value is complete ---------------------------------------------------------------- */

static int take_binary(struct translator *translator, const struct binary_operator *binary)
{
    if (close_prefixes(translator, binary->precedence))
        return -1;
    translator->at += strlen(binary->text);
    translator->needs_value = true;
    return emit_text(translator, binary->code);
}

static int take_question(struct translator *translator)
{
    if (push(translator, (struct open){.kind = OPEN_QUESTION}))
        return -1;
    translator->needs_value = true;
    return 0;
}

static int take_colon(struct translator *translator)
{
    if (!is_open(translator, OPEN_QUESTION))
        return report(translator, translator->at, "':' has no '?'");
    translator->depth--;
    translator->needs_value = true;
    return 0;
}

static int refuse_question(struct translator *translator)
{
    return report(translator, innermost(translator)->at, "'?' has no ':'");
}

static int take_comma(struct translator *translator)
{
    if (is_open(translator, OPEN_QUESTION))
        return refuse_question(translator);
    if (!is_open(translator, OPEN_CALL)) {
        return report(translator, translator->at,
                      "',' stands outside a function; write . in numbers");
    }
    innermost(translator)->num_arguments++;
    translator->needs_value = true;
    return 0;
}

static int take_closing(struct translator *translator)
{
    struct open *open = innermost(translator);

    if (!open)
        return report(translator, translator->at, "')' closes nothing");
    if (open->kind == OPEN_QUESTION)
        return refuse_question(translator);
    if (open->kind == OPEN_CALL) {
        open->num_arguments++;
        if (open->function->num_arguments != ANY_NUMBER &&
            open->function->num_arguments != open->num_arguments)
            return report_arguments(translator, open);
    }
    translator->depth--;
    return 0;
}

static const struct separator {
    char character;
    int (*take)(struct translator *translator);
    const char *code;
} separators[] = {
    {'?', take_question, "?"},
    {':', take_colon, ":"},
    {',', take_comma, ","},
    {')', take_closing, ")"},
};

static int take_separator(struct translator *translator, const struct separator *separator)
{
    if (close_all_prefixes(translator) || separator->take(translator))
        return -1;
    translator->at++;
    return emit_text(translator, separator->code);
}

static int take_after_value(struct translator *translator)
{
    const char *text = translator->text + translator->at;
    const struct advice *advice = find_advice(text);
    const struct binary_operator *binary = find_binary(text);

    if (advice)
        return report_advice(translator, advice);
    if (binary)
        return take_binary(translator, binary);
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++)
        if (*text == separators[i].character)
            return take_separator(translator, &separators[i]);
    return report_missing(translator, "an operator");
}

/* --- The whole -------------------------------------------------------------------------------- */

static int finish(struct translator *translator)
{
    struct open *open;

    if (translator->needs_value)
        return report_missing(translator, "a value");
    if (close_all_prefixes(translator))
        return -1;
    open = innermost(translator);
    if (open) {
        return open->kind == OPEN_QUESTION
                   ? refuse_question(translator)
                   : report(translator, open->at, "'%s(' has no ')'",
                            open->kind == OPEN_CALL ? open->function->name : "");
    }
    translator->result->code[translator->code_length] = '\0';
    return 0;
}

static void skip_space(struct translator *translator)
{
    translator->at += strspn(translator->text + translator->at, " \t\r\n");
}

static int translate_all(struct translator *translator)
{
    skip_space(translator);
    while (translator->text[translator->at] != '\0') {
        if ((translator->needs_value ? take_value(translator) : take_after_value(translator)) != 0)
            return -1;
        skip_space(translator);
    }
    return finish(translator);
}

int translation_make(struct translation *translation, const char *text, struct error *err)
{
    struct translator translator = {
        .text = text, .result = translation, .needs_value = true, .err = err};
    size_t length = strlen(text);

    *translation = (struct translation){.code = NULL};
    if (length == strspn(text, " \t\r\n")) {
        error_set(err, ERROR_INPUT, "the model is empty; write a number or an expression");
        return translation_error(text, err);
    }
    if (length > LONGEST_TEXT)
        return report_too_long(&translator);
    translation->code = malloc(LONGEST_CODE + 1);
    if (!translation->code)
        return error_no_memory(err);
    return translate_all(&translator);
}

void translation_release(struct translation *translation)
{
    for (size_t i = 0; i < translation->num_variables; i++)
        free(translation->variables[i]);
    free(translation->variables);
    free(translation->code);
    *translation = (struct translation){.code = NULL};
}
