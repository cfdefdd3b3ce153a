/*
 * e^(high + low) in f64, for functions that know their exponent to more than 53 bits.
 *
 * high + low = n ln 2 / 16 + r, |r| <= ln 2 / 32, and e^(high + low) = 2^(n / 16) (1 + (e^r - 1)): 2^(i / 16) from a table
 * in two pieces (Tang, Table-driven implementation of the exponential function, ACM TOMS 15, 1989). The coefficients are
 * those of a Chebyshev series in multiple precision; its error is 2^-64.
 */
#ifndef DGEN_EXPONENTIAL_SUM_F64_H
#define DGEN_EXPONENTIAL_SUM_F64_H

#include "lookup_f64.h"

/* 2^(i / 16), and what its rounding lost. */
#define POWER_ROWS(ROW) \
    ROW(1, 0) \
    ROW(0x1.0b5586cf9890fp+0, 0x1.8a62e4adc610bp-54) \
    ROW(0x1.172b83c7d517bp+0, -0x1.19041b9d78a76p-55) \
    ROW(0x1.2387a6e756238p+0, 0x1.9b07eb6c70573p-54) \
    ROW(0x1.306fe0a31b715p+0, 0x1.6f46ad23182e4p-55) \
    ROW(0x1.3dea64c123422p+0, 0x1.ada0911f09ebcp-55) \
    ROW(0x1.4bfdad5362a27p+0, 0x1.d4397afec42e2p-56) \
    ROW(0x1.5ab07dd485429p+0, 0x1.6324c054647adp-54) \
    ROW(0x1.6a09e667f3bcdp+0, -0x1.bdd3413b26456p-54) \
    ROW(0x1.7a11473eb0187p+0, -0x1.41577ee04992fp-55) \
    ROW(0x1.8ace5422aa0dbp+0, 0x1.6e9f156864b27p-54) \
    ROW(0x1.9c49182a3f090p+0, 0x1.c7c46b071f2bep-56) \
    ROW(0x1.ae89f995ad3adp+0, 0x1.7a1cd345dcc81p-54) \
    ROW(0x1.c199bdd85529cp+0, 0x1.11065895048ddp-55) \
    ROW(0x1.d5818dcfba487p+0, 0x1.2ed02d75b3707p-55) \
    ROW(0x1.ea4afa2a490dap+0, -0x1.e9c23179c2893p-54)

TABLE(F(power_table), 16, 2) = COLUMNS_2(POWER_ROWS);

/* 2^k (high + low), |low| < 0.03: steps holds 16 k and more, see scale. */
typedef struct F(power_of_2) {
    VEC high, low;
    INT steps;
} F(power_of_2);

/* |high| < 1400, |low| < 2^-20: beyond, some number. */
INLINE F(power_of_2) F(sum_exponential)(VEC high, VEC low)
{
    const VEC c2 = F(constant)(0x1.0000000000001p-1), c3 = F(constant)(0x1.5555555555556p-3);
    const VEC c4 = F(constant)(0x1.55555554e8d7ap-5), c5 = F(constant)(0x1.11111110c60f8p-7);
    const VEC c6 = F(constant)(0x1.6c17ede6663fp-10), c7 = F(constant)(0x1.a01b393b56b8dp-13);
    const VEC whole = F(constant)(0x1.8p52 + 16 * 2046); /* leaves n + 16 * 2046 in the low bits */
    VEC shifted = high * F(constant)(0x1.71547652b82fep+4) + whole, n = shifted - whole;
    VEC r = (high - n * F(constant)(0x1.62e42ffp-5)) + (low - n * F(constant)(-0x1.718432a1b0e26p-39)), r2 = r * r;
    VEC rest = r + r2 * ((c2 + r * c3) + r2 * ((c4 + r * c5) + r2 * (c6 + r * c7))), first, second;
    LOOKUP(F(power_table), 0, (INT)shifted, &first, &second);
    return (F(power_of_2)){ first, second + first * rest, (INT)shifted };
}

/* value * 2^k, rounded once where it is subnormal: 2^k in two factors, both normal. */
INLINE VEC F(scale)(VEC value, INT steps)
{
    INT half = (INT)((UINT)steps >> 5 << 52), other = (INT)((UINT)steps >> 4 << 52) - half;
    return value * (VEC)half * (VEC)other;
}
#endif
