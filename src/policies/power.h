/* Nodes that are switched off while nobody needs them.
 *
 * A node that was switched off sleeps: it is counted as one that can be had after the time that it
 * takes to boot, in the profile, too. */
#ifndef ELASTISIM_POLICIES_POWER_H
#define ELASTISIM_POLICIES_POWER_H

#include "policies/books.h"

/* At the beginning of an invocation: time has passed. Returns 0, or -1 when memory ran out; so do
 * the others. */
int power_begin(struct books *books);
/* Whether a node that changed sleeps; what a sleeping or a booting one has become is noted. */
int power_note_node(struct books *books, uint32_t node, bool *sleeps);
/* Adds when a node is off by the clock; *leaves is when that begins. Who runs there until `end`
 * (seconds) has it until then. */
int power_add_window(const struct books *books, uint32_t node, double end,
                     struct absences *absences, double *leaves);
/* A job at its scheduling point leaves nodes that are to be off, as far as it can. */
int power_shrink(struct books *books, struct entry *entry);
/* Whether nodes sleep or boot that a waiting job could use: nobody needs to shrink for it yet. */
bool power_has_reserve(const struct books *books, const struct entry *entry);
/* At the end: switches on what is needed, and off what is not. */
int power_settle(struct books *books);

#endif
