/*
 * e^(x + rest) in f64, for functions that know their exponent to more than 53 bits.
 *
 * The table and the steps are those of exponential_f64.h; the polynomial has one more coefficient, Chebyshev's series in
 * multiple precision, and an error of 2^-64, so that high + tail, not yet rounded, is right to 2^-58 or so.
 */
#ifndef DGEN_EXPONENTIAL_SUM_F64_H
#define DGEN_EXPONENTIAL_SUM_F64_H

/* Of |x| <= 900 and |rest| < 2^-13. */
INLINE F(power_of_e) F(power_of_sum)(VEC x, VEC rest)
{
    VEC rounded = x * SIXTEENTHS + ROUNDER, n = rounded - ROUNDER, high, low;
    VEC r = (x - n * SIXTEENTH_HIGH) + (rest - n * SIXTEENTH_LOW), r2 = r * r;
    VEC q = (0x1.0000000000001p-1 + r * 0x1.5555555555556p-3)
        + r2 * ((0x1.55555554e8d7ap-5 + r * 0x1.11111110c60f8p-7) + r2 * (0x1.6c17ede6663fp-10 + r * 0x1.a01b393b56b8dp-13));
    LOOKUP(F(rising), 0, (INT)rounded, &high, &low);
    return (F(power_of_e)){ n, high, low + high * (r + r2 * q) };
}
#endif
