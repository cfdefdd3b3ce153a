/*
 * Functions of e^x for f32: exp, exp2, expm1, the logistic function and the activations made of it.
 *
 * x = k ln 2 + r and e^x = 2^k (1 + u), u = e^r - 1. ln 2 is the sum of two constants, the first short enough for its
 * product with k to be exact (Cody and Waite, 1980), and r stays the difference of two numbers to the end: its rounding
 * would be most of the error. u = r + r^2 Q (r), Q of degree 4. Coefficients: Sollya's fpminimax (Brisebarre and
 * Chevillard, 2007) in f32, to the least greatest relative error: of e^r for |r| <= 0.34665, 2^r for |r| <= 1 / 2,
 * (e^r - 1) / r for -0.2885 <= r <= 0.4062. Terms are summed in pairs: a processor waits for chains of operations.
 */

/* |x| <= limit, by sign; and the magnitude alone. Elsewhere it takes two and three instructions. */
INLINE VEC F(clamp_magnitude)(VEC x, REAL limit)
{
#if DGEN_VECTOR_BYTES == 64
    return X86(range)(x, F(constant)(limit), 0x2);
#else
    return F(greater)(F(constant)(-limit), F(lesser)(F(constant)(limit), x));
#endif
}

INLINE VEC F(clamped_magnitude)(VEC x, REAL limit)
{
#if DGEN_VECTOR_BYTES == 64
    return X86(range)(x, F(constant)(limit), 0xa);
#else
    return F(lesser)(F(absolute)(x), F(constant)(limit));
#endif
}

/* Adding it leaves no bits for a fraction, and the whole number k + 254 in the lowest bits. */
#define WHOLE_F32 F(constant)(0x1.8p+23f + 254)

/* 2^k x, rounded once. scaled is k + WHOLE_F32. Two factors, for 2^k alone may lie outside what an f32 holds: each
   takes half of k + 254, and has the bias of 127 already in it. */
INLINE VEC F(scale)(VEC x, VEC scaled)
{
#if DGEN_VECTOR_BYTES == 64
    return X86(scalef)(x, scaled - WHOLE_F32);
#else
    UINT half = (UINT)scaled >> 1, rest = (UINT)scaled - half;
    return x * (VEC)(half << 23) * (VEC)(rest << 23);
#endif
}

/* r = high - low, and 2^k or 2^-k as scale takes it */
typedef struct F(reduced) {
    VEC high, low, scaled;
} F(reduced);

/* direction: 1, scaled is that of 2^k; -1, of 2^-k. */
INLINE F(reduced) F(reduce_exponent)(VEC x, REAL direction)
{
    VEC scaled = WHOLE_F32 + x * F(constant)(direction * 0x1.715476p+0f), k = scaled - WHOLE_F32;
    VEC high = x - k * F(constant)(direction * 0x1.62e4p-1f);
    return (F(reduced)){ high, k * F(constant)(direction * 0x1.7f7d1cp-20f), scaled };
}

/* The same of high + low, where low is more than the rounding of high. */
INLINE F(reduced) F(reduce_exponent_of_sum)(VEC high, VEC low, REAL direction)
{
    F(reduced) r = F(reduce_exponent)(high + low, direction);
    VEC k = r.scaled - WHOLE_F32;
    return (F(reduced)){ high - k * F(constant)(direction * 0x1.62e4p-1f), r.low - low, r.scaled };
}

/* u = e^r - 1 */
INLINE VEC F(exponential_of_rest)(F(reduced) x)
{
    VEC r = x.high - x.low, r2 = r * r;
    VEC q = (F(constant)(0x1.fffffap-2f) + r * F(constant)(0x1.555492p-3f)) +
            r2 * ((F(constant)(0x1.555a26p-5f) + r * F(constant)(0x1.123984p-7f)) + r2 * F(constant)(0x1.694ccp-10f));
    return x.high + (r2 * q - x.low);
}

INLINE VEC F(exponential)(VEC x)
{
    F(reduced) r = F(reduce_exponent)(F(clamp_magnitude)(x, 104), 1);
    return F(scale)(F(constant)(1) + F(exponential_of_rest)(r), r.scaled);
}

/* r = x - k is exact, and so is half of it, the greater part of r ln 2. */
INLINE VEC F(exponential2)(VEC x)
{
    x = F(clamp_magnitude)(x, 151);
    VEC scaled = x + WHOLE_F32, r = x - (scaled - WHOLE_F32), r2 = r * r;
    VEC q = (F(constant)(0x1.ebfbdcp-3f) + r * F(constant)(0x1.c6af0ep-5f)) +
            r2 * ((F(constant)(0x1.3b2d8cp-7f) + r * F(constant)(0x1.5f31p-10f)) + r2 * F(constant)(0x1.41c8c4p-13f));
    VEC u = r * F(constant)(0.5f) + r * (F(constant)(0x1.8b90c2p-3f) + r * q);
    return F(scale)(F(constant)(1) + u, scaled);
}

/* e^x - 1 = (2^k - 1) + 2^k u. 1 + u is kept from 3/4 to 3/2: then the rounding of u is at most a quarter of the
   result's last place. 2^128 is no f32: there the result is made by half. */
INLINE VEC F(exponential_minus_1)(VEC x)
{
    const VEC one = F(constant)(1), last = WHOLE_F32 + F(constant)(127);
    VEC kept = F(greater)(F(constant)(-20), F(lesser)(F(constant)(89), x));
    VEC scaled = (kept * F(constant)(0x1.715476p+0f) - F(constant)(0.0849625f)) + WHOLE_F32, k = scaled - WHOLE_F32;
    VEC high = kept - k * F(constant)(0x1.62e4p-1f), low = k * F(constant)(0x1.7f7d1cp-20f);
    VEC r = high - low, r2 = r * r;
    VEC q = (F(constant)(0x1.000004p-1f) + r * F(constant)(0x1.5554e6p-3f)) +
            r2 * ((F(constant)(0x1.5546ccp-5f) + r * F(constant)(0x1.11e792p-7f)) + r2 * F(constant)(0x1.7e909p-10f));
    VEC u = high + (r2 * q - low), least = F(lesser)(scaled, last);
    VEC power = (VEC)(((UINT)least - (UINT)F(integers)(127)) << 23);
    VEC result = ((power - one) + power * u) * (one + (scaled - least));
    return F(with_sign)(result, x); /* -0 has lost it */
}

/* 1 / (1 + e^y) = 2^-k / (2^-k + e^r) but for the factor 2^-k, which is *power. y >= 0, so that e^r is the greater. The
   sum's rounding error is put right after the division. */
INLINE VEC F(logistic_quotient)(F(reduced) y, VEC *power)
{
    const VEC one = F(constant)(1);
    VEC u = F(exponential_of_rest)(y), e = one + u, e_low = u - (e - one);
    *power = F(scale)(one, y.scaled);
    VEC sum = e + *power, low = (*power - (sum - e)) + e_low, quotient = one / sum;
    return quotient - quotient * (quotient * low);
}

/* x e^-x is 0 from here on. */
#define EXPONENT_END_F32 112

INLINE VEC F(logistic)(VEC x)
{
    VEC power, y = F(clamped_magnitude)(x, EXPONENT_END_F32);
    VEC g = F(logistic_quotient)(F(reduce_exponent)(y, -1), &power) * power;
    return F(select)(F(less_equal)(F(constant)(0), x), F(constant)(1) - g, g);
}

/* x / (1 + e^-y), y of the sign of x and given as reduced |y| */
INLINE VEC F(gated)(VEC x, F(reduced) y)
{
    MASK above = F(less_equal)(F(constant)(0), x);
    VEC power, quotient = F(logistic_quotient)(y, &power);
    VEC product = x * F(select)(above, F(constant)(1) - quotient * power, quotient);
    return F(scale)(product, F(select)(above, WHOLE_F32, y.scaled));
}

INLINE VEC F(sigmoid_linear)(VEC x)
{
    return F(gated)(F(greater)(F(constant)(-EXPONENT_END_F32), x),
                    F(reduce_exponent)(F(clamped_magnitude)(x, EXPONENT_END_F32), -1));
}

/* x tanh (ln (1 + E)) = x E (E + 2) / (E (E + 2) + 2), E = e^x = 2^k (1 + u); the outer factor E is left to the end. */
INLINE VEC F(mish)(VEC x)
{
    const VEC two = F(constant)(2), linear = F(constant)(20);
    VEC above = F(greater)(F(constant)(-EXPONENT_END_F32), x);
    F(reduced) r = F(reduce_exponent)(F(lesser)(above, linear), 1);
    VEC u = F(exponential_of_rest)(r), power = F(scale)(F(constant)(1) + u, r.scaled), sum = power + two;
    VEC product = above * (sum / (power * sum + two));
    return F(select)(F(less)(linear, x), x, F(scale)(product + product * u, r.scaled));
}

/*
 * y = x (a + b x^2) is needed to about 2^-32 of it, since e^y turns its error into a relative one. x, x^2, b and the
 * bracket are split into a part of 12 bits, so that products of such parts are exact, and a rest (Dekker, 1971).
 */
INLINE VEC F(gaussian_linear_tanh)(VEC x)
{
    const INT upper = F(integers)(~0xfff);
    const REAL a_high = 0x1.988p+0f, a_low = 0x1.14cf5p-14f, b_high = 0x1.244p-4f, b_low = 0x1.3ca936p-18f, end = 11;
    VEC m = F(clamped_magnitude)(x, end), m_high = (VEC)((INT)m & upper), m_low = m - m_high;
    VEC s = m * m, s_high = (VEC)((INT)s & upper), s_low = (m_high * m_high - s_high) + m_low * (m + m_high);
    VEC bs = s_high * F(constant)(b_high), bs_low = s_low * F(constant)(b_high) + s * F(constant)(b_low);
    VEC p_high = (VEC)((INT)(bs + F(constant)(a_high)) & upper);
    VEC p_low = ((F(constant)(a_high) - p_high) + bs) + (bs_low + F(constant)(a_low));
    VEC y = p_high * m_high, y_low = p_high * m_low + p_low * m;
    return F(gated)(F(greater)(F(constant)(-end), x), F(reduce_exponent_of_sum)(y, y_low, -1));
}
