/* The names of task types and patterns: one table each serves reading and messages. */
#include "application/reader.h"

#include "base/quote.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Enough for every list of names below. */
enum { NAMES_TEXT = 256 };

static const char *const task_types[] = {
    [TASK_CPU] = "cpu",
    [TASK_GPU] = "gpu",
    [TASK_PFS_READ] = "pfs_read",
    [TASK_PFS_WRITE] = "pfs_write",
    [TASK_BB_READ] = "bb_read",
    [TASK_BB_WRITE] = "bb_write",
    [TASK_BUSY_WAIT] = "busy_wait",
    [TASK_IDLE] = "idle",
    [TASK_SEQUENCE] = "sequence",
    [NUM_TASK_TYPES] = NULL,
};

/* An alias comes after the names of the enum, and before the end. */
enum { VECTOR_TOTAL = NUM_VECTOR_PATTERNS };

static const char *const vector_patterns[] = {
    [VECTOR_ALL_RANKS] = "all_ranks",   [VECTOR_ROOT_ONLY] = "root_only",
    [VECTOR_EVEN_RANKS] = "even_ranks", [VECTOR_ODD_RANKS] = "odd_ranks",
    [VECTOR_UNIFORM] = "uniform",       [VECTOR_LIST] = "vector",
    [VECTOR_TOTAL] = "total", /* of all_ranks, from ElastiSim's first versions */
    [VECTOR_TOTAL + 1] = NULL,
};

static const char *const matrix_patterns[] = {
    [MATRIX_ALL_TO_ALL] = "all_to_all",
    [MATRIX_GATHER] = "gather",
    [MATRIX_SCATTER] = "scatter",
    [MATRIX_MASTER_WORKER] = "master_worker",
    [MATRIX_RING] = "ring",
    [MATRIX_RING_CLOCKWISE] = "ring_clockwise",
    [MATRIX_RING_COUNTER_CLOCKWISE] = "ring_counter_clockwise",
    [MATRIX_LIST] = "matrix",
    [NUM_MATRIX_PATTERNS] = NULL,
};

/* "a, b, c" */
static const char *list_names(const char *const *names, char *buffer, size_t size)
{
    size_t used = 0;

    buffer[0] = '\0';
    for (size_t i = 0; names[i] && used < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%s", i == 0 ? "" : ", ", names[i]);
    return buffer;
}

static int unknown_name(const struct json_at *at, const char *what, const char *word,
                        const char *const *names, struct error *err)
{
    char known[NAMES_TEXT], quoted[QUOTE_TEXT];
    const char *nearest = json_nearest_name(word, names);

    if (nearest) {
        return json_error(at, err, "unknown %s '%s', did you mean '%s'?", what, quote(word, quoted),
                          nearest);
    }
    return json_error(at, err, "unknown %s '%s'; known are %s", what, quote(word, quoted),
                      list_names(names, known, sizeof known));
}

/* Returns the index of the name in the list, or -1 with err. */
static int read_name(const struct json_at *at, const char *what, const char *const *names,
                     struct error *err)
{
    const char *word;
    if (json_string(at, &word, err))
        return -1;
    for (int i = 0; names[i]; i++)
        if (strcasecmp(word, names[i]) == 0)
            return i;
    unknown_name(at, what, word, names, err);
    return -1;
}

int task_type_read(const struct json_at *at, enum task_type *result, struct error *err)
{
    int index = read_name(at, "task type", task_types, err);
    if (index < 0)
        return -1;
    *result = (enum task_type)index;
    return 0;
}

int vector_pattern_read(const struct json_at *at, enum vector_pattern *result, struct error *err)
{
    int index = read_name(at, "pattern", vector_patterns, err);
    if (index < 0)
        return -1;
    *result = index == VECTOR_TOTAL ? VECTOR_ALL_RANKS : (enum vector_pattern)index;
    return 0;
}

int matrix_pattern_read(const struct json_at *at, enum matrix_pattern *result, struct error *err)
{
    int index = read_name(at, "communication pattern", matrix_patterns, err);
    if (index < 0)
        return -1;
    *result = (enum matrix_pattern)index;
    return 0;
}

const char *task_type_name(enum task_type type)
{
    return task_types[type];
}

const char *vector_pattern_name(enum vector_pattern pattern)
{
    return vector_patterns[pattern];
}

const char *matrix_pattern_name(enum matrix_pattern pattern)
{
    return matrix_patterns[pattern];
}
