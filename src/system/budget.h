/* The power cap of the machine, and the power that the machine is committed to (docs/energy.md):
 * what it draws at most with the jobs that it has, whatever these do. */
#ifndef ELASTISIM_SYSTEM_BUDGET_H
#define ELASTISIM_SYSTEM_BUDGET_H

#include "base/error.h"
#include "base/series.h"
#include "base/sum.h"
#include "platform/platform.h"

#include <stddef.h>
#include <stdint.h>

struct node; /* system/state.h */

struct budget {
    struct series cap;    /* watts */
    double *watts;        /* [node]: what it is committed to; owned */
    struct sum committed; /* their sum and the constant watts */
};

/* All nodes are up and idle. `constant` watts are drawn all the time. Takes the series, also on
 * failure. NULL with err when out of memory. */
struct budget *budget_create(struct series cap, const struct platform *platform, double constant,
                             struct error *err);
void budget_release(struct budget *budget); /* NULL is fine */
/* A node is another one, or runs or expects other jobs. */
void budget_note(struct budget *budget, const struct node *node);
/* Watts at a time >= 0. */
double budget_cap_at(const struct budget *budget, double time);
double budget_committed(const struct budget *budget);

/* What a node that is up draws without jobs, and at most with jobs that have so many of its GPUs,
 * in watts. */
double budget_idle_watts(const struct node_description *node);
double budget_full_watts(const struct node_description *node, uint32_t gpus);

#endif
