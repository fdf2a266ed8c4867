#include "policies/sizes.h"

typedef uint32_t size_fn(const struct books *books, const struct entry *entry);

static uint32_t minimum(const struct books *books, const struct entry *entry)
{
    (void)books;
    return entry->least;
}

static uint32_t maximum(const struct books *books, const struct entry *entry)
{
    (void)books;
    return entry->most;
}

static uint32_t preferred(const struct books *books, const struct entry *entry)
{
    (void)books;
    return entry->preferred;
}

/* The machine divided evenly among the jobs that run and wait. */
static uint32_t fair_share(const struct books *books, const struct entry *entry)
{
    size_t jobs = books->running.count + books->queue.count;
    size_t share = jobs > 0 ? books->pool.num_nodes / jobs : books->pool.num_nodes;
    return share < entry->least  ? entry->least
           : share > entry->most ? entry->most
                                 : (uint32_t)share;
}

uint32_t sizes_start(const struct books *books, const struct entry *entry)
{
    static size_fn *const sizes[] = {
        [START_MIN] = minimum,
        [START_MAX] = maximum,
        [START_PREFERRED] = preferred,
        [START_FAIR] = fair_share,
    };
    return sizes[books->options.start](books, entry);
}
