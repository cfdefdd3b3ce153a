/*
 * Logarithms of f64.
 *
 * x = 2^k m, 0.71 < m < 1.42; the five bits of m that follow say which row of a table holds c near 1 / m, and
 *
 *     ln (x) = k ln 2 - ln c + ln (1 + r),  r = m c - 1,  |r| <= 1/64
 *
 * (Tang, Table-driven implementation of the logarithm function, ACM TOMS 16, 1990, without his special case near 1: there
 * c is 1). What is large is exact: c has 30 bits behind the point and was searched among its neighbours for a logarithm that
 * is within 2^-62 of a multiple of 2^-43, as in Gal's accurate tables; ln 2 is split at 2^-43; and m is split at 2^-13, so
 * that r = high + low with high on the same grid. Their sum is exact, and the one rounding that counts is the last.
 *
 * ln (1 + r) = r - r^2 / 2 + ..., its coefficients from the third on by Remez exchange in multiple precision, relative
 * error 2^-61. The other bases multiply the exact part by their constant in two pieces.
 */
#include "lookup_f64.h"

/* c, -ln c to 2^-43, and the rest of it, for m from 45.5/64 by steps of 1/64 below 1 and of 1/32 above. */
#define LOGARITHM_F64_ROWS(ROW) \
    ROW(0x1.64150c3000000p+0, -0x1.51e761441c800p-2, 0x1.eacf3034f916dp-66, 0) \
    ROW(0x1.5cb0c0f800000p+0, -0x1.3c6c5bd1e1800p-2, -0x1.77a5845f9f3a7p-65, 0) \
    ROW(0x1.5565deb000000p+0, -0x1.26c7bbefb4000p-2, -0x1.9db7e277df647p-65, 0) \
    ROW(0x1.4e72e87c00000p+0, -0x1.11b8ce1fd3800p-2, -0x1.1ef4e521c9e85p-64, 0) \
    ROW(0x1.47bf5f2800000p+0, -0x1.f9fdd6ab58000p-3, 0x1.63f35656cd76ep-65, 0) \
    ROW(0x1.411c50fc00000p+0, -0x1.d017f5e206000p-3, -0x1.85cbafa99ff12p-64, 0) \
    ROW(0x1.3b1faa1c00000p+0, -0x1.a98ca4043a000p-3, -0x1.4f1451b6f4bb4p-66, 0) \
    ROW(0x1.3541f9fc00000p+0, -0x1.831123654c000p-3, -0x1.769395163df41p-67, 0) \
    ROW(0x1.2f51c68800000p+0, -0x1.5b5bfd26b2000p-3, -0x1.2f3ecbfd26790p-64, 0) \
    ROW(0x1.29c5aac800000p+0, -0x1.358eb6748d000p-3, 0x1.bbce47c388318p-64, 0) \
    ROW(0x1.24877dd800000p+0, -0x1.112d57a5a3000p-3, -0x1.03f3e8a496547p-66, 0) \
    ROW(0x1.1f78333000000p+0, -0x1.dae34e1654000p-4, -0x1.4b78e182f9ed6p-63, 0) \
    ROW(0x1.1a73bd8400000p+0, -0x1.92c4203b18000p-4, 0x1.1a901df4d3676p-64, 0) \
    ROW(0x1.15982b7400000p+0, -0x1.4bb5852b66000p-4, 0x1.31d81793c4651p-67, 0) \
    ROW(0x1.1127d9e800000p+0, -0x1.09af41b084000p-4, 0x1.3d7a1165513a5p-65, 0) \
    ROW(0x1.0c7ac4a000000p+0, -0x1.85eae0d248000p-5, 0x1.7fc63738c0a89p-65, 0) \
    ROW(0x1.084030c400000p+0, -0x1.03dbc025b8000p-5, -0x1.a1a04080a2b83p-64, 0) \
    ROW(0x1.03fe109c00000p+0, -0x1.fb16a7b140000p-7, -0x1.0f403c9ab59f3p-64, 0) \
    ROW(1, 0, 0, 0) \
    ROW(0x1.f0b4470000000p-1, 0x1.f0ecf2ad18000p-6, -0x1.579097c43c340p-65, 0) \
    ROW(0x1.e1c1c6d800000p-1, 0x1.f2c4e9d878000p-5, -0x1.2e6f13c22ee8ep-63, 0) \
    ROW(0x1.d3e6c4d800000p-1, 0x1.70ea0a0dfa000p-4, -0x1.d2378626d4a34p-64, 0) \
    ROW(0x1.c7074be000000p-1, 0x1.e32ed06ee6000p-4, -0x1.5e4699d52aa4dp-67, 0) \
    ROW(0x1.bae9c76800000p-1, 0x1.28dbf8d75d000p-3, -0x1.0ff9610a33433p-67, 0) \
    ROW(0x1.aefddd5000000p-1, 0x1.60bd35c902000p-3, -0x1.772161e1d2b2cp-66, 0) \
    ROW(0x1.a44a0f2800000p-1, 0x1.943cad2d74000p-3, -0x1.a4c092e60fe30p-65, 0) \
    ROW(0x1.9979c3e800000p-1, 0x1.c99eaf2180000p-3, -0x1.77f9bf0653207p-69, 0) \
    ROW(0x1.8fb31d4800000p-1, 0x1.fb1b942a70000p-3, 0x1.bf70443296b5ep-65, 0) \
    ROW(0x1.86187d7000000p-1, 0x1.16758174bd000p-2, -0x1.b7701694c8b68p-66, 0) \
    ROW(0x1.7ce6467000000p-1, 0x1.2ee351eb46000p-2, -0x1.3708a9327a3d3p-62, 0) \
    ROW(0x1.747a09a800000p-1, 0x1.45c924abb5000p-2, 0x1.7c21037ad77a9p-65, 0) \
    ROW(0x1.6bf6f9c000000p-1, 0x1.5d7541705a800p-2, -0x1.cd66dfe2cc02ap-66, 0)

TABLE(F(logarithm_table), 32, 4) = COLUMNS_4(LOGARITHM_F64_ROWS);

#define LOG_2_HIGH 0x1.62e42fefa3800p-1 /* on the grid of 2^-43 */
#define LOG_2_LOW 0x1.ef35793c76730p-45

/* x = 2^k m, m = high + low with high on the grid of 2^-13. */
typedef struct F(scaled) {
    VEC k, high, low, scale; /* scale: 2^-k */
    INT row;                 /* of the table */
} F(scaled);

/* Of a normal x. */
INLINE F(scaled) F(take_apart)(VEC x)
{
    const INTEGER least = 0x3fe6c00000000000, mantissa = ((INTEGER)1 << 52) - 1; /* least: 45.5/64 */
    const INTEGER one = (INTEGER)1023 << 52, bias = DGEN_VECTOR_BYTES == 64 ? 0 : one;
    const VEC grid = F(constant)(0x1.8p39);
    INT offset = F(bits_difference)((INT)x, F(integers)(least - bias));
    VEC m = (VEC)((offset & F(integers)(mantissa)) + F(integers)(least));
    F(scaled) s;
#if DGEN_VECTOR_BYTES == 64
    s.k = _mm512_cvtepi64_pd((__m512i)(offset >> 52));
#else
    s.k = (VEC)((INT)((UINT)offset >> 52) | (INT)F(constant)(0x1p52)) - F(constant)(0x1p52 + 1023);
#endif
    s.high = (m + grid) - grid;
    s.low = m - s.high;
    s.row = (INT)((UINT)offset >> 47);
    s.scale = (VEC)(F(integers)(one + bias) - (offset & F(integers)(~mantissa)));
    return s;
}

/* (ln (1 + r) - r) / r^2 + 1/2 */
INLINE VEC F(logarithm_tail)(VEC r, VEC r2)
{
    const VEC c1 = F(constant)(0x1.55555555556ccp-2), c2 = F(constant)(-0x1.000000000040ep-2);
    const VEC c3 = F(constant)(0x1.99999987506e6p-3), c4 = F(constant)(-0x1.555554ebaf537p-3);
    const VEC c5 = F(constant)(0x1.2494449e7e532p-3), c6 = F(constant)(-0x1.00121f2d22635p-3);
    const VEC c7 = F(constant)(0x1.a62aab96e4c61p-4);
    return r * (c1 + r * c2) + (r2 * r) * ((c3 + r * c4) + r2 * ((c5 + r * c6) + r2 * c7));
}

enum F(base) { F(BASE_E), F(BASE_2), F(BASE_10) };

/* k log (2) + log (e) (high + low + tail): the last factor, as 26 bits of high + low and the rest, times log (e) in two such pieces. */
INLINE VEC F(in_base)(VEC k, VEC k_low, VEC e_high, VEC e_low, VEC high, VEC low, VEC tail)
{
    VEC front = (VEC)((INT)(high + low) & F(integers)(~(INTEGER)0x7ffffff)), rest = ((high - front) + low) + tail;
    VEC product = front * e_high, total = k + product, lost = product - (total - k);
    return total + ((lost + k_low) + (front * e_low + rest * (e_high + e_low)));
}

INLINE VEC F(logarithm_of)(F(scaled) s, enum F(base) base)
{
    VEC c, minus_log_c;
    LOOKUP(F(logarithm_table), 0, s.row, &c, &minus_log_c);
    VEC high = s.high * c - F(constant)(1), low = s.low * c, r = high + low, r2 = r * r;
    VEC tail = r2 * (F(logarithm_tail)(r, r2) - F(constant)(0.5));
    if (base == F(BASE_E)) {
        VEC front = (s.k * F(constant)(LOG_2_HIGH) + minus_log_c) + high, sum = front + low, lost = (front - sum) + low;
        return sum + (lost + (s.k * F(constant)(LOG_2_LOW) + tail));
    }
    high += minus_log_c;
    if (base == F(BASE_2))
        return F(in_base)(s.k, (VEC){ 0 }, F(constant)(0x1.7154768p+0), F(constant)(-0x1.6a3e80f444178p-27), high, low, tail);
    return F(in_base)(s.k * F(constant)(0x1.34413509f7800p-2), s.k * F(constant)(0x1.fef311f12b358p-46),
                      F(constant)(0x1.bcb7b18p-2), F(constant)(-0x1.6c8d78e6acaa4p-29), high, low, tail);
}

/* Of any x: a subnormal is made normal first. */
static __attribute__((noinline, unused)) VEC F(logarithm_rare)(VEC x, enum F(base) base)
{
    const VEC zero = F(constant)(0), infinity = F(constant)(__builtin_inf());
    MASK tiny = F(less)(x, F(constant)(0x1p-1022));
    F(scaled) s = F(take_apart)(F(select)(tiny, x * F(constant)(0x1p54), x));
    s.k -= F(select)(tiny, F(constant)(54), zero);
    VEC result = base == F(BASE_E)   ? F(logarithm_of)(s, F(BASE_E))
                 : base == F(BASE_2) ? F(logarithm_of)(s, F(BASE_2))
                                     : F(logarithm_of)(s, F(BASE_10));
    result = F(select)(F(less)(x, infinity), result, x);
    result = F(select)(F(less)(x, zero), (VEC)QUIET_NAN, result);
    return F(select)(F(equal)(x, zero), -infinity, result);
}

/* True if every lane is positive, normal and finite. */
INLINE int F(all_ordinary)(VEC x)
{
#if DGEN_VECTOR_BYTES == 64
    return _mm512_fpclass_pd_mask(x, 0xff) == 0;
#else
    return !F(any)(~(F(less_equal)(F(constant)(0x1p-1022), x) & F(less)(x, F(constant)(__builtin_inf()))));
#endif
}

INLINE VEC F(logarithm_to)(VEC x, enum F(base) base)
{
    if (__builtin_expect(!F(all_ordinary)(x), 0)) return F(logarithm_rare)(x, base);
    return F(logarithm_of)(F(take_apart)(x), base);
}

INLINE VEC F(logarithm)(VEC x) { return F(logarithm_to)(x, F(BASE_E)); }
INLINE VEC F(logarithm2)(VEC x) { return F(logarithm_to)(x, F(BASE_2)); }
INLINE VEC F(logarithm10)(VEC x) { return F(logarithm_to)(x, F(BASE_10)); }

/* Of -1 < x < 2^1023. What 1 + x loses to rounding joins the low part of m; the sign is for -0. */
INLINE VEC F(logarithm_1_plus_of)(VEC x)
{
    const VEC one = F(constant)(1);
    VEC larger = F(greater)(x, one), smaller = F(lesser)(x, one), sum = larger + smaller;
    F(scaled) s = F(take_apart)(sum);
    s.low += (smaller - (sum - larger)) * s.scale;
    return (VEC)((INT)F(logarithm_of)(s, F(BASE_E)) | ((INT)x & SIGN_BIT));
}

static __attribute__((noinline, unused)) VEC F(logarithm_1_plus_rare)(VEC x)
{
    MASK huge = F(less_equal)(F(constant)(0x1p1023), x), ordinary = F(less)(F(constant)(-1), x) & ~huge;
    VEC result = F(logarithm_1_plus_of)(F(select)(ordinary, x, F(constant)(0)));
    return F(select)(ordinary, result, F(logarithm_rare)(F(select)(huge, x, x + F(constant)(1)), F(BASE_E)));
}

INLINE VEC F(logarithm_1_plus)(VEC x)
{
    MASK ordinary = F(less)(F(constant)(-1), x) & F(less)(x, F(constant)(0x1p1023));
    if (__builtin_expect(F(any)(~ordinary), 0)) return F(logarithm_1_plus_rare)(x);
    return F(logarithm_1_plus_of)(x);
}
