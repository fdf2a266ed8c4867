/* Hashes of what makes things alike. */
#ifndef ELASTISIM_RESOURCES_FLOW_HASH_H
#define ELASTISIM_RESOURCES_FLOW_HASH_H

#include <stdint.h>
#include <string.h>

/* Mixes a number into a hash. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static inline uint64_t hash_double(uint64_t hash, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return hash_mix(hash, bits);
}

#endif
