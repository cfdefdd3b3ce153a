/*
 * The exponential in f64, and what is made of it: exp2, expm1, tanh, sigmoid, silu, softplus, mish, GELU in the tanh form.
 *
 *     e^x = 2^k 2^(j/16) e^r,  n = rint (16 x / ln 2) = 16 k + j,  |r| <= ln 2 / 32
 *
 * (P. T. P. Tang, "Table-driven implementation of the exponential function in IEEE floating-point arithmetic", ACM TOMS
 * 15, 1989.) 2^(j/16) is a row of a table: high, and the low part that high lacks. ln 2 is in two parts, n times the first
 * of which is exact (W. J. Cody and W. Waite, "Software Manual for the Elementary Functions", 1980; the parts are those
 * of fdlibm's e_exp.c). e^r - 1 = r + r^2 q (r), q a minimax fit with f64 coefficients by Sollya's fpminimax.
 *
 * Functions of e^x are made of its parts 2^k (high + tail), tail = low + high (e^r - 1), not of their rounded sum, and
 * powers of 2 are multiplied in last, so that a subnormal result is rounded once.
 */
#include "lookup_f64.h"

/* 2^(j/16), and 2^-(j/16). */
#define RISING_ROWS(ROW)                              \
    ROW(1, 0)                                         \
    ROW(0x1.0b5586cf9890fp+0, 0x1.8a62e4adc610bp-54)  \
    ROW(0x1.172b83c7d517bp+0, -0x1.19041b9d78a76p-55) \
    ROW(0x1.2387a6e756238p+0, 0x1.9b07eb6c70573p-54)  \
    ROW(0x1.306fe0a31b715p+0, 0x1.6f46ad23182e4p-55)  \
    ROW(0x1.3dea64c123422p+0, 0x1.ada0911f09ebcp-55)  \
    ROW(0x1.4bfdad5362a27p+0, 0x1.d4397afec42e2p-56)  \
    ROW(0x1.5ab07dd485429p+0, 0x1.6324c054647adp-54)  \
    ROW(0x1.6a09e667f3bcdp+0, -0x1.bdd3413b26456p-54) \
    ROW(0x1.7a11473eb0187p+0, -0x1.41577ee04992fp-55) \
    ROW(0x1.8ace5422aa0dbp+0, 0x1.6e9f156864b27p-54)  \
    ROW(0x1.9c49182a3f090p+0, 0x1.c7c46b071f2bep-56)  \
    ROW(0x1.ae89f995ad3adp+0, 0x1.7a1cd345dcc81p-54)  \
    ROW(0x1.c199bdd85529cp+0, 0x1.11065895048ddp-55)  \
    ROW(0x1.d5818dcfba487p+0, 0x1.2ed02d75b3707p-55)  \
    ROW(0x1.ea4afa2a490dap+0, -0x1.e9c23179c2893p-54)
#define FALLING_ROWS(ROW)                             \
    ROW(1, 0)                                         \
    ROW(0x1.ea4afa2a490dap-1, -0x1.e9c23179c2893p-55) \
    ROW(0x1.d5818dcfba487p-1, 0x1.2ed02d75b3707p-56)  \
    ROW(0x1.c199bdd85529cp-1, 0x1.11065895048ddp-56)  \
    ROW(0x1.ae89f995ad3adp-1, 0x1.7a1cd345dcc81p-55)  \
    ROW(0x1.9c49182a3f090p-1, 0x1.c7c46b071f2bep-57)  \
    ROW(0x1.8ace5422aa0dbp-1, 0x1.6e9f156864b27p-55)  \
    ROW(0x1.7a11473eb0187p-1, -0x1.41577ee04992fp-56) \
    ROW(0x1.6a09e667f3bcdp-1, -0x1.bdd3413b26456p-55) \
    ROW(0x1.5ab07dd485429p-1, 0x1.6324c054647adp-55)  \
    ROW(0x1.4bfdad5362a27p-1, 0x1.d4397afec42e2p-57)  \
    ROW(0x1.3dea64c123422p-1, 0x1.ada0911f09ebcp-56)  \
    ROW(0x1.306fe0a31b715p-1, 0x1.6f46ad23182e4p-56)  \
    ROW(0x1.2387a6e756238p-1, 0x1.9b07eb6c70573p-55)  \
    ROW(0x1.172b83c7d517bp-1, -0x1.19041b9d78a76p-56) \
    ROW(0x1.0b5586cf9890fp-1, 0x1.8a62e4adc610bp-55)

TABLE(F(rising), 16, 2) = COLUMNS_2(RISING_ROWS);
TABLE(F(falling), 16, 2) = COLUMNS_2(FALLING_ROWS);

/* Added to a number below 2^51 in magnitude it leaves the nearest integer in the low bits, 16 * 2046 higher. */
#define ROUNDER (0x1.8p52 + 16 * 2046)
#define SIXTEENTHS 0x1.71547652b82fep4 /* 16 / ln 2 */
#define SIXTEENTH_HIGH 0x1.62e42feep-5 /* ln 2 / 16, 32 bits, and the rest */
#define SIXTEENTH_LOW 0x1.a39ef35793c76p-37

/* x 2^floor (n / 16), rounded once, for normal x (or n = 0) and -32000 < n < 17000. */
INLINE VEC F(times_power)(VEC x, VEC n)
{
#if DGEN_VECTOR_BYTES == 64
    return X86(scalef)(x, n * 0.0625); /* two instructions instead of eight */
#else
    UINT k = (UINT)(n + ROUNDER) >> 4, half = k >> 1;
    return x * (VEC)(half << 52) * (VEC)((k - half) << 52);
#endif
}

/* x, or the limit with the sign of x if that is less in magnitude; and the same of |x|. */
INLINE VEC F(limited)(VEC x, double limit)
{
#if DGEN_VECTOR_BYTES == 64
    return X86(range)(x, F(constant)(limit), 2); /* one instruction instead of two */
#else
    return F(lesser)(F(greater)(x, F(constant)(-limit)), F(constant)(limit));
#endif
}

INLINE VEC F(limited_magnitude)(VEC x, double limit)
{
#if DGEN_VECTOR_BYTES == 64
    return X86(range)(x, F(constant)(limit), 10);
#else
    return F(lesser)(F(absolute)(x), F(constant)(limit));
#endif
}

/* (e^r - 1 - r) / r^2, so that e^r has a relative error below 2^-55.6. */
INLINE VEC F(quadratic_rest)(VEC r)
{
    VEC r2 = r * r;
    return (0x1.0000000000003p-1 + r * 0x1.55555554afd2bp-3)
        + r2 * ((0x1.555555549131cp-5 + r * 0x1.1112276a63453p-7) + r2 * 0x1.6c183ace4ba9fp-10);
}

/* e^x as 2^floor (n / 16) (high + tail), with high a row of `rising`; or as 2^-floor (n / 16) (high + tail) of `falling`. */
typedef struct F(power_of_e) {
    VEC n, high, tail;
} F(power_of_e);

/* Of |x| <= 900. */
INLINE F(power_of_e) F(rising_power)(VEC x)
{
    VEC rounded = x * SIXTEENTHS + ROUNDER, n = rounded - ROUNDER, high, low;
    VEC r = (x - n * SIXTEENTH_HIGH) - n * SIXTEENTH_LOW;
    LOOKUP(F(rising), 0, (INT)rounded, &high, &low);
    return (F(power_of_e)){ n, high, low + high * (r + r * r * F(quadratic_rest)(r)) };
}

/* Of x + rest, where rest is small. */
INLINE F(power_of_e) F(falling_power)(VEC x, VEC rest)
{
    VEC rounded = ROUNDER - x * SIXTEENTHS, n = rounded - ROUNDER, high, low;
    VEC r = (x + n * SIXTEENTH_HIGH) + (n * SIXTEENTH_LOW + rest);
    LOOKUP(F(falling), 0, (INT)rounded, &high, &low);
    return (F(power_of_e)){ n, high, low + high * (r + r * r * F(quadratic_rest)(r)) };
}

INLINE VEC F(exponential)(VEC x)
{
    F(power_of_e) e = F(rising_power)(F(limited)(x, 746));
    return F(times_power)(e.high + e.tail, e.n);
}

/* The same with n = rint (16 x), where r = x - n / 16 is exact; relative error of 2^r below 2^-57. */
INLINE VEC F(exponential2)(VEC x)
{
    x = F(limited)(x, 1076);
    VEC rounded = x * 16 + ROUNDER, n = rounded - ROUNDER, r = x - n * 0.0625, r2 = r * r, high, low;
    VEC q = (0x1.62e42fefa39fdp-1 + r * 0x1.ebfbdff82c59dp-3)
        + r2 * ((0x1.c6b08d6e8cd16p-5 + r * 0x1.3b2ab6fa94006p-7) + r2 * (0x1.5d89bd5ee4ae7p-10 + r * 0x1.430a9bf2d21b4p-13));
    LOOKUP(F(rising), 0, (INT)rounded, &high, &low);
    return F(times_power)(high + (low + high * (r * q)), n);
}

/* With p = 2^k high and r = s - t, where s = x - n SIXTEENTH_HIGH and d = p - 1 are exact near 0,
       e^x - 1 = d + s + (2^k low + d s + p (r^2 q - t)),
   the rounding error of d + s (and that of d elsewhere) added to what is small. In halves, as 2^1024 is no number. q is
   such that e^r - 1 has a relative error below 2^-59.6. Below 2^-54 the result is x, -0 too. */
INLINE VEC F(exponential_minus_1)(VEC x)
{
    VEC bounded = F(limited)(x, 710), high, low;
    VEC rounded = bounded * SIXTEENTHS + ROUNDER, n = rounded - ROUNDER;
    VEC s = bounded - n * SIXTEENTH_HIGH, t = n * SIXTEENTH_LOW, r = s - t, r2 = r * r;
    VEC q = (0x1.0000000000003p-1 + r * 0x1.5555555555559p-3)
        + r2 * ((0x1.55555554a08dap-5 + r * 0x1.11111110855cap-7) + r2 * (0x1.6c1828b692d2fp-10 + r * 0x1.a01b96ed27d1fp-13));
    LOOKUP(F(rising), 0, (INT)rounded, &high, &low);
    VEC half = F(times_power)(F(constant)(0.5), n), p = half * high, d = p - 0.5, half_s = 0.5 * s, sum = d + half_s;
    VEC lost = (half_s - (sum - d)) + (p - (d + 0.5));
    VEC y = sum + ((lost + half * low) + (d * s + p * (r2 * q - t)));
    return F(select)(F(less)(F(absolute)(x), F(constant)(0x1p-54)), x, y + y);
}

/* From 0.625 on tanh a = 1 - 2 / (e^2a + 1) = 1 - 2 w / (m + w), e^2a = m / w. Below, a - a^3 P (a^2) / Q (a^2), a rational
   minimax fit (Remez's exchange in 60 digits), relative error below 2^-56.7. They share the division. */
INLINE VEC F(hyperbolic_tangent)(VEC x)
{
    VEC a = F(limited_magnitude)(x, 20), z = a * a, z2 = z * z;
    F(power_of_e) e = F(falling_power)(a + a, F(constant)(0));
    VEC w = F(times_power)(F(constant)(1), e.n), sum = e.high + w, d = sum + ((w - (sum - e.high)) + e.tail);
    VEC p = (0x1.5555555555554p-2 + z * 0x1.4fd1bac8da4cbp-6) + z2 * 0x1.a184eb03468d6p-13;
    VEC q = (1 + z * 0x1.d890ec9f42770p-2) + z2 * (0x1.7d8fa3ed8fe20p-6 + z * 0x1.b0ee92cb5ff0fp-13);
    MASK small = F(less)(a, F(constant)(0.625));
    VEC quotient = F(select)(small, a * z * p, w + w) / F(select)(small, q, d);
    return F(with_sign)(F(select)(small, a, F(constant)(1)) - quotient, x);
}

/* ------------------------------------------------------------------------------------- the logistic function and its kin */

/* 1 / (1 + e^a) as 2^floor (n / 16) inverse. */
typedef struct F(logistic_tail) {
    VEC n, inverse;
} F(logistic_tail);

/* Of a = x + rest >= 0. With e^a = m / w, 1 + e^a = d / w, d = m + w, whose rounding errors correct the inverse. */
INLINE F(logistic_tail) F(logistic_tail_of)(VEC x, VEC rest)
{
    F(power_of_e) e = F(falling_power)(x, rest);
    VEC w = F(times_power)(F(constant)(1), e.n), sum = e.high + w, d = sum + e.tail, inverse = 1 / d;
    VEC lost = (w - (sum - e.high)) + (e.tail - (d - sum));
    return (F(logistic_tail)){ e.n, inverse - inverse * (inverse * lost) };
}

INLINE VEC F(logistic)(VEC x)
{
    F(logistic_tail) t = F(logistic_tail_of)(F(limited_magnitude)(x, 746), F(constant)(0));
    VEC g = F(times_power)(t.inverse, t.n);
    return F(select)(F(less)(x, F(constant)(0)), g, 1 - g);
}

/* max (x, -0): less 0 it is x where x is 0 or -0. */
INLINE VEC F(positive_part)(VEC x) { return F(greater)(F(constant)(-0.0), x); }

/* x / (1 + e^-b), where b has the sign of x: t is of |b|, and a is |x|, or less where the tail is 0 anyway. */
INLINE VEC F(gated)(VEC x, VEC a, F(logistic_tail) t)
{
    VEC tail = F(times_power)(a * t.inverse, t.n);
    return F(positive_part)(x) - tail;
}

INLINE VEC F(sigmoid_linear)(VEC x)
{
    VEC a = F(limited_magnitude)(x, 760);
    return F(gated)(x, a, F(logistic_tail_of)(a, F(constant)(0)));
}

/* The upper 26 bits of x: products of two such are exact. */
INLINE VEC F(upper_half)(VEC x) { return (VEC)((INT)x & ~F(integers)(((INTEGER)1 << 27) - 1)); }

/* x / 2 (1 + tanh (c (x + 0.044715 x^3))) = x / (1 + e^-b), b = x (2 c + 2 c 0.044715 x^2), c = sqrt (2 / pi). A tail's
   relative error is the absolute error of b, which is up to 745: so b is made in two parts, of products of upper halves
   and the rest of them (T. J. Dekker, "A floating-point technique for extending the available precision", 1971). */
INLINE VEC F(gaussian_linear_tanh)(VEC x)
{
    const double linear = 0x1.988453p0, linear_low = 0x1.ea1b284687e5ap-27;
    const double cubic = 0x1.2444f28p-4, cubic_low = 0x1.26c5a57a4def1p-31;
    VEC a = F(limited_magnitude)(x, 22), a_high = F(upper_half)(a), a_low = a - a_high;
    VEC z = a * a, z_high = F(upper_half)(z), z_low = (a_high * a_high - z_high) + a_low * (a + a_high);
    VEC product = cubic * z_high, factor = F(upper_half)(linear + product);
    VEC factor_low = (product - (factor - linear)) + (linear_low + (cubic * z_low + cubic_low * z));
    VEC low = a_high * factor_low + a_low * (factor + factor_low);
    return F(gated)(x, a, F(logistic_tail_of)(a_high * factor, low));
}

/* With n = e^x (e^x + 2), tanh (ln (1 + e^x)) = n / (n + 2). By E = e^-|x| that is E (E + 2) / (E (E + 2) + 2) where x < 0,
   and 1 - 2 E^2 / (1 + 2 E (1 + E)) elsewhere. The factor E that both have comes last. */
INLINE VEC F(mish)(VEC x)
{
    VEC a = F(limited_magnitude)(x, 760);
    F(power_of_e) e = F(rising_power)(-a);
    VEC m = e.high + e.tail, E = F(times_power)(m, e.n);
    MASK negative = F(less)(x, F(constant)(0));
    VEC numerator = F(select)(negative, E + 2, E + E), product = E * F(select)(negative, E + 2, E + E + 2);
    VEC tail = F(times_power)(a * m * (numerator / (product + F(select)(negative, F(constant)(2), F(constant)(1)))), e.n);
    return F(positive_part)(x) - tail;
}

/* max (x, 0) + ln (1 + E), E = e^-|x|. With s = E / (2 + E) and half = E^2 / 2, ln (1 + E) = E - (half - s (half + R (s^2))),
   as in fdlibm's s_log1p.c, but s^2 <= 1 / 9 here, so that no reduction is needed: R (z) = z P (z), P by fpminimax, absolute
   error below 2^-53. Added to what is small are the rounding errors of max (x, 0) + E; of E, which weighs 1 / (1 + E), about
   1 - E / 2; and of 2 + E, which weighs 1 / (2 + E), about 0.35 where it counts. Beyond 40 the result is x. */
INLINE VEC F(softplus)(VEC x)
{
    VEC a = F(limited_magnitude)(x, 746);
    F(power_of_e) e = F(rising_power)(-a);
    VEC m = e.high + e.tail, E = F(times_power)(m, e.n), E_low = F(times_power)(e.tail - (m - e.high), e.n);
    VEC divisor = 2 + E, s = E / divisor, z = s * s, z2 = z * z, z4 = z2 * z2;
    VEC p01 = 0x1.5555555555554p-1 + z * 0x1.999999999a6b1p-2, p23 = 0x1.24924923b5f19p-2 + z * 0x1.c71c728371236p-3;
    VEC p45 = 0x1.745cedc73b009p-3 + z * 0x1.3b18f8211edeep-3, p67 = 0x1.10a890ec1e53fp-3 + z * 0x1.ebd25f8feea32p-4;
    VEC p89 = 0x1.6749cae70ca36p-4 + z * 0x1.4c312fae2ccacp-3;
    VEC p = (p01 + z2 * p23) + z4 * ((p45 + z2 * p67) + z4 * p89);
    VEC half = 0.5 * E * E, product = s * (half + z * p);
    VEC linear = F(greater)(x, F(constant)(0)), sum = linear + E, back = sum - linear;
    VEC lost = (linear - (sum - back)) + (E - back), lost_of_divisor = E - (divisor - 2);
    VEC y = sum - ((half - product) - ((lost + E_low * (1 - 0.5 * E)) - product * (0.35 * lost_of_divisor)));
    return F(select)(F(less)(F(constant)(40), x), x, y);
}
