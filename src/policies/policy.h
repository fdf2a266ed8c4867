/* Policies inside the simulator: written against the public scheduler API like any other scheduler,
 * and composed of the choices in policies/options.h. */
#ifndef ELASTISIM_POLICIES_POLICY_H
#define ELASTISIM_POLICIES_POLICY_H

#include "base/error.h"
#include "elastisim/scheduler.h"

#include <stdbool.h>
#include <stdio.h>

struct policy;

/* The policy that "NAME" or "NAME,key=value,..." describes. Returns NULL with err (ERROR_INPUT). */
struct policy *policy_create(const char *spec, struct error *err);
void policy_destroy(struct policy *policy); /* NULL is fine */

/* Whether it decides once per instant: it then wants to know whether an instant continues
 * (elastisim_instant_continues), and to be called again at its end. */
bool policy_decides_by_instant(const struct policy *policy);

/* Before the run, where all jobs are known beforehand: looks at each of them, */
int policy_inspect(struct policy *policy, const struct elastisim_job *job, struct error *err);
/* and says what the policy would need to know about them and does not. Both return 0, or -1 with
 * err (ERROR_INPUT): what the options name is not a number that a job can have, or no job has it;
 * with warnings->strict, a warning. */
int policy_tell(const struct policy *policy, struct warnings *warnings, struct error *err);

/* Called at every invocation; returns 0, or -1 with err. */
int policy_schedule(struct policy *policy, struct elastisim_view *view, struct error *err);

/* When it wants to be called though nothing happens (simulated seconds): a reservation that no end
 * of a job leads to may be due then. INFINITY for never. */
double policy_wakes(const struct policy *policy);

/* Prints the policies, their options and where they come from. */
void policy_print_list(FILE *out);

#endif
