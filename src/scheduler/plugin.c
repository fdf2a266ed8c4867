/* Plugins: C schedulers loaded into the simulator.
 *
 * Promise: a plugin that fails, crashes, exits or does not come back ends the run with a sentence,
 * and the results so far are kept. What it does to the simulator's memory before that is beyond us.
 */
#include "elastisim/scheduler.h"
#include "scheduler/backend.h"
#include "scheduler/guard.h"
#include "scheduler/view.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plugin {
    char *file;    /* owned */
    char *options; /* what follows the first comma; owned */
    void *library;
    const struct elastisim_scheduler *scheduler;
    void *data; /* the plugin's own */
    bool is_open;
    bool is_broken; /* it crashed or hung: none of its functions is called any more */
    double timeout; /* seconds, 0 for none */
};

/* --- Calling ------------------------------------------------------------------------------- */

/* The plugin's functions. */
static int call_open(struct plugin *plugin, struct elastisim_view *view)
{
    (void)view;
    return plugin->scheduler->open(plugin->options, &plugin->data);
}

static int call_schedule(struct plugin *plugin, struct elastisim_view *view)
{
    return plugin->scheduler->schedule(view, plugin->data);
}

static int call_close(struct plugin *plugin, struct elastisim_view *view)
{
    (void)view;
    plugin->scheduler->close(plugin->data);
    return 0;
}

static int broke(struct plugin *plugin, int reason, struct error *err)
{
    plugin->is_broken = true;
    guard_last_gasp();
    if (reason == GUARD_EXITED)
        return error_set(err, ERROR_SCHEDULER,
                         "the plugin %s called exit; a scheduler that can't go on returns "
                         "elastisim_fail(view, ...)",
                         plugin->file);
    if (reason == GUARD_LATE)
        return error_set(err, ERROR_SCHEDULER,
                         "the plugin %s did not answer within %g s (scheduler_timeout)",
                         plugin->file, plugin->timeout);
    return error_set(err, ERROR_SCHEDULER, "the plugin %s crashed (%s)", plugin->file,
                     strsignal(reason));
}

/* One of the plugin's functions, to be called. */
struct errand {
    struct plugin *plugin;
    int (*function)(struct plugin *, struct elastisim_view *);
    struct elastisim_view *view;
};

static int run_errand(void *context)
{
    const struct errand *errand = context;
    return errand->function(errand->plugin, errand->view);
}

/* Calls one of its functions; *result is what it returned. Returns -1 with err when it did not
 * return. */
static int call(struct plugin *plugin, int (*function)(struct plugin *, struct elastisim_view *),
                struct elastisim_view *view, int *result, struct error *err)
{
    struct errand errand = {plugin, function, view};
    const struct guard_limit limit = {.seconds = plugin->timeout};
    int reason = guard_call(run_errand, &errand, limit, result);
    return reason ? broke(plugin, reason, err) : 0;
}

/* --- The backend --------------------------------------------------------------------------- */

static int plugin_invoke(void *self, const struct state *state, const struct invocation *invocation,
                         struct decisions *decisions, struct error *err)
{
    struct plugin *plugin = self;
    struct elastisim_view view;
    int result = 0;
    view_open(&view, state, invocation, decisions);
    if (call(plugin, call_schedule, &view, &result, err) == 0 && result == 0)
        return view_close(&view, err);
    if (!plugin->is_broken) {
        if (view.wishes.failure[0])
            error_set(err, ERROR_SCHEDULER, "the plugin %s failed: %s", plugin->file,
                      view.wishes.failure);
        else
            error_set(err, ERROR_SCHEDULER,
                      "the plugin %s failed: its function schedule returned %d without saying why "
                      "(elastisim_fail)",
                      plugin->file, result);
    }
    view_abandon(&view);
    return -1;
}

static void plugin_finalize(void *self, bool failed)
{
    struct plugin *plugin = self;
    struct error ignored = {0};
    int result;
    (void)failed;
    if (plugin->is_open && !plugin->is_broken && plugin->scheduler->close)
        call(plugin, call_close, NULL, &result, &ignored);
    plugin->is_open = false;
}

static void plugin_destroy(void *self)
{
    struct plugin *plugin = self;
    plugin_finalize(plugin, false);
    if (plugin->library && !plugin->is_broken)
        dlclose(plugin->library);
    guard_remove();
    free(plugin->file);
    free(plugin->options);
    free(plugin);
}

/* --- Opening ------------------------------------------------------------------------------- */

/* Loads the file. Without a slash, dlopen would look along the system's library path. */
static int load(struct plugin *plugin, struct error *err)
{
    const char *prefix = strchr(plugin->file, '/') ? "" : "./";
    size_t size = strlen(prefix) + strlen(plugin->file) + 1;
    char *path = malloc(size);
    if (!path)
        return error_no_memory(err);
    snprintf(path, size, "%s%s", prefix, plugin->file);
    plugin->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    free(path);
    if (plugin->library)
        return 0;
    return error_set(err, ERROR_INPUT, "plugin %s can't be loaded: %s", plugin->file, dlerror());
}

static int check(struct plugin *plugin, struct error *err)
{
    const struct elastisim_scheduler *scheduler = dlsym(plugin->library, "elastisim_scheduler");
    if (!scheduler)
        return error_set(err, ERROR_INPUT,
                         "plugin %s defines no scheduler; end its source with "
                         "ELASTISIM_SCHEDULER(open, schedule, close)",
                         plugin->file);
    if (scheduler->api_major != ELASTISIM_API_MAJOR || scheduler->api_minor > ELASTISIM_API_MINOR)
        return error_set(err, ERROR_INPUT,
                         "plugin %s was built for version %u.%u of the scheduler API, this "
                         "simulator has %d.%d; build it again with the header of this one",
                         plugin->file, scheduler->api_major, scheduler->api_minor,
                         ELASTISIM_API_MAJOR, ELASTISIM_API_MINOR);
    if (!scheduler->schedule)
        return error_set(err, ERROR_INPUT, "plugin %s has no function schedule", plugin->file);
    plugin->scheduler = scheduler;
    return 0;
}

static int begin(struct plugin *plugin, struct error *err)
{
    int result = 0;
    if (plugin->scheduler->open && call(plugin, call_open, NULL, &result, err))
        return -1;
    if (result)
        return error_set(err, ERROR_SCHEDULER,
                         "plugin %s can't begin: its function open returned %d", plugin->file,
                         result);
    plugin->is_open = true;
    return 0;
}

int plugin_backend_open(struct scheduler_backend *backend, const char *spec, double timeout,
                        struct error *err)
{
    struct plugin *plugin = calloc(1, sizeof *plugin);
    if (!plugin)
        return error_no_memory(err);
    size_t length = strcspn(spec, ",");
    plugin->timeout = timeout;
    plugin->file = strndup(spec, length);
    plugin->options = strdup(spec[length] ? spec + length + 1 : "");
    guard_install();
    if (!plugin->file || !plugin->options) {
        plugin_destroy(plugin);
        return error_no_memory(err);
    }
    if (load(plugin, err) || check(plugin, err) || begin(plugin, err)) {
        plugin_destroy(plugin);
        return -1;
    }
    *backend = (struct scheduler_backend){
        .self = plugin,
        .invoke = plugin_invoke,
        .finalize = plugin_finalize,
        .destroy = plugin_destroy,
    };
    return 0;
}
