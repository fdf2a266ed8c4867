/* What the user wrote, as a message quotes it: never so long that the message loses its end. */
#ifndef ELASTISIM_BASE_QUOTE_H
#define ELASTISIM_BASE_QUOTE_H

#include <stddef.h>

/* Room for a quote: 200 bytes, "..." and the end. */
enum { QUOTE_TEXT = 204 };

/* Writes the text, cut where it is longer than the buffer, which holds QUOTE_TEXT characters;
 * returns it. */
const char *quote(const char *text, char *buffer);

/* How much of a text of that length to quote: at most that many bytes, and whole characters. */
int quote_length(const char *text, size_t length, size_t most);

#endif
