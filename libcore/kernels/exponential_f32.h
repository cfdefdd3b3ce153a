/*
 * Functions of e^x for f32: exp, exp2, expm1, the logistic function and the activations made of it.
 *
 * x = k ln 2 + r, |r| <= ln 2 / 2, and e^x = 2^k (1 + u), u = e^r - 1. ln 2 is the sum of two constants, the first short
 * enough for its product with k to be exact (Cody and Waite, 1980), and r stays the difference of two numbers to the end:
 * its rounding would be most of the error. u = r + r^2 Q (r), Q a polynomial of degree 4 fitted to the least greatest
 * relative error of 1 + u on +-0.3466, its coefficients rounded one after another and the rest fitted anew. Its terms
 * are summed in pairs, since a processor waits for a chain of operations, not for their number.
 */

enum { EXPONENT_BIAS_TWICE_F32 = 254 };

/* x less its part in k: r = high - low. scaled holds k + 254 in its low bits. */
typedef struct F(reduced) {
    VEC high, low, scaled;
} F(reduced);

/* k = x / ln 2 rounded: adding 1.5 * 2^23 leaves no bits for a fraction. (254 more: see scale.) */
INLINE F(reduced) F(reduce_exponent)(VEC x)
{
    const VEC shift = F(constant)(0x1.8p+23f + EXPONENT_BIAS_TWICE_F32);
    VEC scaled = x * F(constant)(0x1.715476p+0f) + shift, k = scaled - shift;
    return (F(reduced)){ x - k * F(constant)(0x1.62e4p-1f), k * F(constant)(0x1.7f7d1cp-20f), scaled };
}

/* The same of high + low, low not being the mere rounding of high. */
INLINE F(reduced) F(reduce_exponent_of_sum)(VEC high, VEC low)
{
    F(reduced) r = F(reduce_exponent)(high + low);
    VEC k = r.scaled - F(constant)(0x1.8p+23f + EXPONENT_BIAS_TWICE_F32);
    return (F(reduced)){ high - k * F(constant)(0x1.62e4p-1f), r.low - low, r.scaled };
}

/* (r^2 Q (r) - low), which with high makes u = e^r - 1 */
INLINE VEC F(exponential_rest)(F(reduced) x)
{
    VEC r = x.high - x.low, r2 = r * r;
    VEC q = (F(constant)(0x1.fffffap-2f) + r * F(constant)(0x1.555492p-3f)) +
            r2 * ((F(constant)(0x1.555a26p-5f) + r * F(constant)(0x1.123986p-7f)) + r2 * F(constant)(0x1.694cc6p-10f));
    return r2 * q - x.low;
}

/* x 2^k, rounded once: two factors, for 2^k alone may lie outside what an f32 holds. Each takes half of k + 254, and is
   so with the bias of 127 already in it. */
INLINE VEC F(scale)(VEC x, VEC scaled)
{
#if DGEN_VECTOR_BYTES == 64
    const VEC shift = F(constant)(0x1.8p+23f + EXPONENT_BIAS_TWICE_F32);
    return X86(scalef)(x, scaled - shift);
#else
    UINT half = (UINT)scaled >> 1, rest = (UINT)scaled - half;
    return x * (VEC)(half << 23) * (VEC)(rest << 23);
#endif
}

/* 2^-k */
INLINE VEC F(inverse_scale)(VEC scaled)
{
    return F(constant)(0x1.8p+24f + 2 * EXPONENT_BIAS_TWICE_F32) - scaled;
}

INLINE VEC F(exponential)(VEC x)
{
    x = F(greater)(F(constant)(-104), F(lesser)(F(constant)(89), x));
    F(reduced) r = F(reduce_exponent)(x);
    return F(scale)(F(constant)(1) + (r.high + F(exponential_rest)(r)), r.scaled);
}

/* Here r = x - k is exact, and it is the product with ln 2 that is made in two parts. */
INLINE VEC F(exponential2)(VEC x)
{
    const VEC shift = F(constant)(0x1.8p+23f + EXPONENT_BIAS_TWICE_F32);
    x = F(greater)(F(constant)(-151), F(lesser)(F(constant)(129), x));
    VEC scaled = x + shift, r = x - (scaled - shift), r2 = r * r;
    VEC high = (VEC)((INT)r & F(integers)(~0xfff)), low = r - high;
    VEC q = (F(constant)(0x1.ebfbd8p-3f) + r * F(constant)(0x1.c6af74p-5f)) +
            r2 * ((F(constant)(0x1.3b3096p-7f) + r * F(constant)(0x1.5f0ca8p-10f)) + r2 * F(constant)(0x1.3fad5ep-13f));
    VEC rest = (r * F(constant)(0x1.217f7ep-12f) + low * F(constant)(0x1.62cp-1f)) + r2 * q;
    return F(scale)(F(constant)(1) + (high * F(constant)(0x1.62cp-1f) + rest), scaled);
}

/* e^x - 1 = 2^k (1 + u) - 1 in two parts, of which the first is the sum of 2^k - 1 and 2^k high, rounded. */
INLINE VEC F(exponential_minus_1_parts)(F(reduced) r, VEC *rest)
{
    VEC power = (VEC)(((UINT)r.scaled - (UINT)F(integers)(127)) << 23);
    VEC a = power - F(constant)(1), b = power * r.high, sum = a + b;
    *rest = (b - (sum - a)) + power * F(exponential_rest)(r);
    return sum;
}

INLINE VEC F(exponential_minus_1)(VEC x)
{
    const VEC largest = F(constant)(0x1.8p+23f + EXPONENT_BIAS_TWICE_F32 + 127); /* 2^128 is no f32 */
    F(reduced) r = F(reduce_exponent)(F(greater)(F(constant)(-20), F(lesser)(F(constant)(89), x)));
    VEC twice = F(select)(F(less)(largest, r.scaled), F(constant)(2), F(constant)(1)), rest;
    r.scaled = F(lesser)(r.scaled, largest);
    VEC sum = F(exponential_minus_1_parts)(r, &rest);
    return (VEC)((INT)((sum + rest) * twice) | ((INT)x & SIGN_BIT)); /* keeps -0 */
}

/* 1 / (1 + e^y) = 2^-k / (2^-k + e^r) but for the factor 2^-k, which is *power. y >= 0, so that e^r is the greater. The
   sum's rounding error is put right after the division. */
INLINE VEC F(logistic_quotient)(F(reduced) y, VEC *power)
{
    const VEC one = F(constant)(1);
    VEC u = y.high + F(exponential_rest)(y), e = one + u, e_low = u - (e - one);
    *power = F(scale)(one, F(inverse_scale)(y.scaled));
    VEC sum = e + *power, low = (*power - (sum - e)) + e_low;
    VEC quotient = one / sum;
    return quotient - quotient * (quotient * low);
}

/* Where this or more stands for y, x e^-y is 0. */
#define LARGEST_EXPONENT_F32 F(constant)(112)

INLINE VEC F(logistic)(VEC x)
{
    VEC power, y = F(lesser)(F(absolute)(x), LARGEST_EXPONENT_F32);
    VEC g = F(logistic_quotient)(F(reduce_exponent)(y), &power) * power;
    return F(select)(F(less)(x, F(constant)(0)), g, F(constant)(1) - g);
}

/* x / (1 + e^-y) where y has the sign of x and is given as that of |x|, x no less than -limit. */
INLINE VEC F(gated)(VEC x, VEC magnitude, F(reduced) y)
{
    VEC power, quotient = F(logistic_quotient)(y, &power);
    VEC below = F(scale)(quotient * magnitude, F(inverse_scale)(y.scaled));
    return F(select)(F(less)(x, F(constant)(0)), -below, x * (F(constant)(1) - quotient * power));
}

INLINE VEC F(sigmoid_linear)(VEC x)
{
    VEC a = F(lesser)(F(absolute)(x), LARGEST_EXPONENT_F32);
    return F(gated)(x, a, F(reduce_exponent)(a));
}

/* x tanh (ln (1 + E)) = x E (E + 2) / (E (E + 2) + 2), E = e^x = 2^k (1 + u); the outer factor E is left to the end. */
INLINE VEC F(mish)(VEC x)
{
    const VEC two = F(constant)(2);
    VEC above = F(greater)(x, -LARGEST_EXPONENT_F32);
    F(reduced) r = F(reduce_exponent)(F(lesser)(above, F(constant)(20)));
    VEC u = r.high + F(exponential_rest)(r), power = F(scale)(F(constant)(1) + u, r.scaled), sum = power + two;
    VEC product = above * (sum / (power * sum + two));
    return F(select)(F(less)(F(constant)(20), x), x, F(scale)(product + product * u, r.scaled));
}

/*
 * y = x (a + b x^2) is needed to about 2^-32 of it, since e^y turns its error into a relative one. x, x^2, b and the
 * bracket are split into a part of 12 bits, so that products of such parts are exact, and a rest (Dekker, 1971).
 */
INLINE VEC F(gaussian_linear_tanh)(VEC x)
{
    const INT upper = F(integers)(~0xfff);
    VEC m = F(lesser)(F(absolute)(x), F(constant)(11));
    VEC m_high = (VEC)((INT)m & upper), m_low = m - m_high;
    VEC s = m * m, s_high = (VEC)((INT)s & upper), s_low = (m_high * m_high - s_high) + m_low * (m + m_high);
    VEC bs = s_high * F(constant)(0x1.244p-4f);
    VEC bs_low = s_low * F(constant)(0x1.244p-4f) + s * F(constant)(0x1.3ca936p-18f);
    VEC p_high = (VEC)((INT)(bs + F(constant)(0x1.988p+0f)) & upper);
    VEC p_low = ((F(constant)(0x1.988p+0f) - p_high) + bs) + (bs_low + F(constant)(0x1.14cf5p-14f));
    VEC y = p_high * m_high, y_low = p_high * m_low + p_low * m;
    return F(gated)(x, m, F(reduce_exponent_of_sum)(y, y_low));
}
