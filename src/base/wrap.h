/* Text for a terminal: lines that are too long are broken between words. */
#ifndef ELASTISIM_BASE_WRAP_H
#define ELASTISIM_BASE_WRAP_H

#include <stddef.h>
#include <stdio.h>

/* Writes UTF-8 text so that no line has more than `columns` characters. A line goes on below the
 * last of its columns, which are two or more blanks apart; where too little room is right of that,
 * the last column moves below the others. A word that is too long for a line is broken after a
 * comma, or anywhere. 0 columns leave the text as it is. */
void wrap_text(FILE *out, const char *text, size_t columns);

/* Writes what `print` prints, wrapped when the stream is a terminal. */
void wrap_print(FILE *out, void (*print)(FILE *out));

#endif
