/* Promise: totals that were never filled are zero. */
#include "results/energy.h"

#include <stdlib.h>

static const char *const part_names[NUM_ENERGY_PARTS] = {
    [ENERGY_BASE] = "base",       [ENERGY_CPUS] = "cpus",       [ENERGY_GPUS] = "gpus",
    [ENERGY_OFF] = "off",         [ENERGY_BOOTING] = "booting", [ENERGY_STOPPING] = "stopping",
    [ENERGY_NETWORK] = "network", [ENERGY_PFS] = "pfs",
};

const char *energy_part_name(enum energy_part part)
{
    return part_names[part];
}

int energy_totals_create(struct energy_totals *totals, size_t num_jobs, struct error *err)
{
    totals->jobs = calloc(num_jobs + 1, sizeof *totals->jobs);
    totals->num_jobs = num_jobs;
    return totals->jobs ? 0 : error_no_memory(err);
}

void energy_totals_release(struct energy_totals *totals)
{
    free(totals->jobs);
    *totals = (struct energy_totals){.measured = false};
}
