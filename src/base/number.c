/* Numbers as text. The program never sets a locale, so that the decimal point is a point. */
#include "base/number.h"

#include "base/decimal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *number_text(double number, char *buffer)
{
    if (number == trunc(number) && fabs(number) <= LARGEST_WHOLE) {
        buffer[0] = '-';
        size_t sign = number < 0;
        size_t length = sign + decimal_write_whole(buffer + sign, (uint64_t)fabs(number));
        buffer[length] = '\0';
        return buffer;
    }
    if (isnan(number)) {
        /* printf might add the sign, which means nothing. */
        return strcpy(buffer, "nan");
    }
    decimal_write_shortest(buffer, number);
    return buffer;
}

bool number_parse(const char *text, double *number)
{
    size_t length = strlen(text);
    char *end;

    /* strtod alone would take leading space, hexadecimal digits and words for infinity. */
    if (length == 0 || strspn(text, "0123456789+-.eE") != length)
        return false;
    *number = strtod(text, &end);
    return end == text + length && isfinite(*number);
}

const char *number_range_text(uint32_t least, uint32_t most, char *buffer)
{
    if (least == most)
        snprintf(buffer, RANGE_TEXT, "%" PRIu32, least);
    else
        snprintf(buffer, RANGE_TEXT, "%" PRIu32 " to %" PRIu32, least, most);
    return buffer;
}

const char *number_plural(unsigned long long count)
{
    return count == 1 ? "" : "s";
}

const char *number_is_or_are(unsigned long long count)
{
    return count == 1 ? "is" : "are";
}
