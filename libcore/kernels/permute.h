/*
 * The keyed permutation of fold.c, on rows side by side: plain loops that the compiler makes vectors of.
 */
#ifndef DGEN_PERMUTE_H
#define DGEN_PERMUTE_H

#include "kernels.h"

static inline uint32_t permute_hash(uint32_t z)
{
    z *= UINT32_C(0x85EBCA6B);
    return (z ^ z >> 15) * UINT32_C(0xC2B2AE35);
}

/* What round r adds to high, and what it does to low. */
static inline int32_t permute_high(const dgen_permutation *p, int r, uint32_t low, uint32_t tweak)
{
    return (int32_t)((uint64_t)permute_hash(low ^ (p->keys[2 * r] + tweak)) * p->high_count >> 32);
}

static inline uint32_t permute_low(const dgen_permutation *p, int r, uint32_t high, uint32_t tweak)
{
    return permute_hash(high ^ (p->keys[2 * r + 1] + tweak)) >> 1 >> (31 - p->low_bits);
}

/* Once through the network. Halves stay below 2^28, so the sign tells whether a sum is out of range. */
static inline void permute_rows(const dgen_permutation *p, int rows, int32_t *high, uint32_t *low,
                                const uint32_t *tweak)
{
    const dgen_permutation own = *p; /* cannot alias the rows */
    int32_t a = (int32_t)own.high_count;
    for (int r = 0; r < DGEN_PERMUTE_ROUNDS; r++) {
        for (int i = 0; i < rows; i++) {
            int32_t sum = high[i] + permute_high(&own, r, low[i], tweak[i]) - a;
            high[i] = sum + (sum >> 31 & a);
            low[i] ^= permute_low(&own, r, (uint32_t)high[i], tweak[i]);
        }
    }
}

#endif
