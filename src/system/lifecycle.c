/* Promise: after each public call, every derived fact agrees with the states (state_check). */
#include "system/lifecycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Reading ------------------------------------------------------------------------------- */

const char *job_state_name(enum job_state state)
{
    switch (state) {
    case JOB_UNSUBMITTED:
        return "not submitted";
    case JOB_PENDING:
        return "pending";
    case JOB_RUNNING:
        return "running";
    case JOB_PENDING_RECONFIGURATION:
        return "pending reconfiguration";
    case JOB_IN_RECONFIGURATION:
        return "in reconfiguration";
    case JOB_COMPLETED:
        return "completed";
    case JOB_KILLED:
        return "killed";
    case JOB_CANCELLED:
        return "cancelled";
    }
    return "unknown";
}

const char *node_state_name(enum node_state state)
{
    static const char *const names[] = {"free", "allocated", "reserved"};
    return names[state];
}

bool job_is_running(const struct job *job)
{
    return job->state == JOB_RUNNING || job->state == JOB_PENDING_RECONFIGURATION ||
           job->state == JOB_IN_RECONFIGURATION;
}

bool job_has_ended(const struct job *job)
{
    return job->state == JOB_COMPLETED || job->state == JOB_KILLED || job->state == JOB_CANCELLED;
}

bool job_is_known(const struct job *job)
{
    return job->state != JOB_UNSUBMITTED && job->state != JOB_CANCELLED;
}

size_t jobs_ended(const struct state *state)
{
    return state->num_completed + state->num_killed + state->num_cancelled;
}

const char *job_cancel_reason(const struct job *job, char *buffer, size_t size)
{
    const struct job *other = &job->run->jobs[job->never->other];
    snprintf(buffer, size, "%s of job %u, which %s", dependency_kind_name(job->never->kind),
             other->request->id,
             other->state == JOB_COMPLETED ? "is complete"
             : other->state == JOB_KILLED  ? "was killed"
                                           : "was cancelled");
    return buffer;
}

const struct node_list *job_assigned(const struct job *job)
{
    return job->has_change ? &job->wanted : &job->executing;
}

uint32_t job_assigned_gpus(const struct job *job)
{
    return job->has_change ? job->wanted_gpus : job->executing_gpus;
}

struct job *node_running_job(const struct node *node, uint32_t index)
{
    return index == 0 ? node->running_one : node->running_more[index - 1];
}

struct job *node_expected_job(const struct node *node, uint32_t index)
{
    return index == 0 ? node->expected_one : node->expected_more[index - 1];
}

/* --- Lists --------------------------------------------------------------------------------- */

static bool comes_before(const struct job *a, const struct job *b)
{
    return a->eligible_time < b->eligible_time ||
           (a->eligible_time <= b->eligible_time && a->request->id < b->request->id);
}

/* In the order of eligible times, which jobs have almost when they come. */
static void queue_insert(struct job_queue *queue, struct job *job)
{
    struct job *before = queue->last;
    while (before && comes_before(job, before))
        before = before->previous;
    job->previous = before;
    job->next = before ? before->next : queue->first;
    *(before ? &before->next : &queue->first) = job;
    *(job->next ? &job->next->previous : &queue->last) = job;
    queue->count++;
}

static void queue_append(struct job_queue *queue, struct job *job)
{
    job->next = NULL;
    job->previous = queue->last;
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
    queue->count++;
}

static void queue_remove(struct job_queue *queue, struct job *job)
{
    *(job->previous ? &job->previous->next : &queue->first) = job->next;
    *(job->next ? &job->next->previous : &queue->last) = job->previous;
    job->previous = job->next = NULL;
    queue->count--;
}

/* The jobs of a node: the first in the struct itself, the others in an array. */
struct resident_list {
    struct job **one;
    struct job ***more;
    uint32_t *count, *capacity;
};

static struct resident_list running_on(struct node *node)
{
    return (struct resident_list){&node->running_one, &node->running_more, &node->num_running,
                                  &node->running_capacity};
}

static struct resident_list expected_on(struct node *node)
{
    return (struct resident_list){&node->expected_one, &node->expected_more, &node->num_expected,
                                  &node->expected_capacity};
}

static int resident_add(struct resident_list list, struct job *job, struct error *err)
{
    if (*list.count == 0) {
        *list.one = job;
    } else {
        uint32_t index = *list.count - 1;
        if (index == *list.capacity) {
            uint32_t capacity = *list.capacity ? 2 * *list.capacity : 4;
            struct job **more = realloc(*list.more, capacity * sizeof(struct job *));
            if (!more)
                return error_no_memory(err);
            *list.more = more;
            *list.capacity = capacity;
        }
        (*list.more)[index] = job;
    }
    ++*list.count;
    return 0;
}

static void resident_remove(struct resident_list list, const struct job *job)
{
    uint32_t index = 0;
    while (index < *list.count && (index ? (*list.more)[index - 1] : *list.one) != job)
        index++;
    if (index == *list.count)
        return;
    for (; index + 1 < *list.count; index++) {
        struct job *next = (*list.more)[index];
        *(index ? &(*list.more)[index - 1] : list.one) = next;
    }
    --*list.count;
    if (*list.count == 0)
        *list.one = NULL;
}

static bool resident_has(struct resident_list list, const struct job *job)
{
    for (uint32_t i = 0; i < *list.count; i++)
        if ((i ? (*list.more)[i - 1] : *list.one) == job)
            return true;
    return false;
}

/* --- Derived facts ------------------------------------------------------------------------- */

static int job_changed(struct state *state, struct job *job, struct error *err)
{
    if (job->changed)
        return 0;
    if (state->num_changed_jobs == state->changed_jobs_capacity) {
        size_t capacity = state->changed_jobs_capacity ? 2 * state->changed_jobs_capacity : 64;
        struct job **jobs = realloc(state->changed_jobs, capacity * sizeof *jobs);
        if (!jobs)
            return error_no_memory(err);
        state->changed_jobs = jobs;
        state->changed_jobs_capacity = capacity;
    }
    state->changed_jobs[state->num_changed_jobs++] = job;
    job->changed = true;
    return 0;
}

static void node_changed(struct state *state, struct node *node)
{
    if (node->changed)
        return;
    node->changed = true;
    state->changed_nodes[state->num_changed_nodes++] = node;
}

/* Works out what follows from the jobs on a node, after they changed. */
static int node_settle(struct state *state, struct node *node, struct error *err)
{
    bool was_free = node->state == NODE_FREE;
    node->state = node->num_running    ? NODE_ALLOCATED
                  : node->num_expected ? NODE_RESERVED
                                       : NODE_FREE;
    bool is_free = node->state == NODE_FREE;
    if (was_free != is_free) {
        node_set_toggle(state->free_nodes, node->id);
        if (is_free)
            state->num_free++;
        else
            state->num_free--;
    }
    uint32_t gpus = node->description->num_gpus;
    node->gpus_allocated = node->gpu_claims < gpus ? node->gpu_claims : gpus;
    node_changed(state, node);
    state->num_node_changes++;
    if (!observers_want(state->observers, NODE_CHANGED))
        return 0;
    struct happening happening = {.kind = NODE_CHANGED, .state = state, .node = node};
    return observers_tell(state->observers, &happening, err);
}

static int occupy(struct state *state, struct job *job, uint32_t id, bool was_expected,
                  struct error *err)
{
    struct node *node = &state->nodes[id];
    if (was_expected)
        resident_remove(expected_on(node), job);
    if (resident_add(running_on(node), job, err))
        return -1;
    node->gpu_claims += job->executing_gpus;
    return node_settle(state, node, err);
}

static int vacate(struct state *state, struct job *job, uint32_t id, struct error *err)
{
    struct node *node = &state->nodes[id];
    resident_remove(running_on(node), job);
    node->gpu_claims -= job->executing_gpus;
    return node_settle(state, node, err);
}

static int release_reservations(struct state *state, struct job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->wanted.count; i++) {
        struct node *node = &state->nodes[job->wanted.ids[i]];
        if (!resident_has(expected_on(node), job))
            continue;
        resident_remove(expected_on(node), job);
        if (node_settle(state, node, err))
            return -1;
    }
    return 0;
}

static void drop_change(struct job *job)
{
    node_list_release(&job->wanted);
    job->has_change = false;
}

static void integrate_node_seconds(struct state *state, struct job *job)
{
    job->node_seconds += (double)job->executing.count * (state->now - job->node_seconds_until);
    job->node_seconds_until = state->now;
}

static void note_size(struct job *job)
{
    uint32_t count = job->executing.count;
    if (count < job->nodes_smallest)
        job->nodes_smallest = count;
    if (count > job->nodes_largest)
        job->nodes_largest = count;
}

/* --- Telling ------------------------------------------------------------------------------- */

static int tell(const struct state *state, enum happening_kind kind, const struct job *job,
                struct error *err)
{
    struct happening happening = {.kind = kind, .state = state, .job = job};
    return observers_tell(state->observers, &happening, err);
}

/* Tells of the nodes in one list that are not in another; of none only when a change waits. */
static int tell_nodes(const struct state *state, enum happening_kind kind, const struct job *job,
                      const struct node_list *list, const struct node_list *without,
                      struct error *err)
{
    if (!observers_want(state->observers, kind))
        return 0;
    uint64_t *set = node_set_create(state->platform->num_nodes, without, err);
    uint32_t *nodes = malloc((list->count + 1) * sizeof *nodes);
    uint32_t count = 0;
    for (uint32_t i = 0; set && nodes && i < list->count; i++)
        if (!node_set_has(set, list->ids[i]))
            nodes[count++] = list->ids[i];
    int result = set && nodes ? 0 : error_no_memory(err);
    struct happening happening = {
        .kind = kind, .state = state, .job = job, .nodes = {.ids = nodes, .count = count}};
    if (result == 0 && (count > 0 || kind == JOB_WANTS))
        result = observers_tell(state->observers, &happening, err);
    free(set);
    free(nodes);
    return result;
}

/* --- Transitions --------------------------------------------------------------------------- */

/* The only way from what others hold to what may be written. */
static struct job *own(struct state *state, const struct job *job)
{
    return &state->jobs[job->request->id];
}

#if defined __SANITIZE_ADDRESS__
#define STATE_IS_CHECKED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define STATE_IS_CHECKED 1
#endif
#endif
#if !defined STATE_IS_CHECKED
#define STATE_IS_CHECKED 0
#endif

/* What every transition ends with. */
static int settled(struct state *state, struct job *job, struct error *err)
{
    if (job_changed(state, job, err))
        return -1;
    const char *problem = STATE_IS_CHECKED ? state_check(state) : NULL;
    if (!problem)
        return 0;
    fprintf(stderr, "elastisim: after job %u changed: %s\n", job->request->id, problem);
    abort();
}

void lifecycle_show_wishes(struct state *state, const struct decisions *wishes)
{
    state->wishes = wishes;
}

void lifecycle_advance(struct state *state, double now)
{
    if (now > state->now)
        state->now = now;
}

int state_create(struct state *state, const struct configuration *configuration,
                 bool oversubscription, const struct platform *platform,
                 const struct workload *workload, const struct observers *observers,
                 struct error *err)
{
    *state = (struct state){.configuration = configuration,
                            .oversubscription = oversubscription,
                            .platform = platform,
                            .workload = workload,
                            .observers = observers,
                            .num_jobs = workload_num_jobs(workload)};
    size_t num_nodes = platform->num_nodes;
    state->jobs = calloc(state->num_jobs + 1, sizeof *state->jobs);
    state->nodes = calloc(num_nodes, sizeof *state->nodes);
    state->changed_nodes = calloc(num_nodes, sizeof *state->changed_nodes);
    state->free_nodes = calloc(num_nodes / 64 + 1, sizeof *state->free_nodes);
    if (!state->jobs || !state->nodes || !state->changed_nodes || !state->free_nodes) {
        state_release(state);
        return error_no_memory(err);
    }
    for (size_t i = 0; i < state->num_jobs; i++)
        state->jobs[i] = (struct job){.request = workload_job(workload, i),
                                      .run = state,
                                      .eligible_time = -1,
                                      .start_time = -1,
                                      .end_time = -1};
    for (uint32_t i = 0; i < platform->num_nodes; i++) {
        state->nodes[i] =
            (struct node){.description = &platform->nodes[i], .id = i, .state = NODE_ALLOCATED};
        if (node_settle(state, &state->nodes[i], err)) {
            state_release(state);
            return -1;
        }
    }
    return 0;
}

void state_release(struct state *state)
{
    for (size_t i = 0; state->jobs && i < state->num_jobs; i++) {
        struct job *job = &state->jobs[i];
        node_list_release(&job->executing);
        node_list_release(&job->wanted);
        arguments_clear(&job->runtime_arguments);
    }
    for (size_t i = 0; state->nodes && i < state->platform->num_nodes; i++) {
        free(state->nodes[i].running_more);
        free(state->nodes[i].expected_more);
    }
    free(state->jobs);
    free(state->nodes);
    free(state->changed_jobs);
    free(state->changed_nodes);
    free(state->free_nodes);
    *state = (struct state){0};
}

int lifecycle_submit(struct state *state, const struct job *subject, double eligible,
                     struct error *err)
{
    struct job *job = own(state, subject);
    job->state = JOB_PENDING;
    job->eligible_time = eligible;
    queue_insert(&state->pending, job);
    if (state->num_submitted <= job->request->id)
        state->num_submitted = job->request->id + 1;
    if (tell(state, JOB_SUBMITTED, job, err))
        return -1;
    return settled(state, job, err);
}

int lifecycle_cancel(struct state *state, const struct job *subject, const struct dependency *never,
                     struct error *err)
{
    struct job *job = own(state, subject);
    char reason[CANCEL_REASON];
    job->state = JOB_CANCELLED;
    job->end_time = state->now;
    job->never = never;
    state->num_cancelled++;
    struct happening happening = {.kind = JOB_ENDED,
                                  .state = state,
                                  .job = job,
                                  .reason = job_cancel_reason(job, reason, sizeof reason)};
    return observers_tell(state->observers, &happening, err);
}

int lifecycle_start(struct state *state, const struct job *subject, struct node_list nodes,
                    uint32_t gpus, struct error *err)
{
    struct job *job = own(state, subject);
    queue_remove(&state->pending, job);
    queue_append(&state->running, job);
    job->state = JOB_RUNNING;
    job->executing = nodes;
    job->executing_gpus = gpus;
    job->start_time = job->node_seconds_until = state->now;
    job->nodes_at_start = job->nodes_smallest = job->nodes_largest = nodes.count;
    if (tell(state, JOB_STARTED, job, err))
        return -1;
    for (uint32_t i = 0; i < nodes.count; i++)
        if (occupy(state, job, nodes.ids[i], false, err))
            return -1;
    return job_changed(state, job, err);
}

/* Replaces what the job is to run on, without reserving anything for it. */
static int replace_wish(struct state *state, struct job *job, struct node_list nodes, uint32_t gpus,
                        struct error *err)
{
    if (release_reservations(state, job, err)) {
        node_list_release(&nodes);
        return -1;
    }
    drop_change(job);
    job->wanted = nodes;
    job->wanted_gpus = gpus;
    job->has_change = !node_list_same(&nodes, &job->executing) || gpus != job->executing_gpus;
    if (!job->has_change)
        drop_change(job);
    return 0;
}

static int reserve_wanted(struct state *state, struct job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->wanted.count; i++) {
        struct node *node = &state->nodes[job->wanted.ids[i]];
        if (resident_has(running_on(node), job))
            continue;
        if (resident_add(expected_on(node), job, err) || node_settle(state, node, err))
            return -1;
    }
    return 0;
}

int lifecycle_want(struct state *state, const struct job *subject, struct node_list nodes,
                   uint32_t gpus, struct error *err)
{
    struct job *job = own(state, subject);
    bool had_change = job->has_change;
    if (replace_wish(state, job, nodes, gpus, err) || reserve_wanted(state, job, err))
        return -1;
    if (job->state != JOB_IN_RECONFIGURATION)
        job->state = job->has_change ? JOB_PENDING_RECONFIGURATION : JOB_RUNNING;
    if (!job->has_change && had_change && tell(state, JOB_WITHDREW, job, err))
        return -1;
    if (job->has_change && tell_nodes(state, JOB_WANTS, job, &job->wanted, &job->executing, err))
        return -1;
    return settled(state, job, err);
}

int lifecycle_want_at_point(struct state *state, const struct job *subject, struct node_list nodes,
                            uint32_t gpus, struct error *err)
{
    struct job *job = own(state, subject);
    bool had_change = job->has_change;
    if (replace_wish(state, job, nodes, gpus, err))
        return -1;
    job->state = job->has_change ? JOB_PENDING_RECONFIGURATION : JOB_RUNNING;
    if (had_change && tell(state, JOB_WITHDREW, job, err))
        return -1;
    return job_changed(state, job, err);
}

static int tell_reconfiguration(const struct state *state, const struct job *job,
                                const struct node_list *before, struct error *err)
{
    if (tell_nodes(state, JOB_GAVE_UP, job, before, &job->executing, err) ||
        tell_nodes(state, JOB_TOOK, job, &job->executing, before, err))
        return -1;
    return tell(state, JOB_RECONFIGURES, job, err);
}

int lifecycle_reconfigure(struct state *state, const struct job *subject, struct error *err)
{
    struct job *job = own(state, subject);
    integrate_node_seconds(state, job);
    struct node_list before = job->executing, after = job->wanted;
    uint32_t gpus_before = job->executing_gpus;
    uint64_t *kept_or_new = node_set_create(state->platform->num_nodes, &after, err);
    uint64_t *was_running = node_set_create(state->platform->num_nodes, &before, err);
    int result = kept_or_new && was_running ? 0 : -1;
    for (uint32_t i = 0; result == 0 && i < before.count; i++)
        if (!node_set_has(kept_or_new, before.ids[i]))
            result = vacate(state, job, before.ids[i], err);
    job->executing = after;
    job->executing_gpus = job->wanted_gpus;
    job->wanted = (struct node_list){0};
    job->has_change = false;
    for (uint32_t i = 0; result == 0 && i < after.count; i++) {
        struct node *node = &state->nodes[after.ids[i]];
        if (!node_set_has(was_running, node->id)) {
            result = occupy(state, job, node->id, true, err);
        } else if (gpus_before != job->executing_gpus) {
            node->gpu_claims += job->executing_gpus - gpus_before;
            result = node_settle(state, node, err);
        }
    }
    free(kept_or_new);
    free(was_running);
    note_size(job);
    job->reconfigurations++;
    job->state = JOB_IN_RECONFIGURATION;
    if (result == 0)
        result = tell_reconfiguration(state, job, &before, err);
    node_list_release(&before);
    return result ? -1 : settled(state, job, err);
}

int lifecycle_resume(struct state *state, const struct job *subject, struct error *err)
{
    struct job *job = own(state, subject);
    job->state = job->has_change ? JOB_PENDING_RECONFIGURATION : JOB_RUNNING;
    if (tell(state, JOB_RESUMED, job, err))
        return -1;
    return settled(state, job, err);
}

/* Takes a running job's nodes and reservations away. */
static int vacate_all(struct state *state, struct job *job, struct error *err)
{
    if (release_reservations(state, job, err))
        return -1;
    drop_change(job);
    for (uint32_t i = 0; i < job->executing.count; i++)
        if (vacate(state, job, job->executing.ids[i], err))
            return -1;
    node_list_release(&job->executing);
    return 0;
}

int lifecycle_end(struct state *state, const struct job *subject, const char *reason,
                  struct error *err)
{
    struct job *job = own(state, subject);
    job->end_time = state->now;
    if (job->state == JOB_PENDING) {
        queue_remove(&state->pending, job);
    } else {
        queue_remove(&state->running, job);
        integrate_node_seconds(state, job);
        if (vacate_all(state, job, err))
            return -1;
    }
    job->state = reason ? JOB_KILLED : JOB_COMPLETED;
    if (reason) {
        state->num_killed++;
    } else {
        state->num_completed++;
        job->completed_phases = job->request->total_phases;
    }
    struct happening happening = {.kind = JOB_ENDED, .state = state, .job = job, .reason = reason};
    if (observers_tell(state->observers, &happening, err))
        return -1;
    return settled(state, job, err);
}

int lifecycle_progress(struct state *state, const struct job *subject, uint64_t completed,
                       struct error *err)
{
    struct job *job = own(state, subject);
    job->completed_phases = completed;
    return job_changed(state, job, err);
}

int lifecycle_set_argument(struct state *state, const struct job *subject, const char *key,
                           const char *value, struct error *err)
{
    struct job *job = own(state, subject);
    if (arguments_set(&job->runtime_arguments, key, value, err))
        return -1;
    return job_changed(state, job, err);
}

/* --- Changes ------------------------------------------------------------------------------- */

static int compare_changed_jobs(const void *a, const void *b)
{
    const struct job *x = *(struct job *const *)a, *y = *(struct job *const *)b;
    return (x->request->id > y->request->id) - (x->request->id < y->request->id);
}

static int compare_changed_nodes(const void *a, const void *b)
{
    const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

void state_sort_changes(struct state *state)
{
    if (state->num_changed_jobs > 1)
        qsort(state->changed_jobs, state->num_changed_jobs, sizeof *state->changed_jobs,
              compare_changed_jobs);
    if (state->num_changed_nodes > 1)
        qsort(state->changed_nodes, state->num_changed_nodes, sizeof *state->changed_nodes,
              compare_changed_nodes);
}

void state_forget_changes(struct state *state)
{
    for (size_t i = 0; i < state->num_changed_jobs; i++)
        state->changed_jobs[i]->changed = false;
    for (size_t i = 0; i < state->num_changed_nodes; i++)
        state->changed_nodes[i]->changed = false;
    state->num_changed_jobs = 0;
    state->num_changed_nodes = 0;
}

/* --- Invariants ---------------------------------------------------------------------------- */

static const char *check_node(const struct state *state, const struct node *node)
{
    enum node_state expected = node->num_running    ? NODE_ALLOCATED
                               : node->num_expected ? NODE_RESERVED
                                                    : NODE_FREE;
    if (node->state != expected)
        return "a node's state does not follow from its jobs";
    if ((node->state == NODE_FREE) != node_set_has(state->free_nodes, node->id))
        return "the set of free nodes is wrong";
    if (!state->oversubscription && node->num_running + node->num_expected > 1)
        return "a node has several jobs without oversubscription";
    for (uint32_t i = 0; i < node->num_running; i++)
        if (!job_is_running(node_running_job(node, i)))
            return "a node runs a job that does not run";
    return NULL;
}

static const char *check_job(const struct state *state, const struct job *job)
{
    if (job_is_running(job) != (job->executing.count > 0))
        return "a job that runs has no nodes, or one that does not has some";
    for (uint32_t i = 0; i < job->executing.count; i++)
        if (!resident_has(running_on(&state->nodes[job->executing.ids[i]]), job))
            return "a job runs on a node that does not know it";
    if (job->state == JOB_PENDING_RECONFIGURATION && !job->has_change)
        return "a job waits for a change that does not exist";
    return NULL;
}

const char *state_check(const struct state *state)
{
    uint32_t num_free = 0;
    for (uint32_t i = 0; i < state->platform->num_nodes; i++) {
        const char *problem = check_node(state, &state->nodes[i]);
        if (problem)
            return problem;
        num_free += state->nodes[i].state == NODE_FREE;
    }
    if (num_free != state->num_free)
        return "the number of free nodes is wrong";
    size_t pending = 0, running = 0;
    for (size_t i = 0; i < state->num_jobs; i++) {
        const char *problem = check_job(state, &state->jobs[i]);
        if (problem)
            return problem;
        pending += state->jobs[i].state == JOB_PENDING;
        running += job_is_running(&state->jobs[i]);
    }
    if (pending != state->pending.count || running != state->running.count)
        return "a queue's length is wrong";
    return NULL;
}
