/* Promise: what --list-schedulers prints is what can be given, since both come from these tables.
 */
#include "policies/options.h"

#include "base/json.h" /* nearest_name */
#include "base/number.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A value that a key can have. */
struct choice {
    const char *name;
    int value;
    const char *help; /* what it does; in brackets where it comes from */
};

static const struct choice orders[] = {
    {"fcfs", ORDER_FCFS, "by submission"},
    {"sjf", ORDER_SJF, "shortest first, by the estimate (see 'estimate')"},
    {"largest", ORDER_LARGEST, "most nodes (the minimum, of flexible jobs) first"},
    {"smallest", ORDER_SMALLEST, "fewest nodes first"},
    {"priority", ORDER_PRIORITY, "highest attribute 'priority' first (0 when a job has none)"},
    {"fair_share", ORDER_FAIR_SHARE,
     "the user (attribute 'user') with the fewest node-seconds so far first [Kay, Lauder 1988]"},
    {0},
};

static const struct choice backfills[] = {
    {"none", BACKFILL_NONE, "a job that does not fit holds back all behind it"},
    {"first_fit", BACKFILL_FIRST_FIT, "every job that fits starts; wide jobs may starve"},
    {"easy", BACKFILL_EASY,
     "only the first blocked job has a reservation: others start if they end before its shadow "
     "time or use its extra "
     "nodes only [Lifka 1995; Mu'alem, Feitelson 2001]"},
    {"conservative", BACKFILL_CONSERVATIVE,
     "every waiting job has a reservation that no other delays [Mu'alem, Feitelson 2001]"},
    {"hybrid", BACKFILL_HYBRID,
     "the first 'reservation_depth' blocked jobs have reservations (8 by default) [Jackson, Snell, "
     "Clement 2001 (Maui); Flux]"},
    {0},
};

static const struct choice reservation_kinds[] = {
    {"persistent", RESERVATIONS_PERSISTENT,
     "a reservation only ever moves to an earlier time [Mu'alem, Feitelson 2001]"},
    {"recomputed", RESERVATIONS_RECOMPUTED,
     "all are made anew in the order of the queue whenever nodes become free or a job comes in "
     "front"},
    {0},
};

static const struct choice estimates[] = {
    {"given", ESTIMATE_GIVEN, "the job's runtime_estimate, else its walltime, else infinite"},
    {"walltime", ESTIMATE_WALLTIME, "the job's walltime, else its runtime_estimate, else infinite"},
    {0},
};

static const struct choice starts[] = {
    {"min", START_MIN, "the minimum"},
    {"max", START_MAX, "as many nodes as are free, up to the maximum"},
    {"preferred", START_PREFERRED,
     "as many as are free, up to num_nodes_preferred (without one, the mean of both bounds)"},
    {"fair_share", START_FAIR,
     "as many as are free, up to the nodes of the machine divided by the jobs running and waiting "
     "[Srinivasan et al. 2003]"},
    {0},
};

static const struct choice malleables[] = {
    {"none", MALLEABLE_NONE, "no job is resized"},
    {"grow", MALLEABLE_GROW, "jobs grow into idle nodes when no job waits, and never shrink"},
    {"agreement", MALLEABLE_AGREEMENT,
     "running jobs agree to hand nodes over to one waiting job; idle and freed nodes are kept for "
     "it "
     "until it starts [Posner, Hupfeld, Finnerty 2023; cf. Prabhakaran et al. 2015]"},
    {"steal", MALLEABLE_STEAL,
     "as agreement, but a job may take the nodes kept for jobs behind it when that starts it at "
     "once "
     "[Posner, Hupfeld, Finnerty 2023]"},
    {"common_pool", MALLEABLE_POOL,
     "freed nodes go to whichever waiting job the queue gives them to [Posner, Hupfeld, Finnerty "
     "2023]"},
    {"keep_preferred", MALLEABLE_KEEP_PREFERRED,
     "as steal, but no job gives up nodes below its preferred size or grows beyond it while others "
     "wait [Zojer, Posner, Özden 2026]"},
    {"equipartition", MALLEABLE_EQUIPARTITION,
     "as steal, with the largest job shrinking and the smallest growing first, so that all come to "
     "the same size [McCann, Vaswani, Zahorjan 1993]"},
    {0},
};

static const struct choice towards[] = {
    {"min", TOWARDS_MIN, "the job most above its minimum shrinks first; growth is greedy"},
    {"avg", TOWARDS_AVG,
     "jobs come to the same place between minimum and maximum (that of the average job)"},
    {"pref", TOWARDS_PREF,
     "jobs above their preferred size shrink first, those below it grow first"},
    {0},
};

static const struct choice evolvings[] = {
    {"deny", EVOLVING_DENY, "requests are declined"},
    {"if_free", EVOLVING_IF_FREE, "granted when enough nodes are free"},
    {"no_delay", EVOLVING_NO_DELAY,
     "granted when enough nodes are free and no reservation is delayed [cf. Prabhakaran et al. "
     "2014]"},
    {"shrink", EVOLVING_SHRINK,
     "as if_free, and malleable jobs shrink for what is missing: granted when the job asks again "
     "[Prabhakaran et al. 2015; Chadha, John, Gerndt 2020]"},
    {0},
};

static const struct choice node_choices[] = {
    {"lowest", NODES_LOWEST, "lowest IDs"},
    {"first", NODES_LOWEST, "the same"},
    {"highest", NODES_HIGHEST, "highest IDs"},
    {"contiguous", NODES_CONTIGUOUS,
     "the shortest run of consecutive IDs that is enough, else the longest runs [best fit: "
     "Leung et al. 2002]"},
    {"near", NODES_NEAR,
     "the switch with the fewest free nodes that are enough, else switches near each other by the "
     "links between them [best fit as in Slurm's topology/tree]"},
    {"fastest", NODES_FASTEST,
     "by host property 'perf_class' (lowest first) where nodes have it, else by speed [Flux]"},
    {"uniform", NODES_UNIFORM,
     "the nodes whose perf_class or speed differs least [Patki et al. 2019; Flux]"},
    {0},
};

static const struct choice ios[] = {
    {"ignore", IO_IGNORE, "file-system load does not matter"},
    {"declared", IO_DECLARED,
     "a job waits while the attributes 'io_rate' (bytes/s) of the jobs that run and its own exceed "
     "'io_share' of the PFS bandwidth [Herbein et al. 2016; Flux]"},
    {"measured", IO_MEASURED,
     "a job with an 'io_rate' waits while the PFS use and its own rate exceed it (needs "
     "forward_io_information)"},
    {0},
};

/* A key. Choices have a table; numbers a range. */
static const struct option {
    const char *key;
    const char *help;
    const struct choice *choices; /* NULL for a number */
    size_t offset;                /* of the member */
    bool is_count;                /* a number that is an integer (uint32_t), else a double */
    double least, most;
    const char *fallback; /* as text */
} table[] = {
    {"order", "order of the queue", orders, offsetof(struct policy_options, order), false, 0, 0,
     "fcfs"},
    {"backfilling", "which jobs may go before others", backfills,
     offsetof(struct policy_options, backfill), false, 0, 0, "none"},
    {"reservations", "what becomes of reservations when the plan changes", reservation_kinds,
     offsetof(struct policy_options, reservations), false, 0, 0, "persistent"},
    {"reservation_depth", "number of jobs with a reservation (hybrid)", NULL,
     offsetof(struct policy_options, reservation_depth), true, 0, UINT32_MAX, "0"},
    {"queue_depth", "number of waiting jobs looked at, 0 for all", NULL,
     offsetof(struct policy_options, queue_depth), true, 0, UINT32_MAX, "0"},
    {"compression_depth",
     "number of waiting jobs whose persistent reservations move forward when nodes are free early, "
     "0 for all; those "
     "behind start if they can do so at once (conservative)",
     NULL, offsetof(struct policy_options, compression_depth), true, 0, UINT32_MAX, "100"},
    {"estimate", "how long a job is expected to run", estimates,
     offsetof(struct policy_options, estimate), false, 0, 0, "given"},
    {"start", "number of nodes that a flexible job starts on, at least its minimum", starts,
     offsetof(struct policy_options, start), false, 0, 0, "max"},
    {"malleable", "resizing of malleable and adaptive jobs while they run", malleables,
     offsetof(struct policy_options, malleable), false, 0, 0, "none"},
    {"towards", "which jobs shrink and grow first (agreement, steal, common_pool)", towards,
     offsetof(struct policy_options, towards), false, 0, 0, "min"},
    {"evolving", "answer to requests of evolving and adaptive jobs", evolvings,
     offsetof(struct policy_options, evolving), false, 0, 0, "if_free"},
    {"nodes", "which of the free nodes a job gets", node_choices,
     offsetof(struct policy_options, nodes), false, 0, 0, "lowest"},
    {"io", "admission by file-system load", ios, offsetof(struct policy_options, io), false, 0, 0,
     "ignore"},
    {"io_share", "share of the PFS bandwidth that may be used", NULL,
     offsetof(struct policy_options, io_share), false, 0, 1e6, "0.8"},
    {"io_bandwidth",
     "PFS bandwidth in bytes/s, 0: read + write as the simulator says (needs "
     "forward_io_information)",
     NULL, offsetof(struct policy_options, io_bandwidth), false, 0, 1e30, "0"},
    {"half_life", "seconds after which past use counts half (fair_share), 0: it counts in full",
     NULL, offsetof(struct policy_options, half_life), false, 0, 1e30, "0"},
};

#define NUM_OPTIONS (sizeof table / sizeof table[0])

static const struct preset {
    const char *name;
    const char *options;
    const char *help;
} presets[] = {
    {"fcfs", "order=fcfs,backfilling=none,start=max,malleable=grow",
     "first come, first served: the baseline"},
    {"sjf", "order=sjf,backfilling=none,start=max,malleable=grow", "shortest job first"},
    {"easy", "backfilling=easy", "EASY backfilling, the usual baseline of papers"},
    {"conservative", "backfilling=conservative", "conservative backfilling"},
    {"hybrid", "backfilling=hybrid,reservation_depth=8", "EASY with several reservations"},
    {"malleable-min", "backfilling=easy,start=min,malleable=steal,towards=min",
     "EASY; jobs start small, shrink to their minimum for those that wait, and grow into what is "
     "left"},
    {"malleable-avg", "backfilling=easy,start=fair_share,malleable=steal,towards=avg",
     "EASY; malleable jobs shrink and grow towards the average"},
    {"malleable-pref", "backfilling=easy,start=preferred,malleable=steal,towards=pref",
     "EASY; malleable jobs shrink and grow towards their preferred size"},
    {"keep-pref", "backfilling=easy,start=preferred,malleable=keep_preferred",
     "EASY; malleable jobs stay at their preferred size while others wait"},
    {"equipartition", "backfilling=easy,start=fair_share,malleable=equipartition",
     "EASY; malleable jobs come to the same size"},
    {"io-aware", "backfilling=easy,io=declared", "EASY; jobs wait for file-system bandwidth"},
};

#define NUM_PRESETS (sizeof presets / sizeof presets[0])

/* --- Reading ------------------------------------------------------------------------------- */

static int unknown(struct error *err, const char *spec, const char *kind, const char *name,
                   const char *const *known)
{
    char list[1024] = "";
    for (size_t i = 0; known[i]; i++) {
        if (strlen(list) + strlen(known[i]) + 3 > sizeof list)
            break;
        strcat(list, i ? ", " : "");
        strcat(list, known[i]);
    }
    const char *nearest = nearest_name(name, known);
    if (nearest)
        return error_set(err, ERROR_INPUT,
                         "scheduler builtin:%s: there is no %s '%s'; did you mean '%s'? known: %s",
                         spec, kind, name, nearest, list);
    return error_set(err, ERROR_INPUT, "scheduler builtin:%s: there is no %s '%s'; known: %s", spec,
                     kind, name, list);
}

static int set_choice(struct policy_options *options, const struct option *option,
                      const char *value, const char *spec, struct error *err)
{
    const char *known[16] = {0};
    for (size_t i = 0; option->choices[i].name; i++) {
        known[i] = option->choices[i].name;
        if (strcmp(option->choices[i].name, value) != 0)
            continue;
        *(int *)(void *)((char *)options + option->offset) = option->choices[i].value;
        return 0;
    }
    char kind[64];
    snprintf(kind, sizeof kind, "%s", option->key);
    return unknown(err, spec, kind, value, known);
}

static int set_number(struct policy_options *options, const struct option *option,
                      const char *value, const char *spec, struct error *err)
{
    char *end;
    double number = strtod(value, &end);
    bool fine = end != value && *end == '\0' && number >= option->least && number <= option->most &&
                (!option->is_count || floor(number) == number);
    char least[NUMBER_TEXT], most[NUMBER_TEXT];
    if (!fine)
        return error_set(err, ERROR_INPUT,
                         "scheduler builtin:%s: %s must be %s from %s to %s, is '%s'", spec,
                         option->key, option->is_count ? "an integer" : "a number",
                         number_text(option->least, least), number_text(option->most, most), value);
    void *member = (char *)options + option->offset;
    if (option->is_count)
        *(uint32_t *)member = (uint32_t)number;
    else
        *(double *)member = number;
    return 0;
}

static int set_option(struct policy_options *options, const char *key, const char *value,
                      const char *spec, struct error *err)
{
    const char *known[NUM_OPTIONS + 1] = {0};
    for (size_t i = 0; i < NUM_OPTIONS; i++) {
        known[i] = table[i].key;
        if (strcmp(table[i].key, key) != 0)
            continue;
        return table[i].choices ? set_choice(options, &table[i], value, spec, err)
                                : set_number(options, &table[i], value, spec, err);
    }
    return unknown(err, spec, "option", key, known);
}

/* Reads "key=value,key=value". `text` is written to. */
static int set_options(struct policy_options *options, char *text, const char *spec,
                       struct error *err)
{
    for (char *save, *item = strtok_r(text, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        char *equals = strchr(item, '=');
        if (!equals)
            return error_set(err, ERROR_INPUT,
                             "scheduler builtin:%s: '%s' has no value; write key=value, e.g. "
                             "order=sjf (see --list-schedulers)",
                             spec, item);
        *equals = '\0';
        if (set_option(options, item, equals + 1, spec, err))
            return -1;
    }
    return 0;
}

static int set_options_const(struct policy_options *options, const char *text, const char *spec,
                             struct error *err)
{
    char *copy = strdup(text);
    int result = copy ? set_options(options, copy, spec, err) : error_no_memory(err);
    free(copy);
    return result;
}

static const struct preset *find_preset(const char *spec, size_t length, struct error *err)
{
    const char *known[NUM_PRESETS + 1] = {0};
    for (size_t i = 0; i < NUM_PRESETS; i++) {
        known[i] = presets[i].name;
        if (strlen(presets[i].name) == length && strncmp(presets[i].name, spec, length) == 0)
            return &presets[i];
    }
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), spec);
    unknown(err, spec, "policy", name, known);
    return NULL;
}

int policy_options_read(struct policy_options *options, const char *spec, struct error *err)
{
    size_t length = strcspn(spec, ",");
    const struct preset *preset = find_preset(spec, length, err);
    if (!preset)
        return -1;
    *options = (struct policy_options){0};
    for (size_t i = 0; i < NUM_OPTIONS; i++)
        if (set_option(options, table[i].key, table[i].fallback, spec, err))
            return -1;
    if (set_options_const(options, preset->options, spec, err))
        return -1;
    return spec[length] ? set_options_const(options, spec + length + 1, spec, err) : 0;
}

/* --- Printing ------------------------------------------------------------------------------ */

void policy_options_print(FILE *out)
{
    fputs("Built-in policies: --scheduler builtin:NAME[,key=value,...]\n\n", out);
    for (size_t i = 0; i < NUM_PRESETS; i++)
        fprintf(out, "builtin:%s\n    %s\n    (%s)\n", presets[i].name, presets[i].help,
                presets[i].options);
    fputs(
        "\nEvery policy takes these options; what the policy itself doesn't set has the default.\n",
        out);
    for (size_t i = 0; i < NUM_OPTIONS; i++) {
        fprintf(out, "\n%s=%s (default %s): %s\n", table[i].key, table[i].choices ? "..." : "N",
                table[i].fallback, table[i].help);
        for (const struct choice *choice = table[i].choices; choice && choice->name; choice++)
            fprintf(out, "    %-15s %s\n", choice->name, choice->help);
    }
}
