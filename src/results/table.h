/* A CSV file with a header that one observer writes. */
#ifndef ELASTISIM_RESULTS_TABLE_H
#define ELASTISIM_RESULTS_TABLE_H

#include "results/output.h"
#include "results/result.h"

/* Opens the file that the configuration has under a key and writes its header; the observer's self
 * becomes a struct output. Returns 0, or -1 with err. */
int table_open(struct observer *observer, const char *path, const struct run_facts *facts,
               const char *key, const char *header, struct error *err);
/* Closes it: the close of a struct result_kind. */
int table_close(void *self, struct error *err);

#endif
