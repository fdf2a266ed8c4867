/* Promise: nothing of a suspended job is queued, under way at the resource port, served by a device
 * or told to be busy. What ends in the instant of the suspension, and is heard of later, makes
 * ranks ready; they go on with the others. */
#include "execution/suspension.h"

#include "execution/gpus.h"
#include "execution/part.h"
#include "execution/timers.h"
#include "execution/wake.h"

/* --- It stands still -------------------------------------------------------------------------- */

static void pause_part(struct part *part)
{
    part_tell_busy(part, -1);
    timers_pause(part);
    if (part->load)
        resources_pause(cohort_port(part->cohort), part->load);
    for (uint32_t i = 0; i < part->num_uses; i++)
        devices_pause(cohort_executor(part->cohort)->devices, &part->uses[i]);
}

static void pause_cohort(struct cohort *cohort)
{
    for (struct part *part = cohort->parts; part; part = part->next)
        pause_part(part);
    if (cohort->exchange_computes)
        part_tell_team(cohort->team, -1);
    if (cohort->exchange)
        resources_pause(cohort_port(cohort), cohort->exchange);
}

void suspension_begin(struct execution *execution)
{
    struct resources *port = execution->executor->state->platform->resources;
    for (struct cohort *cohort = execution->cohorts; cohort; cohort = cohort->next)
        pause_cohort(cohort);
    for (struct async_io *async = execution->async; async; async = async->next) {
        if (async->computes)
            part_tell_team(async->team, -1);
        resources_pause(port, async->load);
    }
    wake_hold(execution);
}

/* --- It goes on ------------------------------------------------------------------------------- */

static int go_on_part(struct part *part, struct error *err)
{
    timers_go_on(part);
    if (part->busy == BUSY_GPUS)
        gpus_tell_again(part);
    else
        part_tell_busy(part, 1);
    for (uint32_t i = 0; i < part->num_uses; i++)
        devices_go_on(&part->uses[i]);
    return part->load ? resources_go_on(cohort_port(part->cohort), part->load, err) : 0;
}

static int go_on_cohort(struct cohort *cohort, struct error *err)
{
    for (struct part *part = cohort->parts; part; part = part->next)
        if (go_on_part(part, err))
            return -1;
    if (cohort->exchange_computes)
        part_tell_team(cohort->team, 1);
    return cohort->exchange ? resources_go_on(cohort_port(cohort), cohort->exchange, err) : 0;
}

static int go_on_async(struct async_io *async, struct error *err)
{
    if (async->computes)
        part_tell_team(async->team, 1);
    return resources_go_on(async->team->execution->executor->state->platform->resources,
                           async->load, err);
}

int suspension_end(struct execution *execution, struct error *err)
{
    wake_let_go(execution);
    for (struct cohort *cohort = execution->cohorts; cohort; cohort = cohort->next)
        if (go_on_cohort(cohort, err))
            return -1;
    for (struct async_io *async = execution->async; async; async = async->next)
        if (go_on_async(async, err))
            return -1;
    return 0;
}
