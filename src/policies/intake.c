/* What a job needs, on which nodes it can run, and how long it is expected to. */
#include "policies/intake.h"

#include <math.h>
#include <stdlib.h>

/* Works out how long it runs, and how long at least: models are asked at the sizes it is likely to
 * have. */
static int estimate(struct entry *entry, struct estimates *estimates, struct error *err)
{
    uint32_t sizes[] = {entry->preferred, entry->most};
    double seconds;
    if (estimates_duration(estimates, entry->job, entry->least, &entry->estimate,
                           &entry->follows_size, err))
        return -1;
    entry->shortest = entry->estimate;
    for (size_t i = 0; i < 2 && entry->follows_size; i++) {
        if (entry_duration(entry, estimates, sizes[i], &seconds, err))
            return -1;
        entry->shortest = fmin(entry->shortest, seconds);
    }
    return 0;
}

/* GPUs per node: the most that the job takes and enough nodes have. */
static uint32_t gpus_of(const struct node_pool *pool, const struct entry *entry, bool burst_buffer)
{
    uint32_t gpus = elastisim_job_gpus_max(entry->job);
    uint32_t least = elastisim_job_gpus_min(entry->job);
    while (gpus > least && pool_size(pool, pool_classes(pool, gpus, burst_buffer)) < entry->least)
        gpus--;
    return gpus;
}

static int fill(struct entry *entry, const struct node_pool *pool, struct estimates *estimates,
                struct elastisim_job *job, struct error *err)
{
    bool burst_buffer = elastisim_job_uses_burst_buffer(job);
    entry->job = job;
    entry->id = (uint32_t)elastisim_job_id(job);
    entry->type = elastisim_job_type(job);
    entry->eligible = elastisim_job_eligible_time(job);
    entry->least = elastisim_job_nodes_min(job);
    entry->most = elastisim_job_nodes_max(job);
    entry->gpus = pool ? gpus_of(pool, entry, burst_buffer) : elastisim_job_gpus_max(job);
    entry->classes = pool ? pool_classes(pool, entry->gpus, burst_buffer) : 0;
    entry->walltime = elastisim_job_walltime(job);
    entry->partition_factor = elastisim_job_attribute_number(job, "partition_factor", 0);
    entry->qos_factor = elastisim_job_attribute_number(job, "qos_factor", 0);
    entry->io_rate = fmax(0, elastisim_job_attribute_number(job, "io_rate", 0));
    return estimates_preferred(estimates, job, &entry->preferred, err) ||
                   estimate(entry, estimates, err)
               ? -1
               : 0;
}

struct entry *intake_create(const struct node_pool *pool, struct estimates *estimates,
                            struct elastisim_job *job, struct error *err)
{
    size_t classes = pool ? pool->num_classes : 0;
    struct entry *entry = malloc(sizeof *entry + classes * sizeof(uint32_t));
    if (entry)
        *entry = (struct entry){.id = 0};
    for (size_t i = 0; entry && i < classes; i++)
        entry->counts[i] = 0;
    if (entry && fill(entry, pool, estimates, job, err)) {
        entry_destroy(entry);
        return NULL;
    }
    return entry;
}
