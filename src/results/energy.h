/* Energy (docs/energy.md): what nodes, network and file system draw, integrated exactly as it
 * changes from instant to instant, and shared out among the jobs.
 *
 * The result is switched on by the configuration key `energy`. It fills the totals below, which
 * others show: job_statistics a job's, the summary those of the machine. */
#ifndef ELASTISIM_RESULTS_ENERGY_H
#define ELASTISIM_RESULTS_ENERGY_H

#include "base/error.h"
#include "base/sum.h"
#include "configuration/configuration.h"

#include <stdbool.h>
#include <stddef.h>

/* What draws power. */
enum energy_part {
    ENERGY_BASE, /* nodes that are up, as if they had nothing to do */
    ENERGY_CPUS, /* what their CPUs draw on top of that */
    ENERGY_GPUS, /* what their GPUs draw on top of that */
    ENERGY_OFF,  /* nodes that are off, or down */
    ENERGY_BOOTING,
    ENERGY_STOPPING,
    NUM_NODE_PARTS,
    ENERGY_NETWORK = NUM_NODE_PARTS,
    ENERGY_PFS,
    NUM_ENERGY_PARTS
};

const char *energy_part_name(enum energy_part part); /* "base", ... */

/* Energy, and what came with it. */
struct energy_use {
    struct sum joules;
    struct sum cost;  /* in units of money; 0 without a price */
    struct sum grams; /* of carbon dioxide; 0 without a carbon intensity */
};

struct energy_totals {
    bool measured;        /* the run has the result; all else is 0 without */
    bool priced, emitted; /* there is a price, a carbon intensity */
    struct energy_use machine;
    struct energy_use parts[NUM_ENERGY_PARTS];
    struct energy_use of_jobs; /* drawn by nodes while they run jobs */
    struct energy_use unused;  /* by nodes that are up and run none */
    struct energy_use *jobs;   /* by ID; owned */
    size_t num_jobs;
};

/* Room for the shares of that many jobs. Returns 0, or -1 with err. */
int energy_totals_create(struct energy_totals *totals, size_t num_jobs, struct error *err);
void energy_totals_release(struct energy_totals *totals); /* fine on a zeroed one */

#endif
