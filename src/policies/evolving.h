/* Answers to the requests of evolving and adaptive jobs. */
#ifndef ELASTISIM_POLICIES_EVOLVING_H
#define ELASTISIM_POLICIES_EVOLVING_H

#include "policies/books.h"

#include <stdint.h>

/* Answers the request that the invocation is about: the job wants that many nodes. Returns 0, or -1
 * as the books do. */
int evolving_answer(struct books *books, struct entry *entry, uint32_t wanted);

#endif
