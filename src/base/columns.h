/* How wide a terminal is. */
#ifndef ELASTISIM_BASE_COLUMNS_H
#define ELASTISIM_BASE_COLUMNS_H

#include <stddef.h>
#include <stdio.h>

/* The columns of the terminal that the stream goes to, as it is now; 0 when it goes elsewhere, or
 * to a terminal that does not say. */
size_t columns_of_terminal(FILE *stream);

#endif
