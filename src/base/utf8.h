/* Text in UTF-8. */
#ifndef ELASTISIM_BASE_UTF8_H
#define ELASTISIM_BASE_UTF8_H

#include <stddef.h>

/* What stands for a byte that is not UTF-8 (U+FFFD). */
#define UTF8_REPLACEMENT "\xEF\xBF\xBD"

/* How many bytes the character has that the `length` bytes begin with, of those that RFC 3629
 * allows: no halves of surrogate pairs and nothing longer than it has to be. 0 when it is none. A
 * NUL byte is a character of one byte, so that a terminated text can be read with any length. */
size_t utf8_length(const char *bytes, size_t length);

#endif
