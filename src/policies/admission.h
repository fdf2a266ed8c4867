/* I/O-aware admission: a job that would overload the file system waits. So does one that has an
 * agreement (agreements.h). */
#ifndef ELASTISIM_POLICIES_ADMISSION_H
#define ELASTISIM_POLICIES_ADMISSION_H

#include "policies/books.h"

#include <stdbool.h>

/* Whether the file system lets a job start now. */
bool admission_by_load(const struct books *books, const struct entry *entry);
/* Whether a job may start now on any nodes that are free: the file system lets it, and it waits for
 * no others. */
bool admission_allows(const struct books *books, const struct entry *entry);

#endif
