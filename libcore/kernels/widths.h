/*
 * f64, f16 and bf16 to f32, and f32 to them: IEEE 754's conversions, halves to even. A NaN becomes a quiet one of its sign,
 * with the leading bits of its payload.
 *
 * Sixteen elements at a time, in loops that compilers turn into vectors; those past the last sixteen go by way of copies.
 */

INLINE uint32_t bits_of_single(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE float single_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

INLINE void f64_to_sixteen(float *restrict out, const double *restrict x)
{
    for (int i = 0; i < 16; i++) out[i] = (float)x[i];
}

INLINE void sixteen_to_f64(double *restrict out, const float *restrict x)
{
    for (int i = 0; i < 16; i++) out[i] = x[i];
}

INLINE void bf16_to_sixteen(float *restrict out, const uint16_t *restrict x)
{
    for (int i = 0; i < 16; i++) {
        uint32_t bits = (uint32_t)x[i] << 16;
        out[i] = single_of_bits((bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : bits);
    }
}

INLINE void sixteen_to_bf16(uint16_t *restrict out, const float *restrict x)
{
    for (int i = 0; i < 16; i++) {
        uint32_t bits = bits_of_single(x[i]), rounded = bits + 0x7fff + (bits >> 16 & 1);
        out[i] = (uint16_t)(((bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : rounded) >> 16);
    }
}

#if DGEN_VECTOR_BYTES == 64
INLINE void f16_to_sixteen(float *restrict out, const uint16_t *restrict x)
{
    _mm512_storeu_ps(out, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i_u *)x)));
}

INLINE void sixteen_to_f16(uint16_t *restrict out, const float *restrict x)
{
    _mm256_storeu_si256((__m256i_u *)out, _mm512_cvtps_ph(_mm512_loadu_ps(x), _MM_FROUND_TO_NEAREST_INT));
}
#elif DGEN_VECTOR_BYTES == 32
INLINE void f16_to_sixteen(float *restrict out, const uint16_t *restrict x)
{
    for (int i = 0; i < 16; i += 8) _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i_u *)(x + i))));
}

INLINE void sixteen_to_f16(uint16_t *restrict out, const float *restrict x)
{
    for (int i = 0; i < 16; i += 8)
        _mm_storeu_si128((__m128i_u *)(out + i), _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
}
#else
INLINE uint32_t either(bool first, uint32_t a, uint32_t b)
{
    uint32_t mask = -(uint32_t)first;
    return (a & mask) | (b & ~mask);
}

/* Exponents differ by 112; a subnormal is its digits times 2^-24. */
INLINE void f16_to_sixteen(float *restrict out, const uint16_t *restrict x)
{
    for (int i = 0; i < 16; i++) {
        uint32_t half = x[i], rest = half & 0x7fff, bits = (rest << 13) + (UINT32_C(112) << 23);
        bits = either(rest < 0x400, bits_of_single((float)(int32_t)rest * 0x1p-24f), bits);
        bits = either(rest >= 0x7c00, 0x7f800000 | rest << 13, bits);
        out[i] = single_of_bits((half & 0x8000) << 16 | bits | either(rest > 0x7c00, 0x400000, 0));
    }
}

/* What is to be a subnormal is added to 0.5, whose last digit is worth 2^-24, as a subnormal's is. */
INLINE void sixteen_to_f16(uint16_t *restrict out, const float *restrict x)
{
    for (int i = 0; i < 16; i++) {
        uint32_t bits = bits_of_single(x[i]), rest = bits & 0x7fffffff;
        uint32_t half = (rest - (UINT32_C(112) << 23) + 0xfff + (rest >> 13 & 1)) >> 13;
        uint32_t small = bits_of_single(single_of_bits(either(rest < 0x38800000, rest, 0)) + 0.5f) - 0x3f000000;
        half = either(rest < 0x38800000, small, either(rest >= 0x477ff000, 0x7c00, half));
        out[i] = (uint16_t)(bits >> 16 & 0x8000) | (uint16_t)either(rest > 0x7f800000, 0x7e00 | (rest >> 13 & 0x3ff), half);
    }
}
#endif

#define WIDTHS(name, to_type, from_type)                                                                     \
    static WIDENING void name##_row(to_type *restrict out, const from_type *restrict x, size_t n)          \
    {                                                                                                        \
        for (; n >= 16; n -= 16, out += 16, x += 16) name(out, x);                                           \
        if (n == 0) return;                                                                                  \
        from_type last[16] = { 0 };                                                                          \
        to_type result[16];                                                                                  \
        memcpy(last, x, n * sizeof *last);                                                                   \
        name(result, last);                                                                                  \
        memcpy(out, result, n * sizeof *result);                                                             \
    }
WIDTHS(f64_to_sixteen, float, double)
WIDTHS(f16_to_sixteen, float, uint16_t)
WIDTHS(bf16_to_sixteen, float, uint16_t)
WIDTHS(sixteen_to_f64, double, float)
WIDTHS(sixteen_to_f16, uint16_t, float)
WIDTHS(sixteen_to_bf16, uint16_t, float)
#undef WIDTHS

static void f64_to_single(float *out, const void *x, size_t n) { f64_to_sixteen_row(out, x, n); }
static void f16_to_single(float *out, const void *x, size_t n) { f16_to_sixteen_row(out, x, n); }
static void bf16_to_single(float *out, const void *x, size_t n) { bf16_to_sixteen_row(out, x, n); }
static void single_to_f64(void *out, const float *x, size_t n) { sixteen_to_f64_row(out, x, n); }
static void single_to_f16(void *out, const float *x, size_t n) { sixteen_to_f16_row(out, x, n); }
static void single_to_bf16(void *out, const float *x, size_t n) { sixteen_to_bf16_row(out, x, n); }
