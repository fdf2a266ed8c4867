/* A scheduler that never leaves well alone: its decisions are valid but random. It starts jobs of
 * any size on any nodes, resizes and moves them, answers requests as it pleases and kills a few.
 * Its option is the seed; with ",suspend" after it, it suspends some, too, and lets them go on;
 * with
 * ",orders" it preempts some, drains nodes and switches them off, and undoes that in the end.
 *
 * Promise: a decision depends on the seed, the number of invocations so far and the state that the
 * scheduler sees, never on times or addresses: two models of resource sharing that agree on the
 * order of events see the same decisions. When no job runs, the first that waits is started, so
 * that every run comes to its end.
 */
#include <elastisim/scheduler.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_KILLS = 2, MAX_ORDERS = 20 };

struct restless {
    uint64_t seed, invocations;
    uint64_t random; /* state of the generator */
    unsigned kills;
    bool suspends, gives_orders;
    unsigned orders;
    /* In this invocation, or NULL: a job that was killed or preempted, a node with a command. */
    struct elastisim_job *gone;
    struct elastisim_node *commanded;
    struct elastisim_node **nodes; /* candidates, of num_nodes at most; owned */
    uint32_t num_candidates;
};

/* --- Random numbers ------------------------------------------------------------------------- */

/* SplitMix64. */
static uint64_t draw(struct restless *self)
{
    uint64_t z = self->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Each job has numbers of its own in each invocation: how many are drawn for one does not matter to
 * the others. */
static void draw_for(struct restless *self, uint64_t subject)
{
    self->random = self->seed;
    self->random = draw(self) ^ self->invocations;
    self->random = draw(self) ^ subject;
}

static bool chance(struct restless *self, unsigned percent)
{
    return draw(self) % 100 < percent;
}

static uint32_t between(struct restless *self, uint32_t least, uint32_t most)
{
    return least + (uint32_t)(draw(self) % ((uint64_t)most - least + 1));
}

/* --- Nodes ---------------------------------------------------------------------------------- */

static bool can_have(const struct restless *self, const struct elastisim_job *job,
                     const struct elastisim_node *node, uint32_t gpus)
{
    return node != self->commanded && elastisim_node_availability(node) == ELASTISIM_UP &&
           elastisim_node_num_gpus(node) >= gpus &&
           (!elastisim_job_uses_burst_buffer(job) ||
            elastisim_node_type(node) != ELASTISIM_NODE_PLAIN);
}

static bool is_assigned(const struct elastisim_job *job, const struct elastisim_node *node)
{
    for (uint32_t i = 0; i < elastisim_job_num_assigned(job); i++)
        if (elastisim_job_assigned(job, i) == node)
            return true;
    return false;
}

static struct elastisim_node *next_node(struct elastisim_view *view, size_t from, bool only_free)
{
    if (only_free)
        return elastisim_next_free_node(view, from);
    return from < elastisim_num_nodes(view) ? elastisim_node(view, from) : NULL;
}

static void list_candidates(struct restless *self, struct elastisim_view *view,
                            const struct elastisim_job *job, uint32_t gpus, bool only_free)
{
    struct elastisim_node *node = next_node(view, 0, only_free);
    self->num_candidates = 0;
    for (; node; node = next_node(view, elastisim_node_id(node) + 1, only_free))
        if (can_have(self, job, node, gpus) && !is_assigned(job, node))
            self->nodes[self->num_candidates++] = node;
}

/* Nodes that the job could have besides its own, into self->nodes. Other jobs may be on them where
 * nodes are shared. */
static void find_candidates(struct restless *self, struct elastisim_view *view,
                            const struct elastisim_job *job, uint32_t gpus)
{
    bool shares = elastisim_oversubscription(view) && chance(self, 60);
    list_candidates(self, view, job, gpus, !shares);
}

static int assign_some(struct restless *self, struct elastisim_view *view,
                       struct elastisim_job *job, uint32_t count)
{
    for (uint32_t i = 0; i < count && i < self->num_candidates; i++) {
        uint32_t other = between(self, i, self->num_candidates - 1);
        struct elastisim_node *node = self->nodes[other];
        self->nodes[other] = self->nodes[i];
        if (elastisim_assign(view, job, node))
            return -1;
    }
    return 0;
}

static int remove_some(struct restless *self, struct elastisim_view *view,
                       struct elastisim_job *job, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank = between(self, 0, elastisim_job_num_assigned(job) - 1);
        if (elastisim_remove(view, job, elastisim_job_assigned(job, rank)))
            return -1;
    }
    return 0;
}

/* --- Changes -------------------------------------------------------------------------------- */

/* The GPUs that all nodes of the job have. */
static uint32_t common_gpus(const struct elastisim_job *job)
{
    uint32_t gpus = elastisim_job_gpus_max(job);
    for (uint32_t i = 0; i < elastisim_job_num_assigned(job); i++) {
        uint32_t there = elastisim_node_num_gpus(elastisim_job_assigned(job, i));
        gpus = there < gpus ? there : gpus;
    }
    return gpus;
}

static int change_gpus(struct restless *self, struct elastisim_view *view,
                       struct elastisim_job *job)
{
    uint32_t gpus = between(self, elastisim_job_gpus_min(job), common_gpus(job));
    return elastisim_assign_gpus(view, job, gpus);
}

/* To the given number of nodes, or as near to it as there are some. */
static int resize(struct restless *self, struct elastisim_view *view, struct elastisim_job *job,
                  uint32_t wanted)
{
    uint32_t assigned = elastisim_job_num_assigned(job);
    if (wanted <= assigned)
        return remove_some(self, view, job, assigned - wanted);
    find_candidates(self, view, job, elastisim_job_assigned_gpus(job));
    return assign_some(self, view, job, wanted - assigned);
}

/* To other nodes, as many as there are. */
static int migrate(struct restless *self, struct elastisim_view *view, struct elastisim_job *job)
{
    find_candidates(self, view, job, elastisim_job_assigned_gpus(job));
    uint32_t assigned = elastisim_job_num_assigned(job);
    uint32_t most = self->num_candidates < assigned ? self->num_candidates : assigned;
    uint32_t count = between(self, 0, most);
    return remove_some(self, view, job, count) || assign_some(self, view, job, count);
}

static int change(struct restless *self, struct elastisim_view *view, struct elastisim_job *job)
{
    uint32_t least = elastisim_job_nodes_min(job), most = elastisim_job_nodes_max(job);
    switch (between(self, 0, 3)) {
    case 0:
        return resize(self, view, job, between(self, least, elastisim_job_num_assigned(job)));
    case 1:
        return resize(self, view, job, between(self, elastisim_job_num_assigned(job), most));
    case 2:
        return migrate(self, view, job);
    default:
        return change_gpus(self, view, job);
    }
}

/* Part of what is asked for now and then, or nothing. */
static int answer(struct restless *self, struct elastisim_view *view, struct elastisim_job *job)
{
    uint32_t wanted = elastisim_request(view), now = elastisim_job_num_assigned(job);
    if (chance(self, 20))
        return 0;
    if (chance(self, 20))
        wanted = wanted < now ? between(self, wanted, now) : between(self, now, wanted);
    return resize(self, view, job, wanted) || (chance(self, 20) ? change_gpus(self, view, job) : 0);
}

static bool is_resizable(const struct elastisim_job *job)
{
    enum elastisim_job_type type = elastisim_job_type(job);
    return type == ELASTISIM_MALLEABLE || type == ELASTISIM_ADAPTIVE;
}

/* The job that stands at a point can give its nodes to others at once: it goes first. */
static int change_trigger(struct restless *self, struct elastisim_view *view)
{
    struct elastisim_job *job = elastisim_trigger(view);
    if (!job || job == self->gone)
        return 0;
    draw_for(self, elastisim_job_id(job));
    if (elastisim_invocation(view) == ELASTISIM_EVOLVING_REQUEST)
        return answer(self, view, job);
    if (elastisim_invocation(view) == ELASTISIM_SCHEDULING_POINT && chance(self, 50))
        return change(self, view, job);
    return 0;
}

/* Changes that wait for a scheduling point. */
static int change_others(struct restless *self, struct elastisim_view *view)
{
    struct elastisim_job *job = elastisim_first_running(view);
    for (; job; job = elastisim_next_running(job)) {
        if (job == elastisim_trigger(view) || job == self->gone || !is_resizable(job))
            continue;
        draw_for(self, elastisim_job_id(job));
        if (chance(self, 15) && change(self, view, job))
            return -1;
    }
    return 0;
}

/* --- Starts and kills ----------------------------------------------------------------------- */

static int start(struct restless *self, struct elastisim_view *view, struct elastisim_job *job)
{
    uint32_t gpus = elastisim_job_gpus_min(job);
    uint32_t least = elastisim_job_nodes_min(job), most = elastisim_job_nodes_max(job);
    find_candidates(self, view, job, gpus);
    if (self->num_candidates < least)
        return 0;
    most = most < self->num_candidates ? most : self->num_candidates;
    if (assign_some(self, view, job, between(self, least, most)))
        return -1;
    return change_gpus(self, view, job);
}

static int start_waiting(struct restless *self, struct elastisim_view *view)
{
    size_t running = elastisim_num_running(view);
    bool idle = running == 0 || (running == 1 && self->gone == elastisim_first_running(view));
    struct elastisim_job *job = elastisim_first_pending(view);
    for (; job; job = elastisim_next_pending(job)) {
        if (job == self->gone)
            continue;
        draw_for(self, elastisim_job_id(job));
        if (!idle && chance(self, 25))
            continue;
        if (start(self, view, job))
            return -1;
        idle = idle && elastisim_job_num_assigned(job) == 0;
    }
    return 0;
}

/* Any job that has not ended; the last that were submitted included. */
static int kill_one(struct restless *self, struct elastisim_view *view)
{
    draw_for(self, UINT64_MAX);
    if (self->kills == MAX_KILLS || !chance(self, 4))
        return 0;
    struct elastisim_job *job =
        elastisim_job(view, between(self, 0, (uint32_t)elastisim_num_jobs(view)));
    if (!job || elastisim_job_state(job) >= ELASTISIM_COMPLETED)
        return 0;
    self->kills++;
    self->gone = job;
    return elastisim_kill(view, job);
}

/* It has to be asked again and again, or a job could be left suspended. */
static int suspend_some(struct restless *self, struct elastisim_view *view)
{
    struct elastisim_job *job = elastisim_first_running(view);
    for (; self->suspends && job; job = elastisim_next_running(job)) {
        if (job == self->gone)
            continue;
        draw_for(self, elastisim_job_id(job) ^ UINT64_C(0x5500000000));
        bool is_suspended = elastisim_job_suspended(job);
        if (chance(self, is_suspended ? 40 : 12) &&
            (is_suspended ? elastisim_resume : elastisim_suspend)(view, job))
            return -1;
    }
    return 0;
}

/* --- Orders --------------------------------------------------------------------------------- */

static int preempt_one(struct restless *self, struct elastisim_view *view)
{
    struct elastisim_job *job = elastisim_first_running(view);
    uint32_t count = (uint32_t)elastisim_num_running(view);
    for (uint32_t i = count > 0 ? between(self, 0, count - 1) : 0; i > 0; i--)
        job = elastisim_next_running(job);
    self->gone = job;
    return job ? elastisim_preempt(view, job, chance(self, 50)) : 0;
}

typedef int command_fn(struct elastisim_view *view, struct elastisim_node *node);

static command_fn *const commands[] = {elastisim_node_drain, elastisim_node_resume,
                                       elastisim_node_switch_off, elastisim_node_switch_on};

static int command_node(struct restless *self, struct elastisim_view *view)
{
    uint32_t last = (uint32_t)elastisim_num_nodes(view) - 1;
    self->commanded = elastisim_node(view, between(self, 0, last));
    return commands[between(self, 0, 3)](view, self->commanded);
}

static int bring_all_back(struct elastisim_view *view)
{
    for (size_t i = 0; i < elastisim_num_nodes(view); i++)
        if (elastisim_node_resume(view, elastisim_node(view, i)) ||
            elastisim_node_switch_on(view, elastisim_node(view, i)))
            return -1;
    return 0;
}

/* One now and then; in the end all nodes are back, which is said again and again. */
static int give_orders(struct restless *self, struct elastisim_view *view)
{
    draw_for(self, UINT64_MAX - 1);
    if (!self->gives_orders || self->gone)
        return 0;
    if (self->orders == MAX_ORDERS)
        return bring_all_back(view);
    if (!chance(self, 30))
        return 0;
    self->orders++;
    return chance(self, 50) ? preempt_one(self, view) : command_node(self, view);
}

/* --- The scheduler -------------------------------------------------------------------------- */

static int begin(const char *options, void **data)
{
    struct restless *self = calloc(1, sizeof *self);
    if (!self)
        return -1;
    self->seed = strtoull(options, NULL, 10);
    self->suspends = strstr(options, ",suspend");
    self->gives_orders = strstr(options, ",orders");
    *data = self;
    return 0;
}

static int schedule(struct elastisim_view *view, void *data)
{
    struct restless *self = data;
    self->invocations++;
    self->gone = NULL;
    self->commanded = NULL;
    if (!self->nodes)
        self->nodes = calloc(elastisim_num_nodes(view), sizeof(struct elastisim_node *));
    if (!self->nodes || kill_one(self, view) || give_orders(self, view) ||
        change_trigger(self, view) || change_others(self, view) || start_waiting(self, view) ||
        suspend_some(self, view))
        return elastisim_fail(view, "out of memory");
    return 0;
}

static void end(void *data)
{
    struct restless *self = data;
    free(self->nodes);
    free(self);
}

ELASTISIM_SCHEDULER(begin, schedule, end);
