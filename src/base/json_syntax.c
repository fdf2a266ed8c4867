/* Promise: reads any bytes in one pass without recursion, and stops at the first that JSON does not
 * allow. Stricter than cJSON where that finds the mistake sooner (a line break in a string). */
#include "base/json_syntax.h"
#include "base/utf8.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    LONGEST_NUMBER = 63, /* that every release of cJSON reads */
    LONGEST_WORD = 40,   /* that a message quotes */
};

enum expectation {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* after '[' */
    EXPECT_KEY,
    EXPECT_KEY_OR_END, /* after '{' */
    EXPECT_COLON,
    EXPECT_COMMA_OR_END,
    EXPECT_NOTHING, /* after the document */
};

struct scanner {
    const char *name;
    const char *text;
    size_t length;
    size_t at;                          /* the next character */
    size_t comma;                       /* the latest one between two values */
    size_t long_number;                 /* behind the first that cJSON may refuse; 0 for none */
    size_t depth;                       /* objects and lists that are open */
    size_t opened[CJSON_NESTING_LIMIT]; /* where */
    enum expectation expectation;
    struct error *err;
};

struct position {
    size_t line, column;
};

static struct position position_of(const struct scanner *scanner, size_t at)
{
    struct position position = {1, 1};

    for (size_t i = 0; i < at; i++) {
        unsigned char c = (unsigned char)scanner->text[i];
        if (c == '\n') {
            position.line++;
            position.column = 1;
        } else if ((c & 0xC0) != 0x80) {
            position.column++;
        }
    }
    return position;
}

static int report(const struct scanner *scanner, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int report(const struct scanner *scanner, size_t at, const char *format, ...)
{
    struct position position = position_of(scanner, at);
    va_list arguments;

    va_start(arguments, format);
    error_vset(scanner->err, ERROR_INPUT, format, arguments);
    va_end(arguments);
    return error_prefix(scanner->err, "%s:%zu:%zu", scanner->name, position.line, position.column);
}

/* The character at an offset, or -1 behind the end. */
static int peek(const struct scanner *scanner, size_t at)
{
    return at < scanner->length ? (unsigned char)scanner->text[at] : -1;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_hexadecimal(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_number_character(int c)
{
    return is_digit(c) || is_letter(c) || c == '.' || c == '+' || c == '-';
}

/* The length of what a message quotes: a word, or one character. */
static int quoted_length(const struct scanner *scanner, size_t at, bool (*belongs)(int))
{
    size_t length = 0;

    while (length < LONGEST_WORD && belongs(peek(scanner, at + length)))
        length++;
    if (length == 0)
        do {
            length++;
        } while (length < 4 && (peek(scanner, at + length) & 0xC0) == 0x80);
    return (int)length;
}

static const char *closing(const struct scanner *scanner, size_t opened)
{
    return scanner->text[opened] == '{' ? "}" : "]";
}

static const char *container(const struct scanner *scanner, size_t opened)
{
    return scanner->text[opened] == '{' ? "object" : "list";
}

static int report_end(const struct scanner *scanner)
{
    if (scanner->depth > 0) {
        size_t opened = scanner->opened[scanner->depth - 1];
        struct position position = position_of(scanner, opened);
        return report(
            scanner, scanner->length, "ends inside the %s opened at %zu:%zu; close it with '%s'",
            container(scanner, opened), position.line, position.column, closing(scanner, opened));
    }
    return error_set(scanner->err, ERROR_INPUT, "%s: is empty, must be JSON", scanner->name);
}

static bool starts_comment(const struct scanner *scanner)
{
    int c = peek(scanner, scanner->at);
    int next = peek(scanner, scanner->at + 1);

    return c == '#' || (c == '/' && (next == '/' || next == '*'));
}

static const char *expected(const struct scanner *scanner)
{
    static const char *const names[] = {
        [EXPECT_VALUE] = "a value",         [EXPECT_VALUE_OR_END] = "a value or ']'",
        [EXPECT_KEY] = "a key in quotes",   [EXPECT_KEY_OR_END] = "a key in quotes or '}'",
        [EXPECT_COLON] = "':' and a value", [EXPECT_NOTHING] = "the end of the document",
    };

    if (scanner->expectation != EXPECT_COMMA_OR_END)
        return names[scanner->expectation];
    return scanner->text[scanner->opened[scanner->depth - 1]] == '{' ? "',' or '}'" : "',' or ']'";
}

static int report_unexpected(const struct scanner *scanner)
{
    int c = peek(scanner, scanner->at);

    if (starts_comment(scanner))
        return report(scanner, scanner->at, "JSON has no comments; take it out");
    if (c == '\'')
        return report(scanner, scanner->at, "JSON quotes with \", not with '");
    if (c < ' ') {
        return report(scanner, scanner->at, "must be %s, is the character 0x%02x",
                      expected(scanner), (unsigned)c);
    }
    return report(scanner, scanner->at, "must be %s, is '%.*s'", expected(scanner),
                  quoted_length(scanner, scanner->at, is_number_character),
                  scanner->text + scanner->at);
}

static void finish_value(struct scanner *scanner)
{
    scanner->expectation = scanner->depth > 0 ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
}

static int open_container(struct scanner *scanner)
{
    if (scanner->depth == CJSON_NESTING_LIMIT) {
        return report(scanner, scanner->at, "objects and lists are nested more than %d deep",
                      CJSON_NESTING_LIMIT);
    }
    scanner->expectation =
        scanner->text[scanner->at] == '{' ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
    scanner->opened[scanner->depth++] = scanner->at++;
    return 0;
}

static int close_container(struct scanner *scanner)
{
    size_t opened = scanner->opened[scanner->depth - 1];
    struct position position;

    if (scanner->text[scanner->at] != closing(scanner, opened)[0]) {
        position = position_of(scanner, opened);
        return report(scanner, scanner->at,
                      "must close the %s opened at %zu:%zu with '%s', is '%c'",
                      container(scanner, opened), position.line, position.column,
                      closing(scanner, opened), scanner->text[scanner->at]);
    }
    scanner->depth--;
    scanner->at++;
    finish_value(scanner);
    return 0;
}

/* The four digits at an offset, or -1. */
static long hexadecimal(const char *text, size_t length, size_t at)
{
    char digits[5] = "";

    if (at > length || length - at < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        if (!is_hexadecimal((unsigned char)text[at + i]))
            return -1;
        digits[i] = text[at + i];
    }
    return strtol(digits, NULL, 16);
}

/* A character given by its number: one \uXXXX, or two that are a surrogate pair. */
static int scan_unicode(struct scanner *scanner)
{
    long first = hexadecimal(scanner->text, scanner->length, scanner->at + 2);
    long second = hexadecimal(scanner->text, scanner->length, scanner->at + 8);
    bool has_second = peek(scanner, scanner->at + 6) == '\\' &&
                      peek(scanner, scanner->at + 7) == 'u' && second >= 0xDC00 && second <= 0xDFFF;

    if (first < 0)
        return report(scanner, scanner->at, "\\u needs four hexadecimal digits");
    if (first == 0)
        return report(scanner, scanner->at, "a string can't hold the NUL character; take it out");
    if ((first >= 0xDC00 && first <= 0xDFFF) ||
        (first >= 0xD800 && first <= 0xDBFF && !has_second)) {
        return report(scanner, scanner->at, "\\u%04lx is half of a surrogate pair; write both",
                      (unsigned long)first);
    }
    scanner->at += first >= 0xD800 && first <= 0xDBFF ? 12 : 6;
    return 0;
}

static int scan_escape(struct scanner *scanner)
{
    int c = peek(scanner, scanner->at + 1);

    if (c == 'u')
        return scan_unicode(scanner);
    if (c < 0) { /* scan_string says what is wrong */
        scanner->at++;
        return 0;
    }
    if (c == 0 || !strchr("\"\\/bfnrt", c)) {
        return report(scanner, scanner->at,
                      "unknown escape in a string; write \\\\ for a backslash");
    }
    scanner->at += 2;
    return 0;
}

/* A character of a string that stands for itself. */
static int scan_character(struct scanner *scanner)
{
    size_t length = utf8_length(scanner->text + scanner->at, scanner->length - scanner->at);

    if (length == 0) {
        return report(scanner, scanner->at,
                      "the byte 0x%02x is not UTF-8 here; save the file as UTF-8",
                      (unsigned)(unsigned char)scanner->text[scanner->at]);
    }
    scanner->at += length;
    return 0;
}

static int scan_string(struct scanner *scanner)
{
    size_t start = scanner->at++;
    int c;

    while ((c = peek(scanner, scanner->at)) != '"') {
        if (c == '\n' || c < 0)
            return report(scanner, start, "the string has no end on its line; close it with '\"'");
        if (c < ' ') {
            return report(scanner, scanner->at,
                          "a string can't hold the character 0x%02x; write \\u%04x", (unsigned)c,
                          (unsigned)c);
        }
        if ((c == '\\' ? scan_escape(scanner) : scan_character(scanner)) != 0)
            return -1;
    }
    scanner->at++;
    return 0;
}

static size_t skip_digits(const struct scanner *scanner, size_t at)
{
    while (is_digit(peek(scanner, at)))
        at++;
    return at;
}

/* Where the number at an offset ends by the rules of JSON; the offset itself if there is none. */
static size_t number_end(const struct scanner *scanner, size_t start)
{
    size_t at = start + (peek(scanner, start) == '-');
    size_t digits = at;

    at = skip_digits(scanner, at);
    if (at == digits || (peek(scanner, digits) == '0' && at > digits + 1))
        return start;
    if (peek(scanner, at) == '.') {
        digits = at + 1;
        at = skip_digits(scanner, digits);
        if (at == digits)
            return start;
    }
    if (peek(scanner, at) == 'e' || peek(scanner, at) == 'E') {
        digits = at + 1;
        digits += peek(scanner, digits) == '+' || peek(scanner, digits) == '-';
        at = skip_digits(scanner, digits);
    }
    return at == digits ? start : at;
}

static int scan_number(struct scanner *scanner)
{
    size_t end = number_end(scanner, scanner->at);

    if (end == scanner->at || is_number_character(peek(scanner, end))) {
        return report(scanner, scanner->at, "'%.*s' is no JSON number",
                      quoted_length(scanner, scanner->at, is_number_character),
                      scanner->text + scanner->at);
    }
    if (end - scanner->at > LONGEST_NUMBER && scanner->long_number == 0)
        scanner->long_number = end;
    scanner->at = end;
    finish_value(scanner);
    return 0;
}

/* Words that JSON has, and those that come from elsewhere. */
static const struct word {
    const char *text;
    const char *advice; /* NULL when right */
} words[] = {
    {"true", NULL},
    {"false", NULL},
    {"null", NULL},
    {"True", "write true"},
    {"False", "write false"},
    {"TRUE", "write true"},
    {"FALSE", "write false"},
    {"None", "write null"},
    {"NULL", "write null"},
    {"NaN", "numbers are finite"},
    {"nan", "numbers are finite"},
    {"Infinity", "numbers are finite"},
    {"inf", "numbers are finite"},
};

static int scan_word(struct scanner *scanner)
{
    const char *text = scanner->text + scanner->at;
    const char *advice = "put strings into quotes";
    size_t length = (size_t)quoted_length(scanner, scanner->at, is_letter);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].text) == length && memcmp(words[i].text, text, length) == 0)
            advice = words[i].advice;
    if (advice) {
        return report(scanner, scanner->at, "'%.*s' is no JSON value; %s", (int)length, text,
                      advice);
    }
    scanner->at += length;
    finish_value(scanner);
    return 0;
}

static int report_trailing_comma(const struct scanner *scanner)
{
    return report(scanner, scanner->comma, "no comma may stand before '%c'; take it out",
                  scanner->text[scanner->at]);
}

/* In a list, a value is expected only after a comma. */
static bool in_list(const struct scanner *scanner)
{
    return scanner->depth > 0 && scanner->text[scanner->opened[scanner->depth - 1]] == '[';
}

static int scan_value(struct scanner *scanner)
{
    int c = peek(scanner, scanner->at);

    if (c == '{' || c == '[')
        return open_container(scanner);
    if (c == ']' && scanner->expectation == EXPECT_VALUE_OR_END)
        return close_container(scanner);
    if (c == ']' && in_list(scanner))
        return report_trailing_comma(scanner);
    if (c == '"') {
        if (scan_string(scanner))
            return -1;
        finish_value(scanner);
        return 0;
    }
    if (is_digit(c) || c == '-' || c == '+' || c == '.')
        return scan_number(scanner);
    return is_letter(c) ? scan_word(scanner) : report_unexpected(scanner);
}

static int scan_key(struct scanner *scanner)
{
    int c = peek(scanner, scanner->at);

    if (c == '"') {
        scanner->expectation = EXPECT_COLON;
        return scan_string(scanner);
    }
    if (c == '}' && scanner->expectation == EXPECT_KEY_OR_END)
        return close_container(scanner);
    return c == '}' ? report_trailing_comma(scanner) : report_unexpected(scanner);
}

static int scan_colon(struct scanner *scanner)
{
    if (peek(scanner, scanner->at) != ':')
        return report_unexpected(scanner);
    scanner->at++;
    scanner->expectation = EXPECT_VALUE;
    return 0;
}

static int scan_comma(struct scanner *scanner)
{
    int c = peek(scanner, scanner->at);

    if (c == '}' || c == ']')
        return close_container(scanner);
    if (c != ',')
        return report_unexpected(scanner);
    scanner->comma = scanner->at++;
    scanner->expectation =
        scanner->text[scanner->opened[scanner->depth - 1]] == '{' ? EXPECT_KEY : EXPECT_VALUE;
    return 0;
}

static int (*const steps[])(struct scanner *scanner) = {
    [EXPECT_VALUE] = scan_value, [EXPECT_VALUE_OR_END] = scan_value,
    [EXPECT_KEY] = scan_key,     [EXPECT_KEY_OR_END] = scan_key,
    [EXPECT_COLON] = scan_colon, [EXPECT_COMMA_OR_END] = scan_comma,
};

static void skip_space(struct scanner *scanner)
{
    int c = peek(scanner, scanner->at);

    while (c == ' ' || c == '\t' || c == '\r' || c == '\n')
        c = peek(scanner, ++scanner->at);
}

int json_syntax_error(const char *name, const char *text, size_t length, struct error *err)
{
    struct scanner scanner = {.name = name, .text = text, .length = length, .err = err};

    if (length >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return error_set(err, ERROR_INPUT, "%s: is in UTF-16; save it as UTF-8", name);
    skip_space(&scanner);
    while (scanner.at < length && scanner.expectation != EXPECT_NOTHING) {
        if (steps[scanner.expectation](&scanner))
            return -1;
        skip_space(&scanner);
    }
    if (scanner.expectation != EXPECT_NOTHING)
        return report_end(&scanner);
    if (scanner.at < length)
        return report_unexpected(&scanner);
    if (scanner.long_number > 0) {
        return report(&scanner, scanner.long_number,
                      "the number before this has more than %d characters; round it",
                      LONGEST_NUMBER);
    }
    return error_no_memory(err);
}

static bool is_utf8(const char *text, size_t length)
{
    static const uint64_t high_bits = UINT64_C(0x8080808080808080);
    size_t at = 0;

    while (at < length) {
        uint64_t word;
        size_t step = sizeof word;
        if (length - at >= step && (memcpy(&word, text + at, step), (word & high_bits) == 0)) {
            at += step;
            continue;
        }
        step = utf8_length(text + at, length - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

bool json_syntax_is_clean(const char *text, size_t length)
{
    size_t at = 0;

    if ((length > 0 && memchr(text, '\0', length)) || !is_utf8(text, length))
        return false;
    while (at < length) {
        const char *escape = memchr(text + at, '\\', length - at);
        if (!escape)
            return true;
        at = (size_t)(escape - text) + 2;
        if (at <= length && escape[1] == 'u' && hexadecimal(text, length, at) <= 0)
            return false;
    }
    return true;
}
