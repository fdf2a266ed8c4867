/* Random numbers that are the same on every machine: SplitMix64 (Steele, Lea and Flood, "Fast
 * splittable pseudorandom number generators", OOPSLA 2014), a counter whose steps are scrambled.
 * A stream is 8 bytes, so that everything that happens at random can have one of its own, and what
 * one draws moves no other.
 */
#ifndef ELASTISIM_BASE_RANDOM_H
#define ELASTISIM_BASE_RANDOM_H

#include <stdint.h>

/* The state is the seed; any value will do. */
struct random {
    uint64_t state;
};

/* The next of 2^64 equally likely numbers. */
static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A fraction of at least 2^-53 and at most 1, of which a logarithm can be taken: one of the 2^53
 * multiples of 2^-53, all equally likely. */
static inline double random_fraction(struct random *random)
{
    return (double)((random_next(random) >> 11) + 1) * 0x1p-53;
}

/* One of the numbers below `bound` (at least 1), all exactly equally likely. */
uint32_t random_below(struct random *random, uint32_t bound);

/* The stream of what is called so, for one of its purposes, under a seed: another seed, name or
 * purpose gives another stream. */
struct random random_stream(uint64_t seed, const char *name, uint64_t purpose);

#endif
