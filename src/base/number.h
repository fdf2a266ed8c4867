/* Numbers as text, for the scheduler and for messages. */
#ifndef ELASTISIM_BASE_NUMBER_H
#define ELASTISIM_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Room for any number's text, and for any range's. */
enum { NUMBER_TEXT = 32, RANGE_TEXT = 32 };

/* 2^53: all whole numbers up to here are doubles. */
#define LARGEST_WHOLE 9007199254740992.0

/* Writes the shortest decimal text that reads back as the same number; whole numbers up to 2^53 get
 * no exponent, and minus zero is 0. buffer holds NUMBER_TEXT characters; returns it. */
const char *number_text(double number, char *buffer);

/* Whether the text is a decimal number and nothing else ("12.5", "-1e3"; not "inf", "0x1f" or
 * " 1"), finite as a double; sets *number then. */
bool number_parse(const char *text, double *number);

/* Writes "4" or, when the bounds differ, "2 to 4". buffer holds RANGE_TEXT characters; returns it.
 */
const char *number_range_text(uint32_t least, uint32_t most, char *buffer);

/* What follows the noun that is counted ("%zu job%s"), and the verb that goes with it. */
const char *number_plural(unsigned long long count);    /* "" for one, else "s" */
const char *number_is_or_are(unsigned long long count); /* "is" for one, else "are" */

#endif
