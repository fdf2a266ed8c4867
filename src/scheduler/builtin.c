/* Built-in policies: called directly with a view of the state, no messages in between. */
#include "base/json.h"
#include "policies/policy.h"
#include "scheduler/backend.h"
#include "scheduler/view.h"

#include <string.h>

static int builtin_invoke(void *self, const struct state *state,
                          const struct invocation *invocation, struct decisions *decisions,
                          struct error *err)
{
    const struct policy *policy = self;
    struct elastisim_view view;
    view_open(&view, state, invocation);
    if (policy->schedule(&view))
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
    (void)self;
}

static int unknown_policy(const char *name, struct error *err)
{
    const char *names[64] = {0};
    char known[512] = "";
    for (size_t i = 0; policies[i].name && i + 1 < sizeof names / sizeof names[0]; i++) {
        names[i] = policies[i].name;
        if (strlen(known) + strlen(names[i]) + 3 < sizeof known) {
            strcat(known, i ? ", " : "");
            strcat(known, names[i]);
        }
    }
    const char *nearest = nearest_name(name, names);
    if (nearest)
        return error_set(err, ERROR_INPUT,
                         "scheduler builtin:%s: there is no such policy; did you mean "
                         "'builtin:%s'? known policies: %s",
                         name, nearest, known);
    return error_set(err, ERROR_INPUT,
                     "scheduler builtin:%s: there is no such policy; known policies: %s", name,
                     known);
}

int builtin_backend_open(struct scheduler_backend *backend, const char *spec, struct error *err)
{
    for (const struct policy *policy = policies; policy->name; policy++) {
        if (strcmp(policy->name, spec) != 0)
            continue;
        *backend = (struct scheduler_backend){
            .self = (void *)(uintptr_t)policy,
            .invoke = builtin_invoke,
            .finalize = builtin_finalize,
            .destroy = builtin_destroy,
        };
        return 0;
    }
    return unknown_policy(spec, err);
}
