/* Writing: a double is a whole number of 53 bits times a power of two. Where the product of that
 * number with the power of ten that makes all digits whole fits 128 bits, the digits are exact, and
 * so is what is left for rounding. Those are the numbers of a simulation: 1e-8 to 1e15 with 15
 * digits. All others are left to printf.
 *
 * Reading: whole numbers up to 2^53 and powers of ten up to 10^22 are doubles, so that the product
 * or quotient of two of them is rounded once, which is correct (Clinger 1990, How to read floating
 * point numbers accurately). All others are left to strtod. */
#include "base/decimal.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers below 100 in two digits: half the divisions. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233"
                            "34353637383940414243444546474849505152535455565758596061626364656667"
                            "6869707172737475767778798081828384858687888990919293949596979899";

/* So many digits of a decimal survive a double; with fewer, nothing can be told. */
enum { FEWEST_DIGITS = DBL_DIG };

/* --- Whole numbers ------------------------------------------------------------------------- */

size_t decimal_write_whole(char *buffer, uint64_t number)
{
    size_t length = 1;
    for (uint64_t limit = 10; number >= limit && length < DECIMAL_WHOLE_TEXT; limit *= 10)
        length++;
    size_t at = length;
    for (; number >= 100; number /= 100)
        memcpy(buffer + (at -= 2), pairs + 2 * (number % 100), 2);
    if (number >= 10)
        memcpy(buffer, pairs + 2 * number, 2);
    else
        buffer[0] = (char)('0' + number);
    return length;
}

#ifdef __SIZEOF_INT128__

/* --- Digits -------------------------------------------------------------------------------- */

/* A power of ten up to this times 53 bits fits 128. */
enum { MOST_SCALE = 22, LARGEST_POWER = 19 };
enum { FRACTION_BITS = DBL_MANT_DIG - 1, EXPONENT_OF_ONE = 1023 };

__extension__ typedef unsigned __int128 wide;

static const uint64_t powers[LARGEST_POWER + 1] = {UINT64_C(1),
                                                   UINT64_C(10),
                                                   UINT64_C(100),
                                                   UINT64_C(1000),
                                                   UINT64_C(10000),
                                                   UINT64_C(100000),
                                                   UINT64_C(1000000),
                                                   UINT64_C(10000000),
                                                   UINT64_C(100000000),
                                                   UINT64_C(1000000000),
                                                   UINT64_C(10000000000),
                                                   UINT64_C(100000000000),
                                                   UINT64_C(1000000000000),
                                                   UINT64_C(10000000000000),
                                                   UINT64_C(100000000000000),
                                                   UINT64_C(1000000000000000),
                                                   UINT64_C(10000000000000000),
                                                   UINT64_C(100000000000000000),
                                                   UINT64_C(1000000000000000000),
                                                   UINT64_C(10000000000000000000)};

static wide power_of_ten(unsigned exponent)
{
    return exponent <= LARGEST_POWER
               ? powers[exponent]
               : (wide)powers[LARGEST_POWER] * powers[exponent - LARGEST_POWER];
}

/* number / 2^shift */
struct binary {
    uint64_t number;
    unsigned shift;
};

/* Whether it has the form; not so whole numbers of more than 53 bits, and tiny ones. The form is
 * what IEEE 754 stores: a fraction of 52 bits without its leading one, and an exponent. */
static bool split(double size, struct binary *binary)
{
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    int shift = EXPONENT_OF_ONE + FRACTION_BITS - (int)(bits >> FRACTION_BITS);
    uint64_t leading = UINT64_C(1) << FRACTION_BITS;
    *binary = (struct binary){leading | (bits & (leading - 1)), (unsigned)shift};
    return shift > 0 && shift < 127;
}

/* Digits, the first of which stands for ones times 10^exponent. */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* At most the digits behind the point that are zero in a number below 2^-bits: bits / log2(10). */
static int least_zeros(unsigned bits)
{
    return (int)(bits * 1233 >> 12);
}

/* The exponent of its first digit, or less than any that can be written. */
static int exponent_of(const struct binary *binary)
{
    uint64_t whole = binary->shift < 64 ? binary->number >> binary->shift : 0;
    int exponent = 0;
    if (whole > 0) {
        while (exponent < LARGEST_POWER && whole >= powers[exponent + 1])
            exponent++;
        return exponent;
    }
    if (binary->shift > DBL_MANT_DIG)
        exponent = -least_zeros(binary->shift - DBL_MANT_DIG);
    do
        exponent--;
    while (-exponent <= MOST_SCALE &&
           binary->number * power_of_ten((unsigned)-exponent) >> binary->shift == 0);
    return exponent;
}

/* Whether a decimal that far from a number, in units of its last digit over 2^shift, reads back as
 * it: half way to the next double is 10^scale / 2 of these, and belongs to the even one of both.
 * Below a power of two, doubles are twice as dense. */
static bool is_near(const struct binary *binary, wide distance, bool is_below, unsigned scale)
{
    bool is_even = binary->number % 2 == 0;
    bool is_dense = is_below && binary->number == UINT64_C(1) << FRACTION_BITS;
    wide way = distance << (is_dense ? 2 : 1), most = power_of_ten(scale);
    return is_even ? way <= most : way < most;
}

/* *reads_back tells whether the decimal reads back as the number. */
static bool round_to(const struct binary *binary, unsigned digits, struct decimal *decimal,
                     bool *reads_back)
{
    int exponent = exponent_of(binary), scale = (int)digits - 1 - exponent;
    if (scale < 0 || scale > MOST_SCALE)
        return false;
    wide product = binary->number * power_of_ten((unsigned)scale);
    wide half = (wide)1 << (binary->shift - 1), rest = product & ((half << 1) - 1);
    uint64_t whole = (uint64_t)(product >> binary->shift);
    bool is_above = rest > half || (rest == half && whole & 1);
    uint64_t rounded = whole + is_above;
    bool carried = rounded == powers[digits];
    *decimal = (struct decimal){carried ? rounded / 10 : rounded, exponent + carried};
    *reads_back = is_near(binary, is_above ? (half << 1) - rest : rest, !is_above, (unsigned)scale);
    return true;
}

/* --- Text ---------------------------------------------------------------------------------- */

/* Returns how many digits are left without the zeros at their end. */
static unsigned put_digits(char *text, uint64_t number, unsigned digits)
{
    unsigned place = digits;
    for (; place >= 2; number /= 100) {
        place -= 2;
        memcpy(text + place, pairs + 2 * (number % 100), 2);
    }
    if (place > 0)
        text[0] = (char)('0' + number);
    while (digits > 1 && text[digits - 1] == '0')
        digits--;
    return digits;
}

/* 0.00123 */
static size_t put_small(char *text, const char *digits, unsigned count, unsigned zeros)
{
    memcpy(text, "0.0000", 2 + zeros);
    memcpy(text + 2 + zeros, digits, count);
    return 2 + zeros + count;
}

/* 1.23e-05: printf gives exponents two digits. */
static size_t put_tiny(char *text, const char *digits, unsigned count, unsigned exponent)
{
    size_t length = 0;
    text[length++] = digits[0];
    if (count > 1) {
        text[length++] = '.';
        memcpy(text + length, digits + 1, count - 1);
        length += count - 1;
    }
    text[length++] = 'e';
    text[length++] = '-';
    text[length++] = (char)('0' + exponent / 10);
    text[length++] = (char)('0' + exponent % 10);
    return length;
}

/* 1230 or 12.3 */
static size_t put_plain(char *text, const char *digits, unsigned count, unsigned whole)
{
    if (count <= whole) {
        memcpy(text, digits, count);
        memset(text + count, '0', whole - count);
        return whole;
    }
    memcpy(text, digits, whole);
    text[whole] = '.';
    memcpy(text + whole + 1, digits + whole, count - whole);
    return count + 1;
}

static size_t put_decimal(char *text, const struct decimal *decimal, unsigned digits)
{
    char figures[MOST_DECIMAL_DIGITS] = {'0'};
    unsigned count = put_digits(figures, decimal->digits, digits);
    if (decimal->exponent < -4)
        return put_tiny(text, figures, count, (unsigned)-decimal->exponent);
    if (decimal->exponent < 0)
        return put_small(text, figures, count, (unsigned)-decimal->exponent - 1);
    return put_plain(text, figures, count, (unsigned)decimal->exponent + 1);
}

/* Of a number of 0 or more, with the first count of digits, from `least` to `most`, that reads back
 * as it, or else the most; 0 when it can't be. */
static size_t write_positive(char *buffer, double size, unsigned least, unsigned most)
{
    struct binary binary;
    struct decimal decimal;
    bool reads_back = false;
    if (size < (double)powers[least] && size == (double)(int64_t)size)
        return decimal_write_whole(buffer, (uint64_t)size);
    if (!split(size, &binary))
        return 0;
    unsigned digits = least;
    for (;; digits++) {
        if (!round_to(&binary, digits, &decimal, &reads_back) || decimal.exponent >= (int)digits)
            return 0;
        if (reads_back || digits == most)
            return put_decimal(buffer, &decimal, digits);
    }
}

static size_t write_exact(char *buffer, double value, unsigned least, unsigned most)
{
    if (!isfinite(value))
        return 0;
    buffer[0] = '-';
    size_t sign = signbit(value) != 0;
    size_t length = write_positive(buffer + sign, fabs(value), least, most);
    if (length == 0)
        return 0;
    buffer[sign + length] = '\0';
    return sign + length;
}

#else

static size_t write_exact(char *buffer, double value, unsigned least, unsigned most)
{
    (void)buffer, (void)value, (void)least, (void)most;
    return 0;
}

#endif

size_t decimal_write(char *buffer, double value, unsigned digits)
{
    size_t length = write_exact(buffer, value, digits, digits);
    return length > 0 ? length : (size_t)snprintf(buffer, DECIMAL_TEXT, "%.*g", (int)digits, value);
}

size_t decimal_write_shortest(char *buffer, double value)
{
    size_t length = write_exact(buffer, value, FEWEST_DIGITS, MOST_DECIMAL_DIGITS);
    for (unsigned digits = FEWEST_DIGITS; length == 0; digits++) {
        snprintf(buffer, DECIMAL_TEXT, "%.*g", (int)digits, value);
        if (digits == MOST_DECIMAL_DIGITS || strtod(buffer, NULL) == value)
            length = strlen(buffer);
    }
    return length;
}

/* --- Reading ------------------------------------------------------------------------------- */

/* The largest power of ten that is a double, and the most digits that always make one. */
enum { EXACT_POWER = 22, EXACT_DIGITS = 15, MOST_EXPONENT = 9999 };

/* What stands in a text: digits times 10^exponent. */
struct literal {
    bool is_negative;
    uint64_t digits; /* wrong when there are more than `count` can be */
    unsigned count;  /* of digits, without zeros in front */
    int exponent;
};

static bool is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

/* Takes digits; each moves the point by `shift`. */
static const char *take_digits(struct literal *literal, const char *at, const char *end, int shift)
{
    for (; is_digit(at, end); at++) {
        literal->digits = 10 * literal->digits + (uint64_t)(*at - '0');
        literal->count += literal->digits > 0;
        literal->exponent -= shift;
    }
    return at;
}

/* From behind the e on; NULL when there is no exponent. */
static const char *take_exponent(struct literal *literal, const char *at, const char *end)
{
    bool is_negative = at < end && *at == '-';
    int exponent = 0;
    at += at < end && (*at == '-' || *at == '+');
    if (!is_digit(at, end))
        return NULL;
    for (; is_digit(at, end); at++)
        exponent = exponent < MOST_EXPONENT ? 10 * exponent + (*at - '0') : exponent;
    literal->exponent += is_negative ? -exponent : exponent;
    return at;
}

/* Returns its end; NULL when it is none. */
static const char *take_literal(struct literal *literal, const char *at, const char *end)
{
    literal->is_negative = at < end && *at == '-';
    at += literal->is_negative;
    bool begins_with_zero = at < end && *at == '0';
    if (!is_digit(at, end) || (begins_with_zero && is_digit(at + 1, end)))
        return NULL;
    at = take_digits(literal, at, end, 0);
    if (at < end && *at == '.') {
        if (!is_digit(at + 1, end))
            return NULL;
        at = take_digits(literal, at + 1, end, 1);
    }
    return at < end && (*at == 'e' || *at == 'E') ? take_exponent(literal, at + 1, end) : at;
}

static bool read_exactly(const struct literal *literal, double *value)
{
    static const double tens[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int exponent = literal->exponent;
    /* Where products have more digits than a double, they are rounded twice. */
    if (FLT_EVAL_METHOD != 0 || literal->count > EXACT_DIGITS || exponent > EXACT_POWER ||
        exponent < -EXACT_POWER)
        return false;
    double size = (double)literal->digits;
    size = exponent < 0 ? size / tens[-exponent] : size * tens[exponent];
    *value = literal->is_negative ? -size : size;
    return true;
}

size_t decimal_read(const char *text, size_t length, double *value)
{
    struct literal literal = {0};
    char copy[MOST_DECIMAL_LENGTH + 1];
    const char *limit = text + length, *end = take_literal(&literal, text, limit);
    if (!end || (end < limit && *end != '\0' && strchr("0123456789+-.eE", *end)))
        return 0;
    size_t used = (size_t)(end - text);
    if (used > MOST_DECIMAL_LENGTH)
        return 0;
    if (read_exactly(&literal, value))
        return used;
    memcpy(copy, text, used);
    copy[used] = '\0';
    *value = strtod(copy, NULL);
    return used;
}
