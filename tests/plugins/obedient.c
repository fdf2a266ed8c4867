/* A scheduler that does as it is told: the environment variable ORDERS is a list such as
 * "2 switch_off 1, 5 drain 0" of time, order and node or job, and each is given at the first
 * invocation from its time on. Besides, waiting jobs start in their order on the first free nodes,
 * with as few as they need, until one does not fit.
 *
 * tests/e2e/obedient.py does the same in Python.
 */
#include <elastisim/scheduler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct obedient {
    const char *rest; /* of the list */
    bool cycles;      /* one node is switched off and on for ever: */
    size_t cycled;
};

/* --- Orders --------------------------------------------------------------------------------- */

static int drain(struct elastisim_view *view, size_t id)
{
    return elastisim_node_drain(view, elastisim_node(view, id));
}

static int resume_node(struct elastisim_view *view, size_t id)
{
    return elastisim_node_resume(view, elastisim_node(view, id));
}

static int switch_off(struct elastisim_view *view, size_t id)
{
    return elastisim_node_switch_off(view, elastisim_node(view, id));
}

static int switch_on(struct elastisim_view *view, size_t id)
{
    return elastisim_node_switch_on(view, elastisim_node(view, id));
}

static int requeue(struct elastisim_view *view, size_t id)
{
    return elastisim_preempt(view, elastisim_job(view, id), false);
}

static int restart(struct elastisim_view *view, size_t id)
{
    return elastisim_preempt(view, elastisim_job(view, id), true);
}

static int suspend(struct elastisim_view *view, size_t id)
{
    return elastisim_suspend(view, elastisim_job(view, id));
}

static int continue_job(struct elastisim_view *view, size_t id)
{
    return elastisim_resume(view, elastisim_job(view, id));
}

/* All that are suspended; it is an error if the job was for more than 3 s before. */
static int continue_all(struct elastisim_view *view, size_t id)
{
    struct elastisim_job *job = elastisim_first_running(view);
    for (; job; job = elastisim_next_running(job))
        if (elastisim_job_suspended(job) && elastisim_resume(view, job))
            return -1;
    job = elastisim_job(view, id);
    return elastisim_job_suspended_time(job) > 3 ? elastisim_fail(view, "for too long") : 0;
}

static const struct {
    const char *word;
    int (*give)(struct elastisim_view *, size_t);
} orders[] = {
    {"drain", drain},         {"resume", resume_node},    {"switch_off", switch_off},
    {"switch_on", switch_on}, {"requeue", requeue},       {"restart", restart},
    {"suspend", suspend},     {"continue", continue_job}, {"continue_all", continue_all},
};

static int give(struct elastisim_view *view, const char *word, size_t id)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (strcmp(word, orders[i].word) == 0)
            return orders[i].give(view, id);
    return elastisim_fail(view, "there is no order %s", word);
}

static int give_orders(struct elastisim_view *view, struct obedient *self)
{
    double time;
    char word[32];
    size_t id;
    int length = 0;
    if (self->cycles)
        return ((long)elastisim_time(view) % 2 ? switch_off : switch_on)(view, self->cycled);
    while (sscanf(self->rest, " %lf %31s %zu%n", &time, word, &id, &length) == 3 &&
           time <= elastisim_time(view)) {
        if (strcmp(word, "cycle") == 0) {
            self->cycles = true;
            self->cycled = id;
        } else if (give(view, word, id)) {
            return -1;
        }
        self->rest += length;
        self->rest += *self->rest == ',';
    }
    return 0;
}

/* --- Starts --------------------------------------------------------------------------------- */

static int start_waiting(struct elastisim_view *view)
{
    struct elastisim_job *job = elastisim_first_pending(view);
    for (; job; job = elastisim_next_pending(job)) {
        uint32_t count = elastisim_job_nodes_min(job);
        if (elastisim_num_free_nodes(view) < count)
            return 0;
        for (uint32_t i = 0; i < count; i++)
            if (elastisim_assign(view, job, elastisim_next_free_node(view, 0)))
                return -1;
    }
    return 0;
}

/* --- The scheduler -------------------------------------------------------------------------- */

static int open_list(const char *options, void **data)
{
    struct obedient *self = calloc(1, sizeof *self);
    (void)options;
    if (!self)
        return -1;
    self->rest = getenv("ORDERS");
    *data = self;
    return 0;
}

static int schedule(struct elastisim_view *view, void *data)
{
    return give_orders(view, data) ? -1 : start_waiting(view);
}

static void close_list(void *data)
{
    free(data);
}

ELASTISIM_SCHEDULER(open_list, schedule, close_list);
