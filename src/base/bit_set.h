/* Sets of small numbers, a bit for each: an array of words, zeroed at first, that its owner
 * allocates with bit_set_words(n) words for the numbers below n.
 */
#ifndef ELASTISIM_BASE_BIT_SET_H
#define ELASTISIM_BASE_BIT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Of a word; a number n is bit n % 64 of word n / 64. */
#define BITS_PER_WORD 64

/* How many words a set of the numbers below `limit` has; one at least. */
static inline size_t bit_set_words(size_t limit)
{
    return limit / BITS_PER_WORD + 1;
}

/* An empty set of numbers below `limit`, to be freed; NULL when out of memory. */
static inline uint64_t *bit_set_create(size_t limit)
{
    return calloc(bit_set_words(limit), sizeof(uint64_t));
}

/* The number's bit in its word. */
static inline uint64_t bit_set_bit(size_t number)
{
    return UINT64_C(1) << number % BITS_PER_WORD;
}

static inline bool bit_set_has(const uint64_t *set, size_t number)
{
    return set[number / BITS_PER_WORD] & bit_set_bit(number);
}

static inline void bit_set_add(uint64_t *set, size_t number)
{
    set[number / BITS_PER_WORD] |= bit_set_bit(number);
}

static inline void bit_set_remove(uint64_t *set, size_t number)
{
    set[number / BITS_PER_WORD] &= ~bit_set_bit(number);
}

/* Adds the number if it is not in the set, else removes it. */
static inline void bit_set_toggle(uint64_t *set, size_t number)
{
    set[number / BITS_PER_WORD] ^= bit_set_bit(number);
}

/* The place of the lowest bit of a word that is not 0. */
static inline unsigned bit_set_lowest(uint64_t word)
{
#ifdef __GNUC__
    return (unsigned)__builtin_ctzll(word);
#else
    unsigned place = 0;
    for (; !(word & 1); word >>= 1)
        place++;
    return place;
#endif
}

/* How many bits of a word are set. */
static inline unsigned bit_set_count(uint64_t word)
{
    /* Sums of 2, 4 and 8 neighbours, then all of them in the highest byte. */
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (unsigned)(word * UINT64_C(0x0101010101010101) >> 56);
}

/* How many numbers at the front of a list, one at least, are in a row. */
static inline size_t bit_set_row(const uint32_t *numbers, size_t count)
{
    enum { STEP = 8 };
    size_t length = 1;
    for (; length + STEP <= count; length += STEP) {
        uint32_t differs = 0, expected = numbers[0] + (uint32_t)length;
        if (numbers[length + STEP - 1] != expected + STEP - 1)
            break;
        for (uint32_t i = 0; i < STEP; i++)
            differs |= numbers[length + i] ^ (expected + i);
        if (differs)
            break;
    }
    while (length < count && numbers[length] == numbers[0] + (uint32_t)length)
        length++;
    return length;
}

/* Takes numbers from the front of a list, one at least, as long as they belong to the same word and
 * none comes twice: *bits of *word. Returns how many. Lists of numbers in a row are so taken 64 at
 * a time. */
static inline size_t bit_set_gather(const uint32_t *numbers, size_t count, size_t *word,
                                    uint64_t *bits)
{
    size_t taken = 0, first = numbers[0] / BITS_PER_WORD;
    uint64_t gathered = 0;
    while (taken < count && numbers[taken] / BITS_PER_WORD == first) {
        unsigned place = numbers[taken] % BITS_PER_WORD;
        size_t most = BITS_PER_WORD - place < count - taken ? BITS_PER_WORD - place : count - taken;
        size_t length = bit_set_row(numbers + taken, most);
        uint64_t row = ~UINT64_C(0) >> (BITS_PER_WORD - length) << place;
        if (gathered & row)
            break;
        gathered |= row;
        taken += length;
    }
    *word = first;
    *bits = gathered;
    return taken;
}

/* The least number of the set from `from` on; `limit`, or a larger one, when there is none below.
 */
static inline size_t bit_set_next(const uint64_t *set, size_t limit, size_t from)
{
    if (from >= limit)
        return limit;
    size_t at = from / BITS_PER_WORD;
    uint64_t word = set[at] & (~UINT64_C(0) << from % BITS_PER_WORD);
    while (!word && ++at * BITS_PER_WORD < limit)
        word = set[at];
    return word ? at * BITS_PER_WORD + bit_set_lowest(word) : limit;
}

#endif
