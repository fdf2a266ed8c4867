/* How many nodes a flexible job is to start on. */
#ifndef ELASTISIM_POLICIES_SIZES_H
#define ELASTISIM_POLICIES_SIZES_H

#include "policies/books.h"

#include <stdint.h>

/* Nodes that a job is to start on, given enough are free: within its bounds. */
uint32_t sizes_start(const struct books *books, const struct entry *entry);

#endif
