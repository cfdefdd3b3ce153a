/*
 * The kernel of normalizations, in the width at hand: (x - center) / spread, made in f64 and rounded once to the type.
 * f32 is multiplied by the reciprocal of the spread, whose rounding it does not see.
 */

#if REAL_BITS == 32
/* An f32 vector takes this in two halves. */
INLINE VEC F(standardized)(VEC x, double center, double spread)
{
    double factor = 1 / spread;
#if DGEN_VECTOR_BYTES == 64
    __m512d a = _mm512_cvtps_pd(_mm512_castps512_ps256(x)), b = _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1));
    a = (a - center) * factor;
    b = (b - center) * factor;
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(a)), _mm512_cvtpd_ps(b), 1);
#elif DGEN_VECTOR_BYTES == 32
    __m256d a = _mm256_cvtps_pd(_mm256_castps256_ps128(x)), b = _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1));
    a = (a - center) * factor;
    b = (b - center) * factor;
    return _mm256_set_m128(_mm256_cvtpd_ps(b), _mm256_cvtpd_ps(a));
#elif defined(__SSE2__)
    __m128d a = _mm_cvtps_pd(x), b = _mm_cvtps_pd(_mm_movehl_ps(x, x));
    a = (a - center) * factor;
    b = (b - center) * factor;
    return _mm_movelh_ps(_mm_cvtpd_ps(a), _mm_cvtpd_ps(b));
#else
    for (int i = 0; i < LANES; i++) x[i] = (float)(((double)x[i] - center) * factor);
    return x;
#endif
}
#else
INLINE VEC F(standardized)(VEC x, double center, double spread) { return (x - center) / spread; }
#endif

static void F(standardize)(void *out, const void *elements, size_t n, double center, double spread, double nan)
{
    const REAL *from = elements;
    REAL *to = out;
    VEC other = F(constant)((REAL)nan);
    for (size_t at = 0; at < n; at += LANES) {
        int left = n - at < LANES ? (int)(n - at) : LANES;
        VEC x = left == LANES ? F(load)(from + at) : F(load_part)(from + at, left);
        VEC r = F(standardized)(x, center, spread);
        if (__builtin_expect(F(any)(F(is_nan)(r)), 0)) r = F(settle_nan)(x, other, other, r);
        if (left == LANES) F(store)(to + at, r);
        else F(store_first)(to + at, r, left);
    }
}
