/* Policies inside the simulator: written against the public scheduler API like any other scheduler,
 * and composed of the choices in policies/options.h. */
#ifndef ELASTISIM_POLICIES_POLICY_H
#define ELASTISIM_POLICIES_POLICY_H

#include "base/error.h"
#include "elastisim/scheduler.h"

#include <stdio.h>

struct policy;

/* The policy that "NAME" or "NAME,key=value,..." describes. Returns NULL with err (ERROR_INPUT). */
struct policy *policy_create(const char *spec, struct error *err);
void policy_destroy(struct policy *policy); /* NULL is fine */
/* Called at every invocation; returns 0, or -1 when memory ran out. */
int policy_schedule(struct policy *policy, struct elastisim_view *view);

/* Prints the policies, their options and where they come from. */
void policy_print_list(FILE *out);

#endif
