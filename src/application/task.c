/* Reading tasks: a table says for each type which loads it carries and which keys it takes. */
#include "application/reader.h"
#include "base/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where a load goes in a task. */
enum role { ROLE_COMPUTE, ROLE_EXCHANGE, ROLE_IO };

struct load {
    const char *key;
    const char *pattern_key;
    enum role role;
    bool optional_pattern; /* uniform without one */
    bool no_list;
};

static const struct load flops = {"flops", "computation_pattern", ROLE_COMPUTE, false, false};
static const struct load cpu_bytes = {"bytes", "communication_pattern", ROLE_EXCHANGE, false,
                                      false};
static const struct load gpu_bytes = {"bytes", "communication_pattern", ROLE_EXCHANGE, false, true};
static const struct load io_bytes = {"bytes", "pattern", ROLE_IO, false, false};
static const struct load delay = {"delay", "pattern", ROLE_COMPUTE, true, false};

struct kind {
    const struct load *loads[2]; /* at least one of them must be given; none for a sequence */
    bool coupled, async, tasks;  /* which of these keys it takes */
    const char *keys[12];
};

#define COMMON_KEYS "type", "name", "iterations", "synchronized", "checkpoint"
#define IO_KIND                                                                                    \
    {                                                                                              \
        .loads = {&io_bytes}, .async = true, .keys = { COMMON_KEYS, "bytes", "pattern", "async" }  \
    }
#define DELAY_KIND                                                                                 \
    {                                                                                              \
        .loads = {&delay}, .keys = { COMMON_KEYS, "delay", "pattern" }                             \
    }

static const struct kind kinds[NUM_TASK_TYPES] = {
    [TASK_CPU] = {.loads = {&flops, &cpu_bytes},
                  .coupled = true,
                  .keys = {COMMON_KEYS, "flops", "computation_pattern", "bytes",
                           "communication_pattern", "coupled"}},
    [TASK_GPU] = {.loads = {&flops, &gpu_bytes},
                  .keys = {COMMON_KEYS, "flops", "computation_pattern", "bytes",
                           "communication_pattern"}},
    [TASK_PFS_READ] = IO_KIND,
    [TASK_PFS_WRITE] = IO_KIND,
    [TASK_BB_READ] = IO_KIND,
    [TASK_BB_WRITE] = IO_KIND,
    [TASK_BUSY_WAIT] = DELAY_KIND,
    [TASK_IDLE] = DELAY_KIND,
    [TASK_SEQUENCE] = {.tasks = true, .keys = {COMMON_KEYS, "tasks"}},
};

static struct payload *load_payload(const struct load *load, struct task *task)
{
    return load->role == ROLE_COMPUTE ? &task->compute : &task->transfer;
}

static const char *list_pattern_name(const struct load *load)
{
    return load->role == ROLE_EXCHANGE ? matrix_pattern_name(MATRIX_LIST)
                                       : vector_pattern_name(VECTOR_LIST);
}

/* Reads the pattern into the task; *list tells whether it is the one that takes a list. */
static int read_pattern(const struct load *load, const struct json_at *at, struct task *task,
                        bool *list, struct error *err)
{
    enum vector_pattern *vector =
        load->role == ROLE_COMPUTE ? &task->compute_pattern : &task->io_pattern;

    if (load->role == ROLE_EXCHANGE) {
        int status = matrix_pattern_read(at, &task->transfer_pattern, err);
        *list = status == 0 && task->transfer_pattern == MATRIX_LIST;
        return status;
    }
    int status = vector_pattern_read(at, vector, err);
    *list = status == 0 && *vector == VECTOR_LIST;
    return status;
}

/* A list and the pattern that takes one come together or not at all. */
static int check_form(const struct load *load, const struct json_at *at,
                      const struct json_at *pattern, const struct payload *payload,
                      bool list_pattern, struct error *err)
{
    const char *name = list_pattern_name(load);
    double side = floor(sqrt((double)payload->length) + 0.5);

    if (load->no_list && list_pattern) {
        return json_error(pattern, err,
                          "'%s' is not for gpu tasks; use another pattern, with a number or a "
                          "performance model as '%s'",
                          name, load->key);
    }
    if (payload->kind == PAYLOAD_LIST && !list_pattern) {
        if (load->no_list)
            return json_error(at, err, "must be a number or a performance model, is a list");
        return json_error(at, err, "a list needs the %s '%s'", load->pattern_key, name);
    }
    if (payload->kind != PAYLOAD_LIST && list_pattern)
        return json_error(pattern, err, "'%s' needs a list of numbers as '%s'", name, load->key);
    if (load->role == ROLE_EXCHANGE && payload->kind == PAYLOAD_LIST &&
        side * side != (double)payload->length) {
        return json_error(at, err,
                          "has %zu numbers, but a matrix has a row and a column for each rank: 1, "
                          "4, 9, 16... numbers",
                          payload->length);
    }
    return 0;
}

static int read_load(struct reader *reader, const struct load *load, const struct json_at *at,
                     struct task *task, struct error *err)
{
    struct json_at value, pattern;
    bool has_value = reader_member(at, load->key, &value);
    bool has_pattern = reader_member(at, load->pattern_key, &pattern);
    bool list = false;
    char where[256];

    if (!has_value) {
        return has_pattern ? warnings_add(reader->warnings, err, "%s: has no effect without '%s'",
                                          json_where(&pattern, where, sizeof where), load->key)
                           : 0;
    }
    if (payload_read(reader, &value, PAYLOAD_FORM_LOAD, load_payload(load, task), err))
        return -1;
    if (!has_pattern && !load->optional_pattern)
        return json_error(at, err, "'%s' needs a '%s'; add one", load->key, load->pattern_key);
    if (has_pattern && read_pattern(load, &pattern, task, &list, err))
        return -1;
    return check_form(load, &value, &pattern, load_payload(load, task), list, err);
}

static int read_loads(struct reader *reader, const struct json_at *at, struct task *task,
                      struct error *err)
{
    const struct load *const *loads = kinds[task->type].loads;
    const char *name = task_type_name(task->type);

    for (size_t i = 0; i < 2 && loads[i]; i++)
        if (read_load(reader, loads[i], at, task, err))
            return -1;
    if (!loads[0] || task->compute.kind != PAYLOAD_NONE || task->transfer.kind != PAYLOAD_NONE)
        return 0;
    if (loads[1]) {
        return json_error(at, err, "a %s task needs '%s' or '%s'; add one of them", name,
                          loads[0]->key, loads[1]->key);
    }
    return json_error(at, err, "a task of type %s needs '%s'; add it", name, loads[0]->key);
}

static int read_task_name(const struct json_at *at, struct task *task, struct error *err)
{
    struct json_at member;
    const char *name = "";

    if (reader_member(at, "name", &member) && json_string(&member, &name, err))
        return -1;
    task->name = strdup(name);
    return task->name ? 0 : error_no_memory(err);
}

static int read_type(const struct json_at *at, struct task *task, struct error *err)
{
    struct json_at member;

    if (!reader_member(at, "type", &member))
        return json_error(at, err, "a task needs a 'type'; add one");
    return task_type_read(&member, &task->type, err);
}

/* What every type of task has. */
static int read_common(struct reader *reader, const struct json_at *at, struct task *task,
                       struct error *err)
{
    struct json_at iterations;

    if (read_task_name(at, task, err) || reader_bool(at, "synchronized", &task->synchronized, err))
        return -1;
    if (!reader_member(at, "iterations", &iterations)) {
        task->iterations = (struct payload){.kind = PAYLOAD_NUMBER, .number = 1};
        return 0;
    }
    return payload_read(reader, &iterations, PAYLOAD_FORM_COUNT, &task->iterations, err);
}

static int read_flags(const struct json_at *at, struct task *task, struct error *err)
{
    const struct kind *kind = &kinds[task->type];

    if (kind->coupled && reader_bool(at, "coupled", &task->coupled, err))
        return -1;
    return kind->async ? reader_bool(at, "async", &task->async, err) : 0;
}

/* A checkpoint is complete at the end of its task: at a place that the phases can go on from, with
 * nothing left to write. */
static int read_checkpoint(struct reader *reader, const struct json_at *at, struct task *task,
                           struct error *err)
{
    struct json_at member;

    if (reader_bool(at, "checkpoint", &task->checkpoint, err))
        return -1;
    if (!task->checkpoint)
        return 0;
    reader->application->has_checkpoint = true;
    reader_member(at, "checkpoint", &member);
    if (task->depth > 0)
        return json_error(&member, err,
                          "a task inside a sequence can't be a checkpoint; mark the sequence");
    if (task->async)
        return json_error(&member, err,
                          "asynchronous I/O can't be a checkpoint, since it is not known to be "
                          "complete when the task ends; mark the phase, or leave out 'async'");
    return 0;
}

/* Everything but the children. */
static int read_own(struct reader *reader, const struct json_at *at, struct task *task,
                    struct error *err)
{
    if (read_type(at, task, err))
        return -1;
    unknown_keys_look(reader->unknown, at, kinds[task->type].keys);
    if (read_common(reader, at, task, err) || read_loads(reader, at, task, err))
        return -1;
    reader->application->uses[task->type] = true;
    return read_flags(at, task, err) ? -1 : read_checkpoint(reader, at, task, err);
}

/* Adds a task to the block, zeroed but for its place, so that a half-read one can be freed. */
static int append_task(struct application *application, struct block *block, size_t depth,
                       struct error *err)
{
    size_t count = block->num_tasks;

    if (array_reserve(block->tasks, block->room, count + 1))
        return error_no_memory(err);
    block->tasks[count] = (struct task){
        .depth = depth,
        .id = application->num_tasks++,
        .compute_pattern = VECTOR_UNIFORM,
        .io_pattern = VECTOR_UNIFORM,
        .transfer_pattern = MATRIX_ALL_TO_ALL,
    };
    block->num_tasks = count + 1;
    if (depth > application->max_depth)
        application->max_depth = depth;
    return 0;
}

static int read_task(struct reader *reader, struct block *block, const struct json_at *at,
                     size_t depth, struct error *err)
{
    size_t index = block->num_tasks;
    struct json_at tasks;

    if (json_object(at, err) || append_task(reader->application, block, depth, err) ||
        read_own(reader, at, &block->tasks[index], err))
        return -1;
    if (kinds[block->tasks[index].type].tasks) {
        if (!reader_member(at, "tasks", &tasks))
            return json_error(at, err, "a sequence needs 'tasks'; add a list of them");
        if (tasks_read(reader, block, &tasks, depth + 1, err))
            return -1;
    }
    /* Only now: reading children moves the tasks. */
    block->tasks[index].next = block->num_tasks;
    return 0;
}

int tasks_read(struct reader *reader, struct block *block, const struct json_at *at, size_t depth,
               struct error *err)
{
    long index = 0;
    const cJSON *value;

    if (json_array(at, err))
        return -1;
    cJSON_ArrayForEach(value, at->value)
    {
        struct json_at element = json_element(at, value, index++);

        if (read_task(reader, block, &element, depth, err))
            return -1;
    }
    return index > 0 ? 0 : json_error(at, err, "must have at least one task, is empty");
}

void task_free(struct task *task)
{
    free(task->name);
    payload_free(&task->iterations);
    payload_free(&task->compute);
    payload_free(&task->transfer);
}
