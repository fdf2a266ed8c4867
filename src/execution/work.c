/* What tasks do: the loads of each type, as parts with a known end (timers), as groups of loads at
 * the resource port, or as uses of shared GPUs; and what happens when they end.
 *
 * Promise: perform_task leaves every rank of the cohort either ready or in exactly one part, and an
 * I/O that is async in the execution's list.
 */
#include "execution/execution.h"

#include "execution/patterns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A rank and how long it takes, while parts are formed. */
struct timed_rank {
    double duration;
    uint32_t rank;
};

static struct executor *executor_of(const struct cohort *cohort)
{
    return cohort->execution->executor;
}

/* --- Shares -------------------------------------------------------------------------------- */

double compute_share(const struct execution *execution, const struct task *task, uint32_t rank,
                     uint32_t n)
{
    return vector_share(task->compute_pattern, execution->values[task->id].compute,
                        task->compute.list, rank, n);
}

double io_share(const struct execution *execution, const struct task *task, uint32_t rank,
                uint32_t n)
{
    return vector_share(task->io_pattern, execution->values[task->id].transfer, task->transfer.list,
                        rank, n);
}

static double node_speed(const struct team *team, uint32_t rank)
{
    const struct state *state = team->execution->executor->state;
    return state->nodes[team->nodes[rank]].description->speed;
}

/* --- Parts --------------------------------------------------------------------------------- */

static void part_ended(struct part *part, const uint32_t *ranks, uint32_t count);

static struct part *part_create(struct cohort *cohort, uint32_t count)
{
    struct part *part = malloc(sizeof *part + count * sizeof part->ranks[0]);
    if (!part) {
        error_no_memory(executor_of(cohort)->err);
        return NULL;
    }
    *part = (struct part){.waiter = WAITER_PART,
                          .cohort = cohort,
                          .count = count,
                          .left = count,
                          .next = cohort->parts};
    if (part->next)
        part->next->previous = part;
    cohort->parts = part;
    cohort->num_in_parts += count;
    return part;
}

static void tell_of_node(const struct cohort *cohort, enum happening_kind kind, uint32_t rank,
                         int change, double until)
{
    const struct executor *executor = executor_of(cohort);
    struct happening happening = {
        .kind = kind,
        .state = executor->state,
        .busy = {.node = cohort->team->nodes[rank], .change = change, .until = until}};
    observers_tell(executor->state->observers, &happening, executor->err);
}

/* The ranks of a part begin (+1) or end (-1) to keep their CPUs busy, or end to keep their GPUs so.
 */
static void tell_busy(const struct part *part, int change)
{
    const struct cohort *cohort = part->cohort;
    enum happening_kind kind = part->busy == BUSY_CPU ? CPUS_BUSY : GPUS_BUSY;
    if (part->busy == BUSY_NOTHING || (kind == GPUS_BUSY && change > 0) ||
        !observers_want(executor_of(cohort)->state->observers, kind))
        return;
    int gpus = (int)cohort->execution->job->executing_gpus;
    for (uint32_t i = 0; i < part->count; i++)
        tell_of_node(cohort, kind, part->ranks[i], kind == CPUS_BUSY ? change : -gpus, INFINITY);
}

/* Ends what the part has under way and frees it; its ranks are the caller's affair. */
void part_destroy(struct part *part)
{
    struct cohort *cohort = part->cohort;
    struct executor *executor = executor_of(cohort);
    tell_busy(part, -1);
    event_heap_remove(executor->heap, &part->end);
    if (part->load)
        resources_cancel(executor->state->platform->resources, part->load);
    for (uint32_t i = 0; i < part->num_uses; i++)
        devices_cancel(executor->devices, &part->uses[i]);
    *(part->previous ? &part->previous->next : &cohort->parts) = part->next;
    if (part->next)
        part->next->previous = part->previous;
    cohort->num_in_parts -= part->left;
    free(part->uses);
    free(part);
}

static void timer_ended(void *owner)
{
    struct part *part = owner;
    part_ended(part, part->ranks, part->count);
}

static void start_timer(struct part *part, double duration, enum busy busy)
{
    struct executor *executor = executor_of(part->cohort);
    part->busy = busy;
    tell_busy(part, 1);
    double end = executor->state->now + duration;
    part->end = (struct event){.time = end, .handle = timer_ended, .owner = part};
    if (event_heap_add(executor->heap, &part->end))
        error_no_memory(executor->err);
}

/* Some ranks of a part are done: they are ready, and go on unless they wait for an exchange. */
static void part_ended(struct part *part, const uint32_t *ranks, uint32_t count)
{
    struct cohort *cohort = part->cohort;
    part->left -= count;
    cohort->num_in_parts -= count;
    cohort_add_ready(cohort, ranks, count);
    if (part->left == 0)
        part_destroy(part);
    cohort_release(cohort);
    run_cohorts(cohort->execution);
}

/* --- Known ends ---------------------------------------------------------------------------- */

static int compare_timed(const void *a, const void *b)
{
    const struct timed_rank *x = a, *y = b;
    if (x->duration != y->duration)
        return x->duration < y->duration ? -1 : 1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* Puts the ready ranks into parts, one per distinct duration; those without stay ready. */
static void start_timers(struct cohort *cohort, struct timed_rank *timed, enum busy busy)
{
    uint32_t count = cohort->num_ready;
    qsort(timed, count, sizeof *timed, compare_timed);
    uint32_t done = 0;
    while (done < count && timed[done].duration <= 0)
        done++;
    cohort->num_ready = done;
    for (uint32_t i = 0; i < done; i++)
        cohort->ready[i] = timed[i].rank;
    for (uint32_t from = done, to; from < count; from = to) {
        for (to = from; to < count && timed[to].duration == timed[from].duration; to++)
            ;
        struct part *part = part_create(cohort, to - from);
        if (!part)
            return;
        for (uint32_t i = from; i < to; i++)
            part->ranks[i - from] = timed[i].rank;
        start_timer(part, timed[from].duration, busy);
    }
}

/* All ready ranks take the same time. */
static void start_one_timer(struct cohort *cohort, double duration, enum busy busy)
{
    if (duration <= 0)
        return;
    struct part *part = part_create(cohort, cohort->num_ready);
    if (!part)
        return;
    memcpy(part->ranks, cohort->ready, cohort->num_ready * sizeof *cohort->ready);
    cohort->num_ready = 0;
    start_timer(part, duration, busy);
}

static bool same_for_all(const struct task *task)
{
    return task->compute_pattern == VECTOR_UNIFORM || task->compute_pattern == VECTOR_ALL_RANKS;
}

/* A duration per rank: the share of the task's compute, over the node's speed when `by_speed`. */
static void start_durations(struct cohort *cohort, const struct task *task, bool by_speed,
                            enum busy busy)
{
    const struct execution *execution = cohort->execution;
    const struct team *team = cohort->team;
    if (same_for_all(task) && (!by_speed || team->uniform_speed > 0)) {
        double share = compute_share(execution, task, 0, team->size);
        start_one_timer(cohort, by_speed ? share / team->uniform_speed : share, busy);
        return;
    }
    struct timed_rank *timed = malloc(cohort->num_ready * sizeof *timed);
    if (!timed) {
        error_no_memory(executor_of(cohort)->err);
        return;
    }
    for (uint32_t i = 0; i < cohort->num_ready; i++) {
        uint32_t rank = cohort->ready[i];
        double share = compute_share(execution, task, rank, team->size);
        timed[i] = (struct timed_rank){by_speed ? share / node_speed(team, rank) : share, rank};
    }
    start_timers(cohort, timed, busy);
    free(timed);
}

/* --- Loads at the resource port ------------------------------------------------------------ */

static struct resources *port_of(const struct cohort *cohort)
{
    return executor_of(cohort)->state->platform->resources;
}

/* Takes the ready ranks that have a load (amounts[rank position] > 0) out of `ready`, into ranks
 * and amounts of the executor's working memory; returns how many. */
static uint32_t take_loaded(struct cohort *cohort,
                            double (*amount)(const struct cohort *, const struct task *, uint32_t),
                            const struct task *task)
{
    struct executor *executor = executor_of(cohort);
    uint32_t loaded = 0, kept = 0;
    for (uint32_t i = 0; i < cohort->num_ready; i++) {
        uint32_t rank = cohort->ready[i];
        double share = amount(cohort, task, rank);
        if (share > 0) {
            executor->ranks[loaded] = rank;
            executor->amounts[loaded++] = share;
        } else {
            cohort->ready[kept++] = rank;
        }
    }
    cohort->num_ready = kept;
    return loaded;
}

/* Starts a group for the first `count` ranks and amounts of the executor's working memory. */
static struct load_group *start_load(struct cohort *cohort, enum load_kind kind, uint32_t count,
                                     double flops_per_byte, void *owner)
{
    struct executor *executor = executor_of(cohort);
    const struct team *team = cohort->team;
    bool pfs = kind == LOAD_PFS_READ || kind == LOAD_PFS_WRITE;
    for (uint32_t i = 0; pfs && i < count; i++)
        executor->targets[i] =
            &executor->state->nodes[team->nodes[executor->ranks[i]]].description->pfs;
    struct load load = {
        .kind = kind,
        .hosts = team->hosts,
        .num_hosts = team->size,
        .members = executor->ranks,
        .amounts = executor->amounts,
        .num_members = count,
        .targets = pfs ? executor->targets : NULL,
        .flops_per_byte = flops_per_byte,
    };
    return resources_start(port_of(cohort), &load, owner, executor->err);
}

/* Makes a part of the loaded ranks. */
static void wait_for_load(struct cohort *cohort, enum load_kind kind, uint32_t count,
                          double flops_per_byte)
{
    if (count == 0)
        return;
    struct part *part = part_create(cohort, count);
    if (!part)
        return;
    memcpy(part->ranks, executor_of(cohort)->ranks, count * sizeof part->ranks[0]);
    part->load = start_load(cohort, kind, count, flops_per_byte, part);
}

static double flops_of_rank(const struct cohort *cohort, const struct task *task, uint32_t rank)
{
    return compute_share(cohort->execution, task, rank, cohort->team->size);
}

static double busy_flops_of_rank(const struct cohort *cohort, const struct task *task,
                                 uint32_t rank)
{
    return flops_of_rank(cohort, task, rank) * node_speed(cohort->team, rank);
}

static double bytes_of_rank(const struct cohort *cohort, const struct task *task, uint32_t rank)
{
    return io_share(cohort->execution, task, rank, cohort->team->size);
}

static void start_compute(struct cohort *cohort, const struct task *task)
{
    if (task->compute.kind == PAYLOAD_NONE)
        return;
    if (cohort->execution->shares_cpus)
        wait_for_load(cohort, LOAD_COMPUTE, take_loaded(cohort, flops_of_rank, task), 0);
    else
        start_durations(cohort, task, true, BUSY_CPU);
}

/* --- I/O ----------------------------------------------------------------------------------- */

static void async_add(struct cohort *cohort, const struct task *task, enum load_kind kind,
                      uint32_t count, double flops_per_byte)
{
    struct execution *execution = cohort->execution;
    struct executor *executor = execution->executor;
    struct team *team = cohort->team;
    struct async_io *async = calloc(1, sizeof *async + count * sizeof async->ranks[0]);
    if (!async) {
        error_no_memory(executor->err);
        return;
    }
    async->waiter = WAITER_ASYNC;
    async->team = team;
    async->task = task;
    async->left = count;
    memcpy(async->ranks, executor->ranks, count * sizeof async->ranks[0]);
    async->next = execution->async;
    if (async->next)
        async->next->previous = async;
    execution->async = async;
    bool last = cohort->counters[task->depth] == execution->values[task->id].iterations;
    if (team->task_starts && last) {
        async->starts = malloc(count * sizeof *async->starts);
        if (!async->starts) {
            error_no_memory(executor->err);
            return;
        }
        for (uint32_t i = 0; i < count; i++)
            async->starts[i] = team->task_starts[task->depth * team->size + async->ranks[i]];
    }
    async->load = start_load(cohort, kind, count, flops_per_byte, async);
}

/* Counts the I/O of the loaded ranks as under way, so that whoever must awaits it. */
static void async_count(struct cohort *cohort, const struct task *task, uint32_t count)
{
    struct executor *executor = executor_of(cohort);
    struct team *team = cohort->team;
    if (task->depth == 0) {
        team->async_ranks += count;
        return;
    }
    if (!team->async_in_sequence) {
        team->async_in_sequence =
            calloc(cohort->execution->depths * team->size, sizeof *team->async_in_sequence);
        if (!team->async_in_sequence) {
            error_no_memory(executor->err);
            return;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        team->async_in_sequence[task->depth * team->size + executor->ranks[i]]++;
}

void async_destroy(struct async_io *async)
{
    struct execution *execution = async->team->execution;
    if (async->load)
        resources_cancel(execution->executor->state->platform->resources, async->load);
    *(async->previous ? &async->previous->next : &execution->async) = async->next;
    if (async->next)
        async->next->previous = async->previous;
    free(async->starts);
    free(async);
}

/* Starts the I/O of the ranks in working memory; their I/O, if async, does not hold them. */
static void start_io(struct cohort *cohort, const struct task *task, enum load_kind kind,
                     uint32_t count, double flops_per_byte)
{
    if (count == 0)
        return;
    if (!task->async) {
        wait_for_load(cohort, kind, count, flops_per_byte);
        return;
    }
    async_count(cohort, task, count);
    struct executor *executor = executor_of(cohort);
    if (executor->err->kind)
        return;
    async_add(cohort, task, kind, count, flops_per_byte);
    cohort_add_ready(cohort, executor->ranks, count);
}

static void perform_pfs(struct cohort *cohort, const struct task *task)
{
    enum load_kind kind = task->type == TASK_PFS_READ ? LOAD_PFS_READ : LOAD_PFS_WRITE;
    start_io(cohort, task, kind, take_loaded(cohort, bytes_of_rank, task), 0);
}

static const struct node_description *description_of(const struct team *team, uint32_t rank)
{
    return team->execution->executor->state->nodes[team->nodes[rank]].description;
}

static bool same_buffer(const struct node_description *a, const struct node_description *b)
{
    return a->type == b->type &&
           (a->type != NODE_STRIPED_BURST_BUFFER || a->flops_per_byte == b->flops_per_byte);
}

/* Ranks on nodes with the same kind of burst buffer form a group; usually that is all of them. */
static void perform_burst_buffer(struct cohort *cohort, const struct task *task)
{
    bool reads = task->type == TASK_BB_READ;
    struct executor *executor = executor_of(cohort);
    uint32_t left = take_loaded(cohort, bytes_of_rank, task);
    while (left > 0 && !executor->err->kind) {
        const struct node_description *buffer = description_of(cohort->team, executor->ranks[0]);
        uint32_t group = 0;
        while (group < left &&
               same_buffer(buffer, description_of(cohort->team, executor->ranks[group])))
            group++;
        bool striped = buffer->type == NODE_STRIPED_BURST_BUFFER;
        enum load_kind kind = striped ? (reads ? LOAD_STRIPED_READ : LOAD_STRIPED_WRITE)
                                      : (reads ? LOAD_DISK_READ : LOAD_DISK_WRITE);
        start_io(cohort, task, kind, group, buffer->flops_per_byte);
        left -= group;
        memmove(executor->ranks, executor->ranks + group, left * sizeof *executor->ranks);
        memmove(executor->amounts, executor->amounts + group, left * sizeof *executor->amounts);
    }
}

/* --- GPUs ---------------------------------------------------------------------------------- */

static void use_done(void *owner)
{
    struct part *part = owner;
    if (--part->uses_left == 0)
        part_ended(part, part->ranks, part->count);
}

/* Seconds that a rank's kernels take on each of its GPUs, and its exchange on the GPU link. */
static void gpu_durations(const struct cohort *cohort, const struct task *task, uint32_t rank,
                          double *kernel, double *link)
{
    const struct execution *execution = cohort->execution;
    const struct node_description *node = description_of(cohort->team, rank);
    uint32_t n = cohort->team->size, gpus = execution->job->executing_gpus;
    *kernel = task->compute.kind == PAYLOAD_NONE
                  ? 0
                  : compute_share(execution, task, rank, n) / gpus / node->gpu_speed;
    double bytes = task->transfer.kind == PAYLOAD_NONE
                       ? 0
                       : gpu_link_bytes(task->transfer_pattern,
                                        execution->values[task->id].transfer, rank, n, gpus);
    *link = bytes > 0 ? bytes / node->gpu_bandwidth : 0;
}

/* A rank's kernels keep its GPUs busy, for a shorter time than its part lasts when the exchange on
 * the GPU link takes longer. */
static void tell_kernels(const struct cohort *cohort, uint32_t rank, double kernel)
{
    const struct executor *executor = executor_of(cohort);
    int gpus = (int)cohort->execution->job->executing_gpus;
    double until = kernel > 0 ? executor->state->now + kernel : -1;
    tell_of_node(cohort, GPUS_BUSY, rank, gpus, until);
}

/* GPUs of the job's own: both durations are known, the rank waits for the longer. */
static void use_own_gpus(struct cohort *cohort, const struct task *task)
{
    struct timed_rank *timed = malloc(cohort->num_ready * sizeof *timed);
    if (!timed) {
        error_no_memory(executor_of(cohort)->err);
        return;
    }
    for (uint32_t i = 0; i < cohort->num_ready; i++) {
        double kernel, link;
        gpu_durations(cohort, task, cohort->ready[i], &kernel, &link);
        timed[i] = (struct timed_rank){kernel > link ? kernel : link, cohort->ready[i]};
        if (timed[i].duration > 0)
            tell_kernels(cohort, cohort->ready[i], kernel);
    }
    start_timers(cohort, timed, BUSY_GPUS);
    free(timed);
}

static void queue_rank(struct cohort *cohort, uint32_t rank, double kernel, double link)
{
    struct executor *executor = executor_of(cohort);
    uint32_t gpus = kernel > 0 ? cohort->execution->job->executing_gpus : 0;
    struct part *part = part_create(cohort, 1);
    if (!part)
        return;
    part->ranks[0] = rank;
    part->uses = calloc(gpus + 1, sizeof *part->uses);
    if (!part->uses) {
        error_no_memory(executor->err);
        return;
    }
    part->num_uses = part->uses_left = gpus + (link > 0);
    for (uint32_t i = 0; i < part->num_uses; i++)
        part->uses[i] = (struct device_use){
            .duration = i < gpus ? kernel : link, .done = use_done, .owner = part};
    uint32_t node = cohort->team->nodes[rank];
    devices_use_gpus(executor->devices, node, part->uses, gpus);
    if (link > 0)
        devices_use_link(executor->devices, node, &part->uses[gpus]);
}

/* GPUs that other jobs use, too: each rank queues for its own. */
static void queue_for_gpus(struct cohort *cohort, const struct task *task)
{
    uint32_t kept = 0, count = cohort->num_ready;
    for (uint32_t i = 0; i < count && !executor_of(cohort)->err->kind; i++) {
        uint32_t rank = cohort->ready[i];
        double kernel, link;
        gpu_durations(cohort, task, rank, &kernel, &link);
        if (kernel > 0 || link > 0)
            queue_rank(cohort, rank, kernel, link);
        else
            cohort->ready[kept++] = rank;
    }
    cohort->num_ready = kept;
}

/* --- Task types ---------------------------------------------------------------------------- */

/* Whether ranks exchange something: the payload counts, whatever it evaluates to, so that where
 * ranks meet does not depend on figures. */
static bool exchanges(const struct cohort *cohort, const struct task *task)
{
    return task->transfer.kind != PAYLOAD_NONE && cohort->team->size > 1;
}

static void perform_cpu(struct cohort *cohort, const struct task *task)
{
    bool one_task = task->coupled && task->compute.kind != PAYLOAD_NONE &&
                    task->transfer.kind != PAYLOAD_NONE && cohort->team->size > 1;
    cohort->exchange_pending = exchanges(cohort, task);
    if (!one_task)
        start_compute(cohort, task);
}

/* Nothing shares out a load among no GPUs: it would last for ever. */
static void refuse_no_gpus(const struct cohort *cohort, const struct task *task)
{
    const struct payload *load = task->compute.where ? &task->compute : &task->transfer;
    error_set(executor_of(cohort)->err, ERROR_INPUT,
              "%s: the task is for GPUs, but the job was given 0 per node, on which the load is "
              "infinite; the scheduler has to assign some, which a 'num_gpus_per_node_min' of 1 or "
              "more enforces",
              load->where);
}

static void perform_gpu(struct cohort *cohort, const struct task *task)
{
    if (cohort->execution->job->executing_gpus == 0) {
        refuse_no_gpus(cohort, task);
        return;
    }
    cohort->exchange_pending = exchanges(cohort, task);
    if (executor_of(cohort)->state->oversubscription)
        queue_for_gpus(cohort, task);
    else
        use_own_gpus(cohort, task);
}

static void perform_busy_wait(struct cohort *cohort, const struct task *task)
{
    if (cohort->execution->shares_cpus)
        wait_for_load(cohort, LOAD_COMPUTE, take_loaded(cohort, busy_flops_of_rank, task), 0);
    else
        start_durations(cohort, task, false, BUSY_CPU);
}

static void perform_idle(struct cohort *cohort, const struct task *task)
{
    start_durations(cohort, task, false, BUSY_NOTHING);
}

void perform_task(struct cohort *cohort, const struct task *task)
{
    static void (*const perform[NUM_TASK_TYPES])(struct cohort *, const struct task *) = {
        [TASK_CPU] = perform_cpu,
        [TASK_GPU] = perform_gpu,
        [TASK_PFS_READ] = perform_pfs,
        [TASK_PFS_WRITE] = perform_pfs,
        [TASK_BB_READ] = perform_burst_buffer,
        [TASK_BB_WRITE] = perform_burst_buffer,
        [TASK_BUSY_WAIT] = perform_busy_wait,
        [TASK_IDLE] = perform_idle,
    };
    perform[task->type](cohort, task);
}

/* --- Exchanges ----------------------------------------------------------------------------- */

static void end_exchange(struct cohort *cohort)
{
    cohort->exchange = NULL;
    cohort->exchange_pending = false;
}

/* Fills the executor's amounts with the flops of all ranks for a coupled task. */
static const double *coupled_flops(const struct cohort *cohort, const struct task *task)
{
    if (!task->coupled || task->compute.kind == PAYLOAD_NONE)
        return NULL;
    double *amounts = executor_of(cohort)->amounts;
    for (uint32_t rank = 0; rank < cohort->team->size; rank++)
        amounts[rank] = flops_of_rank(cohort, task, rank);
    return amounts;
}

static bool any_positive(const double *values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        if (values[i] > 0)
            return true;
    return false;
}

void start_exchange(struct cohort *cohort, const struct task *task)
{
    struct executor *executor = executor_of(cohort);
    const struct team *team = cohort->team;
    double payload = cohort->execution->values[task->id].transfer;
    if (task->type == TASK_GPU)
        payload = gpu_network_payload(task->transfer_pattern, payload, team->size,
                                      cohort->execution->job->executing_gpus);
    size_t cells = (size_t)team->size * team->size;
    struct load load = {
        .kind = LOAD_EXCHANGE,
        .hosts = team->hosts,
        .num_hosts = team->size,
        .flops = task->type == TASK_CPU ? coupled_flops(cohort, task) : NULL,
        .pattern = task->transfer_pattern,
        .bytes = payload,
        .matrix = task->transfer.list,
    };
    bool listed = task->transfer_pattern == MATRIX_LIST;
    if (!any_positive(load.flops, team->size) &&
        !(listed ? any_positive(load.matrix, cells) : payload > 0)) {
        end_exchange(cohort);
        return;
    }
    cohort->exchange = resources_start(port_of(cohort), &load, cohort, executor->err);
}

/* --- Completions --------------------------------------------------------------------------- */

static void part_completed(struct part *part, const struct completion *completion)
{
    uint32_t *ranks = executor_of(part->cohort)->ranks;
    for (uint32_t i = 0; i < completion->count; i++)
        ranks[i] = part->ranks[completion->indices[i]];
    if (completion->last)
        part->load = NULL;
    part_ended(part, ranks, completion->count);
}

static void exchange_completed(struct cohort *cohort)
{
    end_exchange(cohort);
    cohort_release(cohort);
    run_cohorts(cohort->execution);
}

void tell_task(const struct team *team, const struct task *task, uint32_t rank, double duration)
{
    const struct executor *executor = team->execution->executor;
    struct happening happening = {
        .kind = TASK_ENDED,
        .state = executor->state,
        .job = team->execution->job,
        .task = {.task = task, .node = team->nodes[rank], .duration = duration}};
    observers_tell(executor->state->observers, &happening, executor->err);
}

static void log_async_end(struct async_io *async, const struct completion *completion)
{
    double now = async->team->execution->executor->state->now;
    if (!async->starts)
        return;
    for (uint32_t i = 0; i < completion->count; i++) {
        uint32_t index = completion->indices[i];
        tell_task(async->team, async->task, async->ranks[index], now - async->starts[index]);
    }
}

static void async_completed(struct async_io *async, const struct completion *completion)
{
    struct execution *execution = async->team->execution;
    log_async_end(async, completion);
    async_ranks_ended(async, completion->indices, completion->count);
    async->left -= completion->count;
    if (completion->last) {
        async->load = NULL;
        async_destroy(async);
    }
    run_cohorts(execution);
}

void executor_complete(struct executor *executor, const struct completion *completion)
{
    (void)executor;
    switch (*(enum waiter *)completion->owner) {
    case WAITER_PART:
        part_completed(completion->owner, completion);
        break;
    case WAITER_EXCHANGE:
        exchange_completed(completion->owner);
        break;
    case WAITER_ASYNC:
        async_completed(completion->owner, completion);
        break;
    }
}
