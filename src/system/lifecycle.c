/* Promise: after each public call, every derived fact agrees with the states (state_check). */
#include "system/lifecycle.h"

#include "base/bit_set.h"
#include "base/vector.h"
#include "system/budget.h"
#include "system/check.h"
#include "system/job_queue.h"
#include "system/residents.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Nodes of a word of a set, a bit for each. */
static void nodes_changed(struct state *state, size_t word, uint64_t nodes)
{
    uint64_t more = nodes & ~state->touched_nodes[word];
    state->touched_nodes[word] |= more;
    state->num_changed_nodes += bit_set_count(more);
    if (word < state->first_touched)
        state->first_touched = word;
    if (word >= state->end_touched)
        state->end_touched = word + 1;
}

static void node_changed(struct state *state, const struct node *node)
{
    nodes_changed(state, node->id / BITS_PER_WORD, bit_set_bit(node->id));
}

static void put_into_set(uint64_t *set, uint32_t id, bool belongs)
{
    if (belongs)
        bit_set_add(set, id);
    else
        bit_set_remove(set, id);
}

/* Works out what follows from the jobs on a node, after they changed. */
static int node_settle(struct state *state, struct node *node, struct error *err)
{
    bool was_free = bit_set_has(state->free_nodes, node->id);
    bool is_free = node_state_of(node) == NODE_FREE, is_up = node->availability == NODE_UP;
    put_into_set(state->free_nodes, node->id, is_free);
    put_into_set(state->up_nodes, node->id, is_up);
    put_into_set(state->plain_nodes, node->id,
                 is_up && node_num_running(node) <= 1 && !node->expected_one);
    state->num_free += (uint32_t)is_free - (uint32_t)was_free;
    uint32_t gpus = node->description->num_gpus;
    node->gpus_allocated = node->gpu_claims < gpus ? node->gpu_claims : gpus;
    node_changed(state, node);
    state->num_node_changes++;
    if (state->budget)
        budget_note(state->budget, node);
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
        residents_remove(residents_expected(node), job);
    if (residents_add(residents_running(node), job, err))
        return -1;
    node->gpu_claims += job->executing_gpus;
    return node_settle(state, node, err);
}

static int vacate(struct state *state, struct job *job, uint32_t id, struct error *err)
{
    struct node *node = &state->nodes[id];
    residents_remove(residents_running(node), job);
    node->gpu_claims -= job->executing_gpus;
    return node_settle(state, node, err);
}

/* Whether what becomes of a job's nodes can be done for a word of them at a time: nobody hears of
 * each, and they have nothing to count. */
static bool goes_by_word(const struct state *state, const struct job *job)
{
    return job->executing_gpus == 0 && !state->budget &&
           !observers_want(state->observers, NODE_CHANGED);
}

/* Nodes of a word, all of them plain, which run nothing now or from now on. */
static void toggle_free(struct state *state, size_t word, uint64_t nodes, bool is_free)
{
    uint32_t count = bit_set_count(nodes);
    state->free_nodes[word] ^= nodes;
    state->num_free += is_free ? count : 0 - count;
    state->num_node_changes += count;
    nodes_changed(state, word, nodes);
}

/* A job begins on nodes that nothing is expected of it on. */
static int occupy_all(struct state *state, struct job *job, const struct node_list *nodes,
                      struct error *err)
{
    bool by_word = goes_by_word(state, job);
    for (uint32_t i = 0, end; i < nodes->count; i = end) {
        size_t word;
        uint64_t bits;
        end = i + (uint32_t)bit_set_gather(nodes->ids + i, nodes->count - i, &word, &bits);
        bool are_free = (bits & ~state->free_nodes[word]) == 0;
        for (uint32_t j = i; j < end; j++)
            if (by_word && are_free)
                state->runners[nodes->ids[j]] = job;
            else if (occupy(state, job, nodes->ids[j], false, err))
                return -1;
        if (by_word && are_free)
            toggle_free(state, word, bits, false);
    }
    return 0;
}

/* It leaves all of them. */
static int leave_all(struct state *state, struct job *job, struct error *err)
{
    const struct node_list *nodes = &job->executing;
    bool by_word = goes_by_word(state, job);
    for (uint32_t i = 0, end; i < nodes->count; i = end) {
        size_t word;
        uint64_t bits;
        end = i + (uint32_t)bit_set_gather(nodes->ids + i, nodes->count - i, &word, &bits);
        bool are_plain = (bits & ~state->plain_nodes[word]) == 0;
        for (uint32_t j = i; j < end; j++)
            if (by_word && are_plain)
                state->runners[nodes->ids[j]] = NULL;
            else if (vacate(state, job, nodes->ids[j], err))
                return -1;
        if (by_word && are_plain)
            toggle_free(state, word, bits, true);
    }
    return 0;
}

static int release_reservations(struct state *state, struct job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->wanted.count; i++) {
        struct node *node = &state->nodes[job->wanted.ids[i]];
        if (!node->expected_one || !residents_have(residents_expected(node), job))
            continue;
        residents_remove(residents_expected(node), job);
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

static void check_all(const struct state *state, const char *what, uint32_t id)
{
    const char *problem = STATE_IS_CHECKED ? state_check(state) : NULL;
    if (!problem)
        return;
    fprintf(stderr, "elastisim: after %s %u changed: %s\n", what, id, problem);
    abort();
}

/* What every transition ends with. */
static int settled(struct state *state, struct job *job, struct error *err)
{
    if (job_changed(state, job, err))
        return -1;
    check_all(state, "job", job->request->id);
    return 0;
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
    state->runners = calloc(num_nodes, sizeof(struct job *));
    state->changed_nodes = calloc(num_nodes, sizeof *state->changed_nodes);
    state->free_nodes = bit_set_create(num_nodes);
    state->up_nodes = bit_set_create(num_nodes);
    state->announced_nodes = bit_set_create(num_nodes);
    state->plain_nodes = bit_set_create(num_nodes);
    state->touched_nodes = bit_set_create(num_nodes);
    state->first_touched = SIZE_MAX;
    if (!state->jobs || !state->nodes || !state->runners || !state->changed_nodes ||
        !state->free_nodes || !state->up_nodes || !state->announced_nodes || !state->plain_nodes ||
        !state->touched_nodes) {
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
        state->nodes[i] = (struct node){.description = &platform->nodes[i],
                                        .id = i,
                                        .runner = &state->runners[i],
                                        .returns = INFINITY,
                                        .leaves = INFINITY};
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
        free(state->nodes[i].announced);
        free(state->nodes[i].running_more);
        free(state->nodes[i].expected_more);
    }
    free(state->jobs);
    free(state->nodes);
    free(state->changed_jobs);
    free(state->runners);
    free(state->changed_nodes);
    free(state->free_nodes);
    budget_release(state->budget);
    free(state->up_nodes);
    free(state->announced_nodes);
    free(state->plain_nodes);
    free(state->touched_nodes);
    *state = (struct state){0};
}

int lifecycle_submit(struct state *state, const struct job *subject, double eligible,
                     struct error *err)
{
    struct job *job = own(state, subject);
    job->state = JOB_PENDING;
    job->eligible_time = eligible;
    job_queue_insert(&state->pending, job);
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
    job_queue_remove(&state->pending, job);
    job_queue_append(&state->running, job);
    job->state = JOB_RUNNING;
    job->executing = nodes;
    job->executing_gpus = gpus;
    job->start_time = job->node_seconds_until = state->now;
    job->suspended_before = job->suspended_seconds;
    job->node_seconds_passed = job->node_seconds_saved = job->node_seconds;
    job->nodes_at_start = nodes.count;
    if (job->attempts++ == 0)
        job->nodes_smallest = job->nodes_largest = nodes.count;
    note_size(job);
    if (tell(state, JOB_STARTED, job, err))
        return -1;
    return occupy_all(state, job, &job->executing, err) || job_changed(state, job, err) ? -1 : 0;
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
        if (*node->runner == job || residents_have(residents_running(node), job))
            continue;
        if (residents_add(residents_expected(node), job, err) || node_settle(state, node, err))
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

static void end_suspension(struct job *job)
{
    job->suspended_seconds = job_suspended_seconds(job);
    job->suspended = false;
}

int lifecycle_suspend(struct state *state, const struct job *subject, struct error *err)
{
    struct job *job = own(state, subject);
    if (job->suspended)
        return 0;
    job->suspended = true;
    job->suspended_since = state->now;
    if (tell(state, JOB_SUSPENDED, job, err))
        return -1;
    return settled(state, job, err);
}

int lifecycle_continue(struct state *state, const struct job *subject, struct error *err)
{
    struct job *job = own(state, subject);
    if (!job->suspended)
        return 0;
    end_suspension(job);
    if (tell(state, JOB_CONTINUED, job, err))
        return -1;
    return settled(state, job, err);
}

int lifecycle_withdraw(struct state *state, const struct job *subject, struct error *err)
{
    struct job *job = own(state, subject);
    if (!job->has_change)
        return 0;
    if (release_reservations(state, job, err))
        return -1;
    drop_change(job);
    if (job->state == JOB_PENDING_RECONFIGURATION)
        job->state = JOB_RUNNING;
    if (tell(state, JOB_WITHDREW, job, err))
        return -1;
    return settled(state, job, err);
}

static double node_seconds_now(const struct state *state, const struct job *job)
{
    return job->node_seconds + job->executing.count * (state->now - job->node_seconds_until);
}

int lifecycle_shrink(struct state *state, const struct job *subject, struct node_list nodes,
                     struct error *err)
{
    struct job *job = own(state, subject);
    double seconds = node_seconds_now(state, job);
    job->lost_node_seconds += seconds - job->node_seconds_passed;
    if (lifecycle_withdraw(state, job, err)) {
        node_list_release(&nodes);
        return -1;
    }
    job->wanted = nodes;
    job->wanted_gpus = job->executing_gpus;
    job->has_change = true;
    if (lifecycle_reconfigure(state, job, err))
        return -1;
    job->node_seconds_passed = job->node_seconds;
    return 0;
}

int lifecycle_save(struct state *state, const struct job *subject, uint64_t phases, size_t task,
                   struct error *err)
{
    struct job *job = own(state, subject);
    job->has_checkpoint = true;
    job->saved_phases = phases;
    job->saved_task = task;
    job->node_seconds_saved = node_seconds_now(state, job);
    return tell(state, JOB_SAVED, job, err);
}

/* Takes a running job's nodes and reservations away. */
static int vacate_all(struct state *state, struct job *job, struct error *err)
{
    if (release_reservations(state, job, err))
        return -1;
    drop_change(job);
    if (leave_all(state, job, err))
        return -1;
    node_list_release(&job->executing);
    return 0;
}

/* Back to its last checkpoint, or to the start. */
static void rewind_job(struct job *job, bool from_checkpoint)
{
    bool restarts = from_checkpoint && job->has_checkpoint;
    uint64_t kept = restarts ? job->saved_phases : 0;
    double seconds = restarts ? job->node_seconds_saved : job->lost_node_seconds;
    job->lost_node_seconds += job->node_seconds - seconds;
    if (job->completed_phases > kept)
        job->lost_phases += job->completed_phases - kept;
    job->completed_phases = kept;
    job->has_checkpoint = restarts;
}

int lifecycle_requeue(struct state *state, const struct job *subject, bool from_checkpoint,
                      const char *reason, struct error *err)
{
    struct job *job = own(state, subject);
    job_queue_remove(&state->running, job);
    integrate_node_seconds(state, job);
    if (vacate_all(state, job, err))
        return -1;
    job->executing_gpus = 0; /* the next start has its own */
    end_suspension(job);
    rewind_job(job, from_checkpoint);
    job->requeues++;
    job->state = JOB_PENDING;
    job->start_time = -1;
    job_queue_insert(&state->pending, job);
    struct happening happening = {
        .kind = JOB_REQUEUED, .state = state, .job = job, .reason = reason};
    if (observers_tell(state->observers, &happening, err))
        return -1;
    return settled(state, job, err);
}

void lifecycle_write_off(struct state *state, const struct job *subject)
{
    struct job *job = own(state, subject);
    job->lost_node_seconds = node_seconds_now(state, job);
}

int lifecycle_end(struct state *state, const struct job *subject, const char *reason,
                  struct error *err)
{
    struct job *job = own(state, subject);
    job->end_time = state->now;
    end_suspension(job);
    if (job->state == JOB_PENDING) {
        job_queue_remove(&state->pending, job);
    } else {
        job_queue_remove(&state->running, job);
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
    if (completed > job->completed_phases)
        job->node_seconds_passed = node_seconds_now(state, job);
    job->completed_phases = completed;
    return job_changed(state, job, err);
}

void lifecycle_pass(struct state *state, const struct job *subject)
{
    struct job *job = own(state, subject);
    job->node_seconds_passed = node_seconds_now(state, job);
}

int lifecycle_set_argument(struct state *state, const struct job *subject, const char *key,
                           const char *value, struct error *err)
{
    struct job *job = own(state, subject);
    if (arguments_set(&job->runtime_arguments, key, value, err))
        return -1;
    return job_changed(state, job, err);
}

static bool is_announced(const struct node *node, const struct announcement *announced,
                         size_t count)
{
    if (node->num_announced != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct announcement *a = &node->announced[i], *b = &announced[i];
        if (a->kind != b->kind || a->from < b->from || a->from > b->from || a->until < b->until ||
            a->until > b->until)
            return false;
    }
    return true;
}

int lifecycle_announce(struct state *state, const struct node *subject,
                       const struct announcement *announced, size_t count, struct error *err)
{
    struct node *node = &state->nodes[subject->id];
    if (is_announced(node, announced, count))
        return 0;
    if (array_reserve(node->announced, node->announced_room, count))
        return error_no_memory(err);
    if (count > 0)
        memcpy(node->announced, announced, count * sizeof *announced);
    node->num_announced = count;
    put_into_set(state->announced_nodes, node->id, count > 0);
    node->leaves = count > 0 ? announced[0].from : INFINITY;
    node_changed(state, node);
    return 0;
}

int lifecycle_set_availability(struct state *state, const struct node *subject,
                               enum node_availability availability, double returns,
                               struct error *err)
{
    struct node *node = &state->nodes[subject->id];
    bool is_other = node->availability != availability;
    node->availability = availability;
    node->returns = availability == NODE_UP ? INFINITY : returns;
    if (!is_other)
        node_changed(state, node);
    else if (node_settle(state, node, err))
        return -1;
    check_all(state, "node", node->id);
    return 0;
}

/* --- Changes ------------------------------------------------------------------------------- */

static int compare_changed_jobs(const void *a, const void *b)
{
    const struct job *x = *(struct job *const *)a, *y = *(struct job *const *)b;
    return (x->request->id > y->request->id) - (x->request->id < y->request->id);
}

static void list_changed_nodes(struct state *state)
{
    size_t count = 0;
    for (size_t word = state->first_touched; word < state->end_touched; word++)
        for (uint64_t bits = state->touched_nodes[word]; bits; bits &= bits - 1)
            state->changed_nodes[count++] =
                &state->nodes[word * BITS_PER_WORD + bit_set_lowest(bits)];
}

void state_sort_changes(struct state *state, bool lists_nodes)
{
    if (state->num_changed_jobs > 1)
        qsort(state->changed_jobs, state->num_changed_jobs, sizeof *state->changed_jobs,
              compare_changed_jobs);
    state->has_node_list = lists_nodes;
    if (lists_nodes)
        list_changed_nodes(state);
}

void state_forget_changes(struct state *state)
{
    for (size_t i = 0; i < state->num_changed_jobs; i++)
        state->changed_jobs[i]->changed = false;
    for (size_t word = state->first_touched; word < state->end_touched; word++)
        state->touched_nodes[word] = 0;
    state->num_changed_jobs = 0;
    state->num_changed_nodes = 0;
    state->first_touched = SIZE_MAX;
    state->end_touched = 0;
}
