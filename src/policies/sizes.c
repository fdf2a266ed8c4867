/* How many nodes a flexible job is to start on. */
#include "policies/engine.h"

static uint32_t clamp(uint32_t value, uint32_t least, uint32_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* The machine divided evenly among the jobs that run and wait. */
static uint32_t fair_share(const struct engine *engine)
{
    size_t jobs = engine->num_running + engine->queue.count;
    return jobs > 0 ? (uint32_t)(engine->pool.num_nodes / jobs) : engine->pool.num_nodes;
}

uint32_t start_size(const struct engine *engine, const struct entry *entry)
{
    switch (engine->options.start) {
    case START_MIN:
        return entry->least;
    case START_MAX:
        return entry->most;
    case START_PREFERRED:
        return entry->preferred;
    case START_FAIR:
        return clamp(fair_share(engine), entry->least, entry->most);
    }
    return entry->least;
}
