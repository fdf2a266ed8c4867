/* The choices that a built-in policy is composed of, and how "NAME,key=value,..." says them.
 *
 * One table (options.c) drives parsing, messages and --list-schedulers; every value says what it
 * does and where it comes from.
 */
#ifndef ELASTISIM_POLICIES_OPTIONS_H
#define ELASTISIM_POLICIES_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum order {
    ORDER_FCFS,
    ORDER_SJF,
    ORDER_LARGEST,
    ORDER_SMALLEST,
    ORDER_PRIORITY,
    ORDER_FAIR_SHARE,
    ORDER_WFP3,
    ORDER_UNICEF,
    ORDER_F1,
    ORDER_F2,
    ORDER_F3,
    ORDER_F4,
    ORDER_SAF,
    ORDER_LXF,
    ORDER_MULTIFACTOR,
    ORDER_EXPRESSION,
    ORDER_OF_QUEUE /* of jobs that are backfilled: as they wait */
};

enum backfill {
    BACKFILL_NONE,
    BACKFILL_FIRST_FIT,
    BACKFILL_EASY,
    BACKFILL_CONSERVATIVE,
    BACKFILL_HYBRID
};

/* What expressions of order may name beside the names of every formula (formula.h). */
#define ORDER_NAMES(X)                                                                             \
    X(submit)                                                                                      \
    X(now) X(wait) X(nodes) X(gpus) X(estimate) X(area) X(share) X(priority) X(hour) X(day)

enum reservations { RESERVATIONS_BY_ORDER, RESERVATIONS_RECOMPUTED, RESERVATIONS_PERSISTENT };

enum extra_nodes { EXTRA_NODES_NO, EXTRA_NODES_YES };

enum estimate { ESTIMATE_GIVEN, ESTIMATE_WALLTIME, ESTIMATE_NAMED };

enum predict { PREDICT_NONE, PREDICT_AVERAGE2, PREDICT_PERCENTILE, PREDICT_EWMA };

enum predict_by { PREDICT_BY_USER, PREDICT_BY_APPLICATION };

enum preferred { PREFERRED_GIVEN, PREFERRED_NAMED };

/* What an option names of a job. */
enum where { WHERE_ATTRIBUTE, WHERE_ARGUMENT };

struct named {
    enum where where;
    char *name; /* owned by the options; NULL for none */
};

enum start { START_MIN, START_MAX, START_PREFERRED, START_FAIR };

enum malleable {
    MALLEABLE_NONE,
    MALLEABLE_GROW,
    MALLEABLE_AGREEMENT,
    MALLEABLE_STEAL,
    MALLEABLE_POOL,
    MALLEABLE_KEEP_PREFERRED,
    MALLEABLE_EQUIPARTITION,
    MALLEABLE_AGREEMENT_2023,
    MALLEABLE_STEAL_2023,
    MALLEABLE_POOL_2023
};

enum decide { DECIDE_BY_EVENT, DECIDE_BY_INSTANT };

enum rebalance { REBALANCE_NEVER, REBALANCE_ARRIVALS, REBALANCE_ALWAYS };

enum towards { TOWARDS_MIN, TOWARDS_AVG, TOWARDS_PREF };

enum announced { ANNOUNCED_IGNORE, ANNOUNCED_PLAN };

enum evolving { EVOLVING_DENY, EVOLVING_IF_FREE, EVOLVING_NO_DELAY, EVOLVING_SHRINK };

enum nodes {
    NODES_LOWEST,
    NODES_HIGHEST,
    NODES_CONTIGUOUS,
    NODES_NEAR,
    NODES_FASTEST,
    NODES_UNIFORM
};

enum power { POWER_ON, POWER_IDLE_TIMEOUT, POWER_WINDOWS };

enum io { IO_IGNORE, IO_DECLARED, IO_MEASURED };

/* Each member is the value of the option of the same name. */
struct policy_options {
    enum order order;
    char *order_expression; /* with ORDER_EXPRESSION; owned */
    enum order backfill_order;
    char *backfill_order_expression; /* likewise */
    enum backfill backfill;
    enum extra_nodes extra_nodes;
    enum reservations reservations;
    enum estimate estimate;
    struct named estimate_from; /* with ESTIMATE_NAMED */
    char *estimate_model;       /* an expression; NULL without; owned */
    enum predict predict;
    enum predict_by predict_by;
    enum preferred preferred;
    struct named preferred_from; /* with PREFERRED_NAMED */
    enum start start;
    enum malleable malleable;
    enum decide decide;
    enum towards towards;
    enum rebalance rebalance;
    enum evolving evolving;
    enum announced announced;
    enum nodes nodes;
    enum io io;
    enum power power;
    double idle_timeout;            /* seconds */
    uint32_t spare_nodes;           /* that stay awake */
    double power_from, power_until; /* hours of the clock */
    double power_share;             /* of the nodes */
    uint32_t reservation_depth;     /* 0: as the backfilling has it */
    uint32_t queue_depth;           /* 0: no bound */
    uint32_t compression_depth;     /* 0: no bound */
    uint32_t least_change;          /* nodes */
    double least_share;             /* of a job's nodes */
    double predict_percentile;      /* per cent */
    double predict_weight;          /* of the newest runtime, above 0 to 1 */
    double weight_age, weight_fair_tree, weight_size, weight_partition,
        weight_qos;      /* multifactor */
    double max_age;      /* seconds; likewise */
    double half_life;    /* seconds, 0 for none */
    double io_share;     /* of the PFS bandwidth */
    double io_bandwidth; /* bytes/s, 0: what the simulator says */
};

/* Reads "NAME" or "NAME,key=value,...". Returns 0, or -1 with err (ERROR_INPUT): an unknown policy,
 * key or value with the nearest known one, a number out of range, an expression that is none.
 * Release in both cases. */
int policy_options_read(struct policy_options *options, const char *spec, struct error *err);
void policy_options_release(struct policy_options *options);
/* Whether the policy plans ahead: with a profile and reservations in it. */
bool options_have_reservations(const struct policy_options *options);
/* Prints policies, keys and values with what they do and their sources. */
void policy_options_print(FILE *out);

#endif
