/* Answers to the requests of evolving and adaptive jobs. */
#include "policies/engine.h"

#include <string.h>

static int give_up(struct engine *engine, struct entry *entry, uint32_t wanted)
{
    for (uint32_t count = elastisim_job_num_assigned(entry->job); count > wanted; count--) {
        const struct elastisim_node *last = elastisim_job_assigned(entry->job, count - 1);
        if (engine_take(engine, entry, (uint32_t)elastisim_node_id(last)))
            return -1;
    }
    return release_promises(engine, entry);
}

/* Idle nodes that the job may have, by class; returns their number. */
static uint32_t grantable(const struct engine *engine, const struct entry *entry, uint32_t *quota)
{
    uint32_t total = pool_available(engine, entry, quota), least[MAX_NODE_CLASSES];
    if (engine->options.evolving != EVOLVING_NO_DELAY || !engine->has_profile)
        return total;
    profile_least(&engine->profile, engine->now, entry->expected_end, least);
    total = 0;
    for (size_t i = 0; i < engine->pool.num_classes; i++) {
        quota[i] = quota[i] < least[i] ? quota[i] : least[i];
        total += quota[i];
    }
    return total;
}

/* Malleable jobs shrink for it; until enough have, what is idle is kept for when it asks again. */
static int make_others_shrink(struct engine *engine, struct entry *entry, uint32_t missing)
{
    uint32_t coming = entry->kept_nodes.count - entry->kept_idle, promised;
    if (missing <= coming)
        return 0;
    return promise_nodes(engine, entry, missing - coming, &promised);
}

int answer_request(struct engine *engine, struct entry *entry, uint32_t wanted)
{
    uint32_t assigned = elastisim_job_num_assigned(entry->job), quota[MAX_NODE_CLASSES];
    if (engine->options.evolving == EVOLVING_DENY)
        return 0;
    if (wanted <= assigned)
        return give_up(engine, entry, wanted);
    uint32_t missing = wanted - assigned, idle = grantable(engine, entry, quota);
    if (idle < missing)
        return engine->options.evolving == EVOLVING_SHRINK
                   ? make_others_shrink(engine, entry, missing - idle)
                   : 0;
    /* Reservations were made without knowing of this. */
    engine->replan = true;
    return engine_grow(engine, entry, quota, missing) || release_promises(engine, entry) ? -1 : 0;
}
