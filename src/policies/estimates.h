/* What a policy knows about a job beforehand: how long it runs on a number of nodes, and on how
 * many it would like to run, from where the options say that the workload has it. */
#ifndef ELASTISIM_POLICIES_ESTIMATES_H
#define ELASTISIM_POLICIES_ESTIMATES_H

#include "base/error.h"
#include "elastisim/scheduler.h"
#include "policies/formula.h"
#include "policies/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct estimates {
    const struct policy_options *options;
    struct formulas formulas;
    /* Counted by estimates_inspect. */
    size_t jobs;
    size_t without_end;                   /* nothing says how long they run */
    size_t without_names;                 /* lack something that estimate_model names */
    size_t with_estimate, with_preferred; /* have what `estimate` and `preferred` name */
    char lacking[128];                    /* the first of without_names: what it lacks */
};

void estimates_create(struct estimates *estimates, const struct policy_options *options);
void estimates_release(struct estimates *estimates);

/* How long a job runs on that many nodes, in seconds: INFINITY when nothing says; never longer than
 * its walltime. *follows_size tells whether that depends on the number of nodes. Returns 0, or -1
 * with err: what the workload has there is not such a number. */
int estimates_duration(struct estimates *estimates, const struct elastisim_job *job,
                       uint32_t num_nodes, double *seconds, bool *follows_size, struct error *err);
/* The number of nodes that a job prefers: the mean of its bounds when nothing says. Returns 0, or
 * -1 with err. */
int estimates_preferred(struct estimates *estimates, const struct elastisim_job *job,
                        uint32_t *preferred, struct error *err);

/* Looks at a job before the run. Returns 0, or -1 with err. */
int estimates_inspect(struct estimates *estimates, const struct elastisim_job *job,
                      struct error *err);
/* Says what was missing in the jobs inspected, as far as the policy makes use of it. Returns 0, or
 * -1 with err: names that no job has, or with warnings->strict. */
int estimates_tell(const struct estimates *estimates, const char *spec, struct warnings *warnings,
                   struct error *err);

#endif
