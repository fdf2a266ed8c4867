/* Promise: a rank whose load is done is handed back at once, whatever the others of its group do.
 */
#include "execution/loads.h"

#include "execution/cohort.h"
#include "execution/evaluation.h"
#include "execution/part.h"
#include "execution/team.h"

#include <string.h>

double loads_flops(const struct cohort *cohort, const struct task *task, uint32_t rank)
{
    return evaluation_compute(cohort->execution, task, rank, cohort->team->size);
}

uint32_t loads_take(struct cohort *cohort, loads_amount *amount, const struct task *task)
{
    struct executor *executor = cohort_executor(cohort);
    uint32_t loaded = 0, kept = 0;
    for (uint32_t i = 0; i < cohort->num_ready; i++) {
        uint32_t rank = cohort->ready[i];
        double share = amount(cohort, task, rank);
        if (share > 0) {
            executor->ranks[loaded] = rank;
            executor->amounts[loaded++] = share;
        } else {
            cohort->ready[kept++] = rank;
        }
    }
    cohort->num_ready = kept;
    return loaded;
}

struct load_group *loads_start(struct cohort *cohort, enum load_kind kind, uint32_t count,
                               double flops_per_byte, void *owner)
{
    struct executor *executor = cohort_executor(cohort);
    struct team *team = cohort->team;
    const uint32_t *hosts = team_hosts(team);
    if (!hosts)
        return NULL;
    bool pfs = kind == LOAD_PFS_READ || kind == LOAD_PFS_WRITE;
    for (uint32_t i = 0; pfs && i < count; i++)
        executor->targets[i] =
            &executor->state->nodes[team->nodes[executor->ranks[i]]].description->pfs;
    struct load load = {
        .kind = kind,
        .hosts = hosts,
        .num_hosts = team->size,
        .members = executor->ranks,
        .amounts = executor->amounts,
        .num_members = count,
        .targets = pfs ? executor->targets : NULL,
        .flops_per_byte = flops_per_byte,
    };
    return resources_start(cohort_port(cohort), &load, owner, executor->err);
}

bool loads_compute_everywhere(enum load_kind kind, double flops_per_byte)
{
    return (kind == LOAD_STRIPED_READ || kind == LOAD_STRIPED_WRITE) && flops_per_byte > 0;
}

void loads_wait(struct cohort *cohort, enum load_kind kind, uint32_t count, double flops_per_byte)
{
    if (count == 0)
        return;
    struct part *part = part_create(cohort, count);
    if (!part)
        return;
    memcpy(part->ranks, cohort_executor(cohort)->ranks, count * sizeof part->ranks[0]);
    part->busy = kind == LOAD_COMPUTE                             ? BUSY_LOADS
                 : loads_compute_everywhere(kind, flops_per_byte) ? BUSY_TEAM
                                                                  : BUSY_NOTHING;
    part_tell_busy(part, 1);
    part->load = loads_start(cohort, kind, count, flops_per_byte, part);
}

void loads_ended(struct part *part, const struct completion *completion)
{
    uint32_t *ranks = cohort_executor(part->cohort)->ranks;
    for (uint32_t i = 0; i < completion->count; i++)
        ranks[i] = part->ranks[completion->indices[i]];
    if (completion->last)
        part->load = NULL;
    cohort_part_ended(part, ranks, completion->count);
}
