/* Policies inside the simulator, written against the public scheduler API like any other scheduler.
 */
#ifndef ELASTISIM_POLICIES_POLICY_H
#define ELASTISIM_POLICIES_POLICY_H

#include "base/error.h"
#include "elastisim/scheduler.h"

struct policy {
    const char *name;
    const char *summary; /* one line, for --list-schedulers */
    /* Called at every invocation; returns 0, or -1 when memory ran out. */
    int (*schedule)(struct elastisim_view *view);
};

/* All policies, ended by one without a name. */
extern const struct policy policies[];

/* First come, first served. */
int fcfs_schedule(struct elastisim_view *view);

#endif
