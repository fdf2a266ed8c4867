/* Built-in policies: called directly with a view of the state, no messages in between. */
#include "policies/policy.h"
#include "scheduler/backend.h"
#include "scheduler/view.h"

static int builtin_invoke(void *self, const struct state *state,
                          const struct invocation *invocation, struct decisions *decisions,
                          struct error *err)
{
    struct elastisim_view view;
    view_open(&view, state, invocation, decisions);
    if (policy_schedule(self, &view, err)) {
        view_abandon(&view);
        return -1;
    }
    return view_close(&view, err);
}

static int builtin_inspect(void *self, const struct state *state, struct warnings *warnings,
                           struct error *err)
{
    for (size_t i = 0; i < state->num_jobs; i++)
        if (policy_inspect(self, view_job(state, i), err))
            return -1;
    return policy_tell(self, warnings, err);
}

static double builtin_wakes(const void *self)
{
    return policy_wakes(self);
}

static void builtin_finalize(void *self, bool failed)
{
    (void)self;
    (void)failed;
}

static void builtin_destroy(void *self)
{
    policy_destroy(self);
}

int builtin_backend_open(struct scheduler_backend *backend, const char *spec, struct error *err)
{
    struct policy *policy = policy_create(spec, err);
    if (!policy)
        return -1;
    *backend = (struct scheduler_backend){
        .self = policy,
        .idles = true,
        .reads_sets = true,
        .by_instant = policy_decides_by_instant(policy),
        .inspect = builtin_inspect,
        .invoke = builtin_invoke,
        .wakes = builtin_wakes,
        .finalize = builtin_finalize,
        .destroy = builtin_destroy,
    };
    return 0;
}
