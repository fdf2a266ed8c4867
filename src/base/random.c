#include "base/random.h"

/* The high half of a product of 32 bits each is below the bound; a few low halves would come once
 * too often, and are drawn again (Lemire, "Fast random integer generation in an interval", ACM
 * TOMACS 2019). */
uint32_t random_below(struct random *random, uint32_t bound)
{
    uint32_t excess = (uint32_t)(-bound) % bound; /* 2^32 mod bound */
    uint64_t product;

    do
        product = (random_next(random) >> 32) * bound;
    while ((uint32_t)product < excess);
    return (uint32_t)(product >> 32);
}

/* The generator's own scrambling, so that near seeds and names are far apart. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    struct random random = {a};

    return random_next(&random) ^ b;
}

struct random random_stream(uint64_t seed, const char *name, uint64_t purpose)
{
    uint64_t hash = mix(seed, purpose);

    for (; *name; name++)
        hash = mix(hash, (unsigned char)*name);
    return (struct random){mix(hash, 0)};
}
