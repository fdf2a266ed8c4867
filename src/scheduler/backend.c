#include "scheduler/backend.h"

#include <string.h>

const char *invocation_type_name(int type)
{
    static const char *const names[] = {
        "periodic",         "job submit",       "job completed",   "job killed",
        "scheduling point", "evolving request", "reconfiguration", "node changed",
    };
    return type >= 0 && (size_t)type < sizeof names / sizeof names[0] ? names[type] : "unknown";
}

static int open_builtin(struct scheduler_backend *backend, const char *rest,
                        const struct scheduler_request *request, struct error *err)
{
    (void)request;
    return builtin_backend_open(backend, rest, err);
}

static int open_process(struct scheduler_backend *backend, const char *rest,
                        const struct scheduler_request *request, struct error *err)
{
    return process_backend_open(backend, rest, request->timeout, err);
}

static int open_plugin(struct scheduler_backend *backend, const char *rest,
                       const struct scheduler_request *request, struct error *err)
{
    return plugin_backend_open(backend, rest, request->timeout, err);
}

static int open_zeromq(struct scheduler_backend *backend, const char *rest,
                       const struct scheduler_request *request, struct error *err)
{
    return zeromq_backend_open(backend, rest, request->timeout, err);
}

/* The kinds of schedulers: what stands before the colon of a SPEC. */
static const struct scheduler_kind {
    const char *prefix;
    const char *rest; /* what is to follow, for messages */
    int (*open)(struct scheduler_backend *, const char *, const struct scheduler_request *,
                struct error *);
} kinds[] = {
    {"builtin:", "the name of a policy, e.g. builtin:fcfs", open_builtin},
    {"exec:", "a command, e.g. exec:'python3 schedulers/fcfs.py'", open_process},
    {"plugin:", "a shared object, e.g. plugin:./first_fit.so", open_plugin},
    {"python:", "a script, e.g. python:schedulers/fcfs.py", python_backend_open},
    {"zmq:", "a URL, e.g. zmq:ipc:///tmp/elastisim.ipc", open_zeromq},
};

int scheduler_open(struct scheduler_backend *backend, const struct scheduler_request *request,
                   struct error *err)
{
    const char *spec = request->spec;
    *backend = (struct scheduler_backend){0};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].prefix);
        if (strncmp(spec, kinds[i].prefix, length) != 0)
            continue;
        if (spec[length] == '\0')
            return error_set(err, ERROR_INPUT, "scheduler '%s': nothing follows '%s'; give %s",
                             spec, kinds[i].prefix, kinds[i].rest);
        return kinds[i].open(backend, spec + length, request, err);
    }
    return error_set(err, ERROR_INPUT,
                     "scheduler '%s': unknown kind; use builtin:NAME, exec:COMMAND, "
                     "plugin:FILE.so, python:FILE.py or zmq:URL",
                     spec);
}

void scheduler_close(struct scheduler_backend *backend)
{
    if (backend->destroy)
        backend->destroy(backend->self);
    *backend = (struct scheduler_backend){0};
}
