/* SimGrid's reasons for refusing something, made part of our messages. */
#ifndef ELASTISIM_RESOURCES_SIMGRID_REASON_H
#define ELASTISIM_RESOURCES_SIMGRID_REASON_H

#include <stddef.h>

/* Cuts what SimGrid said down to the reason, in place: one line, without places in SimGrid's own
 * source and without a full stop. `said` is the text of an exception or a whole log ("[0.000000]
 * [root/CRITICAL] ..."), whose last complaint counts. Returns the line of `file` that it names, or
 * 0. */
long reason_extract(char *said, const char *file);

/* What a reason means that says nothing to our users ("stoi"); any other reason as it is. */
const char *reason_in_words(const char *reason);

#endif
