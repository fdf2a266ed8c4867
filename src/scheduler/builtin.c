/* Built-in policies: called directly with a view of the state, no messages in between. */
#include "policies/policy.h"
#include "scheduler/backend.h"
#include "scheduler/view.h"

static int builtin_invoke(void *self, const struct state *state,
                          const struct invocation *invocation, struct decisions *decisions,
                          struct error *err)
{
    struct elastisim_view view;
    view_open(&view, state, invocation);
    if (policy_schedule(self, &view))
        view.out_of_memory = true;
    return view_close(&view, decisions, err);
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
        .invoke = builtin_invoke,
        .finalize = builtin_finalize,
        .destroy = builtin_destroy,
    };
    return 0;
}
