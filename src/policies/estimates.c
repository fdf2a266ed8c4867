/* Promise: a number that no job could have is found before the run; none is made up. */
#include "policies/estimates.h"

#include "base/number.h"
#include "base/quote.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void estimates_create(struct estimates *estimates, const struct policy_options *options)
{
    *estimates = (struct estimates){.options = options};
}

void estimates_release(struct estimates *estimates)
{
    formulas_release(&estimates->formulas);
}

/* --- What the workload has under a name ---------------------------------------------------- */

static const char *text_of(const struct elastisim_job *job, const struct named *named)
{
    return named->where == WHERE_ATTRIBUTE ? elastisim_job_attribute(job, named->name)
                                           : elastisim_job_argument(job, named->name);
}

static const char *kind_of(const struct named *named)
{
    return named->where == WHERE_ATTRIBUTE ? "attribute" : "argument";
}

/* *value is NAN when the job has no such attribute or argument. */
static int named_value(struct estimates *estimates, const struct elastisim_job *job,
                       const struct named *named, double *value, struct error *err)
{
    const char *text = text_of(job, named);
    *value = NAN;
    if (!text)
        return 0;
    if (formulas_evaluate(&estimates->formulas, text, job, elastisim_job_nodes_min(job), NULL,
                          value, err) == FORMULA_VALUE)
        return 0;
    char quoted[QUOTE_TEXT];
    return error_prefix(err, "job %zu, %s '%s'", elastisim_job_id(job), kind_of(named),
                        quote(named->name, quoted));
}

static int refuse(const struct elastisim_job *job, const char *what, double value, const char *rule,
                  struct error *err)
{
    char text[NUMBER_TEXT];
    return error_set(err, ERROR_INPUT, "job %zu: its %s is %s; %s", elastisim_job_id(job), what,
                     isnan(value) ? "not a number" : number_text(value, text), rule);
}

/* --- How long a job runs ------------------------------------------------------------------- */

static const char duration_rule[] = "an estimate must be 0 s or more";

/* What the jobs file says itself: runtime_estimate or walltime, whichever goes first. */
static double given_duration(const struct estimates *estimates, const struct elastisim_job *job)
{
    double walltime = elastisim_job_walltime(job), given = elastisim_job_runtime_estimate(job);
    bool prefers_walltime = estimates->options->estimate == ESTIMATE_WALLTIME && walltime > 0;
    if (given >= 0 && !prefers_walltime)
        return given;
    return walltime > 0 ? walltime : INFINITY;
}

static int plain_duration(struct estimates *estimates, const struct elastisim_job *job,
                          double *seconds, struct error *err)
{
    const struct policy_options *options = estimates->options;
    *seconds = NAN;
    if (options->estimate == ESTIMATE_NAMED &&
        named_value(estimates, job, &options->estimate_from, seconds, err))
        return -1;
    if (*seconds < 0)
        return refuse(job, options->estimate_from.name, *seconds, duration_rule, err);
    if (isnan(*seconds))
        *seconds = given_duration(estimates, job);
    return 0;
}

/* *lacks when the model names something that the job does not have: then nothing is set. */
static int model_duration(struct estimates *estimates, const struct elastisim_job *job,
                          uint32_t num_nodes, double *seconds, bool *lacks, struct error *err)
{
    enum formula_result result =
        formulas_evaluate(&estimates->formulas, estimates->options->estimate_model, job, num_nodes,
                          NULL, seconds, err);
    *lacks = result == FORMULA_LACKS;
    if (result == FORMULA_FAILED)
        return error_prefix(err, "job %zu, estimate_model", elastisim_job_id(job));
    if (!*lacks && !(*seconds >= 0))
        return refuse(job, "estimate by estimate_model", *seconds, duration_rule, err);
    return 0;
}

/* What a model lacks is no error. */
static int duration_by_model(struct estimates *estimates, const struct elastisim_job *job,
                             uint32_t num_nodes, double *seconds, bool *lacks, struct error *err)
{
    struct error lacking = {.kind = ERROR_NONE};
    if (model_duration(estimates, job, num_nodes, seconds, lacks, &lacking))
        return error_set(err, lacking.kind, "%s", lacking.message);
    return 0;
}

int estimates_duration(struct estimates *estimates, const struct elastisim_job *job,
                       uint32_t num_nodes, double *seconds, bool *follows_size, struct error *err)
{
    double walltime = elastisim_job_walltime(job);
    bool has_model = estimates->options->estimate_model != NULL, lacks = !has_model;
    if (has_model && duration_by_model(estimates, job, num_nodes, seconds, &lacks, err))
        return -1;
    *follows_size = !lacks;
    if (lacks && plain_duration(estimates, job, seconds, err))
        return -1;
    if (walltime > 0)
        *seconds = fmin(*seconds, walltime);
    return 0;
}

/* --- The preferred size -------------------------------------------------------------------- */

static int named_preferred(struct estimates *estimates, const struct elastisim_job *job,
                           uint32_t *preferred, struct error *err)
{
    const struct policy_options *options = estimates->options;
    double nodes, least = elastisim_job_nodes_min(job), most = elastisim_job_nodes_max(job);
    *preferred = 0;
    if (options->preferred != PREFERRED_NAMED || elastisim_job_type(job) == ELASTISIM_RIGID)
        return 0;
    if (named_value(estimates, job, &options->preferred_from, &nodes, err))
        return -1;
    if (isnan(nodes))
        return 0;
    char rule[128];
    snprintf(rule, sizeof rule, "a preferred size must be a whole number from %.0f to %.0f", least,
             most);
    if (!(nodes >= least && nodes <= most && floor(nodes) == nodes))
        return refuse(job, options->preferred_from.name, nodes, rule, err);
    *preferred = (uint32_t)nodes;
    return 0;
}

int estimates_preferred(struct estimates *estimates, const struct elastisim_job *job,
                        uint32_t *preferred, struct error *err)
{
    uint32_t least = elastisim_job_nodes_min(job), most = elastisim_job_nodes_max(job);
    if (named_preferred(estimates, job, preferred, err))
        return -1;
    if (*preferred == 0)
        *preferred = elastisim_job_nodes_preferred(job);
    if (*preferred == 0)
        *preferred = least + (most - least) / 2;
    return 0;
}

/* --- Before the run ------------------------------------------------------------------------ */

static int inspect_model(struct estimates *estimates, const struct elastisim_job *job,
                         struct error *err)
{
    struct error lacking = {.kind = ERROR_NONE};
    uint32_t sizes[] = {elastisim_job_nodes_min(job), elastisim_job_nodes_max(job)};
    double seconds;
    bool lacks = false;
    for (size_t i = 0; i < 2 && !lacks; i++)
        if (model_duration(estimates, job, sizes[i], &seconds, &lacks, &lacking))
            return error_set(err, lacking.kind, "%s", lacking.message);
    if (lacks && estimates->without_names++ == 0)
        snprintf(estimates->lacking, sizeof estimates->lacking, "%.100s", lacking.message);
    return 0;
}

int estimates_inspect(struct estimates *estimates, const struct elastisim_job *job,
                      struct error *err)
{
    const struct policy_options *options = estimates->options;
    double seconds;
    bool follows_size;
    uint32_t preferred;
    estimates->jobs++;
    if ((options->estimate_model && inspect_model(estimates, job, err)) ||
        estimates_duration(estimates, job, elastisim_job_nodes_min(job), &seconds, &follows_size,
                           err) ||
        estimates_preferred(estimates, job, &preferred, err))
        return -1;
    estimates->without_end += isinf(seconds) ? 1 : 0;
    if (options->estimate == ESTIMATE_NAMED)
        estimates->with_estimate += text_of(job, &options->estimate_from) != NULL;
    if (options->preferred == PREFERRED_NAMED)
        estimates->with_preferred += text_of(job, &options->preferred_from) != NULL;
    return 0;
}

static int nobody_has(const char *spec, const char *key, const struct named *named,
                      struct error *err)
{
    char quoted[QUOTE_TEXT];
    return error_set(err, ERROR_INPUT,
                     "scheduler builtin:%s: %s=%s:%s: no job has an %s of that name", spec, key,
                     kind_of(named), quote(named->name, quoted), kind_of(named));
}

static int tell_of_names(const struct estimates *estimates, const char *spec,
                         struct warnings *warnings, struct error *err)
{
    const struct policy_options *options = estimates->options;
    if (options->estimate == ESTIMATE_NAMED && estimates->with_estimate == 0)
        return nobody_has(spec, "estimate", &options->estimate_from, err);
    if (options->preferred == PREFERRED_NAMED && estimates->with_preferred == 0)
        return nobody_has(spec, "preferred", &options->preferred_from, err);
    if (estimates->without_names == 0)
        return 0;
    if (estimates->without_names == estimates->jobs)
        return error_set(err, ERROR_INPUT,
                         "scheduler builtin:%s: estimate_model fits no job: %s among its arguments "
                         "and attributes",
                         spec, estimates->lacking);
    return warnings_add(warnings, err,
                        "scheduler builtin:%s: estimate_model does not fit %zu of %zu jobs, whose "
                        "estimates stay the same on any number of nodes: %s",
                        spec, estimates->without_names, estimates->jobs, estimates->lacking);
}

/* What a policy does without when it does not know how long jobs run; NULL when it does not ask. */
static const char *blindness(const struct policy_options *options)
{
    if (options_have_reservations(options))
        return "starts that wait for their ends can't be planned, and they are backfilled only "
               "onto nodes that no job waits for";
    return options->order == ORDER_SJF ? "they come last, by submission" : NULL;
}

int estimates_tell(const struct estimates *estimates, const char *spec, struct warnings *warnings,
                   struct error *err)
{
    const char *effect = blindness(estimates->options);
    if (estimates->jobs == 0)
        return 0;
    if (tell_of_names(estimates, spec, warnings, err))
        return -1;
    if (estimates->without_end == 0 || !effect)
        return 0;
    return warnings_add(
        warnings, err,
        "scheduler builtin:%s: %zu of %zu job%s neither runtime_estimate nor walltime: %s; "
        "options estimate=attribute:NAME, estimate=argument:NAME and "
        "estimate_model=EXPRESSION say what else tells how long jobs run",
        spec, estimates->without_end, estimates->jobs, estimates->jobs == 1 ? " has" : "s have",
        effect);
}
