/* I/O-aware admission: a job that would overload the file system waits. */
#ifndef ELASTISIM_POLICIES_ADMISSION_H
#define ELASTISIM_POLICIES_ADMISSION_H

#include "policies/books.h"

#include <stdbool.h>

/* Whether the file system lets a job start now. */
bool admission_allows(const struct books *books, const struct entry *entry);

#endif
