/*
 * x^y in f32.
 *
 * 2^(y log2 (x)), in f64 between f32 operands and result, so that one rounding counts. x = 2^k m with m in [sqrt (1/2),
 * sqrt (2)), s = (m - 1) / (m + 1), log2 (x) = k + s P (s^2); y log2 (x) = n + r, 2^r = Q (r), P and Q being minimax
 * polynomials of relative errors 2^-37.8 and 2^-29. Where x is not a positive normal number, and
 * where a NaN comes out, the special cases of IEEE 754's pow are sorted out behind a branch.
 */

/* As many f64 as a register has room for: half of a VEC. */
typedef double F(wide) __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias));
typedef int64_t F(wide_integers) __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias));
#define WIDE(x) ((x) - (F(wide)){ 0 })

typedef struct F(halves) {
    F(wide) low, high;
} F(halves);

#if DGEN_VECTOR_BYTES == 64
INLINE F(halves) F(widen)(VEC x)
{
    return (F(halves)){ _mm512_cvtps_pd(_mm512_castps512_ps256(x)), _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1)) };
}
INLINE VEC F(narrow)(F(halves) x)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(x.low)), _mm512_cvtpd_ps(x.high), 1);
}
INLINE F(wide) F(wide_clamp)(F(wide) low, F(wide) x, F(wide) high) { return _mm512_max_pd(low, _mm512_min_pd(high, x)); }
#elif DGEN_VECTOR_BYTES == 32
INLINE F(halves) F(widen)(VEC x)
{
    return (F(halves)){ _mm256_cvtps_pd(_mm256_castps256_ps128(x)), _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)) };
}
INLINE VEC F(narrow)(F(halves) x) { return _mm256_set_m128(_mm256_cvtpd_ps(x.high), _mm256_cvtpd_ps(x.low)); }
INLINE F(wide) F(wide_clamp)(F(wide) low, F(wide) x, F(wide) high) { return _mm256_max_pd(low, _mm256_min_pd(high, x)); }
#elif defined(__SSE2__)
INLINE F(halves) F(widen)(VEC x) { return (F(halves)){ _mm_cvtps_pd(x), _mm_cvtps_pd(_mm_movehl_ps(x, x)) }; }
INLINE VEC F(narrow)(F(halves) x) { return _mm_movelh_ps(_mm_cvtpd_ps(x.low), _mm_cvtpd_ps(x.high)); }
INLINE F(wide) F(wide_clamp)(F(wide) low, F(wide) x, F(wide) high) { return _mm_max_pd(low, _mm_min_pd(high, x)); }
#else
INLINE F(halves) F(widen)(VEC x)
{
    F(halves) wide;
    for (int i = 0; i < LANES / 2; i++) wide.low[i] = x[i], wide.high[i] = x[LANES / 2 + i];
    return wide;
}
INLINE VEC F(narrow)(F(halves) wide)
{
    VEC x;
    for (int i = 0; i < LANES / 2; i++) x[i] = (float)wide.low[i], x[LANES / 2 + i] = (float)wide.high[i];
    return x;
}
/* x where it is NaN, as above. */
INLINE F(wide) F(wide_clamp)(F(wide) low, F(wide) x, F(wide) high)
{
    F(wide_integers) below = x < low, above = x > high;
    return (F(wide))((below & (F(wide_integers))low) | (above & (F(wide_integers))high)
                     | (~(below | above) & (F(wide_integers))x));
}
#endif

/* log2 (2^k (1 + f)) */
INLINE F(wide) F(wide_logarithm2)(F(wide) k, F(wide) f)
{
    F(wide) s = f / (WIDE(2) + f), z = s * s, z2 = z * z;
    F(wide) p = (WIDE(0x1.71547652bede4p+1) + z * WIDE(0x1.ec709d12e0849p-1))
              + z2 * ((WIDE(0x1.27777fdb375b8p-1) + z * WIDE(0x1.a58d8f5a206ebp-2)) + z2 * WIDE(0x1.5ce7d4f5fc7a6p-2));
    return k + s * p;
}

/* 2^t: far more than any f32, and far less, at the ends. */
INLINE F(wide) F(wide_exponential2)(F(wide) t)
{
    const F(wide) magic = WIDE(0x1.8p52); /* leaves a whole number in the low bits */
    t = F(wide_clamp)(WIDE(-200), t, WIDE(200));
    F(wide) n = t + magic, r = t - (n - magic), r2 = r * r;
    F(wide) q = (WIDE(0x1.0000000261401p+0) + r * WIDE(0x1.62e430c7e3e71p-1))
              + r2 * ((WIDE(0x1.ebfbdadc831e6p-3) + r * WIDE(0x1.c6aed4bfc5a3ep-5))
                      + r2 * ((WIDE(0x1.3b2dbbfa154dcp-7) + r * WIDE(0x1.5f456822c9409p-10)) + r2 * WIDE(0x1.41d3071eaa6a2p-13)));
    return (F(wide))((F(wide_integers))q + ((F(wide_integers))n << 52));
}

/* r = |x|^y where both are finite and |x| is not 0, also where y is infinite and |x| is not 1. */
static __attribute__((noinline)) VEC F(power_special_cases)(VEC x, VEC y, VEC r)
{
    const VEC zero = F(constant)(0), one = F(constant)(1), infinity = F(constant)(__builtin_inff());
    VEC a = F(absolute)(x), half = y * F(constant)(0.5f);
    MASK whole = F(equal)(F(round_even)(y), y), even = F(equal)(F(round_even)(half), half);
    VEC zero_or_infinity = F(select)(F(less)(y, zero), one / a, a); /* a itself is 0 or infinity */
    r = F(select)(F(equal)(a, zero) | F(equal)(a, infinity), zero_or_infinity, r);
    r = F(select)(F(equal)(a, one) & F(equal)(F(absolute)(y), infinity), one, r);
    r = F(select)(whole & ~even, F(with_sign)(r, x), r);
    r = F(select)(F(less)(x, zero) & F(less)(a, infinity) & ~whole, (VEC)QUIET_NAN, r);
    r = F(select)(F(is_nan)(y), F(quiet)(y), r);
    r = F(select)(F(is_nan)(x), F(quiet)(x), r);
    return F(select)(F(equal)(x, one) | F(equal)(y, zero), one, r);
}

INLINE VEC F(power)(VEC x, VEC y)
{
    MASK usual = F(less_equal)(F(constant)(0x1p-126f), x) & F(less)(x, F(constant)(__builtin_inff()));
    int rare = F(any)(~usual);
    INT bits = __builtin_expect(rare, 0) ? F(logarithm_bits)(F(absolute)(x)) : (INT)x;
    INT k = (bits - F(integers)(0x3f3504f3)) >> 23; /* the bits of sqrt (1/2) */
    VEC f = (VEC)(bits - (k << 23)) - F(constant)(1);
    F(halves) ks = F(widen)(__builtin_convertvector(k, VEC)), fs = F(widen)(f), ys = F(widen)(y), results;
    results.low = F(wide_exponential2)(ys.low * F(wide_logarithm2)(ks.low, fs.low));
    results.high = F(wide_exponential2)(ys.high * F(wide_logarithm2)(ks.high, fs.high));
    VEC r = F(narrow)(results);
    return __builtin_expect(rare | F(any)(F(is_nan)(r)), 0) ? F(power_special_cases)(x, y, r) : r;
}
#undef WIDE
