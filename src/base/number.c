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
        snprintf(buffer, NUMBER_TEXT, "%lld", (long long)number);
        return buffer;
    }
    if (isnan(number)) {
        /* printf might add the sign, which means nothing. */
        return strcpy(buffer, "nan");
    }
    for (unsigned digits = 15; digits <= MOST_DECIMAL_DIGITS; digits++) {
        decimal_write(buffer, number, digits);
        if (strtod(buffer, NULL) == number)
            break;
    }
    return buffer;
}

size_t number_digits(uint64_t number, char *buffer)
{
    char reversed[DIGITS_TEXT];
    size_t length = 0;
    do {
        reversed[length++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (size_t i = 0; i < length; i++)
        buffer[i] = reversed[length - 1 - i];
    return length;
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
