/* I/O-aware admission: a job that would overload the file system waits. */
#include "policies/engine.h"

#include <math.h>

/* Bandwidth that may be used; INFINITY when it is not known. */
static double allowance(const struct engine *engine)
{
    double bandwidth = engine->options.io_bandwidth;
    if (bandwidth <= 0)
        bandwidth = elastisim_pfs_read_bandwidth(engine->view) +
                    elastisim_pfs_write_bandwidth(engine->view);
    return isnan(bandwidth) ? INFINITY : engine->options.io_share * bandwidth;
}

static double load(const struct engine *engine)
{
    if (engine->options.io == IO_DECLARED)
        return engine->io_rates;
    double used = elastisim_pfs_read_utilization(engine->view) +
                  elastisim_pfs_write_utilization(engine->view);
    return isnan(used) ? 0 : used;
}

/* A job that asks for more than the allowance by itself runs when no other does I/O, else it would
 * never. */
static bool has_file_system_alone(const struct engine *engine)
{
    return engine->options.io == IO_DECLARED ? engine->io_rates <= 0 : engine->num_running == 0;
}

bool io_admits(const struct engine *engine, const struct entry *entry)
{
    if (engine->options.io == IO_IGNORE || entry->io_rate <= 0 || has_file_system_alone(engine))
        return true;
    return load(engine) + entry->io_rate <= allowance(engine);
}
