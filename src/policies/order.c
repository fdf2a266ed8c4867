#include "policies/order.h"

#include <math.h>

typedef double key_fn(const struct ordering *ordering, const struct entry *entry);

static double by_submission(const struct ordering *ordering, const struct entry *entry)
{
    (void)ordering;
    (void)entry;
    return 0;
}

static double by_estimate(const struct ordering *ordering, const struct entry *entry)
{
    (void)ordering;
    return entry->estimate;
}

static double most_nodes_first(const struct ordering *ordering, const struct entry *entry)
{
    (void)ordering;
    return -(double)entry->least;
}

static double fewest_nodes_first(const struct ordering *ordering, const struct entry *entry)
{
    (void)ordering;
    return entry->least;
}

static double by_priority(const struct ordering *ordering, const struct entry *entry)
{
    (void)ordering;
    return -elastisim_job_attribute_number(entry->job, "priority", 0);
}

static double by_share(const struct ordering *ordering, const struct entry *entry)
{
    return ordering->shares->users.items[entry->user].place;
}

/* What Slurm's plugin priority/multifactor does,
 * https://slurm.schedmd.com/priority_multifactor.html; the sum is a whole number there. */
static double by_factors(const struct ordering *ordering, const struct entry *entry)
{
    const struct policy_options *weights = ordering->weights;
    double age = fmin((ordering->now - entry->eligible) / weights->max_age, 1);
    return -floor(weights->weight_age * age +
                  weights->weight_fair_tree * ordering->shares->users.items[entry->user].factor +
                  weights->weight_size * (entry->least / ordering->num_nodes) +
                  weights->weight_partition * entry->partition_factor +
                  weights->weight_qos * entry->qos_factor);
}

/* --- Expressions --------------------------------------------------------------------------- */

struct ranked {
    const struct ordering *ordering;
    const struct entry *entry;
};

static double submit_of(const void *context)
{
    const struct ranked *ranked = context;
    return ranked->entry->eligible;
}

static double now_of(const void *context)
{
    const struct ranked *ranked = context;
    return ranked->ordering->now;
}

static double wait_of(const void *context)
{
    return now_of(context) - submit_of(context);
}

static double estimate_of(const void *context)
{
    const struct ranked *ranked = context;
    return ranked->entry->estimate;
}

static double nodes_of(const void *context)
{
    const struct ranked *ranked = context;
    return ranked->entry->least;
}

static double gpus_of(const void *context)
{
    const struct ranked *ranked = context;
    return (double)ranked->entry->least * ranked->entry->gpus;
}

static double area_of(const void *context)
{
    return estimate_of(context) * nodes_of(context);
}

/* Node-seconds of the user. */
static double share_of(const void *context)
{
    const struct ranked *ranked = context;
    const struct shares *shares = ranked->ordering->shares;
    size_t user = ranked->entry->user;
    return user < shares->users.count ? shares->users.items[user].usage : 0;
}

static double priority_of(const void *context)
{
    const struct ranked *ranked = context;
    return elastisim_job_attribute_number(ranked->entry->job, "priority", 0);
}

/* Of the clock on the wall. */
static double hour_of(const void *context)
{
    const struct ranked *ranked = context;
    return fmod(floor((ranked->ordering->midnight + ranked->ordering->now) / 3600), 24);
}

/* 0 on Mondays. */
static double day_of(const void *context)
{
    const struct ranked *ranked = context;
    return fmod(floor((ranked->ordering->midnight + ranked->ordering->now) / 86400), 7);
}

#define NAME(name) {#name, name##_of},
static const struct formula_name names[] = {ORDER_NAMES(NAME){0}};

/* Tang et al.: Fault-Aware, Utility-Based Job Scheduling on Blue Gene/P Systems, Cluster 2009
 * (wfp3, unicef); Carastan-Santos, de Camargo: Obtaining Dynamic Scheduling Policies with
 * Simulation and Machine Learning, SC 2017, table 3 (f1 to f4). */
static const char *const published[] = {
    [ORDER_WFP3] = "-(wait / estimate)^3 * nodes",
    [ORDER_UNICEF] = "-wait / (log2(nodes) * estimate)",
    [ORDER_F1] = "log10(estimate) * nodes + 870 * log10(submit)",
    [ORDER_F2] = "sqrt(estimate) * nodes + 25600 * log10(submit)",
    [ORDER_F3] = "estimate * nodes + 6860000 * log10(submit)",
    [ORDER_F4] = "estimate * sqrt(nodes) + 530000 * log10(submit)",
    [ORDER_SAF] = "area",
    [ORDER_LXF] = "-(wait + estimate) / estimate",
    [ORDER_OF_QUEUE] = NULL,
};

static enum formula_result evaluate(const struct ordering *ordering, const struct entry *entry,
                                    double *value, struct error *err)
{
    const struct ranked ranked = {ordering, entry};
    if (ordering->bound.expression)
        return bound_formula_evaluate(&ordering->bound, &ranked, value, err);
    const struct formula_scope scope = {names, &ranked};
    return formulas_evaluate(ordering->formulas, ordering->expression, entry->job, entry->least,
                             &scope, value, err);
}

static double by_expression(const struct ordering *ordering, const struct entry *entry)
{
    struct error err = {.kind = ERROR_NONE};
    double value;
    return evaluate(ordering, entry, &value, &err) == FORMULA_VALUE && !isnan(value) ? value
                                                                                     : INFINITY;
}

int order_inspect(struct ordering *ordering, const struct entry *entry, struct error *err)
{
    double value;
    if (!ordering->expression)
        return 0;
    if (evaluate(ordering, entry, &value, err) != FORMULA_VALUE)
        return error_prefix(err, "order %s", ordering->expression);
    ordering->jobs++;
    ordering->without_value += ordering->is_fixed && isnan(value);
    return 0;
}

int order_tell(const struct ordering *ordering, const char *spec, const char *key,
               struct warnings *warnings, struct error *err)
{
    if (ordering->without_value == 0)
        return 0;
    return warnings_add(warnings, err,
                        "scheduler builtin:%s: %s %s is not a number for %zu of %zu job%s: they go "
                        "last, by submission",
                        spec, key, ordering->expression, ordering->without_value, ordering->jobs,
                        ordering->jobs == 1 ? "" : "s");
}

/* --- Orders -------------------------------------------------------------------------------- */

static key_fn *const keys[] = {
    [ORDER_FCFS] = by_submission,       [ORDER_SJF] = by_estimate,
    [ORDER_LARGEST] = most_nodes_first, [ORDER_SMALLEST] = fewest_nodes_first,
    [ORDER_PRIORITY] = by_priority,     [ORDER_FAIR_SHARE] = by_share,
    [ORDER_MULTIFACTOR] = by_factors,
};

struct ordering ordering_of(enum order order, const char *expression,
                            const struct policy_options *weights, const struct shares *shares,
                            struct formulas *formulas)
{
    struct ordering ordering = {
        .order = order, .weights = weights, .shares = shares, .formulas = formulas};
    ordering.expression = order == ORDER_EXPRESSION ? expression : published[order];
    ordering.follows_time = order == ORDER_MULTIFACTOR;
    ordering.follows_shares = order == ORDER_FAIR_SHARE || order == ORDER_MULTIFACTOR;
    if (!ordering.expression)
        return ordering;
    static const char *const moving[] = {"wait", "now", "day", "hour"};
    for (size_t i = 0; i < sizeof moving / sizeof *moving; i++)
        if (formulas_name(formulas, ordering.expression, moving[i]))
            ordering.follows_time = true;
    ordering.follows_shares = formulas_name(formulas, ordering.expression, "share");
    ordering.is_fixed = !ordering.follows_time && !ordering.follows_shares &&
                        !formulas_name(formulas, ordering.expression, "submit");
    ordering.bound = formulas_bind(formulas, ordering.expression, names);
    return ordering;
}

double order_key(const void *context, const struct entry *entry)
{
    const struct ordering *ordering = context;
    return ordering->expression ? by_expression(ordering, entry)
                                : keys[ordering->order](ordering, entry);
}
