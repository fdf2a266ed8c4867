/* Numbers in decimal, as printf writes them and several times as fast. */
#ifndef ELASTISIM_BASE_DECIMAL_H
#define ELASTISIM_BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

/* Room for any number's text, with its NUL byte, and for the digits of a whole one. */
enum {
    DECIMAL_TEXT = 32,
    DECIMAL_WHOLE_TEXT = 20,
    MOST_DECIMAL_DIGITS = 17,
    MOST_DECIMAL_LENGTH = 63
};

/* Writes the digits of a number, without a NUL byte; buffer holds DECIMAL_WHOLE_TEXT characters.
 * Returns how many. */
size_t decimal_write_whole(char *buffer, uint64_t number);

/* Writes what printf writes for "%.*g" of digits (1 to MOST_DECIMAL_DIGITS) and value, correctly
 * rounded, half to even; buffer holds DECIMAL_TEXT characters. Returns the length. */
size_t decimal_write(char *buffer, double value, unsigned digits);

/* The same with as few digits from 15 on as read back as the value; zeros at the end are none. */
size_t decimal_write_shortest(char *buffer, double value);

/* Reads the number that a text of `length` bytes begins with, in JSON's form; what follows may not
 * belong to a number. Correctly rounded, as strtod has it in the C locale. Returns how long it is,
 * or 0 for none, or one of more than MOST_DECIMAL_LENGTH characters. */
size_t decimal_read(const char *text, size_t length, double *value);

#endif
