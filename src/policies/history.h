/* How long jobs ran so far, and how long the next one is likely to: by user, or by user and
 * application [Tsafrir, Etsion, Feitelson 2007]. A job's user is its attribute `user`; its
 * application is its attribute `executable`, else its name. */
#ifndef ELASTISIM_POLICIES_HISTORY_H
#define ELASTISIM_POLICIES_HISTORY_H

#include "elastisim/scheduler.h"
#include "policies/names.h"
#include "policies/options.h"

#include <stddef.h>

struct histories {
    const struct policy_options *options;
    struct names names;
    VECTOR(struct history) list; /* by number */
};

void histories_create(struct histories *histories, const struct policy_options *options);
void histories_release(struct histories *histories);

/* The history that a job belongs to. Returns 0, or -1 when memory ran out. */
int histories_identify(struct histories *histories, const struct elastisim_job *job,
                       size_t *number);
/* A job of that history has run so many seconds. Returns 0, or -1 when memory ran out. */
int histories_note(struct histories *histories, size_t number, double seconds);
/* How long the next one is expected to run: a second or more; INFINITY while too little is known.
 */
double histories_predict(const struct histories *histories, size_t number);

/* Seconds by which a prediction that proved too short is raised the first, second ... time. */
double history_correction(unsigned times);

#endif
