/*
 * x^y = e^(y ln x) in f64.
 *
 * An error in the exponent, up to 745, is one of as much in the result: so ln x is a sum of two doubles, right to 2^-66.
 * It is made as in logarithm_f64.h, with what the sums k ln 2 - ln c + r - r^2 / 2 lose to rounding kept; r^2 is exact but for
 * a small part. The product with y is made exact by halves (T. J. Dekker, "A floating-point technique for extending the
 * available precision", 1971). Lanes of which any is not plainly in range, or would be subnormal, go through
 * power_rare, which gives other lanes the same bits.
 */
#include "exponential_sum_f64.h"

typedef struct F(pair) {
    VEC high, low;
} F(pair);

/* a + b, |a| >= |b| or a = 0. */
INLINE F(pair) F(exact_sum)(VEC a, VEC b)
{
    VEC sum = a + b;
    return (F(pair)){ sum, b - (sum - a) };
}

/* y high + y low; good for |y high| < 2^900. */
INLINE F(pair) F(exact_product)(VEC y, F(pair) x)
{
    VEC product = y * x.high, y_high = F(upper_half)(y), y_low = y - y_high;
    VEC x_high = F(upper_half)(x.high), x_low = x.high - x_high;
    VEC lost = ((y_high * x_high - product) + (y_high * x_low + y_low * x_high)) + y_low * x_low;
    return (F(pair)){ product, lost + y * x.low };
}

/* (ln (1 + r) - r + r^2 / 2) / r^2: a Chebyshev series; relative error of the logarithm 2^-67. */
INLINE VEC F(cubic_tail)(VEC r, VEC r2)
{
    VEC front = 0x1.5555555555555p-2 + r * -0x1.0000000000003p-2, second = 0x1.999999999c209p-3 + r * -0x1.5555555511cafp-3;
    VEC third = 0x1.249248510f6e2p-3 + r * -0x1.00000a3d9922bp-3, last = 0x1.c748c7dc55e87p-4 + r * -0x1.98cc2e9ac41aap-4;
    return r * (front + r2 * (second + r2 * (third + r2 * last)));
}

/* ln (x) of the x that s was made of. */
INLINE F(pair) F(long_logarithm)(F(scaled) s)
{
    const VEC grid = F(constant)(0x1.8p22); /* 2^-30 */
    VEC c, minus_log_c, log_c_low, zero;
    LOOKUP(F(logarithm_table), 0, s.row, &c, &minus_log_c);
    LOOKUP(F(logarithm_table), 2, s.row, &log_c_low, &zero);
    VEC product = s.low * c, low_front = (VEC)((INT)s.low & F(integers)(~(INTEGER)0x7fffffff)); /* 22 bits; c has 31 */
    F(pair) r = F(exact_sum)(s.high * c - 1, product);
    r.low += (low_front * c - product) + (s.low - low_front) * c;
    VEC front = (r.high + grid) - grid, r2 = r.high * r.high; /* front^2 is exact */
    F(pair) linear = F(exact_sum)(s.k * LOG_2_HIGH + minus_log_c, r.high);
    F(pair) square = F(exact_sum)(linear.high, -0.5 * front * front);
    VEC rest = 0.5 * (r.high - front) * (r.high + front) + r.high * r.low;
    VEC low = (r2 * F(cubic_tail)(r.high, r2) - rest) + ((s.k * LOG_2_LOW + log_c_low) + r.low);
    return F(exact_sum)(square.high, low + (linear.low + square.low));
}

/* What high + low, about 1, rounds to where 2^floor (n / 16) times it is the result. If that is subnormal, it is a multiple
   of 2^-1074; then the sum with 2^-1022 over that power rounds where the result would, and is exact but for that. */
INLINE VEC F(round_once)(VEC high, VEC low, VEC n)
{
    UINT k = (UINT)(n + ROUNDER) >> 4; /* in its low bits floor (n / 16) + 2046 */
    VEC least_normal = (VEC)(((UINT)F(integers)(2047) - k) << 52);
    F(pair) value = F(exact_sum)(high, low), sum = F(exact_sum)(least_normal, value.high);
    VEC rounded = (sum.high + (sum.low + value.low)) - least_normal;
    return F(select)(F(less)(value.high, least_normal), rounded, value.high);
}

/* e^(x.high + x.low), for any x.high. */
INLINE VEC F(bounded_exponential)(F(pair) x)
{
    const VEC least = F(constant)(-760), most = F(constant)(720);
    MASK inside = F(less)(least, x.high) & F(less)(x.high, most);
    VEC low = F(select)(inside, x.low, F(constant)(0));
    F(power_of_e) e = F(power_of_sum)(F(lesser)(F(greater)(x.high, least), most), low);
    return F(times_power)(F(round_once)(e.high, e.tail, e.n), e.n);
}

/* The special cases of IEEE 754-2019, 9.2.1, and of NaNs: the first NaN operand, quieted, where the result depends on it. */
INLINE VEC F(special_power)(VEC x, VEC y, VEC result)
{
    const VEC zero = F(constant)(0), one = F(constant)(1), infinity = F(constant)(__builtin_inf());
    VEC a = F(absolute)(x), half = 0.5 * y;
    MASK whole = F(equal)(F(round_even)(y), y), odd = whole & ~F(equal)(F(round_even)(half), half);
    MASK falls = F(less)(y, zero), at_zero = F(equal)(a, zero), at_infinity = F(equal)(a, infinity);
    result = F(select)(at_zero, F(select)(falls, infinity, zero), result);
    result = F(select)(at_infinity, F(select)(falls, zero, infinity), result);
    result = F(select)(odd, F(with_sign)(result, x), result);
    result = F(select)(F(less)(x, zero) & ~whole & ~at_infinity, (VEC)QUIET_NAN, result);
    result = F(select)(F(is_nan)(y), F(quiet)(y), result);
    result = F(select)(F(is_nan)(x), F(quiet)(x), result);
    return F(select)(F(equal)(y, zero) | F(equal)(x, one), one, result);
}

/* Of any x and y. */
static __attribute__((noinline, unused)) VEC F(power_rare)(VEC x, VEC y)
{
    const VEC bound = F(constant)(0x1p66); /* |ln x| > 2^-54 unless it is 0 */
    VEC a = F(absolute)(x), limited = F(lesser)(F(greater)(y, -bound), bound);
    a = F(select)(F(less)(F(constant)(0), a) & F(less)(a, F(constant)(__builtin_inf())), a, F(constant)(1));
    MASK tiny = F(less)(a, F(constant)(0x1p-1022));
    F(scaled) s = F(take_apart)(F(select)(tiny, a * 0x1p54, a));
    s.k -= F(select)(tiny, F(constant)(54), F(constant)(0));
    return F(special_power)(x, y, F(bounded_exponential)(F(exact_product)(limited, F(long_logarithm)(s))));
}

INLINE VEC F(power)(VEC x, VEC y)
{
    F(pair) exponent = F(exact_product)(y, F(long_logarithm)(F(take_apart)(x)));
    MASK plain = F(less)(F(absolute)(exponent.high), F(constant)(700));
    if (__builtin_expect(F(any)(~plain) || !F(all_ordinary)(x), 0)) return F(power_rare)(x, y);
    F(power_of_e) e = F(power_of_sum)(exponent.high, exponent.low);
    return F(times_power)(e.high + e.tail, e.n);
}
