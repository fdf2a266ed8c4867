/* Promise: an invocation costs what changed since the last one (jobs, nodes), plus what the queue's
 * search for jobs that can start costs. */
#include "policies/engine.h"

#include "policies/policy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The least correction (seconds), and its relation to the time the job has run. */
#define LEAST_CORRECTION 60.0
#define CORRECTION 0.1

/* --- Lists of IDs -------------------------------------------------------------------------- */

int ids_append(struct ids *ids, uint32_t id)
{
    if (ids->count == ids->capacity) {
        uint32_t capacity = ids->capacity ? 2 * ids->capacity : 16;
        uint32_t *items = realloc(ids->items, capacity * sizeof *items);
        if (!items)
            return -1;
        ids->items = items;
        ids->capacity = capacity;
    }
    ids->items[ids->count++] = id;
    return 0;
}

bool ids_remove(struct ids *ids, uint32_t id)
{
    for (uint32_t i = 0; i < ids->count; i++) {
        if (ids->items[i] != id)
            continue;
        ids->count--;
        memmove(ids->items + i, ids->items + i + 1, (ids->count - i) * sizeof *ids->items);
        return true;
    }
    return false;
}

void ids_release(struct ids *ids)
{
    free(ids->items);
    *ids = (struct ids){0};
}

/* --- Jobs ---------------------------------------------------------------------------------- */

struct entry *engine_entry(const struct engine *engine, size_t job)
{
    return job < engine->num_entries ? engine->entries[job] : NULL;
}

bool is_malleable(const struct entry *entry)
{
    return entry->type == ELASTISIM_MALLEABLE || entry->type == ELASTISIM_ADAPTIVE;
}

int engine_duration(struct engine *engine, const struct entry *entry, uint32_t count,
                    double *seconds)
{
    bool follows_size;
    *seconds = entry->estimate;
    if (!entry->follows_size || count == entry->least)
        return 0;
    return estimates_duration(&engine->estimates, entry->job, count, seconds, &follows_size,
                              engine->err);
}

/* Works out how long it runs, and how long at least: models are asked at the sizes it is likely to
 * have. */
static int estimate(struct engine *engine, struct entry *entry)
{
    uint32_t sizes[] = {entry->preferred, entry->most};
    double seconds;
    if (estimates_duration(&engine->estimates, entry->job, entry->least, &entry->estimate,
                           &entry->follows_size, engine->err))
        return -1;
    entry->shortest = entry->estimate;
    for (size_t i = 0; i < 2 && entry->follows_size; i++) {
        if (engine_duration(engine, entry, sizes[i], &seconds))
            return -1;
        entry->shortest = fmin(entry->shortest, seconds);
    }
    return 0;
}

/* GPUs per node: the most that the job takes and enough nodes have. */
static uint32_t gpus_of(const struct engine *engine, const struct entry *entry, bool burst_buffer)
{
    uint32_t gpus = elastisim_job_gpus_max(entry->job);
    uint32_t least = elastisim_job_gpus_min(entry->job);
    while (gpus > least &&
           pool_size(&engine->pool, pool_classes(&engine->pool, gpus, burst_buffer)) < entry->least)
        gpus--;
    return gpus;
}

static int entry_fill(struct engine *engine, struct entry *entry, struct elastisim_job *job)
{
    entry->job = job;
    entry->id = (uint32_t)elastisim_job_id(job);
    entry->type = elastisim_job_type(job);
    entry->least = elastisim_job_nodes_min(job);
    entry->most = elastisim_job_nodes_max(job);
    bool burst_buffer = elastisim_job_uses_burst_buffer(job);
    entry->gpus = gpus_of(engine, entry, burst_buffer);
    entry->classes = pool_classes(&engine->pool, entry->gpus, burst_buffer);
    entry->walltime = elastisim_job_walltime(job);
    entry->io_rate = fmax(0, elastisim_job_attribute_number(job, "io_rate", 0));
    entry->reserved_start = INFINITY;
    return estimates_preferred(&engine->estimates, job, &entry->preferred, engine->err) ||
                   estimate(engine, entry)
               ? -1
               : 0;
}

static void entry_destroy(struct entry *entry)
{
    if (!entry)
        return;
    ids_release(&entry->leaving);
    ids_release(&entry->kept_nodes);
    free(entry);
}

static struct entry *entry_create(struct engine *engine, struct elastisim_job *job)
{
    size_t counts = engine->pool.num_classes * sizeof(uint32_t);
    struct entry *entry = calloc(1, sizeof *entry + counts);
    if (entry && entry_fill(engine, entry, job)) {
        entry_destroy(entry);
        return NULL;
    }
    return entry;
}

static int make_room_for_job(struct engine *engine, size_t id)
{
    if (id >= engine->entries_capacity) {
        size_t capacity = engine->entries_capacity ? 2 * engine->entries_capacity : 256;
        while (capacity <= id)
            capacity *= 2;
        struct entry **entries = realloc(engine->entries, capacity * sizeof *entries);
        if (!entries)
            return -1;
        engine->entries = entries;
        engine->entries_capacity = capacity;
    }
    while (engine->num_entries <= id)
        engine->entries[engine->num_entries++] = NULL;
    return 0;
}

/* Whether a job came where it may change the plan for those that have reservations. */
static bool comes_in_front(const struct engine *engine, const struct entry *entry)
{
    if (engine->options.backfill == BACKFILL_CONSERVATIVE)
        return queue_next(engine, entry, &want_all) != NULL;
    return !engine->last_blocked || engine->num_blocked < engine->options.reservation_depth ||
           queue_precedes(entry, engine->last_blocked);
}

static int submit(struct engine *engine, struct elastisim_job *job)
{
    size_t id = elastisim_job_id(job);
    if (make_room_for_job(engine, id))
        return -1;
    struct entry *entry = entry_create(engine, job);
    if (!entry)
        return -1;
    engine->entries[id] = entry;
    if (queue_identify(engine, entry))
        return -1;
    queue_add(engine, entry);
    engine->head_changed = engine->head_changed || comes_in_front(engine, entry);
    return ids_append(&engine->arrivals, entry->id);
}

/* --- Running jobs -------------------------------------------------------------------------- */

static bool ends_before(const struct entry *a, const struct entry *b)
{
    return a->expected_end < b->expected_end ||
           (a->expected_end <= b->expected_end && a->id < b->id);
}

/* The place of a running job, or where it belongs. */
static size_t running_place(const struct engine *engine, const struct entry *entry)
{
    size_t low = 0, high = engine->num_running;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ends_before(engine->running[middle], entry))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int add_running(struct engine *engine, struct entry *entry)
{
    if (engine->num_running == engine->running_capacity) {
        size_t capacity = engine->running_capacity ? 2 * engine->running_capacity : 64;
        struct entry **running = realloc(engine->running, capacity * sizeof *running);
        if (!running)
            return -1;
        engine->running = running;
        engine->running_capacity = capacity;
    }
    size_t place = running_place(engine, entry);
    memmove(engine->running + place + 1, engine->running + place,
            (engine->num_running - place) * sizeof *engine->running);
    engine->running[place] = entry;
    engine->num_running++;
    return 0;
}

static void remove_running(struct engine *engine, const struct entry *entry)
{
    size_t place = running_place(engine, entry);
    engine->num_running--;
    memmove(engine->running + place, engine->running + place + 1,
            (engine->num_running - place) * sizeof *engine->running);
}

static void add_malleable(struct engine *engine, struct entry *entry)
{
    struct entry **place = &engine->malleable;
    while (*place && (*place)->id < entry->id)
        place = &(*place)->next_malleable;
    entry->next_malleable = *place;
    *place = entry;
}

static void remove_malleable(struct engine *engine, const struct entry *entry)
{
    struct entry **place = &engine->malleable;
    while (*place && *place != entry)
        place = &(*place)->next_malleable;
    if (*place)
        *place = entry->next_malleable;
}

static int occupy_profile(struct engine *engine, const struct entry *entry, double from, double to,
                          const uint32_t *nodes, int sign)
{
    (void)entry;
    return engine->has_profile ? profile_add(&engine->profile, from, to, nodes, sign) : 0;
}

static uint32_t sum_counts(const struct engine *engine, const uint32_t *counts)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < engine->pool.num_classes; i++)
        sum += counts[i];
    return sum;
}

int engine_start(struct engine *engine, struct entry *entry, const uint32_t *quota, uint32_t count)
{
    if (drop_reservation(engine, entry))
        return -1;
    queue_remove(engine, entry);
    memset(entry->counts, 0, engine->pool.num_classes * sizeof *entry->counts);
    if (entry->type != ELASTISIM_RIGID &&
        elastisim_assign_gpus(engine->view, entry->job, entry->gpus))
        return -1;
    if (pool_assign(engine, entry, quota, count) || release_promises(engine, entry))
        return -1;
    double duration;
    if (engine_duration(engine, entry, count, &duration))
        return -1;
    entry->state = ENTRY_RUNNING;
    entry->start_time = engine->now;
    entry->expected_end = engine->now + duration;
    if (is_malleable(entry))
        add_malleable(engine, entry);
    queue_account(engine, entry, count);
    engine->io_rates += entry->io_rate;
    return add_running(engine, entry) || occupy_profile(engine, entry, engine->now,
                                                        entry->expected_end, entry->counts, -1)
               ? -1
               : 0;
}

/* Moves the expected end of a job that runs. */
static int move_end(struct engine *engine, struct entry *entry, double end)
{
    double before = entry->expected_end;
    remove_running(engine, entry);
    entry->expected_end = end;
    engine->early = engine->early || end < before;
    engine->replan = engine->replan || end > before;
    if (add_running(engine, entry))
        return -1;
    return end < before ? occupy_profile(engine, entry, end, before, entry->counts, 1)
                        : occupy_profile(engine, entry, before, end, entry->counts, -1);
}

/* A job whose estimate follows its size goes on faster or slower from now on: what is left of it
 * takes as much longer as all of it would. */
static int retime(struct engine *engine, struct entry *entry, uint32_t before, uint32_t after)
{
    double on_before, on_after, left = fmax(0, entry->expected_end - engine->now);
    if (!entry->follows_size || before == after || after == 0 || isinf(left))
        return 0;
    if (engine_duration(engine, entry, before, &on_before) ||
        engine_duration(engine, entry, after, &on_after))
        return -1;
    if (on_before <= 0)
        return 0;
    double end = engine->now + left * (on_after / on_before);
    return move_end(engine, entry,
                    entry->walltime > 0
                        ? fmin(end, fmax(engine->now, entry->start_time + entry->walltime))
                        : end);
}

int engine_grow(struct engine *engine, struct entry *entry, const uint32_t *quota, uint32_t count)
{
    uint32_t more[MAX_NODE_CLASSES];
    size_t classes = engine->pool.num_classes;
    memcpy(more, entry->counts, classes * sizeof *more);
    if (pool_assign(engine, entry, quota, count))
        return -1;
    for (size_t i = 0; i < classes; i++)
        more[i] = entry->counts[i] - more[i];
    queue_account(engine, entry, count);
    uint32_t size = sum_counts(engine, entry->counts);
    return occupy_profile(engine, entry, engine->now, entry->expected_end, more, -1) ||
                   retime(engine, entry, size - count, size)
               ? -1
               : 0;
}

/* A node is the job's no longer. */
static int shrink_by(struct engine *engine, struct entry *entry, uint32_t node)
{
    uint32_t one[MAX_NODE_CLASSES] = {0};
    size_t class_of_node = engine->pool.class_of[node];
    one[class_of_node] = 1;
    entry->counts[class_of_node]--;
    engine->early = true;
    queue_account(engine, entry, -1);
    uint32_t size = sum_counts(engine, entry->counts);
    return occupy_profile(engine, entry, engine->now, entry->expected_end, one, 1) ||
                   retime(engine, entry, size + 1, size)
               ? -1
               : 0;
}

bool engine_at_point(const struct engine *engine, const struct entry *entry)
{
    enum elastisim_invocation kind = elastisim_invocation(engine->view);
    return elastisim_trigger(engine->view) == entry->job &&
           (kind == ELASTISIM_SCHEDULING_POINT || kind == ELASTISIM_EVOLVING_REQUEST);
}

static bool runs_on(const struct entry *entry, const struct elastisim_node *node)
{
    for (uint32_t i = 0; i < elastisim_node_num_jobs(node); i++)
        if (elastisim_node_job(node, i) == entry->job)
            return true;
    return false;
}

int engine_take(struct engine *engine, struct entry *entry, uint32_t node)
{
    struct elastisim_node *taken = elastisim_node(engine->view, node);
    if (elastisim_remove(engine->view, entry->job, taken))
        return -1;
    if (!engine_at_point(engine, entry) && runs_on(entry, taken)) {
        engine->pool.leaver[node] = entry->id + 1;
        return ids_append(&entry->leaving, node);
    }
    pool_set_idle(engine, node, true);
    return shrink_by(engine, entry, node);
}

int engine_give_back(struct engine *engine, uint32_t node)
{
    uint32_t leaver = engine->pool.leaver[node];
    struct entry *entry = leaver ? engine_entry(engine, leaver - 1) : NULL;
    /* It may have left already. */
    if (!entry || !runs_on(entry, elastisim_node(engine->view, node)))
        return 0;
    engine->pool.leaver[node] = 0;
    ids_remove(&entry->leaving, node);
    return elastisim_assign(engine->view, entry->job, elastisim_node(engine->view, node));
}

int engine_settle_leaving(struct engine *engine, struct entry *entry, bool idle)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < entry->leaving.count; i++) {
        uint32_t node = entry->leaving.items[i];
        if (!idle && runs_on(entry, elastisim_node(engine->view, node))) {
            entry->leaving.items[kept++] = node;
            continue;
        }
        engine->pool.leaver[node] = 0;
        if (idle)
            pool_set_idle(engine, node, true);
        if (shrink_by(engine, entry, node))
            return -1;
    }
    entry->leaving.count = kept;
    return 0;
}

/* A job that runs longer than expected: its walltime is the next guess, then a bit more again and
 * again (cf. Tsafrir, Etsion, Feitelson 2007). */
static int correct(struct engine *engine, struct entry *entry)
{
    double before = entry->expected_end, elapsed = engine->now - entry->start_time;
    double end = entry->start_time + entry->walltime;
    if (end <= engine->now)
        end = engine->now + fmax(LEAST_CORRECTION, CORRECTION * elapsed);
    remove_running(engine, entry);
    entry->expected_end = end;
    engine->replan = true;
    return add_running(engine, entry) ||
                   occupy_profile(engine, entry, before, end, entry->counts, -1)
               ? -1
               : 0;
}

static int correct_expectations(struct engine *engine)
{
    while (engine->has_profile && engine->num_running > 0 &&
           engine->running[0]->expected_end < engine->now - LATE)
        if (correct(engine, engine->running[0]))
            return -1;
    return 0;
}

/* --- What changed -------------------------------------------------------------------------- */

static int forget_waiting(struct engine *engine, struct entry *entry)
{
    if (entry->reserved || entry == engine->last_blocked)
        engine->head_changed = engine->early = true;
    engine->freed = true; /* those behind may start now */
    if (drop_reservation(engine, entry))
        return -1;
    queue_remove(engine, entry);
    return 0;
}

static int forget_running(struct engine *engine, struct entry *entry)
{
    for (uint32_t i = 0; i < entry->leaving.count; i++)
        engine->pool.leaver[entry->leaving.items[i]] = 0;
    engine->early = engine->early || entry->expected_end > engine->now + EARLY;
    engine->freed = true;
    engine->io_rates -= entry->io_rate;
    queue_account(engine, entry, -(int64_t)sum_counts(engine, entry->counts));
    remove_running(engine, entry);
    remove_malleable(engine, entry);
    return occupy_profile(engine, entry, engine->now, entry->expected_end, entry->counts, 1);
}

static int forget(struct engine *engine, struct entry *entry)
{
    bool waits = entry->state == ENTRY_WAITING;
    if (waits ? forget_waiting(engine, entry) : forget_running(engine, entry))
        return -1;
    if (release_promises(engine, entry))
        return -1;
    if (engine->last_blocked == entry)
        engine->last_blocked = NULL;
    engine->entries[entry->id] = NULL;
    entry_destroy(entry);
    return 0;
}

static int note_job(struct engine *engine, struct elastisim_job *job)
{
    struct entry *entry = engine_entry(engine, elastisim_job_id(job));
    switch (elastisim_job_state(job)) {
    case ELASTISIM_PENDING:
        return entry ? 0 : submit(engine, job);
    case ELASTISIM_COMPLETED:
    case ELASTISIM_KILLED:
        return entry ? forget(engine, entry) : 0;
    default:
        return entry ? engine_settle_leaving(engine, entry, false) : 0;
    }
}

static int note_changes(struct engine *engine)
{
    size_t jobs = elastisim_num_changed_jobs(engine->view);
    for (size_t i = 0; i < jobs; i++)
        if (note_job(engine, elastisim_changed_job(engine->view, i)))
            return -1;
    size_t nodes = elastisim_num_changed_nodes(engine->view);
    for (size_t i = 0; i < nodes; i++) {
        const struct elastisim_node *node = elastisim_changed_node(engine->view, i);
        pool_set_idle(engine, (uint32_t)elastisim_node_id(node),
                      elastisim_node_state(node) == ELASTISIM_FREE);
    }
    return correct_expectations(engine);
}

/* --- An invocation ------------------------------------------------------------------------- */

static int prepare(struct engine *engine)
{
    if (engine->pool.num_nodes > 0)
        return 0;
    if (pool_create(engine))
        return -1;
    uint32_t counts[MAX_NODE_CLASSES];
    for (size_t i = 0; i < engine->pool.num_classes; i++)
        counts[i] = engine->pool.classes[i].count;
    return profile_create(&engine->profile, engine->pool.num_classes, counts);
}

static int handle_trigger(struct engine *engine)
{
    struct elastisim_job *job = elastisim_trigger(engine->view);
    struct entry *entry = job ? engine_entry(engine, elastisim_job_id(job)) : NULL;
    if (!entry || !engine_at_point(engine, entry))
        return 0;
    if (engine_settle_leaving(engine, entry, true))
        return -1;
    if (elastisim_invocation(engine->view) != ELASTISIM_EVOLVING_REQUEST)
        return 0;
    return answer_request(engine, entry, elastisim_request(engine->view));
}

static bool something_changed(const struct engine *engine)
{
    return engine->freed || engine->early || engine->replan || engine->head_changed ||
           engine->arrivals.count > 0;
}

/* Starts what can start, makes others shrink for what can't, and starts again when that freed
 * nodes. */
static int serve_waiting(struct engine *engine)
{
    bool changed = something_changed(engine), more;
    if (backfill_jobs(engine))
        return -1;
    if (!changed || engine->queue.count == 0)
        return 0;
    if (shrink_for_waiting(engine, &more))
        return -1;
    return more ? backfill_jobs(engine) : 0;
}

/* With no job running, nobody hands over nodes any more: what is kept for some jobs and reserved
 * for others would hold both up for ever. */
static int leave_standstill(struct engine *engine)
{
    struct ids *keepers = &engine->keepers;
    if (engine->num_running > 0 || engine->queue.count == 0 || keepers->count == 0)
        return 0;
    while (keepers->count > 0)
        if (release_promises(engine, engine_entry(engine, keepers->items[keepers->count - 1])))
            return -1;
    engine->replan = true;
    return backfill_jobs(engine);
}

static int schedule(struct engine *engine)
{
    bool reordered;
    profile_advance(&engine->profile, engine->now);
    if (note_changes(engine) || queue_reorder(engine, &reordered))
        return -1;
    engine->head_changed = engine->head_changed || reordered;
    return handle_trigger(engine) || serve_waiting(engine) || leave_standstill(engine) ||
                   grow_running(engine)
               ? -1
               : 0;
}

/* --- The policy ---------------------------------------------------------------------------- */

struct policy {
    struct engine engine;
    char *spec; /* for messages; owned */
};

/* As many reservations as the kind of backfilling has. */
static void settle_depth(struct policy_options *options)
{
    if (options->backfill == BACKFILL_CONSERVATIVE)
        options->reservation_depth = UINT32_MAX;
    else if (options->backfill == BACKFILL_EASY)
        options->reservation_depth = 1;
    else if (options->reservation_depth == 0)
        options->reservation_depth = 8;
}

struct policy *policy_create(const char *spec, struct error *err)
{
    struct policy *policy = calloc(1, sizeof *policy);
    if (policy)
        policy->spec = strdup(spec);
    if (!policy || !policy->spec)
        error_no_memory(err);
    if (err->kind || policy_options_read(&policy->engine.options, spec, err)) {
        policy_destroy(policy);
        return NULL;
    }
    struct engine *engine = &policy->engine;
    settle_depth(&engine->options);
    engine->has_profile = options_have_reservations(&engine->options);
    estimates_create(&engine->estimates, &engine->options);
    return policy;
}

void policy_destroy(struct policy *policy)
{
    if (!policy)
        return;
    struct engine *engine = &policy->engine;
    for (size_t i = 0; i < engine->num_entries; i++)
        entry_destroy(engine->entries[i]);
    free(engine->entries);
    free(engine->running);
    ids_release(&engine->arrivals);
    ids_release(&engine->keepers);
    queue_release(&engine->queue);
    profile_discard(&engine->profile);
    pool_release(&engine->pool);
    estimates_release(&engine->estimates);
    policy_options_release(&engine->options);
    free(policy->spec);
    free(policy);
}

int policy_inspect(struct policy *policy, const struct elastisim_job *job, struct error *err)
{
    if (estimates_inspect(&policy->engine.estimates, job, err))
        return error_prefix(err, "scheduler builtin:%s", policy->spec);
    return 0;
}

int policy_tell(const struct policy *policy, struct warnings *warnings, struct error *err)
{
    return estimates_tell(&policy->engine.estimates, policy->spec, warnings, err);
}

int policy_schedule(struct policy *policy, struct elastisim_view *view, struct error *err)
{
    struct engine *engine = &policy->engine;
    engine->view = view;
    engine->err = err;
    engine->now = elastisim_time(view);
    int result = prepare(engine) || schedule(engine) ? -1 : 0;
    engine->view = NULL;
    engine->err = NULL;
    if (result && err->kind == ERROR_INPUT)
        return error_prefix(err, "scheduler builtin:%s", policy->spec);
    return result ? error_no_memory(err) : 0;
}

void policy_print_list(FILE *out)
{
    policy_options_print(out);
}
