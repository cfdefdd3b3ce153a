/*
 * What the kernels that draw values share, in the width at hand.
 *
 * Value k takes its bits from the k-th place of each sub-stream. Where that is not enough (a rejected attempt, a tail, a
 * tie), it goes on in a side stream of its own: draw j of value k is mix (mix (side + G k) + G (j + 1)), of the constants of
 * stream.c and SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
 * So no value depends on what another one needed.
 */
#ifndef DGEN_DRAW_H
#define DGEN_DRAW_H

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)

INLINE uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* The side stream of value i of the call, and draws j = 0, 1, ... of one. */
INLINE uint64_t side_stream(const dgen_draw *draw, size_t i) { return mix(draw->side + GOLDEN * (draw->first + i)); }
INLINE uint64_t side_draw(uint64_t stream, uint64_t j) { return mix(stream + GOLDEN * (j + 1)); }

/* (w's high 52 bits + 1/2) 2^-52: in (0, 1), never either end, and an odd multiple of 2^-53. */
INLINE double open_unit(uint64_t w)
{
    uint64_t bits = UINT64_C(0x3FF) << 52 | w >> 12;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x - (1 - 0x1p-53);
}

/* The parameter of value i where it is a number or an array. */
INLINE double parameter_of(const dgen_draw *draw, int which, size_t i)
{
    return ((const double *)draw->parameter[which])[draw->numbers >> which & 1 ? 0 : i];
}

#endif

/* A word of the stream as wide as a value. */
#undef WORD
#if REAL_BITS == 64
#define WORD uint64_t
#else
#define WORD uint32_t
#endif

/* A bit for each lane whose sign is set. */
INLINE unsigned F(signs)(VEC x)
{
#if DGEN_VECTOR_BYTES == 64 && REAL_BITS == 64
    return _mm512_movepi64_mask((__m512i)x);
#elif DGEN_VECTOR_BYTES == 64
    return _mm512_movepi32_mask((__m512i)x);
#elif defined(X86)
    return (unsigned)X86(movemask)(x);
#else
    unsigned bits = 0;
    UINT signs = (UINT)x >> (REAL_BITS - 1);
    for (int i = 0; i < LANES; i++) bits |= (unsigned)signs[i] << i;
    return bits;
#endif
}

/* A parameter as REAL: beyond f32, the greatest number of f32, so that no infinity comes of it but by arithmetic. */
INLINE REAL F(parameter_as)(double x)
{
#if REAL_BITS == 32
    const double most = 0x1.fffffep127;
    x = x > most ? most : x;
    x = x < -most ? -most : x;
#endif
    return (REAL)x;
}

/* Parameter `which` of the LANES values from i on. */
INLINE VEC F(parameters_of)(const dgen_draw *draw, int which, size_t i)
{
    const double *p = draw->parameter[which];
    if (draw->numbers >> which & 1) return F(constant)(F(parameter_as)(*p));
#if REAL_BITS == 64
    return F(load)(p + i);
#else
    VEC x;
    UNROLLED for (int lane = 0; lane < LANES; lane++) x[lane] = F(parameter_as)(p[i + (size_t)lane]);
    return x;
#endif
}

/* x in `to` becomes first + second x, of the two parameters. */
static __attribute__((noinline)) void F(shift_and_scale)(REAL *to, const dgen_draw *draw, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        VEC shift = F(parameters_of)(draw, 0, i), scale = F(parameters_of)(draw, 1, i);
        F(store)(to + i, shift + scale * F(load)(to + i));
    }
}

/* x in `to` becomes x / rate, the only parameter: by 1 / rate in f64, as f32 may not hold the rate. */
static __attribute__((noinline)) void F(multiply_by_means)(REAL *to, const dgen_draw *draw, size_t n)
{
    const double *rate = draw->parameter[0];
    for (size_t i = 0; i < n; i += LANES)
        UNROLLED for (size_t lane = i; lane < i + LANES; lane++) to[lane] *= (REAL)(1 / rate[lane]);
}
