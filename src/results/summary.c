#include "results/summary.h"

#include "results/energy.h"
#include "system/state.h"

#include <math.h>

/* Shorter runs count as this long, so that tiny jobs do not dominate the slowdown. */
#define SLOWDOWN_BOUND 10.0
/* Times are readable as they are below this. */
#define LONGEST_IN_SECONDS 99.95

enum { READABLE_TEXT = 64 };

#define JOULES_PER_KWH 3.6e6
#define GRAMS_PER_KG 1e3
/* Amounts have more digits below this. */
#define LEAST_IN_THOUSANDTHS 10.0

static void note_energy(struct summary *summary, const struct energy_totals *energy)
{
    summary->has_energy = energy->measured;
    summary->joules = sum_value(&energy->machine.joules);
    summary->joules_of_jobs = sum_value(&energy->of_jobs.joules);
    summary->joules_unused = sum_value(&energy->unused.joules);
    summary->has_cost = energy->measured && energy->priced;
    summary->cost = sum_value(&energy->machine.cost);
    summary->has_emissions = energy->measured && energy->emitted;
    summary->grams = sum_value(&energy->machine.grams);
}

struct summary summary_make(const struct state *state, const struct energy_totals *energy)
{
    struct summary summary = {0};
    double first = INFINITY, last = 0, node_seconds = 0;
    size_t ran = 0;
    for (size_t i = 0; i < state->num_jobs; i++) {
        const struct job *job = &state->jobs[i];
        double submitted = job->request->submit_time;
        summary.completed += job->state == JOB_COMPLETED;
        summary.killed += job->state == JOB_KILLED;
        summary.cancelled += job->state == JOB_CANCELLED;
        summary.unfinished += !job_has_ended(job);
        summary.reconfigurations += job->reconfigurations;
        summary.requeues += job->requeues;
        summary.lost_node_seconds += job->lost_node_seconds;
        summary.suspended_seconds += job_suspended_seconds(job);
        node_seconds += job->node_seconds;
        first = fmin(first, submitted);
        last = fmax(last, job->end_time);
        if (job->start_time < 0 || job->end_time < 0)
            continue;
        double wait = job->start_time - submitted, run = job->end_time - job->start_time;
        ran++;
        summary.mean_wait += wait;
        summary.mean_turnaround += wait + run;
        summary.bounded_slowdown += fmax(1, (wait + run) / fmax(run, SLOWDOWN_BOUND));
    }
    if (ran > 0) {
        summary.mean_wait /= (double)ran;
        summary.mean_turnaround /= (double)ran;
        summary.bounded_slowdown /= (double)ran;
    }
    summary.makespan = last > first ? last - first : 0;
    if (summary.makespan > 0)
        summary.node_utilization = node_seconds / (summary.makespan * state->platform->num_nodes);
    note_energy(&summary, energy);
    return summary;
}

/* "2 h 04 min": the same words as elastisim-stats; "" for what is short in seconds. */
static const char *readable(double seconds, char text[READABLE_TEXT])
{
    double whole = nearbyint(seconds), minutes = nearbyint(seconds / 60);
    double hours = nearbyint(seconds / 3600);
    text[0] = '\0';
    if (whole >= 3600 && minutes < 24 * 60)
        snprintf(text, READABLE_TEXT, "  %.0f h %02.0f min", floor(minutes / 60),
                 fmod(minutes, 60));
    else if (whole >= 3600)
        snprintf(text, READABLE_TEXT, "  %.0f d %02.0f h", floor(hours / 24), fmod(hours, 24));
    else if (seconds >= LONGEST_IN_SECONDS)
        snprintf(text, READABLE_TEXT, "  %.0f min %02.0f s", floor(whole / 60), fmod(whole, 60));
    return text;
}

static void print_time(FILE *out, const char *name, double seconds)
{
    char text[READABLE_TEXT];
    fprintf(out, "%-20s %12.1f s%s\n", name, seconds, readable(seconds, text));
}

static void print_amount(FILE *out, const char *name, double amount, const char *unit)
{
    int digits = fabs(amount) < LEAST_IN_THOUSANDTHS ? 6 : 3;
    fprintf(out, "%-20s %12.*f%s\n", name, digits, amount, unit);
}

static void print_energy(FILE *out, const struct summary *summary)
{
    print_amount(out, "energy", summary->joules / JOULES_PER_KWH, " kWh");
    print_amount(out, "energy of jobs", summary->joules_of_jobs / JOULES_PER_KWH, " kWh");
    print_amount(out, "energy of idle nodes", summary->joules_unused / JOULES_PER_KWH, " kWh");
    if (summary->has_cost)
        print_amount(out, "energy cost", summary->cost, "");
    if (summary->has_emissions)
        print_amount(out, "emissions", summary->grams / GRAMS_PER_KG, " kg CO2");
}

void summary_print(FILE *out, const struct summary *summary, double wall_seconds)
{
    fprintf(out, "jobs completed       %12zu\n", summary->completed);
    fprintf(out, "jobs killed          %12zu\n", summary->killed);
    if (summary->cancelled > 0)
        fprintf(out, "jobs cancelled       %12zu\n", summary->cancelled);
    if (summary->unfinished > 0)
        fprintf(out, "jobs unfinished      %12zu\n", summary->unfinished);
    print_time(out, "makespan", summary->makespan);
    print_time(out, "mean wait", summary->mean_wait);
    print_time(out, "mean turnaround", summary->mean_turnaround);
    fprintf(out, "bounded slowdown     %12.2f\n", summary->bounded_slowdown);
    fprintf(out, "node utilization     %12.1f %%\n", 100 * summary->node_utilization);
    fprintf(out, "reconfigurations     %12zu\n", summary->reconfigurations);
    if (summary->requeues > 0)
        fprintf(out, "requeues             %12zu\n", summary->requeues);
    if (summary->lost_node_seconds > 0)
        fprintf(out, "lost node time       %12.1f node s\n", summary->lost_node_seconds);
    if (summary->suspended_seconds > 0)
        print_time(out, "suspended time", summary->suspended_seconds);
    if (summary->has_energy)
        print_energy(out, summary);
    fprintf(out, "wall time            %12.3f s\n", wall_seconds);
}
