/* The built-in policies as any other scheduler: a plugin, or a process of its own. The options are
 * what follows "builtin:"; in the environment (POLICY) where there are none. */
#include "policies/policy.h"

#include <stdlib.h>

static int begin(const char *options, void **data)
{
    static struct error err;
    *data = policy_create(*options ? options : getenv("POLICY"), &err);
    return *data ? 0 : -1;
}

static int schedule(struct elastisim_view *view, void *data)
{
    static struct error err;
    return policy_schedule(data, view, &err) ? elastisim_fail(view, "%s", err.message) : 0;
}

static void end(void *data)
{
    policy_destroy(data);
}

ELASTISIM_SCHEDULER(begin, schedule, end);
