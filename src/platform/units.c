/* SimGrid's units: a number, then a prefix and the name of the unit, nothing between or behind
 * them. */
#include "platform/platform.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct scale {
    const char *name;
    double factor;
};

static const struct scale short_decimal[] = {
    {"", 1},     {"k", 1e3},  {"M", 1e6},  {"G", 1e9},  {"T", 1e12},
    {"P", 1e15}, {"E", 1e18}, {"Z", 1e21}, {"Y", 1e24}, {NULL, 0},
};

static const struct scale long_decimal[] = {
    {"", 1},        {"kilo", 1e3}, {"mega", 1e6},   {"giga", 1e9},   {"tera", 1e12},
    {"peta", 1e15}, {"exa", 1e18}, {"zetta", 1e21}, {"yotta", 1e24}, {NULL, 0},
};

static const struct scale short_binary[] = {
    {"Ki", 0x1p10}, {"Mi", 0x1p20}, {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50},
    {"Ei", 0x1p60}, {"Zi", 0x1p70}, {"Yi", 0x1p80}, {NULL, 0},
};

/* What a prefix may stand before; an empty text is the number alone. */
struct unit {
    const char *name;
    double factor;
    const struct scale *prefixes;
};

static const struct unit bandwidth_units[] = {
    {"Bps", 1, short_decimal},    {"Bps", 1, short_binary}, {"bps", 0.125, short_decimal},
    {"bps", 0.125, short_binary}, {NULL, 0, NULL},
};

static const struct unit flops_units[] = {
    {"f", 1, short_decimal},
    {"flops", 1, long_decimal},
    {NULL, 0, NULL},
};

/* The factor that text (PREFIX followed by the unit's name) stands for; 0 when it is not such a
 * unit.
 */
static double unit_factor(const struct unit *unit, const char *text)
{
    for (const struct scale *prefix = unit->prefixes; prefix->name; prefix++) {
        size_t length = strlen(prefix->name);
        if (!strncmp(text, prefix->name, length) && !strcmp(text + length, unit->name))
            return prefix->factor * unit->factor;
    }
    return 0;
}

static double any_unit_factor(const struct unit *units, const char *text)
{
    double factor = 0;
    if (!*text)
        return 1;
    for (; factor <= 0 && units->name; units++)
        factor = unit_factor(units, text);
    return factor;
}

/* strtod also reads hexadecimal numbers and infinities. */
static bool begins_a_number(const char *text)
{
    const char *digits = text + (*text == '+' || *text == '-');
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
        return false;
    return strchr("0123456789.", *digits) && *digits;
}

static int read_value(const char *text, const struct unit *units, double *result)
{
    char *end;
    text += strspn(text, " \t\r\n");
    if (!begins_a_number(text))
        return -1;
    errno = 0;
    double number = strtod(text, &end);
    double factor = any_unit_factor(units, end);
    if (end == text || errno == ERANGE || factor <= 0)
        return -1;
    number *= factor;
    if (!isfinite(number) || number < 0)
        return -1;
    *result = number;
    return 0;
}

static const struct unit no_units[] = {{NULL, 0, NULL}};

int units_number(const char *text, double *result)
{
    return read_value(text, no_units, result);
}

int units_bandwidth(const char *text, double *result)
{
    return read_value(text, bandwidth_units, result);
}

int units_flops(const char *text, double *result)
{
    return read_value(text, flops_units, result);
}
