/* f16 as IEEE 754 has it, by exact arithmetic on doubles: for tests of what stores it. */
#ifndef DGEN_TEST_HALVES_H
#define DGEN_TEST_HALVES_H

#include <math.h>
#include <stdint.h>

__attribute__((unused)) static double half_value(uint16_t half)
{
    int exponent = half >> 10 & 31, fraction = half & 1023;
    double sign = half >> 15 ? -1 : 1;
    if (exponent == 31) return fraction ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

/* The nearest f16 of a number that is not NaN; of two, the one whose last bit is 0. */
__attribute__((unused)) static uint16_t half_of(double x)
{
    uint16_t sign = signbit(x) ? 0x8000 : 0, best = 0;
    double magnitude = fabs(x);
    if (magnitude >= 65520) return sign | 0x7C00; /* half-way from the largest to 2^16 */
    /* The bits of magnitudes are in their order: the last that is not larger, and its neighbour. */
    for (int bit = 14; bit >= 0; bit--)
        if ((best | 1 << bit) < 0x7C00 && half_value((uint16_t)(best | 1 << bit)) <= magnitude) best |= (uint16_t)(1 << bit);
    double below = magnitude - half_value(best);
    double above = (best + 1 < 0x7C00 ? half_value((uint16_t)(best + 1)) : 65536) - magnitude;
    if (above < below || (above == below && best & 1)) best++;
    return sign | best;
}

#endif
