/* The description of a run: a JSON object on a line. */
#ifndef ELASTISIM_BATCH_LINE_H
#define ELASTISIM_BATCH_LINE_H

#include "base/json.h"
#include "batch/run.h"

/* Owns all that its run borrows. */
struct batch_line {
    struct json_document document;
    char **settings;
    char *id; /* as it stands in the answer: the one given, or the number of the line */
    struct batch_run run;
};

/* Reads the description. Returns 0, or -1 with err, which names the line by its number; the id is
 * there in any case, unless there is no memory. Release it either way. */
int batch_line_read(struct batch_line *line, unsigned long number, const char *text, size_t length,
                    struct error *err);
void batch_line_release(struct batch_line *line);

#endif
