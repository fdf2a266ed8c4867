#include "policies/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Runtimes that a percentile is taken of. */
enum { WINDOW = 32 };

struct history {
    size_t count;        /* of jobs */
    double last, before; /* the runtimes of the last two, in seconds */
    double average;      /* exponentially weighted */
    double *recent;      /* the last WINDOW ones, the oldest at count % WINDOW; owned, or NULL */
};

void histories_create(struct histories *histories, const struct policy_options *options)
{
    *histories = (struct histories){.options = options};
}

void histories_release(struct histories *histories)
{
    for (size_t i = 0; i < histories->list.count; i++)
        free(histories->list.items[i].recent);
    free(histories->list.items);
    names_release(&histories->names);
}

/* --- Whose --------------------------------------------------------------------------------- */

static const char *application_of(const struct elastisim_job *job)
{
    const char *name = elastisim_job_attribute(job, "executable");
    name = name ? name : elastisim_job_name(job);
    return name ? name : "";
}

/* User and application, each after its length, so that no two are taken for one. */
static char *name_of(const struct elastisim_job *job, enum predict_by by)
{
    const char *user = elastisim_job_attribute(job, "user");
    user = user ? user : "";
    const char *application = by == PREDICT_BY_APPLICATION ? application_of(job) : "";
    size_t size = strlen(user) + strlen(application) + 32;
    char *name = malloc(size);
    if (name)
        snprintf(name, size, "%zu %s %s", strlen(user), user, application);
    return name;
}

int histories_identify(struct histories *histories, const struct elastisim_job *job, size_t *number)
{
    char *name = name_of(job, histories->options->predict_by);
    if (!name)
        return -1;
    int result = 0;
    if (!names_find(&histories->names, name, number))
        result = names_add(&histories->names, name, number) ||
                         vector_add(&histories->list, (struct history){0})
                     ? -1
                     : 0;
    free(name);
    return result;
}

/* --- Runtimes ------------------------------------------------------------------------------ */

int histories_note(struct histories *histories, size_t number, double seconds)
{
    const struct policy_options *options = histories->options;
    struct history *history = &histories->list.items[number];
    if (options->predict == PREDICT_PERCENTILE) {
        if (!history->recent)
            history->recent = calloc(WINDOW, sizeof *history->recent);
        if (!history->recent)
            return -1;
        history->recent[history->count % WINDOW] = seconds;
    }
    double weight = history->count == 0 ? 1 : options->predict_weight;
    history->average += weight * (seconds - history->average);
    history->before = history->last;
    history->last = seconds;
    history->count++;
    return 0;
}

static double average_of_two(const struct histories *histories, const struct history *history)
{
    (void)histories;
    return history->count < 2 ? INFINITY : (history->last + history->before) / 2;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The least of them that so many per cent are not above. */
static double percentile(const struct histories *histories, const struct history *history)
{
    double sorted[WINDOW];
    size_t count = history->count < WINDOW ? history->count : WINDOW;
    if (count == 0)
        return INFINITY;
    memcpy(sorted, history->recent, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    double rank = ceil(histories->options->predict_percentile / 100 * (double)count);
    return sorted[rank < 1 ? 0 : (size_t)rank - 1];
}

static double weighted_average(const struct histories *histories, const struct history *history)
{
    (void)histories;
    return history->count < 1 ? INFINITY : history->average;
}

double histories_predict(const struct histories *histories, size_t number)
{
    static double (*const predictors[])(const struct histories *, const struct history *) = {
        [PREDICT_AVERAGE2] = average_of_two,
        [PREDICT_PERCENTILE] = percentile,
        [PREDICT_EWMA] = weighted_average,
    };
    return fmax(1,
                predictors[histories->options->predict](histories, &histories->list.items[number]));
}

double history_correction(unsigned times)
{
    static const double minutes[] = {1, 5, 15, 30, 60, 120, 300, 600, 1200, 3000, 6000};
    enum { LAST = sizeof minutes / sizeof minutes[0] - 1 };
    return 60 * minutes[times < LAST ? times : LAST];
}
