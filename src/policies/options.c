/* Promise: what --list-schedulers prints is what can be given, since both come from these tables.
 */
#include "policies/options.h"

#include "base/json.h" /* json_nearest_name */
#include "base/number.h"
#include "expression/expression.h"
#include "policies/formula.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define OF_ATTRIBUTE "attribute:"
#define OF_ARGUMENT "argument:"

/* A value that a key can have. */
struct choice {
    const char *name; /* "NAME:" when another name follows */
    int value;
    const char *help; /* what it does; in brackets where it comes from */
};

/* The first is for backfill_order only. */
static const struct choice orders[] = {
    {"queue", ORDER_OF_QUEUE, "as they wait"},
    {"fcfs", ORDER_FCFS, "by submission"},
    {"sjf", ORDER_SJF, "shortest first, by the estimate (see 'estimate')"},
    {"largest", ORDER_LARGEST, "most nodes (the minimum, of flexible jobs) first"},
    {"smallest", ORDER_SMALLEST, "fewest nodes first"},
    {"priority", ORDER_PRIORITY, "highest attribute 'priority' first (0 when a job has none)"},
    {"fair_share", ORDER_FAIR_SHARE,
     "the user (attribute 'user') with the fewest node-seconds so far first [Kay, Lauder 1988]"},
    {"wfp3", ORDER_WFP3, "highest (wait / estimate)^3 * nodes first [Tang et al. 2009 (Cobalt)]"},
    {"unicef", ORDER_UNICEF,
     "highest wait / (log2(nodes) * estimate) first [Tang et al. 2009 (Cobalt)]"},
    {"f1", ORDER_F1,
     "lowest log10(estimate) * nodes + 870 * log10(submit) first [Carastan-Santos, de Camargo "
     "2017]"},
    {"f2", ORDER_F2, "lowest sqrt(estimate) * nodes + 25600 * log10(submit) first [the same]"},
    {"f3", ORDER_F3, "lowest estimate * nodes + 6860000 * log10(submit) first [the same]"},
    {"f4", ORDER_F4, "lowest estimate * sqrt(nodes) + 530000 * log10(submit) first [the same]"},
    {"saf", ORDER_SAF, "smallest estimate * nodes first"},
    {"lxf", ORDER_LXF, "highest (wait + estimate) / estimate first"},
    {"multifactor", ORDER_MULTIFACTOR,
     "highest weighted sum of age, fair tree, size, partition and QOS first [Slurm's "
     "priority/multifactor]"},
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

static const struct choice extra_nodes_choices[] = {
    {"yes", EXTRA_NODES_YES, "onto nodes that no reservation needs, for as long as it likes"},
    {"no", EXTRA_NODES_NO, "only if it ends before the first reservation begins"},
    {0},
};

static const struct choice reservation_kinds[] = {
    {"auto", RESERVATIONS_BY_ORDER,
     "recomputed where the order changes with time (multifactor, or an expression over wait, now, "
     "hour or day), else persistent"},
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
    {OF_ATTRIBUTE, ESTIMATE_NAMED, "the job's attribute NAME (seconds), else as given"},
    {OF_ARGUMENT, ESTIMATE_NAMED,
     "the job's argument NAME (seconds, or an expression as in estimate_model), else as given"},
    {0},
};

static const struct choice predictions[] = {
    {"none", PREDICT_NONE, "from nothing: the estimate as it is"},
    {"average2", PREDICT_AVERAGE2,
     "from the last two jobs that ended: the mean of their runtimes [Tsafrir, Etsion, Feitelson "
     "2007]"},
    {"percentile", PREDICT_PERCENTILE,
     "from the last 32: the runtime that predict_percentile of a hundred did not exceed"},
    {"ewma", PREDICT_EWMA, "from all: their mean, each newer one with the weight predict_weight"},
    {0},
};

static const struct choice predictions_by[] = {
    {"user", PREDICT_BY_USER, "of the same user (attribute 'user')"},
    {"application", PREDICT_BY_APPLICATION,
     "of the same user and application (attribute 'executable', else the name of the job)"},
    {0},
};

static const struct choice preferred_sizes[] = {
    {"given", PREFERRED_GIVEN, "the job's num_nodes_preferred, else the mean of its bounds"},
    {OF_ATTRIBUTE, PREFERRED_NAMED, "the job's attribute NAME, else as given"},
    {OF_ARGUMENT, PREFERRED_NAMED, "the job's argument NAME, else as given"},
    {0},
};

static const struct choice starts[] = {
    {"min", START_MIN, "the minimum"},
    {"max", START_MAX, "as many nodes as are free, up to the maximum"},
    {"preferred", START_PREFERRED,
     "as many as are free, up to the preferred size (see 'preferred')"},
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
    {"agreement_2023", MALLEABLE_AGREEMENT_2023,
     "agreements as published: running jobs hand all that a waiting one needs over to it, and it "
     "starts on these nodes [Posner, Hupfeld, Finnerty 2023]"},
    {"steal_2023", MALLEABLE_STEAL_2023,
     "the same, but it starts on any nodes of agreements when enough are idle [the same]"},
    {"common_pool_2023", MALLEABLE_POOL_2023,
     "the same, but it starts on any idle nodes [the same]"},
    {0},
};

static const struct choice towards[] = {
    {"min", TOWARDS_MIN,
     "the job most above its minimum gives all it can, then the next; growth is greedy"},
    {"avg", TOWARDS_AVG,
     "jobs come to the same place between minimum and maximum (that of the average job)"},
    {"pref", TOWARDS_PREF,
     "jobs above their preferred size shrink first, those below it grow first"},
    {0},
};

static const struct choice decides[] = {
    {"instant", DECIDE_BY_INSTANT,
     "once per instant, when all that happens at it is known (inside the simulator)"},
    {"event", DECIDE_BY_EVENT,
     "after each event, as other schedulers do: of two jobs that end together, the nodes of the "
     "first are given away before those of the second are known to be free"},
    {0},
};

static const struct choice rebalances[] = {
    {"never", REBALANCE_NEVER, "running jobs shrink for jobs that wait only"},
    {"arrivals", REBALANCE_ARRIVALS, "nodes move from job to job when a job has started"},
    {"always", REBALANCE_ALWAYS, "nodes move whenever that brings jobs nearer to each other"},
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

static const struct choice announced_choices[] = {
    {"plan", ANNOUNCED_PLAN,
     "no job starts on a node that will be down or off before the job's expected end"},
    {"ignore", ANNOUNCED_IGNORE, "outages matter from when they begin"},
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

static const struct choice powers[] = {
    {"on", POWER_ON, "nodes stay on"},
    {"idle_timeout", POWER_IDLE_TIMEOUT,
     "nodes that are idle for idle_timeout seconds are switched off, and on when they are needed"},
    {"windows", POWER_WINDOWS,
     "a share of the nodes is off every day from power_from to power_until o'clock; what runs "
     "there "
     "ends before, and malleable jobs shrink off them"},
    {0},
};

/* One for each member whose type is an enum. */
#define CHOOSES(member, type)                                                                      \
    static void choose_##member(struct policy_options *options, int value)                         \
    {                                                                                              \
        options->member = (enum type)value;                                                        \
    }
CHOOSES(order, order)
CHOOSES(backfill_order, order)
CHOOSES(extra_nodes, extra_nodes)
CHOOSES(backfill, backfill)
CHOOSES(reservations, reservations)
CHOOSES(estimate, estimate)
CHOOSES(predict, predict)
CHOOSES(predict_by, predict_by)
CHOOSES(preferred, preferred)
CHOOSES(start, start)
CHOOSES(malleable, malleable)
CHOOSES(decide, decide)
CHOOSES(towards, towards)
CHOOSES(rebalance, rebalance)
CHOOSES(evolving, evolving)
CHOOSES(announced, announced)
CHOOSES(nodes, nodes)
CHOOSES(io, io)
CHOOSES(power, power)

enum kind { A_CHOICE, A_COUNT, A_NUMBER, AN_EXPRESSION };

#define MEMBER(name) offsetof(struct policy_options, name)

/* A key. */
static const struct option {
    const char *key;
    const char *help;
    enum kind kind;
    const char *fallback; /* as text; "" for no expression */
    /* A choice. */
    const struct choice *choices;
    void (*choose)(struct policy_options *options, int value);
    size_t name; /* offset of the member (struct named) for a name that follows */
    /* Offset of the member (char *) for an expression in the place of a name, and the choice that
     * it is; 0 where there can be none. */
    size_t expression;
    int by_expression;
    /* Others: the member (uint32_t, double, char *), and the range of numbers. */
    size_t offset;
    double least, most;
} table[] = {
    {.key = "decide",
     .help = "when waiting jobs start and running ones are made to shrink",
     .kind = A_CHOICE,
     .choices = decides,
     .choose = choose_decide,
     .fallback = "instant"},
    {.key = "order",
     .help = "order of the queue: one of these, or an expression (the lowest first) over submit, "
             "wait, now, hour, day, estimate, nodes, gpus, area, share, priority, what "
             "estimate_model may name, and the job's arguments and attributes",
     .kind = A_CHOICE,
     .choices = orders + 1,
     .choose = choose_order,
     .fallback = "fcfs",
     .expression = MEMBER(order_expression),
     .by_expression = ORDER_EXPRESSION},
    {.key = "backfill_order",
     .help =
         "order in which jobs behind those with reservations may go before them (easy, hybrid), "
         "named as for order [sjf: Tsafrir, Etsion, Feitelson 2007]",
     .kind = A_CHOICE,
     .choices = orders,
     .choose = choose_backfill_order,
     .fallback = "queue",
     .expression = MEMBER(backfill_order_expression),
     .by_expression = ORDER_EXPRESSION},
    {.key = "backfilling",
     .help = "which jobs may go before others",
     .kind = A_CHOICE,
     .choices = backfills,
     .choose = choose_backfill,
     .fallback = "none"},
    {.key = "extra_nodes",
     .help = "how a job may go before one that has a reservation",
     .kind = A_CHOICE,
     .choices = extra_nodes_choices,
     .choose = choose_extra_nodes,
     .fallback = "yes"},
    {.key = "reservations",
     .help = "what becomes of reservations when the plan changes",
     .kind = A_CHOICE,
     .choices = reservation_kinds,
     .choose = choose_reservations,
     .fallback = "auto"},
    {.key = "reservation_depth",
     .help = "number of jobs with a reservation (hybrid), 0 for 8",
     .kind = A_COUNT,
     .offset = MEMBER(reservation_depth),
     .least = 0,
     .most = UINT32_MAX,
     .fallback = "0"},
    {.key = "queue_depth",
     .help = "number of waiting jobs looked at, 0 for all",
     .kind = A_COUNT,
     .offset = MEMBER(queue_depth),
     .least = 0,
     .most = UINT32_MAX,
     .fallback = "0"},
    {.key = "compression_depth",
     .help = "number of waiting jobs whose persistent reservations move forward when nodes are "
             "free early, 0 for all; those behind start if they can do so at once (conservative)",
     .kind = A_COUNT,
     .offset = MEMBER(compression_depth),
     .least = 0,
     .most = UINT32_MAX,
     .fallback = "0"},
    {.key = "estimate",
     .help = "how long a job is expected to run",
     .kind = A_CHOICE,
     .choices = estimates,
     .choose = choose_estimate,
     .fallback = "given",
     .name = MEMBER(estimate_from)},
    {.key = "estimate_model",
     .help =
         "how long a job is expected to run on num_nodes nodes: an expression in the language of "
         "performance models over that, num_gpus_per_node, num_gpus, num_nodes_min, num_nodes_max, "
         "num_nodes_preferred, walltime, runtime_estimate and the job's arguments and attributes; "
         "jobs that lack one of them have the option estimate instead",
     .kind = AN_EXPRESSION,
     .offset = MEMBER(estimate_model),
     .fallback = ""},
    {.key = "predict",
     .help = "how long a job is expected to run, from those before it, if that is less than its "
             "estimate; a prediction that proves too short is raised step by step",
     .kind = A_CHOICE,
     .choices = predictions,
     .choose = choose_predict,
     .fallback = "none"},
    {.key = "predict_by",
     .help = "whose jobs these are",
     .kind = A_CHOICE,
     .choices = predictions_by,
     .choose = choose_predict_by,
     .fallback = "application"},
    {.key = "predict_percentile",
     .help = "per cent of the runtimes that a prediction is to cover (percentile)",
     .kind = A_NUMBER,
     .offset = MEMBER(predict_percentile),
     .least = 0,
     .most = 100,
     .fallback = "90"},
    {.key = "predict_weight",
     .help = "weight of the newest runtime (ewma)",
     .kind = A_NUMBER,
     .offset = MEMBER(predict_weight),
     .least = 0,
     .most = 1,
     .fallback = "0.5"},
    {.key = "preferred",
     .help = "number of nodes that a flexible job prefers",
     .kind = A_CHOICE,
     .choices = preferred_sizes,
     .choose = choose_preferred,
     .fallback = "given",
     .name = MEMBER(preferred_from)},
    {.key = "start",
     .help = "number of nodes that a flexible job starts on, at least its minimum",
     .kind = A_CHOICE,
     .choices = starts,
     .choose = choose_start,
     .fallback = "max"},
    {.key = "malleable",
     .help = "resizing of malleable and adaptive jobs while they run",
     .kind = A_CHOICE,
     .choices = malleables,
     .choose = choose_malleable,
     .fallback = "none"},
    {.key = "towards",
     .help = "which jobs shrink and grow first (agreement, steal, common_pool, and as published)",
     .kind = A_CHOICE,
     .choices = towards,
     .choose = choose_towards,
     .fallback = "min"},
    {.key = "rebalance",
     .help = "when running jobs shrink for running ones that stand lower (keep_preferred, "
             "equipartition, and towards=avg or pref)",
     .kind = A_CHOICE,
     .choices = rebalances,
     .choose = choose_rebalance,
     .fallback = "always"},
    {.key = "least_change",
     .help = "least number of nodes that a job gives or gets by rebalance; changes that are "
             "smaller are not made",
     .kind = A_COUNT,
     .offset = MEMBER(least_change),
     .least = 1,
     .most = UINT32_MAX,
     .fallback = "1"},
    {.key = "least_share",
     .help = "least share of its nodes that a job gives or gets by rebalance, likewise (0.1: a "
             "job of 64 nodes is left alone for fewer than seven)",
     .kind = A_NUMBER,
     .offset = MEMBER(least_share),
     .least = 0,
     .most = 1,
     .fallback = "0"},
    {.key = "evolving",
     .help = "answer to requests of evolving and adaptive jobs",
     .kind = A_CHOICE,
     .choices = evolvings,
     .choose = choose_evolving,
     .fallback = "if_free"},
    {.key = "announced",
     .help = "what becomes of outages that are announced",
     .kind = A_CHOICE,
     .choices = announced_choices,
     .choose = choose_announced,
     .fallback = "plan"},
    {.key = "nodes",
     .help = "which of the free nodes a job gets",
     .kind = A_CHOICE,
     .choices = node_choices,
     .choose = choose_nodes,
     .fallback = "lowest"},
    {.key = "io",
     .help = "admission by file-system load",
     .kind = A_CHOICE,
     .choices = ios,
     .choose = choose_io,
     .fallback = "ignore"},
    {.key = "io_share",
     .help = "share of the PFS bandwidth that may be used",
     .kind = A_NUMBER,
     .offset = MEMBER(io_share),
     .least = 0,
     .most = 1e6,
     .fallback = "0.8"},
    {.key = "io_bandwidth",
     .help = "PFS bandwidth in bytes/s, 0: read + write as the simulator says (needs "
             "forward_io_information)",
     .kind = A_NUMBER,
     .offset = MEMBER(io_bandwidth),
     .least = 0,
     .most = 1e30,
     .fallback = "0"},
    {.key = "power",
     .help = "what becomes of idle nodes",
     .kind = A_CHOICE,
     .choices = powers,
     .choose = choose_power,
     .fallback = "on"},
    {.key = "idle_timeout",
     .help = "seconds after which an idle node is switched off (power=idle_timeout)",
     .kind = A_NUMBER,
     .offset = MEMBER(idle_timeout),
     .least = 0,
     .most = 1e12,
     .fallback = "600"},
    {.key = "spare_nodes",
     .help = "number of idle nodes that stay on (power=idle_timeout)",
     .kind = A_COUNT,
     .offset = MEMBER(spare_nodes),
     .least = 0,
     .most = UINT32_MAX,
     .fallback = "0"},
    {.key = "power_from",
     .help = "hour of the day at which nodes are switched off (power=windows)",
     .kind = A_NUMBER,
     .offset = MEMBER(power_from),
     .least = 0,
     .most = 24,
     .fallback = "20"},
    {.key = "power_until",
     .help = "hour at which they are switched on; if it is not after power_from, of the next day "
             "(power=windows)",
     .kind = A_NUMBER,
     .offset = MEMBER(power_until),
     .least = 0,
     .most = 24,
     .fallback = "6"},
    {.key = "power_share",
     .help = "share of the nodes, the last ones by ID (power=windows)",
     .kind = A_NUMBER,
     .offset = MEMBER(power_share),
     .least = 0,
     .most = 1,
     .fallback = "0.5"},
    {.key = "weight_age",
     .help = "weight of the time that a job waits, up to max_age (multifactor)",
     .kind = A_NUMBER,
     .offset = MEMBER(weight_age),
     .least = -1e9,
     .most = 1e9,
     .fallback = "1000"},
    {.key = "weight_fair_tree",
     .help = "weight of how well user and account were served (attributes user, account, "
             "user_shares, account_shares) (multifactor)",
     .kind = A_NUMBER,
     .offset = MEMBER(weight_fair_tree),
     .least = -1e9,
     .most = 1e9,
     .fallback = "1000"},
    {.key = "weight_size",
     .help = "weight of the nodes that a job wants; less than 0 for small jobs first (multifactor)",
     .kind = A_NUMBER,
     .offset = MEMBER(weight_size),
     .least = -1e9,
     .most = 1e9,
     .fallback = "1000"},
    {.key = "weight_partition",
     .help = "weight of the attribute partition_factor of a job, from 0 to 1 (multifactor)",
     .kind = A_NUMBER,
     .offset = MEMBER(weight_partition),
     .least = -1e9,
     .most = 1e9,
     .fallback = "1000"},
    {.key = "weight_qos",
     .help = "weight of its attribute qos_factor, from 0 to 1 (multifactor)",
     .kind = A_NUMBER,
     .offset = MEMBER(weight_qos),
     .least = -1e9,
     .most = 1e9,
     .fallback = "1000"},
    {.key = "max_age",
     .help = "seconds after which a job is as old as can be (multifactor)",
     .kind = A_NUMBER,
     .offset = MEMBER(max_age),
     .least = 1e-3,
     .most = 1e30,
     .fallback = "604800"},
    {.key = "half_life",
     .help =
         "seconds after which past use counts half (fair_share, multifactor), 0: it counts in full",
     .kind = A_NUMBER,
     .offset = MEMBER(half_life),
     .least = 0,
     .most = 1e30,
     .fallback = "0"},
};

enum { MOST_CHOICES = 31 };

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
    {"easy++", "backfilling=easy,backfill_order=sjf,predict=average2,predict_by=user",
     "EASY with predicted runtimes, the shortest backfilled first [Tsafrir, Etsion, Feitelson "
     "2007]"},
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
    {"min-agreement", "backfilling=first_fit,start=min,malleable=agreement_2023,towards=min",
     "as published by Posner, Hupfeld, Finnerty 2023: most above the minimum first, with "
     "agreements"},
    {"min-steal", "backfilling=first_fit,start=min,malleable=steal_2023,towards=min",
     "as published by Posner, Hupfeld, Finnerty 2023: most above the minimum first, with "
     "agreements that can be stolen"},
    {"min-common-pool", "backfilling=first_fit,start=min,malleable=common_pool_2023,towards=min",
     "as published by Posner, Hupfeld, Finnerty 2023: most above the minimum first, with a common "
     "pool"},
    {"avg-agreement", "backfilling=first_fit,start=min,malleable=agreement_2023,towards=avg",
     "as published by Posner, Hupfeld, Finnerty 2023: highest between the bounds first, with "
     "agreements"},
    {"avg-steal", "backfilling=first_fit,start=min,malleable=steal_2023,towards=avg",
     "as published by Posner, Hupfeld, Finnerty 2023: highest between the bounds first, with "
     "agreements that can be stolen"},
    {"avg-common-pool", "backfilling=first_fit,start=min,malleable=common_pool_2023,towards=avg",
     "as published by Posner, Hupfeld, Finnerty 2023: highest between the bounds first, with a "
     "common pool"},
    {"pref-agreement",
     "backfilling=first_fit,start=preferred,malleable=agreement_2023,towards=pref",
     "as published by Posner, Hupfeld, Finnerty 2023: most above the preferred size first, with "
     "agreements"},
    {"pref-steal", "backfilling=first_fit,start=preferred,malleable=steal_2023,towards=pref",
     "as published by Posner, Hupfeld, Finnerty 2023: most above the preferred size first, with "
     "agreements that can be stolen"},
    {"pref-common-pool",
     "backfilling=first_fit,start=preferred,malleable=common_pool_2023,towards=pref",
     "as published by Posner, Hupfeld, Finnerty 2023: most above the preferred size first, with a "
     "common pool"},
    {"io-aware", "backfilling=easy,io=declared", "EASY; jobs wait for file-system bandwidth"},
};

#define NUM_PRESETS (sizeof presets / sizeof presets[0])

/* --- Reading ------------------------------------------------------------------------------- */

/* `more` is what else there may be. */
static int unknown(struct error *err, const char *spec, const char *kind, const char *name,
                   const char *const *known, const char *more)
{
    char list[1024] = "";
    for (size_t i = 0; known[i]; i++) {
        if (strlen(list) + strlen(known[i]) + 3 > sizeof list)
            break;
        strcat(list, i ? ", " : "");
        strcat(list, known[i]);
    }
    const char *nearest = json_nearest_name(name, known);
    if (nearest)
        return error_set(
            err, ERROR_INPUT,
            "scheduler builtin:%s: there is no %s '%s'; did you mean '%s'? known: %s%s", spec, kind,
            name, nearest, list, more);
    return error_set(err, ERROR_INPUT, "scheduler builtin:%s: there is no %s '%s'; known: %s%s",
                     spec, kind, name, list, more);
}

static void *member_at(struct policy_options *options, size_t offset)
{
    return (char *)options + offset;
}

static int set_text(char **member, const char *text, struct error *err)
{
    free(*member);
    *member = strdup(text);
    return *member ? 0 : error_no_memory(err);
}

/* Whether the value is this choice; *name is what follows, in one with a name. */
static bool is_chosen(const struct choice *choice, const char *value, const char **name)
{
    size_t length = strlen(choice->name);
    bool has_name = choice->name[length - 1] == ':';
    *name = has_name ? value + length : NULL;
    return has_name ? strncmp(choice->name, value, length) == 0 : strcmp(choice->name, value) == 0;
}

static int set_name(struct policy_options *options, const struct option *option,
                    const struct choice *choice, const char *name, const char *spec,
                    struct error *err)
{
    if (!name)
        return 0;
    if (*name == '\0')
        return error_set(err, ERROR_INPUT,
                         "scheduler builtin:%s: nothing follows '%s=%s'; give a name", spec,
                         option->key, choice->name);
    struct named *named = member_at(options, option->name);
    named->where = strcmp(choice->name, OF_ARGUMENT) == 0 ? WHERE_ARGUMENT : WHERE_ATTRIBUTE;
    return set_text(&named->name, name, err);
}

/* Sets a member to an expression; "" for none. */
static int compile(char **member, const struct option *option, const char *value, const char *spec,
                   struct error *err)
{
    free(*member);
    *member = NULL;
    if (*value == '\0')
        return 0;
    struct expression *expression = expression_compile(value, err);
    if (!expression)
        return error_prefix(err, "scheduler builtin:%s: %s", spec, option->key);
    bool is_constant = expression_num_variables(expression) == 0;
    expression_destroy(expression);
    if (is_constant && option->kind == A_CHOICE)
        return error_set(err, ERROR_INPUT,
                         "scheduler builtin:%s: %s %s is the same for all jobs: it has to name "
                         "something of them, e.g. wait or nodes",
                         spec, option->key, value);
    return set_text(member, value, err);
}

/* Whether every expression of order may name this, whatever arguments and attributes jobs have. */
static bool is_common_name(const char *text)
{
#define TEXT(name) #name,
    static const char *const names[] = {ORDER_NAMES(TEXT)};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], text) == 0)
            return true;
    return formula_knows(text);
}

/* A name alone is meant to be one that is known. */
static bool is_expression(const char *text)
{
    return is_common_name(text) ||
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")] !=
               '\0';
}

static int set_choice(struct policy_options *options, const struct option *option,
                      const char *value, const char *spec, struct error *err)
{
    const char *known[MOST_CHOICES + 1] = {0}, *name;
    for (size_t i = 0; i < MOST_CHOICES && option->choices[i].name; i++) {
        const struct choice *choice = &option->choices[i];
        known[i] = choice->name;
        if (!is_chosen(choice, value, &name))
            continue;
        option->choose(options, choice->value);
        return set_name(options, option, choice, name, spec, err);
    }
    if (option->expression > 0 && is_expression(value)) {
        option->choose(options, option->by_expression);
        return compile(member_at(options, option->expression), option, value, spec, err);
    }
    return unknown(err, spec, option->key, value, known,
                   option->expression > 0 ? ", and expressions; an attribute or argument alone "
                                            "stands in parentheses"
                                          : "");
}

static int set_number(struct policy_options *options, const struct option *option,
                      const char *value, const char *spec, struct error *err)
{
    char *end;
    double number = strtod(value, &end);
    bool fine = end != value && *end == '\0' && number >= option->least && number <= option->most &&
                (option->kind != A_COUNT || floor(number) == number);
    char least[NUMBER_TEXT], most[NUMBER_TEXT];
    if (!fine)
        return error_set(err, ERROR_INPUT,
                         "scheduler builtin:%s: %s must be %s from %s to %s, is '%s'", spec,
                         option->key, option->kind == A_COUNT ? "an integer" : "a number",
                         number_text(option->least, least), number_text(option->most, most), value);
    void *member = member_at(options, option->offset);
    if (option->kind == A_COUNT)
        *(uint32_t *)member = (uint32_t)number;
    else
        *(double *)member = number;
    return 0;
}

static int set_expression(struct policy_options *options, const struct option *option,
                          const char *value, const char *spec, struct error *err)
{
    return compile(member_at(options, option->offset), option, value, spec, err);
}

static int set_value(struct policy_options *options, const struct option *option, const char *value,
                     const char *spec, struct error *err)
{
    static int (*const set[])(struct policy_options *, const struct option *, const char *,
                              const char *, struct error *) = {
        [A_CHOICE] = set_choice,
        [A_COUNT] = set_number,
        [A_NUMBER] = set_number,
        [AN_EXPRESSION] = set_expression,
    };
    return set[option->kind](options, option, value, spec, err);
}

static int set_option(struct policy_options *options, const char *key, const char *value,
                      const char *spec, struct error *err)
{
    const char *known[NUM_OPTIONS + 1] = {0};
    for (size_t i = 0; i < NUM_OPTIONS; i++) {
        known[i] = table[i].key;
        if (strcmp(table[i].key, key) != 0)
            continue;
        return set_value(options, &table[i], value, spec, err);
    }
    return unknown(err, spec, "option", key, known, "");
}

/* Cuts the text at its first comma that is not within parentheses; returns what follows, or NULL.
 */
static char *cut_item(char *text)
{
    int depth = 0;
    for (; *text; text++) {
        depth += *text == '(' ? 1 : *text == ')' && depth > 0 ? -1 : 0;
        if (*text == ',' && depth == 0) {
            *text = '\0';
            return text + 1;
        }
    }
    return NULL;
}

/* Reads "key=value,key=value". `text` is written to. */
static int set_options(struct policy_options *options, char *text, const char *spec,
                       struct error *err)
{
    for (char *item = text, *next; item; item = next) {
        next = cut_item(item);
        if (*item == '\0')
            continue;
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
    unknown(err, spec, "policy", name, known, "");
    return NULL;
}

int policy_options_read(struct policy_options *options, const char *spec, struct error *err)
{
    size_t length = strcspn(spec, ",");
    *options = (struct policy_options){0};
    const struct preset *preset = find_preset(spec, length, err);
    if (!preset)
        return -1;
    for (size_t i = 0; i < NUM_OPTIONS; i++)
        if (set_option(options, table[i].key, table[i].fallback, spec, err))
            return -1;
    if (set_options_const(options, preset->options, spec, err))
        return -1;
    return spec[length] ? set_options_const(options, spec + length + 1, spec, err) : 0;
}

void policy_options_release(struct policy_options *options)
{
    free(options->estimate_from.name);
    free(options->preferred_from.name);
    free(options->estimate_model);
    free(options->order_expression);
    free(options->backfill_order_expression);
    *options = (struct policy_options){0};
}

bool options_have_reservations(const struct policy_options *options)
{
    return options->backfill != BACKFILL_NONE && options->backfill != BACKFILL_FIRST_FIT;
}

/* --- Printing ------------------------------------------------------------------------------ */

static void print_option(FILE *out, const struct option *option)
{
    static const char *const values[] = {"...", "N", "N", "EXPRESSION"};
    const char *fallback = *option->fallback ? option->fallback : "none";
    fprintf(out, "\n%s=%s (default %s): %s\n", option->key, values[option->kind], fallback,
            option->help);
    for (const struct choice *choice = option->choices; choice && choice->name; choice++) {
        const char *name = choice->name[strlen(choice->name) - 1] == ':' ? "NAME" : "";
        int length = 15 - (int)strlen(choice->name);
        fprintf(out, "    %s%-*s %s\n", choice->name, length, name, choice->help);
    }
}

void policy_options_print(FILE *out)
{
    fputs("Built-in policies: --scheduler builtin:NAME[,key=value,...]\n\n", out);
    for (size_t i = 0; i < NUM_PRESETS; i++)
        fprintf(out, "builtin:%s\n    %s\n    (%s)\n", presets[i].name, presets[i].help,
                presets[i].options);
    fputs(
        "\nEvery policy takes these options; what the policy itself doesn't set has the default.\n",
        out);
    for (size_t i = 0; i < NUM_OPTIONS; i++)
        print_option(out, &table[i]);
}
