/* A scheduler that decides by dice: the same as tests/e2e/dice.py, draw by
 * draw. Its option is the seed; in the environment variable DICE_ORDERS is how
 * many orders it gives to jobs and nodes.
 *
 * Promise: a job's nodes are always given in ascending order of their IDs, and
 * jobs are looked at in that order, so that every way of attaching a scheduler
 * sees the same.
 */
#include <elastisim/scheduler.h>
#include <stdlib.h>

struct dice {
    uint64_t random;
    unsigned kills_left;
    uint32_t orders_left;
    bool gives_orders;
};

/* SplitMix64, below the limit. */
static uint32_t draw(struct dice *self, uint32_t limit)
{
    uint64_t z = self->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) % limit);
}

static bool runs(const struct elastisim_job *job)
{
    enum elastisim_job_state state = elastisim_job_state(job);
    return state >= ELASTISIM_RUNNING && state < ELASTISIM_COMPLETED;
}

static int compare_ids(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left > right) - (left < right);
}

/* The job is to have the first `count` of its nodes, and free ones of lowest ID
 * for those that it lacks. */
static int resize(struct elastisim_view *view, struct elastisim_job *job, uint32_t count)
{
    uint32_t assigned = elastisim_job_num_assigned(job), wanted = 0;
    size_t ids[64];
    for (uint32_t i = 0; i < assigned; i++)
        ids[i] = elastisim_node_id(elastisim_job_assigned(job, i));
    qsort(ids, assigned, sizeof *ids, compare_ids);
    for (uint32_t i = 0; i < assigned; i++)
        if (elastisim_remove(view, job, elastisim_node(view, ids[i])))
            return -1;
    for (wanted = 0; wanted < count && wanted < assigned; wanted++)
        if (elastisim_assign(view, job, elastisim_node(view, ids[wanted])))
            return -1;
    struct elastisim_node *node = elastisim_next_free_node(view, 0);
    for (; wanted < count && node;
         node = elastisim_next_free_node(view, elastisim_node_id(node) + 1)) {
        bool had = false;
        for (uint32_t i = 0; i < assigned; i++)
            had = had || ids[i] == elastisim_node_id(node);
        if (had)
            continue;
        if (elastisim_assign(view, job, node))
            return -1;
        wanted++;
    }
    /* In ascending order: once more from the beginning. */
    uint32_t all[64];
    for (uint32_t i = 0; i < wanted; i++)
        ids[i] = elastisim_node_id(elastisim_job_assigned(job, i));
    qsort(ids, wanted, sizeof *ids, compare_ids);
    for (uint32_t i = 0; i < wanted; i++) {
        all[i] = (uint32_t)ids[i];
        if (elastisim_remove(view, job, elastisim_node(view, ids[i])))
            return -1;
    }
    return elastisim_assign_nodes(view, job, all, wanted);
}

static int change(struct dice *self, struct elastisim_view *view, struct elastisim_job *job)
{
    uint32_t least = elastisim_job_nodes_min(job), most = elastisim_job_nodes_max(job);
    bool is_trigger = job == elastisim_trigger(view);
    enum elastisim_job_type type = elastisim_job_type(job);
    if (is_trigger && elastisim_invocation(view) == ELASTISIM_EVOLVING_REQUEST)
        return draw(self, 4) ? resize(view, job, elastisim_request(view)) : 0;
    if ((type != ELASTISIM_MALLEABLE && type != ELASTISIM_ADAPTIVE) ||
        draw(self, is_trigger ? 2 : 5))
        return 0;
    return resize(view, job, least + draw(self, most - least + 1));
}

static int start(struct dice *self, struct elastisim_view *view, struct elastisim_job *job)
{
    uint32_t least = elastisim_job_nodes_min(job), most = elastisim_job_nodes_max(job);
    uint32_t num_free = (uint32_t)elastisim_num_free_nodes(view);
    if (num_free < least || !draw(self, 4))
        return 0;
    most = most < num_free ? most : num_free;
    return resize(view, job, least + draw(self, most - least + 1));
}

/* Orders a job that runs something, now and then. Whether it did is in *ordered. */
static int order(struct dice *self, struct elastisim_view *view, struct elastisim_job *job,
                 bool *ordered)
{
    if (elastisim_job_suspended(job)) {
        *ordered = true;
        return draw(self, 3) ? 0 : elastisim_resume(view, job);
    }
    *ordered = self->orders_left > 0 && draw(self, 12) == 0;
    if (!*ordered)
        return 0;
    self->orders_left--;
    uint32_t what = draw(self, 3);
    return what == 2 ? elastisim_suspend(view, job) : elastisim_preempt(view, job, what == 1);
}

static int (*const commands[])(struct elastisim_view *, struct elastisim_node *) = {
    elastisim_node_drain, elastisim_node_switch_off, elastisim_node_resume,
    elastisim_node_switch_on};

/* Commands one of the nodes something; in the end all of them are to be had. */
static int command(struct dice *self, struct elastisim_view *view)
{
    uint32_t count = (uint32_t)elastisim_num_nodes(view), result = 0;
    struct elastisim_node *node = elastisim_node(view, draw(self, count));
    uint32_t what = draw(self, 4);
    if (self->orders_left > 0) {
        self->orders_left--;
        bool can_be = elastisim_node_state(node) != ELASTISIM_RESERVED;
        return can_be || what >= 2 ? commands[what](view, node) : 0;
    }
    for (uint32_t i = 0; i < count; i++)
        result |= elastisim_node_resume(view, elastisim_node(view, i)) ||
                  elastisim_node_switch_on(view, elastisim_node(view, i));
    return result ? -1 : 0;
}

static int decide(struct dice *self, struct elastisim_view *view, struct elastisim_job *job)
{
    if (elastisim_job_state(job) >= ELASTISIM_COMPLETED)
        return 0;
    if (self->kills_left > 0 && draw(self, 200) == 0) {
        self->kills_left--;
        return elastisim_kill(view, job);
    }
    bool ordered = false;
    if (self->gives_orders && runs(job) && order(self, view, job, &ordered))
        return -1;
    if (ordered)
        return 0;
    return runs(job) ? change(self, view, job) : start(self, view, job);
}

static bool has(const uint64_t *set, size_t id)
{
    return set[id / 64] >> id % 64 & 1;
}

/* Whether the sets of nodes are what other functions say of them. */
static bool sets_are_right(struct elastisim_view *view)
{
    size_t first, end, seen = 0;
    const uint64_t *changed = elastisim_changed_set(view, &first, &end);
    for (size_t id = 0; id < elastisim_num_nodes(view); id++) {
        struct elastisim_node *node = elastisim_node(view, id);
        bool is_free = elastisim_next_free_node(view, id) == node;
        bool is_up = elastisim_node_availability(node) == ELASTISIM_UP;
        bool has_changed = id / 64 >= first && id / 64 < end && has(changed, id);
        if (has(elastisim_free_set(view), id) != is_free ||
            has(elastisim_up_set(view), id) != is_up ||
            (has_changed && elastisim_changed_node(view, seen++) != node))
            return false;
    }
    return seen == elastisim_num_changed_nodes(view);
}

static int schedule(struct elastisim_view *view, void *data)
{
    struct dice *self = data;
    /* What is ordered is carried out in the order of the answer, which in Python is that of IDs. */
    struct elastisim_job *trigger = self->gives_orders ? NULL : elastisim_trigger(view);
    if (!sets_are_right(view))
        return elastisim_fail(view, "a set of nodes is wrong");
    if (self->gives_orders && command(self, view))
        return elastisim_fail(view, "out of memory");
    if (trigger && decide(self, view, trigger))
        return elastisim_fail(view, "out of memory");
    for (size_t i = 0; i < elastisim_num_jobs(view); i++)
        if (elastisim_job(view, i) != trigger && decide(self, view, elastisim_job(view, i)))
            return elastisim_fail(view, "out of memory");
    return sets_are_right(view) ? 0 : elastisim_fail(view, "a set of nodes is wrong");
}

static int begin(const char *options, void **data)
{
    struct dice *self = calloc(1, sizeof *self);
    if (!self)
        return -1;
    if (!*options)
        options = getenv("SEED");
    const char *orders = getenv("DICE_ORDERS");
    *self = (struct dice){.random = options ? strtoull(options, NULL, 10) : 0,
                          .kills_left = 3,
                          .orders_left = orders ? (uint32_t)strtoul(orders, NULL, 10) : 0,
                          .gives_orders = orders};
    *data = self;
    return 0;
}

ELASTISIM_SCHEDULER(begin, schedule, free);
