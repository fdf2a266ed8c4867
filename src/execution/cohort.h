/* Cohorts: ranks that stand at the same place. Each is either ready or in exactly one part. */
#ifndef ELASTISIM_EXECUTION_COHORT_H
#define ELASTISIM_EXECUTION_COHORT_H

#include "execution/shapes.h"

/* A cohort with room for `capacity` ranks, none of them in it yet; NULL (and the error filled)
 * without memory. */
struct cohort *cohort_create(struct team *team, const struct place *place, uint32_t capacity);
/* Ends what it waits for, and frees it. */
void cohort_destroy(struct cohort *cohort);
/* It moves when its execution has its turn (wake.h). */
void cohort_make_runnable(struct cohort *cohort);
/* Adds ranks (ascending) to the ready ones of a cohort. */
void cohort_add_ready(struct cohort *cohort, const uint32_t *ranks, uint32_t count);
/* The ready ranks of a cohort as a new one at the same place; NULL (and the error filled) without
 * memory. */
struct cohort *cohort_split_ready(struct cohort *cohort);
/* Moves the parts of one cohort to another. */
void cohort_adopt_parts(struct cohort *to, struct cohort *from);
/* The ready ranks may go on (as a cohort of their own when others are not ready) unless an exchange
 * is pending. */
void cohort_release(struct cohort *cohort);
/* Some ranks of a part are done: they are ready, and go on, when the execution has its turn, unless
 * they wait for an exchange. */
void cohort_part_ended(struct part *part, const uint32_t *ranks, uint32_t count);

#endif
