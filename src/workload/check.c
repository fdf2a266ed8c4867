/* Checks a job against its application model and the platform, as far as that can be done before it
 * runs, and counts its phases. */
#include "base/number.h"
#include "workload/environment.h"
#include "workload/reader.h"

/* What a type of task needs of the platform and of the job. */
struct need {
    enum task_type type;
    bool (*met)(const struct job_request *job, const struct workload_limits *limits);
    const char *message;
};

static bool has_gpus(const struct job_request *job, const struct workload_limits *limits)
{
    (void)limits;
    return job->gpus_max > 0;
}

static bool has_pfs(const struct job_request *job, const struct workload_limits *limits)
{
    (void)job;
    return limits->has_pfs;
}

static bool has_burst_buffer(const struct job_request *job, const struct workload_limits *limits)
{
    (void)job;
    return limits->has_burst_buffer;
}

#define NO_GPUS "is for GPUs, but the job asks for none; give it a number of GPUs per node"
#define NO_PFS                                                                                     \
    "is for the parallel file system, but the platform has none; give a host the property "        \
    "'pfs_host'"
#define NO_BURST_BUFFER                                                                            \
    "is for burst buffers, but no node of the platform has one; give nodes the property "          \
    "'node_local_bb'"

static const struct need needs[] = {
    {TASK_GPU, has_gpus, NO_GPUS},
    {TASK_PFS_READ, has_pfs, NO_PFS},
    {TASK_PFS_WRITE, has_pfs, NO_PFS},
    {TASK_BB_READ, has_burst_buffer, NO_BURST_BUFFER},
    {TASK_BB_WRITE, has_burst_buffer, NO_BURST_BUFFER},
};

enum { NUM_ONE_TIME = 4 };

static size_t num_blocks(const struct job_request *job)
{
    return NUM_ONE_TIME + job->application->num_phases;
}

/* The index-th block, the one-time phases first; NULL when the application lacks it or a job of
 * this type never runs it. */
static const struct block *block_at(const struct job_request *job, size_t index)
{
    const struct application *application = job->application;
    bool resizes = job->type != JOB_RIGID && job->type != JOB_MOLDABLE;

    switch (index) {
    case 0:
        return application->on_init;
    case 1:
        return resizes ? application->on_reconfiguration : NULL;
    case 2:
        return resizes ? application->on_expansion : NULL;
    case 3:
        return application->on_restart;
    default:
        return &application->phases[index - NUM_ONE_TIME];
    }
}

/* Whether the job may come to run a task of the given type. */
static bool job_uses(const struct job_request *job, enum task_type type)
{
    const struct application *application = job->application;

    for (size_t i = 0; application->uses[type] && i < NUM_ONE_TIME + application->num_phases; i++) {
        const struct block *block = block_at(job, i);
        for (size_t task = 0; block && task < block->num_tasks; task++)
            if (block->tasks[task].type == type)
                return true;
    }
    return false;
}

bool job_uses_burst_buffer(const struct job_request *job)
{
    return job_uses(job, TASK_BB_READ) || job_uses(job, TASK_BB_WRITE);
}

/* Where the task's load stands, for messages. */
static const char *task_where(const struct task *task)
{
    return task->compute.where ? task->compute.where : task->transfer.where;
}

static int name_task(const struct task *task, const char *message, struct error *err)
{
    if (task->name[0] != '\0') {
        return error_set(err, ERROR_INPUT, "%s: task '%s' %s", task_where(task), task->name,
                         message);
    }
    return error_set(err, ERROR_INPUT, "%s: this task %s", task_where(task), message);
}

/* The first task of a type among those that the job may run, or NULL. */
static const struct task *find_task(const struct job_request *job, enum task_type type)
{
    for (size_t i = 0; i < num_blocks(job); i++) {
        const struct block *block = block_at(job, i);

        for (size_t j = 0; block && j < block->num_tasks; j++)
            if (block->tasks[j].type == type)
                return &block->tasks[j];
    }
    return NULL;
}

static int check_needs(const struct job_request *job, const struct workload_limits *limits,
                       struct error *err)
{
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        const struct need *need = &needs[i];

        if (job->application->uses[need->type] && !need->met(job, limits)) {
            const struct task *task = find_task(job, need->type);
            if (task)
                return name_task(task, need->message, err);
        }
    }
    return 0;
}

static int check_size(const struct job_request *job, const struct workload_limits *limits,
                      struct error *err)
{
    uint32_t fitting =
        job->gpus_min <= limits->max_gpus ? limits->nodes_with_gpus[job->gpus_min] : 0;
    unsigned long wanted = job->nodes_min;

    if (job->nodes_min <= fitting)
        return 0;
    if (job->gpus_min == 0) {
        return error_set(err, ERROR_INPUT,
                         "needs %lu node%s, but the platform has %lu; ask for fewer or enlarge "
                         "the platform",
                         wanted, number_plural(wanted), (unsigned long)fitting);
    }
    return error_set(err, ERROR_INPUT,
                     "needs %lu node%s with %lu GPU%s each, but the platform has %lu of that kind; "
                     "ask for fewer or enlarge the platform",
                     wanted, number_plural(wanted), (unsigned long)job->gpus_min,
                     number_plural(job->gpus_min), (unsigned long)fitting);
}

/* A list has an entry for each rank, or each pair of ranks, of a rigid job. */
static int check_list(const struct job_request *job, const struct task *task,
                      const struct payload *payload, bool matrix, struct error *err)
{
    unsigned long long nodes = job->nodes_min;
    unsigned long long wanted = matrix ? nodes * nodes : nodes;

    if (payload->kind != PAYLOAD_LIST)
        return 0;
    if (job->type != JOB_RIGID) {
        return error_set(err, ERROR_INPUT,
                         "%s: is a list, which only rigid jobs can have, and this job is %s; use "
                         "another pattern with a number or a performance model",
                         payload->where, job_type_name(job->type));
    }
    if (payload->length == wanted)
        return 0;
    return error_set(err, ERROR_INPUT,
                     "%s: has %zu number%s, but %s on %llu node%s takes %llu; make the numbers of "
                     "nodes agree",
                     payload->where, payload->length, number_plural(payload->length),
                     matrix ? matrix_pattern_name(task->transfer_pattern)
                            : vector_pattern_name(VECTOR_LIST),
                     nodes, number_plural(nodes), wanted);
}

static int check_lists(const struct job_request *job, struct error *err)
{
    for (size_t i = 0; i < num_blocks(job); i++) {
        const struct block *block = block_at(job, i);

        for (size_t j = 0; block && j < block->num_tasks; j++) {
            const struct task *task = &block->tasks[j];
            bool exchange = task->type == TASK_CPU || task->type == TASK_GPU;

            if (check_list(job, task, &task->compute, false, err) ||
                check_list(job, task, &task->transfer, exchange, err))
                return -1;
        }
    }
    return 0;
}

static int check_block_names(const struct block *block, struct environment *environment,
                             struct error *err)
{
    environment->scope = SCOPE_REQUEST;
    if (environment_check_names(&block->evolving_request, environment, err))
        return -1;
    environment->scope = SCOPE_LOADS;
    for (size_t i = 0; i < block->num_tasks; i++) {
        const struct task *task = &block->tasks[i];

        if (environment_check_names(&task->iterations, environment, err) ||
            environment_check_names(&task->compute, environment, err) ||
            environment_check_names(&task->transfer, environment, err))
            return -1;
    }
    return 0;
}

/* Names that nothing defines may still come as runtime arguments, but string arguments can be wrong
 * already, and built-in variables out of their scope. */
static int check_names(const struct job_request *job, struct error *err)
{
    struct environment environment = {.arguments = &job->arguments};

    for (size_t i = 0; i < num_blocks(job); i++) {
        const struct block *block = block_at(job, i);

        if (block && check_block_names(block, &environment, err))
            return -1;
    }
    return 0;
}

/* --- Iterations without end ------------------------------------------------------------------ */

/* Nobody waits for more steps than this at one instant: some days. */
static const double most_steps = 1e12;

static bool is_zero(const struct payload *payload)
{
    return payload->kind == PAYLOAD_NONE ||
           (payload->kind == PAYLOAD_NUMBER && payload->number == 0);
}

/* What a formula says is not known before the job runs: it counts as one iteration. */
static double iterations_of(const struct task *task)
{
    return task->iterations.kind == PAYLOAD_NUMBER ? task->iterations.number : 1;
}

/* Iterations of the tasks [from, to) of a block, those of sequences with what is in them. A task
 * that takes time makes it 0. */
static double count_idle_steps(const struct block *block, size_t from, size_t to)
{
    double steps = 1;

    for (size_t i = from; i < to; i = block->tasks[i].next) {
        const struct task *task = &block->tasks[i];
        double inside = 1;

        if (task->type == TASK_SEQUENCE)
            inside = count_idle_steps(block, i + 1, task->next);
        if (inside == 0 || !is_zero(&task->compute) || !is_zero(&task->transfer))
            return 0;
        steps += iterations_of(task) * inside;
    }
    return steps;
}

/* Where no time passes, nothing ends them: neither the walltime nor the scheduler. */
static int check_steps(const struct job_request *job, const struct block *block, double iterations,
                       struct error *err)
{
    double steps = iterations * count_idle_steps(block, 0, block->num_tasks);

    if (steps <= most_steps)
        return 0;
    return error_set(err, ERROR_INPUT,
                     "%s: a phase has %.3g iterations of itself and its tasks that take no time, "
                     "which never end; lower its 'iterations' or theirs",
                     job->application->file, steps);
}

/* Evaluates the iterations of all blocks; those of the phases count. */
static int count_phases(struct job_request *job, struct error *err)
{
    struct environment environment = {.scope = SCOPE_ARGUMENTS, .arguments = &job->arguments};
    double total = 0;

    for (size_t i = 0; i < num_blocks(job); i++) {
        const struct block *block = block_at(job, i);
        double iterations = 0;

        if (block && environment_evaluate(&block->iterations, &environment, QUANTITY_ITERATIONS,
                                          &iterations, err))
            return -1;
        if (block && check_steps(job, block, iterations, err))
            return -1;
        total += i < NUM_ONE_TIME ? 0 : iterations;
    }
    if (total > LARGEST_WHOLE) {
        return error_set(err, ERROR_INPUT,
                         "%s: the iterations of all phases are more than 2^53 together",
                         job->application->file);
    }
    job->total_phases = (uint64_t)total;
    return 0;
}

int job_check(struct job_request *job, const struct workload_limits *limits, struct error *err)
{
    if (check_size(job, limits, err) || check_needs(job, limits, err) || count_phases(job, err))
        return -1;
    if (job->application->has_list && check_lists(job, err))
        return -1;
    return check_names(job, err);
}
